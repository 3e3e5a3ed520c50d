import { describe, expect, it } from '@jest/globals'

import type { DeviceState } from './device-code.store.js'
import { judgePoll } from './device-poll.js'

const NOW = 1_800_000_000_000
const poll = { client: 'desktop', jkt: null, now: NOW }

function device(changes: Partial<DeviceState> = {}): DeviceState {
  return {
    client: 'desktop',
    dpopJkt: null,
    decision: null,
    intervalSeconds: 5,
    polledAt: null,
    expiresAt: new Date(NOW + 1),
    ...changes,
  }
}

function secondsAgo(seconds: number): { polledAt: Date } {
  return { polledAt: new Date(NOW - seconds * 1_000) }
}

describe('a poll', () => {
  it.each([
    ['the first', device(), { kind: 'pending', intervalSeconds: 5 }],
    ['after the interval', device(secondsAgo(5)), { kind: 'pending', intervalSeconds: 5 }],
    [
      'a second earlier, as networks do',
      device(secondsAgo(4)),
      { kind: 'pending', intervalSeconds: 5 },
    ],
    ['more than that', device(secondsAgo(3.999)), { kind: 'too_early', intervalSeconds: 10 }],
    ['at once', device(secondsAgo(0)), { kind: 'too_early', intervalSeconds: 10 }],
    [
      'in the old interval after it was told to slow down',
      device({ ...secondsAgo(5), intervalSeconds: 10 }),
      { kind: 'too_early', intervalSeconds: 15 },
    ],
    [
      'in the new one',
      device({ ...secondsAgo(10), intervalSeconds: 10 }),
      { kind: 'pending', intervalSeconds: 10 },
    ],
    [
      'too early for ever',
      device({ ...secondsAgo(0), intervalSeconds: 898 }),
      { kind: 'too_early', intervalSeconds: 900 },
    ],
  ] as const)(
    'of a device that waits is answered by when it comes: %s',
    (_when, state, verdict) => {
      expect(judgePoll(state, poll)).toEqual(verdict)
    },
  )

  const approved = { kind: 'approved', accountId: 7, provider: 'google' } as const

  it.each([
    ['approved', approved],
    ['denied', { kind: 'denied' }],
  ] as const)('hears at once that it was %s, however early it comes', (_what, decision) => {
    expect(judgePoll(device({ ...secondsAgo(0), decision }), poll)).toEqual(decision)
  })

  it('is too late the moment the code expires, approved or not', () => {
    const expiresAt = new Date(NOW)

    expect(judgePoll(device({ expiresAt }), poll)).toEqual({ kind: 'expired' })
    expect(judgePoll(device({ expiresAt, decision: approved }), poll)).toEqual({ kind: 'expired' })
  })

  it('of another client, or signed by another key than the one that asked, learns nothing', () => {
    const bound = device({ dpopJkt: 'the key', decision: approved })

    expect(judgePoll(bound, { ...poll, client: 'web' })).toEqual({ kind: 'other_client' })
    expect(judgePoll(bound, { ...poll, jkt: 'another key' })).toEqual({ kind: 'other_key' })
    expect(judgePoll(bound, poll)).toEqual({ kind: 'other_key' })
    expect(judgePoll(bound, { ...poll, jkt: 'the key' })).toEqual(approved)
  })

  it('may be signed by a key of its choice when no key asked', () => {
    expect(judgePoll(device({ decision: approved }), { ...poll, jkt: 'a key' })).toEqual(approved)
  })
})
