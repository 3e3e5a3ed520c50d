import { constants, sign, type KeyObject } from 'node:crypto'

/** As the hub sends it. */
export interface SentChallenge {
  readonly challenge_id: string
  readonly challenge: string
  readonly expires_at: string
}

/** The seven lines of a proof, written out here so that nothing of the hub's own is believed (CONTRACT §1). */
export interface ProofLines {
  readonly label: string
  readonly origin: string
  readonly account: string
  readonly nodeId: string
  readonly spkiSha256: string
  readonly challenge: string
  readonly expiresAt: string
}

export function proofText(lines: ProofLines): string {
  const { label, origin, account, nodeId, spkiSha256, challenge, expiresAt } = lines
  return [label, origin, account, nodeId, spkiSha256, challenge, expiresAt].join('\n')
}

/** The one algorithm that a node key of each type signs with; base64url. */
export function signText(key: KeyObject, text: string): string {
  const bytes = Buffer.from(text)
  return signBytes(key, bytes).toString('base64url')
}

function signBytes(key: KeyObject, bytes: Buffer): Buffer {
  if (key.asymmetricKeyType === 'ed25519') return sign(null, bytes, key)
  if (key.asymmetricKeyType === 'ec') return sign('sha256', bytes, { key, dsaEncoding: 'der' })
  const padding = constants.RSA_PKCS1_PSS_PADDING
  return sign('sha256', bytes, { key, padding, saltLength: 32 })
}
