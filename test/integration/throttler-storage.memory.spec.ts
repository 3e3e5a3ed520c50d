import { afterEach, describe } from '@jest/globals'

import { MemoryThrottlerStorage } from '../../src/limits/throttler-storage.memory.js'
import { throttlerStorageContract } from './throttler-storage.contract.js'

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
