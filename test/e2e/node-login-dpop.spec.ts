import { generateKeyPairSync, type KeyObject } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'

import { dpopHeaders, dpopProof, thumbprint } from '../support/dpop.js'
import { expectError } from '../support/error-oracle.js'
import { startHub, type TestHub } from '../support/hub.js'
import { logIn } from '../support/node-login.js'
import { poolKey, selfSigned } from '../support/x509.js'

const p256 = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

describe('a login by the node key with DPoP', () => {
  const PATH = '/auth/node/verify'

  function withProof(hub: TestHub, key: KeyObject): { headers: Record<string, string> } {
    return { headers: { dpop: dpopProof(hub, key, { method: 'POST', path: PATH, token: null }) } }
  }

  it.each([
    ['RSA-2048', () => poolKey(0)],
    ['P-256', p256],
    ['Ed25519', () => generateKeyPairSync('ed25519').privateKey],
  ])('binds its tokens to the node’s %s key', async (_type, make) => {
    await using hub = await startHub()
    const key = make()
    const { identity } = await hub.provenNode({ key })

    const { status, body } = await logIn(hub, identity, withProof(hub, key))

    expect([status, body.token_type]).toEqual([200, 'DPoP'])
    const token = body.access_token
    const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString())
    expect(claims.cnf).toEqual({ jkt: await thumbprint(key) })
    expectError(await hub.fetch('GET', '/users/me', { token }), 401, 'dpop_required')
    const headers = dpopHeaders(hub, key, { method: 'GET', path: '/users/me', token })
    expect((await hub.fetch('GET', '/users/me', { headers })).status).toBe(200)
  })

  it('is refused for another key than the node’s', async () => {
    await using hub = await startHub()
    const { identity } = await hub.provenNode()

    const answer = await logIn(hub, identity, withProof(hub, p256()))

    expectError(answer, 400, 'dpop_key_mismatch')
  })

  it('tells nobody but the key’s holder that it is another key', async () => {
    await using hub = await startHub()
    const proven = await hub.provenNode()
    const stranger = { ...selfSigned(), nodeId: proven.identity.nodeId }

    const answer = await logIn(hub, stranger, withProof(hub, p256()))

    expectError(answer, 401, 'node_login_refused')
  })

  it('is refused with a proof that is no good, and may try again', async () => {
    await using hub = await startHub()
    const key = p256()
    const { identity } = await hub.provenNode({ key })
    const other = dpopProof(hub, key, { method: 'POST', path: '/nodes', token: null })

    const answer = await logIn(hub, identity, { headers: { dpop: other } })

    expectError(answer, 401, 'invalid_dpop_proof')
    expect((await logIn(hub, identity, withProof(hub, key))).status).toBe(200)
  })
})
