import type { Fault, Scale, World } from './carrier-faults.js'
import { type Carrier, startCarrier } from './carriers.js'
import { Fleet } from './fleet.js'
import type { Verdict } from './ledger-checker.js'
import { OwnPostgres } from './own-postgres.js'
import { Pairs } from './pairs.js'

/** What a fault cost those who went on talking. */
export interface Trial {
  readonly local: Verdict
  readonly across: Verdict
  /** Connections that ended; by the code of their close. */
  readonly dropped: readonly number[]
  /** Milliseconds from the mend until all pairs across reached each other again. */
  readonly rebuiltMs: number
  /** Bytes by which the largest instance grew. */
  readonly growth: number
}

/** Four nodes for each instance (Pairs). */
const INSTANCES = { instances: 3, nodes: 12 }
/** After the mend, what was sent before may still be reported. */
const MEND_MS = 8_000

/** Three instances of a hub over this carrier, on a Postgres of their own, all of it to be broken. */
export async function startWorld(kind: Carrier): Promise<World & AsyncDisposable> {
  const postgres = await OwnPostgres.start()
  const carrier = await startCarrier(kind, postgres.url)
  // Over Postgres its one wire serves both uses.
  const env = kind === 'postgres' ? {} : carrier.env
  const fleet = await Fleet.start({ ...INSTANCES, databaseUrl: postgres.url, env })
  return {
    ...{ fleet, carrier, postgres },
    [Symbol.asyncDispose]: async () => {
      for (const resource of [fleet, carrier, postgres]) await resource[Symbol.asyncDispose]()
    },
  }
}

/** Lets pairs of nodes talk, here and across instances, while something breaks and is mended. */
export async function tryFault(world: World, fault: Fault, scale: Scale): Promise<Trial> {
  const { fleet } = world
  const pairs = await Pairs.connect(fleet)
  await pairs.reunited()
  const before = await fleet.memory()
  let rebuiltMs = 0
  let peak = before
  const watch = setInterval(() => {
    fleet.memory().then(
      (bytes) => (peak = Math.max(peak, bytes)),
      () => undefined,
    )
  }, 200)
  try {
    await pairs.during(async () => {
      await pairs.across.fault(fault.name, MEND_MS, () => fault.run(world, scale))
      rebuiltMs = await pairs.reunited()
    })
  } finally {
    clearInterval(watch)
  }
  const { local, across } = await pairs.end()
  return { local, across, dropped: pairs.dropped, rebuiltMs, growth: peak - before }
}
