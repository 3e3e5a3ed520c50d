// NOTE: @peculiar/x509 looks for it as soon as it is loaded.
import 'reflect-metadata'

import { createPublicKey, X509Certificate } from 'node:crypto'

import { BasicConstraintsExtension, X509CertificateGenerator } from '@peculiar/x509'

import { nodeIdsOf, spkiSha256Of, type NodeIds } from '../identity/node-id.js'

const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
}
const TEN_YEARS_MS = 3_650 * 86_400_000

/** A real key as a current client makes it: RSA-2048, a self-signed certificate of ten years. */
export interface RealKey {
  readonly ids: NodeIds
  readonly spkiSha256: string
  readonly publicKeyPem: string
  readonly certificatePem: string
}

/** Makes `size` keys at once, about 0.2 s each. The private halves are thrown away. */
export function makeKeys(size: number, now: Date): Promise<RealKey[]> {
  return Promise.all(Array.from({ length: size }, () => makeKey(now)))
}

async function makeKey(now: Date): Promise<RealKey> {
  const keys = await crypto.subtle.generateKey(RSA, true, ['sign', 'verify'])
  const spki = Buffer.from(await crypto.subtle.exportKey('spki', keys.publicKey))
  const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  const ids = nodeIdsOf(publicKey)
  const certificate = await X509CertificateGenerator.createSelfSigned({
    keys,
    name: `CN=${ids.long}`,
    signingAlgorithm: RSA,
    notBefore: now,
    notAfter: new Date(now.getTime() + TEN_YEARS_MS),
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  })
  return {
    ids,
    spkiSha256: spkiSha256Of(publicKey),
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    certificatePem: new X509Certificate(Buffer.from(certificate.rawData)).toString(),
  }
}
