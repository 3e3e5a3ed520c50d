/** Errors a connection may cause in a minute before it is closed with 1008 (CONTRACT §3). */
const ERRORS_PER_MINUTE = 60

export interface QuotaRates {
  /** False with RATE_LIMIT_ENABLED=false. */
  readonly isEnabled: boolean
  readonly framesPerSecond: number
  readonly burst: number
}

/** What one connection may still send: two token buckets, in memory, synchronous. */
export class FrameQuota {
  private frames: number
  private errors = ERRORS_PER_MINUTE
  private countedAt: number

  constructor(
    private readonly rates: QuotaRates,
    now: number,
  ) {
    this.frames = rates.burst
    this.countedAt = now
  }

  /** True if the frame is within the rate. @param now milliseconds of any steady clock */
  takeFrame(now: number): boolean {
    if (!this.rates.isEnabled) return true
    this.refill(now)
    if (this.frames < 1) return false
    this.frames--
    return true
  }

  /** False when the connection has caused too many errors. */
  takeError(now: number): boolean {
    if (!this.rates.isEnabled) return true
    this.refill(now)
    this.errors--
    return this.errors >= 0
  }

  /** Whole seconds until a frame is taken again. */
  get retryAfterSeconds(): number {
    return Math.max(1, Math.ceil((1 - this.frames) / this.rates.framesPerSecond))
  }

  private refill(now: number): void {
    const seconds = Math.max(0, now - this.countedAt) / 1_000
    this.countedAt = now
    this.frames = Math.min(this.rates.burst, this.frames + seconds * this.rates.framesPerSecond)
    this.errors = Math.min(ERRORS_PER_MINUTE, this.errors + (seconds * ERRORS_PER_MINUTE) / 60)
  }
}
