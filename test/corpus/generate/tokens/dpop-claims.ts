import {
  ATH,
  publicJwk,
  SECONDS,
  URL_SENT,
  type DpopAttempt,
  type DpopCaseList,
} from './dpop-case.js'

const OIDC = 'node-oidc-provider test/dpop/dpop.test.js, "validates the DPoP proof JWT is conform"'
const OIDC_RS =
  'node-oidc-provider test/dpop/dpop.test.js, "acts like an RS checking the DPoP proof and thumbprint now"'
const RFC = 'RFC 9449 §4.3'
const YEAR = 365 * 86_400

/** J8: claims, time, replay, spelling, and the ones that must pass. */
export function addDpopClaimCases(list: DpopCaseList): void {
  addRequestCases(list)
  addJtiCases(list)
  addTimeCases(list)
  addReplayCases(list)
  addSpellingCases(list)
  addGoodCases(list)
}

function addRequestCases(list: DpopCaseList): void {
  const htm = (value: unknown, why: string, source = `${RFC} check 8`): void =>
    list.add({ expect: 'htm', why, source, claims: { htm: value } })
  htm('POST', 'DPoP proof htm mismatch', OIDC)
  htm('get', 'methods have case', 'RFC 9110 §9.1')
  htm('', 'an empty method')
  htm(undefined, 'no method')
  htm(['GET'], 'an array of methods')
  const htu = (value: unknown, why: string, source = `${RFC} check 9`): void =>
    list.add({ expect: 'htu', why, source, claims: { htu: value } })
  htu('foo', 'DPoP proof htu mismatch', OIDC)
  htu(undefined, 'no URL')
  htu([URL_SENT], 'an array of URLs')
  htu('/users/me', 'a path is no URL')
  htu('https://evil.example/users/me', 'another host: a proof that was caught there')
  htu('https://hub.example.evil.example/users/me', 'a host that begins as ours does')
  htu('https://hub.example./users/me', 'a host name with a final dot')
  htu('https://hub.example@evil.example/users/me', 'our host as a user name')
  htu('https://user@hub.example/users/me', 'a user name', 'RFC 9110 §4.2.4')
  htu('http://hub.example/users/me', 'another scheme')
  htu('https://hub.example:8443/users/me', 'another port')
  htu('https://hub.example/token', 'another path')
  htu('https://hub.example/users/me/', 'a slash at the end')
  htu('https://hub.example/Users/me', 'the path has case')
  htu('https://hub.example/users%2Fme', 'an escaped slash')
  htu('https://hub.example\\users\\me', 'backslashes')
  htu('https:hub.example/users/me', 'no authority')
  htu(' https://hub.example/users/me', 'a space before it')
  htu('https://hub.example/users/m\te', 'a tab that lenient readers drop')
  htu('https://hub.exa\u00admple/users/me', 'a soft hyphen that lenient readers drop')
  const ath = (value: unknown, why: string, source = `${RFC} check 11`): void =>
    list.add({ expect: 'ath', why, source, claims: { ath: value } })
  ath('RGFzIFRva2VuIGVpbmVzIGFuZGVyZW4gTWVuc2NoZW4', 'DPoP proof ath mismatch', OIDC_RS)
  ath(undefined, 'no hash of the access token')
  ath('', 'an empty hash')
  ath(`${ATH}=`, 'a padded hash')
  ath(Buffer.from(ATH, 'base64url').toString('hex'), 'the hash in hex')
  ath(null, 'the hash null')
}

function addJtiCases(list: DpopCaseList): void {
  const add = (jti: unknown, why: string, source = `${RFC} check 3`): void =>
    list.add({ expect: 'jti', why, source, claims: { jti } })
  add(undefined, 'DPoP proof must have a jti string property', OIDC)
  add('', 'an empty jti')
  add(7, 'a number')
  add(null, 'null')
  add(['a'], 'an array')
  add('j'.repeat(257), '257 characters: what is remembered is bounded', 'RFC 9449 §11.1')
}

function addTimeCases(list: DpopCaseList): void {
  const iat = (seconds: number, why: string, source = 'RFC 9449 §11.1'): void =>
    list.add({ expect: 'use_dpop_nonce', why, source, claims: { iat: SECONDS + seconds } })
  iat(-301, 'DPoP proof iat is not recent enough', OIDC)
  iat(301, 'DPoP proof iat is not recent enough: it is in the future', OIDC)
  iat(-61, 'one second too old')
  iat(61, 'one second too new')
  iat(-60.001, 'a millisecond too old')
  iat(SECONDS * 999, 'milliseconds instead of seconds')
  iat(-SECONDS, 'the epoch')
  iat(-2 * SECONDS, 'before the epoch')
  const type = (value: unknown, why: string): void =>
    list.add({ expect: 'iat', why, source: 'RFC 7519 §4.1.6', claims: { iat: value } })
  type(undefined, 'no iat')
  type(String(SECONDS), 'iat as text')
  type(null, 'iat null')
  list.add({
    expect: 'iat',
    why: 'an iat without end',
    source: 'RFC 7519 §2',
    claimsText: `{"jti":"a","htm":"GET","htu":"${URL_SENT}","iat":1e999,"ath":"${ATH}"}`,
  })
  const nonce = (value: unknown): Partial<DpopAttempt> => ({ claims: { nonce: value } })
  const bad = { expect: 'nonce', source: OIDC } as const
  list.add({ ...bad, why: 'DPoP proof nonce must be a string: null', ...nonce(null) })
  list.add({ ...bad, why: 'DPoP proof nonce must be a string: a number', ...nonce(7) })
  const again = { expect: 'use_dpop_nonce', source: 'RFC 9449 §8, §9' } as const
  list.add({ ...again, why: 'a nonce of nobody', ...nonce('foo') })
  list.add({ ...again, why: 'an empty nonce', ...nonce('') })
  list.add({ ...again, why: 'a nonce of zeros', ...nonce('A'.repeat(51)) })
  list.add({
    ...again,
    why: 'a nonce of another hub',
    nonce: { of: 'another hub', seconds_ago: 0 },
  })
  list.add({
    ...again,
    why: 'a nonce older than three minutes, although iat is good',
    nonce: { of: 'this hub', seconds_ago: 181 },
  })
  const own = 'RFC 7519 §4.1.4, §4.1.5'
  list.add({ expect: 'exp', why: 'past its own exp', source: own, claims: { exp: SECONDS } })
  list.add({ expect: 'exp', why: 'exp as text', source: own, claims: { exp: 'never' } })
  list.add({ expect: 'nbf', why: 'before its own nbf', source: own, claims: { nbf: SECONDS + 61 } })
  list.add({ expect: 'nbf', why: 'nbf null', source: own, claims: { nbf: null } })
}

function addReplayCases(list: DpopCaseList): void {
  const replayed = { expect: 'replayed', source: 'RFC 9449 §11.1' } as const
  list.add({
    ...replayed,
    why: 'DPoP proof JWT Replay detected',
    source: OIDC_RS,
    shownBefore: { as: 'this', seconds_ago: 0 },
  })
  list.add({ ...replayed, why: 'a minute later', shownBefore: { as: 'this', seconds_ago: 60 } })
  list.add({
    ...replayed,
    why: 'another proof with the same jti',
    shownBefore: { as: 'another proof', seconds_ago: 1 },
  })
  list.add({
    ...replayed,
    why: 'two minutes later, its iat a minute ahead at first',
    claims: { iat: SECONDS - 60 },
    shownBefore: { as: 'this', seconds_ago: 120 },
  })
  list.add({
    ...replayed,
    why: 'with a nonce that is still good, its iat wrong by a year',
    claims: { iat: SECONDS - YEAR },
    nonce: { of: 'this hub', seconds_ago: 110 },
    shownBefore: { as: 'this', seconds_ago: 110 },
  })
  list.add({
    ...replayed,
    why: 'the other ECDSA signature of the same text',
    source: 'ECDSA: (r, s) and (r, n - s) verify both',
    signature: { by: 'twin' },
    shownBefore: { as: 'another proof', seconds_ago: 1 },
  })
}

function addSpellingCases(list: DpopCaseList): void {
  const add = (why: string, spelling: string, source = 'RFC 7515 §2, §7.1'): void =>
    list.add({ expect: 'malformed', why, source, key: 'ed25519', spelling })
  add('nothing', '')
  add('no JWS', 'foo')
  add('two parts', '{header}.{payload}')
  add('an empty payload', '{header}..{signature}')
  add('four parts', '{header}.{payload}.{signature}.{signature}')
  add('a dot at the end', '{header}.{payload}.{signature}.')
  add('padding', '{header}.{payload}.{signature}==')
  add('a space before', ' {header}.{payload}.{signature}')
  add('a line end', '{header}.{payload}.{signature}\n')
  add('unused bits of the signature', '{header}.{payload}.{signature^1}')
  add('other unused bits of the signature', '{header}.{payload}.{signature^15}')
  add(
    'JSON serialisation',
    '{"protected":"{header}","payload":"{payload}","signature":"{signature}"}',
  )
  add(
    'two proofs in one header',
    '{header}.{payload}.{signature}, {header}.{payload}.{signature}',
    `${RFC} check 1`,
  )
  add('in quotes', '"{header}.{payload}.{signature}"')
  const text = (why: string, attempt: Partial<DpopAttempt>, source: string): void =>
    list.add({ expect: 'malformed', why, source, ...attempt })
  text('a header that is no JSON', { headerText: 'typ' }, 'RFC 7515 §5.2')
  text('a header that is an array', { headerText: '[]' }, 'RFC 7515 §5.2')
  text('a header that is null', { headerText: 'null' }, 'RFC 7515 §5.2')
  text(
    'a header that is no UTF-8',
    { headerText: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]) },
    'RFC 7515 §5.2',
  )
  text('a header with a byte order mark', { headerText: '\ufeff{}' }, 'RFC 8259 §8.1')
  text('claims that are no JSON', { claimsText: 'claims' }, 'RFC 7519 §7.2')
  text('claims that are an array', { claimsText: '[]' }, 'RFC 7519 §7.2')
  text('claims that are a text', { claimsText: '"a"' }, 'RFC 7519 §7.2')
  list.add({ expect: 'too_long', why: '8,194 characters', source: 'our limit', length: 8_194 })
  list.add({ expect: 'too_long', why: 'half a mebibyte', source: 'our limit', length: 524_288 })
}

function addGoodCases(list: DpopCaseList): void {
  const add = (why: string, attempt: Partial<DpopAttempt> = {}, source = RFC): void =>
    list.add({ expect: 'ok', why, source, ...attempt })
  add('ES256')
  add('EdDSA', { key: 'ed25519' })
  add(
    'Ed25519, the same under its new name',
    { key: 'ed25519', header: { alg: 'Ed25519' } },
    'RFC 9864 §2.2',
  )
  add('RS256', { key: 'rsa-2048' })
  add('PS256', { key: 'rsa-2048', header: { alg: 'PS256' } })
  add('RSA of 3072 bits', { key: 'rsa-3072', header: { alg: 'PS256' } })
  add('RSA of 4096 bits', { key: 'rsa-4096' })
  add('a minute old', { claims: { iat: SECONDS - 60 } }, OIDC)
  add('a minute ahead', { claims: { iat: SECONDS + 60 } }, OIDC)
  add('an iat with a fraction', { claims: { iat: SECONDS - 0.25 } }, 'RFC 7519 §2')
  const nonce = { of: 'this hub', seconds_ago: 30 } as const
  add('a nonce of ours and a good iat', { nonce }, 'RFC 9449 §8')
  add(
    'a nonce of ours and a clock a year behind',
    { nonce, claims: { iat: SECONDS - YEAR } },
    'RFC 9449 §11.1',
  )
  add(
    'a nonce of ours and a clock a year ahead',
    { nonce, claims: { iat: SECONDS + YEAR } },
    'RFC 9449 §11.1',
  )
  add('a nonce of two minutes ago', { nonce: { ...nonce, seconds_ago: 119 } }, 'RFC 9449 §8')
  add('a jti of one character', { claims: { jti: 'j' } })
  add('a jti of 256 characters', { claims: { jti: 'j'.repeat(256) } })
  add(
    'members of the key that say nothing of it',
    {
      jwk: { kid: 'a', use: 'sig', key_ops: ['verify'], ext: true, alg: 'ES256' },
    },
    'RFC 7517 §4',
  )
  add(
    'header members that nobody needs',
    { header: { kid: 'a', cty: 'x', x5t: 'AAAA' } },
    'RFC 7515 §4',
  )
  add('claims that nobody needs', { claims: { sub: 'a', aud: ['b'], scope: 'c' } }, 'RFC 9449 §4.2')
  add(
    'an exp ahead and an nbf behind',
    { claims: { exp: SECONDS + 1, nbf: SECONDS } },
    'RFC 7519 §4.1',
  )
  add(
    'a header member twice: the last counts, here as in every reader of JSON',
    {
      headerText: `{"typ":"JWT","typ":"dpop+jwt","alg":"ES256","jwk":${JSON.stringify(publicJwk('p-256'))}}`,
    },
    'RFC 7515 §4',
  )
  const htu = (value: string, why: string): void =>
    add(why, { claims: { htu: value } }, 'RFC 3986 §6.2.2, §6.2.3')
  htu('https://hub.example:443/users/me', 'htu with the default port')
  htu('HTTPS://HUB.example/users/me', 'htu with another case of scheme and host')
  htu('https://hub.example/users/./x/../me', 'htu with dot segments')
  htu('https://hub.example/users/%6De', 'htu with a needless escape')
  htu('https://hub.example/users/me?a=b#c', 'htu with a query and a fragment: they do not count')
  add(
    'the request has a query: it does not count',
    {
      request: { url: `${URL_SENT}?v=2` },
    },
    `${RFC} check 9`,
  )
  add(
    'no access token: the token endpoint',
    {
      request: { method: 'POST', url: 'https://hub.example/token', access_token: null },
      claims: { htm: 'POST', htu: 'https://hub.example/token', ath: undefined },
    },
    'RFC 9449 §5',
  )
  add('exactly 8,192 characters', { length: 8_192 }, 'our limit')
}
