import { describe, expect, it } from '@jest/globals'

import { askForCodes, pollWord, sendForm } from '../support/device.js'
import { dpopProof } from '../support/dpop.js'
import { type Answer, startHub, type TestHub } from '../support/hub.js'
import { poolKey } from '../support/x509.js'

/** Asks with a form as it stands. */
async function ask(
  hub: TestHub,
  form: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await sendForm(hub, '/oauth/device', form, headers)
  const { device_code, user_code } = answer.body
  // The canary looks for them when the hub stops.
  for (const code of [device_code, user_code]) if (typeof code === 'string') hub.tokens.push(code)
  return answer
}

describe('POST /oauth/device', () => {
  it('gives out two codes, and says where one is typed, how often to poll and for how long', async () => {
    await using hub = await startHub()
    const { status, headers, body } = await ask(hub, 'client_id=desktop')

    expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([
      200,
      'application/json; charset=utf-8',
      'no-store',
    ])
    expect(body).toEqual({
      device_code: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
      verification_uri: `${hub.url}/device`,
      verification_uri_complete: `${hub.url}/device?user_code=${body.user_code}`,
      expires_in: 900,
      interval: 5,
    })
  })

  it('gives nobody the codes of somebody else', async () => {
    await using hub = await startHub()
    const all = [await askForCodes(hub), await askForCodes(hub), await askForCodes(hub)]

    expect(new Set(all.map(({ device_code }) => device_code)).size).toBe(3)
    expect(new Set(all.map(({ user_code }) => user_code)).size).toBe(3)
  })

  it.each([
    ['parameters it does not know', 'client_id=desktop&scope=everything&audience=x&audience=y'],
    ['those without a value', 'client_id=desktop&client_secret=&scope='],
    ['their order and their encoding', 'scope=%C3%A4+b&client_id=%64esktop'],
  ])('does not mind %s', async (_what, form) => {
    await using hub = await startHub()

    expect((await ask(hub, form)).status).toBe(200)
  })

  it.each([
    ['no client', '', 400, 'invalid_request'],
    ['a client without a value', 'client_id=', 400, 'invalid_request'],
    ['the client twice', 'client_id=desktop&client_id=desktop', 400, 'invalid_request'],
    ['a client nobody knows', 'client_id=tv', 400, 'invalid_client'],
    ['a client in another case', 'client_id=Desktop', 400, 'invalid_client'],
    ['the client that has a browser', 'client_id=web', 400, 'unauthorized_client'],
    ['a secret', 'client_id=desktop&client_secret=x', 400, 'invalid_client'],
  ])('refuses %s, in the words of RFC 6749 §5.2', async (_what, form, status, error) => {
    await using hub = await startHub()

    const answer = await ask(hub, form)

    expect([answer.status, answer.body]).toEqual([
      status,
      expect.objectContaining({
        error,
        error_code: error,
        error_description: expect.stringMatching(/^[\x20-\x21\x23-\x5b\x5d-\x7e]{10,}$/),
        detail: expect.any(String),
        request_id: expect.any(String),
      }),
    ])
    expect(await hub.database.query('SELECT 1 FROM device_codes')).toEqual([])
  })

  it('refuses a client that authenticates: there are no secrets', async () => {
    await using hub = await startHub()
    const authorization = `Basic ${Buffer.from('desktop:secret').toString('base64')}`

    const answer = await ask(hub, 'client_id=desktop', { authorization })

    expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client'])
    expect(answer.headers.get('www-authenticate')).toContain('Basic')
  })

  it('refuses a proof that is no good, and gives a nonce to a clock that is wrong', async () => {
    await using hub = await startHub()
    const proof = dpopProof(hub, poolKey(0), { method: 'POST', path: '/token', token: null })
    const foreign = await ask(hub, 'client_id=desktop', { dpop: proof })
    expect([foreign.status, foreign.body.error]).toEqual([400, 'invalid_dpop_proof'])

    const old = dpopProof(hub, poolKey(0), { method: 'POST', path: '/oauth/device', token: null })
    hub.clock.advance({ minutes: 5 })
    const late = await ask(hub, 'client_id=desktop', { dpop: old })
    expect([late.status, late.body.error]).toEqual([400, 'use_dpop_nonce'])
    expect(late.headers.get('dpop-nonce')).toMatch(/^\S+$/)
  })

  it('answers GET with nothing: a link cannot begin it', async () => {
    await using hub = await startHub()

    expect((await hub.fetch('GET', '/oauth/device?client_id=desktop')).status).toBe(404)
  })

  it('lets nobody pile up codes: ten a minute for an address, each for fifteen minutes', async () => {
    await using hub = await startHub()
    const from = (address: string): Promise<Answer> =>
      ask(hub, 'client_id=desktop', { 'x-forwarded-for': address })
    for (let count = 0; count < 10; count++) expect((await from('192.0.2.1')).status).toBe(200)

    expect(await from('192.0.2.1')).toMatchObject({
      status: 429,
      body: { error_code: 'rate_limited' },
    })
    expect((await from('192.0.2.2')).status).toBe(200)
  })

  it('says where it is in the metadata of the hub', async () => {
    await using hub = await startHub()
    const { body } = await hub.fetch('GET', '/.well-known/oauth-authorization-server')

    expect(body.device_authorization_endpoint).toBe(`${hub.url}/oauth/device`)
    expect(body.grant_types_supported).toContain('urn:ietf:params:oauth:grant-type:device_code')
  })

  it('names the page of PUBLIC_URL, whichever name it was asked by', async () => {
    await using hub = await startHub({ env: { PUBLIC_URL: 'https://hub.example' } })
    const response = await fetch(`http://127.0.0.1:${hub.config.http.port}/oauth/device`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'desktop' }),
    })
    const codes: Record<string, string> = JSON.parse(await response.text())
    hub.tokens.push(codes.device_code!, codes.user_code!)

    expect(codes.verification_uri).toBe('https://hub.example/device')
  })
})

describe('a device code', () => {
  it('is pending from the beginning', async () => {
    await using hub = await startHub()

    expect(await pollWord(hub, await askForCodes(hub))).toBe('authorization_pending')
  })
})
