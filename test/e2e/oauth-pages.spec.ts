import { describe, expect, it } from '@jest/globals'

import { Browser, type Page } from '../support/browser.js'
import { startHub } from '../support/hub.js'
import { OAuthClient, startWithStub } from '../support/oauth-client.js'
import { OAuthStub } from '../support/oauth-stub.js'

/** What a browser says it would like. */
const PERSON = { accept: 'text/html,application/xhtml+xml;q=0.9' }

/** Where the page's links lead, absolute. */
function linksOf({ url, body }: Page): string[] {
  const found = body.matchAll(/<a class="button" href="([^"]*)"/g)
  return [...found].map(([, href = '']) => new URL(href.replaceAll('&amp;', '&'), url).href)
}

describe('the page that asks for a provider', () => {
  it('leads to each of them, and on to the client with a code', async () => {
    await using running = await startWithStub()
    await using client = await OAuthClient.listen(running.hub)
    const browser = new Browser()

    const page = await browser.open(client.authorizeUrl({ provider: null }), { headers: PERSON })

    const links = linksOf(page)
    expect(links.map((link) => new URL(link).searchParams.get('provider'))).toEqual([
      'google',
      'github',
    ])
    expect(page.body).toContain('the desktop client on this computer')
    for (const link of links) {
      const visited = await browser.follow(link, (url) => url.startsWith(client.redirectUri))
      const { code, state } = client.redirectedTo(visited.at(-1) ?? '')
      expect([state, (await client.redeem(code)).status]).toEqual([client.state, 200])
    }
  })

  it('offers those alone that the operator has set up', async () => {
    await using stub = await OAuthStub.start()
    await using hub = await startHub({ env: stub.envOf('google') })
    await using client = await OAuthClient.listen(hub)

    const page = await new Browser().open(client.authorizeUrl({ provider: null }))

    expect(linksOf(page)).toHaveLength(1)
    expect(page.body).not.toContain('GitHub')
  })

  it('is not shown when there is none to choose: the client is told', async () => {
    await using hub = await startHub({ env: { DEV_LOGIN: 'off' } })
    await using client = await OAuthClient.listen(hub)

    const { status, location } = await new Browser().open(client.authorizeUrl({ provider: null }))

    expect(status).toBe(303)
    expect(client.redirectedTo(location ?? '')).toMatchObject({
      error: 'temporarily_unavailable',
      state: client.state,
    })
  })

  it('keeps every parameter as it came, whatever is in it, and takes none for markup', async () => {
    await using running = await startWithStub()
    await using client = await OAuthClient.listen(running.hub)
    const state = `"><script>alert('&amp;')</script>?x=1&y`
    // A raw question mark is allowed in a query (RFC 3986 §3.4), and some clients leave it so.
    const url = client
      .authorizeUrl({ provider: null, state, unknown: 'kept' })
      .replaceAll('%3F', '?')

    const page = await new Browser().open(url, { headers: PERSON })

    expect(page.body).not.toContain('<script')
    const asked = new URL(url).searchParams
    for (const link of linksOf(page)) {
      const { searchParams } = new URL(link)
      for (const [name, value] of asked) expect(searchParams.getAll(name)).toEqual([value])
    }
  })

  it('says when a login is for the console', async () => {
    await using running = await startWithStub()
    const { hub } = running
    await using client = await OAuthClient.listen(hub)

    const page = await new Browser().open(
      client.authorizeUrl({
        client_id: 'web',
        redirect_uri: `${hub.url}/console/callback`,
        provider: null,
      }),
    )

    expect([page.status, page.body.includes('this hub’s console')]).toEqual([200, true])
  })
})

describe('a login that cannot begin', () => {
  it('is told to a person by a page, to a program in JSON, and nobody is redirected', async () => {
    await using running = await startWithStub()
    await using client = await OAuthClient.listen(running.hub)
    const url = client.authorizeUrl({ redirect_uri: 'http://localhost:5000/callback' })

    const [page, answer] = [
      await new Browser().open(url, { headers: PERSON }),
      await new Browser().open(url),
    ]

    expect([page.status, page.location, answer.status, answer.location]).toEqual([
      400,
      null,
      400,
      null,
    ])
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(page.body).toContain('localhost is not taken')
    expect(JSON.parse(answer.body)).toEqual({
      error: 'invalid_request',
      error_description: expect.stringContaining('localhost is not taken'),
      detail: expect.stringContaining('localhost is not taken'),
      error_code: 'invalid_redirect_uri',
      request_id: expect.any(String),
      issues: [{ path: 'redirect_uri', message: expect.any(String) }],
    })
  })

  it('shows nothing of what the address says', async () => {
    await using running = await startWithStub()
    await using client = await OAuthClient.listen(running.hub)
    const evil = '<b>free tokens at evil.example</b>'

    for (const name of ['client_id', 'redirect_uri', 'state', 'error_description']) {
      const url = client.authorizeUrl({ client_id: 'nobody', [name]: evil })
      const { body } = await new Browser().open(url, { headers: PERSON })
      expect([name, body.includes('evil.example')]).toEqual([name, false])
    }
  })

  it('because too many were begun from one address is a page too, with Retry-After', async () => {
    await using stub = await OAuthStub.start()
    await using hub = await startHub({ env: { ...stub.env, RATE_LIMIT_LOGIN: '2' } })
    await using client = await OAuthClient.listen(hub)
    const begin = (): Promise<Page> =>
      new Browser().open(client.authorizeUrl(), { headers: PERSON })
    const first = [await begin(), await begin()]

    const third = await begin()

    expect(first.map(({ status }) => status)).toEqual([302, 302])
    expect([third.status, third.headers['content-type']]).toEqual([429, 'text/html; charset=utf-8'])
    expect(Number(third.headers['retry-after'])).toBeGreaterThanOrEqual(1)
  })
})
