import { randomBytes } from 'node:crypto'

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'

import { DataKey } from '../../src/database/data-key.js'
import { type Bus, BusAwayError } from '../../src/instances/bus.js'
import { Correspondence } from '../../src/instances/correspondence.js'
import { BusEnd, EVERYBODY, somePlace } from '../support/bus-end.js'
import { until } from '../support/until.js'

/** A real carrier, and the wires to it. */
export interface Carrier extends AsyncDisposable {
  /** A bus over those wires, not opened yet. */
  makeBus(): Bus
  /** Resets all connections, and refuses new ones. */
  cut(): void
  /** Resets all connections; new ones are welcome. */
  reset(): void
  /** Keeps all connections, and no byte passes. */
  freeze(): void
  restore(): void
  /** Begins to overhear, with what the carrier offers its operator for that; `stop` tells what was heard. */
  overhear(bus: Bus): Promise<{ stop(): Promise<string> }>
}

/** What every Bus must do, over its real carrier. */
export function busContract(startCarrier: () => Promise<Carrier>): void {
  let carrier: Carrier
  const ends: BusEnd[] = []

  beforeAll(async () => {
    carrier = await startCarrier()
  })
  afterEach(async () => {
    carrier.restore()
    await Promise.all(ends.splice(0).map((end) => end[Symbol.asyncDispose]()))
  })
  afterAll(async () => carrier[Symbol.asyncDispose]())

  /** Instances of one hub, all up. */
  async function start(count: 2): Promise<[BusEnd, BusEnd]>
  async function start(count: 3): Promise<[BusEnd, BusEnd, BusEnd]>
  async function start(count: number): Promise<BusEnd[]> {
    const made = Array.from({ length: count }, () => new BusEnd(carrier.makeBus()))
    ends.push(...made)
    await Promise.all(made.map((end) => end.up()))
    return made
  }

  describe('a place', () => {
    it('that nobody has taken: whoever sends there is told', async () => {
      const [alice] = await start(2)
      expect(await alice.bus.toPlace(somePlace(), Buffer.from('x'))).toBe(false)
    })

    it('brings what is sent there to the instance that has taken it, and to no other', async () => {
      const [alice, bob, carol] = await start(3)
      const place = somePlace()
      await bob.bus.take([place])
      await carol.bus.take([somePlace()])

      expect(await alice.bus.toPlace(place, Buffer.from('for bob'))).toBe(true)

      expect(await bob.texts(1)).toEqual(['for bob'])
      expect([await alice.settled(), await carol.settled()]).toEqual([[], []])
    })

    it('may be taken by several: each hears what is sent there', async () => {
      const [alice, bob, carol] = await start(3)
      const place = somePlace()
      await Promise.all([bob.bus.take([place]), carol.bus.take([place])])

      expect(await alice.bus.toPlace(place, Buffer.from('for both'))).toBe(true)
      bob.bus.leave(place)
      await bob.settled()
      expect(await alice.bus.toPlace(place, Buffer.from('for carol'))).toBe(true)

      expect(await bob.settled()).toEqual([])
      expect(await carol.texts(2)).toEqual(['for both', 'for carol'])
    })

    it('is heard of at the same instance, too', async () => {
      const [alice] = await start(2)
      const place = somePlace()
      await alice.bus.take([place])
      expect(await alice.bus.toPlace(place, Buffer.from('to myself'))).toBe(true)
      expect(await alice.texts(1)).toEqual(['to myself'])
    })

    it('that was left is nobody’s', async () => {
      const [alice, bob] = await start(2)
      const place = somePlace()
      await bob.bus.take([place])
      bob.bus.leave(place)
      await bob.settled()
      expect(await alice.bus.toPlace(place, Buffer.from('x'))).toBe(false)
    })

    it('that is left and taken again at once is taken; what is left last is left', async () => {
      const [alice, bob] = await start(2)
      const [taken, left] = [somePlace(), somePlace()]
      const stamps: Promise<number>[] = []
      for (let turn = 0; turn < 100; turn++) {
        stamps.push(bob.bus.take([taken, left]))
        bob.bus.leave(taken)
        stamps.push(bob.bus.take([taken]))
        bob.bus.leave(left)
      }
      await Promise.all(stamps)

      expect(await alice.bus.taken([taken, left])).toEqual([true, false])
      expect(await alice.bus.toPlace(taken, Buffer.from('x'))).toBe(true)
      expect(await bob.texts(1)).toEqual(['x'])
    })

    it('that one instance takes twice it has once', async () => {
      const [alice, bob] = await start(2)
      const place = somePlace()
      const first = await bob.bus.take([place])
      expect(await bob.bus.take([place])).toBeGreaterThan(first)
      await alice.bus.toPlace(place, Buffer.from('once'))
      expect(await bob.settled()).toEqual(['once'])
      bob.bus.leave(place)
      await bob.settled()
      expect(await alice.bus.taken([place])).toEqual([false])
    })

    it('can be asked for among others, whoever has taken it', async () => {
      const [alice, bob, carol] = await start(3)
      const [atAlice, atBob, atBoth, nowhere] = [1, 2, 3, 4].map(somePlace) as [
        string,
        string,
        string,
        string,
      ]
      await alice.bus.take([atAlice, atBoth])
      await bob.bus.take([atBob, atBoth])
      const asked = [atAlice, nowhere, atBob, atBoth]
      expect(await carol.bus.taken(asked)).toEqual([true, false, true, true])
      expect(await alice.bus.taken(asked)).toEqual([true, false, true, true])
      expect(await alice.bus.taken([])).toEqual([])
    })
  })

  describe('the stamp of a taker', () => {
    it('is greater than that of whoever took the place before', async () => {
      const [alice, bob] = await start(2)
      const place = somePlace()
      const stamps: number[] = []
      for (let turn = 0; turn < 25; turn++) {
        stamps.push(await alice.bus.take([place]), await bob.bus.take([place]))
      }
      expect(stamps).toEqual([...new Set(stamps)].sort((one, other) => one - other))
      expect(stamps.every(Number.isSafeInteger)).toBe(true)
    })

    it('says who hears the other of two who take a place at the same time', async () => {
      const [alice, bob] = await start(2)
      for (let turn = 0; turn < 50; turn++) {
        const place = somePlace()
        const [first, second] = (
          await Promise.all(
            [alice, bob].map(async (end) => ({ end, stamp: await end.bus.take([place]) })),
          )
        ).sort((one, other) => one.stamp - other.stamp) as [Taker, Taker]
        await second.end.bus.toPlace(place, Buffer.from(`turn ${turn}`))
        for (const { end } of [first, second]) expect(await end.texts(1)).toEqual([`turn ${turn}`])
      }
    })

    it('comes with the carrier, later than all before', async () => {
      const [alice] = await start(2)
      const stamp = await alice.bus.take([somePlace()])
      carrier.reset()
      await alice.up(2)
      expect(alice.stamps[1]).toBeGreaterThan(stamp)
      expect(await alice.bus.take([])).toBeGreaterThan(stamp)
    })
  })

  interface Taker {
    readonly end: BusEnd
    readonly stamp: number
  }

  describe('a message', () => {
    it('to one instance reaches that one, and to all reaches all', async () => {
      const [alice, bob, carol] = await start(3)
      expect(await alice.bus.toInstance(bob.bus.id, Buffer.from('for bob'))).toBe(true)
      expect(await bob.texts(1)).toEqual(['for bob'])
      await alice.bus.toInstance(alice.bus.id, Buffer.from('for myself'))
      expect(await alice.texts(1)).toEqual(['for myself'])
      await alice.bus.toAll(Buffer.from('for all'))
      for (const end of [alice, bob, carol]) expect(await end.texts(1)).toEqual(['for all'])
      for (const end of [alice, bob, carol]) expect(await end.settled()).toEqual([])
    })

    it('arrives once for each time it was sent, also when all are alike', async () => {
      const [alice, bob] = await start(2)
      await Promise.all(
        Array.from({ length: 50 }, () => alice.bus.toInstance(bob.bus.id, Buffer.from('alike'))),
      )
      expect(await bob.texts(50)).toEqual(Array.from({ length: 50 }, () => 'alike'))
      expect(await bob.settled()).toEqual([])
    })

    it('arrives in the order in which its sender sent to that place, short or long', async () => {
      const [alice, bob, carol] = await start(3)
      const place = somePlace()
      await carol.bus.take([place])
      const filling = 'x'.repeat(20_000)
      const sent = [alice, bob].map(async ({ bus }, sender) => {
        const done: Promise<boolean>[] = []
        for (let n = 0; n < 500; n++) {
          const text = `${sender} ${n} ${n % 7 === 0 ? filling : ''}`
          done.push(bus.toPlace(place, Buffer.from(text)))
          if (n % 50 === 0) await Promise.all(done)
        }
        return Promise.all(done)
      })
      const arrived = (await carol.texts(1_000)).map((text) => text.split(' ').map(Number))

      expect((await Promise.all(sent)).flat().every(Boolean)).toBe(true)
      for (const sender of [0, 1]) {
        const numbers = arrived.filter(([from]) => from === sender).map(([, n]) => n)
        expect(numbers).toEqual(Array.from({ length: 500 }, (_, n) => n))
      }
      expect(await carol.settled()).toEqual([])
    })

    it('to a place that several have taken arrives at all of them in one order', async () => {
      const ends = await start(3)
      const place = somePlace()
      await Promise.all(ends.map(({ bus }) => bus.take([place])))
      for (let n = 0; n < 50; n++) {
        await Promise.all(
          ends.map(({ bus }, sender) => bus.toPlace(place, Buffer.from(`${sender} ${n}`))),
        )
      }
      const [first, ...others] = await Promise.all(ends.map((end) => end.texts(150)))
      for (const other of others) expect(other).toEqual(first)
    })

    it.each([
      ['empty', Buffer.alloc(0)],
      ['every byte there is', Buffer.from(Array.from({ length: 512 }, (_, n) => n & 255))],
      ['what looks like a protocol', Buffer.from("\r\n$-1\r\n*0\r\n:1\r\n+OK\r\n';--\0\\x00{}")],
      ['5,940 bytes', randomBytes(5_940)],
      ['5,941 bytes', randomBytes(5_941)],
      ['a frame of 64 KiB', randomBytes(65_536)],
      ['an answer of 256 KiB', randomBytes(262_144)],
      ['a megabyte', randomBytes(1_048_576)],
    ])('is the same byte for byte: %s', async (_what, bytes) => {
      const [alice, bob] = await start(2)
      const place = somePlace()
      await bob.bus.take([place])
      expect(await alice.bus.toPlace(place, bytes)).toBe(true)
      expect((await bob.next()).equals(bytes)).toBe(true)
      expect(await bob.settled()).toEqual([])
    })
  })

  describe('an instance', () => {
    it('that is there is known to be, and one that has closed is not, nor what it had taken', async () => {
      const [alice, bob, carol] = await start(3)
      const place = somePlace()
      await carol.bus.take([place])
      const asked = [alice.bus.id, 'f'.repeat(16), bob.bus.id, carol.bus.id]
      expect(await alice.bus.listening(asked)).toEqual([true, false, true, true])

      await carol.bus.close()

      expect(await alice.bus.listening(asked)).toEqual([true, false, true, false])
      expect(await alice.bus.taken([place])).toEqual([false])
      await expect(carol.bus.toAll(Buffer.from('x'))).rejects.toThrow(BusAwayError)
    })

    it('takes ten thousand places in one go, and again when the carrier is back', async () => {
      const [alice, bob] = await start(2)
      const places = Array.from({ length: 10_000 }, somePlace)
      await bob.bus.take(places)
      expect((await alice.bus.taken(places)).every(Boolean)).toBe(true)

      carrier.reset()
      await Promise.all([alice.up(2), bob.up(2)])

      expect((await alice.bus.taken(places)).every(Boolean)).toBe(true)
      expect(await alice.bus.toPlace(places[9_999]!, Buffer.from('still there'))).toBe(true)
      expect(await bob.texts(1)).toEqual(['still there'])
    })
  })

  describe('while the carrier is away', () => {
    it('everything rejects at once, also before it was ever there', async () => {
      const bus = carrier.makeBus()
      const [{ bus: alice }, { bus: bob }] = await start(2)
      carrier.cut()
      await until(() => !alice.isUp && !bob.isUp)

      for (const each of [bus, alice]) {
        const calls = [
          each.take([somePlace()]),
          each.toPlace(somePlace(), Buffer.from('x')),
          each.toInstance(bob.id, Buffer.from('x')),
          each.toAll(Buffer.from('x')),
          each.taken([somePlace()]),
          each.listening([bob.id]),
        ]
        const outcomes = await Promise.allSettled(calls)
        for (const outcome of outcomes) {
          expect(outcome).toMatchObject({ status: 'rejected', reason: new BusAwayError() })
        }
      }
      await bus.close()
    })

    it('nothing is kept for later; places taken and left meanwhile are so when it is back', async () => {
      const [alice, bob] = await start(2)
      const [kept, left, taken] = [somePlace(), somePlace(), somePlace()]
      await bob.bus.take([kept, left])
      carrier.cut()
      await until(() => !alice.bus.isUp && !bob.bus.isUp)
      const lost = alice.bus.toPlace(kept, Buffer.from('lost'))
      await expect(lost).rejects.toThrow(BusAwayError)
      bob.bus.leave(left)
      await expect(bob.bus.take([taken])).rejects.toThrow(BusAwayError)

      carrier.restore()
      await Promise.all([alice.up(2), bob.up(2)])

      expect(await alice.bus.taken([kept, left, taken])).toEqual([true, false, true])
      await alice.bus.toPlace(taken, Buffer.from('one'))
      await alice.bus.toPlace(kept, Buffer.from('two'))
      await alice.bus.toAll(Buffer.from('three'))
      expect((await bob.texts(3)).sort()).toEqual(['one', 'three', 'two'])
      expect(await bob.settled()).toEqual([])
    })
  })

  it('a carrier cut twenty times while it carries brings nothing twice, and keeps the order', async () => {
    const [alice, bob] = await start(2)
    const place = somePlace()
    await bob.bus.take([place])
    const confirmed: number[] = []
    let sent = 0
    for (let round = 2; round <= 21; round++) {
      const sending = Array.from({ length: 40 }, async () => {
        const n = sent++
        const isThere = await alice.bus.toPlace(place, Buffer.from(`${n} ${'x'.repeat(3_000)}`))
        if (isThere) confirmed.push(n)
      })
      if (round % 2 === 0) setImmediate(() => carrier.reset())
      else carrier.reset()
      await Promise.allSettled(sending)
      await Promise.all([alice.up(round), bob.up(round)])
    }
    await alice.bus.toPlace(place, Buffer.from(`${sent} last`))

    const arrived = (await bob.settled()).map((text) => Number(text.split(' ')[0]))
    expect(arrived).toEqual([...new Set(arrived)].sort((one, other) => one - other))
    expect(arrived.at(-1)).toBe(sent)
  })

  describe('a carrier that is frozen', () => {
    it('is noticed to be away, and brings nothing old when it goes on', async () => {
      const [alice, bob] = await start(2)
      const key = new DataKey(randomBytes(32))
      const [writer, reader] = [alice, bob].map(
        ({ bus }) => new Correspondence(key, bus.id, EVERYBODY),
      ) as [Correspondence, Correspondence]
      const heard: number[] = []
      bob.bus.onMessage((bytes) => reader.receive(bytes))
      reader.on('presence_query', ({ n }) => heard.push(n))
      const say = (n: number): Promise<boolean> =>
        alice.bus.toPlace(place, writer.seal({ kind: 'presence_query', n, nodes: [] }, '', place))
      const place = somePlace()
      await bob.bus.take([place])
      await say(1)
      await until(() => heard.length === 1)

      carrier.freeze()
      const frozenAt = performance.now()
      const intoTheIce = [say(2), say(3)].map((sent) => sent.catch((error: unknown) => error))
      await until(() => !alice.bus.isUp && !bob.bus.isUp)
      const noticedAfterMs = performance.now() - frozenAt
      const outcomes = await Promise.all(intoTheIce)
      carrier.restore()
      await Promise.all([alice.up(2), bob.up(2)])
      await say(4)
      await until(() => heard.includes(4))

      for (const outcome of outcomes) expect(outcome).toBeInstanceOf(BusAwayError)
      expect(heard).toEqual([1, 4])
      expect(noticedAfterMs).toBeLessThan(5 * 2_000)
    })
  })

  it('shows whoever overhears the carrier no node, no account and no payload', async () => {
    const [alice, bob] = await start(2)
    const key = new DataKey(randomBytes(32))
    const writer = new Correspondence(key, alice.bus.id, EVERYBODY)
    const place = key.mac('place', 'node:dpc-node-00112233aabbccdd').toString('base64url', 0, 16)
    const overheard = await carrier.overhear(bob.bus)
    await bob.bus.take([place])

    const sealed = writer.seal(
      { kind: 'presence_query', n: 1, nodes: ['dpc-node-00112233aabbccdd'] },
      '{"sdp":"v=0"}',
      place,
    )
    await alice.bus.toPlace(place, sealed)
    await alice.bus.toInstance(bob.bus.id, sealed)
    await alice.bus.toAll(sealed)
    for (const arrived of [await bob.next(), await bob.next(), await bob.next()]) {
      expect(arrived.equals(sealed)).toBe(true)
    }

    const text = await overheard.stop()
    expect(text).toContain(place)
    expect(text).toContain(bob.bus.id)
    expect(text).not.toMatch(/dpc-node|00112233aabbccdd|sdp|v=0|presence/)
  })
}
