import { createHash, createPublicKey, randomBytes, type KeyObject } from 'node:crypto'

import { signText } from './node-proof.js'

/** As it stands in `PUT /nodes/{node_id}/keys`. */
export interface Prekey {
  readonly key_id: number
  readonly public_key: string
}

export interface SignedPrekey extends Prekey {
  readonly signature: string
}

export interface Publication {
  readonly signed_prekey: SignedPrekey
  readonly one_time_prekeys?: readonly Prekey[]
  readonly last_resort_prekey?: SignedPrekey
}

/** What a node may get wrong when it signs. */
export interface SigningFault {
  readonly label?: string
  readonly spkiSha256?: string
  readonly kind?: string
  readonly keyId?: number
  readonly publicKey?: string
  readonly key?: KeyObject
}

export type SignedKind = 'signed' | 'last_resort'

/** Stands for the public half of a key: nothing is ever agreed with it here. */
export function publicKeyOf(bytes = 32): string {
  return randomBytes(bytes).toString('base64url')
}

export function oneTimePrekey(keyId: number, publicKey = publicKeyOf()): Prekey {
  return { key_id: keyId, public_key: publicKey }
}

/** One-time keys with the ids `first` to `first + count - 1`. */
export function oneTimePrekeys(count: number, first = 1): Prekey[] {
  return Array.from({ length: count }, (_each, index) => oneTimePrekey(first + index))
}

/** A prekey that the node's key has signed. */
export function signedPrekey(
  nodeKey: KeyObject,
  kind: SignedKind,
  keyId = 1,
  publicKey = publicKeyOf(),
  fault: SigningFault = {},
): SignedPrekey {
  const spki = createPublicKey(nodeKey).export({ type: 'spki', format: 'der' })
  const spkiSha256 = createHash('sha256').update(spki).digest('hex')
  const text = prekeyText({ spkiSha256, kind, keyId, publicKey, ...fault })
  return {
    key_id: keyId,
    public_key: publicKey,
    signature: signText(fault.key ?? nodeKey, text),
  }
}

/** All that a node publishes: both signed keys, and those to be used once. */
export function publication(
  nodeKey: KeyObject,
  oneTime: readonly Prekey[] = [],
  keyId = 1,
): Required<Publication> {
  return {
    signed_prekey: signedPrekey(nodeKey, 'signed', keyId),
    one_time_prekeys: oneTime,
    last_resort_prekey: signedPrekey(nodeKey, 'last_resort', keyId),
  }
}

/** The lines of docs/protocol.md, written out here so that nothing of the hub's own is believed. */
function prekeyText(of: SigningFault): string {
  const { label = 'dpc-hub prekey v1', spkiSha256, kind, keyId, publicKey } = of
  return [label, spkiSha256, kind, keyId, publicKey].join('\n')
}
