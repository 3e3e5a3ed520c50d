import { createHmac, randomBytes } from 'node:crypto'

import { Injectable } from '@nestjs/common'

import { Clock } from '../common/clock.js'
import { HubConfig } from '../config/hub-config.js'
import { FoundLimitError } from './discovery.errors.js'

const DAY_MS = 86_400_000
/** Bits for each profile that may be found, and bits that are set for one: 1 of 400 counts as known wrongly. */
const BITS_EACH = 16
const HASHES = 4
/** Searchers who are counted at once; of more the first are forgotten. */
const MAX_SEARCHERS = 20_000

interface Seen {
  readonly bits: Uint8Array
  count: number
}

/**
 * How many different profiles an account has been shown since midnight, UTC: against those who would copy the
 * phone book. Whom they were is not kept: a Bloom filter under a key of the day knows only whether somebody
 * was among them, and lies in this instance's memory until midnight.
 */
@Injectable()
export class FoundToday {
  private day = -1
  private key = randomBytes(32)
  private readonly seen = new Map<number, Seen>()

  constructor(
    private readonly config: HubConfig,
    private readonly clock: Clock,
  ) {}

  /**
   * Notes that the account is about to be shown these. The page with which the limit is reached is still shown.
   *
   * @throws FoundLimitError  it has been reached, and one of these is new
   */
  note(accountId: number, found: readonly number[]): void {
    const { enabled, foundPerDay } = this.config.limits
    if (!enabled) return
    this.beginDay()
    const seen = this.of(accountId)
    const fresh = found.filter((each) => each !== accountId).filter((each) => !this.has(seen, each))
    if (fresh.length === 0) return
    if (seen.count >= foundPerDay) {
      const left = DAY_MS - (this.clock.now() % DAY_MS)
      throw new FoundLimitError(foundPerDay, Math.ceil(left / 1_000))
    }
    for (const each of fresh) this.add(seen, each)
    seen.count += fresh.length
  }

  private beginDay(): void {
    const day = Math.floor(this.clock.now() / DAY_MS)
    if (day === this.day) return
    this.day = day
    this.key = randomBytes(32)
    this.seen.clear()
  }

  private of(accountId: number): Seen {
    const known = this.seen.get(accountId)
    if (known) return known
    const [oldest] = this.seen.keys()
    if (this.seen.size >= MAX_SEARCHERS && oldest !== undefined) this.seen.delete(oldest)
    const bytes = Math.ceil(((this.config.limits.foundPerDay + 50) * BITS_EACH) / 8)
    const seen = { bits: new Uint8Array(bytes), count: 0 }
    this.seen.set(accountId, seen)
    return seen
  }

  private has({ bits }: Seen, accountId: number): boolean {
    return this.places(accountId, bits).every(
      (at) => ((bits[at >> 3] ?? 0) & (1 << (at & 7))) !== 0,
    )
  }

  private add({ bits }: Seen, accountId: number): void {
    for (const at of this.places(accountId, bits)) {
      bits[at >> 3] = (bits[at >> 3] ?? 0) | (1 << (at & 7))
    }
  }

  private places(accountId: number, bits: Uint8Array): number[] {
    const hash = createHmac('sha256', this.key).update(String(accountId)).digest()
    return Array.from(
      { length: HASHES },
      (_, index) => hash.readUInt32LE(index * 4) % (bits.length * 8),
    )
  }
}
