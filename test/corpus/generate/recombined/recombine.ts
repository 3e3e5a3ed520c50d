import * as der from '../../../support/der.js'
import { nodeIdOf } from '../case.js'

import { Dice } from './dice.js'
import { algorithmFor, goodSerial, goodTail, goodTimes, nameOf, type Digest } from './good-parts.js'
import { anyKey, goodKey, type PartKey } from './keys.js'
import { OtherParts } from './other-parts.js'
import type { Parts } from './parts.js'
import { operated } from './surgery.js'
import { otherText, sameText } from './texts.js'

/** What is sent to register, and how it came about. */
export interface Recombined {
  readonly nodeId: string
  readonly publicKeyPem: string | null
  readonly certificatePem: string
  readonly accept: 'rsa' | 'any'
  /** The parts that were not drawn from the good ones, and what was done to the whole. */
  readonly changed: readonly string[]
}

const SLOTS = [
  'version',
  'serial',
  'algorithm',
  'outer algorithm',
  'issuer',
  'times',
  'subject',
  'key',
  'tail',
  'digest',
  'signature',
  'signed surgery',
  'surgery',
  'text',
  'identity',
  'node id',
  'public key',
  'accept',
] as const

type Slot = (typeof SLOTS)[number]

/** A certificate out of parts: most of them good, some from anywhere in the corpus. */
export function recombine(seed: string, parts: Parts): Recombined {
  return new Recombination(new Dice(seed), parts).request()
}

class Recombination {
  private readonly bad: ReadonlySet<Slot>
  private readonly notes: string[] = []
  private readonly key: PartKey
  private readonly digest: Digest
  private readonly algorithm: Buffer
  private readonly nodeId: string
  private readonly other: OtherParts

  constructor(
    private readonly dice: Dice,
    parts: Parts,
  ) {
    const count = dice.weighted([
      [22, 0],
      [46, 1],
      [20, 2],
      [8, 3],
      [4, 6],
    ])
    this.bad = new Set(dice.shuffled(SLOTS).slice(0, count))
    this.key = this.slot(
      'key',
      () => goodKey(dice),
      () => anyKey(dice, parts.keys),
    )
    this.digest = dice.pick(['sha256', 'sha256', 'sha384', 'sha512'])
    const length = dice.chance(30) ? 16 : 32
    const identity = this.slot(
      'identity',
      () => this.key,
      () => goodKey(dice),
    )
    this.nodeId = nodeIdOf(identity.spki, length)
    this.other = new OtherParts(dice, parts, this.key, this.nodeId)
    this.algorithm = this.slot(
      'algorithm',
      () => algorithmFor(this.key.type, this.digest),
      () => this.other.algorithm(),
    )
  }

  request(): Recombined {
    const { dice, key } = this
    const signed = this.certificate()
    const bytes = this.bad.has('surgery') ? this.operate('surgery', signed) : signed
    return {
      nodeId: this.slot(
        'node id',
        () => this.nodeId,
        () => this.other.nodeId(),
      ),
      publicKeyPem: this.slot(
        'public key',
        () => (dice.chance(30) ? null : sameText(dice, 'PUBLIC KEY', key.spki)),
        () => this.other.publicKey(),
      ),
      certificatePem: this.slot(
        'text',
        () => sameText(dice, 'CERTIFICATE', bytes),
        () => otherText(dice, 'CERTIFICATE', bytes),
      ),
      accept: (key.type === 'rsa' && dice.chance(40)) || this.bad.has('accept') ? 'rsa' : 'any',
      changed: [key.name, ...this.bad, ...this.notes],
    }
  }

  private slot<T>(slot: Slot, good: () => T, other: () => T): T {
    return this.bad.has(slot) ? other() : good()
  }

  private certificate(): Buffer {
    const tbs = this.tbs()
    const outer = this.slot(
      'outer algorithm',
      () => this.algorithm,
      () => this.other.algorithm(),
    )
    const signature = this.slot(
      'signature',
      () => this.other.signature(tbs, this.signingDigest()),
      () => this.other.brokenSignature(tbs, this.digest),
    )
    return der.sequence(tbs, outer, signature)
  }

  private signingDigest(): string {
    return this.slot(
      'digest',
      () => this.digest,
      () => this.dice.pick(['sha1', 'sha256', 'sha384', 'sha512']),
    )
  }

  private tbs(): Buffer {
    const { dice, other } = this
    const subject = this.slot(
      'subject',
      () => nameOf(dice, this.nodeId),
      () => other.name(),
    )
    const times = goodTimes(dice)
    const tbs = der.sequence(
      this.slot(
        'version',
        () => der.explicit(0, der.integer(2)),
        () => other.version(),
      ),
      this.slot(
        'serial',
        () => goodSerial(dice),
        () => other.serial(),
      ),
      this.algorithm,
      this.slot(
        'issuer',
        () => subject,
        () => other.name(),
      ),
      this.slot(
        'times',
        () => der.sequence(...times),
        () => other.times(times),
      ),
      subject,
      this.key.spki,
      this.slot(
        'tail',
        () => goodTail(dice),
        () => other.tail(),
      ),
    )
    return this.bad.has('signed surgery') ? this.operate('signed surgery', tbs) : tbs
  }

  private operate(slot: Slot, bytes: Buffer): Buffer {
    const { bytes: changed, done } = operated(bytes, this.dice)
    this.notes.push(...done.map((name) => `${slot}: ${name}`))
    return changed
  }
}
