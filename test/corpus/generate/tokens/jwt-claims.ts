import { claimsText, JwtCaseList, SECONDS, type JwtAttempt } from './jwt-case.js'

/** J3: when it is good. */
export function timeCases(): JwtCaseList {
  const list = new JwtCaseList('J3')
  const exp = (value: unknown, why: string, expect: JwtAttempt['expect'] = 'invalid_token'): void =>
    list.add({ why, source: 'RFC 7519 §4.1.4', claims: { exp: value }, expect })
  exp(SECONDS - 600, 'over for ten minutes', 'token_expired')
  exp(SECONDS - 1, 'over for a second: there is no leeway', 'token_expired')
  exp(SECONDS, 'over at exp itself', 'token_expired')
  exp(SECONDS + 1, 'good for one more second', 'ok')
  exp(0, 'over since the epoch', 'token_expired')
  exp(-1, 'over before the epoch', 'token_expired')
  exp(undefined, 'no exp')
  exp(null, 'exp null')
  exp(String(SECONDS + 600), 'exp as a text')
  exp('NaN', 'exp as the text NaN')
  exp([SECONDS + 600], 'exp as an array')
  exp({ $gt: 0 }, 'exp as an object')
  exp(true, 'exp as a boolean')
  exp(SECONDS + 0.5, 'exp with a fraction')
  exp(1e308, 'exp at the end of all numbers')
  list.add({
    why: 'exp beyond all numbers',
    source: 'RFC 8259 §6',
    claimsText: claimsText('').replace(/"exp":\d+/, '"exp":1e999'),
  })
  list.add({
    why: 'exp NaN, which JSON does not have',
    source: 'RFC 8259 §6',
    claimsText: claimsText('').replace(/"exp":\d+/, '"exp":NaN'),
  })
  const nbf = (value: unknown, why: string): void =>
    list.add({ why, source: 'RFC 7519 §4.1.5', claims: { nbf: value } })
  nbf(SECONDS + 1, 'not good for one more second')
  nbf(SECONDS + 600, 'not good yet')
  nbf(String(SECONDS), 'nbf as a text')
  nbf(null, 'nbf null')
  const iat = (value: unknown, why: string, expect: JwtAttempt['expect'] = 'invalid_token'): void =>
    list.add({ why, source: 'RFC 7519 §4.1.6', claims: { iat: value }, expect })
  iat(SECONDS + 30, 'issued by an instance whose clock is 30 s ahead', 'ok')
  iat(SECONDS + 31, 'issued 31 s from now')
  iat(SECONDS + 86_400, 'issued tomorrow')
  iat(undefined, 'no iat')
  iat(null, 'iat null')
  iat(String(SECONDS), 'iat as a text')
  iat(SECONDS - 0.5, 'iat with a fraction')
  list.add({
    why: 'over, and of another hub: the fault that a refresh does not mend counts',
    source: 'docs/errors.md',
    claims: { exp: SECONDS - 1, iss: 'https://other.example' },
  })
  list.add({
    why: 'over, and not signed by us',
    source: 'docs/errors.md',
    claims: { exp: SECONDS - 1 },
    signature: { by: 'secret', bits: 256, secret: 'guessed' },
  })
  return list
}

/** J4: who issued it, for whom, about whom. */
export function claimCases(): JwtCaseList {
  const list = new JwtCaseList('J4')
  addAudiences(list)
  addIssuers(list)
  addTypes(list)
  addSubjects(list)
  addSessions(list)
  addIds(list)
  addClaimTexts(list)
  return list
}

type Variants = readonly (readonly [value: unknown, why: string])[]

function addAll(list: JwtCaseList, claim: string, source: string, variants: Variants): void {
  for (const [value, why] of variants) list.add({ why, source, claims: { [claim]: value } })
}

function addAudiences(list: JwtCaseList): void {
  addAll(list, 'aud', 'RFC 7519 §4.1.3; RFC 8725 §3.9', [
    ['other', 'for somebody else'],
    [undefined, 'for nobody'],
    [null, 'aud null'],
    ['', 'an empty aud'],
    ['DPC-HUB', 'aud in capitals'],
    ['dpc-hub ', 'aud with a space'],
    ['{hub}', "the hub's address as aud"],
    [['dpc-hub'], 'aud as an array: ours never is'],
    [['other', 'dpc-hub'], 'for somebody else too'],
    [[], 'an empty array'],
    [{ 'dpc-hub': true }, 'aud as an object'],
    [true, 'aud as a boolean'],
  ])
}

function addIssuers(list: JwtCaseList): void {
  addAll(list, 'iss', 'RFC 7519 §4.1.1; RFC 8725 §3.8', [
    ['{hub}/', 'iss with a slash'],
    ['{hub}.', 'iss with a dot'],
    ['HTTP://127.0.0.1', 'iss in another case, without its port'],
    ['http://{hub}@evil.example', 'our address as a user name'],
    ['https://accounts.google.com', 'of a provider'],
    [undefined, 'of nobody'],
    [null, 'iss null'],
    ['', 'an empty iss'],
    [['{hub}'], 'iss as an array'],
  ])
}

function addTypes(list: JwtCaseList): void {
  const types: Variants = [
    ['JWT', 'any JWT, an id_token for one'],
    ['rt+jwt', 'a refresh token'],
    ['dpop+jwt', 'a DPoP proof'],
    ['logout+jwt', 'a logout token'],
    ['secevent+jwt', 'a security event'],
    ['oauth-authz-req+jwt', 'an authorization request'],
    ['client-authentication+jwt', 'a client assertion'],
    ['at+jwt+x', 'a type that begins as ours does'],
    ['text/at+jwt', 'another media type'],
    [undefined, 'no type'],
    [null, 'typ null'],
    ['', 'an empty type'],
    [['at+jwt'], 'typ as an array'],
    [1, 'typ as a number'],
  ]
  for (const [typ, why] of types)
    list.add({ why, source: 'RFC 9068 §4; RFC 8725 §3.11', header: { typ } })
}

function addSubjects(list: JwtCaseList): void {
  addAll(list, 'sub', 'CONTRACT §4.6', [
    [undefined, 'about nobody'],
    [null, 'sub null'],
    ['', 'an empty sub'],
    [7, 'sub as a number'],
    ['0', 'no account has the number 0'],
    ['-1', 'a negative account'],
    ['007', 'leading zeros'],
    ['7.0', 'a fraction'],
    ['7e3', 'an exponent'],
    [' 7', 'a space'],
    ['0x7', 'hex'],
    ['٧', 'a digit of another script'],
    ['99999999999999999', 'a number that is too long'],
    ['alice@example.org', 'an e-mail address'],
    ["7' OR '1'='1", 'SQL'],
    [['7'], 'sub as an array'],
    [{ $ne: null }, 'sub as an object'],
  ])
  const ended = { expect: 'session_ended', source: 'CONTRACT §4.6' } as const
  list.add({
    ...ended,
    why: 'the session of one and the account of another',
    claims: { sub: '{other account}' },
  })
  list.add({ ...ended, why: 'an account that never was', claims: { sub: '7' } })
  list.add({
    ...ended,
    why: 'a number that no double holds',
    claims: { sub: '9007199254740993' },
  })
}

function addSessions(list: JwtCaseList): void {
  const ended = { expect: 'session_ended', source: 'CONTRACT §1, §3' } as const
  list.add({ ...ended, why: 'the session was logged out', session: 'logged out' })
  list.add({
    ...ended,
    why: 'the session was ended on another instance',
    session: 'ended elsewhere',
  })
  list.add({ ...ended, why: 'the session is 30 days old', session: 'over after 30 days' })
  list.add({
    ...ended,
    why: 'the session was ended by a replayed refresh token',
    session: 'ended by a replayed refresh token',
  })
  list.add({ ...ended, why: 'the account was deleted', session: 'of a deleted account' })
  list.add({ ...ended, why: 'the session never was', session: 'never was' })
  list.add({
    ...ended,
    why: 'logged out, and over: the refresh would fail, but that is for the refresh to say',
    session: 'logged out',
    claims: { exp: SECONDS - 1 },
    expect: 'token_expired',
  })
  list.add({
    ...ended,
    why: 'another id of the token does not revive its session',
    source: 'CONTRACT §4.8',
    session: 'logged out',
    claims: { jti: '11111111-2222-4333-8444-555555555555' },
  })
  list.add({
    ...ended,
    why: 'the nil UUID: no session has it',
    claims: { sid: '00000000-0000-0000-0000-000000000000' },
  })
  addAll(list, 'sid', 'CONTRACT §1', [
    [undefined, 'no session'],
    [null, 'sid null'],
    ['', 'an empty sid'],
    [7, 'sid as a number'],
    [['{sid}'], 'sid as an array'],
    ['x', 'sid that is no UUID'],
    ['{SID}', 'sid in capitals: it has one spelling'],
    ['urn:uuid:{sid}', 'sid as a URN'],
    ['{{sid}}', 'sid in braces, as Postgres would take it'],
    ['{sid without dashes}', 'sid without dashes, as Postgres would take it'],
    ['{sid} ', 'sid with a space'],
    ['{sid}\u0000', 'sid with a NUL'],
    ["{sid}'--", 'sid with SQL'],
  ])
}

function addIds(list: JwtCaseList): void {
  addAll(list, 'jti', 'CONTRACT §4.5', [
    [undefined, 'no jti'],
    [null, 'jti null'],
    ['', 'an empty jti'],
    [1, 'jti as a number'],
    ['x', 'jti that is no UUID'],
    [['0e8ff1b5-6d4c-4d5e-9df0-4c4ff1f6ad11'], 'jti as an array'],
  ])
}

function addClaimTexts(list: JwtCaseList): void {
  const source = 'RFC 7519 §7.2; RFC 8259'
  const add = (why: string, text: string | Buffer, more: Partial<JwtAttempt> = {}): void =>
    list.add({ why, source, claimsText: text, ...more })
  add('claims that are an array', '[]')
  add('claims that are a text', '"{sid}"')
  add('claims that are null', 'null')
  add('claims that are a number', '7')
  add('claims that are no JSON', claimsText('').slice(0, -1))
  add('claims and something after them', `${claimsText('')}x`)
  add('claims with single quotes', claimsText('').replaceAll('"', "'"))
  add('claims that are no UTF-8', Buffer.from('{"\xff":1}', 'latin1'))
  add('no claims', '')
  add('claims by way of __proto__', `{"__proto__":${claimsText('')}}`)
  add(
    'sub twice: the last counts, and it is of somebody else',
    claimsText('', ',"sub":"{other account}"'),
    {
      expect: 'session_ended',
    },
  )
  add('exp twice: the last counts, and it is over', claimsText('', `,"exp":${SECONDS - 1}`), {
    expect: 'token_expired',
  })
  add('aud twice: the last counts', claimsText('', ',"aud":"other"'))
  add('sid twice: the last counts', claimsText('', ',"sid":"x"'))
}
