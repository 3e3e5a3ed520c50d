import * as der from '../../../support/der.js'

import { SignatureCaseList } from './case.js'
import { adder, PADDED, PLAIN } from './ecdsa.js'
import { toBytes } from './numbers.js'
import { encoded } from './p256.js'

const hex = (text: string): Buffer => Buffer.from(text, 'hex')
const integerOf = (bytes: Buffer): Buffer => der.tlv(0x02, bytes)

/** S4: X.690 allows one encoding of two numbers; each other one is refused, whatever the numbers. */
export function ecdsaEncodings(): SignatureCaseList[] {
  const list = new SignatureCaseList('S4')
  const add = adder(
    list,
    'the numbers of a good signature, encoded by hand',
    'CONTRACT §1: DER; X.690 §8 and §10; RFC 3279 §2.2.3',
  )
  const [r, s] = [der.integer(PLAIN.r), der.integer(PLAIN.s)]
  const body = Buffer.concat([r, s])
  const bad = (why: string, signature: Buffer): void => add('encoding', why, signature)
  add('ok', 'both numbers of 32 bytes', encoded(PLAIN))
  add('ok', 'both numbers with the zero byte that keeps them positive', encoded(PADDED))
  bad('SEQUENCE: length in long form (81)', Buffer.concat([hex('3081'), hex('44'), body]))
  bad('SEQUENCE: length with a zero before it (8200)', Buffer.concat([hex('30820044'), body]))
  bad('SEQUENCE: length of nine bytes', Buffer.concat([hex('3089000000000000000044'), body]))
  bad('SEQUENCE: indefinite length', Buffer.concat([hex('3080'), body, hex('0000')]))
  bad('SEQUENCE: length a byte too small', Buffer.concat([hex('3043'), body]))
  bad('SEQUENCE: length a byte too large', Buffer.concat([hex('3045'), body]))
  bad('SEQUENCE: length of 2^31 - 1', Buffer.concat([hex('30847fffffff'), body]))
  bad('SEQUENCE: length of 2^32 - 1', Buffer.concat([hex('3084ffffffff'), body]))
  bad('SEQUENCE: length of 2^64 - 1', Buffer.concat([hex('3088ffffffffffffffff'), body]))
  const size = (tag: string, number: Buffer): Buffer =>
    Buffer.concat([hex(tag), number.subarray(2)])
  bad('r: length in long form', der.sequence(size('028120', r), s))
  bad('s: length in long form', der.sequence(r, size('028120', s)))
  bad('r: length with a zero before it', der.sequence(size('02820020', r), s))
  bad('s: length with a zero before it', der.sequence(r, size('02820020', s)))
  bad('r: indefinite length', der.sequence(size('0280', r), hex('0000'), s))
  bad('r: length a byte too large', der.sequence(size('0221', r), s))
  bad('s: length a byte too large', der.sequence(r, size('0221', s)))
  bad('s: length a byte too small', der.sequence(r, size('021f', s)))
  bad('r: a zero byte more than it needs', der.sequence(integerOf(zeroBefore(PLAIN.r)), s))
  bad('s: a zero byte more than it needs', der.sequence(r, integerOf(zeroBefore(PLAIN.s))))
  bad(
    'both: eight zero bytes more',
    der.sequence(...[PLAIN.r, PLAIN.s].map((n) => integerOf(zeroBefore(n, 8)))),
  )
  bad('r: empty', der.sequence(hex('0200'), s))
  bad('s: empty', der.sequence(r, hex('0200')))
  bad('r: a NULL', der.sequence(der.nul(), s))
  bad('s: a NULL', der.sequence(r, der.nul()))
  bad('r: an OCTET STRING', der.sequence(der.octets(r.subarray(2)), s))
  bad('s: a BIT STRING', der.sequence(r, der.bits(s.subarray(2))))
  bad('r: a constructed INTEGER', der.sequence(der.tlv(0x22, r), s))
  bad('r: an ENUMERATED', der.sequence(size('0a20', r), s))
  bad('r: a REAL', der.sequence(size('0920', r), s))
  bad('r: a context tag', der.sequence(size('8020', r), s))
  bad('r: a high tag number that stands for INTEGER', der.sequence(size('1f0220', r), s))
  bad('a SET', der.set(r, s))
  bad('an OCTET STRING around them', der.octets(body))
  bad('a primitive SEQUENCE (10)', der.tlv(0x10, body))
  bad('an application tag', der.tlv(0x70, body))
  bad('a SEQUENCE around the SEQUENCE', der.sequence(encoded(PLAIN)))
  bad('the whole in an OCTET STRING', der.octets(encoded(PLAIN)))
  bad('the whole in a BIT STRING', der.bits(encoded(PLAIN)))
  bad('r alone', der.sequence(r))
  bad('no number', der.sequence())
  bad('three numbers', der.sequence(r, s, der.integer(1)))
  bad('a NULL after the numbers', der.sequence(r, s, der.nul()))
  bad('two zero bytes after the numbers', der.sequence(r, s, hex('0000')))
  bad('a zero byte after the end', Buffer.concat([encoded(PLAIN), hex('00')]))
  bad('a NULL after the end', Buffer.concat([encoded(PLAIN), der.nul()]))
  bad('twice after each other', Buffer.concat([encoded(PLAIN), encoded(PLAIN)]))
  bad('the last byte cut off', encoded(PLAIN).subarray(0, -1))
  bad('the first byte cut off', encoded(PLAIN).subarray(1))
  bad('cut after r', encoded(PLAIN).subarray(0, 2 + r.length))
  bad('no bytes', Buffer.alloc(0))
  bad('one zero byte', hex('00'))
  bad('the tag alone', hex('30'))
  bad('64 zero bytes', Buffer.alloc(64))
  const p1363 = [toBytes(PLAIN.r, 32), toBytes(PLAIN.s, 32)]
  bad('r and s as 64 bytes (IEEE P1363, which WebCrypto makes)', Buffer.concat(p1363))
  bad('P1363 in a SEQUENCE', der.sequence(...p1363))
  bad('its hex as text', Buffer.from(encoded(PLAIN).toString('hex')))
  bad(
    'r and s as decimal text',
    der.sequence(...[PLAIN.r, PLAIN.s].map((n) => der.utf8(String(n)))),
  )
  return [list]
}

function zeroBefore(number: bigint, zeros = 1): Buffer {
  return Buffer.concat([Buffer.alloc(zeros), toBytes(number, 32)])
}
