import { createPublicKey, type KeyObject, randomUUID } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'

import { corpusKey } from '../corpus/generate/case.js'
import { Browser } from '../support/browser.js'
import { type Answer, startHub, type TestHub } from '../support/hub.js'
import { COMPACT, keySigner, signJws, spell } from '../support/jws.js'
import { OAuthClient, postForm, startWithStub } from '../support/oauth-client.js'
import { poolKey } from '../support/x509.js'

const WELL_KNOWN = '/.well-known/oauth-authorization-server'
const OTHER_GRANTS = [
  'password',
  'client_credentials',
  'implicit',
  'urn:ietf:params:oauth:grant-type:jwt-bearer',
]

/** One key for each algorithm that a proof could name, those that are not taken included. */
const KEYS: Readonly<Record<string, KeyObject>> = {
  ES256: corpusKey('ec-prime256v1'),
  ES384: corpusKey('ec-secp384r1'),
  EdDSA: corpusKey('ed25519'),
  Ed25519: corpusKey('ed25519'),
  PS256: poolKey(0),
  PS512: poolKey(0),
  RS256: poolKey(0),
  RS512: poolKey(0),
}

async function metadataOf(hub: TestHub): Promise<Record<string, any>> {
  const { status, body } = await hub.fetch('GET', WELL_KNOWN)
  expect(status).toBe(200)
  return body
}

/** A request for tokens that is wrong in nothing but its refresh token, signed by this algorithm. */
function askSigned(hub: TestHub, algorithm: string, key: KeyObject): Promise<Answer> {
  const jwk = createPublicKey(key).export({ format: 'jwk' })
  const header = JSON.stringify({ typ: 'dpop+jwt', alg: algorithm, jwk })
  const claims = JSON.stringify({
    jti: randomUUID(),
    htm: 'POST',
    htu: `${hub.url}/token`,
    iat: hub.clock.now() / 1_000,
  })
  const dpop = spell(COMPACT, signJws(header, claims, keySigner(algorithm, key)))
  return postForm(hub, '/token', { grant_type: 'refresh_token', refresh_token: 'x' }, { dpop })
}

describe('the metadata of the authorization server', () => {
  it('names each grant that the token endpoint knows, and no other', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const { grant_types_supported: known } = await metadataOf(hub)

    const errors = new Map<string, string>()
    for (const grant of [...known, ...OTHER_GRANTS]) {
      const { body } = await postForm(hub, '/token', { grant_type: grant, client_id: 'desktop' })
      errors.set(grant, body.error)
    }

    // What is known is refused for the parameters it lacks.
    expect(Object.fromEntries(errors)).toEqual({
      ...Object.fromEntries(known.map((grant: string) => [grant, 'invalid_request'])),
      ...Object.fromEntries(OTHER_GRANTS.map((grant) => [grant, 'unsupported_grant_type'])),
    })
  })

  it('names what a login may ask for, and nothing else is granted', async () => {
    await using running = await startWithStub()
    await using client = await OAuthClient.listen(running.hub)
    const metadata = await metadataOf(running.hub)
    const statusOf = async (change: Record<string, string>): Promise<number> =>
      (await new Browser().open(client.authorizeUrl(change))).status

    for (const type of ['code', 'token', 'id_token', 'code token', 'none']) {
      const isNamed = metadata.response_types_supported.includes(type)
      expect([type, await statusOf({ response_type: type })]).toEqual([type, isNamed ? 302 : 303])
    }
    for (const method of ['S256', 'plain', 'S512']) {
      const isNamed = metadata.code_challenge_methods_supported.includes(method)
      const status = await statusOf({ code_challenge_method: method })
      expect([method, status]).toEqual([method, isNamed ? 302 : 303])
    }
    // The answer comes in the query, whatever is asked for.
    expect(metadata.response_modes_supported).toEqual(['query'])
    const { url } = await client.logIn({ response_mode: 'fragment' })
    expect(new URL(url).hash).toBe('')
  })

  it('names each algorithm that proofs may be signed with, and no other', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const { dpop_signing_alg_values_supported: named } = await metadataOf(hub)

    for (const [algorithm, key] of Object.entries(KEYS)) {
      const { body } = await askSigned(hub, algorithm, key)
      const expected = named.includes(algorithm) ? 'invalid_grant' : 'invalid_dpop_proof'
      expect([algorithm, body.error]).toEqual([algorithm, expected])
    }
    expect(named.filter((algorithm: string) => !(algorithm in KEYS))).toEqual([])
  })

  it('names how callers show who they are: not at all, or by a token', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const metadata = await metadataOf(hub)
    const { accessToken: token } = await hub.signIn()
    const basic = { authorization: `Basic ${Buffer.from('desktop:').toString('base64')}` }

    expect(metadata).toMatchObject({
      token_endpoint_auth_methods_supported: ['none'],
      introspection_endpoint_auth_methods_supported: ['Bearer', 'DPoP'],
    })
    const fields = { grant_type: 'refresh_token', refresh_token: 'x' }
    expect((await postForm(hub, '/token', fields)).body.error).toBe('invalid_grant')
    expect((await postForm(hub, '/token', fields, basic)).body.error).toBe('invalid_client')
    for (const path of ['/oauth/introspect', '/oauth/revoke']) {
      const bearer = { authorization: `Bearer ${token}` }
      expect((await postForm(hub, path, { token: 'x' }, bearer)).status).toBe(200)
      expect((await postForm(hub, path, { token: 'x' }, basic)).status).toBe(401)
    }
  })

  it('is all that a client has to know: it finds the rest there', async () => {
    await using running = await startWithStub()
    const { hub } = running
    await using client = await OAuthClient.listen(hub)
    const found = await metadataOf(hub)

    const url = new URL(found.authorization_endpoint)
    url.search = new URL(client.authorizeUrl()).search
    const visited = await new Browser().follow(url.href, (at) => at.startsWith(client.redirectUri))
    const { code, iss } = client.redirectedTo(visited.at(-1) ?? '')
    const { pathname } = new URL(found.token_endpoint)
    const tokens = await postForm(hub, pathname, {
      grant_type: 'authorization_code',
      code,
      redirect_uri: client.redirectUri,
      client_id: 'desktop',
      code_verifier: client.verifier,
    })

    expect(iss).toBe(found.issuer)
    expect(tokens.status).toBe(200)
    const authorization = { authorization: `Bearer ${tokens.body.access_token}` }
    const fields = { token: tokens.body.access_token }
    const introspected = await postForm(
      hub,
      new URL(found.introspection_endpoint).pathname,
      fields,
      authorization,
    )
    expect(introspected.body).toMatchObject({ active: true, iss, client_id: 'desktop' })
    const { pathname: end } = new URL(found.revocation_endpoint)
    expect((await postForm(hub, end, fields, authorization)).status).toBe(200)
    expect((await postForm(hub, end, fields, authorization)).status).toBe(401)
  })

  it('speaks of PUBLIC_URL, whichever name it was asked under', async () => {
    await using hub = await startHub({ env: { PUBLIC_URL: 'https://hub.example' } })

    const asked = await fetch(`http://127.0.0.1:${hub.config.http.port}${WELL_KNOWN}`)
    const below = await fetch(`http://127.0.0.1:${hub.config.http.port}/api/v1${WELL_KNOWN}`)

    const body = await asked.json()
    expect(body).toMatchObject({
      issuer: 'https://hub.example',
      token_endpoint: 'https://hub.example/token',
    })
    expect(await below.json()).toEqual(body)
  })
})
