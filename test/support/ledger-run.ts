import { type Carrier, type RunningCarrier, startCarrier } from './carriers.js'
import { Crowd, type Load } from './crowd.js'
import { Fleet } from './fleet.js'
import { judge, type Verdict } from './ledger-checker.js'
import { Ledger } from './ledger.js'

export interface LedgerRun extends Load {
  /** Of an empty database, or one that was migrated. */
  readonly databaseUrl: string
  readonly instances: number
  readonly carrier: Carrier
  readonly nodes: number
  readonly seed: number
  /** Breaks things meanwhile, and notes in the ledger when. Ends with the load. */
  readonly trouble?: (fleet: Fleet, carrier: RunningCarrier, ledger: Ledger) => Promise<void>
}

export interface LedgerOutcome {
  readonly verdict: Verdict
  /** Frames that no client knows. */
  readonly unexpected: readonly string[]
  /** Connections that were given what a lost one had missed. */
  readonly resumptions: number
  /** Milliseconds in which a hub answered late: there was too little machine for all. */
  readonly stalledMs: number
  /** Milliseconds from the first signal to the last answer. */
  readonly tookMs: number
  /** Bytes that the largest instance held afterwards. */
  readonly memory: number
}

/** Starts a hub in processes of its own, lets a crowd of nodes signal through it, and judges. */
export async function runLedger(run: LedgerRun): Promise<LedgerOutcome> {
  const { databaseUrl, instances, nodes, trouble } = run
  await using carrier = await startCarrier(run.carrier, databaseUrl)
  const env = trouble ? carrier.env : carrier.wirelessEnv
  await using fleet = await Fleet.start({ instances, databaseUrl, nodes, env })
  const ledger = new Ledger()
  const crowd = new Crowd(fleet.nodes, ledger, fleet.doors, run.seed)
  const startedAt = performance.now()
  await Promise.all([crowd.run(run), trouble?.(fleet, carrier, ledger)])
  return {
    tookMs: performance.now() - startedAt,
    memory: await fleet.memory(),
    verdict: judge(ledger.operations),
    unexpected: crowd.unexpected,
    resumptions: crowd.resumptions,
    stalledMs: crowd.stalledMs,
  }
}
