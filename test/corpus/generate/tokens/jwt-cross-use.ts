import { JwtCaseList, type SentProof } from './jwt-case.js'

/** J5: what is somebody's, but no access token. */
export function crossUseCases(): JwtCaseList {
  const list = new JwtCaseList('J5')
  const source = 'RFC 8725 §3.12; CONTRACT §4.5'
  list.add({ why: 'a refresh token', source, taken: 'refresh token' })
  list.add({ why: 'a refresh token of another hub', source, taken: 'refresh token of another hub' })
  list.add({ why: 'an access token of another hub', source, taken: 'access token of another hub' })
  list.add({
    why: 'a token of another hub that calls itself us',
    source,
    signature: { by: 'secret', bits: 256, secret: 'the secret of another hub' },
  })
  list.add({
    why: 'a token of another hub that was set up with our secret',
    source,
    claims: { iss: 'https://other.example' },
  })
  list.add({ why: 'a DPoP proof by the node key', source, taken: 'DPoP proof by the node key' })
  list.add({ why: 'the id of the session', source, taken: 'id of the session' })
  list.add({ why: 'the id of the node', source, taken: 'id of the node' })
  list.add({ why: 'the id of the account', source, taken: 'id of the account' })
  const access = { expect: 'invalid_refresh_token', ways: ['refresh'] } as const
  list.add({
    why: 'an access token where a refresh token belongs',
    source,
    taken: 'access token',
    ...access,
  })
  list.add({
    why: 'a refresh token of another hub where one of ours belongs',
    source,
    taken: 'refresh token of another hub',
    ...access,
  })
  list.add({
    why: 'the id of a session where its refresh token belongs',
    source,
    taken: 'id of the session',
    ...access,
  })
  addOpaque(list)
  addForeign(list)
  addSchemes(list)
  addBound(list)
  return list
}

/** Texts of the right form; the hub knows none of them by their text alone. */
function addOpaque(list: JwtCaseList): void {
  const texts: readonly [input: string, why: string][] = [
    ['q3Vn0mYw2Hk5b8sXt7Lr1ZcJf6PdGaEiOuQyTzNxBvM', 'an authorization code'],
    ['Xb1mVt5rQe8yUw2nZk7cLp0sHj3gFd6aRo9iTxYzWuE', 'a device code'],
    ['BCDF-GHJK', 'a code that a person types'],
    ['d2Vic29ja2V0LXRpY2tldC1vbmUtdXNlLTMwLXM', 'a ticket for a socket'],
    ['c3RhdGUtb2YtYS1sb2dpbi1vZi1hLWJyb3dzZXI', 'the state of a login'],
    ['YWxpY2U6c2VjcmV0', 'credentials of the Basic scheme'],
    ['null', 'the text null'],
    ['undefined', 'the text undefined'],
    ['[object Object]', 'the text of an object'],
  ]
  for (const [input, why] of texts) list.add({ why, source: 'CONTRACT §1', input })
}

function addForeign(list: JwtCaseList): void {
  list.add({
    why: "a provider's access token",
    source: 'CONTRACT §4.11',
    input: 'gho_16C7e42F292c6912E7710c838347Ae178B4a',
  })
  list.add({
    why: 'the example of RFC 7519, as every tutorial has it',
    source: 'RFC 7519 §3.1',
    input:
      'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
  })
  list.add({
    why: "a provider's id_token",
    source: 'CONTRACT §4.11',
    header: { alg: 'RS256', typ: 'JWT', kid: 'google' },
    claims: {
      iss: 'https://accounts.google.com',
      aud: 'client.apps.googleusercontent.com',
      sid: undefined,
    },
    signature: { by: 'key', key: 'rsa', algorithm: 'RS256' },
  })
}

/** How the token comes along; over the socket's query and frames there is no scheme. */
function addSchemes(list: JwtCaseList): void {
  const add = (why: string, authorization: string): void =>
    list.add({
      why,
      source: 'RFC 6750 §2.1',
      taken: 'access token',
      authorization,
      ways: ['header', 'upgrade'],
    })
  add('a good token under the scheme Basic', 'Basic {token}')
  add('a good token under the scheme Token', 'Token {token}')
  add('a good token without a scheme', '{token}')
  add('a good token and no space', 'Bearer{token}')
  add('two tokens', 'Bearer {token}, Bearer {token}')
  add('the scheme twice', 'Bearer Bearer {token}')
  add('a parameter', 'Bearer token="{token}"')
  add('a scheme that begins otherwise', 'xBearer {token}')
}

/** The token of a session that is bound to a key is worth nothing to who stole it. */
function addBound(list: JwtCaseList): void {
  const source = 'RFC 9449 §7.1, §7.2'
  const bound = 'access token of a session bound to the node key'
  const required = { source, taken: bound, expect: 'dpop_required' } as const
  list.add({ ...required, why: 'a bound token as a bearer token' })
  list.add({
    ...required,
    why: 'a bound token as a bearer token, with a good proof: the scheme decides',
    proof: 'good',
    ways: ['header', 'upgrade'],
  })
  list.add({
    ...required,
    why: 'the refresh token of a bound session without a proof',
    source: 'RFC 9449 §5',
    taken: 'refresh token of a session bound to the node key',
    ways: ['refresh'],
  })
  const headers = { source, authorization: 'DPoP {token}', ways: ['header', 'upgrade'] } as const
  const refused = (why: string, proof: SentProof): void =>
    list.add({ ...headers, why, taken: bound, proof, expect: 'invalid_dpop_proof' })
  refused('a bound token and no proof', 'no proof')
  refused('a bound token and a proof by another key', 'by another key')
  refused('a bound token and a proof that was made with another token', 'with another token')
  refused('a bound token and a proof for another path', 'with another path')
  refused('a bound token and a proof for another method', 'with another method')
  refused('a bound token and two proofs', 'twice')
  list.add({
    ...headers,
    why: 'a bound token and a proof of an hour ago',
    taken: bound,
    proof: 'of an hour ago',
    expect: 'use_dpop_nonce',
  })
  list.add({
    ...headers,
    why: 'a bearer token under the scheme DPoP',
    taken: 'access token',
    proof: 'good',
  })
  list.add({
    ...headers,
    why: 'a refresh token under the scheme DPoP',
    taken: 'refresh token of a session bound to the node key',
    proof: 'good',
  })
}
