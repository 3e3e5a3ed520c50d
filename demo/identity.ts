// NOTE: @peculiar/x509 looks for it as soon as it is loaded.
import 'reflect-metadata'

import { createHash, KeyObject } from 'node:crypto'

import { BasicConstraintsExtension, X509CertificateGenerator } from '@peculiar/x509'

const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
}
const TEN_YEARS_MS = 3_650 * 86_400_000
/** Clocks differ; a certificate that begins a minute ago has begun for everybody. */
const HEAD_START_MS = 60_000

/** What a node registers. The private key that signed the certificate stays with the node. */
export interface Identity {
  readonly nodeId: string
  readonly publicKeyPem: string
  readonly certificatePem: string
}

/** A new RSA-2048 key and its self-signed certificate, as the desktop client makes them. */
export async function makeIdentity(): Promise<Identity> {
  const keys = await crypto.subtle.generateKey(RSA, true, ['sign', 'verify'])
  const publicKeyPem = KeyObject.from(keys.publicKey).export({ type: 'spki', format: 'pem' })
  const nodeId = nodeIdOf(String(publicKeyPem))
  const certificate = await X509CertificateGenerator.createSelfSigned({
    keys,
    name: `CN=${nodeId}`,
    signingAlgorithm: RSA,
    notBefore: new Date(Date.now() - HEAD_START_MS),
    notAfter: new Date(Date.now() + TEN_YEARS_MS),
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  })
  return { nodeId, publicKeyPem: String(publicKeyPem), certificatePem: certificate.toString('pem') }
}

/** A node's id is made from the text of its public key, final newline included. */
function nodeIdOf(publicKeyPem: string): string {
  return `dpc-node-${createHash('sha256').update(publicKeyPem).digest('hex').slice(0, 32)}`
}
