import { describe, expect, it } from '@jest/globals'

import { Browser } from '../support/browser.js'
import { askForCodes, DevicePerson, poll } from '../support/device.js'
import { expectError } from '../support/error-oracle.js'
import { type Answer, startHub, type TestHub } from '../support/hub.js'
import { OAuthClient, startWithStub } from '../support/oauth-client.js'
import { beginSession, refresh } from '../support/sessions.js'

const ROUNDS = 25

/** The one account there is. */
async function onlyAccount({ database }: TestHub): Promise<number> {
  const rows = await database.query<{ id: string }>('SELECT id FROM accounts')
  expect(rows).toHaveLength(1)
  return Number(rows[0]?.id)
}

/** The account is deleted while its login is redeemed; which of the two was first nobody can say. */
async function race(hub: TestHub, redeem: () => Promise<Answer>): Promise<Answer> {
  const accountId = await onlyAccount(hub)
  const { accessToken: token } = await beginSession(hub, { accountId })
  const [deleted, redeemed] = await Promise.all([hub.fetch('DELETE', '/me', { token }), redeem()])

  expect([deleted.status, deleted.body.error_code]).toEqual([200, undefined])
  expect([200, 400]).toContain(redeemed.status)
  for (const table of ['accounts', 'identities', 'sessions', 'authorization_codes', 'audit_events'])
    expect([table, await hub.database.query(`SELECT FROM ${table}`)]).toEqual([table, []])
  expect(await hub.database.query('SELECT FROM device_codes WHERE account_id IS NOT NULL')).toEqual(
    [],
  )
  if (redeemed.status === 200) await expectDead(hub, redeemed)
  else expect(redeemed.body.error).toMatch(/^(invalid_grant|expired_token)$/)
  return redeemed
}

async function expectDead(hub: TestHub, { body }: Answer): Promise<void> {
  const answer = await hub.fetch('GET', '/users/me', { token: body.access_token })
  expectError(answer, 401, 'session_ended')
  expect(await refresh(hub, body.refresh_token)).toBe(401)
}

describe('DELETE /me while POST /token', () => {
  it('redeems a code of the account: neither stumbles, and the account is gone', async () => {
    await using stubbed = await startWithStub()
    const { hub } = stubbed
    await using client = await OAuthClient.listen(hub)
    for (let round = 0; round < ROUNDS; round++) {
      const { code } = await client.logIn({}, new Browser())

      await race(hub, () => client.redeem(code))
    }
  })

  it('redeems a device code of the account: neither stumbles, and the account is gone', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    for (let round = 0; round < ROUNDS; round++) {
      const codes = await askForCodes(hub)
      await new DevicePerson(hub).approve(codes)

      await race(hub, () => poll(hub, codes))
    }
  })
})
