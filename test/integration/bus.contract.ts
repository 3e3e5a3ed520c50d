import { randomBytes } from 'node:crypto'

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'

import { type Bus, BusAwayError, type Place } from '../../src/instances/bus.js'
import { BusEnd } from '../support/bus-end.js'

/** A real carrier, and how it fails. */
export interface Carrier extends AsyncDisposable {
  /** A bus on this carrier, not opened yet; `close` is the contract's. */
  makeBus(): Promise<Bus>
}

/** What every Bus must do, over its real carrier. */
export function busContract(startCarrier: () => Promise<Carrier>): void {
  let carrier: Carrier
  const ends: BusEnd[] = []

  beforeAll(async () => {
    carrier = await startCarrier()
  })
  afterEach(async () => {
    await Promise.all(ends.splice(0).map((end) => end.bus.close()))
  })
  afterAll(async () => carrier[Symbol.asyncDispose]())

  /** So many instances of one hub, all up. */
  async function instances(count: number): Promise<BusEnd[]> {
    const made = await Promise.all(
      Array.from({ length: count }, async () => new BusEnd(await carrier.makeBus())),
    )
    ends.push(...made)
    await Promise.all(made.map((end) => end.up()))
    return made
  }

  function somePlace(): Place {
    return randomBytes(16).toString('base64url')
  }

  describe('a place', () => {
    it('that nobody has taken: the sender is told so', async () => {
      const [alice] = await instances(2)
      expect(await alice!.bus.toPlace(somePlace(), Buffer.from('hello'))).toBe(false)
    })

    it('brings what is sent there to the one that has taken it, byte for byte', async () => {
      const [alice, bob, carol] = await instances(3)
      const place = somePlace()
      await bob!.bus.take([place])
      const bytes = randomBytes(1_000)

      expect(await alice!.bus.toPlace(place, bytes)).toBe(true)

      expect(await bob!.next()).toEqual(bytes)
      expect(await carol!.settled()).toEqual([])
      expect(await alice!.settled()).toEqual([])
    })
  })

  it('rejects at once before it is up', async () => {
    const bus = await carrier.makeBus()
    await expect(bus.toAll(Buffer.from('x'))).rejects.toThrow(BusAwayError)
    await bus.close()
  })
}
