import type { Prekey, Proof, Rotation } from '../../../../src/identity/proof.js'

/** What is wrong with a signature, as `reference.ts` finds it. */
export type SignatureFault =
  /** The contract has no signatures of such keys. */
  | 'key_type'
  /** The key is no point of the curve, or not in its one spelling. */
  | 'key_encoding'
  /** Not as long as signatures of this key are. */
  | 'length'
  /** Not DER of two INTEGERs; for Ed25519, R is not a point in its one spelling. */
  | 'encoding'
  /** A number that is 0, negative, or not below the modulus or order. */
  | 'range'
  /** PSS: unused high bits, last byte, zeros and 01 before the salt. */
  | 'top_bits'
  | 'trailer'
  | 'padding'
  /** PSS in order, with another salt length, MGF1 hash or hash than the contract's. */
  | 'salt_length'
  | 'mgf1_digest'
  | 'digest'
  /** Another scheme of the same key: PKCS #1 v1.5, Ed25519ph, Ed25519ctx. */
  | 'scheme'
  /** Ed25519: key or R of an order that divides 8. */
  | 'small_order'
  /** Ed25519: right only when multiplied by 8. */
  | 'mixed_order'
  /** All in order, but not over these bytes or not by this key. */
  | 'mismatch'
  /** The statement itself has a line break in a value, so there are no bytes to sign. */
  | 'line_break'

export type SignatureVerdict =
  { readonly signed: true } | { readonly signed: false; readonly fault: SignatureFault }

/** What the hub expects to be signed. */
export type Statement =
  | ({ readonly type: 'proof' } & Proof)
  | ({ readonly type: 'rotation' } & Rotation)
  | ({ readonly type: 'prekey' } & Prekey)

/** Bytes, or the statement that they follow from; and a signature that is or is not one of them. */
export interface SignatureCase {
  readonly id: string
  readonly class: string
  readonly input: {
    /** Name in the file's `keys`. */
    readonly key: string
    /** UTF-8. */
    readonly message?: string
    readonly statement?: Statement
    /** Hex. */
    readonly signature: string
  }
  readonly expect: SignatureVerdict
  readonly why: string
  readonly recipe: string
  /** The rule or publication behind it, and who else judged it. */
  readonly source: string
}

export interface SignatureFile {
  /** DER of each SubjectPublicKeyInfo, hex. */
  readonly keys: Readonly<Record<string, string>>
  readonly cases: readonly SignatureCase[]
}

export interface SignatureAttempt {
  readonly expect: SignatureFault | 'ok'
  readonly why: string
  readonly recipe: string
  readonly source: string
  readonly key: string
  readonly spki: Buffer
  /** By default `MESSAGE`. */
  readonly message?: string
  readonly statement?: Statement
  readonly signature: Buffer
}

/** A registration proof: what the hub has signed most. */
export const MESSAGE = [
  'dpc-hub node-proof v1',
  'https://hub.example',
  '7',
  'dpc-node-0123456789abcdef0123456789abcdef',
  'ab'.repeat(32),
  'VGhpcnR5LXR3byByYW5kb20gYnl0ZXMsIG1vcmUgb3I',
  '2026-12-01T00:02:00.000Z',
].join('\n')

export const MESSAGE_BYTES = Buffer.from(MESSAGE)

/** Collects the cases of one class and numbers them. */
export class SignatureCaseList {
  readonly cases: SignatureCase[] = []
  readonly keys: Record<string, string> = {}

  constructor(readonly name: string) {}

  add(attempt: SignatureAttempt): void {
    const number = String(this.cases.length + 1).padStart(2, '0')
    const { key, statement, signature, why, recipe, source } = attempt
    const spki = attempt.spki.toString('hex')
    if ((this.keys[key] ??= spki) !== spki) throw new Error(`two keys are called ${key}`)
    this.cases.push({
      id: `${this.name}-${number}`,
      class: this.name,
      input: {
        key,
        ...(statement === undefined ? { message: attempt.message ?? MESSAGE } : { statement }),
        signature: signature.toString('hex'),
      },
      expect: attempt.expect === 'ok' ? { signed: true } : { signed: false, fault: attempt.expect },
      why,
      recipe,
      source,
    })
  }
}
