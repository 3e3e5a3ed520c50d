import { createHash, sign, type KeyObject } from 'node:crypto'

import { poolKey } from '../../../support/x509.js'
import { corpusKey, nodeIdOf, spkiOf } from '../case.js'

import type { SignatureCaseList, SignatureFault, Statement } from './case.js'
import { signPss } from './pss.js'

export interface Signer {
  readonly name: string
  readonly key: KeyObject
  readonly spki: Buffer
  readonly nodeId: string
  readonly spkiSha256: string
}

export const OWN = signer('ed25519', corpusKey('ed25519'))
export const RSA = signer('rsa-2048-01', poolKey(0))
export const OTHER_RSA = signer('rsa-2048-02', poolKey(1))

/** The lines that the node signs, written out here so that nothing of the hub's own is believed. */
export interface Lines {
  readonly label: string
  readonly origin: string
  readonly account: string
  readonly nodeId: string
  readonly spkiSha256: string
  readonly challenge: string
  readonly expiresAt: string
}

export type Proof = Extract<Statement, { type: 'proof' }>

export function signer(name: string, key: KeyObject): Signer {
  const spki = spkiOf(key)
  const spkiSha256 = createHash('sha256').update(spki).digest('hex')
  return { name, key, spki, nodeId: nodeIdOf(spki), spkiSha256 }
}

export function proofOf({ nodeId, spkiSha256 }: Signer, change: Partial<Proof> = {}): Proof {
  return {
    type: 'proof',
    kind: 'node-proof',
    origin: 'https://hub.example',
    accountId: 7,
    nodeId,
    spkiSha256,
    challenge: 'VGhpcnR5LXR3byByYW5kb20gYnl0ZXMsIG1vcmUgb3I',
    expiresAt: '2026-12-01T00:02:00.000Z',
    ...change,
  }
}

export function linesOf(signer: Signer): Lines {
  const { origin, nodeId, spkiSha256, challenge, expiresAt } = proofOf(signer)
  const label = 'dpc-hub node-proof v1'
  return { label, origin, account: '7', nodeId, spkiSha256, challenge, expiresAt }
}

export function textOf(signer: Signer, change: Partial<Lines> = {}): string {
  return Object.values({ ...linesOf(signer), ...change }).join('\n')
}

export function signedBy({ key }: Signer, text: string): Buffer {
  const bytes = Buffer.from(text)
  return key.asymmetricKeyType === 'rsa' ? signPss(key, bytes) : sign(null, bytes, key)
}

export function adder(
  list: SignatureCaseList,
  recipe: string,
  source: string,
): (
  expect: SignatureFault | 'ok',
  why: string,
  signature: Buffer,
  statement?: Statement,
  by?: Signer,
) => void {
  return (expect, why, signature, statement = proofOf(OWN), by = OWN) =>
    list.add({
      expect,
      why,
      recipe,
      source,
      key: by.name,
      spki: by.spki,
      statement,
      signature,
    })
}
