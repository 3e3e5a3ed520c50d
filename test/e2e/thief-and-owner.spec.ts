import { describe, expect, it } from '@jest/globals'

import { Browser } from '../support/browser.js'
import { askForCodes, DevicePerson, poll } from '../support/device.js'
import { expectError } from '../support/error-oracle.js'
import { startHub, type TestHub } from '../support/hub.js'
import { OAuthClient, startWithStub } from '../support/oauth-client.js'
import { beginSession, type Session } from '../support/sessions.js'

/** Asks again and again until the hub has enough of it. */
async function useUp(hub: TestHub, method: string, path: string, token: string): Promise<void> {
  for (let count = 0; count < 50; count++) {
    if ((await hub.fetch(method, path, { token })).status === 429) return
  }
  throw new Error(`${method} ${path} has no end`)
}

/** What the thief's own requests are refused with from then on. */
async function useAllUp(hub: TestHub, { accessToken: token }: Session): Promise<void> {
  await useUp(hub, 'GET', '/sessions', token)
  await useUp(hub, 'DELETE', `/sessions/${'0'.repeat(8)}-0000-4000-8000-000000000000`, token)
}

/** The one account there is. */
async function onlyAccount(hub: TestHub): Promise<number> {
  const rows = await hub.database.query<{ id: string }>('SELECT id FROM accounts')
  expect(rows).toHaveLength(1)
  return Number(rows[0]?.id)
}

describe('a thief who uses the account’s requests up', () => {
  it('with a desktop token of six minutes ago does not keep the owner’s new login from anything', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_PER_MINUTE: '5' } })
    const thief = await beginSession(hub)
    hub.clock.advance({ minutes: 6 })
    await useAllUp(hub, thief)
    await useUp(hub, 'DELETE', '/sessions', thief.accessToken)

    const owner = await beginSession(hub, { accountId: thief.accountId })

    const token = owner.accessToken
    expect((await hub.fetch('GET', '/sessions', { token })).body.sessions).toHaveLength(3)
    expect((await hub.fetch('DELETE', '/sessions?keep=current', { token })).status).toBe(204)
    const answer = await hub.fetch('GET', '/users/me', { token: thief.accessToken })
    expectError(answer, 401, 'session_ended')
    expect((await hub.fetch('GET', '/users/me', { token })).status).toBe(200)
  })

  it('with a classic token, however new, does not either', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_PER_MINUTE: '5' } })
    const thief = await beginSession(hub, { client: 'classic' })
    await useAllUp(hub, thief)

    const { accessToken: token } = await beginSession(hub, { accountId: thief.accountId })

    expect((await hub.fetch('GET', '/sessions', { token })).status).toBe(200)
    expect((await hub.fetch('DELETE', '/sessions?keep=current', { token })).status).toBe(204)
    const answer = await hub.fetch('GET', '/users/me', { token: thief.accessToken })
    expectError(answer, 401, 'session_ended')
  })

  it('with a device’s token does not either', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_PER_MINUTE: '5' } })
    const thief = await beginSession(hub, { isFresh: false })
    await useAllUp(hub, thief)
    await useUp(hub, 'DELETE', '/sessions', thief.accessToken)

    const { accessToken: token } = await beginSession(hub, { accountId: thief.accountId })

    expect((await hub.fetch('DELETE', '/sessions', { token })).status).toBe(204)
  })

  it('gets no more requests by it: new logins of one account share theirs', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_PER_MINUTE: '5' } })
    const one = await beginSession(hub)
    const two = await beginSession(hub, { accountId: one.accountId })
    await useUp(hub, 'GET', '/sessions', one.accessToken)

    const answer = await hub.fetch('GET', '/sessions', { token: two.accessToken })

    expectError(answer, 429, 'rate_limited')
  })
})

describe('DELETE /sessions', () => {
  it.each(['', '?keep=current'])(
    '%s ends a device that was let in and has yet to come',
    async (query) => {
      await using hub = await startHub()
      const codes = await askForCodes(hub)
      await new DevicePerson(hub).approve(codes)
      const accountId = await onlyAccount(hub)
      const { accessToken: token } = await beginSession(hub, { accountId })

      expect((await hub.fetch('DELETE', `/sessions${query}`, { token })).status).toBe(204)

      const { status, body } = await poll(hub, codes)
      expect([status, body.access_token]).toEqual([400, undefined])
      expect(await liveSessions(hub)).toBe(query === '' ? 0 : 1)
    },
  )

  it.each(['', '?keep=current'])(
    '%s ends a login whose code has yet to be redeemed',
    async (query) => {
      await using stubbed = await startWithStub()
      const { hub } = stubbed
      await using thief = await OAuthClient.listen(hub)
      const { code } = await thief.logIn()
      const accountId = await onlyAccount(hub)
      const { accessToken: token } = await beginSession(hub, { accountId })

      expect((await hub.fetch('DELETE', `/sessions${query}`, { token })).status).toBe(204)

      const { status, body } = await thief.redeem(code)
      expect([status, body.error]).toEqual([400, 'invalid_grant'])
      expect(await liveSessions(hub)).toBe(query === '' ? 0 : 1)
    },
  )

  it('leaves the codes of others alone', async () => {
    await using hub = await startHub()
    const codes = await askForCodes(hub)
    await new DevicePerson(hub).approve(codes)
    const { accessToken: token } = await beginSession(hub)

    expect((await hub.fetch('DELETE', '/sessions', { token })).status).toBe(204)

    expect((await poll(hub, codes)).status).toBe(200)
  })
})

describe('a code that comes a second time', () => {
  it('ends its session and is written down, both or neither', async () => {
    await using stubbed = await startWithStub()
    const { hub } = stubbed
    await using client = await OAuthClient.listen(hub)
    const { code } = await client.logIn({}, new Browser())
    const { access_token: token } = (await client.redeem(code)).body
    await breakTheTrail(hub)

    expect((await client.redeem(code)).status).toBe(503)
    expect((await hub.fetch('GET', '/users/me', { token })).status).toBe(200)

    await hub.database.query('DROP TRIGGER refuse ON audit_events')
    expect((await client.redeem(code)).body.error).toBe('invalid_grant')
    expectError(await hub.fetch('GET', '/users/me', { token }), 401, 'session_ended')
    const events = await hub.database.query(`SELECT FROM audit_events WHERE kind = 'code_replayed'`)
    expect(events).toHaveLength(1)
  })
})

/** From here on Postgres has no room for what is written down of a code's second use. */
async function breakTheTrail({ database }: TestHub): Promise<void> {
  await database.query(
    `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = '53100'; END $$`,
  )
  await database.query(
    `CREATE TRIGGER refuse BEFORE INSERT ON audit_events
       FOR EACH ROW WHEN (NEW.kind = 'code_replayed') EXECUTE FUNCTION refuse()`,
  )
}

async function liveSessions({ database }: TestHub): Promise<number> {
  return (await database.query('SELECT FROM sessions WHERE revoked_at IS NULL')).length
}
