import type { WebSocket } from 'ws'

/** A registered node, and what it shows to get a socket. */
export interface TalkerNode {
  readonly id: string
  readonly token: string
}

/** What a client knows of the protocol. */
export interface TalkerKind {
  /** It asks for `v=2`, and resumes. */
  readonly isModern: boolean
  /** It asks for an `ack`. */
  readonly usesRefs: boolean
}

/** How a node loses its connection: without a word, with a reset, politely, or hanging. */
export type Death = 'vanish' | 'reset' | 'goodbye' | 'hang'

/** One connection of a talker. */
export interface Line {
  readonly number: number
  readonly socket: WebSocket
  /** Who waits for the answer to a ping. */
  readonly pongs: Map<number, () => void>
  connectionId: string | null
  lastSeq: number
  /** It said goodbye here. */
  leftAt: number | null
  /** It was killed here: whatever is still read from it counts for nothing. */
  deadSince: number | null
  hasEnded: boolean
}

export function releasePongs({ pongs }: Line): void {
  for (const release of pongs.values()) release()
  pongs.clear()
}
