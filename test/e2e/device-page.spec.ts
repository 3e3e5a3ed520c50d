import { describe, expect, it } from '@jest/globals'

import { Browser, type Page } from '../support/browser.js'
import { AS_BROWSER, askForCodes, DevicePerson, linksOf, textOf } from '../support/device.js'
import { startHub, type TestHub } from '../support/hub.js'
import { OAuthStub } from '../support/oauth-stub.js'

const UNLIMITED = { RATE_LIMIT_ENABLED: 'false' }
const HOME = { 'x-forwarded-for': '203.0.113.77' }

/** What RFC 8628 §5.4 asks to be said wherever a person could let a stranger in. */
const WARNINGS = [
  'Only go on if you started this yourself, on your own device, and that device shows this very code.',
  'If somebody sent you the code or a link to this page',
]

function expectPlainPage({ status, headers, body }: Page): void {
  expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
  expect(headers['content-security-policy']).toMatch(
    /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/,
  )
  expect(headers['cache-control']).toBe('no-store')
  expect(headers['x-content-type-options']).toBe('nosniff')
  expect(headers['referrer-policy']).toBe('same-origin')
  expect(body).toMatch(/^<!doctype html>\n<html lang="en">/)
  expect(body).toContain('<meta name="viewport" content="width=device-width, initial-scale=1">')
  expect(body).not.toMatch(/<script|<img|<link|<iframe|\ssrc=|\sstyle=|\son\w+=/)
}

/** The page, in a browser, of a code that no device waits with. */
async function refusalOf(hub: TestHub, typed: string): Promise<string> {
  const page = await new DevicePerson(hub).type(typed)
  expect(page.status).toBe(400)
  expect(page.headers['set-cookie']).toBeUndefined()
  return page.body
}

describe('the page where a code is typed', () => {
  it('is plain, and made for keyboards, phones and screen readers', async () => {
    await using hub = await startHub()
    const page = await new DevicePerson(hub).open(`${hub.url}/device`)

    expectPlainPage(page)
    expect(page.body).toContain('<label for="user_code">Code</label>')
    const [input = ''] = /<input id="user_code"[^>]*>/.exec(page.body) ?? []
    for (const attribute of ['autofocus', 'required', 'inputmode="text"', 'autocomplete="off"'])
      expect(input).toContain(attribute)
    expect(input).toContain('autocapitalize="characters"')
    expect(input).toContain('value=""')
    expect(page.body).toContain('<form method="post" action="/device">')
    expect(textOf(page)).toContain('Only go on if you have just started this yourself')
  })

  it('fills in a code from its address, and waits for the person', async () => {
    await using hub = await startHub()
    const codes = await askForCodes(hub)

    const page = await new DevicePerson(hub).open(codes.verification_uri_complete)

    expectPlainPage(page)
    expect(page.body).toContain(`value="${codes.user_code}"`)
    expect(linksOf(page)).toEqual([])
    expect(page.headers['set-cookie']).toBeUndefined()
    expect(await hub.database.query('SELECT 1 FROM login_states')).toEqual([])
  })

  it.each([
    ['markup', '"><script>alert(1)</script>'],
    ['what is no code', 'AEIOU'],
    ['a long text', 'B'.repeat(5_000)],
  ])('fills in nothing for %s', async (_what, code) => {
    await using hub = await startHub()
    const query = new URLSearchParams({ user_code: code }).toString()

    const page = await new DevicePerson(hub).open(`${hub.url}/device?${query}`)

    expectPlainPage(page)
    expect(page.body).toContain('value=""')
  })

  it('says of a failed login only what the hub itself has words for', async () => {
    await using hub = await startHub()
    const person = new DevicePerson(hub)

    const denied = await person.open(`${hub.url}/device?error=access_denied`)
    expect(textOf(denied)).toContain('declined at the provider. Your device still waits')
    expect(denied.body).toContain('role="alert"')
    for (const word of ['<b>x</b>', 'toString', '__proto__', '']) {
      const query = new URLSearchParams({ error: word }).toString()
      const page = await person.open(`${hub.url}/device?${query}`)
      expectPlainPage(page)
      expect(page.body).not.toContain('role="alert"')
    }
  })

  it('moves to PUBLIC_URL first when it is opened at another of the hub’s names', async () => {
    await using hub = await startHub({ env: { PUBLIC_URL: 'http://hub.example' } })
    const origin = `http://127.0.0.1:${hub.config.http.port}`
    const browser = new Browser({ 'http://other.example': origin, 'http://hub.example': origin })

    const moved = await browser.open('http://other.example/device?user_code=WDJB-MJHT')
    expect([moved.status, moved.location]).toEqual([
      302,
      'http://hub.example/device?user_code=WDJB-MJHT',
    ])
    expect((await browser.open(moved.location ?? '')).status).toBe(200)
  })
})

describe('the page of a device that asks', () => {
  it('shows what tells it from a stranger’s: code, client, network and time', async () => {
    await using hub = await startHub()
    const codes = await askForCodes(hub, HOME)
    hub.clock.advance({ minutes: 3, seconds: 10 })

    const page = await new DevicePerson(hub).type(codes.user_code)

    expectPlainPage(page)
    const text = textOf(page)
    expect(text).toContain(codes.user_code)
    expect(text).toContain('D-PC, the desktop and command line client')
    expect(text).toContain('203.0.113.0/24, another than this browser’s (127.0.0.0/24)')
    expect(text).toContain('3 minutes ago')
    for (const warning of WARNINGS) expect(text).toContain(warning)
    expect(text).not.toContain('203.0.113.77')
    expect(page.body).not.toContain(codes.device_code)
  })

  it('says when the device is in the same network as the browser, and how long ago at most', async () => {
    await using hub = await startHub({ env: UNLIMITED })
    const codes = await askForCodes(hub)
    const person = new DevicePerson(hub)

    expect(textOf(await person.type(codes.user_code))).toMatch(
      /127\.0\.0\.0\/24, the same as this browser’s .* less than a minute ago/,
    )
    hub.clock.advance({ minutes: 1 })
    expect(textOf(await person.type(codes.user_code))).toContain('1 minute ago')
  })

  it('offers the providers there are, and ties each login to this browser', async () => {
    await using stub = await OAuthStub.start()
    await using hub = await startHub({ env: { ...stub.envOf('github'), ...UNLIMITED } })
    const codes = await askForCodes(hub)

    const page = await new DevicePerson(hub).type(codes.user_code)

    const [link = '', ...more] = linksOf(page)
    expect(more).toEqual([])
    expect(link).toMatch(new RegExp(`^${stub.url}/github/authorize\\?`))
    const query = new URL(link).searchParams
    expect([query.get('code_challenge_method'), query.get('prompt')]).toEqual([
      'S256',
      'select_account',
    ])
    expect(page.headers['set-cookie']?.[0]).toMatch(/^hub_login=[^;]{43}; .*HttpOnly; SameSite=Lax/)
    const foreign = await new Browser().follow(link)
    const refused = await new Browser().open(foreign.at(-1) ?? '')
    expect([refused.status, JSON.parse(refused.body).error_code]).toEqual([
      400,
      'invalid_login_state',
    ])
  })

  it('is not there when the hub has no provider to log in with', async () => {
    await using hub = await startHub({ env: { DEV_LOGIN: 'off' } })
    const codes = await askForCodes(hub)

    const page = await new DevicePerson(hub).type(codes.user_code)

    expect([page.status, textOf(page)]).toEqual([
      503,
      expect.stringContaining('No login provider is set up on this hub'),
    ])
  })

  it.each([
    ['in lower case', (code: string) => code.toLowerCase()],
    ['without its dash', (code: string) => code.replace('-', '')],
    ['with spaces', (code: string) => ` ${code.split('').join(' ')} `],
  ])('comes for a code typed %s', async (_how, spell) => {
    await using hub = await startHub()
    const codes = await askForCodes(hub)

    const page = await new DevicePerson(hub).type(spell(codes.user_code))

    expect([page.status, textOf(page)]).toEqual([200, expect.stringContaining(codes.user_code)])
  })
})

describe('a code that no device waits with', () => {
  it('gets the same answer whether it is unknown, expired, approved, denied or no code at all', async () => {
    await using hub = await startHub({ env: UNLIMITED })
    const person = new DevicePerson(hub)
    const [approved, denied, old] = [
      await askForCodes(hub),
      await askForCodes(hub),
      await askForCodes(hub),
    ]
    await person.approve(approved)
    await person.answer(await person.goToQuestion(denied), 'deny')
    hub.clock.advance({ minutes: 15 })
    const fresh = await askForCodes(hub)
    await person.approve(fresh)

    const answers = new Set<string>()
    for (const typed of [
      approved.user_code,
      denied.user_code,
      old.user_code,
      fresh.user_code,
      'BBBB-BBBB',
      'AEIO-UAEI',
      '',
      'B'.repeat(500),
      '<b>',
    ]) {
      answers.add(await refusalOf(hub, typed))
    }

    expect(answers.size).toBe(1)
    expect([...answers][0]).toContain('role="alert"')
    expect([...answers][0]).toContain('action="/device"')
  })

  it('is told to programs in the one error body', async () => {
    await using hub = await startHub()

    expect(await hub.fetch('POST', '/device', { body: { user_code: 'BBBB-BBBB' } })).toMatchObject({
      status: 400,
      body: { error_code: 'invalid_user_code', detail: expect.any(String) },
    })
  })

  it('is not found by trying: ten codes a minute, then not even the right one', async () => {
    await using hub = await startHub()
    const codes = await askForCodes(hub, HOME)
    const person = new DevicePerson(hub)
    for (let count = 0; count < 10; count++) {
      expect((await person.type('BBBB-BBBB')).status).toBe(400)
    }

    const limited = await person.type(codes.user_code)
    expect([limited.status, limited.headers['content-type']]).toEqual([
      429,
      'text/html; charset=utf-8',
    ])
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0)
    expect(textOf(limited)).toContain('Too many requests')
    hub.clock.advance({ minutes: 1 })
    expect((await person.type(codes.user_code)).status).toBe(200)
  })
})

describe('the form of another site', () => {
  it.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['no origin that it would tell', { origin: 'null' }],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another host of the same site', { 'sec-fetch-site': 'same-site' }],
    ['a longer name', { origin: 'http://127.0.0.1.evil.example' }],
  ])('is not taken, of %s', async (_what, headers) => {
    await using hub = await startHub()
    const codes = await askForCodes(hub)

    const page = await new DevicePerson(hub).send(
      '/device',
      { user_code: codes.user_code },
      headers,
    )

    expect([page.status, textOf(page)]).toEqual([400, expect.stringContaining('this hub only')])
    expect(page.headers['set-cookie']).toBeUndefined()
  })

  it('is told from that of an old browser, which says nothing of where it comes from', async () => {
    await using hub = await startHub()
    const codes = await askForCodes(hub)
    const form = { user_code: codes.user_code }

    const page = await new Browser().open(`${hub.url}/device`, { form, headers: AS_BROWSER })

    expect(page.status).toBe(200)
  })
})
