/**
 * `npm run bench`: what the hub costs, against a bare `ws` relay, PeerServer and a Socket.IO relay in
 * the same run. See docs/performance.md.
 */
import { writeFile } from 'node:fs/promises'
import { loadavg } from 'node:os'

import { HubBench } from './hub-bench.js'
import { measureIdle, measureStorm } from './measure-connect.js'
import { measureCurve, measureRelay } from './measure-relay.js'
import type { Measurement } from './measure.js'
import { readOptions } from './options.js'
import { compare, table } from './report.js'
import { canPin, pinDriver, ServerProcess } from './server-process.js'
import { bareRelay, peerServer, socketIoRelay } from './systems.js'

/** Fresh processes of each system that connects are measured on. */
const CONNECT_ROUNDS = 5
/** Turns at each size of the curve. */
const CURVE_ROUNDS = 7

const options = readOptions()
const { only, rounds, sizes } = options
ServerProcess.profileFolder = options.profile
if (canPin) pinDriver()
else say('taskset or a second core is missing: server and driver disturb each other')

await using hub = await HubBench.prepare(
  Math.max(
    2 * options.pairs,
    only.includes('idle') ? options.idle : 0,
    only.includes('storm') ? options.storm : 0,
    ...(only.includes('curve') ? sizes : []),
  ),
)
// Else its Postgres would stay behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    hub[Symbol.asyncDispose]().then(
      () => process.exit(130),
      () => process.exit(1),
    )
  })
}
const callers = hub.nodes.slice(0, 2 * options.pairs)
const couples = only.includes('relay') ? [await hub.pair('Redis'), await hub.pair('Postgres')] : []
const instances = couples.filter((each) => each !== null)
if (instances.length < couples.length) say('redis-server is missing: no signals over Redis')
const alone = hub.alone()
const modern = hub.alone(true)
const strangers = [bareRelay, peerServer, socketIoRelay]
const columns = [alone, modern, ...strangers, ...instances].map(({ name }) => name)

const load = loadavg()[0] ?? 0
const measurements: Measurement[] = []
const across: Measurement[] = []
if (only.includes('relay')) {
  say(`relay: ${options.pairs} pairs, ${rounds} rounds of ${options.seconds} s`)
  const systems = [alone, modern, ...strangers, ...instances]
  const relayed = await measureRelay(systems, callers, options)
  const names = new Set(instances.map(({ name }) => name))
  measurements.push(...relayed.filter(({ system }) => !names.has(system)))
  across.push(...relayed.filter(({ system }) => names.has(system) || system === alone.name))
}
if (only.includes('idle')) {
  say(`idle sockets: ${options.idle}`)
  const idlers = hub.nodes.slice(0, options.idle)
  const systems = [alone, modern, ...strangers]
  measurements.push(...(await measureIdle(systems, idlers, Math.min(rounds, CONNECT_ROUNDS))))
}
if (only.includes('storm')) {
  say(`a storm of ${options.storm} sockets`)
  const those = hub.nodes.slice(0, options.storm)
  const systems = [alone, ...strangers]
  measurements.push(...(await measureStorm(systems, those, Math.min(rounds, CONNECT_ROUNDS))))
}
if (only.includes('curve')) {
  for (const size of sizes) {
    say(`a frame among ${size} sockets`)
    const turns = { rounds: Math.min(rounds, CURVE_ROUNDS), seconds: options.seconds }
    for (const system of [alone, bareRelay]) {
      const fewest = callers.length
      measurements.push(...(await measureCurve(system, hub.nodes, fewest, size, turns)))
    }
  }
}

const against = { bare: bareRelay.name, alone: alone.name }
const comparisons = compare(measurements, against.bare, columns)
const instancesCompared = compare(across, against.alone, columns)
say(`\n${table(comparisons, against.bare, columns)}\n\nin brackets: ratio to ${against.bare}`)
if (across.length > 0) {
  say(
    `\n${table(instancesCompared, against.alone, columns)}\n\nin brackets: ratio to ${against.alone}`,
  )
}
say(`load of the machine: ${load.toFixed(1)} before, ${(loadavg()[0] ?? 0).toFixed(1)} after`)
if (options.out !== null) {
  const at = new Date().toISOString()
  const report = {
    ...{ at, node: process.version, canPin, load, options },
    comparisons,
    instances: instancesCompared,
  }
  await writeFile(options.out, `${JSON.stringify(report, null, 2)}\n`)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
