import { describe, expect, it } from '@jest/globals'

import { GRACE_MS, judgeRefresh, type RefreshState, type RefreshVerdict } from './refresh-rule.js'

const START: RefreshState = { generation: 0, generationUsedAt: null }

/** The hub's side of one session: the rule, and what it writes down. */
class Hub {
  state = START
  isRevoked = false
  now = 1_000_000

  /** The generation it answers with; null when it refuses. */
  refresh(presented: number): number | null {
    if (this.isRevoked) return null
    const verdict: RefreshVerdict = judgeRefresh(this.state, presented, this.now)
    if (verdict.kind === 'replayed') {
      this.isRevoked = true
      return null
    }
    if (verdict.kind === 'advance') this.state = verdict.state
    return verdict.issue
  }
}

describe('the refresh rule', () => {
  it('gives the same successor again while it is unused', () => {
    const hub = new Hub()

    expect([hub.refresh(0), hub.refresh(0), hub.refresh(0)]).toEqual([1, 1, 1])
  })

  it('serves a client that never stores the successor for ever', () => {
    const hub = new Hub()
    for (let day = 0; day < 30 * 48; day++) {
      hub.now += 1_800_000
      expect(hub.refresh(0)).toBe(1)
    }
  })

  it.each([
    ['at once', 0, 1],
    ['30 s later', GRACE_MS, 1],
    ['30.001 s later', GRACE_MS + 1, null],
  ])('answers the predecessor %s after its successor was used', (_when, after, answer) => {
    const hub = new Hub()
    hub.refresh(0)
    hub.refresh(1)
    hub.now += after

    expect(hub.refresh(0)).toBe(answer)
    expect(hub.isRevoked).toBe(answer === null)
  })

  it('never reaches back two generations, not even at once', () => {
    const hub = new Hub()
    hub.refresh(0)
    hub.refresh(1)
    hub.refresh(2)

    expect(hub.refresh(0)).toBeNull()
    expect(hub.isRevoked).toBe(true)
  })

  it('is not stretched by late use: the grace counts from the first use of the successor', () => {
    const hub = new Hub()
    hub.refresh(0)
    hub.refresh(1)
    hub.now += GRACE_MS - 1
    expect(hub.refresh(0)).toBe(1)
    expect(hub.refresh(1)).toBe(2)
    hub.now += 2

    expect(hub.refresh(0)).toBeNull()
  })
})

/** A seeded generator (mulberry32), so that a failing schedule can be run again. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** One party that holds tokens of the session. */
class Party {
  constructor(
    private readonly hub: Hub,
    public token: number,
    private readonly stores: boolean,
  ) {}

  /** @param isLost the hub has answered, but the answer never arrives (or the client crashes) */
  refresh(isLost: boolean): boolean {
    const answer = this.hub.refresh(this.token)
    if (answer === null) return false
    if (!isLost && this.stores) this.token = Math.max(this.token, answer)
    return true
  }
}

describe('10,000 random schedules', () => {
  it('never log out an owner who is alone, however many answers are lost or late', () => {
    for (let seed = 1; seed <= 5_000; seed++) {
      const random = randomOf(seed)
      const hub = new Hub()
      const owner = new Party(hub, 0, random() < 0.7)
      let sentEarlier: { token: number; at: number } | null = null
      for (let step = 0; step < 30; step++) {
        hub.now += Math.floor(random() * 3_600_000)
        if (!owner.refresh(random() < 0.3)) throw new Error(`seed ${seed}, step ${step}: refused`)
        // A slow copy of the request that was just made arrives within the grace.
        sentEarlier ??= { token: owner.token, at: hub.now }
        if (random() < 0.3 && owner.token - sentEarlier.token <= 1) {
          hub.now += Math.floor(random() * GRACE_MS)
          const isWithinGrace =
            sentEarlier.token === hub.state.generation ||
            hub.now - (hub.state.generationUsedAt ?? hub.now) <= GRACE_MS
          if (isWithinGrace && hub.refresh(sentEarlier.token) === null) {
            throw new Error(`seed ${seed}, step ${step}: the slow copy was refused`)
          }
        }
        sentEarlier = { token: owner.token, at: hub.now }
      }
      expect(hub.isRevoked).toBe(false)
    }
  })

  it('end the session once owner and thief have both used a successor, 30 s apart', () => {
    let detected = 0
    for (let seed = 1; seed <= 5_000; seed++) {
      const random = randomOf(seed)
      const hub = new Hub()
      const owner = new Party(hub, 0, true)
      for (let before = Math.floor(random() * 5); before > 0; before--) owner.refresh(false)
      const thief = new Party(hub, owner.token, true)
      for (let step = 0; step < 40 && !hub.isRevoked; step++) {
        hub.now += GRACE_MS + 1 + Math.floor(random() * 3_600_000)
        const party = random() < 0.5 ? owner : thief
        const isBehind = party.token < hub.state.generation
        const isServed = party.refresh(random() < 0.2)
        // Whoever comes second after the other has moved on ends the session for both.
        if (isServed === isBehind) throw new Error(`seed ${seed}, step ${step}: served ${isServed}`)
      }
      if (hub.isRevoked) detected++
    }
    // Forty steps of a fair coin leave next to no schedule in which only one of them ever moves.
    expect(detected).toBe(5_000)
  })

  it('accept at most the newest generation, its successor, and for 30 s its predecessor', () => {
    for (let seed = 1; seed <= 500; seed++) {
      const random = randomOf(seed)
      const hub = new Hub()
      for (let step = 0; step < 20 && !hub.isRevoked; step++) {
        hub.now += Math.floor(random() * 60_000)
        const { generation, generationUsedAt } = hub.state
        const isFresh = generationUsedAt !== null && hub.now - generationUsedAt <= GRACE_MS
        for (let presented = 0; presented <= generation + 1; presented++) {
          const isLive = presented >= generation || (presented === generation - 1 && isFresh)
          const verdict = judgeRefresh(hub.state, presented, hub.now)
          expect(verdict.kind !== 'replayed').toBe(isLive)
        }
        hub.refresh(generation + (random() < 0.5 ? 1 : 0))
      }
    }
  })
})
