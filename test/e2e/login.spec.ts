import { get } from 'node:http'

import { describe, expect, it } from '@jest/globals'

import { Browser } from '../support/browser.js'
import { startHub } from '../support/hub.js'
import { endingOf, goToProvider, logIn, whoIs } from '../support/login.js'
import { OAuthStub } from '../support/oauth-stub.js'

const PROVIDERS = ['google', 'github'] as const

describe('a classic login', () => {
  it.each(PROVIDERS)('with %s ends at the client with tokens that work', async (provider) => {
    await using stub = await OAuthStub.start()
    await using hub = await startHub({ env: stub.env })

    const ending = await logIn(hub, provider)

    expect(ending.url).toMatch(
      /^http:\/\/127\.0\.0\.1:8080\/callback\?access_token=[\w.-]+&refresh_token=[\w-]+$/,
    )
    expect(await whoIs(hub, ending)).toMatchObject({
      email: 'alice@example.org',
      provider,
      node_id: null,
      node_id_verified: false,
      profile: null,
    })
  })

  it.each(PROVIDERS)('sends the person to %s with state, PKCE and a chooser', async (provider) => {
    await using stub = await OAuthStub.start()
    await using hub = await startHub({ env: stub.env })

    const page = await new Browser().open(`${hub.url}/login/${provider}`)

    const location = new URL(page.location ?? '')
    expect(page.status).toBe(302)
    expect(location.origin + location.pathname).toBe(`${stub.url}/${provider}/authorize`)
    expect(Object.fromEntries(location.searchParams)).toEqual({
      response_type: 'code',
      client_id: 'the-hub',
      redirect_uri: `${hub.url}/auth/${provider}/callback`,
      scope: provider === 'google' ? 'openid email profile' : 'user:email',
      state: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
      prompt: 'select_account',
    })
  })

  it('never uses a state, a challenge or a browser secret twice', async () => {
    await using stub = await OAuthStub.start()
    await using hub = await startHub({ env: { ...stub.env, RATE_LIMIT_ENABLED: 'false' } })
    const values = new Set<string | null>()

    for (let round = 0; round < 10; round++) {
      const browser = new Browser()
      const { location } = await browser.open(`${hub.url}/login/google`)
      const query = new URL(location ?? '').searchParams
      values.add(query.get('state')).add(query.get('code_challenge'))
      values.add(browser.cookies(hub.url).hub_login ?? null)
    }

    expect(values.size).toBe(30)
  })

  it('keeps no token and no referrer on the way back', async () => {
    await using stub = await OAuthStub.start()
    await using hub = await startHub({ env: stub.env })
    const browser = new Browser()

    const page = await browser.open(await goToProvider(hub, 'google', browser))

    endingOf(hub, page.location ?? '')
    expect(page).toMatchObject({
      status: 303,
      body: '',
      headers: { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
    })
    expect(page.headers['content-security-policy']).toContain("frame-ancestors 'none'")
  })

  it('shows the provider tokens in headers and bodies, never in an address', async () => {
    await using stub = await OAuthStub.start()
    await using hub = await startHub({ env: stub.env })

    await logIn(hub, 'google')
    await logIn(hub, 'github')

    const asked = [...stub.seenAt('user'), ...stub.seenAt('emails')]
    expect(asked.map(({ authorization }) => authorization?.slice(0, 7))).toEqual([
      'Bearer ',
      'Bearer ',
      'Bearer ',
    ])
    expect(asked.map(({ query }) => [...query])).toEqual([[], [], []])
    expect(stub.seenAt('token').map(({ query }) => [...query])).toEqual([[], []])
  })

  it('is the same account at the second time, in a session of its own', async () => {
    await using stub = await OAuthStub.start()
    await using hub = await startHub({ env: stub.env })
    const first = await logIn(hub, 'github')
    const second = await logIn(hub, 'github')

    const [one, two] = [await whoIs(hub, first), await whoIs(hub, second)]
    await hub.fetch('POST', '/logout', { token: first.accessToken ?? '' })

    expect(two.id).toBe(one.id)
    expect(await whoIs(hub, second)).toEqual(two)
  })

  it('works in two tabs of one browser at once, in either order', async () => {
    await using stub = await OAuthStub.start()
    await using hub = await startHub({ env: stub.env })
    const browser = new Browser()
    const tabs = [
      await goToProvider(hub, 'google', browser),
      await goToProvider(hub, 'github', browser),
    ]

    const pages = [await browser.open(tabs[1] ?? ''), await browser.open(tabs[0] ?? '')]

    const endings = pages.map(({ location }) => endingOf(hub, location ?? ''))
    expect(endings.map(({ error }) => error)).toEqual([null, null])
  })

  it('begins and comes back at each of its addresses', async () => {
    await using stub = await OAuthStub.start()
    await using hub = await startHub({ env: { ...stub.env, RATE_LIMIT_ENABLED: 'false' } })
    const browser = new Browser()

    for (const prefix of ['', '/api/v1']) {
      for (const [begin, end] of [
        ['/login/github', '/auth/github/callback'],
        ['/auth/login/github', '/auth/callback/github'],
      ] as const) {
        const begun = await browser.open(hub.url + prefix + begin)
        const back = await browser.open(begun.location ?? '')
        const { search } = new URL(back.location ?? '')
        const { status, location } = await browser.open(hub.url + prefix + end + search)
        expect([status, endingOf(hub, location ?? '').error]).toEqual([303, null])
      }
    }
  })

  it('ignores every parameter that would send tokens elsewhere', async () => {
    await using stub = await OAuthStub.start()
    await using hub = await startHub({ env: stub.env })
    const evil = 'https://evil.example/callback'
    const parameters = [
      'redirect_uri',
      'redirect',
      'next',
      'return_to',
      'callback',
      'continue',
      'url',
    ]
    const query = parameters.map((name) => `${name}=${encodeURIComponent(evil)}`).join('&')
    const browser = new Browser()
    const begun = await browser.open(`${hub.url}/login/google?${query}&state=chosen&prompt=none`)
    const back = await browser.open(begun.location ?? '')

    const { location } = await browser.open(`${back.location ?? ''}&${query}`)

    expect(begun.location).not.toMatch(/evil|chosen|prompt=none/)
    expect(location).toMatch(
      /^http:\/\/127\.0\.0\.1:8080\/callback\?access_token=[^&]+&refresh_token=[^&]+$/,
    )
    endingOf(hub, location ?? '')
  })

  it('is not begun or ended by HEAD, as link previews and prefetchers send it', async () => {
    await using stub = await OAuthStub.start()
    await using hub = await startHub({ env: stub.env })
    const browser = new Browser()
    const callback = await goToProvider(hub, 'google', browser)

    const refused = [
      await browser.open(`${hub.url}/login/google`, { method: 'HEAD' }),
      await browser.open(callback, { method: 'HEAD' }),
    ]

    expect(
      refused.map(({ status, headers }) => [status, headers.location, headers['set-cookie']]),
    ).toEqual([
      [404, undefined, undefined],
      [404, undefined, undefined],
    ])
    expect((await browser.open(callback)).status).toBe(303)
  })

  it('with a provider nobody knows is refused', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })

    for (const name of [
      'facebook',
      'Google',
      'constructor',
      '__proto__',
      'callback',
      'login',
      '%00',
    ]) {
      for (const path of [
        `/login/${name}`,
        `/auth/login/${name}`,
        `/auth/callback/${name}?state=x`,
      ]) {
        const { status, body } = await hub.fetch('GET', path)
        expect([path, status, body.error_code]).toEqual([path, 400, 'unknown_provider'])
      }
    }
  })

  it('with a provider that is not set up is refused, and the other one works', async () => {
    await using stub = await OAuthStub.start()
    await using hub = await startHub({ env: stub.envOf('github') })

    const { status, body } = await hub.fetch('GET', '/login/google')

    expect([status, body.error_code]).toEqual([503, 'provider_not_configured'])
    expect((await logIn(hub, 'github')).error).toBeNull()
  })

  it('is refused when the operator has switched it off', async () => {
    await using stub = await OAuthStub.start()
    await using hub = await startHub({ env: { ...stub.env, LEGACY_LOGIN: 'off' } })

    const answers = [
      await hub.fetch('GET', '/login/google'),
      await hub.fetch('GET', '/auth/google/callback?state=x&code=y'),
    ]

    for (const { status, body } of answers) {
      expect([status, body.error_code]).toEqual([403, 'legacy_login_disabled'])
    }
  })

  it('is limited to five a minute for an address', async () => {
    await using stub = await OAuthStub.start()
    await using hub = await startHub({ env: stub.env })
    const statuses: number[] = []

    for (let round = 0; round < 6; round++) {
      statuses.push((await hub.fetch('GET', `/login/${PROVIDERS[round % 2] ?? ''}`)).status)
    }

    expect(statuses).toEqual([302, 302, 302, 302, 302, 429])
  })
})

describe('the browser cookie', () => {
  it('is for this host, this login and no script', async () => {
    await using stub = await OAuthStub.start()
    await using hub = await startHub({ env: stub.env })

    const { headers } = await new Browser().open(`${hub.url}/login/google`)

    expect(headers['set-cookie']).toEqual([
      expect.stringMatching(/^hub_login=[\w-]{43}; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax$/),
    ])
  })

  it('has the __Host- prefix where there is TLS', async () => {
    await using stub = await OAuthStub.start()
    const origin = 'https://hub.example'
    await using hub = await startHub({ env: { ...stub.env, PUBLIC_URL: origin } })
    const browser = new Browser({ [origin]: `http://127.0.0.1:${hub.config.http.port}` })

    const { headers } = await browser.open(`${origin}/login/google`)
    const visited = await browser.follow(`${origin}/login/github`)

    expect(headers['set-cookie']).toEqual([
      expect.stringMatching(
        /^__Host-hub_login=[\w-]{43}; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax; Secure$/,
      ),
    ])
    expect(endingOf(hub, visited.at(-1) ?? '').error).toBeNull()
  })

  it('is kept if it is well-formed, and replaced if not', async () => {
    await using stub = await OAuthStub.start()
    await using hub = await startHub({ env: stub.env })
    const browser = new Browser()
    await browser.open(`${hub.url}/login/google`)
    const first = browser.cookies(hub.url).hub_login
    await browser.open(`${hub.url}/login/google`)
    const second = browser.cookies(hub.url).hub_login
    browser.setCookie(hub.url, 'hub_login', 'guessable')
    await browser.open(`${hub.url}/login/google`)

    expect(second).toBe(first)
    expect(browser.cookies(hub.url).hub_login).toMatch(/^[\w-]{43}$/)
  })
})

describe('a login begun at another of the hub’s names', () => {
  it('moves to PUBLIC_URL first, to the same path', async () => {
    await using stub = await OAuthStub.start()
    await using hub = await startHub({ env: stub.env })
    const alias = hub.url.replace('127.0.0.1', 'localhost')

    for (const path of ['/login/google', '/api/v1/auth/login/google']) {
      const browser = new Browser({ [alias]: hub.url })
      const visited = await browser.follow(alias + path)
      expect(visited[1]).toBe(hub.url + path)
      expect(browser.cookies(alias)).toEqual({})
      expect(endingOf(hub, visited.at(-1) ?? '').error).toBeNull()
    }
  })

  it('never leaves the hub, however the request is written', async () => {
    await using stub = await OAuthStub.start()
    await using hub = await startHub({ env: { ...stub.env, RATE_LIMIT_ENABLED: 'false' } })

    for (const target of [
      '/login/google',
      '/login/google?next=http://evil.example',
      '//evil.example/login/google',
      '/\\evil.example/login/google',
      'http://evil.example/login/google',
      '@evil.example/login/google',
      '/api/v1//evil.example/login/google',
    ]) {
      const location = await locationOf(hub.config.http.port, target)
      if (location !== undefined)
        expect([target, location]).toEqual([target, `${hub.url}/login/google`])
    }
    expect(await locationOf(hub.config.http.port, '/login/google')).toBeDefined()
  })

  it('goes on where a proxy tells the browser’s own word for it', async () => {
    await using stub = await OAuthStub.start()
    await using hub = await startHub({ env: stub.env })
    const host = new URL(hub.url).host

    const { location } = await new Browser({ 'http://hub.internal': hub.url }).open(
      'http://hub.internal/login/google',
      { headers: { 'x-forwarded-host': host } },
    )

    expect(location).toContain(`${stub.url}/google/authorize`)
  })
})

/** Where the hub sends a request of another host, its target written as it stands. */
function locationOf(port: number, target: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { host: 'evil.example' }
    get({ port, path: target, headers, agent: false }, (response) => {
      response.resume()
      resolve(response.headers.location)
    }).on('error', reject)
  })
}
