import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'

import type { CertificateErrorCode } from '../../../src/identity/certificate.errors.js'
import * as der from '../../support/der.js'
import {
  certificateDer,
  distinguishedName,
  poolKey,
  type CertificateParts,
} from '../../support/x509.js'

/** One registration attempt and the verdict it must get. */
export interface CorpusCase {
  readonly id: string
  readonly class: string
  /** `any` where the modern route's wider choice of keys is asked for. */
  readonly accept: 'rsa' | 'any'
  readonly input: {
    readonly node_id: string
    readonly public_key: CorpusText | null
    readonly certificate: CorpusText
  }
  readonly expect: { readonly ok: true } | { readonly code: CertificateErrorCode }
  readonly why: string
  /** How the input was made. */
  readonly recipe: string
  /** The rule, or the publication, behind it. */
  readonly source: string
}

/** A text, or one too long to be kept: `before`, `times` times `text`, `after`. */
export type CorpusText =
  | string
  | {
      readonly before: string
      readonly text: string
      readonly times: number
      readonly after: string
    }

export interface CorpusFile {
  /** The clock of all cases in the file. */
  readonly now: string
  readonly cases: readonly CorpusCase[]
}

export const NOW = new Date('2026-12-01T00:00:00Z')
export const DAY = 86_400_000
export const YEAR = 365 * DAY

/** What is left out is that of a good registration with the pool's first key. */
export interface Attempt {
  readonly expect: CertificateErrorCode | 'ok'
  readonly why: string
  readonly recipe: string
  readonly source: string
  readonly accept?: 'rsa' | 'any'
  readonly key?: KeyObject
  /** Public key as DER where there is no private one; the signature is then 256 zero bytes. */
  readonly spki?: Buffer
  readonly idLength?: 16 | 32
  readonly nodeId?: string
  readonly commonName?: string
  readonly parts?: CertificateParts
  /** Turns the certificate's DER into the sent text. */
  readonly certificate?: (certificate: Buffer) => CorpusText
  /** Turns the key's PEM into the sent text. */
  readonly publicKey?: (pem: string) => CorpusText | null
}

/** Collects the cases of one class and numbers them. */
export class CaseList {
  readonly cases: CorpusCase[] = []

  constructor(private readonly name: string) {}

  add(attempt: Attempt): void {
    const number = String(this.cases.length + 1).padStart(2, '0')
    this.cases.push({
      id: `${this.name}-${number}`,
      class: this.name,
      accept: attempt.accept ?? 'rsa',
      input: inputOf(attempt),
      expect: attempt.expect === 'ok' ? { ok: true } : { code: attempt.expect },
      why: attempt.why,
      recipe: attempt.recipe,
      source: attempt.source,
    })
  }
}

function inputOf(attempt: Attempt): CorpusCase['input'] {
  const key = attempt.key ?? poolKey(0)
  const spki = attempt.spki ?? spkiOf(key)
  const publicKeyPem = der.pem('PUBLIC KEY', spki)
  const nodeId = attempt.nodeId ?? nodeIdOf(spki, attempt.idLength)
  const certificate = certificateDer(key, {
    spki,
    subject: distinguishedName(attempt.commonName ?? nodeId),
    notBefore: der.time(new Date(NOW.getTime() - DAY)),
    notAfter: der.time(new Date(NOW.getTime() + 10 * YEAR)),
    ...(attempt.spki === undefined || attempt.key !== undefined
      ? {}
      : { signature: Buffer.alloc(256) }),
    ...attempt.parts,
  })
  return {
    node_id: nodeId,
    public_key: attempt.publicKey === undefined ? publicKeyPem : attempt.publicKey(publicKeyPem),
    certificate: attempt.certificate?.(certificate) ?? der.pem('CERTIFICATE', certificate),
  }
}

export function spkiOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: 'spki', format: 'der' })
}

/** Hashed by hand: the key may be one that Node refuses to read. */
export function nodeIdOf(spki: Buffer, length: 16 | 32 = 32): string {
  const hex = createHash('sha256').update(der.pem('PUBLIC KEY', spki)).digest('hex')
  return `dpc-node-${hex.slice(0, length)}`
}

const RSA_ENCRYPTION = '1.2.840.113549.1.1.1'

/** SubjectPublicKeyInfo around the content of its BIT STRING. */
export function spkiDer(algorithm: Buffer, content: Buffer): Buffer {
  return der.sequence(algorithm, der.bits(content))
}

export function rsaSpki(...content: readonly Buffer[]): Buffer {
  return spkiDer(der.sequence(der.oid(RSA_ENCRYPTION), der.nul()), der.sequence(...content))
}

export function corpusKey(name: string): KeyObject {
  return createPrivateKey(
    readFileSync(new URL(`../keys/${name}.test-key.pem`, import.meta.url), 'utf8'),
  )
}

/** The file as PEM without the warning above it. */
export function privatePem(key: KeyObject, type: 'pkcs1' | 'pkcs8' | 'sec1' = 'pkcs8'): string {
  return key.export({ type, format: 'pem' }).toString()
}
