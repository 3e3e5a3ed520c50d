import * as der from '../../../support/der.js'
import { algorithm, extension, relative } from '../../../support/x509.js'
import { DAY, NOW } from '../case.js'

import type { Dice } from './dice.js'

/** Parts that a good certificate may have, drawn. */
const SECOND = 1000
const MINUTE = 60 * SECOND
const RSA_OIDS = { sha256: 11, sha384: 12, sha512: 13 } as const
const ECDSA_OIDS = { sha256: 2, sha384: 3, sha512: 4 } as const

export type Digest = keyof typeof RSA_OIDS

export function goodSerial(dice: Dice): Buffer {
  const bytes = dice.bytes(dice.pick([1, 2, 8, 16, 19, 20]))
  bytes[0] = (bytes[0] ?? 0) & 0x7f
  return der.integer(BigInt(`0x${bytes.toString('hex')}`) || 1n)
}

/** The AlgorithmIdentifier that the key's type has for the hash. */
export function algorithmFor(type: string | null, digest: Digest): Buffer {
  if (type === 'ec') return algorithm(`1.2.840.10045.4.3.${ECDSA_OIDS[digest]}`)
  if (type === 'ed25519') return algorithm('1.3.101.112')
  return algorithm(`1.2.840.113549.1.1.${RSA_OIDS[digest]}`, der.nul())
}

/** From and to; the borders of what CONTRACT §2 allows among them. */
export function goodTimes(dice: Dice): [Buffer, Buffer] {
  const from = dice.pick([
    new Date(NOW.getTime() + 5 * MINUTE),
    new Date(NOW.getTime() - SECOND),
    new Date(NOW.getTime() - dice.below(20 * 365) * DAY),
    new Date(NOW.getTime() - dice.below(1_000_000) * SECOND),
    new Date('2024-02-29T12:00:00Z'),
    new Date('2025-01-01T00:00:00Z'),
  ])
  const latest = new Date(from)
  latest.setUTCFullYear(latest.getUTCFullYear() + 25)
  const to = dice.pick(
    [
      latest,
      new Date(latest.getTime() - SECOND),
      new Date(Math.max(NOW.getTime(), from.getTime()) + SECOND),
      new Date(from.getTime() + 25 * 365 * DAY),
      new Date('2036-02-29T23:59:59Z'),
      ...['2049-12-31T23:59:59Z', '2050-01-01T00:00:00Z'].map((text) => new Date(text)),
    ].filter((date) => date > NOW && date > from && date <= latest),
  )
  return [der.time(from), der.time(to)]
}

/** A Name with the id as its only CN, alone or among others. */
export function nameOf(dice: Dice, nodeId: string): Buffer {
  const text = dice.pick([der.utf8, der.printable])
  const others = [
    relative('2.5.4.6', der.printable('DE')),
    relative('2.5.4.10', der.utf8('D-PC')),
    relative('2.5.4.11', der.teletex('Knoten')),
    relative('2.5.4.5', der.printable('42')),
    relative('1.2.840.113549.1.9.1', der.ia5('someone@example.com')),
    der.set(
      der.sequence(der.oid('2.5.4.7'), der.utf8('here')),
      der.sequence(der.oid('2.5.4.8'), der.utf8('there')),
    ),
  ]
  const around = dice.weighted<() => Buffer[]>([
    [6, () => []],
    [3, () => [dice.pick(others)]],
    [1, () => dice.shuffled(others).slice(0, 3)],
  ])()
  return der.sequence(...dice.shuffled([relative('2.5.4.3', text(nodeId)), ...around]))
}

/** Never critical (RFC 5280 §4.2.1.1 and §4.2.1.2). */
const KEY_IDENTIFIERS = ['2.5.29.14', '2.5.29.35']

/** The whole of what follows the key: known and unknown extensions in any order, or nothing. */
export function goodTail(dice: Dice): Buffer {
  if (dice.chance(15)) return Buffer.alloc(0)
  const purposes = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'].map((dotted) => der.oid(dotted))
  const values: readonly [dotted: string, value: Buffer][] = [
    [
      '2.5.29.19',
      dice.pick([
        der.sequence(der.boolean(true)),
        der.sequence(),
        der.sequence(der.boolean(true), der.integer(0)),
      ]),
    ],
    ['2.5.29.14', der.octets(dice.bytes(20))],
    ['2.5.29.15', der.bits(Buffer.from([0x84]), 2)],
    ['2.5.29.17', der.sequence(der.tlv(0x82, Buffer.from('node.example')))],
    ['2.5.29.35', der.sequence(der.tlv(0x80, dice.bytes(20)))],
    ['2.5.29.37', der.sequence(...purposes)],
  ]
  const known = values.map(([dotted, value]) =>
    extension(dotted, !KEY_IDENTIFIERS.includes(dotted) && dice.chance(50), value),
  )
  const unknown = extension('1.3.6.1.4.1.55555.1', false, dice.bytes(dice.below(40)))
  const items = dice.shuffled([...known, unknown]).slice(0, 1 + dice.below(4))
  return der.explicit(3, der.sequence(...items))
}
