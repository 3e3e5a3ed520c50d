import { createPrivateKey } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'

import { describe, expect, it } from '@jest/globals'

import { Browser } from '../support/browser.js'
import { ClassicClient } from '../support/classic-client.js'
import { startHub, type StartOptions, type TestHub } from '../support/hub.js'
import { MovedTime } from '../support/moved-time.js'
import { cloneDatabase } from '../support/postgres.js'
import { selfSigned, type SelfSigned } from '../support/x509.js'

const LARGE_KEY = createPrivateKey(
  readFileSync(new URL('../corpus/keys/rsa-4096.test-key.pem', import.meta.url)),
)

interface Household {
  readonly hub: TestHub
  readonly time: MovedTime
}

async function household(options: StartOptions = {}): Promise<Household & AsyncDisposable> {
  const hub = await startHub(options)
  return {
    hub,
    time: new MovedTime(hub.clock),
    [Symbol.asyncDispose]: () => hub[Symbol.asyncDispose](),
  }
}

interface Person {
  readonly email: string
  readonly identity?: SelfSigned
  readonly decision?: 'allow' | 'deny'
}

/** A client whose person uses the development page. */
function clientOf({ hub, time }: Household, person: Person): ClassicClient {
  const { email, identity = selfSigned(), decision = 'allow' } = person
  return new ClassicClient({
    hub: hub.url,
    identity,
    time,
    noteToken: (token) => hub.tokens.push(token),
    browser: async (url, where) => {
      const browser = new Browser(where)
      const { location: page } = await browser.open(url)
      const decided = await browser.open(page ?? '', { form: { email, decision } })
      const visited = await browser.follow(decided.location ?? '')
      await browser.open(visited.at(-1) ?? '')
    },
  })
}

/** Something else at the hub's address. */
class StandIn implements AsyncDisposable {
  readonly asked: IncomingMessage[] = []
  private readonly server: Server

  constructor(hub: TestHub, answer: RequestListener) {
    this.server = createServer((request, response) => {
      this.asked.push(request)
      answer(request, response)
    })
    this.server.listen(Number(new URL(hub.url).port), '127.0.0.1')
  }

  async firstRequest(): Promise<void> {
    if (this.asked.length === 0) await once(this.server, 'request')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }
}

describe('the life of a classic client', () => {
  it.each([
    ['RSA-2048 and 32 characters', () => selfSigned()],
    ['RSA-4096 and 16 characters', () => selfSigned({ key: LARGE_KEY, idLength: 16 })],
  ])('with %s, from its first login to its last word', async (_identity, makeIdentity) => {
    await using home = await household()
    const { hub, time } = home
    await using ada = clientOf(home, { email: 'ada@example.org', identity: makeIdentity() })
    await using ben = clientOf(home, { email: 'ben@example.org' })

    await ada.login()
    await ben.login()
    expect([ada.state, ben.state]).toEqual(['online', 'online'])
    expect((await ada.request('GET', '/users/me')).body).toMatchObject({
      email: 'ada@example.org',
      node_id: ada.nodeId,
      node_id_verified: true,
      provider: 'github',
      profile: null,
    })

    const profile = { name: 'Ada', description: 'A peer', expertise: { Python: 4 }, compute: {} }
    expect((await ada.request('PUT', '/profile', profile)).status).toBe(200)
    const found = await ben.request('GET', '/discovery/search?q=python&min_level=4')
    expect(found.body).toMatchObject({ results: [{ node_id: ada.nodeId, name: 'Ada' }], total: 1 })
    expect((await ben.request('GET', `/profile/${ada.nodeId}`)).body).toMatchObject(profile)

    ben.signal(ada.nodeId, { type: 'offer', sdp: 'made up' })
    ben.signal(ada.nodeId, { type: 'candidate', candidate: null })
    expect([await ada.nextSignal(), await ada.nextSignal()]).toEqual(
      [
        { type: 'offer', sdp: 'made up' },
        { type: 'candidate', candidate: null },
      ].map((payload) => ({
        type: 'signal',
        target_node_id: ada.nodeId,
        sender_node_id: ben.nodeId,
        payload,
      })),
    )
    ada.signal(ben.nodeId, { type: 'answer' })
    expect((await ben.nextSignal()).payload).toEqual({ type: 'answer' })

    await time.pass({ minutes: 10, seconds: 10 })
    expect(Math.min(ada.pongs, ben.pongs)).toBeGreaterThanOrEqual(24)
    expect([ada.reconnects, ben.reconnects]).toEqual([0, 0])

    expect((await ada.request('POST', '/logout')).body.node_id).toBe(ada.nodeId)
    expect(await ada.closed).toBe(4501)
    expect((await ben.request('DELETE', '/profile')).status).toBe(204)
    expect(await ben.closed).toBe(4503)
    await time.pass({ minutes: 1 })
    expect([ada.state, ben.state]).toEqual(['offline', 'offline'])
    expect([...ada.unknownFrames, ...ben.unknownFrames]).toEqual([])
    expect(await hub.database.query('SELECT node_id FROM nodes')).toEqual([{ node_id: ada.nodeId }])
  })

  it('lasts 30 days on the refresh token of its login, with one connection', async () => {
    await using home = await household({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const { time } = home
    await using ada = clientOf(home, { email: 'ada@example.org' })
    await using ben = clientOf(home, { email: 'ben@example.org' })
    await ada.login()

    for (let day = 1; day < 30; day++) {
      for (let time = 0; time < 4; time++) {
        home.hub.clock.advance({ minutes: 6 * 60 })
        expect((await ada.request('GET', '/users/me')).status).toBe(200)
      }
      await time.pass({ minutes: 1 })
    }
    await ben.login()
    ben.signal(ada.nodeId, { day: 30 })
    expect(await ada.nextSignal()).toMatchObject({ payload: { day: 30 } })
    expect([ada.state, ada.refreshes, ada.reconnects]).toEqual(['online', 29 * 4, 0])

    home.hub.clock.advance({ days: 1 })
    expect((await ada.request('GET', '/users/me')).status).toBe(401)
    expect([ada.state, ada.printed.length]).toEqual(['offline', 1])

    await ada.login()
    expect(ada.state).toBe('online')
  })
})

describe('a classic client that loses its hub', () => {
  it('is back within 15 s of a restart, with a new token when the old one is used up', async () => {
    await using database = await cloneDatabase()
    const first = await household({ database })
    const { clock, url } = first.hub
    await using ada = clientOf(first, { email: 'ada@example.org' })
    await ada.login()
    await first.time.pass({ minutes: 40 })

    await first[Symbol.asyncDispose]()
    expect(await ada.closed).toBe(1012)
    await using second = await startHub({ database, clock, env: { PORT: new URL(url).port } })
    await first.time.pass({ seconds: 15 })

    expect([ada.state, ada.refreshes, ada.printed]).toEqual(['online', 1, []])
    second.tokens.push(...first.hub.tokens)
  })

  it('tries five times with growing waits, and then no more', async () => {
    const home = await household()
    await using ada = clientOf(home, { email: 'ada@example.org' })
    await ada.login()
    await home[Symbol.asyncDispose]()
    await ada.closed
    await using other = new StandIn(home.hub, (_request, response) => {
      response.writeHead(503).end('{}')
    })

    await home.time.pass({ seconds: 60 })
    expect([ada.state, other.asked.length]).toEqual(['reconnecting', 4])
    await home.time.pass({ seconds: 20 })
    expect([ada.state, ada.printed]).toEqual(['offline', ['no connection to the hub']])
    await home.time.pass({ hours: 1 })
    expect(other.asked.map(({ url = '', headers }) => [url.split('?')[0], headers.origin])).toEqual(
      Array.from({ length: 5 }, () => ['/ws/signal', undefined]),
    )
  })

  it('gives up at once when its session has ended', async () => {
    await using home = await household()
    await using ada = clientOf(home, { email: 'ada@example.org' })
    await ada.login()
    const [accessToken = ''] = home.hub.tokens

    await home.hub.fetch('POST', '/logout', { token: accessToken })
    expect(await ada.closed).toBe(4501)
    await home.time.pass({ seconds: 15 })

    expect([ada.state, ada.printed]).toEqual(['offline', ['authentication failed']])
  })

  it.each<[string, RequestListener]>([
    ['a 503', (_request, response) => response.writeHead(503).end('{"detail":"not now"}')],
    ['a 429', (_request, response) => response.writeHead(429).end('{"detail":"not now"}')],
    ['no answer in 5 s', () => {}],
  ])('is offline for good after %s to one refresh', async (_what, answer) => {
    const home = await household()
    await using ada = clientOf(home, { email: 'ada@example.org' })
    await ada.login()
    await home.time.pass({ minutes: 40 })
    await home[Symbol.asyncDispose]()
    await ada.closed
    await using other = new StandIn(home.hub, answer)

    const passing = home.time.pass({ seconds: 15 })
    await other.firstRequest()
    await home.time.pass({ seconds: 5 })
    await passing

    expect([ada.state, ada.refreshes, ada.printed.length]).toEqual(['offline', 1, 1])
    await home.time.pass({ hours: 1 })
    expect(other.asked.map(({ url, headers }) => [url, headers.origin])).toEqual([
      ['/refresh', undefined],
    ])
  })
})

describe('a login of a classic client', () => {
  it('that is declined shows fixed words and leaves it offline', async () => {
    await using home = await household()
    await using ada = clientOf(home, { email: 'ada@example.org', decision: 'deny' })

    await ada.login()

    expect([ada.state, ada.printed]).toEqual([
      'offline',
      ['access_denied: The login was declined at the provider.'],
    ])
  })

  it('registers again every time, and replaces the connection before', async () => {
    await using home = await household()
    const identity = selfSigned()
    await using ada = clientOf(home, { email: 'ada@example.org', identity })
    await using copy = clientOf(home, { email: 'ada@example.org', identity })
    await ada.login()

    await copy.login()

    expect(await ada.closed).toBe(4500)
    expect(copy.state).toBe('online')
    expect(await home.hub.database.query('SELECT node_id FROM nodes')).toHaveLength(1)
  })

  it('with the node of somebody else shows why it fails', async () => {
    await using home = await household()
    const identity = selfSigned()
    await using ada = clientOf(home, { email: 'ada@example.org', identity })
    await using eve = clientOf(home, { email: 'eve@example.org', identity })
    await ada.login()

    await eve.login()

    expect([ada.state, eve.state]).toEqual(['online', 'offline'])
    expect(eve.printed).toEqual([expect.stringContaining('another account')])
  })
})
