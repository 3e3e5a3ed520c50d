import { createHash } from 'node:crypto'

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

import { DataKey } from '../../src/database/data-key.js'
import { columnsOf, everyRow } from '../support/account-catalogue.js'
import { DOORS } from '../support/doors.js'
import { startHub, type TestHub } from '../support/hub.js'
import { startWithStub, type StubbedHub } from '../support/oauth-client.js'
import type { TestDatabase } from '../support/postgres.js'
import { type Credentials, makeRichAccount, type RichAccount } from '../support/rich-account.js'
import { examplePath, routesOf } from '../support/routes.js'
import { readingsOf, restoreElsewhere, wordsOf } from '../support/stolen-dump.js'

/** 256 bits that the owner of the hub does not know. */
const THIEFS_SECRET = createHash('sha256').update('of the thief').digest('hex')
/** What the hub seals for. */
const PURPOSES = [
  'email',
  'place',
  'audit detail',
  'device place',
  'user code',
  'node rotation',
  'node succession',
]

let stubbed: StubbedHub
let robbed: TestHub
let account: RichAccount
let dump: TestDatabase

beforeAll(async () => {
  stubbed = await startWithStub()
  robbed = stubbed.hub
  account = await makeRichAccount(robbed, stubbed.stub)
  // A ticket lasts for 30 seconds, trying every word at every door longer.
  await robbed.database.query(
    `UPDATE socket_tickets SET expires_at = expires_at + interval '1 hour'`,
  )
  dump = await restoreElsewhere(robbed.database)
}, 60_000)

afterAll(async () => {
  await dump[Symbol.asyncDispose]()
  await stubbed[Symbol.asyncDispose]()
})

/** Each with the doors that it opens at the hub that gave it out. */
function credentialsOf(known: Credentials): [what: string, word: string, door: string][] {
  const { searchParams } = new URL(known.callback.url)
  return [
    ...known.accessTokens.map((token): [string, string, string] => [
      'an access token',
      token,
      'the Authorization header',
    ]),
    ...known.refreshTokens.map((token): [string, string, string] => [
      'a refresh token',
      token,
      'POST /refresh',
    ]),
    ['a code', known.authorizationCode.code, 'POST /token for a code'],
    ['a device code', known.deviceCode, 'POST /token for a device code'],
    ['a user code', known.pending.userCode, 'the page for user codes'],
    ['a page’s state', known.confirmation.state, 'the page that asks about a device'],
    ['a login’s state', searchParams.get('state') ?? '', 'the way back from a provider'],
    ['a ticket', known.socketTicket, 'the address of the socket, for a ticket'],
    ['a challenge', String(known.nodeLogin.challenge_id), 'the login with a node key'],
  ]
}

describe('a stolen dump', () => {
  it('can be read: the hub’s tables are there, with something in each', async () => {
    const tables = new Set((await everyRow(dump)).map(({ table }) => table))
    const all = new Set((await everyRow(robbed.database)).map(({ table }) => table))

    expect([...tables].sort()).toEqual([...all].sort())
    expect(tables.size).toBeGreaterThan(16)
  })

  it('has no address in it, of mail or of a network, in whatever encoding', async () => {
    const addresses = [account.email.replace(/@.*/, '@'), '127.0.0.0/24']
    const found = (await everyRow(dump)).filter(({ row }) =>
      readingsOf(row).some((text) =>
        addresses.some((address) => text.toLowerCase().includes(address)),
      ),
    )

    expect(found).toEqual([])
  })

  it('has no token, code, cookie or challenge in it, in whatever encoding', async () => {
    expect(robbed.tokens.length).toBeGreaterThan(15)
    const found = (await everyRow(dump)).filter(({ row }) =>
      readingsOf(row).some((text) => robbed.tokens.some((secret) => text.includes(secret))),
    )

    expect(found).toEqual([])
  })

  it('has nothing that could be guessed and compared: what is short is hashed under a key', async () => {
    const { userCode } = account.credentials.pending
    const guesses = [
      userCode,
      userCode.replace('-', ''),
      account.email,
      '127.0.0.0/24',
      ...account.subjects.flatMap((subject) => [subject, `google ${subject}`, `github ${subject}`]),
      account.node.identity.spkiSha256,
    ]
    const rows = (await everyRow(dump)).map(({ row }) => row).join('\n')
    for (const guess of guesses) {
      for (const algorithm of ['md5', 'sha1', 'sha256', 'sha512']) {
        const digest = createHash(algorithm).update(guess).digest()
        for (const encoding of ['hex', 'base64', 'base64url'] as const) {
          expect([guess, algorithm, rows.includes(digest.toString(encoding))]).toEqual([
            guess,
            algorithm,
            false,
          ])
        }
      }
    }
    // The comparison would find one: a node's id is such a hash, of a key that is public.
    const ofItsKey = createHash('sha256').update(account.node.identity.publicKeyPem).digest('hex')
    expect(rows).toContain(ofItsKey.slice(0, 32))
  })

  it('opens no door of the hub it was stolen from, with any word that is in it', async () => {
    const words = await wordsOf(dump)
    expect(words.length).toBeGreaterThan(100)
    const opened: string[] = []
    for (const word of words) {
      const tried = DOORS.map(async ({ what, takes }) => {
        if (await takes(robbed, word, account.credentials)) opened.push(`${what}: ${word}`)
      })
      await Promise.all(tried)
    }

    expect(opened).toEqual([])
  }, 180_000)
})

describe('a hub of the thief’s own over it', () => {
  it('does not start with another secret, and says why', async () => {
    const env = { SECRET_KEY: THIEFS_SECRET, PUBLIC_URL: robbed.url }

    await expect(startHub({ database: dump, env })).rejects.toThrow(
      /^SECRET_KEY: does not open the data key of this database\. It was started with another secret/,
    )
  })

  it('starts when the data key is thrown away, and then opens nothing that was sealed', async () => {
    await using copy = await restoreElsewhere(robbed.database)
    await using thief = await startThiefsHub(copy)
    const key = thief.app.get(DataKey)

    const sealed = await sealedIn(copy)
    expect(sealed.length).toBeGreaterThan(20)
    for (const bytes of sealed) {
      for (const purpose of PURPOSES) expect(() => key.open(purpose, bytes)).toThrow()
    }
    // Who is master of the hub may call themselves the owner, and learns nothing by it.
    const { accessToken: token } = await thief.signIn(account.accountId)
    for (const path of ['/users/me', '/sessions', '/me/events', '/me/export']) {
      const answer = await thief.fetch('GET', path, { token })
      expect([path, answer.status]).toEqual([path, 500])
      expect(JSON.stringify(answer.body)).not.toContain('@')
    }
  })

  it('takes nothing that the robbed hub gave out, at any door and on any route', async () => {
    await using copy = await restoreElsewhere(robbed.database)
    await using thief = await startThiefsHub(copy)
    const taken: string[] = []
    for (const [what, word] of credentialsOf(account.credentials)) {
      for (const door of DOORS) {
        if (await door.takes(thief, word, account.credentials)) taken.push(`${door.what}: ${what}`)
      }
      for (const { method, path } of await closedRoutesOf(thief)) {
        const { status } = await thief.fetch(method, path, { token: word })
        if (status !== 401) taken.push(`${method} ${path}: ${what}: ${status}`)
      }
    }
    const { accessToken: token } = await thief.signIn()
    const proof = await thief.fetch('POST', '/nodes', { token, body: account.credentials.proof })
    if (proof.status < 400) taken.push('a proof of a node key')

    expect(taken).toEqual([])
  }, 60_000)
})

describe('the hub that was robbed', () => {
  // Last, as it uses them up.
  it('still takes each of them, at its own door', async () => {
    for (const [what, word, door] of credentialsOf(account.credentials)) {
      const takes = DOORS.find((each) => each.what === door)?.takes
      expect([what, await takes?.(robbed, word, account.credentials)]).toEqual([what, true])
    }
    const { accessToken: token } = account.owner
    const proof = await robbed.fetch('POST', '/nodes', { token, body: account.credentials.proof })
    expect(proof.status).toBe(200)
  })
})

/** What the thief does: throws the data key away, and starts with a secret of their own. */
async function startThiefsHub(copy: TestDatabase): Promise<TestHub> {
  await copy.query('DELETE FROM hub_keys')
  const env = { ...stubbed.stub.env, SECRET_KEY: THIEFS_SECRET, RATE_LIMIT_ENABLED: 'false' }
  return startHub({ database: copy, env: { ...env, PUBLIC_URL: robbed.url } })
}

/** Every value that may be sealed: all bytes, and what in a JSON payload looks like bytes. */
async function sealedIn(database: TestDatabase): Promise<Buffer[]> {
  const tables = [...new Set((await everyRow(database)).map(({ table }) => table))]
  const found: Buffer[] = []
  for (const [table, columns] of Object.entries(await columnsOf(database, tables, 'bytea'))) {
    const rows = await database.query<Record<string, Buffer | null>>(
      `SELECT ${columns.join(', ')} FROM ${table}`,
    )
    for (const bytes of rows.flatMap((row) => Object.values(row))) if (bytes) found.push(bytes)
  }
  const payloads = await database.query<{ code: string }>(
    `SELECT payload ->> 'userCode' AS code FROM device_codes`,
  )
  return [...found, ...payloads.map(({ code }) => Buffer.from(code, 'base64'))]
}

async function closedRoutesOf(hub: TestHub): Promise<{ method: string; path: string }[]> {
  const closed = []
  for (const route of routesOf(hub)) {
    const path = examplePath(route)
    const { status } = await hub.fetch(route.method, path)
    if (status === 401) closed.push({ method: route.method, path })
  }
  return closed
}
