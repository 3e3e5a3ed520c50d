import { describe, expect, it } from '@jest/globals'

import { startHub } from '../support/hub.js'
import { logInAsDesktop, OAuthClient, postForm, startWithStub } from '../support/oauth-client.js'
import { refresh } from '../support/sessions.js'

// What docs/oauth-rfcs.md points to and no other test has: the endpoints that clients ask themselves.

const INVALID_GRANT = { status: 400, body: { error: 'invalid_grant' } }
const INVALID_REQUEST = { status: 400, body: { error: 'invalid_request' } }
const INACTIVE = { status: 200, body: { active: false } }

describe('a code at the token endpoint', () => {
  it('is for its own client, its own address and its own verifier, all of which have to be there', async () => {
    await using running = await startWithStub()
    await using client = await OAuthClient.listen(running.hub)
    const other = client.redirectUri.replace('/callback', '/cb')
    const web = `${running.hub.url}/console/callback`

    for (const change of [
      { client_id: 'web' },
      { client_id: 'web', redirect_uri: web },
      { redirect_uri: other },
      { redirect_uri: `${client.redirectUri}/` },
      { code_verifier: 'a'.repeat(43) },
      { code_verifier: client.challenge },
    ]) {
      const { code } = await client.logIn()
      expect([change, await client.redeem(code, change)]).toEqual([
        change,
        expect.objectContaining({
          status: 400,
          body: expect.objectContaining({ error: 'invalid_grant' }),
        }),
      ])
    }
    const { code } = await client.logIn()
    for (const name of ['client_id', 'redirect_uri', 'code_verifier', 'code']) {
      expect(await client.redeem(code, { [name]: null })).toMatchObject(INVALID_REQUEST)
      expect(await client.redeem(code, { [name]: '' })).toMatchObject(INVALID_REQUEST)
    }
    for (const length of [42, 129]) {
      const code_verifier = 'a'.repeat(length)
      expect(await client.redeem(code, { code_verifier })).toMatchObject(INVALID_REQUEST)
    }
    expect((await client.redeem(code)).status).toBe(200)
  })

  it('is taken from the body of a POST alone, each parameter once, unknown ones ignored', async () => {
    await using running = await startWithStub()
    await using client = await OAuthClient.listen(running.hub)
    const { hub } = running
    const { code } = await client.logIn()
    const fields = {
      grant_type: 'authorization_code',
      code: code ?? '',
      redirect_uri: client.redirectUri,
      client_id: 'desktop',
      code_verifier: client.verifier,
    }
    const form = new URLSearchParams(fields).toString()
    const post = (path: string, body: string) =>
      hub.fetch('POST', path, {
        body,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      })

    expect((await hub.fetch('GET', `/token?${form}`)).status).toBe(404)
    expect(await post(`/token?${form}`, 'client_id=desktop')).toMatchObject(INVALID_REQUEST)
    for (const name of Object.keys(fields)) {
      const twice = `${form}&${name}=${encodeURIComponent(fields[name as keyof typeof fields])}`
      expect([name, await post('/token', twice)]).toMatchObject([name, INVALID_REQUEST])
    }
    expect((await client.redeem(code, { scope: 'all', resource: 'x', foo: 'y' })).status).toBe(200)
  })
})

describe('the token endpoint', () => {
  it('has no grant that a password, a client or an assertion would be enough for', async () => {
    await using running = await startWithStub()
    await using client = await OAuthClient.listen(running.hub)

    for (const grant_type of [
      'password',
      'client_credentials',
      'implicit',
      'urn:ietf:params:oauth:grant-type:jwt-bearer',
      'urn:ietf:params:oauth:grant-type:token-exchange',
    ]) {
      const asked = { grant_type, client_id: 'desktop', username: 'alice', password: 'secret' }
      expect(await client.token(asked)).toMatchObject({
        status: 400,
        body: { error: 'unsupported_grant_type' },
      })
    }
  })

  it('takes no secret for anybody’s proof: its clients are public', async () => {
    await using running = await startWithStub()
    await using client = await OAuthClient.listen(running.hub)
    const { code } = await client.logIn()
    const authorization = `Basic ${Buffer.from('desktop:secret').toString('base64')}`

    const byHeader = await client.redeem(code, {}, { authorization })
    const byBody = await client.redeem(code, { client_secret: 'secret' })
    const unknown = await client.redeem(code, { client_id: 'somebody' })

    expect(byHeader).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
    expect(byHeader.headers.get('www-authenticate')).toMatch(/^Basic realm="[^"]+"/)
    for (const answer of [byBody, unknown]) {
      expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_client' } })
    }
    expect((await client.redeem(code, { client_secret: '' })).status).toBe(200)
  })

  it('says what is wrong in the characters that OAuth allows, and lets nobody keep its answers', async () => {
    await using running = await startWithStub()
    await using client = await OAuthClient.listen(running.hub)
    const tokens = await client.redeem((await client.logIn()).code)
    const odd = '"\\\u00e9\u{1f600}\u0007'

    for (const answer of [
      await client.token({ grant_type: odd }),
      await client.token({ grant_type: 'refresh_token', refresh_token: odd, client_id: 'desktop' }),
      await client.redeem('x', { redirect_uri: odd }),
      await client.redeem(odd, { client_id: odd }),
      // The hub's own words have a typographic apostrophe here.
      await running.hub.fetch('GET', '/oauth/authorize?client_id=web&redirect_uri=x'),
    ]) {
      expect(answer.status).toBe(400)
      expect(answer.body.error).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
      expect(answer.body).toMatchObject({
        error_description: expect.stringMatching(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/),
      })
      expect(answer.headers.get('content-type')).toContain('application/json')
      expect(answer.headers.get('cache-control')).toBe('no-store')
    }
    expect(tokens.headers.get('content-type')).toContain('application/json')
    expect(tokens.headers.get('cache-control')).toBe('no-store')
    expect(tokens.headers.get('pragma')).toBe('no-cache')
  })

  it('refreshes for the client that the token was given to, and for no other', async () => {
    await using running = await startWithStub()
    await using client = await OAuthClient.listen(running.hub)
    const { body: tokens } = await client.redeem((await client.logIn()).code)

    expect(await client.refresh(tokens.refresh_token, { client_id: 'web' })).toMatchObject(
      INVALID_GRANT,
    )
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200)
  })
})

describe('introspection', () => {
  it('is for those who have logged in, and tells them of their own tokens alone', async () => {
    await using running = await startWithStub()
    const { hub } = running
    const tokens = await logInAsDesktop(hub)
    const { access_token: mine, refresh_token: mineToo } = tokens
    const stranger = await hub.signIn()
    const ask = (token: string, by: string | null, hint = 'refresh_token') =>
      postForm(
        hub,
        '/oauth/introspect',
        { token, token_type_hint: hint },
        by === null ? {} : { authorization: `Bearer ${by}` },
      )

    expect(await ask(mine, null)).toMatchObject({ status: 401 })
    expect((await ask(mine, mine)).body).toMatchObject({
      active: true,
      client_id: 'desktop',
      token_type: 'Bearer',
      aud: 'dpc-hub',
    })
    expect((await ask(mineToo, mine, 'access_token')).body).toMatchObject({ active: true })
    for (const token of ['x', `${mine}x`, stranger.accessToken, stranger.refreshToken]) {
      expect(await ask(token, mine)).toMatchObject(INACTIVE)
      expect((await ask(token, mine)).body).toEqual({ active: false })
    }
    hub.clock.advance({ minutes: 31 })
    const { body: fresh } = await postForm(hub, '/token', {
      grant_type: 'refresh_token',
      refresh_token: mineToo,
    })
    expect((await ask(mine, fresh.access_token)).body).toEqual({ active: false })
  })
})

describe('revocation', () => {
  it.each(['access_token', 'refresh_token'] as const)(
    'of an %s ends both tokens at once, whatever the hint',
    async (kind) => {
      await using running = await startWithStub()
      const { hub } = running
      const kept = await logInAsDesktop(hub)
      const ended = await logInAsDesktop(hub)
      const authorization = `Bearer ${kept.access_token}`

      const revoke = (token: string) =>
        postForm(hub, '/oauth/revoke', { token, token_type_hint: 'no such' }, { authorization })
      expect(await revoke(ended[kind])).toMatchObject({ status: 200, body: {} })

      const token = ended.access_token
      expect(await hub.fetch('GET', '/users/me', { token })).toMatchObject({ status: 401 })
      expect(await refresh(hub, ended.refresh_token)).toBe(401)
      expect(await refresh(hub, kept.refresh_token)).toBe(200)
      expect((await revoke(ended[kind])).status).toBe(200)
      expect((await revoke('nobody’s')).status).toBe(200)
    },
  )

  it('is for those who have logged in, and ends nothing of anybody else', async () => {
    await using running = await startWithStub()
    const { hub } = running
    const mine = await logInAsDesktop(hub)
    const stranger = await hub.signIn()
    const authorization = `Bearer ${stranger.accessToken}`

    expect((await postForm(hub, '/oauth/revoke', { token: mine.access_token })).status).toBe(401)
    for (const token of [mine.access_token, mine.refresh_token]) {
      const answer = await postForm(hub, '/oauth/revoke', { token }, { authorization })
      expect([answer.status, answer.body]).toEqual([200, {}])
    }
    expect(await refresh(hub, mine.refresh_token)).toBe(200)
  })
})

describe('the metadata', () => {
  it('names the issuer that answers carry, and endpoints that are there', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })

    const answer = await hub.fetch('GET', '/.well-known/oauth-authorization-server')

    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toContain('application/json')
    expect(answer.body).toMatchObject({
      issuer: hub.url,
      response_types_supported: ['code'],
      grant_types_supported: [
        'authorization_code',
        'refresh_token',
        'urn:ietf:params:oauth:grant-type:device_code',
      ],
      code_challenge_methods_supported: ['S256'],
      dpop_signing_alg_values_supported: ['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256'],
      authorization_response_iss_parameter_supported: true,
    })
    for (const [name, value] of Object.entries<string | unknown[]>(answer.body)) {
      expect([name, value]).not.toEqual([name, []])
      if (!name.endsWith('_endpoint')) continue
      const url = new URL(String(value))
      expect([name, url.origin, url.search, url.hash]).toEqual([name, hub.url, '', ''])
      const method = name === 'authorization_endpoint' ? 'GET' : 'POST'
      expect([name, (await hub.fetch(method, url.pathname)).status]).not.toEqual([name, 404])
    }
  })
})
