import { afterEach, describe } from '@jest/globals'

import { throttlerStorageContract } from '../../test/integration/throttler-storage.contract.js'
import { MemoryThrottlerStorage } from './throttler-storage.memory.js'

const storages: MemoryThrottlerStorage[] = []

afterEach(() => {
  for (const storage of storages.splice(0)) storage.onApplicationShutdown()
})

describe('counting in memory', () => {
  throttlerStorageContract((clock) => {
    const storage = new MemoryThrottlerStorage(clock)
    storages.push(storage)
    return Promise.resolve(storage)
  })
})
