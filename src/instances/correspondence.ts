import type { DataKey } from '../database/data-key.js'
import { Envelopes, type Opened, TO_ALL } from './envelope.js'
import { type Kind, type Message, type MessageOf, messageSchema } from './messages.js'

/**
 * @param from  the instance that sent it
 * @param body  what came behind the head; empty if nothing did
 * @param ageMs  how much longer it took than messages of that instance do at best
 */
export type Handler<K extends Kind> = (
  message: MessageOf<K>,
  from: string,
  body: Buffer,
  ageMs: number,
) => void

/** What is told, not asked: it holds however late it is heard. */
const NEVER_TOO_LATE = new Set<Kind>([
  'hello',
  'call_members',
  'claim',
  'claims',
  'ended',
  'registered',
  'visibility',
  'notice',
])

/** By these an instance makes itself known that the table may hold already. */
const INTRODUCTIONS = new Set<Kind>(['hello', 'seen', 'beat'])

/** Who may be heard, and what is said to this instance. */
export interface Company {
  isMember(instance: string): boolean
  /** Whether this instance has taken the place, or had a moment ago. */
  hears(place: string): boolean
  /** One that is no member has introduced itself: `hear` it if it turns out to be one. */
  introduce(instance: string, hear: () => void): void
}

type Heard = [message: Message, from: string, body: Buffer, ageMs: number]

/** Messages into bytes for the bus, and back to those who wait for their kind. */
export class Correspondence {
  private readonly envelopes: Envelopes
  private readonly handlers = new Map<Kind, ((...heard: Heard) => void)[]>()

  constructor(
    dataKey: DataKey,
    private readonly ownId: string,
    private readonly company: Company,
  ) {
    this.envelopes = new Envelopes(dataKey, ownId)
  }

  on<K extends Kind>(kind: K, handler: Handler<K>): void {
    const handle = (...[message, from, body, ageMs]: Heard): void => {
      if (isOfKind(message, kind)) handler(message, from, body, ageMs)
    }
    this.handlers.set(kind, [...(this.handlers.get(kind) ?? []), handle])
  }

  /** @param to  an instance, a place, or `TO_ALL` */
  seal(message: Message, body: string | Buffer, to: string): Buffer {
    return this.envelopes.seal(JSON.stringify(message), body, to)
  }

  /** It has ended, or was cut off. */
  forget(instance: string): void {
    this.envelopes.forget(instance)
  }

  /**
   * Drops what no instance of this hub has sealed, what was heard before or said to somebody else, what is
   * too old, what this one said to all itself, and what only another version understands.
   */
  receive(bytes: Buffer): void {
    const opened = this.envelopes.open(bytes)
    if (!opened || !this.isMeant(opened)) return
    const { data: message } = messageSchema.safeParse(JSON.parse(opened.head))
    if (!message || !(opened.isFresh || NEVER_TOO_LATE.has(message.kind))) return
    const { from, body, ageMs } = opened
    if (from === this.ownId || this.company.isMember(from)) this.hand(message, from, body, ageMs)
    else if (INTRODUCTIONS.has(message.kind))
      this.company.introduce(from, () => this.hand(message, from, body, ageMs))
  }

  private isMeant({ from, to }: Opened): boolean {
    if (to === TO_ALL) return from !== this.ownId
    return to === this.ownId || this.company.hears(to)
  }

  private hand(...heard: Heard): void {
    for (const handle of this.handlers.get(heard[0].kind) ?? []) handle(...heard)
  }
}

function isOfKind<K extends Kind>(message: Message, kind: K): message is MessageOf<K> {
  return message.kind === kind
}
