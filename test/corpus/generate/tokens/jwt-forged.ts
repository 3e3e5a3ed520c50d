import { createPublicKey } from 'node:crypto'

import {
  FORMER_SECRET,
  JWT_KEYS,
  JwtCaseList,
  publicPem,
  SECRET,
  type JwtSignature,
} from './jwt-case.js'

const BCP = 'RFC 8725 §2.1, §3.1'
const NO_SIGNATURE: JwtSignature = { by: 'hex', bytes: '' }
const GUESSED: JwtSignature = { by: 'secret', bits: 256, secret: 'guessed' }

/** J1: the algorithm, and whose signature it is. */
export function algorithmCases(): JwtCaseList {
  const list = new JwtCaseList('J1')
  for (const alg of ['none', 'None', 'NONE', 'nOnE', ''])
    list.add({
      why: `alg ${JSON.stringify(alg)} and no signature`,
      source: 'CVE-2015-9235',
      header: { alg },
      signature: NO_SIGNATURE,
    })
  list.add({ why: 'alg none with a signature of ours', source: BCP, header: { alg: 'none' } })
  list.add({ why: 'HS256 and no signature', source: BCP, signature: NO_SIGNATURE })
  addMadeUpNames(list)
  addOtherAlgorithms(list)
  addSecrets(list)
  addPublicKeysAsSecrets(list)
  return list
}

/** The signature is ours, by HMAC-SHA-256: only the name is wrong. */
function addMadeUpNames(list: JwtCaseList): void {
  const names: readonly [alg: unknown, why: string][] = [
    [undefined, 'no alg'],
    [null, 'alg null'],
    [256, 'alg as a number'],
    [true, 'alg as a boolean'],
    [['HS256'], 'alg as an array'],
    [{ name: 'HS256' }, 'alg as an object'],
    ['hs256', 'alg in lower case'],
    ['HS256 ', 'alg with a space'],
    ['HS256\u0000', 'alg with a NUL'],
    ['HS256,none', 'two algorithms in one name'],
    ['HMAC-SHA256', 'the name that another registry has'],
    ['HS1', 'an algorithm nobody has'],
    ['__proto__', 'a name that every object has'],
    ['constructor', 'another name that every object has'],
  ]
  for (const [alg, why] of names) list.add({ why, source: 'RFC 7515 §4.1.1', header: { alg } })
}

function addOtherAlgorithms(list: JwtCaseList): void {
  list.add({ why: 'HS384 with the right secret', source: BCP, header: { alg: 'HS384' } })
  list.add({ why: 'HS512 with the right secret', source: BCP, header: { alg: 'HS512' } })
  list.add({
    why: 'HS256 whose MAC is of SHA-512',
    source: BCP,
    signature: { by: 'secret', bits: 512, secret: SECRET },
  })
  const others: readonly [alg: string, key: string][] = [
    ['RS256', 'rsa'],
    ['RS384', 'rsa'],
    ['RS512', 'rsa'],
    ['PS256', 'rsa'],
    ['ES256', 'p-256'],
    ['ES384', 'p-384'],
    ['ES512', 'p-521'],
    ['ES256K', 'secp256k1'],
    ['EdDSA', 'ed25519'],
    ['Ed25519', 'ed25519'],
  ]
  for (const [alg, key] of others)
    list.add({
      why: `${alg} by a key of one's own`,
      source: BCP,
      header: { alg },
      signature: { by: 'key', key, algorithm: alg },
    })
  list.add({
    why: 'an RSA signature that says HS256',
    source: BCP,
    signature: { by: 'key', key: 'rsa', algorithm: 'RS256' },
  })
  list.add({ why: 'a MAC of ours that says RS256', source: BCP, header: { alg: 'RS256' } })
  list.add({
    why: 'r and s zero',
    source: 'CVE-2022-21449',
    header: { alg: 'ES256' },
    signature: { by: 'hex', bytes: '00'.repeat(64) },
  })
  list.add({
    why: 'dir encryption without encryption',
    source: BCP,
    header: { alg: 'dir', enc: 'A128GCM' },
  })
}

function addSecrets(list: JwtCaseList): void {
  const source = 'RFC 8725 §3.5; RFC 7518 §3.2'
  const guesses: readonly [secret: string, why: string][] = [
    ['', 'the empty secret'],
    ['secret', 'a guessed secret'],
    ['null', 'the secret null'],
    ['undefined', 'the secret undefined'],
    [`${SECRET}\n`, 'our secret and a line end'],
    [SECRET.toUpperCase(), 'our secret in capitals'],
    [SECRET.slice(0, -1), 'our secret but its last character'],
    [`${FORMER_SECRET}x`, 'nearly our former secret'],
  ]
  for (const [secret, why] of guesses)
    list.add({ why, source, signature: { by: 'secret', bits: 256, secret } })
  list.add({
    why: 'our secret read as hex',
    source,
    signature: { by: 'secret', bits: 256, secret_hex: SECRET },
  })
  list.add({
    why: 'a MAC of zeros',
    source,
    signature: { by: 'hex', bytes: '00'.repeat(32) },
  })
  list.add({
    why: 'half of our MAC',
    source: 'RFC 7518 §3.2',
    spelling: '{header}.{payload}.{signature:22}',
  })
}

function addPublicKeysAsSecrets(list: JwtCaseList): void {
  const source = 'CVE-2016-5431, CVE-2016-10555'
  const pem = publicPem('rsa')
  const der = createPublicKey(JWT_KEYS.rsa!).export({ type: 'spki', format: 'der' })
  const jwk = createPublicKey(JWT_KEYS.rsa!).export({ format: 'jwk' })
  const secrets: readonly [secret: string, why: string][] = [
    [pem, 'the PEM of a public key as the secret'],
    [pem.trimEnd(), 'the PEM without its final line end'],
    [JSON.stringify(jwk), 'the JWK of a public key as the secret'],
  ]
  for (const [secret, why] of secrets)
    list.add({ why, source, signature: { by: 'secret', bits: 256, secret } })
  list.add({
    why: 'the DER of a public key as the secret',
    source,
    signature: { by: 'secret', bits: 256, secret_hex: der.toString('hex') },
  })
}

/** J2: what a header can say, besides alg and typ, to be believed. */
export function headerCases(): JwtCaseList {
  const list = new JwtCaseList('J2')
  addKeyNames(list)
  addEmbeddedKeys(list)
  addCritical(list)
  addHeaderTexts(list)
  return list
}

function addKeyNames(list: JwtCaseList): void {
  const source = 'RFC 8725 §3.10'
  const names: readonly [kid: unknown, why: string, secret: string][] = [
    ['../../../../../../dev/null', 'kid as a path to an empty file', ''],
    ['/dev/null', 'kid as an absolute path', ''],
    ['file:///dev/null', 'kid as a file URL', ''],
    ["x' UNION SELECT 'guessed", 'kid as SQL', 'guessed'],
    ['$(printf guessed)', 'kid as a command', 'guessed'],
    ['key\u0000.pem', 'kid with a NUL', 'guessed'],
    ['https://evil.example/key', 'kid as a URL', 'guessed'],
    ['__proto__', 'kid as what every object has', 'guessed'],
    ['0', 'kid of the other secret', 'guessed'],
    ['', 'an empty kid', ''],
    [null, 'kid null', 'guessed'],
    [0, 'kid as a number', 'guessed'],
    [['a'], 'kid as an array', 'guessed'],
    [{ a: 1 }, 'kid as an object', 'guessed'],
  ]
  for (const [kid, why, secret] of names)
    list.add({ why, source, header: { kid }, signature: { by: 'secret', bits: 256, secret } })
}

function addEmbeddedKeys(list: JwtCaseList): void {
  const source = 'CVE-2018-0114; RFC 8725 §3.10'
  const own = (key: string, algorithm: string): JwtSignature => ({ by: 'key', key, algorithm })
  const jwk = createPublicKey(JWT_KEYS.rsa!).export({ format: 'jwk' })
  const oct = { kty: 'oct', k: Buffer.from('guessed').toString('base64url') }
  list.add({
    why: 'its own RSA key',
    source,
    header: { alg: 'RS256', jwk },
    signature: own('rsa', 'RS256'),
  })
  list.add({ why: 'its own secret', source, header: { jwk: oct }, signature: GUESSED })
  for (const member of ['jku', 'x5u'])
    list.add({
      why: `the address of its own key: ${member}`,
      source,
      header: { alg: 'RS256', [member]: 'https://evil.example/keys' },
      signature: own('rsa', 'RS256'),
    })
  list.add({
    why: 'the address of its own key at this hub: nothing is fetched',
    source,
    header: { jku: '{hub}/login/../keys.json' },
    signature: GUESSED,
  })
  const der = createPublicKey(JWT_KEYS.rsa!).export({ type: 'spki', format: 'der' })
  list.add({
    why: 'its own certificate',
    source,
    header: { alg: 'RS256', x5c: [der.toString('base64')] },
    signature: own('rsa', 'RS256'),
  })
  list.add({
    why: 'the hash of a certificate',
    source,
    header: { x5t: 'AAAA' },
    signature: GUESSED,
  })
}

/** Signed by the hub, so that only the header decides. */
function addCritical(list: JwtCaseList): void {
  const source = 'RFC 7515 §4.1.11'
  const add = (why: string, header: Record<string, unknown>, from = source): void =>
    list.add({ why, source: from, header })
  add('an extension that nobody knows', { crit: ['x'], x: 1 })
  add('an extension that is not there', { crit: ['x'] })
  add('a member that needs no crit', { crit: ['alg'] })
  add('an empty crit', { crit: [] })
  add('crit as a text', { crit: 'x', x: 1 })
  add('crit with a number', { crit: [1] })
  add('a payload that says it is not encoded', { crit: ['b64'], b64: false }, 'RFC 7797 §6')
  add('a b64 that is no boolean', { crit: ['b64'], b64: 'false' }, 'RFC 7797 §3')
}

function addHeaderTexts(list: JwtCaseList): void {
  const source = 'RFC 7515 §4, §5.2'
  const add = (why: string, headerText: string | Buffer): void =>
    list.add({ why, source, headerText })
  add('a header that is an array', '["HS256"]')
  add('a header that is a text', '"HS256"')
  add('a header that is null', 'null')
  add('a header that is no JSON', '{"alg":"HS256","typ":"at+jwt"')
  add('a header with a comment', '{"alg":"HS256",/**/"typ":"at+jwt"}')
  add('a header and something after it', '{"alg":"HS256","typ":"at+jwt"}{}')
  add('a header that is no UTF-8', Buffer.from('{"alg":"HS256","typ":"at+jwt","\xff":1}', 'latin1'))
  add('a header in UTF-16', Buffer.from('{"alg":"HS256","typ":"at+jwt"}', 'utf16le'))
  add('an empty header', '')
  list.add({
    why: 'alg twice, first HS256 and then none, without signature',
    source,
    headerText: '{"alg":"HS256","typ":"at+jwt","alg":"none"}',
    signature: NO_SIGNATURE,
  })
  list.add({
    why: 'alg twice, first none and then HS256, without signature',
    source,
    headerText: '{"alg":"none","typ":"at+jwt","alg":"HS256"}',
    signature: NO_SIGNATURE,
  })
  list.add({
    why: 'alg by way of __proto__',
    source,
    headerText: '{"__proto__":{"alg":"HS256"},"typ":"at+jwt"}',
  })
}
