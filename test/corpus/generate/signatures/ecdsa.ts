import { corpusKey, spkiOf } from '../case.js'
import { Random } from '../moduli.js'

import { MESSAGE_BYTES, type SignatureCaseList, type SignatureFault } from './case.js'
import { toNumber } from './numbers.js'
import { hashed, signNumbers, type Numbers } from './p256.js'

export const KEY = corpusKey('ec-prime256v1')
export const SPKI = spkiOf(KEY)
export const D = toNumber(Buffer.from(KEY.export({ format: 'jwk' }).d!, 'base64url'))
export const HASH = hashed(MESSAGE_BYTES)
/** A nonce whose r and s both have their top bit set, so that both INTEGERs need a zero before them. */
export const PADDED = searched((numbers) => numbers.r >> 255n === 1n && numbers.s >> 255n === 1n)
/** The other way round: both of 32 bytes and positive as they are. */
export const PLAIN = searched((numbers) => numbers.r >> 255n === 0n && numbers.s >> 255n === 0n)

export function signWithNonce(seed: string, d: bigint, digest = 'sha256'): Numbers {
  return signNumbers(d, hashed(MESSAGE_BYTES, digest), new Random(seed).number(255))
}

function searched(isWanted: (numbers: Numbers) => boolean): Numbers {
  for (let attempt = 0; ; attempt += 1) {
    const found = signWithNonce(`nonce ${attempt}`, D)
    if (isWanted(found)) return found
  }
}

export type Add = (
  expect: SignatureFault | 'ok',
  why: string,
  signature: Buffer,
  change?: {
    readonly message?: string
    readonly recipe?: string
    readonly key?: string
    readonly spki?: Buffer
  },
) => void

export function adder(list: SignatureCaseList, recipe: string, source: string): Add {
  return (expect, why, signature, change = {}) =>
    list.add({
      expect,
      why,
      recipe,
      source,
      key: 'p-256',
      spki: SPKI,
      signature,
      ...change,
    })
}
