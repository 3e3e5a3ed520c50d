import { afterEach, describe, expect, it, jest } from '@jest/globals'

import { FaultProxy } from '../support/fault-proxy.js'
import { freePort } from '../support/free-port.js'
import { startHub, type TestHub } from '../support/hub.js'
import { HubProcess } from '../support/hub-process.js'
import { cloneDatabase } from '../support/postgres.js'
import { refresh, sessionIdOf } from '../support/sessions.js'
import { TestNode } from '../support/test-node.js'

/** Every way to end the caller's own session, and what its sockets are closed with. */
const WAYS: readonly [
  what: string,
  request: (token: string) => [method: string, path: string],
  code: number,
][] = [
  ['a logout', () => ['POST', '/logout'], 4501],
  ['the end of one session', (token) => ['DELETE', `/sessions/${sessionIdOf(token)}`], 4501],
  ['the end of all sessions', () => ['DELETE', '/sessions'], 4501],
  ['the deletion of the account, for a receipt', () => ['DELETE', '/me'], 4503],
  ['the deletion of the account, the classic way', () => ['DELETE', '/profile'], 4503],
]

/** From here on what comes again and again does so when the test says; all else goes on as ever. */
function holdIntervals(): void {
  jest.useFakeTimers({
    doNotFake: [
      'Date',
      'hrtime',
      'nextTick',
      'performance',
      'queueMicrotask',
      'setImmediate',
      'clearImmediate',
      'setTimeout',
      'clearTimeout',
    ],
  })
}

afterEach(() => {
  jest.useRealTimers()
})

describe('the end of a session', () => {
  it('outlives a kill -9 right after the answer, whichever way it came', async () => {
    await using database = await cloneDatabase()
    const port = await freePort()
    const origin = `http://127.0.0.1:${port}`
    // Signs in for the process, which has the same secret and database.
    await using desk = await startHub({ database, env: { PUBLIC_URL: origin } })
    const env = {
      PORT: String(port),
      DATABASE_URL: database.url,
      SECRET_KEY: desk.config.tokens.secretKey.reveal(),
      DATA_DIR: desk.config.database.dataDir,
    }
    const ask = (token: string, method: string, path: string) =>
      fetch(origin + path, { method, headers: { authorization: `Bearer ${token}` } })
    let hub = await HubProcess.start(env)
    for (const [what, request] of WAYS) {
      const { accessToken, refreshToken } = await desk.signIn()
      expect((await ask(accessToken, 'GET', '/users/me')).status).toBe(200)

      const { ok } = await ask(accessToken, ...request(accessToken))
      await hub.kill()

      hub = await HubProcess.start(env)
      const after = await ask(accessToken, 'GET', '/users/me')
      expect([what, ok, after.status]).toEqual([what, true, 401])
      expect(await after.json()).toMatchObject({ error_code: 'session_ended' })
      expect(await refresh(desk, refreshToken)).toBe(401)
    }
    await hub.kill()
  }, 90_000)

  it.each(WAYS)(
    'by %s is neither answered nor told before Postgres has it',
    async (_what, request) => {
      await using database = await cloneDatabase()
      await using proxy = await FaultProxy.before(database.url)
      await using hub = await startHub({ database, databaseUrl: proxy.through(database.url) })
      const node = await hub.connectNode()
      // Read a moment ago: the guard needs no database for it.
      expect((await node.fetch('GET', '/users/me')).status).toBe(200)
      proxy.freeze()

      const answer = await node.fetch(...request(node.token))

      expect(answer).toMatchObject({ status: 503, body: { error_code: 'unavailable' } })
      expect(await node.socket.settled()).toEqual([])
      proxy.restore()
    },
  )
})

/**
 * Two instances of one hub; timers of `there` that come again and again run when the test says so.
 *
 * @param carrier  nothing that one says reaches the other if it is away
 */
async function twoInstances(
  carrier: 'there' | 'away',
): Promise<AsyncDisposable & { here: TestHub; there: TestHub }> {
  const env: Record<string, string> =
    carrier === 'away' ? { REDIS_URL: `redis://127.0.0.1:${await freePort()}` } : {}
  const here = await startHub({ env })
  holdIntervals()
  const there = await startHub({
    database: here.database,
    env: { ...env, PUBLIC_URL: here.url, WEBSOCKET_PING_SECONDS: '60' },
  })
  return {
    here,
    there,
    [Symbol.asyncDispose]: async () => {
      await there[Symbol.asyncDispose]()
      await here[Symbol.asyncDispose]()
    },
  }
}

describe('a session that another instance has ended', () => {
  it.each(WAYS)(
    'by %s is over here within 2 s for HTTP, and its socket with it',
    async (...way) => {
      const [, request, code] = way
      await using hubs = await twoInstances('there')
      const node = await hubs.there.connectNode()
      expect((await node.fetch('GET', '/users/me')).status).toBe(200)

      const [method, path] = request(node.token)
      expect((await hubs.here.fetch(method, path, { token: node.token })).status).toBeLessThan(205)

      expect((await node.closed).code).toBe(code)
      expect((await node.fetch('GET', '/users/me')).status).toBe(401)
      expect(await refresh(hubs.there, node.person.refreshToken)).toBe(401)
    },
  )

  it('is over here at once when its client logs out here as well', async () => {
    await using hubs = await twoInstances('away')
    const node = await hubs.there.connectNode()
    // From here on this instance believes the token for two seconds without asking.
    expect((await node.fetch('GET', '/users/me')).status).toBe(200)
    expect((await hubs.here.fetch('POST', '/logout', { token: node.token })).status).toBe(200)

    expect((await node.fetch('POST', '/logout')).status).toBe(200)

    expect((await node.closed).code).toBe(4501)
    expect((await node.fetch('GET', '/users/me')).status).toBe(401)
  })

  it('that a person has thrown out of all but one is over, and that one stays', async () => {
    await using hubs = await twoInstances('there')
    const owner = await hubs.there.connectNode()
    const thieves = [
      await hubs.there.connectNode({ accountId: owner.accountId }),
      await hubs.there.connectNode({ accountId: owner.accountId }),
    ]
    const token = owner.token
    await hubs.here.fetch('DELETE', '/sessions?keep=current', { token })

    for (const thief of thieves) expect((await thief.closed).code).toBe(4501)
    expect(await isOpen(owner)).toBe(true)
  })

  it('or a node that was proven by its owner there: the squatter’s socket closes here with 4502', async () => {
    await using hubs = await twoInstances('there')
    const [squatter, other] = [await hubs.there.connectNode(), await hubs.there.connectNode()]
    const owner = new TestNode(hubs.here, await hubs.here.signIn(), squatter.identity)
    expect((await owner.prove()).status).toBe(201)

    expect((await squatter.closed).code).toBe(4502)
    expect(await isOpen(other)).toBe(true)
    expect((await squatter.tryConnect()).refused?.body.error_code).toBe('node_not_registered')
  })
})

describe('a session that another instance has ended while nothing gets from one to the other', () => {
  it.each(WAYS)('by %s is over here within 2 s for HTTP', async (...way) => {
    const [, request] = way
    await using hubs = await twoInstances('away')
    const node = await hubs.there.connectNode()
    expect((await node.fetch('GET', '/users/me')).status).toBe(200)
    const [method, path] = request(node.token)
    expect((await hubs.here.fetch(method, path, { token: node.token })).status).toBeLessThan(205)

    expect(await refresh(hubs.there, node.person.refreshToken)).toBe(401)
    expect((await node.closed).code).toBe(4501)
    hubs.there.clock.advance({ seconds: 2.001 })
    expect((await node.fetch('GET', '/users/me')).status).toBe(401)
  })

  it.each(WAYS)('by %s has its socket closed here within 30 s by itself', async (...way) => {
    const [, request] = way
    await using hubs = await twoInstances('away')
    const [ended, other] = [await hubs.there.connectNode(), await hubs.there.connectNode()]
    const [method, path] = request(ended.token)
    await hubs.here.fetch(method, path, { token: ended.token })

    jest.advanceTimersByTime(30_000)

    expect((await ended.closed).code).toBe(4501)
    expect(await isOpen(other)).toBe(true)
  })

  it('is not asked about before its time, and one that lives stays open ever after', async () => {
    await using hubs = await twoInstances('away')
    const [ended, other] = [await hubs.there.connectNode(), await hubs.there.connectNode()]
    await hubs.here.fetch('POST', '/logout', { token: ended.token })

    jest.advanceTimersByTime(29_000)
    expect(await isOpen(ended)).toBe(true)
    jest.advanceTimersByTime(1_000)
    expect((await ended.closed).code).toBe(4501)
    jest.advanceTimersByTime(30_000)
    expect(await isOpen(other)).toBe(true)
  })

  it('or a node that was proven by its owner there: the squatter’s socket closes here with 4502', async () => {
    await using hubs = await twoInstances('away')
    const [squatter, other] = [await hubs.there.connectNode(), await hubs.there.connectNode()]
    const owner = new TestNode(hubs.here, await hubs.here.signIn(), squatter.identity)
    expect((await owner.prove()).status).toBe(201)

    jest.advanceTimersByTime(30_000)

    expect((await squatter.closed).code).toBe(4502)
    expect(await isOpen(other)).toBe(true)
  })
})

/** It answers: whatever was sent to it before has arrived. */
async function isOpen({ socket }: TestNode): Promise<boolean> {
  return (await socket.settled()).length === 0
}
