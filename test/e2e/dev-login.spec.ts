import { describe, expect, it } from '@jest/globals'

import { Browser } from '../support/browser.js'
import { startHub, type TestHub } from '../support/hub.js'
import { endingOf, whoIs, type Ending } from '../support/login.js'
import { OAuthStub } from '../support/oauth-stub.js'

async function logInAs(
  hub: TestHub,
  email: string,
  provider = 'google',
  browser = new Browser(),
): Promise<Ending> {
  const { location: page } = await browser.open(`${hub.url}/login/${provider}`)
  const sent = await browser.open(page ?? '', { form: { email, decision: 'allow' } })
  const visited = await browser.follow(sent.location ?? '')
  return endingOf(hub, visited.at(-1) ?? '')
}

describe('the development login', () => {
  it.each(['google', 'github'])('logs in by the same way as with %s', async (provider) => {
    await using hub = await startHub()

    const ending = await logInAs(hub, 'bob@example.org', provider)

    expect(await whoIs(hub, ending)).toMatchObject({ email: 'bob@example.org', provider })
  })

  it('knows people by their address', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const [bob, again, eve, atGithub] = [
      await whoIs(hub, await logInAs(hub, 'bob@example.org')),
      await whoIs(hub, await logInAs(hub, ' Bob@example.org ')),
      await whoIs(hub, await logInAs(hub, 'eve@example.org')),
      await whoIs(hub, await logInAs(hub, 'bob@example.org', 'github')),
    ]

    expect(again.id).toBe(bob.id)
    expect(new Set([bob.id, eve.id, atGithub.id]).size).toBe(3)
  })

  it('shows a page that says what it is, runs nothing and loads nothing', async () => {
    await using hub = await startHub()
    const browser = new Browser()
    const { location } = await browser.open(`${hub.url}/login/github`)

    const { status, headers, body } = await browser.open(location ?? '')

    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self' http:; frame-ancestors 'none'; base-uri 'none'$/,
    )
    expect(body).toContain('<html lang="en">')
    expect(body).toContain('<label for="email">')
    expect(body).toContain('value="alice@example.org"')
    expect(body).toContain('stands in for GitHub')
    expect(body).not.toMatch(/<script|src=|href=|\son\w+=/)
  })

  it('can be declined', async () => {
    await using hub = await startHub()
    const browser = new Browser()
    const { location } = await browser.open(`${hub.url}/login/google`)

    const sent = await browser.open(location ?? '', { form: { decision: 'deny', email: '' } })
    const visited = await browser.follow(sent.location ?? '')

    expect(endingOf(hub, visited.at(-1) ?? '').error).toBe('access_denied')
  })

  it('does not exist for requests of other machines or of other names', async () => {
    await using hub = await startHub()
    const { location } = await new Browser().open(`${hub.url}/login/google`)
    const { pathname, search } = new URL(location ?? '')
    const evil = new Browser({ 'http://evil.example': hub.url })

    const pages = [
      await evil.open(`http://evil.example${pathname}${search}`),
      await evil.open(`http://evil.example${pathname}${search}`, { form: { decision: 'deny' } }),
    ]
    for (const [name, value] of [
      ['forwarded', 'for=192.0.2.1'],
      ['x-forwarded-for', '127.0.0.1'],
      ['x-forwarded-host', '127.0.0.1'],
      ['x-forwarded-proto', 'http'],
      ['x-real-ip', '192.0.2.1'],
      ['via', '1.1 proxy'],
    ] as const) {
      pages.push(await new Browser().open(location ?? '', { headers: { [name]: value } }))
    }

    for (const { status, body } of pages) {
      expect([status, JSON.parse(body).error_code]).toEqual([404, 'not_found'])
    }
  })

  it.each<[string, Record<string, string>]>([
    ['it is switched off', { DEV_LOGIN: 'off' }],
    ['the hub has a public address', { PUBLIC_URL: 'http://hub.example' }],
    ['the hub listens to other machines', { HOST: '0.0.0.0' }],
  ])('does not exist when %s, and then no provider is there', async (_why, env) => {
    await using hub = await startHub({ env })
    const origin = `http://127.0.0.1:${hub.config.http.port}`

    const page = await new Browser({ [hub.url]: origin }).open(
      `${hub.url}/dev-login/google/authorize`,
    )
    const login = await new Browser({ [hub.url]: origin }).open(`${hub.url}/login/google`)

    expect(page.status).toBe(404)
    expect(login.status).toBe(503)
  })

  it('does not exist beside a real provider', async () => {
    await using stub = await OAuthStub.start()
    await using hub = await startHub({ env: stub.envOf('github') })

    const { status } = await hub.fetch('GET', '/dev-login/github/authorize')

    expect(status).toBe(404)
  })

  it('sends nobody anywhere but to this hub’s callback', async () => {
    await using hub = await startHub()
    const { location } = await new Browser().open(`${hub.url}/login/google`)

    for (const redirect of [
      'https://evil.example/',
      `${hub.url}/auth/github/callback`,
      `${hub.url}/auth/google/callback/../../../evil`,
      'http://127.0.0.1:8080/callback',
    ]) {
      const url = new URL(location ?? '')
      url.searchParams.set('redirect_uri', redirect)
      const page = await new Browser().open(url.href, {
        form: { email: 'a@example.org', decision: 'allow' },
      })
      expect([page.status, page.location]).toEqual([400, null])
    }
  })

  it('takes the form from its own page only', async () => {
    await using hub = await startHub()
    const { location } = await new Browser().open(`${hub.url}/login/google`)
    const form = { email: 'a@example.org', decision: 'allow' }

    const send = async (origin: string) =>
      (await new Browser().open(location ?? '', { form, headers: { origin } })).status

    expect(await send('https://evil.example')).toBe(400)
    expect(await send('null')).toBe(400)
    expect(await send(hub.url)).toBe(303)
  })

  it('refuses what is no address', async () => {
    await using hub = await startHub()
    const { location } = await new Browser().open(`${hub.url}/login/google`)

    for (const email of [
      '',
      'nobody',
      'a b@example.org',
      'a@b@c',
      `${'a'.repeat(250)}@b.example`,
    ]) {
      const page = await new Browser().open(location ?? '', { form: { email, decision: 'allow' } })
      expect([email, page.status]).toEqual([email, 400])
    }
  })

  it('takes a code once, soon, with the right verifier and secret', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const token = async (changes: Record<string, string>, wait = 0) => {
      const { location } = await new Browser().open(`${hub.url}/login/google`)
      const url = new URL(location ?? '')
      url.searchParams.set('code_challenge', CHALLENGE)
      const form = { email: 'a@example.org', decision: 'allow' }
      const { location: back } = await new Browser().open(url.href, { form })
      hub.clock.advance({ seconds: wait })
      const code = new URL(back ?? '').searchParams.get('code') ?? ''
      const body = {
        grant_type: 'authorization_code',
        redirect_uri: `${hub.url}/auth/google/callback`,
        client_secret: 'development',
        code_verifier: VERIFIER,
        code,
        ...changes,
      }
      const send = async () =>
        (await new Browser().open(`${hub.url}/dev-login/google/token`, { form: body })).status
      return [await send(), await send()]
    }

    expect(await token({})).toEqual([200, 400])
    expect(await token({}, 61)).toEqual([400, 400])
    expect(await token({ code_verifier: 'x'.repeat(43) })).toEqual([400, 400])
    expect(await token({ client_secret: 'guess' })).toEqual([400, 400])
    expect(await token({ redirect_uri: 'http://127.0.0.1:8080/callback' })).toEqual([400, 400])
    expect(await token({ grant_type: 'password' })).toEqual([400, 400])
  })

  it('says who it is to its own tokens only', async () => {
    await using hub = await startHub()
    const ending = await logInAs(hub, 'a@example.org')

    for (const token of ['', 'x', ending.accessToken ?? '']) {
      const { status } = await hub.fetch('GET', '/dev-login/google/userinfo', { token })
      expect(status).toBe(401)
    }
  })
})

/** RFC 7636, appendix B. */
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
