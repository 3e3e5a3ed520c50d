import { describe, expect, it } from '@jest/globals'

import { Browser } from '../support/browser.js'
import { startHub } from '../support/hub.js'
import { connectAs, OAuthClient, startWithStub, type TokenBody } from '../support/oauth-client.js'

const SECOND_USE = { error: 'invalid_grant', error_code: 'invalid_grant' }

describe('a desktop client', () => {
  it.each(['127.0.0.1', '::1'] as const)(
    'on a port of its own of %s logs in with a code and PKCE',
    async (host) => {
      await using running = await startWithStub()
      const { hub } = running
      await using client = await OAuthClient.listen(hub, host)

      const redirected = await client.logIn()
      const answer = await client.redeem(redirected.code)

      expect(redirected).toMatchObject({ state: client.state, iss: hub.url, error: null })
      expect(redirected.code).toMatch(/^[\w-]{43}$/)
      expect(client.requests).toHaveLength(1)
      expect(answer.status).toBe(200)
      expect(answer.body).toEqual({
        access_token: expect.any(String),
        token_type: 'Bearer',
        expires_in: 1_800,
        refresh_token: expect.any(String),
      })
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(answer.headers.get('pragma')).toBe('no-cache')
      const me = await hub.fetch('GET', '/users/me', { token: answer.body.access_token })
      expect(me.body).toMatchObject({ provider: 'github', email: 'alice@example.org' })
      const { body } = await hub.fetch('GET', '/sessions', { token: answer.body.access_token })
      expect(body.sessions).toEqual([
        expect.objectContaining({ client: 'desktop', place: '127.0.0.0/24', current: true }),
      ])
    },
  )

  it('gets new tokens at /token, by the rule that /refresh has', async () => {
    await using running = await startWithStub()
    await using client = await OAuthClient.listen(running.hub)
    const first = (await client.redeem((await client.logIn()).code)).body

    const again = await client.refresh(first.refresh_token)
    const repeated = await client.refresh(first.refresh_token)
    const next = await client.refresh(again.body.refresh_token)
    running.hub.clock.advance({ seconds: 31 })
    const replayed = await client.refresh(first.refresh_token)

    expect([again.status, repeated.status, next.status]).toEqual([200, 200, 200])
    expect(repeated.body.refresh_token).toBe(again.body.refresh_token)
    expect(again.body).toMatchObject({ token_type: 'Bearer', expires_in: 1_800 })
    expect(replayed).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    expect((await client.refresh(next.body.refresh_token)).status).toBe(400)
  })

  it('may send JSON instead of a form', async () => {
    await using running = await startWithStub()
    await using client = await OAuthClient.listen(running.hub)
    const { code } = await client.logIn()

    const answer = await running.hub.fetch<TokenBody>('POST', '/token', {
      body: {
        grant_type: 'authorization_code',
        code,
        redirect_uri: client.redirectUri,
        client_id: 'desktop',
        code_verifier: client.verifier,
      },
    })
    running.hub.tokens.push(answer.body.access_token, answer.body.refresh_token)

    expect(answer).toMatchObject({ status: 200, body: { token_type: 'Bearer' } })
  })

  it('whose person declines is told so, with its state and with iss', async () => {
    await using running = await startWithStub()
    await using client = await OAuthClient.listen(running.hub)
    running.stub.pageFault = 'denied'

    expect(await client.logIn()).toMatchObject({
      code: null,
      error: 'access_denied',
      state: client.state,
      iss: running.hub.url,
    })
  })

  it('is not closed out by LEGACY_LOGIN=off, which closes the classic door alone', async () => {
    await using running = await startWithStub({ LEGACY_LOGIN: 'off' })
    await using client = await OAuthClient.listen(running.hub)

    expect((await client.redeem((await client.logIn()).code)).status).toBe(200)
    expect(await running.hub.fetch('GET', '/login/github')).toMatchObject({
      status: 403,
      body: { error_code: 'legacy_login_disabled' },
    })
  })

  it('finishes on another instance what it began on one', async () => {
    await using running = await startWithStub()
    const { hub: one, stub } = running
    await using two = await startHub({
      env: { ...stub.env, PUBLIC_URL: one.url },
      database: one.database,
    })
    await using client = await OAuthClient.listen(one)
    const { code } = await client.logIn()

    const answer = await two.fetch<TokenBody>('POST', '/token', {
      body: {
        grant_type: 'authorization_code',
        code,
        redirect_uri: client.redirectUri,
        client_id: 'desktop',
        code_verifier: client.verifier,
      },
    })
    one.tokens.push(answer.body.access_token, answer.body.refresh_token)

    expect(answer.status).toBe(200)
  })
})

describe('an authorization code', () => {
  it('stolen with the redirect URL is worth nothing without the verifier, and is used up', async () => {
    await using running = await startWithStub()
    await using client = await OAuthClient.listen(running.hub)
    const { url, code } = await client.logIn()
    const stolen = new URL(url).searchParams.get('code')

    const thief = await client.redeem(stolen, { code_verifier: 'a'.repeat(43) })
    const owner = await client.redeem(code)

    expect(thief).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    expect(owner).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    expect(await running.hub.database.query('SELECT id FROM sessions')).toEqual([])
  })

  it('that comes a second time ends the session made of it, and closes its socket', async () => {
    await using running = await startWithStub()
    const { hub } = running
    await using client = await OAuthClient.listen(hub)
    const { code } = await client.logIn()
    const { body: tokens } = await client.redeem(code)
    const node = await connectAs(hub, tokens)

    const second = await client.redeem(code)

    expect(second).toMatchObject({ status: 400, body: SECOND_USE })
    expect((await node.closed).code).toBe(4501)
    expect(await hub.fetch('GET', '/users/me', { token: tokens.access_token })).toMatchObject({
      status: 401,
      body: { error_code: 'session_ended' },
    })
    expect((await client.refresh(tokens.refresh_token)).body).toMatchObject(SECOND_USE)
    const other = await OAuthClient.listen(hub)
    const { body: later } = await other.redeem((await other.logIn()).code)
    await other[Symbol.asyncDispose]()
    const { body } = await hub.fetch('GET', '/me/events', { token: later.access_token })
    expect(body.events).toContainEqual(
      expect.objectContaining({ kind: 'code_replayed', detail: { client: 'desktop' } }),
    )
  })

  it('ends that session also when it comes an hour later, with any verifier', async () => {
    await using running = await startWithStub()
    await using client = await OAuthClient.listen(running.hub)
    const { code } = await client.logIn()
    const { body: tokens } = await client.redeem(code)
    running.hub.clock.advance({ minutes: 60 })

    await client.redeem(code, { code_verifier: 'b'.repeat(43), redirect_uri: 'http://127.0.0.1/' })

    expect((await client.refresh(tokens.refresh_token)).body).toMatchObject(SECOND_USE)
  })

  it('presented by 64 at once gives tokens to exactly one, and they are dead at the end', async () => {
    await using running = await startWithStub()
    const { hub } = running
    await using client = await OAuthClient.listen(hub)
    const { code } = await client.logIn()

    const answers = await Promise.all(Array.from({ length: 64 }, () => client.redeem(code)))

    const winners = answers.filter(({ status }) => status === 200)
    const losers = answers.filter(({ status }) => status !== 200)
    expect(winners).toHaveLength(1)
    for (const each of losers) expect(each).toMatchObject({ status: 400, body: SECOND_USE })
    const [winner] = winners
    const token = winner?.body.access_token ?? ''
    expect((await hub.fetch('GET', '/users/me', { token })).status).toBe(401)
    const sessions = await hub.database.query<{ is_over: boolean }>(
      'SELECT revoked_at IS NOT NULL AS is_over FROM sessions',
    )
    expect(sessions).toEqual([{ is_over: true }])
  })

  it('is good for sixty seconds', async () => {
    await using running = await startWithStub()
    const { hub } = running
    await using early = await OAuthClient.listen(hub)
    await using late = await OAuthClient.listen(hub)
    const [first, second] = [(await early.logIn()).code, (await late.logIn()).code]
    hub.clock.advance({ seconds: 50 })
    expect((await early.redeem(first)).status).toBe(200)
    hub.clock.advance({ seconds: 11 })

    expect((await late.redeem(second)).body).toMatchObject(SECOND_USE)
  })

  it('lies in the database as a hash: what is there redeems nothing', async () => {
    await using running = await startWithStub()
    await using client = await OAuthClient.listen(running.hub)
    const { code } = await client.logIn()

    const [row] = await running.hub.database.query<{ hash: Buffer; text: string }>(
      'SELECT hash, to_jsonb(c)::text AS text FROM authorization_codes c',
    )

    expect(row?.hash).toHaveLength(32)
    expect(row?.hash).not.toEqual(Buffer.from(code ?? '', 'base64url'))
    expect(row?.text).not.toContain(code)
    expect(row?.text).not.toContain(client.state)
    expect((await client.redeem(row?.hash.toString('base64url') ?? '')).status).toBe(400)
  })

  it('of an account that was deleted since is refused', async () => {
    await using running = await startWithStub()
    const { hub } = running
    await using client = await OAuthClient.listen(hub)
    await using other = await OAuthClient.listen(hub)
    const { body: tokens } = await client.redeem((await client.logIn()).code)
    const { code } = await other.logIn()
    await hub.fetch('DELETE', '/profile', { token: tokens.access_token })

    expect((await other.redeem(code)).body).toMatchObject(SECOND_USE)
  })

  it('of one browser cannot be planted in another: the state is the client’s own', async () => {
    await using running = await startWithStub()
    await using victim = await OAuthClient.listen(running.hub)
    await using attacker = await OAuthClient.listen(running.hub)
    const planted = await attacker
      .logIn({ redirect_uri: victim.redirectUri }, new Browser())
      .catch((error: unknown) => String(error))

    // It does arrive at the victim's client, which sees a state it never made, and has no verifier for it.
    const url = /ended at (\S+)/.exec(String(planted))?.[1] ?? ''
    const { state, code } = victim.redirectedTo(url)
    expect(state).not.toBe(victim.state)
    expect((await victim.redeem(code)).body).toMatchObject(SECOND_USE)
  })
})
