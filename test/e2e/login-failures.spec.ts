import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'

import { FaultProxy } from '../support/fault-proxy.js'
import { freePort } from '../support/free-port.js'
import { startHub, type TestHub } from '../support/hub.js'
import { logIn, whoIs } from '../support/login.js'
import {
  alice,
  type Endpoint,
  type Fault,
  OAuthStub,
  type StubPerson,
} from '../support/oauth-stub.js'
import { cloneDatabase } from '../support/postgres.js'

type Provider = 'google' | 'github'

const ANSWERS: Fault[] = [
  'status 500',
  'status 401',
  'refused',
  'refused with 200',
  'html',
  'empty',
  'null',
  'array',
  'huge',
  'redirect',
]
const BREAKS: Fault[] = ['truncated', 'reset']
const ENDPOINTS: [Provider, Endpoint][] = [
  ['google', 'token'],
  ['google', 'user'],
  ['github', 'token'],
  ['github', 'user'],
  ['github', 'emails'],
]

/** Classic clients print the description into HTML as it is: letters, blanks and stops only. */
const PLAIN = /^[A-Za-z ,.-]+$/

describe('a login that fails at the provider', () => {
  let stub: OAuthStub
  let hub: TestHub

  beforeAll(async () => {
    stub = await OAuthStub.start()
    hub = await startHub({ env: { ...stub.env, RATE_LIMIT_ENABLED: 'false' } })
  })

  beforeEach(() => {
    stub.person = alice
    stub.pageFault = null
    stub.faults.clear()
  })

  afterAll(async () => {
    await hub[Symbol.asyncDispose]()
    await stub[Symbol.asyncDispose]()
  })

  async function failure(provider: Provider): Promise<string | null> {
    const ending = await logIn(hub, provider)
    expect(ending.url).toMatch(/^http:\/\/127\.0\.0\.1:8080\/callback\?/)
    expect(ending.accessToken).toBeNull()
    expect(ending.errorDescription).toMatch(PLAIN)
    return ending.error
  }

  it.each(
    ENDPOINTS.flatMap(([provider, endpoint]) =>
      [...ANSWERS, ...BREAKS].map((fault) => [fault, provider, endpoint] as const),
    ),
  )('with %s at %s’s %s goes back to the client', async (fault, provider, endpoint) => {
    stub.faults.set(endpoint, fault)

    const word = BREAKS.includes(fault) ? 'provider_unreachable' : 'provider_error'
    expect(await failure(provider)).toBe(word)
  })

  it.each(['google', 'github'] as const)(
    'at %s’s page goes back to the client',
    async (provider) => {
      stub.pageFault = 'denied'
      expect(await failure(provider)).toBe('access_denied')
      stub.pageFault = 'other error'
      expect(await failure(provider)).toBe('provider_error')
      stub.pageFault = 'no code'
      expect(await failure(provider)).toBe('provider_error')
      stub.pageFault = 'foreign code'
      expect(await failure(provider)).toBe('provider_error')
    },
  )

  it('leaves no account, no session and no login behind, and the next one works', async () => {
    stub.faults.set('user', 'status 500')
    await failure('google')
    stub.faults.clear()

    const left = await hub.database.query<{ table: string }>(
      `SELECT 'accounts' AS table FROM accounts UNION ALL SELECT 'identities' FROM identities
        UNION ALL SELECT 'sessions' FROM sessions UNION ALL SELECT 'login_states' FROM login_states`,
    )
    expect(left).toEqual([])
    expect((await logIn(hub, 'google')).error).toBeNull()
  })

  it('tells the operator why, in words of its own', async () => {
    stub.faults.set('token', 'refused')
    const before = hub.logLines.length
    await failure('github')

    const lines = hub.logLines.slice(before).map((line): unknown => JSON.parse(line))
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: 40,
        msg: 'login failed',
        provider: 'github',
        error: 'provider_error',
        reason: 'it answered 400 invalid_client',
      }),
    )
    expect(JSON.stringify(lines)).not.toContain('who@are.you')
  })

  const nobody: [string, Provider, StubPerson][] = [
    ['Google without an address', 'google', { google: { sub: '1' } }],
    ['Google with an address that is null', 'google', { google: { sub: '1', email: null } }],
    ['Google with an empty address', 'google', { google: { sub: '1', email: ' ' } }],
    ['Google with something else for an address', 'google', { google: { sub: '1', email: {} } }],
    [
      'Google with NUL in the address',
      'google',
      { google: { sub: '1', email: 'a\0@example.org' } },
    ],
    ['Google with two lines for an address', 'google', { google: { sub: '1', email: 'a@b\nc@d' } }],
    [
      'Google with an address too long to be one',
      'google',
      { google: { sub: '1', email: `${'a'.repeat(250)}@example.org` } },
    ],
    ['GitHub with an empty list', 'github', { ...alice, emails: [] }],
    [
      'GitHub with unverified addresses only',
      'github',
      { ...alice, emails: [mail({ verified: false })] },
    ],
    ['GitHub with a verified nothing', 'github', { ...alice, emails: [mail({ email: null })] }],
    [
      'GitHub that shows an address only in the profile, where it proves nothing',
      'github',
      { github: { id: 1, email: 'alice@example.org' }, emails: [] },
    ],
  ]
  it.each(nobody)('because of no e-mail: %s', async (_why, provider, person) => {
    stub.person = person
    expect(await failure(provider)).toBe('no_email')
  })

  const unknown: [string, Provider, StubPerson][] = [
    ['Google without sub', 'google', { google: { email: 'a@example.org', email_verified: true } }],
    ['Google’s sub as a number', 'google', google({ sub: 108234567890123456789 })],
    ['Google’s sub empty', 'google', google({ sub: '' })],
    ['Google’s sub with a blank', 'google', google({ sub: '1 2' })],
    ['Google’s sub too long', 'google', google({ sub: '1'.repeat(256) })],
    ['Google’s sub as a list', 'google', google({ sub: ['1'] })],
    ['GitHub without id', 'github', github({ login: 'alice' })],
    ['GitHub’s id as null', 'github', github({ id: null })],
    ['GitHub’s id as zero', 'github', github({ id: 0 })],
    ['GitHub’s id below zero', 'github', github({ id: -1 })],
    ['GitHub’s id as a fraction', 'github', github({ id: 1.5 })],
    ['GitHub’s id beyond 2^53, where digits are lost', 'github', github({ id: 2 ** 53 })],
    ['GitHub’s id as a huge float', 'github', github({ id: 1e300 })],
    ['GitHub’s id as words', 'github', github({ id: 'alice' })],
    ['GitHub’s id with a leading zero', 'github', github({ id: '01' })],
    ['GitHub’s id as true', 'github', github({ id: true })],
    ['GitHub’s list as an object', 'github', { ...alice, emails: { email: 'a@example.org' } }],
    ['GitHub’s list of strings', 'github', { ...alice, emails: ['a@example.org'] }],
    ['GitHub’s verified as a word', 'github', { ...alice, emails: [mail({ verified: 'yes' })] }],
  ]
  it.each(unknown)('because nobody can be told from it: %s', async (_why, provider, person) => {
    stub.person = person
    expect(await failure(provider)).toBe('provider_error')
  })

  it('takes GitHub’s id as a number or as its digits, and both are one person', async () => {
    stub.person = github({ id: 583231 })
    const one = await whoIs(hub, await logIn(hub, 'github'))
    stub.person = github({ id: '583231' })
    const two = await whoIs(hub, await logIn(hub, 'github'))

    expect(two.id).toBe(one.id)
  })

  it.each<[string, unknown[], string]>([
    [
      'the primary one',
      [mail({ email: 'b@example.org', primary: false }), mail({})],
      'a@example.org',
    ],
    [
      'another one if the primary is not verified',
      [mail({ verified: false }), mail({ email: 'b@example.org', primary: false })],
      'b@example.org',
    ],
    [
      'a private one',
      [mail({ email: '1+a@users.noreply.github.com' })],
      '1+a@users.noreply.github.com',
    ],
  ])('takes of GitHub’s verified addresses %s', async (_which, emails, email) => {
    stub.person = { github: { id: 4_711, email: 'shown@example.org' }, emails }

    expect(await whoIs(hub, await logIn(hub, 'github'))).toMatchObject({ email })
  })

  it('takes Google’s unverified address, and a changed one at the next login', async () => {
    stub.person = google({ sub: '77', email: 'old@example.org', email_verified: false })
    const before = await whoIs(hub, await logIn(hub, 'google'))
    stub.person = google({ sub: '77', email: 'new@example.org' })
    const after = await whoIs(hub, await logIn(hub, 'google'))

    expect([before.email, after.email]).toEqual(['old@example.org', 'new@example.org'])
    expect(after.id).toBe(before.id)
  })

  it('that is silent or never done ends after ten seconds, and others do not wait', async () => {
    const silent = await Promise.all([OAuthStub.start(), OAuthStub.start(), OAuthStub.start()])
    silent[0].faults.set('token', 'hang')
    silent[1].faults.set('user', 'drip')
    silent[2].faults.set('token', 'drip')
    const hubs = await Promise.all(silent.map(({ env }) => startHub({ env })))
    const done: string[] = []
    const began = performance.now()

    const ending = Promise.all(
      hubs.map(async (each) => {
        const { error } = await logIn(each, 'google')
        done.push(error ?? 'none')
      }),
    )
    await logIn(hub, 'google')
    done.push('the other')
    await ending

    expect(done).toEqual(['the other', 'provider_timeout', 'provider_timeout', 'provider_timeout'])
    expect(performance.now() - began).toBeGreaterThan(9_900)
    for (const each of [...hubs, ...silent]) await each[Symbol.asyncDispose]()
  }, 60_000)
})

describe('a login while something is away', () => {
  it('goes back to the client when nobody answers at the provider’s address', async () => {
    await using stub = await OAuthStub.start()
    const nowhere = `http://127.0.0.1:${await freePort()}/token`
    await using hub = await startHub({ env: { ...stub.env, GOOGLE_TOKEN_URL: nowhere } })

    expect((await logIn(hub, 'google')).error).toBe('provider_unreachable')
  })

  it('goes back to the client when the hub itself fails, and says nothing of how', async () => {
    await using stub = await OAuthStub.start()
    await using hub = await startHub({ env: stub.env })
    await hub.database.query('ALTER TABLE identities RENAME TO hidden')

    const { error, errorDescription } = await logIn(hub, 'github')

    await hub.database.query('ALTER TABLE hidden RENAME TO identities')
    expect(error).toBe('server_error')
    expect(errorDescription).toMatch(PLAIN)
    expect((await logIn(hub, 'github')).error).toBeNull()
  })

  it('goes back to the client when the hub cannot even look the login up', async () => {
    await using database = await cloneDatabase()
    await using proxy = await FaultProxy.before(database.url)
    await using hub = await startHub({ database, databaseUrl: proxy.through(database.url) })
    proxy.cut()
    const secret = 'x'.repeat(43)
    const { status, headers } = await hub.fetch(
      'GET',
      `/auth/github/callback?state=${secret}&code=c`,
      { headers: { cookie: `hub_login=${secret}` } },
    )

    expect(status).toBe(303)
    expect(headers.get('location')).toMatch(
      /^http:\/\/127\.0\.0\.1:8080\/callback\?error=temporarily_unavailable&/,
    )
  })
})

function google(changes: object): StubPerson {
  return { google: { sub: '1', email: 'a@example.org', email_verified: true, ...changes } }
}

function github(user: object): StubPerson {
  return { github: user, emails: [mail({})] }
}

function mail(changes: object): object {
  return { email: 'a@example.org', primary: true, verified: true, ...changes }
}
