import { describe, expect, it } from '@jest/globals'

import { Browser, type Page } from '../support/browser.js'
import { AS_BROWSER, askForCodes, DevicePerson, linksOf } from '../support/device.js'
import { startHub, type TestHub } from '../support/hub.js'
import { OAuthClient, startWithStub } from '../support/oauth-client.js'
import { sendRaw } from '../support/raw-http.js'

// What docs/oauth-rfcs.md points to and no other test has: the endpoints that browsers go to.

const NO_LIMITS = { RATE_LIMIT_ENABLED: 'false' }
const WEB = 'http://localhost:3000'

/** Where a request is sent, without going there. */
async function answerTo(client: OAuthClient, change: Record<string, string | null>): Promise<Page> {
  return new Browser().open(client.authorizeUrl(change), { headers: AS_BROWSER })
}

/** The fault that a request is sent back to its client with. */
async function faultOf(client: OAuthClient, change: Record<string, string | null>) {
  const { status, location } = await answerTo(client, change)
  expect([status, location]).toEqual([303, expect.stringContaining(`${client.redirectUri}?error=`)])
  return Object.fromEntries(new URL(location ?? '').searchParams)
}

describe('the authorization endpoint', () => {
  it('redirects nobody unless client and address belong together: the person is told', async () => {
    await using running = await startWithStub()
    await using client = await OAuthClient.listen(running.hub)

    for (const change of [
      { client_id: 'desktop2' },
      { client_id: null },
      { client_id: 'web' },
      { redirect_uri: null },
      { redirect_uri: '' },
      { redirect_uri: 'http://evil.example/callback' },
      { redirect_uri: 'http://127.0.0.1.evil.example/cb' },
      { redirect_uri: 'http://127.0.0.1:80@evil.example/cb' },
      { redirect_uri: '/oauth/authorize' },
      { redirect_uri: 'javascript:alert(1)' },
      { redirect_uri: 'com.example.app:/callback' },
    ]) {
      const page = await answerTo(client, change)
      expect([change, page.status, page.location]).toEqual([change, 400, null])
      expect(page.body).toContain('This login cannot begin')
    }
  })

  it.each(['http://127.0.0.1', 'http://[::1]'])(
    'lets a native app have any port of %s',
    async (host) => {
      await using running = await startWithStub()
      await using client = await OAuthClient.listen(running.hub)
      const statusAt = async (uri: string) => (await answerTo(client, { redirect_uri: uri })).status

      for (const port of ['', ':1', ':80', ':1024', ':51004', ':65535']) {
        expect([port, await statusAt(`${host}${port}/callback`)]).toEqual([port, 302])
      }
      for (const port of [':0', ':65536', ':080', ':', ':-1', ':port']) {
        expect([port, await statusAt(`${host}${port}/callback`)]).toEqual([port, 400])
      }
    },
  )

  it('takes the rest of the address as registered, character by character', async () => {
    await using running = await startWithStub()
    await using client = await OAuthClient.listen(running.hub)

    for (const uri of [
      'http://localhost:51004/callback',
      'http://127.0.0.2:51004/callback',
      'https://127.0.0.1:51004/callback',
      'HTTP://127.0.0.1:51004/callback',
      'http://127.0.0.1:51004/Callback',
      'http://127.0.0.1:51004/callback/',
      'http://127.0.0.1:51004/callback/..',
      'http://127.0.0.1:51004/%63allback',
      'http://127.0.0.1:51004/elsewhere',
      'http://127.0.0.1:51004/callback?next=http://evil.example',
      'http://127.0.0.1:51004/callback#part',
    ]) {
      expect([uri, (await answerTo(client, { redirect_uri: uri })).status]).toEqual([uri, 400])
    }
  })

  it('gives no code without S256, state and response_type: the client is told invalid_request', async () => {
    await using running = await startWithStub()
    await using client = await OAuthClient.listen(running.hub)

    for (const [asked, value] of [
      ['code_challenge', null],
      ['code_challenge', 'abc'],
      ['code_challenge', `${client.challenge}=`],
      ['code_challenge_method', null],
      ['code_challenge_method', 'plain'],
      ['code_challenge_method', 'S512'],
      ['state', null],
      ['response_type', null],
    ] as const) {
      const fault = await faultOf(client, { [asked]: value })
      expect([asked, value, fault]).toEqual([
        asked,
        value,
        {
          error: 'invalid_request',
          error_description: expect.stringContaining(asked),
          ...(asked === 'state' ? {} : { state: client.state }),
          iss: running.hub.url,
        },
      ])
    }
  })

  it('gives out codes only: every other response_type is unsupported_response_type', async () => {
    await using running = await startWithStub()
    await using client = await OAuthClient.listen(running.hub)

    for (const response_type of ['token', 'id_token', 'code token', 'code id_token', 'none']) {
      expect(await faultOf(client, { response_type })).toMatchObject({
        error: 'unsupported_response_type',
        state: client.state,
        iss: running.hub.url,
      })
    }
  })

  it('takes a parameter without a value for left out, ignores unknown ones, refuses one given twice', async () => {
    await using running = await startWithStub()
    await using client = await OAuthClient.listen(running.hub)

    const empty = await answerTo(client, { provider: '', dpop_jkt: '' })
    expect([empty.status, empty.body]).toEqual([200, expect.stringContaining('Log in with Google')])
    expect(await faultOf(client, { response_type: '' })).toMatchObject({ error: 'invalid_request' })
    expect((await answerTo(client, { scope: 'x', prompt: 'none', nonce: 'n' })).status).toBe(302)
    const twice = await new Browser().open(`${client.authorizeUrl()}&state=another`)
    expect(new URL(twice.location ?? '').searchParams.get('error')).toBe('invalid_request')
  })

  it('repeats the state exactly, and says who answers', async () => {
    await using running = await startWithStub()
    await using client = await OAuthClient.listen(running.hub)
    const state = ` !"#$%&'()*+,-./:;<=>?@[\\]^_\`{|}~`

    expect(await client.logIn({ state })).toMatchObject({
      state,
      iss: running.hub.url,
      error: null,
    })
    expect(await faultOf(client, { state, response_type: 'token' })).toMatchObject({ state })
  })

  it('is not there for scripts of other origins, as the token endpoint is', async () => {
    await using hub = await startHub({ env: { ...NO_LIMITS, ALLOWED_ORIGINS: WEB } })
    const ask = (method: string, path: string) =>
      sendRaw(hub, {
        method,
        path,
        headers: {
          host: new URL(hub.url).host,
          origin: WEB,
          'access-control-request-method': 'GET',
        },
      })
    const allowed = async (method: string, path: string) =>
      (await ask(method, path)).headers.get('access-control-allow-origin')

    for (const path of [
      '/oauth/authorize',
      '/oauth/authorize?x',
      '/api/v1/oauth/authorize',
      '/device',
    ]) {
      expect([path, await allowed('GET', path)]).toEqual([path, null])
      expect(await ask('OPTIONS', path)).toMatchObject({ status: 404 })
      expect([path, await allowed('OPTIONS', path)]).toEqual([path, null])
    }
    expect(await allowed('GET', '/oauth/%61uthorize')).toBeNull()
    for (const path of ['/token', '/.well-known/oauth-authorization-server', '/oauth/revoke']) {
      expect([path, await allowed('OPTIONS', path)]).toEqual([path, WEB])
    }
  })

  it('asked for under another name of the hub moves to its own, and nowhere else', async () => {
    await using hub = await startHub({ env: NO_LIMITS })
    const headers = { host: 'evil.example' }

    for (const path of ['/oauth/authorize?client_id=desktop', '/device?user_code=BCDF-GHJK']) {
      for (const spelled of [path, `http://evil.example${path}`]) {
        const { status, headers: answer } = await sendRaw(hub, {
          method: 'GET',
          path: spelled,
          headers,
        })
        expect([spelled, status, answer.get('location')]).toEqual([spelled, 302, hub.url + path])
      }
      const outside = await sendRaw(hub, { method: 'GET', path: `//evil.example${path}`, headers })
      expect([outside.status, outside.headers.get('location')]).toEqual([404, null])
    }
  })
})

describe('a login through the hub’s own page', () => {
  it('is redirected by 303 after each form, and carries nothing of it along', async () => {
    await using hub = await startHub({ env: NO_LIMITS })
    await using client = await OAuthClient.listen(hub)
    const browser = new Browser()
    const email = 'carol@example.org'

    const begun = await browser.open(client.authorizeUrl({ provider: 'google' }))
    const form = await browser.open(begun.location ?? '')
    const sent = await browser.open(form.url, { form: { email, decision: 'allow' } })
    const back = await browser.open(sent.location ?? '')

    expect([begun.status, form.status, sent.status, back.status]).toEqual([302, 200, 303, 303])
    expect(client.redirectedTo(back.location ?? '').code).not.toBeNull()
    for (const { location } of [begun, sent, back]) expect(location).not.toContain('carol')
  })

  it('ends with an answer that is not stored, shows no referrer, and has nothing but a code in it', async () => {
    await using running = await startWithStub()
    await using client = await OAuthClient.listen(running.hub)
    const browser = new Browser()
    const visited = await browser.follow(client.authorizeUrl(), (url) =>
      new URL(url).pathname.endsWith('/github/callback'),
    )

    const answer = await browser.open(visited.at(-1) ?? '')

    expect(answer).toMatchObject({
      status: 303,
      body: '',
      headers: { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
    })
    client.redirectedTo(answer.location ?? '')
    expect([...new URL(answer.location ?? '').searchParams.keys()]).toEqual([
      'code',
      'state',
      'iss',
    ])
    expect(new URL(answer.location ?? '').hash).toBe('')
    const refused = await answerTo(client, { response_type: 'token' })
    expect(refused.headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    })
  })
})

describe('every page that a login passes through', () => {
  it('is framed by nobody, loads nothing, links to no other site, tells no other site where it was, and is not stored', async () => {
    await using hub = await startHub({ env: NO_LIMITS })

    const pages = await everyPage(hub)

    expect(Object.keys(pages)).toHaveLength(9)
    for (const [name, page] of Object.entries(pages)) {
      expect([name, page.headers['content-type']]).toEqual([name, 'text/html; charset=utf-8'])
      expect([name, page.headers]).toEqual([
        name,
        expect.objectContaining({
          'content-security-policy': expect.stringMatching(
            /^default-src 'none'; style-src 'sha256-[^']+'; .*frame-ancestors 'none'; base-uri 'none'$/,
          ),
          'x-frame-options': 'DENY',
          'cache-control': 'no-store',
          'referrer-policy': expect.stringMatching(/^(?:no-referrer|same-origin)$/),
        }),
      ])
      expect([name, page.body]).toEqual([name, expect.not.stringMatching(/<script|\ssrc=|url\(/)])
      const origins = linksOf(page).map((link) => new URL(link, page.url).origin)
      expect([name, origins.filter((origin) => origin !== hub.url)]).toEqual([name, []])
    }
  })
})

/** The pages of the code flow and of the device flow, faults included. */
async function everyPage(hub: TestHub): Promise<Record<string, Page>> {
  await using client = await OAuthClient.listen(hub)
  const person = new DevicePerson(hub)
  const [codes, refused] = [await askForCodes(hub), await askForCodes(hub)]
  const begun = await person.open(client.authorizeUrl({ provider: 'google' }))
  const shown = await person.type(codes.user_code)
  const question = await person.logIn(shown)
  const otherQuestion = await person.goToQuestion(refused)
  return {
    choice: await person.open(client.authorizeUrl({ provider: null })),
    'login that cannot begin': await person.open(client.authorizeUrl({ client_id: null })),
    'development login': await person.open(begun.location ?? ''),
    'code to type': await person.open(codes.verification_uri_complete),
    'wrong code': await person.type('BCDF-GHJK'),
    device: shown,
    question,
    approved: await person.answer(question, 'approve'),
    denied: await person.answer(otherQuestion, 'deny'),
  }
}
