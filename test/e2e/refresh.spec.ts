import { describe, expect, it } from '@jest/globals'

import { type Answer, startHub, type TestHub } from '../support/hub.js'
import { FaultProxy } from '../support/fault-proxy.js'
import { cloneDatabase } from '../support/postgres.js'
import { TestClock } from '../support/test-clock.js'

const refresh = (hub: TestHub, token: string): Promise<Answer> =>
  hub.fetch('POST', '/refresh', { body: { refresh_token: token } })

describe('POST /refresh', () => {
  it('answers with exactly what classic clients read', async () => {
    await using hub = await startHub()
    const person = await hub.signIn()

    const answer = await refresh(hub, person.refreshToken)

    expect(answer).toMatchObject({ status: 200 })
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      token_type: 'bearer',
      refresh_token: expect.any(String),
    })
    const { access_token: token } = answer.body
    expect((await hub.fetch('GET', '/users/me', { token })).body.id).toBe(person.accountId)
  })

  it('serves a client that presents its first token for ever, up to the absolute end', async () => {
    const clock = new TestClock()
    await using hub = await startHub({ clock })
    const { refreshToken } = await hub.signIn()
    for (let day = 0; day < 30; day++) {
      expect((await refresh(hub, refreshToken)).status).toBe(200)
      clock.advance({ days: 1 })
    }

    expect(await refresh(hub, refreshToken)).toMatchObject({
      status: 401,
      body: { error_code: 'invalid_refresh_token' },
    })
  })

  it('gives the same successor to everybody who asks before it is used', async () => {
    await using hub = await startHub()
    const { refreshToken } = await hub.signIn()
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(hub, refreshToken)))

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1)
    expect(new Set(answers.map(({ body }) => body.access_token)).size).toBe(20)
  })

  it('ends the session, and its socket, when a predecessor comes back after the grace', async () => {
    const clock = new TestClock()
    await using hub = await startHub({ clock })
    const node = await hub.connectNode()
    const first = node.person.refreshToken
    const second = (await refresh(hub, first)).body.refresh_token
    expect((await refresh(hub, second)).status).toBe(200)
    clock.advance({ seconds: 29 })
    expect((await refresh(hub, first)).body.refresh_token).toBe(second)
    clock.advance({ seconds: 2 })

    expect(await refresh(hub, first)).toMatchObject({
      status: 401,
      body: { detail: expect.stringContaining('somebody else may hold a copy') },
    })
    expect((await node.closed).code).toBe(4501)
    expect((await refresh(hub, second)).status).toBe(401)
    expect((await node.fetch('GET', '/users/me')).status).toBe(401)
  })

  it.each([
    ['no body', undefined],
    ['no token', {}],
    ['a number', { refresh_token: 1 }],
    ['null', { refresh_token: null }],
    ['an array', []],
  ])('is 400 with %s', async (_what, body) => {
    await using hub = await startHub()

    expect(await hub.fetch('POST', '/refresh', body === undefined ? {} : { body })).toMatchObject({
      status: 400,
      body: { error_code: 'invalid_request' },
    })
  })

  it('refuses an access token, a forgery and another hub’s token', async () => {
    await using hub = await startHub()
    await using other = await startHub()
    const { accessToken, refreshToken } = await hub.signIn()
    const foreign = (await other.signIn()).refreshToken
    const forgery = refreshToken.slice(0, -2) + (refreshToken.endsWith('A') ? 'BB' : 'AA')

    for (const token of [accessToken, forgery, foreign, `${refreshToken}=`, '']) {
      expect((await refresh(hub, token)).status).toBeGreaterThanOrEqual(400)
      expect((await refresh(hub, token)).status).toBeLessThan(402)
    }
  })

  it('is never limited for a valid token, while failures from the same address are', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_PER_MINUTE: '5' } })
    const { refreshToken } = await hub.signIn()
    const failures = []
    for (let n = 0; n < 8; n++) failures.push((await refresh(hub, 'x'.repeat(70))).status)
    const served = await Promise.all(Array.from({ length: 200 }, () => refresh(hub, refreshToken)))

    expect(failures).toEqual([401, 401, 401, 401, 401, 429, 429, 429])
    expect(served.filter(({ status }) => status === 200)).toHaveLength(200)
  })

  it('serves a storm of sessions it has never seen, each with 200', async () => {
    await using first = await startHub()
    const people = await Promise.all(Array.from({ length: 300 }, () => first.signIn()))
    // As after a restart: this instance knows none of them.
    await using hub = await startHub({ database: first.database, env: { DATABASE_POOL_SIZE: '2' } })
    const answers = await Promise.all(
      people.flatMap(({ refreshToken }) => [
        refresh(hub, refreshToken),
        refresh(hub, refreshToken),
      ]),
    )

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(600)
  })
})

describe('POST /refresh while Postgres is away', () => {
  it.each(['cut', 'freeze'] as const)('serves a session seen here (%s)', async (fault) => {
    await using database = await cloneDatabase()
    await using proxy = await FaultProxy.before(database.url)
    await using hub = await startHub({ database, databaseUrl: proxy.through(database.url) })
    const { refreshToken } = await hub.signIn()
    const successor = (await refresh(hub, refreshToken)).body.refresh_token
    proxy[fault]()

    const startedAt = performance.now()
    expect((await refresh(hub, refreshToken)).body.refresh_token).toBe(successor)
    // A successor presented now is answered with itself: nothing can be committed.
    expect((await refresh(hub, successor)).body.refresh_token).toBe(successor)
    expect(performance.now() - startedAt).toBeLessThan(2 * 5 * 4_000)
    proxy.restore()

    await healthy(hub)
    const next = (await refresh(hub, successor)).body.refresh_token
    expect(next).not.toBe(successor)
    expect((await refresh(hub, next)).status).toBe(200)
  })

  it('forgets after ten minutes, holds the request, and says 503 with Retry-After', async () => {
    const clock = new TestClock()
    await using database = await cloneDatabase()
    await using proxy = await FaultProxy.before(database.url)
    await using hub = await startHub({ clock, database, databaseUrl: proxy.through(database.url) })
    const { refreshToken } = await hub.signIn()
    await refresh(hub, refreshToken)
    proxy.cut()
    clock.advance({ minutes: 10, seconds: 1 })

    const answer = await refresh(hub, refreshToken)
    expect(answer).toMatchObject({ status: 503, body: { error_code: 'unavailable' } })
    expect(answer.headers.get('retry-after')).not.toBeNull()
  })

  it('waits for Postgres to come back rather than refuse a session it does not know', async () => {
    await using database = await cloneDatabase()
    await using proxy = await FaultProxy.before(database.url)
    await using hub = await startHub({ database, databaseUrl: proxy.through(database.url) })
    const { refreshToken } = await hub.signIn()
    proxy.cut()
    const held = refresh(hub, refreshToken)
    await hub.fetch('GET', '/health')
    proxy.restore()

    expect((await held).status).toBe(200)
  })

  it('refuses a forgery at once: it needs no database', async () => {
    await using database = await cloneDatabase()
    await using proxy = await FaultProxy.before(database.url)
    await using hub = await startHub({ database, databaseUrl: proxy.through(database.url) })
    proxy.cut()

    expect((await refresh(hub, 'x'.repeat(70))).status).toBe(401)
  })
})

describe('sockets while Postgres is away', () => {
  it('notice nothing, and hold no connection to it', async () => {
    await using database = await cloneDatabase()
    await using proxy = await FaultProxy.before(database.url)
    await using hub = await startHub({ database, databaseUrl: proxy.through(database.url) })
    const [alice, bob] = [await hub.connectNode(), await hub.connectNode()]
    proxy.cut()

    for (let n = 0; n < 50; n++) {
      alice.signal(bob, n)
      expect((await bob.next()).payload).toBe(n)
    }
    expect(proxy.connections).toBe(0)
    expect((await alice.fetch('GET', '/profile')).status).toBe(503)
    expect(await alice.socket.settled()).toEqual([])
  })

  it('are refused with 503, never 401, and accepted again when it is back', async () => {
    await using database = await cloneDatabase()
    await using proxy = await FaultProxy.before(database.url)
    const clock = new TestClock()
    await using hub = await startHub({ clock, database, databaseUrl: proxy.through(database.url) })
    const node = await hub.registeredNode()
    clock.advance({ seconds: 5 })
    proxy.cut()
    expect((await node.tryConnect()).refused?.status).toBe(503)
    proxy.restore()
    await healthy(hub)

    expect((await node.tryConnect()).refused).toBeNull()
  })
})

/** Resolves when the hub reaches its database again. */
async function healthy(hub: TestHub): Promise<void> {
  for (;;) {
    const { body } = await hub.fetch('GET', '/health')
    if (body.status === 'healthy') return
    hub.clock.advance({ seconds: 1 })
  }
}
