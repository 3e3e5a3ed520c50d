import { readFileSync } from 'node:fs'

import { corpusKey, spkiOf } from '../case.js'

import { SignatureCaseList } from './case.js'

const KEYS: readonly [name: string, why: string][] = [
  ['rsa-pss', 'an RSASSA-PSS key: the same mathematics, but not a key that registers'],
  ['rsa-pss-sha256', 'an RSASSA-PSS key bound to SHA-256 and salt 32'],
  ['ec-secp256k1', 'secp256k1, as long as P-256'],
  ['ec-secp384r1', 'P-384'],
  ['ec-secp521r1', 'P-521'],
  ['ed448', 'Ed448'],
  ['dsa-2048', 'DSA'],
]

/**
 * By name of the key: `crypto.sign` over `MESSAGE` (SHA-256 and a salt of 32 where one can ask for it).
 * These schemes draw random numbers, so the signatures were made once.
 */
export const OTHER_SIGNATURES: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL('../../keys/other-signatures.json', import.meta.url), 'utf8'),
)

/** S7: signatures that verify, by keys of other types. */
export function keyCases(): SignatureCaseList[] {
  const list = new SignatureCaseList('S7')
  const add = (name: string, expect: 'key_type' | 'ok', why: string): void =>
    list.add({
      expect,
      why: `a good signature by ${why}`,
      recipe: `crypto.sign with keys/${name}, once`,
      source: 'CONTRACT §2: RSA, P-256 and Ed25519',
      key: name,
      spki: spkiOf(corpusKey(name)),
      signature: Buffer.from(OTHER_SIGNATURES[name]!, 'hex'),
    })
  for (const [name, why] of KEYS) add(name, 'key_type', why)
  add(
    'ec-prime256v1-explicit',
    'ok',
    'P-256 with its parameters spelled out: the same key, whose form the key check refuses (K7)',
  )
  return [list]
}
