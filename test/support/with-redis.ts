import { expect, it } from '@jest/globals'

import { hasRedis } from './redis-process.js'

/** Declares tests that need `redis-server`; without one they are left out, which CI does not accept. */
export function withRedis(declare: () => void): void {
  if (hasRedis) {
    declare()
    return
  }
  it('needs redis-server, which is not on the PATH: left out', () => {
    console.warn('left out, as redis-server is not on the PATH: tests of Redis')
    expect(process.env.CI).not.toBe('true')
  })
}
