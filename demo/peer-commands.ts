/** What a peer's process is told when it starts. */
export interface PeerSettings {
  readonly name: string
  readonly hub: string
  readonly email: string
  /** What it is good at, and how well: 1 to 5. */
  readonly skill: string
  readonly level: number
}

/** What the hub has carried for a peer so far. */
export interface Relayed {
  readonly sent: number
  readonly received: number
  readonly bytesReceived: number
}

/** What the demo asks of a peer, in this order. */
export interface PeerCommands {
  /** Log in, register, publish, open the socket. */
  join(): Promise<void>
  /** Look for somebody with the skill. */
  find(skill: string): Promise<void>
  /** Connect to whom it found. */
  call(): Promise<void>
  /** Be connected to by whom it found. */
  awaitCall(): Promise<void>
  /** A text, and many bytes, to the other peer. */
  talk(text: string): Promise<void>
  /** Take in the other's next text. */
  listen(): Promise<void>
  /** Wait until the hub has carried all that there is to carry. */
  settle(): Promise<void>
  /** Close the socket. */
  leaveHub(): Promise<void>
  /** Have the hub delete the account. */
  deleteAccount(): Promise<void>
  /** End the connection between the peers. */
  hangUp(): Promise<void>
}

export type CommandName = keyof PeerCommands

export interface Command {
  readonly name: CommandName
  readonly argument: string
}

/** A peer answers each command with `done` or `failed`; in between it may say something. */
export type FromPeer =
  | { readonly kind: 'says'; readonly text: string }
  | { readonly kind: 'done'; readonly relayed: Relayed }
  | { readonly kind: 'failed'; readonly reason: string }
