import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

import { iceServersAnswer } from '../../src/ice/ice.schema.js'
import { Coturn, hasCoturn } from '../support/coturn.js'
import { startHub, type TestHub } from '../support/hub.js'
import { RelayedPeer } from '../support/relayed-peer.js'
import { TestClock } from '../support/test-clock.js'
import { TurnClient, type TurnCredentials } from '../support/turn-client.js'

const SECRET = 'shared-by-the-hub-and-its-turn-server'

/** What GET /ice-servers gives somebody who has just logged in. */
async function turnServerOf(
  hub: TestHub,
): Promise<TurnCredentials & { readonly urls: readonly string[] }> {
  const { accessToken } = await hub.signIn()
  const { body } = await hub.fetch('GET', '/ice-servers', { token: accessToken })
  const { urls, username, credential } = iceServersAnswer.parse(body).ice_servers[1] ?? {}
  if (!urls || username === undefined || credential === undefined) throw new Error('no TURN server')
  return { urls, username, credential }
}

/** What the TURN server says to somebody new who wants a relayed address. */
async function allocateAnew(coturn: Coturn, by: TurnCredentials): Promise<number> {
  await using client = new TurnClient(coturn.port)
  return (await client.allocate(by)).error
}

describe('deploy/turnserver.conf', () => {
  it('comes without a secret, so that nobody gets in by one that is published', () => {
    const text = readFileSync('deploy/turnserver.conf', 'utf8')

    expect(text).toMatch(/^use-auth-secret$/m)
    expect(text).not.toMatch(/^(static-auth-secret|user|cli-password)=/m)
  })
})

if (hasCoturn()) {
  describe('a TURN server that shares its secret with the hub', () => {
    let coturn: Coturn
    let hub: TestHub
    const clock = new TestClock()

    beforeAll(async () => {
      coturn = await Coturn.start(SECRET)
      const turn = { TURN_URLS: coturn.urls('udp', 'tcp'), TURN_SECRET: SECRET }
      hub = await startHub({ clock, env: { ...turn, RATE_LIMIT_ENABLED: 'false' } })
    })

    afterAll(async () => {
      await hub[Symbol.asyncDispose]()
      await coturn[Symbol.asyncDispose]()
    })

    /** What the hub gave out so long ago. */
    async function turnServerOfThePast(seconds: number): ReturnType<typeof turnServerOf> {
      clock.advance({ seconds: -seconds })
      try {
        return await turnServerOf(hub)
      } finally {
        clock.advance({ seconds })
      }
    }

    it('carries a data channel of two nodes that use nothing but what auth_ok gave them', async () => {
      const [alice, bob] = [await hub.registeredNode(), await hub.registeredNode()]
      await using callee = await RelayedPeer.connect(bob, alice)
      await using caller = await RelayedPeer.connect(alice, bob)
      caller.offer()
      await Promise.all([caller.opened, callee.opened])

      caller.say('by way of the relay')
      expect(await callee.hear()).toBe('by way of the relay')
      expect(new Set([...caller.candidates, ...callee.candidates])).toEqual(new Set(['relay']))
    })

    it('finds no way for a node whose credentials have expired', async () => {
      const [alice, bob] = [await hub.registeredNode(), await hub.registeredNode()]
      await using caller = await RelayedPeer.connect(alice, bob, [await turnServerOfThePast(601)])
      caller.offer()
      await caller.gathered

      expect(caller.candidates).toEqual([])
    })

    it('takes the credentials of GET /ice-servers while they last, and then no more', async () => {
      expect(await allocateAnew(coturn, await turnServerOf(hub))).toBe(0)
      expect(await allocateAnew(coturn, await turnServerOfThePast(590))).toBe(0)
      expect(await allocateAnew(coturn, await turnServerOfThePast(601))).toBe(401)
    })

    it('goes on relaying for who began before the end', async () => {
      const credentials = await turnServerOfThePast(596)
      await using client = new TurnClient(coturn.port)
      expect((await client.allocate(credentials)).error).toBe(0)
      while ((await allocateAnew(coturn, credentials)) !== 401) await delay(100)
      expect((await client.refresh(credentials)).error).toBe(0)
      expect((await client.permit(credentials, '127.0.0.1')).error).toBe(0)
    })

    it('takes none that anybody else made, or made last longer', async () => {
      const { username, credential } = await turnServerOf(hub)
      const [expiry = '', random = ''] = username.split(':')
      const longer = `${Number(expiry) + 600}:${random}`
      const guessed = createHmac('sha1', 'another secret').update(longer).digest('base64')

      expect(await allocateAnew(coturn, { username: longer, credential })).toBe(401)
      expect(await allocateAnew(coturn, { username: longer, credential: guessed })).toBe(401)
      expect(await allocateAnew(coturn, { username: random, credential })).toBe(401)
      expect(await allocateAnew(coturn, { username, credential })).toBe(0)
    })

    it('lets one list of servers begin no more than twelve relayed connections', async () => {
      const credentials = await turnServerOf(hub)
      const clients = Array.from({ length: 13 }, () => new TurnClient(coturn.port))
      const errors: number[] = []
      for (const client of clients) errors.push((await client.allocate(credentials)).error)
      for (const client of clients) await client[Symbol.asyncDispose]()

      expect(errors).toEqual([...Array.from({ length: 12 }, () => 0), 486])
    })

    it.each([
      '10.0.0.1',
      '127.0.0.2',
      '169.254.169.254',
      '172.17.0.1',
      '192.168.1.1',
      '100.64.0.1',
      '0.0.0.0',
    ])('lets nobody through to %s, which is no peer of the internet', async (address) => {
      const credentials = await turnServerOf(hub)
      await using client = new TurnClient(coturn.port)
      await client.allocate(credentials)

      expect((await client.permit(credentials, address)).error).toBe(403)
      expect((await client.permit(credentials, '1.1.1.1')).error).toBe(0)
    })

    it('writes down nothing of those whom it lets in', async () => {
      const credentials = await turnServerOf(hub)
      expect(await allocateAnew(coturn, credentials)).toBe(0)

      expect(coturn.log).toContain('Relay ports initialization done')
      expect(coturn.log).not.toContain(credentials.username.split(':')[1])
      expect(coturn.log).not.toMatch(/ALLOCATE|CREATE_PERMISSION/)
    })
  })
}
