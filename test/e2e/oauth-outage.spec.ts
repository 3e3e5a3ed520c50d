import { describe, expect, it } from '@jest/globals'

import { Browser } from '../support/browser.js'
import { expectOAuthError } from '../support/error-oracle.js'
import { FaultProxy } from '../support/fault-proxy.js'
import { startHub, type TestHub } from '../support/hub.js'
import { OAuthClient } from '../support/oauth-client.js'
import { OAuthStub } from '../support/oauth-stub.js'
import { cloneDatabase } from '../support/postgres.js'

interface Running extends AsyncDisposable {
  readonly hub: TestHub
  readonly proxy: FaultProxy
}

/** A hub whose way to its database can be broken. */
async function startBehindProxy(): Promise<Running> {
  const stub = await OAuthStub.start()
  const database = await cloneDatabase()
  const proxy = await FaultProxy.before(database.url)
  const env = { ...stub.env, RATE_LIMIT_ENABLED: 'false' }
  const hub = await startHub({ database, databaseUrl: proxy.through(database.url), env })
  return {
    hub,
    proxy,
    async [Symbol.asyncDispose]() {
      for (const each of [hub, proxy, database, stub]) await each[Symbol.asyncDispose]()
    },
  }
}

/** Resolves when the hub reaches its database again. */
async function healthy(hub: TestHub): Promise<void> {
  for (;;) {
    const { body } = await hub.fetch('GET', '/health')
    if (body.status === 'healthy') return
    hub.clock.advance({ seconds: 1 })
  }
}

describe('POST /token while Postgres is away', () => {
  it.each(['cut', 'freeze'] as const)(
    'refreshes a session seen here, and goes on with it afterwards (%s)',
    async (fault) => {
      await using running = await startBehindProxy()
      const { hub, proxy } = running
      await using client = await OAuthClient.listen(hub)
      const { body: first } = await client.redeem((await client.logIn()).code)
      const successor = (await client.refresh(first.refresh_token)).body.refresh_token
      proxy[fault]()

      const again = await client.refresh(first.refresh_token)
      const held = await client.refresh(successor)
      proxy.restore()
      await healthy(hub)
      const next = await client.refresh(successor)

      expect([again.status, held.status, next.status]).toEqual([200, 200, 200])
      // A successor presented meanwhile is answered with itself: nothing could be written.
      expect([again.body.refresh_token, held.body.refresh_token]).toEqual([successor, successor])
      expect(next.body.refresh_token).not.toBe(successor)
    },
    60_000,
  )

  it('says 503 for a session it has not seen for ten minutes, and keeps it', async () => {
    await using running = await startBehindProxy()
    const { hub, proxy } = running
    await using client = await OAuthClient.listen(hub)
    const { body: tokens } = await client.redeem((await client.logIn()).code)
    await client.refresh(tokens.refresh_token)
    proxy.cut()
    hub.clock.advance({ minutes: 10, seconds: 1 })

    const away = await client.refresh(tokens.refresh_token)
    proxy.restore()
    await healthy(hub)

    expectOAuthError(away, 503, 'unavailable')
    expect(away.body.error).toBe('temporarily_unavailable')
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200)
  })

  it('says 503 for a code, which is still good when Postgres is back', async () => {
    await using running = await startBehindProxy()
    const { hub, proxy } = running
    await using client = await OAuthClient.listen(hub)
    const { code } = await client.logIn()
    proxy.cut()

    const away = await client.redeem(code)
    proxy.restore()
    await healthy(hub)

    expectOAuthError(away, 503, 'unavailable')
    expect((await client.redeem(code)).status).toBe(200)
  })

  it('gives tokens for a code at most once, wherever the connection breaks', async () => {
    await using running = await startBehindProxy()
    const { hub, proxy } = running
    const first = new Set<number>()
    for (let chunks = 1; chunks <= 24; chunks++) {
      await using client = await OAuthClient.listen(hub)
      const { code } = await client.logIn()
      proxy.cutAfter(chunks)
      const broken = await client.redeem(code)
      proxy.restore()
      await healthy(hub)
      const again = await client.redeem(code)

      const statuses = [broken.status, again.status]
      expect([
        [200, 400],
        [503, 200],
        [503, 400],
      ]).toContainEqual(statuses)
      first.add(broken.status)
      const live = await hub.database.query('SELECT 1 FROM sessions WHERE revoked_at IS NULL')
      // Its first use was answered, or broken off for good: whatever was made of it before ends now.
      expect(live).toHaveLength(again.status === 200 ? 1 : 0)
      await hub.database.query('DELETE FROM sessions')
    }
    // It broke early and late, and at last not at all.
    expect([...first].sort()).toEqual([200, 503])
  }, 120_000)
})

describe('a login while Postgres is away', () => {
  it('goes back to the client with temporarily_unavailable, state and iss', async () => {
    await using running = await startBehindProxy()
    const { hub, proxy } = running
    await using client = await OAuthClient.listen(hub)
    proxy.cut()

    expect(await client.logIn()).toMatchObject({
      code: null,
      error: 'temporarily_unavailable',
      state: client.state,
      iss: hub.url,
    })
  })

  it('that comes back from the provider is told to wait, and goes on when Postgres is back', async () => {
    await using running = await startBehindProxy()
    const { hub, proxy } = running
    await using client = await OAuthClient.listen(hub)
    const browser = new Browser()
    const visited = await browser.follow(client.authorizeUrl(), (url) => url.includes('/callback?'))
    const callback = visited.at(-1) ?? ''
    proxy.cut()

    const away = await browser.open(callback)
    proxy.restore()
    await healthy(hub)
    const back = await browser.open(callback)

    // Only the database knows which client it is, so nobody can be sent there.
    expect([away.status, away.location]).toEqual([503, null])
    expect(Number(away.headers['retry-after'])).toBeGreaterThanOrEqual(1)
    const { code } = client.redirectedTo(back.location ?? '')
    expect((await client.redeem(code)).status).toBe(200)
  })

  it('goes back with server_error when the hub itself fails, and says nothing of how', async () => {
    await using running = await startBehindProxy()
    const { hub } = running
    await using client = await OAuthClient.listen(hub)
    await hub.database.query('ALTER TABLE login_states RENAME TO hidden')

    const { url, error, state } = await client.logIn()

    await hub.database.query('ALTER TABLE hidden RENAME TO login_states')
    expect([error, state]).toEqual(['server_error', client.state])
    expect(url).not.toMatch(/login_states|relation|42P01/)
    expect(hub.logLines.filter((line) => line.includes('42P01'))).toHaveLength(1)
    expect((await client.redeem((await client.logIn()).code)).status).toBe(200)
  })
})

describe('introspection and revocation while Postgres is away', () => {
  it('say 503, and a session that could not be ended lives on', async () => {
    await using running = await startBehindProxy()
    const { hub, proxy } = running
    await using client = await OAuthClient.listen(hub)
    const { body: tokens } = await client.redeem((await client.logIn()).code)
    const ask = (path: string) =>
      hub.fetch('POST', path, {
        token: tokens.access_token,
        body: { token: tokens.refresh_token },
      })
    proxy.cut()
    hub.clock.advance({ seconds: 3 })

    const away = [await ask('/oauth/introspect'), await ask('/oauth/revoke')]
    proxy.restore()
    await healthy(hub)

    for (const each of away) expectOAuthError(each, 503, 'unavailable')
    expect((await ask('/oauth/introspect')).body).toMatchObject({ active: true })
    expect((await ask('/oauth/revoke')).status).toBe(200)
    expect((await ask('/oauth/introspect')).status).toBe(401)
  })
})
