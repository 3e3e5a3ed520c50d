import { describe, expect, it } from '@jest/globals'

import {
  askForCodes,
  DEVICE_GRANT,
  DevicePerson,
  poll,
  pollWord,
  sendForm,
  textOf,
} from '../support/device.js'
import { dpopHeaders, dpopProof, thumbprint } from '../support/dpop.js'
import { startHub, type TestHub } from '../support/hub.js'
import { poolKey } from '../support/x509.js'

const HOME = { 'x-forwarded-for': '203.0.113.77' }
const ELSEWHERE = { 'x-forwarded-for': '198.51.100.9' }

/** One device let in by one person; the tokens it got. */
async function connect(hub: TestHub, person = new DevicePerson(hub)) {
  const codes = await askForCodes(hub)
  await person.approve(codes)
  const { status, body } = await poll(hub, codes)
  expect(status).toBe(200)
  return { codes, ...(body as { access_token: string; refresh_token: string }) }
}

describe('a device without a browser', () => {
  it('gets tokens after its person typed its code, logged in and approved', async () => {
    await using hub = await startHub()
    const person = new DevicePerson(hub, 'bob@example.org')

    const codes = await askForCodes(hub, HOME)
    expect(await pollWord(hub, codes)).toBe('authorization_pending')

    const shown = await person.type(codes.user_code)
    expect([shown.status, textOf(shown)]).toEqual([200, expect.stringContaining(codes.user_code)])
    const question = await person.logIn(shown)
    expect(question.url).toContain('/device/confirm?state=')
    expect(textOf(question)).toContain('logged in as bob@example.org (Google)')
    hub.clock.advance({ seconds: 5 })
    expect(await pollWord(hub, codes)).toBe('authorization_pending')
    const done = await person.answer(question, 'approve')
    expect([done.status, textOf(done)]).toEqual([
      200,
      expect.stringContaining('Go back to your device'),
    ])

    hub.clock.advance({ seconds: 5 })
    const { status, body, headers } = await poll(hub, codes)
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 1_800,
      refresh_token: expect.any(String),
    })
    const me = await hub.fetch('GET', '/users/me', { token: body.access_token })
    expect(me.body).toMatchObject({ email: 'bob@example.org', provider: 'google' })
  })

  it('speaks JSON as well, and below /api/v1', async () => {
    await using hub = await startHub()
    const { body: codes } = await hub.fetch('POST', '/api/v1/oauth/device', {
      body: { client_id: 'desktop' },
    })
    await new DevicePerson(hub).approve(codes)

    const { status, body } = await hub.fetch('POST', '/api/v1/token', {
      body: { grant_type: DEVICE_GRANT, client_id: 'desktop', device_code: codes.device_code },
    })

    expect([status, body.token_type]).toEqual([200, 'Bearer'])
  })

  it('is a session of its person: listed by client and network, told in their events, ended by them', async () => {
    await using hub = await startHub()
    const person = new DevicePerson(hub)
    const first = await connect(hub, person)
    const codes = await askForCodes(hub, HOME)
    await person.approve(codes)

    const { body: tokens } = await poll(hub, codes, ELSEWHERE)

    const token = first.access_token
    const { body: listed } = await hub.fetch('GET', '/sessions', { token })
    const newer = listed.sessions.find((each: { current: boolean }) => !each.current)
    expect(newer).toMatchObject({ client: 'desktop', place: '198.51.100.0/24' })
    const { body: told } = await hub.fetch('GET', '/me/events', { token })
    expect(told.events[0]).toMatchObject({
      kind: 'login',
      detail: { client: 'desktop', method: 'device', place: '198.51.100.0/24' },
    })
    expect((await hub.fetch('DELETE', `/sessions/${newer.id}`, { token })).status).toBe(204)
    const after = await hub.fetch('GET', '/users/me', { token: tokens.access_token })
    expect(after).toMatchObject({ status: 401, body: { error_code: 'session_ended' } })
  })

  it('refreshes its tokens like any other client', async () => {
    await using hub = await startHub()
    const { refresh_token } = await connect(hub)

    const refreshed = await sendForm(hub, '/token', {
      grant_type: 'refresh_token',
      client_id: 'desktop',
      refresh_token,
    })

    expect(refreshed.status).toBe(200)
    hub.tokens.push(refreshed.body.access_token, refreshed.body.refresh_token)
    const token = refreshed.body.access_token
    expect((await hub.fetch('GET', '/users/me', { token })).status).toBe(200)
  })

  it('may not do what needs a fresh login, however young its session is', async () => {
    await using hub = await startHub()
    const { access_token: token } = await connect(hub)

    for (const path of ['/sessions', '/profile']) {
      expect(await hub.fetch('DELETE', path, { token })).toMatchObject({
        status: 403,
        body: { error_code: 'fresh_login_required' },
      })
    }
    expect((await hub.fetch('GET', '/users/me', { token })).status).toBe(200)
  })

  it('that asked with its node key gets tokens that are good with that key alone', async () => {
    await using hub = await startHub()
    const [key, other] = [poolKey(0), poolKey(1)]
    const proofFor = (path: string, by = key) => ({
      dpop: dpopProof(hub, by, { method: 'POST', path, token: null }),
    })
    const codes = await askForCodes(hub, proofFor('/oauth/device'))
    await new DevicePerson(hub).approve(codes)

    expect(await pollWord(hub, codes)).toBe('invalid_grant')
    expect(await pollWord(hub, codes, proofFor('/token', other))).toBe('invalid_grant')
    const { status, body } = await poll(hub, codes, proofFor('/token'))

    expect([status, body.token_type]).toEqual([200, 'DPoP'])
    const { access_token: token } = body
    const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString())
    expect(claims.cnf).toEqual({ jkt: await thumbprint(key) })
    expect((await hub.fetch('GET', '/users/me', { token })).body.error_code).toBe('dpop_required')
    const proven = { method: 'GET', path: '/users/me', token }
    const headers = dpopHeaders(hub, key, proven)
    expect((await hub.fetch('GET', '/users/me', { headers })).status).toBe(200)
  })

  it('may choose its key when it comes for the tokens', async () => {
    await using hub = await startHub()
    const codes = await askForCodes(hub)
    await new DevicePerson(hub).approve(codes)
    const proof = dpopProof(hub, poolKey(2), { method: 'POST', path: '/token', token: null })

    expect((await poll(hub, codes, { dpop: proof })).body.token_type).toBe('DPoP')
  })
})

describe('two devices of one person', () => {
  it('are told apart: each gets a session of its own, by its own code', async () => {
    await using hub = await startHub()
    const person = new DevicePerson(hub)
    const [one, two] = [await askForCodes(hub), await askForCodes(hub)]

    await person.answer(await person.goToQuestion(two), 'approve')

    expect(await pollWord(hub, one)).toBe('authorization_pending')
    expect(await pollWord(hub, two)).toBe('tokens')
    await person.answer(await person.goToQuestion(one), 'deny')
    expect(await pollWord(hub, one)).toBe('access_denied')
  })
})
