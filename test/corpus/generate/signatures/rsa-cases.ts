import { constants, createHash, createPublicKey, sign, type KeyObject } from 'node:crypto'

import * as der from '../../../support/der.js'
import { poolKey } from '../../../support/x509.js'
import { corpusKey, spkiOf } from '../case.js'
import { Random } from '../moduli.js'

import { MESSAGE_BYTES, SignatureCaseList, type SignatureFault } from './case.js'
import { flipBit, toBytes, toNumber } from './numbers.js'
import { encodePss, numbersOf, privateOperation, signPss, type PssParts } from './pss.js'

interface RsaKey {
  readonly name: string
  readonly key: KeyObject
  readonly n: bigint
  readonly bytes: number
}

const RSA_2048 = rsaKey('rsa-2048-01', poolKey(0))
const KEYS = [
  RSA_2048,
  rsaKey('rsa-3072', corpusKey('rsa-3072')),
  rsaKey('rsa-4096', corpusKey('rsa-4096')),
]
const RECIPE = 'RSASSA-PSS by hand: the encoded message is built, then raised to d'

/** S1 to S3: RSA. */
export function rsaCases(): SignatureCaseList[] {
  return [parameters(), encodedMessages(), rsaNumbers()]
}

function rsaKey(name: string, key: KeyObject): RsaKey {
  const { n, bytes } = numbersOf(createPublicKey(key))
  return { name, key, n, bytes }
}

type Add = (
  expect: SignatureFault | 'ok',
  why: string,
  signature: Buffer,
  change?: { readonly message?: string; readonly recipe?: string },
) => void

function adder(list: SignatureCaseList, { name, key }: RsaKey, source: string): Add {
  return (expect, why, signature, change = {}) =>
    list.add({
      expect,
      why,
      recipe: RECIPE,
      source,
      key: name,
      spki: spkiOf(key),
      signature,
      ...change,
    })
}

function salted(length: number): Buffer {
  return new Random(`salt ${length}`).bytes(length)
}

/** Salt length, hash, MGF1 hash and scheme; each in order by itself. */
function parameters(): SignatureCaseList {
  const list = new SignatureCaseList('S1')
  for (const rsa of KEYS) {
    const { name, key, bytes } = rsa
    const add = adder(list, rsa, 'CONTRACT §1: PSS, SHA-256, salt 32; RFC 8017 §9.1')
    add('ok', `${name}: what the contract wants`, signPss(key, MESSAGE_BYTES, { salt: salted(32) }))
    add('ok', `${name}: a salt of zeros`, signPss(key, MESSAGE_BYTES, { salt: Buffer.alloc(32) }))
    const text = 'déjà vu, \u{1f511}'
    add(
      'ok',
      `${name}: text that is not ASCII`,
      signPss(key, Buffer.from(text), { salt: salted(32) }),
      { message: text },
    )
    add('ok', `${name}: no text`, signPss(key, Buffer.alloc(0), { salt: salted(32) }), {
      message: '',
    })
    for (const length of [0, 1, 20, 31, 33, 48, 64, bytes - 34])
      add(
        'salt_length',
        `${name}: a salt of ${length} bytes${length === bytes - 34 ? ', the longest there can be' : ''}`,
        signPss(key, MESSAGE_BYTES, { salt: salted(length) }),
      )
    for (const mgf1 of ['sha1', 'sha384', 'sha512'])
      add(
        'mgf1_digest',
        `${name}: SHA-256 with MGF1 of ${mgf1}`,
        signPss(key, MESSAGE_BYTES, { mgf1, salt: salted(32) }),
      )
    for (const digest of ['sha1', 'sha384', 'sha512'])
      for (const salt of [32, createHash(digest).digest().length])
        add(
          'digest',
          `${name}: ${digest} throughout, salt of ${salt} bytes`,
          signPss(key, MESSAGE_BYTES, { digest, salt: salted(salt) }),
        )
    add(
      'digest',
      `${name}: SHA-1 with MGF1 of SHA-256`,
      signPss(key, MESSAGE_BYTES, { digest: 'sha1', mgf1: 'sha256', salt: salted(32) }),
    )
    for (const digest of ['sha256', 'sha1', 'sha512'])
      add('scheme', `${name}: PKCS #1 v1.5 with ${digest}`, sign(digest, MESSAGE_BYTES, key), {
        recipe: 'crypto.sign with PKCS #1 v1.5',
      })
  }
  const add = adder(list, RSA_2048, 'CONTRACT §1: PSS; RFC 8017 §9.2')
  add('scheme', 'PKCS #1 v1.5 padding around the bare hash', rawPkcs1(RSA_2048.key), {
    recipe: 'crypto.privateEncrypt of SHA-256, without its DigestInfo',
  })
  return list
}

function rawPkcs1(key: KeyObject): Buffer {
  const hash = createHash('sha256').update(MESSAGE_BYTES).digest()
  const zeros = Buffer.alloc(256 - hash.length - 3, 0xff)
  return privateOperation(key, Buffer.concat([Buffer.from([0, 1]), zeros, Buffer.from([0]), hash]))
}

/** What stands in the encoded message. */
function encodedMessages(): SignatureCaseList {
  const list = new SignatureCaseList('S2')
  for (const rsa of KEYS) {
    const add = adder(list, rsa, 'RFC 8017 §9.1.2, its steps 4 to 14')
    const made = (parts: PssParts): Buffer =>
      signPss(rsa.key, MESSAGE_BYTES, { salt: salted(32), ...parts })
    const name = rsa.name
    for (const byte of [0x00, 0xbd, 0xcc, 0x3c])
      add(
        'trailer',
        `${name}: the last byte is ${byte.toString(16).padStart(2, '0')} instead of bc`,
        made({ trailer: Buffer.from([byte]) }),
      )
    add(
      'trailer',
      `${name}: the trailer 33cc of ISO 9796-2, which names SHA-1`,
      made({ trailer: Buffer.from([0x33, 0xcc]) }),
    )
    add(
      'trailer',
      `${name}: the trailer 34cc of ISO 9796-2, which names SHA-256`,
      made({ trailer: Buffer.from([0x34, 0xcc]) }),
    )
    add('top_bits', `${name}: the unused high bit is set`, withTopBit(rsa))
    const change = (why: string, block: (block: Buffer) => Buffer): void =>
      add('padding', `${name}: ${why}`, made({ block }))
    const separator = -33
    change('00 in the place of 01', (block) => flipBit(block, separator))
    change('02 in the place of 01', (block) => flipBit(flipBit(block, separator, 0), separator, 1))
    change('a bit in the first of the zeros', (block) => flipBit(block, 0))
    change('a bit in the last of the zeros', (block) => flipBit(block, separator - 1, 3))
    change('a 01 before the 01', (block) => flipBit(block, separator - 1))
    change('zeros and salt all FF', (block) => Buffer.alloc(block.length, 0xff))
    change('no mask: the block in clear', (block) =>
      encodePss(MESSAGE_BYTES, rsa.bytes, { salt: salted(32) }).subarray(0, block.length),
    )
    add('mismatch', `${name}: a bit of the salt flipped`, made({ block: (b) => flipBit(b, -1) }))
    add(
      'mismatch',
      `${name}: the first bit of the salt flipped`,
      made({ block: (b) => flipBit(b, -32, 7) }),
    )
    add('padding', `${name}: a bit of H flipped, so that the mask is another`, hashChanged(rsa))
    add('padding', `${name}: H of zeros`, made({ hash: (hash) => Buffer.alloc(hash.length) }))
    add(
      'mismatch',
      `${name}: the hash of the message with a bit flipped`,
      made({ messageHash: flipBit(createHash('sha256').update(MESSAGE_BYTES).digest(), 0) }),
    )
    add('mismatch', `${name}: a message hash of zeros`, made({ messageHash: Buffer.alloc(32) }))
    const twice = createHash('sha256').update(MESSAGE_BYTES).digest()
    add('mismatch', `${name}: hashed twice`, signPss(rsa.key, twice, { salt: salted(32) }))
  }
  return list
}

/** The encoded message must stay below the modulus, so the salt is searched. */
function withTopBit({ key, bytes, n }: RsaKey): Buffer {
  return searched((salt) => {
    const encoded = encodePss(MESSAGE_BYTES, bytes, { salt, topBits: 0x80 })
    return toNumber(encoded) < n ? privateOperation(key, encoded) : null
  })
}

function hashChanged({ key }: RsaKey): Buffer {
  return signPss(key, MESSAGE_BYTES, { salt: salted(32), hash: (hash) => flipBit(hash, 0) })
}

/** The first salt of a seeded row for which there is a result. */
function searched(make: (salt: Buffer) => Buffer | null): Buffer {
  const random = new Random('searched salt')
  for (;;) {
    const found = make(random.bytes(32))
    if (found !== null) return found
  }
}

/** The number s itself, and bytes that only look like it. */
function rsaNumbers(): SignatureCaseList {
  const list = new SignatureCaseList('S3')
  for (const rsa of KEYS) {
    const { name, key, n, bytes } = rsa
    const add = adder(list, rsa, 'RFC 8017 §8.1.2 and §5.2.2')
    const good = signPss(key, MESSAGE_BYTES, { salt: salted(32) })
    const s = toNumber(good)
    const number = (value: bigint): Buffer => toBytes(value, bytes)
    add('trailer', `${name}: s = 0`, number(0n))
    add('trailer', `${name}: s = 1`, number(1n))
    add('trailer', `${name}: s = n - 1`, number(n - 1n))
    add('range', `${name}: s = n`, number(n))
    add('range', `${name}: s = n + 1`, number(n + 1n))
    add('range', `${name}: s of FF`, Buffer.alloc(bytes, 0xff))
    add('trailer', `${name}: n - s, the negative of a good one`, number(n - s))
    add('range', `${name}: s + n, the same number modulo n`, number(wrapping(rsa) + n))
    add(
      'ok',
      `${name}: s in its range, of which the case before is a second form`,
      number(wrapping(rsa)),
    )
    const small = searched((salt) => {
      const made = signPss(key, MESSAGE_BYTES, { salt })
      return made[0] === 0 ? made : null
    })
    add('ok', `${name}: a signature that begins with a zero byte`, small)
    add('length', `${name}: the same without that zero byte`, small.subarray(1))
    add('length', `${name}: no bytes`, Buffer.alloc(0))
    add('length', `${name}: a single byte`, good.subarray(0, 1))
    add('length', `${name}: the last byte cut off`, good.subarray(0, -1))
    add('length', `${name}: the first byte cut off`, good.subarray(1))
    add('length', `${name}: a zero byte before it`, Buffer.concat([Buffer.alloc(1), good]))
    add('length', `${name}: a zero byte after it`, Buffer.concat([good, Buffer.alloc(1)]))
    add('length', `${name}: twice after each other`, Buffer.concat([good, good]))
    add('length', `${name}: as a BIT STRING`, der.bits(good))
    add('length', `${name}: as an OCTET STRING`, der.octets(good))
    add('length', `${name}: its hex as text`, Buffer.from(good.toString('hex')))
  }
  damaged(list)
  foreign(list)
  return list
}

/** An s small enough that s + n still has the length of the modulus. */
function wrapping({ key, n, bytes }: RsaKey): bigint {
  const room = (1n << BigInt(bytes * 8)) - n
  return toNumber(
    searched((salt) => {
      const made = signPss(key, MESSAGE_BYTES, { salt })
      return toNumber(made) < room ? made : null
    }),
  )
}

function damaged(list: SignatureCaseList): void {
  const add = adder(list, RSA_2048, 'RFC 8017 §8.1.2')
  const good = signPss(RSA_2048.key, MESSAGE_BYTES, { salt: salted(32) })
  add('trailer', 'the first bit flipped but one', flipBit(good, 0, 1))
  add('trailer', 'a bit in the middle flipped', flipBit(good, 128, 3))
  add('trailer', 'the last bit flipped', flipBit(good, -1))
  add('trailer', 'little-endian', Buffer.from(good).reverse())
}

function foreign(list: SignatureCaseList): void {
  const add = adder(list, RSA_2048, 'CONTRACT §1: by this key, over these bytes')
  const other = searched((salt) => {
    const made = signPss(poolKey(1), MESSAGE_BYTES, { salt })
    return toNumber(made) < RSA_2048.n ? made : null
  })
  add('trailer', 'made by another key', other, { recipe: 'signed with the second pool key' })
  const good = (text: string): Buffer =>
    signPss(RSA_2048.key, Buffer.from(text), { salt: salted(32) })
  const text = MESSAGE_BYTES.toString()
  add('mismatch', 'over no bytes', good(''))
  add('mismatch', 'over a final newline more', good(`${text}\n`))
  add('mismatch', 'over CRLF lines', good(text.replaceAll('\n', '\r\n')))
  add('mismatch', 'over a byte order mark more', good(`\ufeff${text}`))
  add('mismatch', 'over the text in upper case', good(text.toUpperCase()))
  add('mismatch', 'over the text cut by a character', good(text.slice(0, -1)))
  add(
    'mismatch',
    'over the text as UTF-16',
    signPss(RSA_2048.key, Buffer.from(text, 'utf16le'), { salt: salted(32) }),
  )
  const composed = 'd\u00e9j\u00e0'
  add(
    'mismatch',
    'over the same letters composed otherwise (NFD)',
    good(composed.normalize('NFD')),
    {
      message: composed,
    },
  )
  add(
    'scheme',
    'PKCS #1 v1.5 made by OpenSSL with PSS asked of nobody',
    sign('sha384', MESSAGE_BYTES, { key: RSA_2048.key, padding: constants.RSA_PKCS1_PADDING }),
    { recipe: 'crypto.sign' },
  )
}
