import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'

import { type ConnectionEnd, nextPingSeconds } from './ping-interval.js'

const BASE = 20

/** A connection that was pinged every 20 s, lived a minute and died after 30 s of silence. */
function end(how: Partial<ConnectionEnd> = {}): ConnectionEnd {
  return { pingSeconds: 20, livedSeconds: 60, silentSeconds: 30, isOurDoing: false, ...how }
}

describe('the ping interval of a node', () => {
  it.each([
    ['halves when a connection died in silence', end(), 10],
    ['halves again when the next one did', end({ pingSeconds: 10, silentSeconds: 15 }), 5],
    ['is never under 5 s', end({ pingSeconds: 5, silentSeconds: 8 }), 5],
    [
      'halves when the way was reset by the hub’s own ping, seen a second early',
      end({ silentSeconds: 19 }),
      10,
    ],
    ['stays when the peer was heard of just before', end({ silentSeconds: 0 }), 20],
    ['stays when the silence was shorter than a ping interval', end({ silentSeconds: 18 }), 20],
    ['stays when the hub closed the connection', end({ isOurDoing: true }), 20],
    ['stays when a connection that had lived long died', end({ livedSeconds: 600 }), 20],
    [
      'stays short when a connection ended well before it was ten minutes old',
      end({ pingSeconds: 5, livedSeconds: 599, silentSeconds: 0 }),
      5,
    ],
    [
      'doubles when a connection lived ten minutes',
      end({ pingSeconds: 5, livedSeconds: 600, silentSeconds: 0 }),
      10,
    ],
    [
      'doubles when the hub closed a connection that had lived ten minutes',
      end({ pingSeconds: 5, livedSeconds: 600, isOurDoing: true }),
      10,
    ],
    [
      'stays when a short one lived ten minutes and died in silence',
      end({ pingSeconds: 10, livedSeconds: 3_600, silentSeconds: 15 }),
      10,
    ],
  ])('%s', (_what, how, expected) => {
    expect(nextPingSeconds(how, BASE)).toBe(expected)
  })

  it('is a whole number of seconds from 5 to the operator’s, whatever happens', () => {
    const lives = fc.array(
      fc.record({
        livedSeconds: fc.nat(5_000),
        silentSeconds: fc.nat(60),
        isOurDoing: fc.boolean(),
      }),
      { maxLength: 30 },
    )
    fc.assert(
      fc.property(lives, fc.integer({ min: 5, max: 300 }), (ends, base) => {
        let seconds = base
        for (const how of ends) {
          seconds = nextPingSeconds({ ...how, pingSeconds: seconds }, base)
          expect(Number.isInteger(seconds) && seconds >= 5 && seconds <= base).toBe(true)
        }
      }),
    )
  })

  it('is the operator’s again after enough connections that lived well', () => {
    let seconds = 5
    for (let lives = 0; lives < 2; lives++) {
      const how = end({ pingSeconds: seconds, livedSeconds: 600, silentSeconds: 0 })
      seconds = nextPingSeconds(how, BASE)
    }

    expect(seconds).toBe(BASE)
  })

  it('is the operator’s at once where that is shorter than 5 s', () => {
    expect(nextPingSeconds(end({ pingSeconds: 2, silentSeconds: 3 }), 2)).toBe(2)
  })
})
