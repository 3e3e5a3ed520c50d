import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

import { Browser, type Page } from '../support/browser.js'
import { startHub, type TestHub } from '../support/hub.js'
import { endingOf, goToProvider } from '../support/login.js'
import { OAuthStub } from '../support/oauth-stub.js'

/** A callback that must be refused: what the attacker opens in `browser`, given a good one. */
interface Refused {
  readonly why: string
  readonly open: (attack: Attack) => Promise<Page>
}

interface Attack {
  readonly hub: TestHub
  readonly stub: OAuthStub
  readonly browser: Browser
  /** The address the provider sent the browser back to; not opened yet. */
  readonly callback: URL
}

function changed(callback: URL, changes: Record<string, string | null>): string {
  const url = new URL(callback)
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) url.searchParams.delete(name)
    else url.searchParams.set(name, value)
  }
  return url.href
}

const REFUSED: Refused[] = [
  {
    why: 'no state',
    open: ({ browser, callback }) => browser.open(changed(callback, { state: null })),
  },
  {
    why: 'an empty state',
    open: ({ browser, callback }) => browser.open(changed(callback, { state: '' })),
  },
  {
    why: 'a state nobody made',
    open: ({ browser, callback }) => browser.open(changed(callback, { state: 'A'.repeat(43) })),
  },
  {
    why: 'a state with one character changed',
    open: ({ browser, callback }) => {
      const state = callback.searchParams.get('state') ?? ''
      const other = state.startsWith('A') ? 'B' : 'A'
      return browser.open(changed(callback, { state: other + state.slice(1) }))
    },
  },
  {
    why: 'a state padded as base64',
    open: ({ browser, callback }) =>
      browser.open(changed(callback, { state: `${callback.searchParams.get('state') ?? ''}=` })),
  },
  {
    why: 'a state of 8,000 characters',
    open: ({ browser, callback }) => browser.open(changed(callback, { state: 'A'.repeat(8_000) })),
  },
  {
    why: 'a state with NUL',
    open: ({ browser, callback }) => browser.open(changed(callback, { state: '\0' })),
  },
  {
    why: 'the state twice',
    open: ({ browser, callback }) =>
      browser.open(`${callback.href}&state=${callback.searchParams.get('state') ?? ''}`),
  },
  {
    why: 'the state as a list',
    open: ({ browser, callback }) => browser.open(callback.href.replace('state=', 'state[]=')),
  },
  {
    why: 'the state under another name only',
    open: ({ browser, callback }) =>
      browser.open(
        changed(callback, { state: null, State: callback.searchParams.get('state') ?? '' }),
      ),
  },
  {
    why: 'another browser, without a cookie',
    open: ({ callback }) => new Browser().open(callback.href),
  },
  {
    why: 'another browser, with a login of its own',
    open: async ({ hub, callback }) => {
      const other = new Browser()
      await other.open(`${hub.url}/login/google`)
      return other.open(callback.href)
    },
  },
  {
    why: 'another browser, with a cookie somebody chose',
    open: ({ hub, callback }) => {
      const other = new Browser()
      other.setCookie(hub.url, 'hub_login', 'A'.repeat(43))
      return other.open(callback.href)
    },
  },
  {
    why: 'this browser after its cookies were cleared',
    open: ({ browser, callback }) => {
      browser.clearCookies()
      return browser.open(callback.href)
    },
  },
  {
    why: 'another provider’s callback (mix-up)',
    open: ({ browser, callback }) => browser.open(callback.href.replace('/google/', '/github/')),
  },
  {
    why: 'more than ten minutes later',
    open: ({ hub, browser, callback }) => {
      hub.clock.advance({ minutes: 10, seconds: 1 })
      return browser.open(callback.href)
    },
  },
  {
    why: 'a second time after it worked',
    open: async ({ hub, browser, callback }) => {
      endingOf(hub, (await browser.open(callback.href)).location ?? '')
      return browser.open(callback.href)
    },
  },
  {
    why: 'a second time after the person declined',
    open: async ({ browser, callback }) => {
      await browser.open(changed(callback, { code: null, error: 'access_denied' }))
      return browser.open(callback.href)
    },
  },
  {
    why: 'a second time after the provider failed',
    open: async ({ stub, browser, callback }) => {
      stub.faults.set('token', 'status 500')
      await browser.open(callback.href)
      stub.faults.clear()
      return browser.open(callback.href)
    },
  },
  {
    why: 'a second time after another browser tried it',
    open: async ({ browser, callback }) => {
      await new Browser().open(callback.href)
      return browser.open(callback.href)
    },
  },
  {
    why: 'an error of the provider without a login',
    open: ({ browser, callback }) =>
      browser.open(changed(callback, { state: null, code: null, error: 'access_denied' })),
  },
  {
    why: 'tokens in the address, as of another flow',
    open: ({ browser, callback }) =>
      browser.open(
        changed(callback, { state: null, code: null, access_token: 'x', id_token: 'y' }),
      ),
  },
]

describe('a callback is refused with', () => {
  let stub: OAuthStub
  let hub: TestHub

  beforeAll(async () => {
    stub = await OAuthStub.start()
    hub = await startHub({ env: { ...stub.env, RATE_LIMIT_ENABLED: 'false' } })
  })

  afterAll(async () => {
    await hub[Symbol.asyncDispose]()
    await stub[Symbol.asyncDispose]()
  })

  it.each(REFUSED.map((each) => [each.why, each] as const))('%s', async (_why, { open }) => {
    const browser = new Browser()
    const callback = new URL(await goToProvider(hub, 'google', browser))

    const page = await open({ hub, stub, browser, callback })

    expect([page.status, JSON.parse(page.body)]).toEqual([
      400,
      {
        error_code: 'invalid_login_state',
        detail: expect.stringContaining('begin it again'),
        request_id: expect.any(String),
      },
    ])
    expect(page.location).toBeNull()
  })
})

describe('a login state', () => {
  it('lets one of many callbacks at once through', async () => {
    await using stub = await OAuthStub.start()
    await using hub = await startHub({ env: stub.env })
    const browser = new Browser()
    const callback = await goToProvider(hub, 'github', browser)

    const pages = await Promise.all(Array.from({ length: 12 }, () => browser.open(callback)))

    const through = pages.filter(({ status }) => status === 303)
    expect(through.map(({ location }) => endingOf(hub, location ?? '').error)).toEqual([null])
    expect(pages.filter(({ status }) => status === 400)).toHaveLength(11)
    expect(stub.seenAt('token')).toHaveLength(1)
  })

  it('is good on another instance of the hub', async () => {
    await using stub = await OAuthStub.start()
    await using one = await startHub({ env: stub.env })
    await using two = await startHub({
      env: { ...stub.env, PUBLIC_URL: one.url },
      database: one.database,
    })
    const browser = new Browser()
    const callback = await goToProvider(one, 'google', browser)

    const elsewhere = callback.replace(one.url, `http://127.0.0.1:${two.config.http.port}`)
    const { status, location } = await browser.open(elsewhere)

    expect([status, endingOf(two, location ?? '').error]).toEqual([303, null])
  })

  it('is good until its ten minutes are over, and is swept away then', async () => {
    await using stub = await OAuthStub.start()
    await using hub = await startHub({ env: { ...stub.env, RATE_LIMIT_ENABLED: 'false' } })
    const browser = new Browser()
    await goToProvider(hub, 'google', browser)
    const callback = await goToProvider(hub, 'google', browser)
    hub.clock.advance({ minutes: 9, seconds: 50 })

    const { location } = await browser.open(callback)
    hub.clock.advance({ minutes: 1 })
    await browser.open(`${hub.url}/login/github`)

    expect(endingOf(hub, location ?? '').error).toBeNull()
    expect(await hub.database.query('SELECT hash FROM login_states')).toHaveLength(1)
  })

  it('is kept as a hash: what lies in the database opens nothing', async () => {
    await using stub = await OAuthStub.start()
    await using hub = await startHub({ env: stub.env })
    const browser = new Browser()
    const callback = new URL(await goToProvider(hub, 'google', browser))

    const rows = await hub.database.query<{ text: string }>(
      'SELECT to_jsonb(s)::text AS text FROM login_states s',
    )

    expect(rows).toHaveLength(1)
    expect(rows[0]?.text).not.toContain(callback.searchParams.get('state'))
    expect(rows[0]?.text).not.toContain(browser.cookies(hub.url).hub_login)
  })
})

describe('an authorization code', () => {
  it('of another person’s login is worth nothing here (PKCE)', async () => {
    await using stub = await OAuthStub.start()
    await using hub = await startHub({ env: stub.env })
    const [attacker, victim] = [new Browser(), new Browser()]
    const stolen = new URL(await goToProvider(hub, 'google', attacker)).searchParams.get('code')
    const callback = new URL(await goToProvider(hub, 'google', victim))

    const { location } = await victim.open(changed(callback, { code: stolen }))

    expect(endingOf(hub, location ?? '').error).toBe('provider_error')
  })

  it('of a login that is over is worth nothing in the next', async () => {
    await using stub = await OAuthStub.start()
    await using hub = await startHub({ env: stub.env })
    const browser = new Browser()
    const first = new URL(await goToProvider(hub, 'github', browser))
    endingOf(hub, (await browser.open(first.href)).location ?? '')
    const second = new URL(await goToProvider(hub, 'github', browser))

    const { location } = await browser.open(
      changed(second, { code: first.searchParams.get('code') ?? '' }),
    )

    expect(endingOf(hub, location ?? '').error).toBe('provider_error')
  })
})
