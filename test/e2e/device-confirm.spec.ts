import { describe, expect, it } from '@jest/globals'

import { Browser, type Page } from '../support/browser.js'
import {
  AS_BROWSER,
  askForCodes,
  type DeviceCodes,
  DevicePerson,
  pollWord,
  stateIn,
  textOf,
} from '../support/device.js'
import { startHub, type TestHub } from '../support/hub.js'
import { cloneDatabase } from '../support/postgres.js'

const UNLIMITED = { RATE_LIMIT_ENABLED: 'false' }
const OVER = 'This login was not begun in this browser, has been used, or is older than 10 minutes'
const GONE = 'This code is not one that a device waits with'

interface Asked {
  readonly hub: TestHub
  readonly person: DevicePerson
  readonly codes: DeviceCodes
  readonly question: Page
}

/** A person who has logged in for a device and is asked whether to connect it. */
async function asked(hub: TestHub): Promise<Asked> {
  const person = new DevicePerson(hub)
  const codes = await askForCodes(hub, { 'x-forwarded-for': '203.0.113.77' })
  return { hub, person, codes, question: await person.goToQuestion(codes) }
}

/** The answer, sent by another browser or in another way. */
function answerBy(
  { hub, question }: Asked,
  browser: Browser,
  headers: Record<string, string> = {},
): Promise<Page> {
  return browser.open(`${hub.url}/device/confirm`, {
    form: { state: stateIn(question), decision: 'approve' },
    headers: { ...AS_BROWSER, origin: hub.url, ...headers },
  })
}

describe('the question whether to connect a device', () => {
  it('names the account, the device and the danger, and leaves the choice', async () => {
    await using hub = await startHub()
    const { codes, question } = await asked(hub)

    const text = textOf(question)
    expect(text).toContain('You are logged in as bob@example.org (Google).')
    expect(text).toContain(codes.user_code)
    expect(text).toContain('D-PC, the desktop and command line client')
    expect(text).toContain('203.0.113.0/24, another than this browser’s (127.0.0.0/24)')
    expect(text).toContain('less than a minute ago')
    expect(text).toContain('Only go on if you started this yourself, on your own device')
    expect(text).toContain('If somebody sent you the code or a link to this page')
    expect(text).toContain('it acts as you on this hub until its session ends')
    expect(question.body).toContain('<button name="decision" value="approve">Approve</button>')
    expect(question.body).toContain('<button name="decision" value="deny">Deny</button>')
  })

  it('runs nothing, is framed by nobody, and is kept nowhere', async () => {
    await using hub = await startHub()
    const { person, question } = await asked(hub)
    const done = await person.answer(question, 'approve')

    for (const { status, headers, body } of [question, done]) {
      expect(status).toBe(200)
      expect(headers['content-security-policy']).toMatch(
        /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/,
      )
      expect(headers['cache-control']).toBe('no-store')
      expect(headers['referrer-policy']).toBe('same-origin')
      expect(body).not.toMatch(/<script|<img|<link|\ssrc=|\sstyle=|\son\w+=/)
    }
  })

  it('may be looked at again until it is answered', async () => {
    await using hub = await startHub()
    const { person, codes, question } = await asked(hub)

    expect((await person.open(question.url)).body).toBe(question.body)
    expect((await person.answer(question, 'approve')).status).toBe(200)
    expect((await person.open(question.url)).status).toBe(400)
    expect(await pollWord(hub, codes)).toBe('tokens')
  })

  it('cannot be answered twice, neither the same way nor the other', async () => {
    await using hub = await startHub()
    const { person, codes, question } = await asked(hub)
    await person.answer(question, 'deny')

    for (const decision of ['approve', 'deny'] as const) {
      const again = await person.answer(question, decision)
      expect([again.status, textOf(again)]).toEqual([400, expect.stringContaining(OVER)])
    }
    expect(await pollWord(hub, codes)).toBe('access_denied')
  })

  it('is answered by one of many answers at once', async () => {
    await using hub = await startHub({ env: UNLIMITED })
    const { person, question } = await asked(hub)

    const pages = await Promise.all(
      Array.from({ length: 16 }, () => person.answer(question, 'approve')),
    )

    expect(pages.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(pages.filter(({ status }) => status === 400)).toHaveLength(15)
  })

  it.each<[string, (asked: Asked) => Promise<Page>]>([
    ['a browser without a cookie', (asked) => answerBy(asked, new Browser())],
    [
      'a browser that has logged in for the same device',
      async (asked) => {
        const other = new DevicePerson(asked.hub, 'eve@example.org')
        await other.goToQuestion(asked.codes)
        return answerBy(asked, other.browser)
      },
    ],
    [
      'a browser with a cookie somebody chose',
      (asked) => {
        const other = new Browser()
        other.setCookie(asked.hub.url, 'hub_login', 'A'.repeat(43))
        return answerBy(asked, other)
      },
    ],
  ])('cannot be answered by %s, and is spoiled by the attempt', async (_who, attack) => {
    await using hub = await startHub({ env: UNLIMITED })
    const it = await asked(hub)

    const refused = await attack(it)

    expect([refused.status, textOf(refused)]).toEqual([400, expect.stringContaining(OVER)])
    expect(await pollWord(hub, it.codes)).toBe('authorization_pending')
    expect((await it.person.answer(it.question, 'approve')).status).toBe(400)
    expect((await it.person.approve(it.codes)).status).toBe(200)
  })

  it.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['an origin that it would not tell', { origin: 'null' }],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another host of the same site', { 'sec-fetch-site': 'same-site' }],
    ['the hub’s host on another port', { origin: 'http://127.0.0.1:1' }],
  ])('cannot be answered from %s, which changes nothing', async (_where, headers) => {
    await using hub = await startHub()
    const it = await asked(hub)

    const refused = await answerBy(it, it.person.browser, headers)

    expect([refused.status, textOf(refused)]).toEqual([
      400,
      expect.stringContaining('this hub only'),
    ])
    expect(await pollWord(hub, it.codes)).toBe('authorization_pending')
    expect((await it.person.answer(it.question, 'approve')).status).toBe(200)
  })

  it.each([
    ['no state', { decision: 'approve' }],
    ['a state nobody made', { decision: 'approve', state: 'A'.repeat(43) }],
    ['a long state', { decision: 'approve', state: 'A'.repeat(9_000) }],
  ])('cannot be answered with %s', async (_what, form) => {
    await using hub = await startHub()
    const { person } = await asked(hub)

    const refused = await person.send('/device/confirm', form)

    expect([refused.status, textOf(refused)]).toEqual([400, expect.stringContaining(OVER)])
  })

  it('takes no third answer', async () => {
    await using hub = await startHub()
    const { person, codes, question } = await asked(hub)

    for (const decision of ['', 'maybe', 'approved']) {
      const form = { state: stateIn(question), decision }
      expect((await person.send('/device/confirm', form)).status).toBe(400)
    }
    expect(await pollWord(hub, codes)).toBe('authorization_pending')
  })

  it('takes neither the state of a login for its own, nor lends its own to a login', async () => {
    await using hub = await startHub({ env: UNLIMITED })
    const { person, question } = await asked(hub)
    const { location } = await person.browser.open(`${hub.url}/login/google`)
    const state = new URL(location ?? '').searchParams.get('state') ?? ''

    const asAnswer = await person.send('/device/confirm', { state, decision: 'approve' })
    expect([asAnswer.status, textOf(asAnswer)]).toEqual([400, expect.stringContaining(OVER)])
    const asLogin = await person.browser.open(
      `${hub.url}/auth/google/callback?code=x&state=${stateIn(question)}`,
    )
    expect([asLogin.status, JSON.parse(asLogin.body).error_code]).toEqual([
      400,
      'invalid_login_state',
    ])
    expect((await person.answer(question, 'approve')).status).toBe(200)
  })

  it('is too late after ten minutes, and when the code has expired', async () => {
    await using hub = await startHub({ env: UNLIMITED })
    const late = await asked(hub)
    hub.clock.advance({ minutes: 10, seconds: 1 })
    expect(textOf(await late.person.open(late.question.url))).toContain(OVER)
    expect(textOf(await late.person.answer(late.question, 'approve'))).toContain(OVER)

    const codes = await askForCodes(hub)
    hub.clock.advance({ minutes: 14, seconds: 50 })
    const question = await late.person.goToQuestion(codes)
    hub.clock.advance({ seconds: 10 })
    expect(textOf(await late.person.open(question.url))).toContain(GONE)
    expect(textOf(await late.person.answer(question, 'approve'))).toContain(GONE)
    expect(await pollWord(hub, codes)).toBe('expired_token')
  })

  it('lets nobody answer for a device that somebody else has decided about', async () => {
    await using hub = await startHub({ env: UNLIMITED })
    const codes = await askForCodes(hub)
    const [bob, eve] = [new DevicePerson(hub), new DevicePerson(hub, 'eve@example.org')]
    const [first, second] = [await bob.goToQuestion(codes), await eve.goToQuestion(codes)]
    await bob.answer(first, 'deny')

    const refused = await eve.answer(second, 'approve')

    expect([refused.status, textOf(refused)]).toEqual([400, expect.stringContaining(GONE)])
    expect(await pollWord(hub, codes)).toBe('access_denied')
  })

  it('lets a device in as whoever approved it, not as whoever logged in last', async () => {
    await using hub = await startHub({ env: UNLIMITED })
    const codes = await askForCodes(hub)
    const [bob, eve] = [new DevicePerson(hub), new DevicePerson(hub, 'eve@example.org')]
    const first = await bob.goToQuestion(codes)
    await eve.goToQuestion(codes)
    await bob.answer(first, 'approve')

    const { body } = await hub.fetch('POST', '/token', {
      body: {
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        client_id: 'desktop',
        device_code: codes.device_code,
      },
    })

    hub.tokens.push(body.access_token, body.refresh_token)
    const me = await hub.fetch('GET', '/users/me', { token: body.access_token })
    expect(me.body.email).toBe('bob@example.org')
  })

  it('cannot be approved by an account that has been deleted meanwhile', async () => {
    await using hub = await startHub()
    const { person, codes, question } = await asked(hub)
    await hub.database.query('DELETE FROM accounts')

    const looked = await person.open(question.url)
    expect([looked.status, textOf(looked)]).toEqual([400, expect.stringContaining(OVER)])
    const refused = await person.answer(question, 'approve')
    expect([refused.status, textOf(refused)]).toEqual([400, expect.stringContaining(GONE)])
    expect(await pollWord(hub, codes)).toBe('authorization_pending')
  })

  it('may be asked by one instance and answered at another', async () => {
    await using database = await cloneDatabase()
    await using one = await startHub({ database })
    await using two = await startHub({ database })
    const { codes, question, person } = await asked(one)
    const browser = new Browser()
    for (const cookie of Object.entries(person.browser.cookies(one.url))) {
      browser.setCookie(two.url, ...cookie)
    }

    const done = await answerBy({ hub: two, codes, question, person }, browser)

    expect(done.status).toBe(200)
    expect(await pollWord(two, codes)).toBe('tokens')
  })
})
