import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto'

import type { DataKey } from '../database/data-key.js'
import { Freshness, MAX_AGE_MS } from './freshness.js'
import { SeenNumbers } from './seen-numbers.js'

/**
 * A message on the carrier:
 *
 *     sender 8 bytes ‖ number 8 ‖ tag 16 ‖ AES-256-GCM( to length 1 ‖ head length 4 ‖ sent at 8 ‖ to ‖ head ‖ body )
 *
 * Each instance seals under a key of its own, derived from the hub's data key and its id, which is new
 * at each start; so its count of messages is a nonce that never comes twice. To whom it goes is sealed,
 * too, so that who can write to the carrier can neither turn a message to another nor say it again.
 */
const ID_BYTES = 8
const NONCE_BYTES = 12
const TAG_AT = 16
const TEXT_AT = 32
const TO_AT = 13
const NUMBER_BYTES = 6
const SCRATCH_BYTES = 65_536

/** Meant for every instance. */
export const TO_ALL = 'all'

/** Instances whose keys are kept, those that have long gone among them. */
const MAX_SENDERS = 1_000

export interface Opened {
  readonly from: string
  /** An instance, a place, or `TO_ALL`. */
  readonly to: string
  /** False: it took too long. */
  readonly isFresh: boolean
  readonly ageMs: number
  readonly head: string
  readonly body: Buffer
}

interface Sender {
  readonly id: string
  readonly key: KeyObject
  freshness: Freshness
  readonly numbers: SeenNumbers
}

/** Seals what this instance says and opens what it hears. */
export class Envelopes {
  private readonly ownId: Buffer
  private readonly ownKey: KeyObject
  private readonly nonce = Buffer.alloc(NONCE_BYTES)
  private sealed = 0
  private readonly scratch = Buffer.allocUnsafe(SCRATCH_BYTES)
  private readonly senders = new Map<string, Sender>()

  constructor(
    private readonly dataKey: DataKey,
    ownId: string,
  ) {
    this.ownId = Buffer.from(ownId, 'hex')
    this.ownKey = this.keyOf(ownId)
  }

  /** @param to  an instance, a place, or `TO_ALL` */
  seal(head: string, body: string | Buffer, to: string): Buffer {
    const text = this.textFor(to.length + head.length + body.length)
    const headAt = TO_AT + text.write(to, TO_AT, 'latin1')
    const bodyAt = headAt + text.write(head, headAt)
    const end =
      bodyAt + (typeof body === 'string' ? text.write(body, bodyAt) : body.copy(text, bodyAt))
    text[0] = headAt - TO_AT
    text.writeUInt32BE(bodyAt - headAt, 1)
    text.writeDoubleBE(performance.now(), 5)

    this.sealed += 1
    this.nonce.writeUIntBE(this.sealed, NONCE_BYTES - NUMBER_BYTES, NUMBER_BYTES)
    const cipher = createCipheriv('aes-256-gcm', this.ownKey, this.nonce)
    const secret = cipher.update(text.subarray(0, end))
    cipher.final()
    const bytes = Buffer.allocUnsafe(TEXT_AT + secret.length)
    this.ownId.copy(bytes, 0)
    this.nonce.copy(bytes, ID_BYTES, NONCE_BYTES - 8)
    cipher.getAuthTag().copy(bytes, TAG_AT)
    secret.copy(bytes, TEXT_AT)
    return bytes
  }

  /** Memory for so many characters or bytes: the same again and again, as nothing of it outlives `seal`. */
  private textFor(length: number): Buffer {
    const most = TO_AT + 3 * length
    return most <= this.scratch.length ? this.scratch : Buffer.allocUnsafe(most)
  }

  /** It has ended, or was cut off: how long its messages usually take is to be seen anew. */
  forget(instance: string): void {
    const sender = this.senders.get(instance)
    if (sender) sender.freshness = new Freshness()
  }

  /** Null: nothing that an instance of this hub has sealed, or opened here before. */
  open(bytes: Buffer): Opened | null {
    if (bytes.length < TEXT_AT + TO_AT) return null
    const sender = this.senderOf(bytes)
    const nonce = Buffer.alloc(NONCE_BYTES)
    bytes.copy(nonce, NONCE_BYTES - 8, ID_BYTES, TAG_AT)
    const decipher = createDecipheriv('aes-256-gcm', sender.key, nonce)
    decipher.setAuthTag(bytes.subarray(TAG_AT, TEXT_AT))
    const text = decipher.update(bytes.subarray(TEXT_AT))
    try {
      decipher.final()
    } catch {
      return null
    }
    this.keep(sender)
    if (!sender.numbers.add(nonce.readUIntBE(NONCE_BYTES - NUMBER_BYTES, NUMBER_BYTES))) return null
    const ageMs = sender.freshness.ageOf(text.readDoubleBE(5), performance.now())
    const headAt = TO_AT + text.readUInt8(0)
    const bodyAt = headAt + text.readUInt32BE(1)
    return {
      from: sender.id,
      to: text.toString('latin1', TO_AT, headAt),
      isFresh: ageMs <= MAX_AGE_MS,
      ageMs,
      head: text.toString('utf8', headAt, bodyAt),
      body: text.subarray(bodyAt),
    }
  }

  private senderOf(bytes: Buffer): Sender {
    const id = bytes.toString('hex', 0, ID_BYTES)
    const known = this.senders.get(id)
    if (known) return known
    return { id, key: this.keyOf(id), freshness: new Freshness(), numbers: new SeenNumbers() }
  }

  /** Only of those who really have the data key. */
  private keep(sender: Sender): void {
    if (this.senders.has(sender.id)) return
    const [oldest] = this.senders.keys()
    if (oldest !== undefined && this.senders.size >= MAX_SENDERS) this.senders.delete(oldest)
    this.senders.set(sender.id, sender)
  }

  private keyOf(id: string): KeyObject {
    return this.dataKey.secretKey(`instance message ${id}`)
  }
}
