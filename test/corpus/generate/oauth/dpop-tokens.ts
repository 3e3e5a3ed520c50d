import {
  INVALID_GRANT,
  OAuthCaseList,
  type OAuthFile,
  type SentProof,
  type Expected,
} from './oauth-case.js'

const RFC = 'RFC 9449 §5'
const BOUND: Expected = { status: 200, token_type: 'DPoP' }
const BAD_PROOF: Expected = { status: 400, error: 'invalid_dpop_proof', code: 'invalid_dpop_proof' }
const USE_NONCE: Expected = { status: 400, error: 'use_dpop_nonce', code: 'use_dpop_nonce' }

/** O10: keys at the token endpoint. */
export function dpopTokenCases(): OAuthFile {
  const list = new OAuthCaseList('O10', 'DPoP at the token endpoint', RFC)
  addProofs(list)
  addThumbprints(list)
  addRefreshes(list)
  return list.file
}

function addProofs(list: OAuthCaseList): void {
  const add = (proof: SentProof, expect: Expected, why: string, source = RFC): void =>
    list.add({ mine: 'returned', request: { do: 'redeem', proof }, expect, why, source })
  add({ key: 'p-256' }, BOUND, 'a proof binds the session to its key')
  add({ key: 'ed25519' }, BOUND, 'Ed25519')
  add({ key: 'rsa-2048' }, BOUND, 'RSA')
  add({ key: 'p-256', method: 'GET' }, BAD_PROOF, 'a proof for GET')
  add({ key: 'p-256', path: '/refresh' }, BAD_PROOF, 'a proof for another endpoint')
  add({ key: 'p-256', path: '/api/v1/token' }, BAD_PROOF, 'a proof for another spelling of this one')
  add({ key: 'p-256', path: '/token?x=1' }, BOUND, 'the query does not count', 'RFC 9449 §4.2')
  add({ key: 'p-256', text: '' }, BAD_PROOF, 'an empty header')
  add({ key: 'p-256', text: 'x' }, BAD_PROOF, 'what is no proof')
  add({ key: 'p-256', text: '{proof}, {proof}' }, BAD_PROOF, 'two proofs', 'RFC 9449 §4.3')
  add({ key: 'p-256', text: '{mine.code}' }, BAD_PROOF, 'the code for a proof')
  add({ key: 'p-256', slow: 120 }, USE_NONCE, 'a clock two minutes slow', 'RFC 9449 §8')
  add({ key: 'p-256', slow: -120 }, USE_NONCE, 'a clock two minutes fast', 'RFC 9449 §8')
  add({ key: 'p-256', slow: 50 }, BOUND, 'a clock nearly a minute slow')
  add({ key: 'p-256', slow: 86_400, nonce: 'of this hub' }, BOUND, 'a clock a day slow, with a nonce', 'RFC 9449 §8')
  add({ key: 'p-256', nonce: 'made up' }, USE_NONCE, 'a nonce the hub never made', 'RFC 9449 §8')
  list.add({
    mine: 'returned',
    then: [{ do: 'redeem', body: { grant_type: 'password' }, proof: { key: 'p-256', again: 'one' } }],
    request: { do: 'redeem', proof: { key: 'p-256', again: 'one' } },
    expect: BAD_PROOF,
    why: 'a proof a second time',
    source: 'RFC 9449 §11.1',
  })
  list.add({
    mine: 'returned',
    then: [{ do: 'redeem', proof: { key: 'p-256', slow: 120 } }],
    request: { do: 'redeem', proof: { key: 'p-256' } },
    expect: BOUND,
    why: 'a refused proof does not use the code up: the client comes again with a nonce',
    source: 'RFC 9449 §8',
  })
}

function addThumbprints(list: OAuthCaseList): void {
  const source = 'RFC 9449 §10'
  const add = (proof: SentProof | null, expect: Expected, why: string): void =>
    list.add({
      mine: 'returned',
      begun_with: { dpop_jkt: '{jkt p-256}' },
      request: { do: 'redeem', ...(proof ? { proof } : {}) },
      expect,
      why,
      source,
    })
  add({ key: 'p-256' }, BOUND, 'the key that the login named')
  add({ key: 'ed25519' }, INVALID_GRANT, 'another key than the login named')
  add(null, INVALID_GRANT, 'no key, where the login named one')
}

function addRefreshes(list: OAuthCaseList): void {
  const add = (proof: SentProof | null, expect: Expected, why: string, door: 'refresh' | 'refresh classic' = 'refresh'): void =>
    list.add({
      mine: 'redeemed',
      bound_to: 'p-256',
      request: { do: door, ...(proof ? { proof } : {}) },
      expect,
      why,
      source: RFC,
    })
  const path = '/refresh'
  const live = { session: 'live' } as const
  add({ key: 'p-256' }, { ...BOUND, ...live }, 'a refresh by the key')
  add({ key: 'ed25519' }, { ...BAD_PROOF, ...live }, 'a refresh by another key')
  add(null, { ...BAD_PROOF, ...live }, 'a refresh without a proof')
  add({ key: 'p-256', path }, { ...BAD_PROOF, ...live }, 'a refresh with the proof for /refresh')
  add({ key: 'p-256', slow: 120 }, { ...USE_NONCE, ...live }, 'a refresh by a slow clock')
  add({ key: 'p-256', path }, { ...BOUND, ...live }, 'at /refresh by the key', 'refresh classic')
  const required = { status: 401, code: 'dpop_required', ...live }
  add(null, required, 'at /refresh without a proof', 'refresh classic')
  add({ key: 'ed25519', path }, required, 'at /refresh by another key', 'refresh classic')
  list.add({
    mine: 'redeemed',
    request: { do: 'refresh', proof: { key: 'p-256' } },
    expect: { ...INVALID_GRANT, ...live },
    why: 'a proof cannot bind a session that began without, and must not seem to',
    source: RFC,
  })
  const ask = (proof: SentProof | null, expect: Expected, why: string): void =>
    list.add({
      mine: 'redeemed',
      bound_to: 'p-256',
      request: { do: 'ask', ...(proof ? { proof } : {}) },
      expect,
      why,
      source: 'RFC 9449 §7.1',
    })
  ask({ key: 'p-256' }, { status: 200 }, 'the bound token with a proof')
  ask(null, { status: 401, code: 'dpop_required' }, 'the bound token as Bearer')
  ask({ key: 'ed25519' }, { status: 401, code: 'invalid_dpop_proof' }, 'the bound token, stolen: another key signs')
}
