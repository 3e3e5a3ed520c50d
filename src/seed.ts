import { open } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

import { Clock } from './common/clock.js'
import { Logger } from './common/logger.js'
import { ConfigError } from './config/config-error.js'
import { HubConfig } from './config/hub-config.js'
import { refuseInProduction } from './config/refuse-in-production.js'
import { DataKeyError } from './database/data-key.js'
import { openDatabase } from './database/open-database.js'
import { makeKeys } from './seed/key-pool.js'
import { SeedStore } from './seed/seed-store.js'
import { type SeededToken, Seeder, type SeedSize } from './seed/seeder.js'
import { AccessTokens } from './tokens/access-token.js'

const USAGE = `npm run seed -- [--nodes N] [--accounts K] [--profiles M] [--out FILE]

Fills a development database with made-up people:
  --nodes N      accounts with a registered node (100)
  --accounts K   accounts without one (10)
  --profiles M   profiles, spread evenly over all of them (as many as nodes)
  --out FILE     where to write [{"node_id"|null,"token"}] (seed-tokens.json in DATA_DIR)

The tokens live for ACCESS_TOKEN_EXPIRE_MINUTES. Hubs with the same SECRET_KEY and PUBLIC_URL take them.
`
/** EX_USAGE of sysexits.h. */
const USAGE_EXIT_CODE = 64
/** Real keys that all nodes share: a key takes as long to make as a thousand rows to write. */
const KEYS = 8

class UsageError extends Error {}

interface Wanted {
  readonly size: SeedSize
  readonly out: string | null
}

/** `npm run seed`: fills a development database; the hub may run meanwhile. */
try {
  const { size, out } = readArguments(process.argv.slice(2))
  refuseInProduction('seed')
  const config = HubConfig.fromEnv()
  const clock = new Clock()
  const startedAt = clock.now()
  const tokens = await seed(config, clock, size)
  const file = resolve(out ?? join(config.database.dataDir, 'seed-tokens.json'))
  await writeTokens(file, tokens)
  const seconds = ((clock.now() - startedAt) / 1_000).toFixed(1)
  process.stdout.write(
    `seeded ${size.nodes} nodes, ${size.accounts} accounts without one and ${size.profiles} ` +
      `profiles in ${seconds} s\ntokens for ${config.http.publicUrl} in ${file}\n`,
  )
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n\n${USAGE}`)
    process.exitCode = USAGE_EXIT_CODE
  } else if (error instanceof ConfigError || error instanceof DataKeyError) {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = ConfigError.exitCode
  } else {
    throw error
  }
}

async function seed(config: HubConfig, clock: Clock, size: SeedSize): Promise<SeededToken[]> {
  const now = clock.date()
  const { database, dataKey } = await openDatabase(config, clock, new Logger(config.log))
  try {
    const keys = await makeKeys(Math.min(KEYS, size.nodes), now)
    const store = new SeedStore(database, dataKey, config)
    return await new Seeder(store, new AccessTokens(config, clock), keys).seed(size, now)
  } finally {
    await database.onApplicationShutdown()
  }
}

/** @throws UsageError */
function readArguments(args: string[]): Wanted {
  const { values } = parse(args)
  const nodes = count('nodes', values.nodes) ?? 100
  const accounts = count('accounts', values.accounts) ?? 10
  const profiles = count('profiles', values.profiles) ?? nodes
  if (profiles > nodes + accounts) {
    throw new UsageError(`--profiles: only ${nodes + accounts} accounts to write them for`)
  }
  return { size: { nodes, accounts, profiles }, out: values.out ?? null }
}

function parse(args: string[]) {
  const value = { type: 'string' } as const
  try {
    return parseArgs({
      args,
      options: { nodes: value, accounts: value, profiles: value, out: value },
      strict: true,
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function count(flag: string, value: string | undefined): number | null {
  if (value === undefined) return null
  if (!/^[0-9]{1,8}$/.test(value)) throw new UsageError(`--${flag}: expected a number`)
  return Number(value)
}

/** Whoever reads the file can be any of its nodes: for its owner only, whatever it was before. */
async function writeTokens(path: string, tokens: readonly SeededToken[]): Promise<void> {
  const file = await open(path, 'w', 0o600)
  try {
    await file.chmod(0o600)
    await file.writeFile(`[\n${tokens.map((token) => JSON.stringify(token)).join(',\n')}\n]\n`)
  } finally {
    await file.close()
  }
}
