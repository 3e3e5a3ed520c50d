import { describe, expect, it } from '@jest/globals'

import { dpopHeaders, dpopProof, thumbprint } from '../support/dpop.js'
import { type Answer, type TestHub } from '../support/hub.js'
import {
  type OAuthClient as Client,
  OAuthClient,
  postForm,
  startWithStub,
} from '../support/oauth-client.js'
import { upgrade } from '../support/test-node.js'
import { poolKey, selfSigned } from '../support/x509.js'

// What docs/oauth-rfcs.md points to and no other test has: DPoP at the endpoints (RFC 9449).
// The proofs themselves are in test/corpus/tokens/dpop.json, the ways to show tokens in jwt.json.

const KEY = poolKey(0)
const OTHER_KEY = poolKey(1)
const INVALID_GRANT = { status: 400, body: { error: 'invalid_grant' } }
const INVALID_PROOF = { status: 400, body: { error: 'invalid_dpop_proof' } }
const ALGORITHMS = 'algs="ES256 EdDSA Ed25519 PS256 RS256"'

/** The header of a request for tokens. */
function proofAt(
  { hub }: Client,
  path = '/token',
  key = KEY,
  claims: Record<string, unknown> = {},
): Record<string, string> {
  return { dpop: dpopProof(hub, key, { method: 'POST', path, token: null, claims }) }
}

/** Tokens bound to the key. */
async function boundTokens(client: Client) {
  const { status, body } = await client.redeem((await client.logIn()).code, {}, proofAt(client))
  expect([status, body.token_type]).toEqual([200, 'DPoP'])
  return body
}

function claimsIn(accessToken: string): Record<string, any> {
  return JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString())
}

describe('the token endpoint with a proof', () => {
  it('binds both tokens to its key, and says so in the token, the answer and the introspection', async () => {
    await using running = await startWithStub()
    const { hub } = running
    await using client = await OAuthClient.listen(hub)
    const tokens = await boundTokens(client)
    const jkt = await thumbprint(KEY)
    const token = tokens.access_token
    const path = '/oauth/introspect'

    const introspected = await postForm(
      hub,
      path,
      { token },
      dpopHeaders(hub, KEY, { method: 'POST', path, token }),
    )
    const again = await client.refresh(tokens.refresh_token, {}, proofAt(client))

    expect(claimsIn(token).cnf).toEqual({ jkt })
    expect(introspected.body).toMatchObject({ active: true, token_type: 'DPoP', cnf: { jkt } })
    expect(again).toMatchObject({ status: 200, body: { token_type: 'DPoP' } })
    expect(claimsIn(again.body.access_token).cnf).toEqual({ jkt })
  })

  it('refreshes a bound session for the holder of its key alone, who loses nothing by the tries of others', async () => {
    await using running = await startWithStub()
    await using client = await OAuthClient.listen(running.hub)
    const { refresh_token: token } = await boundTokens(client)

    expect(await client.refresh(token)).toMatchObject(INVALID_PROOF)
    const byOther = await client.refresh(token, {}, proofAt(client, '/token', OTHER_KEY))
    expect(byOther).toMatchObject(INVALID_PROOF)
    expect((await client.refresh(token, {}, proofAt(client))).status).toBe(200)
  })

  it('gives who proves a key no refresh token that is not bound to it', async () => {
    await using running = await startWithStub()
    await using client = await OAuthClient.listen(running.hub)
    const { body: tokens } = await client.redeem((await client.logIn()).code)
    expect(tokens.token_type).toBe('Bearer')

    const proven = await client.refresh(tokens.refresh_token, {}, proofAt(client))

    expect(proven).toMatchObject(INVALID_GRANT)
    expect(proven.body).not.toHaveProperty('refresh_token')
    expect((await client.refresh(tokens.refresh_token)).body.token_type).toBe('Bearer')
  })

  it('keeps a code for the key that the login named (dpop_jkt)', async () => {
    await using running = await startWithStub()
    await using client = await OAuthClient.listen(running.hub)
    const named = { dpop_jkt: await thumbprint(KEY) }
    const codeOf = async () => (await client.logIn(named)).code

    expect(await client.redeem(await codeOf())).toMatchObject(INVALID_GRANT)
    const byOther = await client.redeem(await codeOf(), {}, proofAt(client, '/token', OTHER_KEY))
    expect(byOther).toMatchObject(INVALID_GRANT)
    expect((await client.redeem(await codeOf(), {}, proofAt(client))).body.token_type).toBe('DPoP')
  })

  it('refuses a proof that is wrong with invalid_dpop_proof, and takes a good one once', async () => {
    await using running = await startWithStub()
    await using client = await OAuthClient.listen(running.hub)
    const { code } = await client.logIn()
    const good = proofAt(client)

    for (const headers of [
      { dpop: 'x' },
      { dpop: '' },
      { dpop: `${good.dpop}, ${proofAt(client).dpop}` },
      proofAt(client, '/refresh'),
      proofAt(client, '/token', KEY, { htm: 'GET' }),
      proofAt(client, '/token', KEY, { htu: 'https://evil.example/token' }),
      proofAt(client, '/token', KEY, { jti: undefined }),
    ]) {
      expect(await client.redeem(code, {}, headers)).toMatchObject(INVALID_PROOF)
    }
    expect((await client.redeem(code, {}, good)).body.token_type).toBe('DPoP')
    expect(await client.redeem(code, {}, good)).toMatchObject(INVALID_PROOF)
  })
})

describe('a proof by a clock that is wrong', () => {
  it('is answered with a nonce, and taken with it, where tokens are given out', async () => {
    await using running = await startWithStub()
    await using client = await OAuthClient.listen(running.hub)
    const { code } = await client.logIn()
    const iat = Math.floor(client.hub.clock.now() / 1_000) - 86_400

    const refused = await client.redeem(code, {}, proofAt(client, '/token', KEY, { iat }))
    const nonce = nonceOf(refused)
    const odd = await client.redeem(
      code,
      {},
      proofAt(client, '/token', KEY, { nonce: `${nonce}x` }),
    )
    const taken = await client.redeem(code, {}, proofAt(client, '/token', KEY, { iat, nonce }))

    for (const { status, body } of [refused, odd]) {
      expect([status, body.error]).toEqual([400, 'use_dpop_nonce'])
    }
    expect(taken).toMatchObject({ status: 200, body: { token_type: 'DPoP' } })
  })

  it('is answered with a nonce, and taken with it, at the routes and at the socket', async () => {
    await using running = await startWithStub()
    const { hub } = running
    await using client = await OAuthClient.listen(hub)
    const { access_token: token } = await boundTokens(client)
    await register(hub, token)
    const iat = Math.floor(hub.clock.now() / 1_000) + 86_400
    const headersAt = (path: string, claims: Record<string, unknown>) =>
      dpopHeaders(hub, KEY, { method: 'GET', path, token, claims })
    const refused = [
      await hub.fetch('GET', '/users/me', { headers: headersAt('/users/me', { iat }) }),
      (await upgrade(hub.socketUrl, headersAt('/ws/signal', { iat }))).refused,
    ]

    for (const answer of refused) {
      expect(answer).toMatchObject({ status: 401, body: { error_code: 'use_dpop_nonce' } })
      expect(answer?.headers.get('www-authenticate')).toBe(
        `DPoP error="use_dpop_nonce", ${ALGORITHMS}, Bearer`,
      )
    }
    const nonce = nonceOf(refused[1])
    const me = headersAt('/users/me', { iat, nonce })
    expect((await hub.fetch('GET', '/users/me', { headers: me })).status).toBe(200)
    const { socket } = await upgrade(hub.socketUrl, headersAt('/ws/signal', { iat, nonce }))
    expect(await socket?.next()).toMatchObject({ type: 'auth_ok' })
  })
})

describe('a token that is bound to a key', () => {
  it('is refused without a proof over it by that key, at the routes and at the socket alike', async () => {
    await using running = await startWithStub()
    const { hub } = running
    await using client = await OAuthClient.listen(hub)
    const { access_token: token } = await boundTokens(client)
    const { access_token: second } = await boundTokens(client)
    await register(hub, token)

    const ask = async (path: string, headers: Record<string, string>) =>
      path === '/ws/signal'
        ? (await upgrade(hub.socketUrl, headers)).refused
        : hub.fetch('GET', path, { headers })
    for (const path of ['/users/me', '/ws/signal']) {
      const request = { method: 'GET', path, token }
      const swapped = dpopProof(hub, KEY, { method: 'GET', path, token: second })
      const byOther = dpopProof(hub, OTHER_KEY, request)
      for (const [scheme, dpop, word] of [
        ['Bearer', dpopProof(hub, KEY, request), 'invalid_token'],
        ['DPoP', swapped, 'invalid_dpop_proof'],
        ['DPoP', byOther, 'invalid_dpop_proof'],
      ] as const) {
        const answer = await ask(path, { authorization: `${scheme} ${token}`, dpop })
        expect(answer?.status).toBe(401)
        expect(answer?.headers.get('www-authenticate')).toBe(
          `DPoP error="${word}", ${ALGORITHMS}, Bearer`,
        )
      }
    }
    const { socket } = await upgrade(
      hub.socketUrl,
      dpopHeaders(hub, KEY, { method: 'GET', path: '/ws/signal', token }),
    )
    expect(await socket?.next()).toMatchObject({ type: 'auth_ok' })
  })
})

/** Registers the node of the key, so that its session may open the socket. */
async function register(hub: TestHub, token: string): Promise<void> {
  const { nodeId, publicKeyPem, certificatePem } = selfSigned({ key: KEY })
  const path = '/register-node-id'
  const { status } = await hub.fetch('POST', path, {
    body: { node_id: nodeId, public_key: publicKeyPem, certificate: certificatePem },
    headers: dpopHeaders(hub, KEY, { method: 'POST', path, token }),
  })
  expect(status).toBe(200)
}

/** The one nonce of an answer that nobody may store. */
function nonceOf(answer: Answer | null | undefined): string {
  expect(answer?.headers.get('cache-control')).toBe('no-store')
  // Two headers would be joined by a comma, which the syntax of a nonce has no use for here.
  expect(answer?.headers.get('dpop-nonce')).toMatch(/^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]+$/)
  return answer?.headers.get('dpop-nonce') ?? ''
}
