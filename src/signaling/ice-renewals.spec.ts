import { describe, expect, it } from '@jest/globals'

import { TestClock } from '../../test/support/test-clock.js'
import { HubConfig } from '../config/hub-config.js'
import { IceServers } from '../ice/ice-servers.js'
import type { Connection, Delivery } from '../routing/connection.js'
import type { ConnectionRegistry } from '../routing/connection-registry.js'
import { IceRenewals } from './ice-renewals.js'
import type { Liveness, OnSweep } from './liveness.js'

const config = HubConfig.fromEnv({
  NODE_ENV: 'test',
  SECRET_KEY: 'VnQ3b0pXc0t5ZlJ2ZUxhUXhUbU1pQnVHZEhqS2xQb1l6',
  TURN_URLS: 'turn:turn.example:3478',
  TURN_SECRET: 'shared-by-the-hub-and-its-turn-server',
})

class FakeConnection {
  iceDueAt = 0
  readsFrames = true
  lists = 0

  send(): Delivery {
    if (!this.readsFrames) return 'slow'
    this.lists++
    return 'delivered'
  }
}

/** So many connections of `v=2` clients that were greeted in one second, and what a sweep does with them. */
function crowd(size: number) {
  const connections = Array.from({ length: size }, () => new FakeConnection())
  const clock = new TestClock()
  const listeners: OnSweep[] = []
  const renewals = new IceRenewals(
    new IceServers(config, clock),
    { size } as ConnectionRegistry,
    { onSweep: (listener: OnSweep) => listeners.push(listener) } as unknown as Liveness,
    clock,
  )
  renewals.onModuleInit()
  const asConnections = connections as unknown as Connection[]
  for (const connection of asConnections) renewals.listFor(connection)
  let sweeps = 0
  const sweep = (): number => {
    sweeps++
    for (const connection of asConnections) listeners[0]?.(connection, sweeps)
    return connections.reduce((sum, { lists }) => sum + lists, 0)
  }
  return { clock, connections, sweep }
}

describe('connections that came in one storm', () => {
  it('get their next lists over ten sweeps, a tenth of all in each', () => {
    const { clock, connections, sweep } = crowd(5_000)
    clock.advance({ seconds: 440 })
    expect(sweep()).toBe(0)
    clock.advance({ seconds: 10 })

    const sent = Array.from({ length: 11 }, sweep)
    expect(sent).toEqual([
      500, 1_000, 1_500, 2_000, 2_500, 3_000, 3_500, 4_000, 4_500, 5_000, 5_000,
    ])
    expect(connections.filter(({ lists }) => lists !== 1)).toEqual([])
  })

  it('get them at once when they are few', () => {
    const { clock, sweep } = crowd(100)
    clock.advance({ seconds: 450 })

    expect(sweep()).toBe(100)
  })
})

describe('a connection that does not read', () => {
  it('gets its list once it does', () => {
    const { clock, connections, sweep } = crowd(1)
    const [connection] = connections
    clock.advance({ seconds: 450 })
    connection!.readsFrames = false
    expect(sweep()).toBe(0)
    connection!.readsFrames = true

    expect([sweep(), sweep()]).toEqual([1, 1])
  })
})
