import { describe, expect, it } from '@jest/globals'

import { type Answer, startHub, type TestHub } from '../support/hub.js'
import { examplePath, type Route, routesOf } from '../support/routes.js'
import { upgrade } from '../support/test-node.js'

/** CONTRACT §1: `/health`, and whoever refreshes a valid token. */
const EXEMPT = ['GET /health', 'POST /refresh']

/** Settings small enough to reach; `callback`, `logout` and `delete` have none. */
const SMALL = {
  RATE_LIMIT_PER_MINUTE: '4',
  RATE_LIMIT_LOGIN: '1',
  RATE_LIMIT_REGISTER: '3',
  RATE_LIMIT_PROFILE: '2',
  RATE_LIMIT_SEARCH: '3',
}

const LIMITS: Readonly<Record<string, number>> = {
  'GET /login/:provider': 1,
  'GET /auth/login/:provider': 1,
  'GET /auth/:provider/callback': 20,
  'GET /auth/callback/:provider': 20,
  'GET /oauth/authorize': 30,
  // Of codes; refresh tokens that are good are exempt.
  'POST /token': 30,
  'POST /oauth/device': 10,
  'GET /device': 30,
  'POST /device': 10,
  'GET /device/confirm': 30,
  'POST /device/confirm': 30,
  'POST /logout': 5,
  'POST /register-node-id': 3,
  'POST /nodes': 3,
  'POST /nodes/:node_id/rotate': 3,
  'POST /auth/node/challenge': 10,
  'POST /auth/node/verify': 10,
  'POST /nodes/:node_id/keys/claim': 30,
  'PUT /profile': 2,
  'DELETE /profile': 5,
  'GET /me/export': 5,
  'DELETE /me': 5,
  'DELETE /sessions': 5,
  'GET /discovery/search': 3,
  'GET /discovery/skills': 300,
  'GET /livez': 300,
  'GET /readyz': 300,
}
const DEFAULT_LIMIT = 4

/** Makes the same request again and again until it is limited; resolves with how often it was not. */
async function countUntilLimited(request: () => Promise<Answer>): Promise<number> {
  for (let count = 0; count < 400; count++) {
    const answer = await request()
    if (answer.status !== 429) continue
    expectLimited(answer)
    return count
  }
  return Infinity
}

function expectLimited(answer: Answer): void {
  expect(answer).toMatchObject({ status: 429, body: { error_code: 'rate_limited' } })
  const retryAfter = Number(answer.headers.get('retry-after'))
  expect(Number.isInteger(retryAfter) && retryAfter >= 1 && retryAfter <= 60).toBe(true)
}

/** From an address of its own, as a trusted proxy tells it. */
function from(address: string): { headers: Record<string, string> } {
  return { headers: { 'x-forwarded-for': address } }
}

let addresses = 0
function freshAddress(): string {
  addresses++
  return `198.51.${Math.floor(addresses / 250)}.${addresses % 250}`
}

/** As an account of its own, in a new session each time: some routes end the session. */
async function asFreshAccount(
  hub: TestHub,
  { method, ...route }: Route,
): Promise<() => Promise<Answer>> {
  const address = freshAddress()
  const { accountId } = await hub.signIn()
  return async () => {
    const { accessToken } = await hub.signIn(accountId)
    const body = ['POST', 'PUT'].includes(method) ? { body: { name: 'Ada' } } : {}
    const path = examplePath({ method, ...route })
    return hub.fetch(method, path, { token: accessToken, ...body, ...from(address) })
  }
}

describe('every route', () => {
  it('is limited as CONTRACT §1 has it, unless it is exempt there', async () => {
    await using hub = await startHub({ env: SMALL })
    await forbidDeletion(hub)
    const routes = routesOf(hub)
    const found = new Map<string, number>()
    for (const route of routes) {
      const name = `${route.method} ${route.path}`
      found.set(name, await countUntilLimited(await asFreshAccount(hub, route)))
    }

    const expected = routes.map(({ method, path }): [string, number] => {
      const name = `${method} ${path}`
      return [name, EXEMPT.includes(name) ? Infinity : (LIMITS[name] ?? DEFAULT_LIMIT)]
    })
    expect([...found]).toEqual(expected)
    expect(routes.length).toBeGreaterThan(15)
  }, 120_000)

  it('has no limit at all with RATE_LIMIT_ENABLED=false', async () => {
    await using hub = await startHub({ env: { ...SMALL, RATE_LIMIT_ENABLED: 'false' } })
    const node = await hub.registeredNode()
    for (let count = 0; count < 8; count++) {
      expect((await hub.fetch('GET', '/login/github')).status).toBe(302)
      expect((await hub.fetch('GET', '/profile', { token: 'bad' })).status).toBe(401)
      expect((await node.fetch('PUT', '/profile', { name: 'Ada' })).status).toBe(200)
      expect((await node.fetch('GET', '/discovery/search?q=python')).status).toBe(200)
      expect((await node.tryRegister()).status).toBe(200)
      expect((await refresh(hub, 'forged')).status).toBe(401)
      const opened = await node.tryConnect()
      expect(opened.refused).toBeNull()
    }
  })
})

describe('a limit', () => {
  const settings: [string, (hub: TestHub, token: string) => Promise<Answer>][] = [
    ['RATE_LIMIT_PER_MINUTE', (hub, token) => hub.fetch('GET', '/users/me', { token })],
    ['RATE_LIMIT_LOGIN', (hub) => hub.fetch('GET', '/login/github')],
    [
      'RATE_LIMIT_REGISTER',
      (hub, token) => hub.fetch('POST', '/register-node-id', { token, body: {} }),
    ],
    ['RATE_LIMIT_PROFILE', (hub, token) => hub.fetch('PUT', '/profile', { token, body: {} })],
    ['RATE_LIMIT_SEARCH', (hub, token) => hub.fetch('GET', '/discovery/search?q=a', { token })],
    ['RATE_LIMIT_UPGRADE', (hub) => failedUpgrade(hub)],
  ]

  it.each(settings)('follows %s', async (setting, request) => {
    for (const limit of [1, 7]) {
      await using hub = await startHub({ env: { [setting]: String(limit) } })
      const { accessToken } = await hub.signIn()
      expect(await countUntilLimited(() => request(hub, accessToken))).toBe(limit)
    }
  })

  it('is the account’s when there is a token, wherever its requests come from', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_PER_MINUTE: '4' } })
    const { accountId, accessToken } = await hub.signIn()
    const other = await hub.signIn(accountId)
    const neighbour = await hub.signIn()
    const ask = (token: string, address: string): Promise<Answer> =>
      hub.fetch('GET', '/users/me', { token, ...from(address) })
    for (const address of ['192.0.2.1', '192.0.2.2']) {
      expect((await ask(accessToken, address)).status).toBe(200)
      expect((await ask(other.accessToken, address)).status).toBe(200)
    }

    expectLimited(await ask(accessToken, '192.0.2.3'))
    expectLimited(await ask(other.accessToken, '192.0.2.4'))
    expect((await ask(neighbour.accessToken, '192.0.2.1')).status).toBe(200)
  })

  it('is the address’s when there is none, as trusted proxies tell it', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_PER_MINUTE: '2' } })
    const statuses: Record<string, number[]> = {}
    for (const [address, times] of [
      ['192.0.2.1', 3],
      ['6.6.6.6, 192.0.2.2', 3],
      ['192.0.2.2', 1],
      ['2001:db8::1', 2],
      ['2001:db8::2', 1],
      ['2001:db8:0:1::1', 1],
    ] as const) {
      statuses[address] = []
      for (let count = 0; count < times; count++) {
        statuses[address].push((await hub.fetch('GET', '/', from(address))).status)
      }
    }

    expect(statuses).toEqual({
      '192.0.2.1': [200, 200, 429],
      '6.6.6.6, 192.0.2.2': [200, 200, 429],
      '192.0.2.2': [429],
      '2001:db8::1': [200, 200],
      '2001:db8::2': [429],
      '2001:db8:0:1::1': [200],
    })
  })

  it('is not evaded by a peer that is no trusted proxy', async () => {
    await using hub = await startHub({
      env: { RATE_LIMIT_PER_MINUTE: '2', TRUSTED_PROXIES: '10.0.0.1' },
    })

    expect(await countUntilLimited(() => hub.fetch('GET', '/', from(freshAddress())))).toBe(2)
  })

  it.each(['forwarded', 'x-real-ip', 'x-client-ip', 'cf-connecting-ip', 'true-client-ip'])(
    'is not evaded by %s',
    async (header) => {
      await using hub = await startHub({ env: { RATE_LIMIT_PER_MINUTE: '2' } })
      const ask = (): Promise<Answer> =>
        hub.fetch('GET', '/', { headers: { [header]: freshAddress() } })

      expect(await countUntilLimited(ask)).toBe(2)
    },
  )

  it('is not evaded by another spelling of the path', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_LOGIN: '2' } })
    const paths = [
      '/login/github',
      '/api/v1/login/github',
      '/auth/login/github',
      '/login/google?x=1',
    ]
    let next = 0
    const ask = (): Promise<Answer> => hub.fetch('GET', paths[next++ % paths.length] ?? '')

    expect(await countUntilLimited(ask)).toBe(2)
  })
})

describe('a failed authentication', () => {
  it('counts against the address, and never against good tokens from there', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_PER_MINUTE: '3' } })
    const { accessToken, refreshToken } = await hub.signIn()
    const bad = (address: string): Promise<Answer> =>
      hub.fetch('GET', '/profile', { token: 'bad', ...from(address) })

    expect(await countUntilLimited(() => bad('192.0.2.1'))).toBe(3)
    const good = { token: accessToken, ...from('192.0.2.1') }
    expect((await hub.fetch('GET', '/users/me', good)).status).toBe(200)
    for (let count = 0; count < 10; count++) {
      expect((await refresh(hub, refreshToken, '192.0.2.1')).status).toBe(200)
    }
    expect((await bad('192.0.2.2')).status).toBe(401)
  })

  it('by a forged refresh token counts the same, while valid ones go on for ever', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_PER_MINUTE: '3' } })
    const { refreshToken } = await hub.signIn()

    expect(await countUntilLimited(() => refresh(hub, 'forged'))).toBe(3)
    for (let count = 0; count < 30; count++) {
      expect((await refresh(hub, refreshToken)).status).toBe(200)
    }
  })

  it('at the socket counts the same way', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_UPGRADE: '3' } })
    const node = await hub.registeredNode()

    expect(await countUntilLimited(() => failedUpgrade(hub))).toBe(3)
    expect((await node.tryConnect()).refused).toBeNull()
  })
})

/** An account can be deleted once; with this, every attempt gets as far as the limit and then fails. */
async function forbidDeletion(hub: TestHub): Promise<void> {
  await hub.database.query(`
    CREATE FUNCTION forbid() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'not in this test'; END $$;
    CREATE TRIGGER forbid BEFORE DELETE ON accounts FOR EACH ROW EXECUTE FUNCTION forbid()`)
}

function refresh(hub: TestHub, token: string, address = '192.0.2.99'): Promise<Answer> {
  return hub.fetch('POST', '/refresh', { body: { refresh_token: token }, ...from(address) })
}

async function failedUpgrade(hub: TestHub): Promise<Answer> {
  const { refused } = await upgrade(`${hub.socketUrl}?token=bad`)
  if (!refused) throw new Error('a bad token opened a socket')
  return refused
}
