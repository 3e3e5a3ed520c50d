import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'

import { type Beating, Heartbeat } from './heartbeat.js'

const start = 1_000_000

/** A peer on a wire: it answers pings while it is there. */
class Peer implements Beating {
  bytesReceived = 0
  bytesHeard = 0
  heardAtSweep = 0
  pings = 0
  goneAt: number | null = null

  constructor(
    readonly pingSeconds: number,
    public isThere = true,
  ) {}

  ping(): void {
    this.pings++
    if (this.isThere) this.bytesReceived += 2
  }

  terminate(): void {
    this.goneAt ??= Date.now()
  }
}

/** Runs the heartbeat over these peers for so long. */
function beat(peers: readonly Peer[], milliseconds: number, onTheWay?: () => void): void {
  const heartbeat = new Heartbeat<Peer>(
    () => peers.filter(({ goneAt }) => goneAt === null),
    () => undefined,
  )
  heartbeat.start()
  if (onTheWay) setTimeout(onTheWay, 1)
  jest.advanceTimersByTime(milliseconds)
  heartbeat.stop()
}

beforeEach(() => {
  jest.useFakeTimers({ now: start })
})

afterEach(() => {
  jest.useRealTimers()
})

describe('the heartbeat', () => {
  it.each([
    [20, 30_000],
    [10, 15_000],
    [5, 10_000],
    [1, 6_000],
  ])('of a peer pinged every %d s hangs up within %d ms of its last word', (seconds, within) => {
    const peer = new Peer(seconds, false)
    // Right after a sweep: the next one notices it.
    beat([peer], 60_000, () => peer.bytesReceived++)

    expect(peer.pings).toBe(1)
    const silence = Number(peer.goneAt) - (start + 1)
    expect(silence).toBeLessThanOrEqual(within)
    expect(silence).toBeGreaterThanOrEqual((seconds + 3) * 1_000)
  })

  it('pings each peer by its own interval, and nobody who says something by himself', () => {
    const [often, seldom, talker] = [new Peer(5), new Peer(20), new Peer(5)]
    const talking = setInterval(() => talker.bytesReceived++, 4_000)
    beat([often, seldom, talker], 121_000)
    clearInterval(talking)

    // The sweep after a ping notices the answer.
    expect([often.pings, seldom.pings, talker.pings]).toEqual([20, 5, 0])
    expect([often, seldom, talker].map(({ goneAt }) => goneAt)).toEqual([null, null, null])
  })

  it('tells the silence before the end, also of who has just said something', () => {
    const [silent, talker] = [new Peer(20), new Peer(20)]
    const heartbeat = new Heartbeat<Peer>(
      () => [silent, talker],
      () => undefined,
    )
    heartbeat.start()
    jest.advanceTimersByTime(12_500)
    talker.bytesReceived++

    expect([heartbeat.silenceOf(silent), heartbeat.silenceOf(talker)]).toEqual([12, 0])
    heartbeat.stop()
  })
})
