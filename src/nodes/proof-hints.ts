import { constants, type KeyObject, verify } from 'node:crypto'

import { isSignedBy, type Proof, proofBytes } from '../identity/proof.js'

/** Lines as people get them wrong, each with what is wrong about it. */
const MISTAKES: readonly (readonly [what: string, change: (proof: Proof) => Partial<Proof>])[] = [
  ['line 1 is the label of a login', () => ({ kind: 'node-login' })],
  ['line 2, the origin, ends with a slash', ({ origin }) => ({ origin: `${origin}/` })],
  ['line 3 is "-" in place of the account’s id', () => ({ accountId: null })],
  [
    'line 5, spki_sha256, is in capitals',
    ({ spkiSha256 }) => ({ spkiSha256: spkiSha256.toUpperCase() }),
  ],
]

/**
 * What is wrong with a signature that is good but for one common mistake; null if it is none of them. It
 * tells the caller nothing but what their own key has signed.
 */
export function mistakeIn(key: KeyObject, proof: Proof, signature: Buffer): string | null {
  const bytes = proofBytes(proof)
  const newline = Buffer.concat([bytes, Buffer.from('\n')])
  if (isSignedBy(key, newline, signature)) return 'there is a newline after the last line'
  const found = MISTAKES.find(([, change]) =>
    isSignedBy(key, proofBytes({ ...proof, ...change(proof) }), signature),
  )
  return found?.[0] ?? algorithmMistakeIn(key, bytes, signature)
}

/** The right bytes, signed in another way. */
function algorithmMistakeIn(key: KeyObject, bytes: Buffer, signature: Buffer): string | null {
  try {
    if (key.asymmetricKeyType === 'ec') {
      const isRaw = verify('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }, signature)
      return isRaw ? 'it is r and s side by side: expected them in DER' : null
    }
    if (key.asymmetricKeyType !== 'rsa') return null
    const pss = {
      key,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_AUTO,
    }
    if (verify('sha256', bytes, pss, signature)) return 'its salt is not of 32 bytes'
    const isOld = verify('sha256', bytes, { key, padding: constants.RSA_PKCS1_PADDING }, signature)
    return isOld ? 'it is padded as PKCS #1 v1.5: expected PSS' : null
  } catch {
    // OpenSSL throws for some signatures that it cannot read.
    return null
  }
}
