import { createPublicKey } from 'node:crypto'

import { spell } from '../../../support/jws.js'
import { corpusKey } from '../case.js'
import { DPOP_KEYS, publicJwk, type DpopCaseList } from './dpop-case.js'

const OIDC = 'node-oidc-provider test/dpop/dpop.test.js, "validates the DPoP proof JWT is conform"'
const RFC = 'RFC 9449 §4.3'

/** J8: typ, alg, crit, jwk and the signature under it. */
export function addDpopHeaderCases(list: DpopCaseList): void {
  addTypeCases(list)
  addAlgorithmCases(list)
  addCriticalCases(list)
  addKeyCases(list)
  addKeySpellingCases(list)
  addSignatureCases(list)
}

function addTypeCases(list: DpopCaseList): void {
  const types: readonly [typ: unknown, why: string, source: string][] = [
    ['JWT', 'any JWT is no proof', OIDC],
    ['secevent+jwt', 'a security event token is no proof', OIDC],
    ['at+jwt', 'an access token is no proof', RFC],
    [undefined, 'typ is required', RFC],
    ['', 'an empty typ', RFC],
    ['DPOP+JWT', 'typ has one spelling', `${RFC} check 4`],
    ['application/dpop+jwt', 'the long form of the media type is another text', `${RFC} check 4`],
    [['dpop+jwt'], 'an array is no text', RFC],
    [1, 'a number is no text', RFC],
  ]
  for (const [typ, why, source] of types) list.add({ expect: 'typ', why, source, header: { typ } })
}

function addAlgorithmCases(list: DpopCaseList): void {
  const none = { signature: { by: 'hex', bytes: '' } } as const
  const algorithms: readonly [alg: unknown, why: string, source: string][] = [
    [1, 'a number is no algorithm', OIDC],
    [true, 'a boolean is no algorithm', OIDC],
    ['none', 'no signature at all', OIDC],
    ['nOnE', 'no signature at all, in another case', 'RFC 8725 §2.1'],
    ['unsupported', 'an algorithm nobody has', OIDC],
    [undefined, 'alg is required', 'RFC 7515 §4.1.1'],
    [['ES256'], 'an array is no algorithm', RFC],
    ['es256', 'names of algorithms have case', 'RFC 7515 §4.1.1'],
  ]
  for (const [alg, why, source] of algorithms)
    list.add({ expect: 'alg', why, source, header: { alg }, ...none })
  list.add({
    expect: 'alg',
    why: 'a symmetric algorithm with the public key as its secret',
    source: OIDC,
    header: { alg: 'HS256' },
    signature: { by: 'hmac' },
  })
  const others = [
    ['p-384', 'ES384 is no algorithm of a node key'],
    ['secp256k1', 'ES256K is no algorithm of a node key'],
  ] as const
  for (const [key, why] of others) list.add({ expect: 'alg', why, source: 'CONTRACT §2', key })
  const rsa = [
    ['RS512', 'RS512 is not on the list'],
    ['RS1', 'SHA-1 is not on the list'],
    ['PS384', 'PS384 is not on the list'],
  ] as const
  for (const [alg, why] of rsa)
    list.add({
      expect: 'alg',
      why,
      source: 'RFC 9449 §5.1, the algorithms that the metadata lists',
      key: 'rsa-2048',
      header: { alg },
      signature: { by: 'key', algorithm: 'RS256' },
    })
}

function addCriticalCases(list: DpopCaseList): void {
  const source = 'RFC 7515 §4.1.11'
  const add = (why: string, header: Record<string, unknown>): void =>
    list.add({ expect: 'crit', why, source, header })
  add('an extension that nobody knows', { crit: ['x'], x: 1 })
  add('a header member that needs no crit', { crit: ['alg'] })
  add('an empty crit', { crit: [] })
  add('crit null', { crit: null })
  add('an unencoded payload (RFC 7797)', { crit: ['b64'], b64: false })
}

function addKeyCases(list: DpopCaseList): void {
  const values = [undefined, '', 1, true, null, 'foo', []]
  for (const jwk of values) {
    const what = jwk === undefined ? 'no jwk' : `jwk ${JSON.stringify(jwk)}`
    list.add({
      expect: 'jwk',
      why: `invalid DPoP key binding: ${what}`,
      source: OIDC,
      header: { jwk },
    })
  }
  const wrong = (why: string, source: string, jwk: object, key?: 'rsa-2048' | 'ed25519'): void =>
    list.add({ expect: 'jwk', why, source, header: { jwk }, ...(key ? { key } : {}) })
  const p256 = publicJwk('p-256')
  const rsa = publicJwk('rsa-2048')
  const check7 = `${RFC} check 7`
  wrong(
    'invalid DPoP key binding: the private key',
    OIDC,
    DPOP_KEYS['p-256'].export({ format: 'jwk' }),
  )
  wrong('the private RSA key', check7, DPOP_KEYS['rsa-2048'].export({ format: 'jwk' }), 'rsa-2048')
  wrong('the private Ed25519 key', check7, DPOP_KEYS.ed25519.export({ format: 'jwk' }), 'ed25519')
  for (const member of ['p', 'q', 'dp', 'dq', 'qi'])
    wrong(
      `one part of the private RSA key: ${member}`,
      check7,
      { ...rsa, [member]: 'AQAB' },
      'rsa-2048',
    )
  wrong('further primes', check7, { ...rsa, oth: [] }, 'rsa-2048')
  wrong('d null is a private member all the same', check7, { ...p256, d: null })
  wrong('a symmetric key beside the public one', check7, { ...p256, k: 'AAAA' })
  wrong('the seed of another kind of key', 'RFC 9964 §4', { ...p256, priv: 'AAAA' })
  wrong('invalid DPoP key binding: a symmetric key', OIDC, {
    kty: 'oct',
    k: 'AAAAAAAAAAAAAAAAAAAAAA',
  })
  wrong('an empty key', RFC, {})
  wrong('no key type', 'RFC 7517 §4.1', { ...p256, kty: undefined })
  wrong('a key type in another case', 'RFC 7517 §4.1', { ...p256, kty: 'ec' })
  wrong('an RSA key where alg is ES256', RFC, rsa)
  wrong('a P-256 key where alg is EdDSA', RFC, p256, 'ed25519')
  wrong('a P-384 key where alg is ES256', RFC, publicJwk('p-384'))
  wrong(
    'a key for key agreement',
    RFC,
    createPublicKey(corpusKey('x25519')).export({ format: 'jwk' }),
    'ed25519',
  )
  list.add({
    expect: 'jwk',
    why: 'EdDSA is Ed25519 here, not Ed448',
    source: 'CONTRACT §2',
    key: 'ed448',
  })
  list.add({
    expect: 'jwk',
    why: 'a key id instead of the key',
    source: RFC,
    header: { jwk: undefined, kid: 'https://evil.example/key' },
  })
  list.add({
    expect: 'jwk',
    why: 'the address of a key instead of the key: nothing is fetched',
    source: 'RFC 8725 §3.10',
    header: { jwk: undefined, jku: 'https://evil.example/keys.json' },
  })
  list.add({
    expect: 'jwk',
    why: 'a certificate instead of the key',
    source: RFC,
    header: { jwk: undefined, x5c: ['MIIB'] },
  })
}

/** One key has one spelling: the thumbprint is taken over it. */
function addKeySpellingCases(list: DpopCaseList): void {
  const source = 'RFC 7518 §6.2.1.2, §6.3.1; RFC 7638 §3'
  const { x = '', y = '' } = publicJwk('p-256')
  const { n = '' } = publicJwk('rsa-2048')
  const bytes = (text: string): Buffer => Buffer.from(text, 'base64url')
  const long = (text: string): string =>
    Buffer.concat([Buffer.alloc(1), bytes(text)]).toString('base64url')
  const ec = (why: string, jwk: object): void =>
    list.add({ expect: 'jwk', why, source, jwk: { ...jwk } })
  ec('x with padding', { x: `${x}=` })
  const turned = (text: string): string =>
    spell('{header^1}', { header: text, payload: '', signature: '' })
  ec('x with an unused bit set', { x: turned(x) })
  ec('y with an unused bit set', { y: turned(y) })
  ec('x of 31 bytes', { x: bytes(x).subarray(1).toString('base64url') })
  ec('x of 33 bytes, the first of them zero', { x: long(x) })
  ec('x in hex', { x: bytes(x).toString('hex') })
  ec('x as a number', { x: 7 })
  ec('no y', { y: undefined })
  ec('a point that is not on the curve', { y: x })
  ec('the point at infinity', { x: 'A'.repeat(43), y: 'A'.repeat(43) })
  ec('an x beyond the prime of the field', {
    x: bytes('f'.repeat(43)).fill(0xff).toString('base64url'),
    y,
  })
  const rsa = (why: string, jwk: object, from = source): void =>
    list.add({ expect: 'jwk', why, source: from, key: 'rsa-2048', jwk: { ...jwk } })
  rsa('n with a leading zero', { n: long(n) })
  rsa('n with an unused bit set', { n: turned(n) })
  rsa('n with padding', { n: `${n}=` })
  rsa('n in the alphabet of plain base64', { n: n.replaceAll('-', '+').replaceAll('_', '/') })
  rsa('n of 2047 bits', { n: Buffer.alloc(256, 0x7f).toString('base64url') }, 'CONTRACT §2')
  rsa('n of 4104 bits', { n: Buffer.alloc(513, 0xff).toString('base64url') }, 'CONTRACT §2')
  rsa('n of 16384 bits', { n: Buffer.alloc(2_048, 0xff).toString('base64url') }, 'CONTRACT §2')
  rsa('e 1', { e: 'AQ' }, 'CONTRACT §2')
  rsa('e 3', { e: 'Aw' }, 'CONTRACT §2')
  rsa('e with a leading zero', { e: 'AAEAAQ' })
  rsa('e as a number', { e: 65537 })
  list.add({ expect: 'jwk', why: 'RSA of 1024 bits', source: 'CONTRACT §2', key: 'rsa-1024' })
  const okp = (why: string, jwk: object): void =>
    list.add({
      expect: 'jwk',
      why,
      source: 'RFC 8037 §2; RFC 8032 §5.1.3',
      key: 'ed25519',
      jwk: { ...jwk },
    })
  okp('the neutral point: anybody can sign for it', { x: smallOrder(1) })
  okp('a point of order 4: anybody can sign for it', { x: smallOrder(0) })
  okp('a point of order 2: anybody can sign for it', {
    x: Buffer.from(`ec${'ff'.repeat(30)}7f`, 'hex').toString('base64url'),
  })
  okp('a y beyond the prime of the field', {
    x: Buffer.from(`ee${'ff'.repeat(30)}7f`, 'hex').toString('base64url'),
  })
  list.add({
    expect: 'signature',
    why: 'a y that belongs to no point: nothing verifies under it',
    source: 'RFC 8032 §5.1.3',
    key: 'ed25519',
    jwk: { x: smallOrder(2) },
  })
}

function smallOrder(y: number): string {
  return Buffer.concat([Buffer.from([y]), Buffer.alloc(31)]).toString('base64url')
}

function addSignatureCases(list: DpopCaseList): void {
  list.add({
    expect: 'signature',
    why: 'invalid DPoP key binding: the jwk is another key than the one that signed',
    source: OIDC,
    header: { jwk: { ...publicJwk('p-256'), ...otherPoint() } },
  })
  const add = (why: string, attempt: object, source = `${RFC} check 6`): void =>
    list.add({ expect: 'signature', why, source, ...attempt })
  add('one bit of r turned', { signature: { by: 'turned', byte: 0 } })
  add('one bit of s turned', { signature: { by: 'turned', byte: 63 } })
  add('no signature', { signature: { by: 'hex', bytes: '' } })
  add('r and s zero', { signature: { by: 'hex', bytes: '00'.repeat(64) } }, 'CVE-2022-21449')
  add('r and s cut to a byte each', { signature: { by: 'hex', bytes: '0101' } })
  add('a signature as DER', { signature: { by: 'der' } }, 'RFC 7518 §3.4')
  add('Ed25519 turned', { key: 'ed25519', signature: { by: 'turned', byte: 5 } })
  add(
    'Ed25519 with the order added to S',
    { key: 'ed25519', signature: { by: 'plus-order' } },
    'RFC 8032 §8.4',
  )
  add('RS256 turned', { key: 'rsa-2048', signature: { by: 'turned', byte: 100 } })
  add('RS256 that is shorter than the modulus', {
    key: 'rsa-2048',
    signature: { by: 'hex', bytes: '01' },
  })
  add('RS256 that says PS256', {
    key: 'rsa-2048',
    header: { alg: 'PS256' },
    signature: { by: 'key', algorithm: 'RS256' },
  })
  add('PS256 that says RS256', { key: 'rsa-2048', signature: { by: 'key', algorithm: 'PS256' } })
  for (const bytes of [0, 20, 64])
    add(
      `PS256 with a salt of ${bytes} bytes`,
      { key: 'rsa-2048', header: { alg: 'PS256' }, signature: { by: 'salt', bytes } },
      'RFC 7518 §3.5',
    )
}

/** Another point of the curve: the same x, the other y. */
function otherPoint(): { y: string } {
  const prime = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n
  const y = BigInt(`0x${Buffer.from(publicJwk('p-256').y ?? '', 'base64url').toString('hex')}`)
  return { y: Buffer.from((prime - y).toString(16).padStart(64, '0'), 'hex').toString('base64url') }
}
