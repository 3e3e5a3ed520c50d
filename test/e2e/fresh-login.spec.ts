import { describe, expect, it } from '@jest/globals'

import type { SessionStart } from '../../src/tokens/session.store.js'
import { expectError } from '../support/error-oracle.js'
import { startHub, type TestHub } from '../support/hub.js'
import { beginSession, type Session } from '../support/sessions.js'

/** What a stolen token must not be enough for, with the status of its success. */
const DANGEROUS: readonly [method: string, path: string, status: number][] = [
  ['DELETE', '/sessions', 204],
  ['DELETE', '/sessions?keep=current', 204],
  ['DELETE', '/me', 200],
  ['DELETE', '/profile', 204],
]

const kinds: readonly [what: string, start: Partial<SessionStart>][] = [
  ['a desktop client', { client: 'desktop' }],
  ['a browser', { client: 'web' }],
  ['a node’s key', { client: 'node', provider: 'node' }],
]

async function isWhole(hub: TestHub, { accessToken: token }: Session): Promise<boolean> {
  return (await hub.fetch('GET', '/users/me', { token })).status === 200
}

describe.each(DANGEROUS)('%s %s', (method, path, status) => {
  it.each(kinds)('is done in a session of %s that began within 5 minutes', async (_what, start) => {
    await using hub = await startHub()
    const { accessToken: token } = await beginSession(hub, start)
    hub.clock.advance({ seconds: 295 })

    expect((await hub.fetch(method, path, { token })).status).toBe(status)
  })

  it.each(kinds)('is refused in a session of %s that is older', async (_what, start) => {
    await using hub = await startHub()
    const session = await beginSession(hub, start)
    const other = await beginSession(hub, { accountId: session.accountId })
    hub.clock.advance({ seconds: 305 })

    const answer = await hub.fetch(method, path, { token: session.accessToken })

    expectError(answer, 403, 'fresh_login_required')
    expect(await isWhole(hub, session)).toBe(true)
    expect(await isWhole(hub, other)).toBe(true)
  })

  it('is refused in a device’s session from the beginning: its person logged in elsewhere', async () => {
    await using hub = await startHub()
    const session = await beginSession(hub, { isFresh: false })

    const answer = await hub.fetch(method, path, { token: session.accessToken })

    expectError(answer, 403, 'fresh_login_required')
    expect(await isWhole(hub, session)).toBe(true)
  })

  it('is not made possible by refreshing an old session, nor by a login in another one', async () => {
    await using hub = await startHub()
    const stolen = await beginSession(hub)
    hub.clock.advance({ minutes: 6 })
    await beginSession(hub, { accountId: stolen.accountId })
    const { body } = await hub.fetch('POST', '/refresh', {
      body: { refresh_token: stolen.refreshToken },
    })
    hub.tokens.push(body.access_token, body.refresh_token)

    const answer = await hub.fetch(method, path, { token: body.access_token })

    expectError(answer, 403, 'fresh_login_required')
    expect(await isWhole(hub, stolen)).toBe(true)
  })

  it('is done after a login, with the token of that login', async () => {
    await using hub = await startHub()
    const old = await beginSession(hub)
    hub.clock.advance({ minutes: 25 })
    const { accessToken: token } = await beginSession(hub, { accountId: old.accountId })

    expect((await hub.fetch(method, path, { token })).status).toBe(status)
  })

  it('is done in a classic session of any age, as its client can do no better', async () => {
    await using hub = await startHub()
    const { refreshToken } = await hub.signIn()
    hub.clock.advance({ days: 29 })
    const { body } = await hub.fetch('POST', '/refresh', { body: { refresh_token: refreshToken } })
    hub.tokens.push(body.access_token, body.refresh_token)

    const token = body.access_token
    expect((await hub.fetch(method, path, { token })).status).toBe(status)
  })
})
