import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

import { Clock } from './common/clock.js'
import { Logger } from './common/logger.js'
import { ConfigError } from './config/config-error.js'
import { HubConfig } from './config/hub-config.js'
import { refuseInProduction } from './config/refuse-in-production.js'
import { DataKeyError } from './database/data-key.js'
import { createDataSource } from './database/data-source.js'
import { Database } from './database/database.js'
import { openDatabase, reachServer } from './database/open-database.js'
import { SkillDictionary } from './profiles/skill-dictionary.js'
import { makeKeys } from './seed/key-pool.js'
import { SeedStore } from './seed/seed-store.js'
import { Seeder, type SeedSize } from './seed/seeder.js'
import { TokensFile } from './seed/tokens-file.js'
import { AccessTokens } from './tokens/access-token.js'

const USAGE = `npm run seed -- [--nodes N] [--accounts K] [--profiles M] [--out FILE]

Fills a development database with made-up people:
  --nodes N      accounts with a registered node (100)
  --accounts K   accounts without one (10)
  --profiles M   profiles, spread evenly over all of them (as many as nodes)
  --out FILE     where to write [{"node_id"|null,"token"}] (seed-tokens.json in DATA_DIR)

An empty database takes 20,000 and more without its indexes, in one go: a hub that runs on it has to wait.
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
  const file = resolve(out ?? join(config.database.dataDir, 'seed-tokens.json'))
  await seed(config, clock, size, file)
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

async function seed(config: HubConfig, clock: Clock, size: SeedSize, file: string): Promise<void> {
  const now = clock.date()
  const logger = new Logger(config.log)
  const { database, dataKey } = await openDatabase(config, clock, logger)
  try {
    const keys = await makeKeys(Math.min(KEYS, size.nodes), now)
    await using tokens = await TokensFile.open(file)
    const store = new SeedStore(database, dataKey, config)
    const seeder = new Seeder(store, new AccessTokens(config, clock), keys)
    await seeder.seedMany(size, now, (some) => tokens.add(some))
    await store.tidy('people')
    await settleSkills(config, logger)
    await store.tidy('skills')
    await tokens.end()
  } finally {
    await database.onApplicationShutdown()
  }
}

/** Counts who has which skill, of a million people for longer than a request may take. */
async function settleSkills(config: HubConfig, logger: Logger): Promise<void> {
  const server = await reachServer(config, logger)
  const patient = { poolSize: 1, patient: true }
  const dataSource = createDataSource(server.url, config.database.ssl, patient)
  const database = new Database(dataSource, dataSource, () => server.stop())
  try {
    await dataSource.initialize()
    await new SkillDictionary(database, logger).settle()
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
