import { randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'

import pg from 'pg'

import type { RunningCarrier } from './carriers.js'
import type { Fleet } from './fleet.js'
import type { OwnPostgres } from './own-postgres.js'

/** What a fault may break: the processes of a hub, what lies between them, and their database. */
export interface World {
  readonly fleet: Fleet
  readonly carrier: RunningCarrier
  readonly postgres: OwnPostgres
}

/** How long and how often: seconds in the tests, minutes in a campaign. */
export interface Scale {
  readonly seconds: number
  readonly times: number
}

/** Something that goes wrong, and is well again when it resolves. */
export interface Fault {
  readonly name: string
  /** What is broken lies between the instances: signals from one to another may be reported. */
  readonly isBetween: boolean
  run(world: World, scale: Scale): Promise<void>
}

const each = <Item>(items: readonly Item[], act: (item: Item) => void): void => items.forEach(act)

/** Faults of Redis, one or a cluster. */
export const redisFaults: readonly Fault[] = [
  {
    name: 'cut again and again, at random moments',
    isBetween: true,
    run: async ({ carrier: { wires } }, { times }) => {
      for (let n = 0; n < times; n++) {
        await delay(randomInt(600))
        each(wires, (wire) => wire.cut())
        await delay(randomInt(400))
        each(wires, (wire) => wire.restore())
      }
    },
  },
  {
    name: 'stopped (SIGSTOP), and going on',
    isBetween: true,
    run: async ({ carrier: { servers } }, { seconds }) => {
      each(servers, (server) => server.freeze())
      await delay(seconds * 1_000)
      each(servers, (server) => server.thaw())
    },
  },
  {
    name: 'killed, and back with nothing in it',
    isBetween: true,
    run: async ({ carrier: { servers } }, { seconds }) => {
      const [server] = servers
      await server?.kill()
      await delay((seconds * 1_000) / 2)
      await server?.restart()
    },
  },
  {
    name: 'slow: 100 ms each way, give or take 50',
    isBetween: true,
    run: async ({ carrier: { wires } }, { seconds }) => {
      each(wires, (wire) => wire.slow(100, 50))
      await delay(seconds * 1_000)
      each(wires, (wire) => wire.restore())
    },
  },
]

/** Faults of Postgres. Over Redis, nothing of a signal depends on it. */
export const postgresFaults: readonly Fault[] = [
  {
    name: 'cut',
    isBetween: false,
    run: async ({ postgres: { wire } }, { seconds }) => {
      wire.cut()
      await delay(seconds * 1_000)
      wire.restore()
    },
  },
  {
    name: 'slow: 10 s each way',
    isBetween: false,
    run: async ({ postgres: { wire } }, { seconds }) => {
      wire.slow(10_000)
      await delay(seconds * 1_000)
      wire.restore()
    },
  },
  {
    name: 'frozen: it takes connections and says nothing',
    isBetween: false,
    run: async ({ postgres: { wire } }, { seconds }) => {
      wire.freeze()
      await delay(seconds * 1_000)
      wire.restore()
    },
  },
  {
    name: 'crashed, and back with its unlogged tables empty',
    isBetween: false,
    run: async ({ postgres }, { seconds }) => {
      await postgres.crash()
      await delay((seconds * 1_000) / 2)
      await postgres.restart()
    },
  },
  {
    name: 'alive, but its connections are all in use',
    isBetween: false,
    run: ({ postgres, fleet }, { seconds }) => exhaustPools(postgres, fleet, seconds),
  },
]

/** Requests that wait for a lock use up the pool of each instance, and more wait behind them. */
async function exhaustPools(postgres: OwnPostgres, fleet: Fleet, seconds: number): Promise<void> {
  const locker = new pg.Client({ connectionString: postgres.directUrl })
  await locker.connect()
  await locker.query('BEGIN; LOCK TABLE profiles IN ACCESS EXCLUSIVE MODE')
  const headers = { authorization: `Bearer ${fleet.nodes[0]?.token ?? ''}` }
  const requests = fleet.origins.flatMap((origin) =>
    Array.from({ length: 40 }, () => fetch(`${origin}/profile`, { headers })),
  )
  await delay(seconds * 1_000)
  await locker.query('COMMIT')
  await locker.end()
  for (const answer of await Promise.all(requests)) await answer.arrayBuffer()
}
