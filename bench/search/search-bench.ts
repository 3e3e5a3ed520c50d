/**
 * `npm run bench:search`: what a search costs among more and more profiles, beside the reference's design on
 * the same data. See docs/performance.md.
 */
import { writeFile } from 'node:fs/promises'
import { loadavg } from 'node:os'

import { measureHub, measureReference } from './measure-hub.js'
import { readOptions } from './options.js'
import { People, Server } from './people.js'
import { type Round, table } from './report.js'

const options = readOptions()
await using server = await Server.open(options.database)
// Else its Postgres would stay behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    server[Symbol.asyncDispose]().then(
      () => process.exit(130),
      () => process.exit(1),
    )
  })
}

const rounds: Round[] = []
for (const size of options.sizes) rounds.push(await measureAmong(size))
const described = await server.describe()
say(
  `\n${table(rounds)}\n\n${described}; Node ${process.version}; one client, one question at a time`,
)
if (options.out !== null) {
  const report = { at: new Date().toISOString(), node: process.version, described, options, rounds }
  await writeFile(options.out, `${JSON.stringify(report, null, 2)}\n`)
}

async function measureAmong(size: number): Promise<Round> {
  say(`${size} profiles: seeding`)
  await using people = await People.seed(server, size)
  const before = load()
  say(`${size} profiles: the hub`)
  const hub = await measureHub(people, options)
  say(`${size} profiles: the reference`)
  const reference = await measureReference(people, options.queries)
  return {
    size,
    seedSeconds: people.seedSeconds,
    load: { before, after: load() },
    timings: [...hub, ...reference],
  }
}

function load(): number {
  return loadavg()[0] ?? 0
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
