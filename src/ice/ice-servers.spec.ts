import { createHmac } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'

import { TestClock } from '../../test/support/test-clock.js'
import { HubConfig } from '../config/hub-config.js'
import { iceServersAnswer } from './ice.schema.js'
import { IceServers } from './ice-servers.js'

const SECRET = 'shared-with-the-turn-server'
const TURN = { TURN_URLS: 'turn:t.example?transport=udp,turns:t.example', TURN_SECRET: SECRET }

function iceServers(env: Record<string, string>, clock = new TestClock()): IceServers {
  const config = HubConfig.fromEnv({
    NODE_ENV: 'test',
    SECRET_KEY: 'VnQ3b0pXc0t5ZlJ2ZUxhUXhUbU1pQnVHZEhqS2xQb1l6',
    STUN_URLS: 'stun:s.example:3478',
    ...env,
  })
  return new IceServers(config, clock)
}

describe('the list of ICE servers', () => {
  it('is the STUN servers alone, without credentials, where there is no TURN server', () => {
    const servers = iceServers({})

    expect(servers.mint()).toEqual({
      ice_servers: [{ urls: ['stun:s.example:3478'] }],
      ttl_seconds: 86_400,
    })
    expect(servers.renewAfterSeconds).toBeNull()
  })

  it('has one entry for all TURN servers, as they know the same secret', () => {
    const list = iceServersAnswer.parse(iceServers(TURN).mint())

    expect(list.ice_servers).toEqual([
      { urls: ['stun:s.example:3478'] },
      {
        urls: ['turn:t.example?transport=udp', 'turns:t.example'],
        username: expect.any(String),
        credential: expect.any(String),
      },
    ])
  })

  it('has credentials in the form of coturn, until the end that it tells', () => {
    const clock = new TestClock()
    const { ice_servers: list, ttl_seconds: ttl } = iceServers(
      { ...TURN, TURN_TTL_SECONDS: '90' },
      clock,
    ).mint()
    const { username = '', credential } = list[1] ?? {}
    const [expiry, random, ...rest] = username.split(':')

    expect(ttl).toBe(90)
    expect(Math.abs(Number(expiry) - clock.now() / 1_000 - 90)).toBeLessThan(2)
    expect([random?.length, rest]).toEqual([16, []])
    expect(credential).toBe(createHmac('sha1', SECRET).update(username).digest('base64'))
  })

  it('is due anew at three quarters of its life', () => {
    expect(iceServers({ ...TURN, TURN_TTL_SECONDS: '60' }).renewAfterSeconds).toBe(45)
    expect(iceServers(TURN).renewAfterSeconds).toBe(450)
  })

  it('has another user name each time, within one second too', () => {
    const servers = iceServers(TURN)
    const names = Array.from({ length: 10_000 }, () => servers.mint().ice_servers[1]?.username)

    expect(new Set(names).size).toBe(10_000)
  })
})
