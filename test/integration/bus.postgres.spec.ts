import { describe } from '@jest/globals'

import { Logger } from '../../src/common/logger.js'
import { createDataSource } from '../../src/database/data-source.js'
import { Database } from '../../src/database/database.js'
import { PostgresBus } from '../../src/instances/bus.postgres.js'
import { cloneDatabase } from '../support/postgres.js'
import { busContract, type Carrier } from './bus.contract.js'

const silent = new Logger({ level: 'silent', format: 'json' })

async function startCarrier(): Promise<Carrier> {
  const database = await cloneDatabase()
  const dataSource = createDataSource(database.url, 'disable', { poolSize: 4 })
  await dataSource.initialize()
  const opened = new Database(dataSource, dataSource, () => Promise.resolve())
  return {
    makeBus: () => Promise.resolve(new PostgresBus(opened, silent)),
    [Symbol.asyncDispose]: async () => {
      await opened.onApplicationShutdown()
      await database[Symbol.asyncDispose]()
    },
  }
}

describe('the bus over Postgres', () => {
  busContract(startCarrier)
})
