import { generateKeyPairSync } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'

import { ticketAnswer } from '../../src/auth/ticket.schema.js'
import { Housekeeping } from '../../src/database/housekeeping.js'
import { dpopHeaders, thumbprint } from '../support/dpop.js'
import { expectError } from '../support/error-oracle.js'
import { FaultProxy } from '../support/fault-proxy.js'
import { type Answer, startHub, type TestHub } from '../support/hub.js'
import { cloneDatabase } from '../support/postgres.js'
import { beginSession } from '../support/sessions.js'
import { TestClock } from '../support/test-clock.js'
import { type Upgrade, upgrade } from '../support/test-node.js'

/** What POST /ws/ticket answers; the canary then looks for the ticket. */
async function ask(
  hub: TestHub,
  token: string,
  headers: Record<string, string> = { authorization: `Bearer ${token}` },
): Promise<Answer> {
  const answer = await hub.fetch('POST', '/ws/ticket', { headers })
  if (answer.status === 201) hub.tokens.push(answer.body.ticket)
  return answer
}

async function ticketOf(hub: TestHub, token: string): Promise<string> {
  const { body } = await ask(hub, token)
  return ticketAnswer.parse(body).ticket
}

function enter(
  { socketUrl }: TestHub,
  ticket: string,
  headers: Record<string, string> = {},
): Promise<Upgrade> {
  return upgrade(`${socketUrl}?ticket=${ticket}`, headers)
}

/** The upgrade was refused, with the one error body. */
function expectRefused({ refused }: Upgrade, status: number, code: string): void {
  if (!refused) throw new Error('it opened a socket')
  expectError(refused, status, code)
}

async function keptTickets(hub: TestHub): Promise<number> {
  return (await hub.database.query('SELECT 1 FROM socket_tickets')).length
}

/** How many of the upgrades got in; all others were told that the ticket is no good. */
async function winnersOf(upgrades: readonly Promise<Upgrade>[]): Promise<number> {
  const ended = await Promise.all(upgrades)
  const refused = ended.flatMap(({ refused: answer }) => answer ?? [])
  for (const answer of refused) expectError(answer, 401, 'ticket_invalid')
  return ended.length - refused.length
}

describe('POST /ws/ticket', () => {
  it('gives whoever is logged in a ticket for 30 seconds, another one each time', async () => {
    const clock = new TestClock()
    await using hub = await startHub({ clock })
    const { accessToken } = await hub.signIn()
    const before = clock.now()
    const answers = [await ask(hub, accessToken), await ask(hub, accessToken)]
    const given = answers.map(({ body }) => ticketAnswer.parse(body))

    expect(answers.map(({ status }) => status)).toEqual([201, 201])
    expect(answers[0]?.headers.get('cache-control')).toBe('no-store')
    expect(new Set(given.map(({ ticket }) => ticket)).size).toBe(2)
    for (const { ticket, expires_at: end } of given) {
      expect(ticket).toMatch(/^[\w-]{43}$/)
      expect(Date.parse(end) - before).toBeGreaterThanOrEqual(30_000)
      expect(Date.parse(end) - clock.now()).toBeLessThanOrEqual(30_000)
    }
  })

  it('gives none without a token', async () => {
    await using hub = await startHub()

    expectError(await hub.fetch('POST', '/ws/ticket'), 401, 'invalid_token')
  })

  it('is 401 or a ticket, never a fault, for an account that is deleted meanwhile', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const { accessToken: token } = await hub.signIn()
    const asked = Array.from({ length: 24 }, (_, each) =>
      each === 8 ? hub.fetch('DELETE', '/me', { token }) : ask(hub, token),
    )
    const statuses = (await Promise.all(asked)).map(({ status }) => status)

    for (const status of statuses) expect([200, 201, 401]).toContain(status)
    expect(await keptTickets(hub)).toBe(0)
  })
})

describe('a ticket', () => {
  it('opens one socket of the session that asked for it, as modern or as classic as the client likes', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()
    const ticket = await ticketOf(hub, node.token)
    const { socket } = await upgrade(`${hub.socketUrl}?v=2&ticket=${ticket}`)

    expect(await socket?.next()).toMatchObject({
      type: 'auth_ok',
      node_id: node.id,
      connection_id: expect.any(String),
    })
    expectRefused(await enter(hub, ticket), 401, 'ticket_invalid')
    const classic = await enter(hub, await ticketOf(hub, node.token))
    expect(Object.keys((await classic.socket?.next()) ?? {})).toEqual([
      'type',
      'message',
      'node_id',
    ])
  })

  it('lets one of 64 upgrades in that come with it at once', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const node = await hub.registeredNode()
    for (let round = 0; round < 5; round++) {
      const ticket = await ticketOf(hub, node.token)
      const upgrades = Array.from({ length: 64 }, () => enter(hub, ticket))

      expect(await winnersOf(upgrades)).toBe(1)
    }
  })

  it('lets one in, also when they come to two instances', async () => {
    await using database = await cloneDatabase()
    const env = { RATE_LIMIT_ENABLED: 'false' }
    await using one = await startHub({ database, env })
    await using other = await startHub({ database, env: { ...env, PUBLIC_URL: one.url } })
    const node = await one.registeredNode()
    for (let round = 0; round < 5; round++) {
      const ticket = await ticketOf(one, node.token)
      other.tokens.push(ticket)
      const upgrades = Array.from({ length: 64 }, (_, each) =>
        enter(each % 2 === 0 ? one : other, ticket),
      )

      expect(await winnersOf(upgrades)).toBe(1)
    }
  })

  it('is worth nothing after 30 seconds, and housekeeping forgets it', async () => {
    const clock = new TestClock()
    await using hub = await startHub({ clock })
    const node = await hub.registeredNode()
    const [early, late] = [await ticketOf(hub, node.token), await ticketOf(hub, node.token)]
    clock.advance({ seconds: 29 })
    expect((await enter(hub, early)).refused).toBeNull()
    clock.advance({ seconds: 1 })

    expectRefused(await enter(hub, late), 401, 'ticket_invalid')
    await ticketOf(hub, node.token)
    clock.advance({ seconds: 31 })
    await hub.app.get(Housekeeping).sweep()
    expect(await keptTickets(hub)).toBe(0)
  })

  it('that nobody gave out is limited by address, like any credential that fails', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_UPGRADE: '3' } })
    const node = await hub.registeredNode()
    const good = await ticketOf(hub, node.token)
    const forged = ['A'.repeat(43), good.toLowerCase(), `${good}A`]
    for (const ticket of forged) {
      expectRefused(await enter(hub, ticket), 401, 'ticket_invalid')
    }

    expectRefused(await enter(hub, 'B'.repeat(43)), 429, 'rate_limited')
    expect((await enter(hub, good)).refused).toBeNull()
  })

  it('ends with its session', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()
    const [used, kept] = [await ticketOf(hub, node.token), await ticketOf(hub, node.token)]
    const { socket } = await enter(hub, used)
    expect(await socket?.next()).toMatchObject({ type: 'auth_ok' })
    await node.fetch('POST', '/logout')

    expect((await socket?.closed)?.code).toBe(4501)
    expectRefused(await enter(hub, kept), 401, 'session_ended')
  })

  it('is of a session that has to have a node by then', async () => {
    await using hub = await startHub()
    const person = await hub.signIn()
    const nobodys = await ticketOf(hub, person.accessToken)
    expectRefused(await enter(hub, nobodys), 403, 'node_not_registered')

    const node = await hub.registeredNode()
    const given = await ticketOf(hub, node.token)
    expect((await node.fetch('DELETE', `/nodes/${node.id}`)).status).toBe(204)
    expectRefused(await enter(hub, given), 403, 'node_not_registered')
  })

  it('of a session that is bound to a key is given for a proof of it, and needs none itself', async () => {
    await using hub = await startHub()
    const { accountId, identity } = await hub.registeredNode()
    const { privateKey } = generateKeyPairSync('ed25519')
    const dpopJkt = await thumbprint(privateKey)
    const { accessToken: token } = await beginSession(hub, {
      accountId,
      dpopJkt,
      node: identity.spkiSha256,
    })
    expectError(await ask(hub, token), 401, 'dpop_required')

    const proven = { method: 'POST', path: '/ws/ticket', token }
    const { body } = await ask(hub, token, dpopHeaders(hub, privateKey, proven))
    const { socket } = await enter(hub, ticketAnswer.parse(body).ticket)
    expect(await socket?.next()).toMatchObject({ type: 'auth_ok', node_id: identity.nodeId })
  })

  it('is not used up by an upgrade that is refused for another reason before it is looked at', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()
    const ticket = await ticketOf(hub, node.token)
    const foreign = await enter(hub, ticket, { origin: 'https://evil.example' })
    expectRefused(foreign, 403, 'origin_not_allowed')
    const byToken = await upgrade(`${hub.socketUrl}?token=${node.token}&ticket=${ticket}`)
    expect(byToken.refused).toBeNull()

    const page = await enter(hub, ticket, { origin: 'http://localhost:1420' })
    expect(page.refused).toBeNull()
  })

  it('is kept as a hash under a key, with nothing but whose it is', async () => {
    await using hub = await startHub()
    const { accountId, accessToken } = await hub.signIn()
    const ticket = await ticketOf(hub, accessToken)
    const [row] = await hub.database.query<Record<string, unknown>>('SELECT * FROM socket_tickets')

    expect(Object.keys(row ?? {})).toEqual(['hash', 'account_id', 'session_id', 'expires_at'])
    expect(Number(row?.account_id)).toBe(accountId)
    expect((row?.hash as Buffer).equals(Buffer.from(ticket, 'base64url'))).toBe(false)
  })

  it('is 503 while Postgres is away, not 401: the client keeps its session', async () => {
    await using database = await cloneDatabase()
    await using proxy = await FaultProxy.before(database.url)
    await using hub = await startHub({ database, databaseUrl: proxy.through(database.url) })
    const node = await hub.registeredNode()
    const ticket = await ticketOf(hub, node.token)
    proxy.cut()

    expectRefused(await enter(hub, ticket), 503, 'unavailable')
    expectError(await ask(hub, node.token), 503, 'unavailable')
    proxy.restore()
    let back = await enter(hub, ticket)
    while (back.refused?.status === 503) back = await enter(hub, ticket)
    expect(back.refused).toBeNull()
  })
})
