import type { DataKey } from '../database/data-key.js'
import { Envelopes } from './envelope.js'
import { type Kind, type Message, type MessageOf, messageSchema } from './messages.js'

/** @param from the instance that sent it @param body what came behind the head; empty if nothing did */
export type Handler<K extends Kind> = (message: MessageOf<K>, from: string, body: Buffer) => void

/** What is told, not asked: it holds however late it is heard. */
const NEVER_TOO_LATE = new Set<Kind>([
  'claim',
  'claims',
  'ended',
  'registered',
  'visibility',
  'notice',
])

type Heard = [message: Message, from: string, body: Buffer]

/** Messages into bytes for the bus, and back to those who wait for their kind. */
export class Correspondence {
  private readonly envelopes: Envelopes
  private readonly handlers = new Map<Kind, ((...heard: Heard) => void)[]>()

  constructor(
    dataKey: DataKey,
    private readonly ownId: string,
  ) {
    this.envelopes = new Envelopes(dataKey, ownId)
  }

  on<K extends Kind>(kind: K, handler: Handler<K>): void {
    const handle = (...[message, from, body]: Heard): void => {
      if (isOfKind(message, kind)) handler(message, from, body)
    }
    this.handlers.set(kind, [...(this.handlers.get(kind) ?? []), handle])
  }

  seal(message: Message, body: string | Buffer, isToAll = false): Buffer {
    return this.envelopes.seal(JSON.stringify(message), body, isToAll)
  }

  /**
   * Drops what no instance of this hub has sealed, what is too old, what this one said to all itself, and
   * what only another version understands.
   */
  receive(bytes: Buffer): void {
    const opened = this.envelopes.open(bytes)
    if (!opened || (opened.isToAll && opened.from === this.ownId)) return
    const { data: message } = messageSchema.safeParse(JSON.parse(opened.head))
    if (!message || !(opened.isFresh || NEVER_TOO_LATE.has(message.kind))) return
    for (const handle of this.handlers.get(message.kind) ?? []) {
      handle(message, opened.from, opened.body)
    }
  }
}

function isOfKind<K extends Kind>(message: Message, kind: K): message is MessageOf<K> {
  return message.kind === kind
}
