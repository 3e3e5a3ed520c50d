import { createPublicKey } from 'node:crypto'

import * as der from '../../support/der.js'
import { algorithm } from '../../support/x509.js'

import { CaseList, corpusKey, rsaSpki, spkiDer, spkiOf, type Attempt } from './case.js'
import { loadModuli, Random } from './moduli.js'
import {
  COMPROMISED_JWK,
  COMPROMISED_RSA,
  PUBLISHED_FERMAT,
  PUBLISHED_PRIME,
  PUBLISHED_ROCA,
  PUBLISHED_ROCA_MOD03,
} from './published.js'

/** K1 to K7: the keys. */
export function keyCases(): CaseList[] {
  return [sizes(), exponents(), smooth(), closePrimes(), roca(), compromised(), otherAlgorithms()]
}

const E = der.integer(65537)
const moduli = loadModuli()

/** A random odd number: only its length is looked at. */
function oddNumber(bits: number): bigint {
  return new Random(`K1 ${bits}`).number(bits) | 1n
}

function sizes(): CaseList {
  const list = new CaseList('K1')
  const size = 'CONTRACT §2: RSA 2048, 3072 or 4096'
  for (const bits of [
    512, 768, 1536, 2040, 2046, 2047, 2049, 2056, 2560, 3071, 3073, 4095, 4097, 8192, 16384,
  ])
    list.add({
      expect: 'key_size_unsupported',
      why: `a modulus of ${bits} bits`,
      recipe: `SPKI around a seeded odd number of ${bits} bits`,
      source: size,
      spki: rsaSpki(der.integer(oddNumber(bits)), E),
    })
  list.add({
    expect: 'key_size_unsupported',
    why: 'RSA-1024 with everything else in order, truly self-signed: the reference hub took it',
    recipe: 'keys/rsa-1024',
    source: 'TRUST V23',
    key: corpusKey('rsa-1024'),
  })
  const shapes: readonly [Attempt['expect'], string, Buffer][] = [
    ['key_malformed', 'modulus 0', rsaSpki(der.integer(0), E)],
    ['key_size_unsupported', 'modulus 1', rsaSpki(der.integer(1), E)],
    ['key_malformed', 'a negative modulus', rsaSpki(der.integer(-oddNumber(2048)), E)],
    [
      'key_malformed',
      'a modulus with its top bit set and no zero before it, so that DER reads it as negative',
      rsaSpki(der.tlv(2, bytesOf(oddNumber(2048))), E),
    ],
    [
      'key_malformed',
      'a modulus with more zeros before it than DER allows: one key, two texts, two ids',
      rsaSpki(der.tlv(2, Buffer.alloc(2), bytesOf(oddNumber(2048))), E),
    ],
    [
      'key_size_unsupported',
      'a modulus of 2041 bits in 256 bytes: counting bytes would let it pass',
      rsaSpki(der.integer(BigInt.asUintN(2041, oddNumber(2048)) | (1n << 2040n)), E),
    ],
    [
      'key_weak_small_factor',
      'an even modulus',
      rsaSpki(der.integer(moduli.get('factor-2')!.n), E),
    ],
    ['key_malformed', 'a modulus and no exponent', rsaSpki(der.integer(oddNumber(2048)))],
    ['key_malformed', 'three numbers', rsaSpki(der.integer(oddNumber(2048)), E, E)],
    [
      'key_malformed',
      'a modulus that is an OCTET STRING',
      rsaSpki(der.octets(bytesOf(oddNumber(2048))), E),
    ],
    [
      'key_malformed',
      'a BIT STRING without a key in it',
      spkiDer(algorithm('1.2.840.113549.1.1.1', der.nul()), Buffer.alloc(0)),
    ],
    [
      'key_malformed',
      'a byte after the key inside the BIT STRING',
      spkiDer(
        algorithm('1.2.840.113549.1.1.1', der.nul()),
        Buffer.concat([der.sequence(der.integer(oddNumber(2048)), E), Buffer.from([0])]),
      ),
    ],
  ]
  for (const [expect, why, spki] of shapes)
    list.add({ expect, why, recipe: 'SPKI written by hand', source: 'RFC 8017 A.1.1', spki })
  return list
}

function bytesOf(number: bigint): Buffer {
  return Buffer.from(number.toString(16), 'hex')
}

function exponents(): CaseList {
  const list = new CaseList('K2')
  const n = createPublicKey(corpusKey('rsa-3072')).export({ format: 'jwk' }).n!
  const modulus = BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`)
  const exponent = (expect: Attempt['expect'], why: string, e: bigint): void =>
    list.add({
      expect,
      why,
      recipe: 'the modulus of keys/rsa-3072 with this exponent',
      source: 'CONTRACT §2: e = 65537',
      spki: rsaSpki(der.integer(modulus), der.integer(e)),
    })
  for (const e of [1n, 2n, 3n, 17n, 257n, 65535n, 65536n, 65539n])
    exponent('key_exponent_unsupported', `exponent ${e}; Node itself takes 1, 2 and 3`, e)
  exponent('key_exponent_unsupported', 'exponent 2^32 + 1', (1n << 32n) + 1n)
  exponent(
    'key_exponent_unsupported',
    'exponent 2^32 + 65537: its low 32 bits are the right one',
    (1n << 32n) + 65537n,
  )
  exponent('key_exponent_unsupported', 'exponent 2^64 + 1', (1n << 64n) + 1n)
  exponent('key_exponent_unsupported', 'an exponent as long as the modulus', modulus - 2n)
  exponent('key_malformed', 'exponent 0', 0n)
  exponent('key_malformed', 'exponent -65537', -65537n)
  return list
}

function weak(list: CaseList, name: string, expect: Attempt['expect'], source: string): void {
  const modulus = moduli.get(name)!
  list.add({
    expect,
    why: modulus.recipe,
    recipe: `keys/moduli.json ${name}${modulus.privateKey === null ? '' : ', truly self-signed'}`,
    source,
    spki: rsaSpki(der.integer(modulus.n), E),
    ...(modulus.privateKey === null ? {} : { key: modulus.privateKey }),
  })
}

function smooth(): CaseList {
  const list = new CaseList('K3')
  for (const factor of [3, 5, 7, 11, 97, 541, 743, 751])
    weak(
      list,
      `factor-${factor}`,
      'key_weak_small_factor',
      "Let's Encrypt goodkey: factor below 752",
    )
  weak(list, 'smooth', 'key_weak_small_factor', "Let's Encrypt goodkey")
  weak(list, 'square', 'key_weak_close_primes', 'TRUST K3: Fermat finds it in its first round')
  for (const name of ['prime', 'cube', 'fifth-power'])
    weak(list, name, 'key_weak_not_two_primes', 'TRUST K3: factored at sight')
  list.add({
    expect: 'key_weak_not_two_primes',
    why: 'a prime modulus, as published',
    recipe: 'the modulus of rsa-nprime.key as SPKI',
    source: 'badkeys tests/data/rsa-nprime.key',
    spki: published(PUBLISHED_PRIME),
  })
  return list
}

function closePrimes(): CaseList {
  const list = new CaseList('K4')
  const source = "Let's Encrypt goodkey: 110 rounds of Fermat's method"
  for (const rounds of [1, 2, 50, 100, 110])
    weak(list, `close-${rounds}`, 'key_weak_close_primes', source)
  weak(list, 'close-111', 'ok', `${source}; this is one more`)
  weak(list, 'close-1000000', 'ok', source)
  list.add({
    expect: 'key_weak_close_primes',
    why: 'close primes, as published for CVE-2022-26320',
    recipe: 'the key of rsa-fermat.crt as SPKI',
    source: 'badkeys tests/data/rsa-fermat.crt',
    spki: published(PUBLISHED_FERMAT),
  })
  return list
}

function roca(): CaseList {
  const list = new CaseList('K5')
  weak(list, 'roca-2048', 'key_weak_roca', 'CVE-2017-15361')
  weak(list, 'roca-4096', 'key_weak_roca', 'CVE-2017-15361')
  const known: readonly [string, string][] = [
    [PUBLISHED_ROCA, 'badkeys tests/data/rsa-roca.key'],
    [PUBLISHED_ROCA_MOD03, 'crocs-muni/roca roca/tests/data/mod03.txt'],
  ]
  for (const [modulus, source] of known)
    list.add({
      expect: 'key_weak_roca',
      why: 'a modulus made by a faulty chip, as published',
      recipe: 'the published modulus as SPKI',
      source,
      spki: published(modulus),
    })
  return list
}

function compromised(): CaseList {
  const list = new CaseList('K6')
  const why = 'its private half is published'
  for (const [source, n] of Object.entries(COMPROMISED_RSA))
    list.add({
      expect: 'key_compromised',
      why,
      recipe: 'the published modulus as SPKI',
      source,
      spki: published(n),
    })
  for (const [source, jwk] of Object.entries(COMPROMISED_JWK))
    list.add({
      expect: 'key_compromised',
      why,
      recipe: 'the published JWK as SPKI',
      source,
      accept: 'any',
      spki: createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'der' }),
    })
  return list
}

/** Base64url as in a JWK. */
function published(modulus: string): Buffer {
  const n = BigInt(`0x${Buffer.from(modulus, 'base64url').toString('hex')}`)
  return rsaSpki(der.integer(n), E)
}

function otherAlgorithms(): CaseList {
  const list = new CaseList('K7')
  const classic = 'CONTRACT §2: only RSA on the classic route'
  const modern = 'CONTRACT §2: RSA, P-256 and Ed25519 on the modern route'
  const refuse = (name: string, why: string, accept: 'rsa' | 'any', source: string): void =>
    list.add({
      expect: 'key_algorithm_unsupported',
      why,
      recipe: `the public half of keys/${name}`,
      source,
      accept,
      spki: spkiOf(corpusKey(name)),
    })
  refuse('rsa-pss', 'RSASSA-PSS without parameters', 'rsa', classic)
  refuse('rsa-pss-sha256', 'RSASSA-PSS with parameters', 'rsa', classic)
  refuse('ec-prime256v1', 'P-256', 'rsa', classic)
  refuse('ec-secp384r1', 'P-384', 'rsa', classic)
  refuse('ed25519', 'Ed25519', 'rsa', classic)
  refuse('dsa-2048', 'DSA', 'rsa', classic)
  refuse('x25519', 'X25519, which cannot sign', 'rsa', classic)
  refuse('rsa-pss', 'RSASSA-PSS', 'any', modern)
  refuse('ec-secp384r1', 'P-384', 'any', modern)
  refuse('ec-secp521r1', 'P-521', 'any', modern)
  refuse('ec-secp256k1', 'secp256k1', 'any', modern)
  refuse('ec-prime256v1-explicit', 'P-256 spelled as explicit parameters', 'any', 'RFC 5480 §2.1.1')
  refuse('ed448', 'Ed448', 'any', modern)
  refuse('x25519', 'X25519, which cannot sign', 'any', modern)
  const random = new Random('K7')
  const byHand = (
    expect: Attempt['expect'],
    why: string,
    source: string,
    spki: Buffer,
    accept: 'rsa' | 'any' = 'any',
  ): void => list.add({ expect, why, recipe: 'SPKI written by hand', source, accept, spki })
  const unsupported = 'key_algorithm_unsupported'
  const mlDsa = spkiDer(algorithm('2.16.840.1.101.3.4.3.17'), random.bytes(1312))
  byHand(unsupported, 'ML-DSA-44', classic, mlDsa, 'rsa')
  const oaep = spkiOf(corpusKey('rsa-3072'))
  byHand(
    unsupported,
    'an RSA key under the OID of RSAES-OAEP',
    classic,
    Buffer.from(
      oaep.toString('hex').replace('06092a864886f70d010101', '06092a864886f70d010107'),
      'hex',
    ),
    'rsa',
  )
  const p256 = spkiOf(corpusKey('ec-prime256v1'))
  const curve = algorithm('1.2.840.10045.2.1', der.oid('1.2.840.10045.3.1.7'))
  const x = p256.subarray(-64, -32)
  const compressed = Buffer.concat([Buffer.from([2 + ((p256.at(-1) ?? 0) & 1)]), x])
  byHand(
    'key_not_canonical',
    'a compressed point: a second text, and id, of the same key',
    'CONTRACT §2: one key is one node',
    spkiDer(curve, compressed),
  )
  byHand(
    'key_malformed',
    'a point that is not on P-256',
    'SEC 1 §3.2.2.1',
    spkiDer(curve, Buffer.concat([Buffer.from([4]), Buffer.alloc(32, 1), Buffer.alloc(32, 1)])),
  )
  byHand(
    'key_not_canonical',
    'the point at infinity',
    'SEC 1 §3.2.2.1',
    spkiDer(curve, Buffer.from([0])),
  )
  const ed25519 = algorithm('1.3.101.112')
  byHand(
    'key_weak_small_order',
    'the neutral point of Ed25519: anybody can sign for it',
    'RFC 8032 §5.1, libsodium has_small_order',
    spkiDer(ed25519, Buffer.concat([Buffer.from([1]), Buffer.alloc(31)])),
  )
  byHand(
    'key_weak_small_order',
    'an Ed25519 point of order 8',
    'libsodium has_small_order',
    spkiDer(
      ed25519,
      Buffer.from('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'hex'),
    ),
  )
  byHand(
    'key_not_canonical',
    'y = p + 1, a second spelling of y = 1',
    'RFC 8032 §5.1.3',
    spkiDer(
      ed25519,
      Buffer.concat([Buffer.from([0xee]), Buffer.alloc(30, 0xff), Buffer.from([0x7f])]),
    ),
  )
  byHand(
    'key_malformed',
    'an Ed25519 key of 31 bytes',
    'RFC 8410 §4',
    spkiDer(ed25519, random.bytes(31)),
  )
  list.add({
    expect: 'ok',
    why: 'Ed25519 is good where any key is',
    recipe: 'keys/ed25519, truly self-signed',
    source: modern,
    accept: 'any',
    key: corpusKey('ed25519'),
  })
  list.add({
    expect: 'certificate_signature_algorithm',
    why: 'an Ed25519 key whose certificate names an RSA signature',
    recipe: 'keys/ed25519, AlgorithmIdentifier sha256WithRSAEncryption',
    source: 'RFC 8410 §3',
    accept: 'any',
    key: corpusKey('ed25519'),
    parts: { algorithm: algorithm('1.2.840.113549.1.1.11', der.nul()) },
  })
  return list
}
