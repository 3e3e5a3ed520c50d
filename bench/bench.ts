/**
 * `npm run bench`: what the hub costs, against a bare `ws` relay in the same run. See
 * docs/performance.md.
 */
import { writeFile } from 'node:fs/promises'

import { measureIdle, measureRelay, type Measurement } from './measure.js'
import { readOptions } from './options.js'
import { candidate, offer } from './payloads.js'
import { compare, table } from './report.js'
import { canPin, pinDriver, ServerProcess } from './server-process.js'
import { bareRelay, HubBench } from './systems.js'

/** Fresh processes of each system that idle sockets are measured on. */
const IDLE_ROUNDS = 3

const options = readOptions()
ServerProcess.profileFolder = options.profile
if (canPin) pinDriver()
else say('taskset or a second core is missing: server and driver disturb each other')

await using hub = await HubBench.prepare(Math.max(options.idle, 2 * options.pairs))
// Else its Postgres would stay behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    hub[Symbol.asyncDispose]().then(
      () => process.exit(130),
      () => process.exit(1),
    )
  })
}
const systems = [hub.system, bareRelay]
const callers = hub.nodes.slice(0, 2 * options.pairs)
const idlers = hub.nodes.slice(0, options.idle)

const measurements: Measurement[] = []
say(`relay: ${options.pairs} pairs, ${options.rounds} rounds of ${options.seconds} s`)
measurements.push(...(await measureRelay(systems, callers, { offer, candidate }, options)))
const idleRounds = Math.min(options.rounds, IDLE_ROUNDS)
say(`idle sockets: ${options.idle}, ${idleRounds} rounds`)
measurements.push(...(await measureIdle(systems, idlers, idleRounds)))

const comparisons = compare(measurements, hub.system.name, bareRelay.name)
process.stdout.write(`\n${table(comparisons)}\n`)
if (options.out !== null) {
  const at = new Date().toISOString()
  const report = { at, node: process.version, canPin, options, comparisons }
  await writeFile(options.out, `${JSON.stringify(report, null, 2)}\n`)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
