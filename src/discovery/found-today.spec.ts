import { describe, expect, it } from '@jest/globals'

import { TestClock } from '../../test/support/test-clock.js'
import { HubConfig } from '../config/hub-config.js'
import { FoundLimitError } from './discovery.errors.js'
import { FoundToday } from './found-today.js'

const DAY_SECONDS = 86_400

function foundToday(limit: number, clock = new TestClock(), env: Record<string, string> = {}) {
  const config = HubConfig.fromEnv({ RATE_LIMIT_FOUND_PER_DAY: String(limit), ...env })
  return new FoundToday(config, clock)
}

/** So many accounts, none of them another call's. */
function accounts(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => from + index)
}

function refusal(note: () => void): FoundLimitError | null {
  try {
    note()
    return null
  } catch (error) {
    if (error instanceof FoundLimitError) return error
    throw error
  }
}

/** Moves the clock to so many seconds after the next midnight, UTC. */
function toMidnight(clock: TestClock, seconds: number): void {
  const now = clock.now() / 1_000
  clock.advance({ seconds: DAY_SECONDS - (now % DAY_SECONDS) + seconds })
}

describe('who an account has been shown today', () => {
  it('are at most as many as the limit says', () => {
    const found = foundToday(100)

    expect(refusal(() => found.note(1, accounts(10, 60)))).toBeNull()
    expect(refusal(() => found.note(1, accounts(100, 40)))).toBeNull()
    expect(refusal(() => found.note(1, [500]))).toMatchObject({ code: 'found_limit', status: 429 })
  })

  it('may be beyond the limit by one page: it is counted before the next', () => {
    const found = foundToday(50)

    expect(refusal(() => found.note(1, accounts(10, 49)))).toBeNull()
    expect(refusal(() => found.note(1, accounts(100, 50)))).toBeNull()
    expect(refusal(() => found.note(1, [999]))).not.toBeNull()
  })

  it('may be shown again, however often, and after the limit', () => {
    const found = foundToday(50)
    const all = accounts(10, 50)

    for (let time = 0; time < 20; time++) expect(refusal(() => found.note(1, all))).toBeNull()
    expect(refusal(() => found.note(1, [10, 11, 999]))).not.toBeNull()
    expect(refusal(() => found.note(1, all.toReversed()))).toBeNull()
    expect(refusal(() => found.note(1, []))).toBeNull()
  })

  it('are counted for each searcher, and without the searcher', () => {
    const found = foundToday(50)
    found.note(1, accounts(10, 50))

    expect(refusal(() => found.note(1, [1]))).toBeNull()
    expect(refusal(() => found.note(2, accounts(100, 50)))).toBeNull()
    expect(refusal(() => found.note(1, [100]))).not.toBeNull()
  })

  it('are not added by a page that was refused', () => {
    const found = foundToday(50)
    found.note(1, accounts(10, 50))

    expect(refusal(() => found.note(1, [999]))).not.toBeNull()
    expect(refusal(() => found.note(1, [999]))).not.toBeNull()
  })

  it('are forgotten at midnight, UTC, and not before', () => {
    const clock = new TestClock()
    const found = foundToday(50, clock)
    toMidnight(clock, 1)
    found.note(1, accounts(10, 50))

    clock.advance({ seconds: DAY_SECONDS - 60 })
    expect(refusal(() => found.note(1, [999]))).not.toBeNull()
    clock.advance({ seconds: 60 })
    expect(refusal(() => found.note(1, [999]))).toBeNull()
    expect(refusal(() => found.note(1, accounts(2_000, 49)))).toBeNull()
    expect(refusal(() => found.note(1, accounts(3_000, 1)))).not.toBeNull()
  })

  it('are refused with the seconds until midnight', () => {
    const clock = new TestClock()
    const found = foundToday(50, clock)
    toMidnight(clock, DAY_SECONDS - 100)
    found.note(1, accounts(10, 50))

    const seconds = refusal(() => found.note(1, [999]))?.retryAfterSeconds ?? 0

    expect(seconds).toBeGreaterThan(90)
    expect(seconds).toBeLessThanOrEqual(100)
  })

  it('are not counted where limits are off', () => {
    const found = foundToday(50, new TestClock(), { RATE_LIMIT_ENABLED: 'false' })

    expect(refusal(() => found.note(1, accounts(10, 500)))).toBeNull()
    expect(refusal(() => found.note(1, accounts(1_000, 500)))).toBeNull()
  })

  it('are hardly ever taken for known wrongly, so that the limit holds', () => {
    const found = foundToday(1_000)
    let shown = 0
    while (shown < 3_000 && !refusal(() => found.note(1, [10 + shown]))) shown += 1

    expect(shown).toBeGreaterThanOrEqual(1_000)
    expect(shown).toBeLessThan(1_030)
  })
})
