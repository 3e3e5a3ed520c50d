import type { ActorNode, SessionClient } from '../identity/actor.js'
import { SESSION_CLIENTS } from '../identity/actor.js'
import { nodeIdSchema } from '../identity/node-id.js'
import type { Session } from './session.store.js'

/** A node, as Postgres has it. */
export interface NodeRow {
  readonly node_id: string
  readonly node_id_16: string
  readonly node_id_32: string
  readonly is_proven: boolean
}

/** A live session, as Postgres has it, with its node. */
export interface SessionRow extends NodeRow {
  readonly id: string
  readonly account_id: number
  readonly provider: string
  readonly client: string
  readonly generation: number
  readonly successor_used_at: Date | null
  readonly expires_at: Date
  readonly authenticated_at: Date | null
  readonly dpop_jkt: string | null
  readonly is_hidden: boolean
  /** Written down as used since the hour began. */
  readonly is_used_this_hour: boolean
  readonly spki_sha256: string | null
}

export function sessionOf(row: SessionRow): Session {
  return {
    actor: {
      accountId: row.account_id,
      sessionId: row.id,
      provider: row.provider,
      client: clientOf(row.client),
      sessionExpiresAt: row.expires_at.getTime(),
      authenticatedAt: row.authenticated_at?.getTime() ?? null,
      dpopJkt: row.dpop_jkt,
      isHidden: row.is_hidden,
      node: row.spki_sha256 === null ? null : nodeOf(row, row.spki_sha256),
    },
    refresh: {
      generation: row.generation,
      generationUsedAt: row.successor_used_at?.getTime() ?? null,
    },
  }
}

/** One of four shared strings: a connection keeps its actor, and there are many. */
function clientOf(name: string): SessionClient {
  const client = SESSION_CLIENTS.find((each) => each === name)
  if (!client) throw new Error(`a session of a client that this hub does not know: ${name}`)
  return client
}

export function nodeOf(row: NodeRow, spkiSha256: string): ActorNode {
  return {
    spkiSha256,
    nodeId: nodeIdSchema.parse(row.node_id),
    shortId: nodeIdSchema.parse(row.node_id_16),
    longId: nodeIdSchema.parse(row.node_id_32),
    isProven: row.is_proven,
  }
}
