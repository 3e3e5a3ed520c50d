import { describe, expect, it } from '@jest/globals'

import { expectError } from '../support/error-oracle.js'
import { FaultProxy } from '../support/fault-proxy.js'
import { startHub, type TestHub } from '../support/hub.js'
import { cloneDatabase } from '../support/postgres.js'
import { type RawRequest, sendBytes, sendRaw } from '../support/raw-http.js'
import { upgrade } from '../support/test-node.js'

const JSON_TYPE = { 'content-type': 'application/json' }

function putProfile(body: string | Buffer, type = 'application/json'): RawRequest {
  return { method: 'PUT', path: '/profile', headers: { 'content-type': type }, body }
}

describe('the one error body', () => {
  const cases: [what: string, RawRequest, status: number, code: string][] = [
    ['an unknown route', { method: 'GET', path: '/nowhere' }, 404, 'not_found'],
    [
      'an unknown route below /api/v1',
      { method: 'GET', path: '/api/v1/nowhere' },
      404,
      'not_found',
    ],
    ['a route with a slash too many', { method: 'GET', path: '/health/' }, 404, 'not_found'],
    ['another case', { method: 'GET', path: '/Health' }, 404, 'not_found'],
    ['a wrong method', { method: 'POST', path: '/health' }, 404, 'not_found'],
    ['a method nobody has', { method: 'PROPFIND', path: '/' }, 404, 'not_found'],
    ['TRACE', { method: 'TRACE', path: '/' }, 404, 'not_found'],
    ['a bad percent-encoding', { method: 'GET', path: '/profile/%zz' }, 400, 'invalid_request'],
    ['half a character', { method: 'GET', path: '/profile/%c3%28' }, 400, 'invalid_request'],
    ['no token', { method: 'GET', path: '/profile' }, 401, 'invalid_token'],
    [
      'a very long path',
      { method: 'GET', path: `/profile/${'a'.repeat(5_000)}` },
      400,
      'invalid_request',
    ],
    ['malformed JSON', putProfile('{"name":'), 400, 'invalid_request'],
    ['JSON with a comment', putProfile('{} // no'), 400, 'invalid_request'],
    [
      'bytes that are no UTF-8',
      putProfile(Buffer.from([0x22, 0xff, 0x22])),
      400,
      'invalid_request',
    ],
    ['a byte order mark twice', putProfile('\ufeff\ufeff{}'), 400, 'invalid_request'],
    [
      'a wrong content type',
      putProfile('<name/>', 'application/xml'),
      400,
      'unsupported_media_type',
    ],
    [
      'a form',
      putProfile('name=a%00b', 'application/x-www-form-urlencoded'),
      400,
      'unsupported_media_type',
    ],
    ['a content type that is none', putProfile('{}', 'nonsense'), 400, 'unsupported_media_type'],
    ['a body too large', putProfile(`"${'a'.repeat(32 * 1_024)}"`), 400, 'body_too_large'],
    ['a body too deep', putProfile('['.repeat(33) + ']'.repeat(33)), 400, 'invalid_request'],
    ['a body a million deep', putProfile('['.repeat(32_000)), 400, 'invalid_request'],
    ['NUL', putProfile('{"name":"a\\u0000b"}'), 400, 'invalid_request'],
    ['NUL in a key', putProfile('{"a\\u0000b":1}'), 400, 'invalid_request'],
    ['a lone surrogate', putProfile('{"name":"\\ud800"}'), 400, 'invalid_request'],
  ]

  it('answers whatever is wrong, with the id of the header', async () => {
    await using hub = await startHub()
    for (const [what, request, status, code] of cases) {
      const answer = await sendRaw(hub, request)
      expectError(answer, status, code, what)
      expect(answer.headers.get('x-request-id')).not.toBeNull()
    }
  })

  it('names the field that is wrong', async () => {
    await using hub = await startHub()
    const { accessToken: token } = await hub.signIn()
    const answer = await hub.fetch('PUT', '/profile', { token, body: { name: 7, expertise: [] } })

    expectError(answer, 400, 'invalid_request')
    expect(answer.body.issues.map(({ path }: { path: string }) => path)).toEqual([
      'name',
      'expertise',
    ])
    expect(answer.body.detail).toContain('name: ')
  })

  it('never repeats a long text of the caller', async () => {
    await using hub = await startHub()
    const { accessToken: token } = await hub.signIn()
    const expertise = Object.fromEntries(
      Array.from({ length: 60 }, (_, index) => [`${index}-${'x'.repeat(400)}`, 9]),
    )
    const answer = await hub.fetch('PUT', '/profile', { token, body: { name: 'Ada', expertise } })

    expectError(answer, 400, 'invalid_request')
  })

  const broken: [what: string, bytes: string][] = [
    ['no HTTP at all', 'hello\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['another version', 'GET / HTTP/9.9\r\n\r\n'],
    ['a header without a colon', 'GET / HTTP/1.1\r\nhost: x\r\nnonsense\r\n\r\n'],
    ['a space before the colon', 'GET / HTTP/1.1\r\nhost : x\r\n\r\n'],
    [
      'two lengths',
      'POST /refresh HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}',
    ],
    [
      'a length and chunks',
      'POST /refresh HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a length that is none', 'POST /refresh HTTP/1.1\r\nhost: x\r\ncontent-length: two\r\n\r\n{}'],
    [
      'a chunk of no size',
      'POST /refresh HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
    ],
    ['headers of 20 kB', `GET / HTTP/1.1\r\nhost: x\r\na: ${'a'.repeat(20_000)}\r\n\r\n`],
    ['an expectation', 'GET / HTTP/1.1\r\nhost: x\r\nexpect: cats\r\n\r\n'],
    ['no host', 'GET / HTTP/1.1\r\nconnection: close\r\n\r\n'],
  ]

  it.each(broken)('answers a request that is no HTTP/1.1: %s', async (_what, bytes) => {
    await using hub = await startHub()
    const answer = await sendBytes(hub, bytes)

    expectError(answer, 400, 'invalid_request')
  })

  it.each([
    ['a preflight', { origin: 'http://localhost:1420', 'access-control-request-method': 'PUT' }],
    ['one that asks for nothing', {}],
  ])('is not needed for OPTIONS: %s', async (_what, headers) => {
    await using hub = await startHub()

    expect(await sendRaw(hub, { method: 'OPTIONS', path: '/profile', headers })).toMatchObject({
      status: 204,
      body: '',
    })
  })

  it('refuses an upgrade in the same words', async () => {
    await using hub = await startHub()
    const person = await hub.signIn()
    const socket = hub.socketUrl
    const refusals = [
      [await upgrade(`${socket}?token=bad`), 401, 'invalid_token'],
      [await upgrade(`${socket}?token=${person.accessToken}`), 403, 'node_not_registered'],
      [await upgrade(socket, { origin: 'https://evil.example' }), 403, 'origin_not_allowed'],
      [await upgrade(socket.replace('/ws/signal', '/ws/nowhere')), 404, 'not_found'],
    ] as const
    for (const [{ refused }, status, code] of refusals) {
      expect(refused).not.toBeNull()
      if (refused) expectError(refused, status, code)
    }
  })

  it.each([
    ['no key', ''],
    ['a short key', 'sec-websocket-key: abc\r\nsec-websocket-version: 13\r\n'],
    [
      'an old version',
      'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 7\r\n',
    ],
  ])('refuses an upgrade that is no WebSocket handshake: %s', async (_what, headers) => {
    await using hub = await startHub()
    const node = await hub.registeredNode()
    const answer = await sendBytes(
      hub,
      `GET /ws/signal?token=${node.token} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n${headers}\r\n`,
    )

    expectError(answer, 400, 'invalid_request')
  })
})

describe('HEAD', () => {
  it.each(['/', '/health', '/livez', '/readyz'])(
    'of %s is its GET without the body',
    async (path) => {
      await using hub = await startHub()

      expect(await sendRaw(hub, { method: 'HEAD', path })).toMatchObject({ status: 200, body: '' })
    },
  )

  it('of any other route is 404 and does nothing: a prefetch must not use up a login', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_LOGIN: '1' } })
    const { accessToken } = await hub.signIn()
    const headers = { authorization: `Bearer ${accessToken}` }
    for (const path of [
      '/login/github',
      '/auth/github/callback',
      '/profile',
      '/docs',
      '/nowhere',
    ]) {
      const answer = await sendRaw(hub, { method: 'HEAD', path, headers })
      expect([path, answer.status, answer.body]).toEqual([path, 404, ''])
    }

    expect((await hub.fetch('GET', '/login/github')).status).toBe(302)
  })
})

describe('a fault of the hub', () => {
  it('is 500 without a word about its insides, and stands in the log under the same id', async () => {
    await using hub = await startHub()
    const { accessToken: token } = await hub.signIn()
    await hub.database.query('ALTER TABLE profiles RENAME TO elsewhere')
    const answer = await hub.fetch('GET', '/profile', { token })
    await hub.database.query('ALTER TABLE elsewhere RENAME TO profiles')

    expectError(answer, 500, 'internal_error')
    const logged = hub.logLines.filter((line) => line.includes(answer.body.request_id))
    expect(logged.some((line) => line.includes('42P01'))).toBe(true)
    expect((await hub.fetch('GET', '/profile', { token })).status).toBe(404)
  })
})

describe('while Postgres is away', () => {
  /** Five times the promise: other things run on this machine too. */
  const PATIENCE = 5

  it.each(['cut', 'freeze'] as const)(
    'requests get 503 in time, health says so within a second, and all recovers by itself (%s)',
    async (fault) => {
      await using database = await cloneDatabase()
      await using proxy = await FaultProxy.before(database.url)
      await using hub = await startHub({ database, databaseUrl: proxy.through(database.url) })
      const node = await hub.registeredNode()
      const stranger = await hub.signIn()
      proxy[fault]()
      hub.clock.advance({ seconds: 3 })

      const asked = performance.now()
      const health = await hub.fetch('GET', '/health')
      expect(performance.now() - asked).toBeLessThan(PATIENCE * 1_000)
      expect(health).toMatchObject({
        status: 200,
        body: { status: 'degraded', database: 'unhealthy' },
      })
      expect((await hub.fetch('GET', '/livez')).status).toBe(200)
      expectError(await hub.fetch('GET', '/readyz'), 503, 'unavailable')

      const requests: [string, string, unknown?][] = [
        ['GET', '/profile'],
        ['GET', '/users/me'],
        ['PUT', '/profile', { name: 'Ada' }],
        ['GET', '/discovery/search?q=python'],
        ['POST', '/logout'],
        ['DELETE', '/profile'],
      ]
      for (const [method, path, body] of requests) {
        const startedAt = performance.now()
        const answer = await node.fetch(method, path, body)
        expectError(answer, 503, 'unavailable', `${method} ${path}`)
        expect(performance.now() - startedAt).toBeLessThan(PATIENCE * 2_000)
      }
      expectError(await hub.fetch('GET', '/login/github'), 503, 'unavailable')
      const { refused } = await upgrade(`${hub.socketUrl}?token=${stranger.accessToken}`)
      expect(refused?.status).toBe(503)

      proxy.restore()
      await healthy(hub)
      expect((await node.fetch('PUT', '/profile', { name: 'Ada' })).status).toBe(200)
      expect((await hub.fetch('GET', '/readyz')).status).toBe(200)
    },
    60_000,
  )

  it('a bad token is still 401: who it is needs no database', async () => {
    await using database = await cloneDatabase()
    await using proxy = await FaultProxy.before(database.url)
    await using hub = await startHub({ database, databaseUrl: proxy.through(database.url) })
    proxy.cut()

    expectError(await hub.fetch('GET', '/profile', { token: 'bad' }), 401, 'invalid_token')
    expectError(
      await sendRaw(hub, { method: 'PUT', path: '/profile', headers: JSON_TYPE, body: '{' }),
      400,
      'invalid_request',
    )
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
