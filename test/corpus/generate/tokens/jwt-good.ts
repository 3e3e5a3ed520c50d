import { claimsText, FORMER_SECRET, JwtCaseList, SECONDS, type JwtAttempt } from './jwt-case.js'

/** J9: what must pass. */
export function goodCases(): JwtCaseList {
  const list = new JwtCaseList('J9', 'ok')
  const add = (why: string, source: string, more: Partial<JwtAttempt> = {}): void =>
    list.add({ why, source, ...more })
  add('an access token as the hub issued it', 'CONTRACT §1', { taken: 'access token' })
  add('the same made by hand, as all cases here are', 'CONTRACT §4.5')
  add('signed with the former secret, which the operator gave', 'CONTRACT §4', {
    signature: { by: 'secret', bits: 256, secret: FORMER_SECRET },
  })
  add('members in another order and with spaces', 'RFC 8259 §4', {
    headerText: '{\n "typ" : "at+jwt" ,\n "alg" : "HS256"\n}',
  })
  add('a byte order mark that the hub itself signed: a reader may drop it', 'RFC 8259 §8.1', {
    headerText: '\ufeff{"alg":"HS256","typ":"at+jwt"}',
  })
  add('the long form of the type', 'RFC 7515 §4.1.9', { header: { typ: 'application/at+jwt' } })
  add('the type in another case', 'RFC 7515 §4.1.9; RFC 2045 §5.1', { header: { typ: 'AT+JWT' } })
  add('a key id, which means nothing here', 'RFC 7515 §4.1.4', {
    header: { kid: '../../etc/passwd' },
  })
  add('a content type', 'RFC 7515 §4.1.10', { header: { cty: 'text/plain' } })
  add('a b64 that no crit names: it is not understood, so it is not there', 'RFC 7797 §6', {
    header: { b64: true },
  })
  add('claims that nobody reads', 'RFC 7519 §4', {
    claims: { scope: 'admin', admin: true, roles: ['root'], email: 'a@b.example' },
  })
  add('a claim named __proto__', 'RFC 7519 §4', {
    claimsText: claimsText('"__proto__":{"admin":true},'),
  })
  add('a claim twice, the last of them good', 'RFC 7519 §4', {
    claimsText: claimsText('"aud":"other",'),
  })
  add('issued and not before this very second', 'RFC 7519 §4.1.5', { claims: { nbf: SECONDS } })
  add('issued half an hour ago', 'RFC 7519 §4.1.6', { claims: { iat: SECONDS - 1_800 } })
  add('the same jti as another: tokens are not used up', 'CONTRACT §4.5', {
    claims: { iat: SECONDS - 1 },
  })
  add('of another person: they get their own account', 'CONTRACT §1', {
    session: 'of another person',
    ways: ['header'],
  })
  const scheme = (why: string, authorization: string): void =>
    add(why, 'RFC 9110 §11.1, §5.5', { taken: 'access token', authorization, ways: ['header'] })
  add('a token of a session bound to a key, with a proof by it', 'RFC 9449 §7.1', {
    taken: 'access token of a session bound to the node key',
    authorization: 'DPoP {token}',
    proof: 'good',
    ways: ['header', 'upgrade'],
  })
  add('a bearer token and a proof that nobody asked for', 'RFC 9449 §7.1', {
    taken: 'access token',
    proof: 'good',
    ways: ['header', 'upgrade'],
  })
  scheme('the scheme in lower case', 'bearer {token}')
  scheme('the scheme in capitals', 'BEARER {token}')
  scheme('two spaces', 'Bearer  {token}')
  scheme('white space around the value, which is not of it', '  Bearer {token}  ')
  return list
}
