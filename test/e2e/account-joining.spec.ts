import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

import { Browser } from '../support/browser.js'
import { startHub, type TestHub } from '../support/hub.js'
import { goToProvider, endingOf, logIn, whoIs, type Me } from '../support/login.js'
import { OAuthStub, type StubPerson } from '../support/oauth-stub.js'

type Provider = 'google' | 'github'

interface Step {
  readonly provider: Provider
  readonly person: StubPerson
}

interface Case {
  readonly why: string
  readonly first: Step
  readonly second: Step
  readonly joins: boolean
}

/** Each case gets addresses and subjects of its own: one hub serves them all. */
let serial = 0
const fresh = () => String(++serial)

function google(subject: string, email: string, changes: object = {}): Step {
  return {
    provider: 'google',
    person: { google: { sub: subject, email, email_verified: true, ...changes } },
  }
}

function github(subject: string, ...emails: object[]): Step {
  return { provider: 'github', person: { github: { id: Number(subject) }, emails } }
}

function mail(email: string, changes: object = {}): object {
  return { email, primary: true, verified: true, ...changes }
}

const [gmail, corp, other] = [
  () => `alice.${fresh()}@gmail.com`,
  () => `alice.${fresh()}@corp.example`,
  () => `other.${fresh()}@corp.example`,
]

/** CONTRACT §4.9, each condition taken away in turn, and what attackers would try (TRUST T10). */
function cases(): Case[] {
  const list: Case[] = []
  const add = (joins: boolean, why: string, first: Step, second: Step) =>
    list.push({ why, first, second, joins })
  const both = (joins: boolean, why: string, first: Step, second: Step) => {
    add(joins, `${why}, Google first`, first, second)
    add(joins, `${why}, GitHub first`, second, first)
  }
  const inCompany = { hd: 'corp.example' }
  let e = gmail()
  both(true, 'a gmail address, primary at GitHub', google(fresh(), e), github(fresh(), mail(e)))
  e = corp()
  both(true, 'a company’s address (hd)', google(fresh(), e, inCompany), github(fresh(), mail(e)))
  e = gmail()
  add(
    true,
    'the same address, spelled in capitals',
    google(fresh(), e.toUpperCase()),
    github(fresh(), mail(e)),
  )
  e = `josé.${fresh()}@gmail.com`
  add(
    true,
    'the same address, composed otherwise',
    google(fresh(), e.normalize('NFD')),
    github(fresh(), mail(e.normalize('NFC'))),
  )
  e = corp()
  both(
    false,
    'an address that Google is no authority for',
    google(fresh(), e),
    github(fresh(), mail(e)),
  )
  e = corp()
  both(
    false,
    'a company’s address, the company left empty',
    google(fresh(), e, { hd: '' }),
    github(fresh(), mail(e)),
  )
  e = gmail()
  both(
    false,
    'an address Google has not verified',
    google(fresh(), e, { email_verified: false }),
    github(fresh(), mail(e)),
  )
  e = corp()
  both(
    false,
    'a company’s address Google has not verified',
    google(fresh(), e, { ...inCompany, email_verified: false }),
    github(fresh(), mail(e)),
  )
  e = gmail()
  both(
    false,
    'verified at GitHub, but not its primary',
    google(fresh(), e),
    github(fresh(), mail(other(), { verified: false }), mail(e, { primary: false })),
  )
  both(false, 'different addresses', google(fresh(), gmail()), github(fresh(), mail(gmail())))
  e = gmail()
  add(false, 'two people at Google with one address', google(fresh(), e), google(fresh(), e))
  e = gmail()
  add(
    false,
    'two people at GitHub with one address',
    github(fresh(), mail(e)),
    github(fresh(), mail(e)),
  )
  e = gmail()
  const id = fresh()
  add(false, 'one number at both, nothing else', google(id, gmail()), github(id, mail(e)))
  e = `x@gmail.com.${fresh()}.example`
  add(false, 'gmail.com inside a longer domain', google(fresh(), e), github(fresh(), mail(e)))
  e = `x.${fresh()}@notgmail.com`
  add(false, 'a domain that ends like gmail.com', google(fresh(), e), github(fresh(), mail(e)))
  const subject = fresh()
  add(
    true,
    'the same person with a changed address',
    google(subject, gmail()),
    google(subject, other()),
  )
  const renamed = fresh()
  add(true, 'the same person, renamed at GitHub', github(renamed, mail(gmail())), {
    provider: 'github',
    person: { github: { id: Number(renamed), login: 'new' }, emails: [mail(other())] },
  })
  return list
}

const CASES = cases()

describe('accounts', () => {
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

  async function enter({ provider, person }: Step, at = hub): Promise<Me> {
    stub.person = person
    return whoIs(at, await logIn(at, provider))
  }

  it('are tried in at least 24 ways', () => {
    expect(CASES.length).toBeGreaterThanOrEqual(24)
  })

  it.each(CASES.map((each) => [each.joins ? 'are one' : 'stay two', each.why, each] as const))(
    '%s: %s',
    async (_outcome, _why, { first, second, joins }) => {
      const [one, two] = [await enter(first), await enter(second)]
      const again = await enter(first)

      expect(two.id === one.id).toBe(joins)
      expect(again.id).toBe(one.id)
    },
  )

  it('stay two when the address belongs to two accounts of one provider: it has changed hands', async () => {
    const e = gmail()
    const former = await enter(google(fresh(), e))
    const present = await enter(google(fresh(), e))

    const third = await enter(github(fresh(), mail(e)))

    expect(new Set([former.id, present.id, third.id]).size).toBe(3)
  })

  it('take one identity of each provider: the second one of GitHub is a new account', async () => {
    const e = gmail()
    const person = await enter(google(fresh(), e))
    const joined = await enter(github(fresh(), mail(e)))

    const newcomer = await enter(github(fresh(), mail(e)))

    expect(joined.id).toBe(person.id)
    expect(newcomer.id).not.toBe(person.id)
  })

  it('are not joined by an address the person has given up', async () => {
    const [e, subject] = [gmail(), fresh()]
    const person = await enter(google(subject, e))
    await enter(google(subject, gmail()))

    const newcomer = await enter(github(fresh(), mail(e)))

    expect(newcomer.id).not.toBe(person.id)
  })

  it('stay apart when they began apart, even if the addresses agree later', async () => {
    const [e, subject] = [gmail(), fresh()]
    const one = await enter(google(fresh(), e))
    const two = await enter(github(subject, mail(gmail())))

    const later = await enter(github(subject, mail(e)))

    expect(later.id).toBe(two.id)
    expect(later.id).not.toBe(one.id)
  })

  it('are never joined where the operator says so', async () => {
    await using strict = await startHub({
      env: { ...stub.env, RATE_LIMIT_ENABLED: 'false', ACCOUNT_LINKING: 'never' },
    })
    const e = gmail()

    const [one, two] = [
      await enter(google(fresh(), e), strict),
      await enter(github(fresh(), mail(e)), strict),
    ]

    expect(two.id).not.toBe(one.id)
  })

  it('are one for many first logins of a person at once', async () => {
    stub.person = google(fresh(), gmail()).person
    const browsers = Array.from({ length: 16 }, () => new Browser())
    const callbacks = await Promise.all(browsers.map((each) => goToProvider(hub, 'google', each)))

    const pages = await Promise.all(
      browsers.map((browser, index) => browser.open(callbacks[index] ?? '')),
    )

    const endings = pages.map(({ location }) => endingOf(hub, location ?? ''))
    expect(endings.map(({ error }) => error)).toEqual(endings.map(() => null))
    const people = await Promise.all(endings.map((ending) => whoIs(hub, ending)))
    expect(new Set(people.map(({ id }) => id)).size).toBe(1)
  })

  it('are one for first logins at both providers at once, when they join', async () => {
    const e = gmail()
    const [atGoogle, atGithub] = [google(fresh(), e), github(fresh(), mail(e))]
    const logins: (() => Promise<Me>)[] = []
    for (const { provider, person } of [atGoogle, atGithub, atGoogle, atGithub, atGithub]) {
      const browser = new Browser()
      stub.person = person
      const callback = await goToProvider(hub, provider, browser)
      logins.push(async () =>
        whoIs(hub, endingOf(hub, (await browser.open(callback)).location ?? '')),
      )
    }

    const people = await Promise.all(logins.map((login) => login()))

    expect(new Set(people.map(({ id }) => id)).size).toBe(1)
  })

  it('have random numbers that JSON can carry', async () => {
    const rows = await hub.database.query<{ id: string }>('SELECT id FROM accounts')
    const ids = rows.map(({ id }) => Number(id))

    expect(ids.length).toBeGreaterThan(20)
    expect(ids.every((id) => Number.isSafeInteger(id) && id > 0)).toBe(true)
    expect(ids.some((id) => id > 2 ** 50)).toBe(true)
    expect(new Set(ids.map((id) => Math.floor(id / 2 ** 44))).size).toBeGreaterThan(15)
  })

  it('of somebody deleted are new when the same person comes back, and old tokens stay dead', async () => {
    const step = google(fresh(), gmail())
    stub.person = step.person
    const ending = await logIn(hub, 'google')
    const before = await whoIs(hub, ending)
    await hub.fetch('DELETE', '/profile', { token: ending.accessToken ?? '' })

    const after = await enter(step)

    expect(after.id).not.toBe(before.id)
    const { status } = await hub.fetch('GET', '/users/me', { token: ending.accessToken ?? '' })
    expect(status).toBe(401)
  })

  it('hold no address in clear, and none of two equal addresses looks like the other', async () => {
    const rows = await hub.database.query<{ email_cipher: Buffer; email_hmac: Buffer }>(
      'SELECT email_cipher, email_hmac FROM accounts WHERE email_cipher IS NOT NULL',
    )

    expect(rows.some(({ email_cipher: sealed }) => sealed.includes('gmail'))).toBe(false)
    expect(new Set(rows.map(({ email_cipher: sealed }) => sealed.toString('hex'))).size).toBe(
      rows.length,
    )
    expect(rows.every(({ email_hmac: hmac }) => hmac.length === 32)).toBe(true)
  })
})
