import { constants, sign } from 'node:crypto'

import * as der from '../../../support/der.js'
import { extension, poolKey, relative } from '../../../support/x509.js'
import { nodeIdOf, NOW, spkiOf } from '../case.js'
import { flipBit } from '../signatures/numbers.js'

import type { Dice } from './dice.js'
import { nameOf } from './good-parts.js'
import { goodKey, otherForm, signedBy, type PartKey } from './keys.js'
import type { Parts } from './parts.js'
import { operated } from './surgery.js'
import { otherText, sameText } from './texts.js'
import { valuesOf } from './values.js'

/** The id that most names of the corpus hold. */
const CORPUS_ID = nodeIdOf(spkiOf(poolKey(0)))

/** Draws parts that mostly make a certificate bad: from the corpus, and some that only now can be made. */
export class OtherParts {
  constructor(
    private readonly dice: Dice,
    private readonly parts: Parts,
    private readonly key: PartKey,
    private readonly id: string,
  ) {}

  version(): Buffer {
    const versions = [0n, 1n, 2n, 3n, 2n ** 64n + 2n].map((n) => der.explicit(0, der.integer(n)))
    return this.dice.pick([
      ...this.parts.versions,
      ...versions,
      Buffer.alloc(0),
      der.explicit(0, der.tlv(2, Buffer.from([0, 2]))),
      der.explicit(0, der.integer(2), der.integer(2)),
      der.explicit(1, der.integer(2)),
    ])
  }

  serial(): Buffer {
    return this.dice.pick([
      ...this.parts.serials,
      der.integer(0),
      der.integer(-1),
      der.integer(1n << 159n),
      der.tlv(2, this.dice.bytes(20)),
      der.tlv(2, this.dice.bytes(21)),
    ])
  }

  algorithm(): Buffer {
    return this.dice.pick(this.parts.algorithms)
  }

  times([from, to]: readonly [Buffer, Buffer]): Buffer {
    const { dice, parts } = this
    const year = String(1950 + dice.below(150))
    const rest = `${dice.pick(['0228', '0229', '0230', '0631', '1231', '1301', '0000'])}${dice.pick(['000000', '235959', '235960', '240000', '006000'])}Z`
    const odd = dice.pick([
      der.tlv(0x17, Buffer.from(year.slice(2) + rest)),
      der.tlv(0x18, Buffer.from(year + rest)),
      der.time(new Date(NOW.getTime() + dice.pick([-1, 0, 1, 299, 300, 301]) * 1000)),
      dice.pick(parts.times),
    ])
    return dice.pick([
      der.sequence(from, inOtherForm(to)),
      der.sequence(inOtherForm(from), to),
      der.sequence(odd, to),
      der.sequence(from, odd),
      der.sequence(to, from),
      der.sequence(from, from),
      der.sequence(from),
      der.sequence(from, to, to),
      der.sequence(dice.pick(parts.times), dice.pick(parts.times)),
      der.set(from, to),
    ])
  }

  /** A name of the corpus, most with the id of this key where the corpus has its own. */
  name(): Buffer {
    const { dice, parts } = this
    const own = relative('2.5.4.3', der.utf8(this.id))
    // In a SET, but not sorted.
    const place = der.sequence(der.oid('2.5.4.8'), der.utf8('here'))
    const organisation = der.sequence(der.oid('2.5.4.10'), der.utf8('D'))
    return dice.weighted<() => Buffer>([
      [8, () => withId(dice.pick(parts.names), this.id)],
      [1, () => nameOf(dice, this.nodeId())],
      [1, () => der.sequence(own, own)],
      [1, () => der.sequence(own, der.set(place, organisation))],
      [1, () => operated(nameOf(dice, this.id), dice).bytes],
      [1, () => nameOf(dice, this.id)],
    ])()
  }

  /** Extensions of the corpus, mixed anew half of the time. */
  tail(): Buffer {
    const { dice, parts } = this
    return dice.weighted<() => Buffer>([
      [3, () => dice.pick(parts.tails)],
      [3, () => this.mixedExtensions()],
      [1, () => operated(dice.pick(parts.tails), dice).bytes],
      [1, () => Buffer.concat([dice.pick(parts.tails), dice.pick(parts.tails)])],
      [1, () => Buffer.concat([der.tlv(0x81, Buffer.from([0, 1])), dice.pick(parts.tails)])],
    ])()
  }

  private mixedExtensions(): Buffer {
    const { dice, parts } = this
    const spareBits = extension('2.5.29.15', dice.chance(50), der.bits(Buffer.from([0x85]), 2))
    const items = Array.from({ length: 1 + dice.below(4) }, () =>
      dice.pick([...parts.extensions, spareBits]),
    )
    return der.explicit(3, der.sequence(...items))
  }

  nodeId(): string {
    const { dice, id } = this
    return dice.pick([
      dice.pick(this.parts.nodeIds),
      nodeIdOf(goodKey(dice).spki),
      nodeIdOf(this.key.spki, id.length > 30 ? 16 : 32),
      id.toUpperCase(),
      id.slice(0, -1),
      `${id}0`,
      `${id}\n`,
      ` ${id}`,
      id.replace('dpc', 'dp\u0441'),
    ])
  }

  publicKey(): string {
    const { dice, parts, key } = this
    const label = 'PUBLIC KEY'
    return dice.weighted<() => string>([
      [3, () => otherText(dice, label, key.spki)],
      [2, () => sameText(dice, label, goodKey(dice).spki)],
      [2, () => sameText(dice, label, operated(key.spki, dice).bytes)],
      [2, () => dice.pick(parts.keyTexts)],
      [2, () => sameText(dice, label, otherForm(key.spki))],
      [1, () => sameText(dice, 'RSA PUBLIC KEY', key.spki)],
      [1, () => der.pem('PRIVATE KEY', key.spki)],
    ])()
  }

  /** As a BIT STRING; of the corpus where nobody has the private half. */
  signature(tbs: Buffer, digest: string): Buffer {
    const { privateKey, signature } = this.key
    if (signature !== undefined) return der.bits(signature)
    if (privateKey === null) return this.dice.pick(this.parts.signatures)
    return der.bits(signedBy(privateKey, digest, tbs))
  }

  brokenSignature(tbs: Buffer, digest: string): Buffer {
    const { dice, parts, key } = this
    const good = this.signature(tbs, digest)
    const value = valuesOf(good)?.[0]?.content.subarray(1) ?? Buffer.alloc(0)
    const { privateKey } = key
    return dice.pick<() => Buffer>([
      () => der.bits(flipBit(value, dice.below(value.length), dice.below(8))),
      () => der.bits(value.subarray(0, -1)),
      () => der.bits(Buffer.concat([Buffer.alloc(1), value])),
      () => der.bits(Buffer.concat([value, Buffer.alloc(1)])),
      () => der.bits(Buffer.alloc(value.length)),
      () => der.bits(Buffer.alloc(0)),
      () => der.bits(value, 1 + dice.below(9)),
      () => der.octets(value),
      () => der.tlv(0x23, good),
      () => der.bits(good),
      () => der.tlv(3),
      () => dice.pick(parts.signatures),
      () => der.bits(signedBy(goodKey(dice).privateKey ?? poolKey(1), digest, tbs)),
      () => this.signature(Buffer.concat([tbs, Buffer.alloc(1)]), digest),
      () => this.signature(tbs.subarray(4), digest),
      () =>
        privateKey?.asymmetricKeyType === 'rsa'
          ? der.bits(pssSignature(privateKey, tbs))
          : this.signature(tbs, 'sha1'),
    ])()
  }
}

function pssSignature(key: NonNullable<PartKey['privateKey']>, tbs: Buffer): Buffer {
  return sign('sha256', tbs, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 })
}

/** UTCTime as GeneralizedTime and the other way round. */
function inOtherForm(time: Buffer): Buffer {
  const text = time.subarray(2).toString('latin1')
  if (time[0] === 0x18) return der.tlv(0x17, Buffer.from(text.slice(2)))
  return der.tlv(0x18, Buffer.from((text < '50' ? '20' : '19') + text))
}

/** Only an id of the same length can stand in the same bytes. */
function withId(name: Buffer, id: string): Buffer {
  if (id.length !== CORPUS_ID.length) return name
  return Buffer.from(name.toString('latin1').replaceAll(CORPUS_ID, id), 'latin1')
}
