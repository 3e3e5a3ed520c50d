import { createHash, verify, X509Certificate, type KeyObject } from 'node:crypto'

import { derTree, shapeOf, type Tree } from './canonical.js'
import { judgedKey } from './keys.js'
import { extensionsFault, nameFault, timesFault } from './rules.js'

export interface Request {
  readonly nodeId: string
  readonly publicKeyPem: string | null
  readonly certificatePem: string
  readonly accept: 'rsa' | 'any'
}

/**
 * A second opinion on a registration: OpenSSL's reading of the certificate (`node:crypto`) and a rule sheet
 * written from CONTRACT §2, RFC 5280 and RFC 7468, on its own and on purpose by other means than the
 * hub's. Null when all is well, else the first fault found.
 */
export function judged(request: Request, now: Date): string | null {
  const { nodeId, publicKeyPem, certificatePem, accept } = request
  if (!/^dpc-node-([0-9a-f]{16}){1,2}$/.test(nodeId) || nodeId.includes('\n')) return 'node id'
  if (Buffer.byteLength(certificatePem) > 16_384) return 'certificate too large'
  if (Buffer.byteLength(publicKeyPem ?? '') > 4096) return 'public key too large'
  const bytes = pemContent(certificatePem, 'CERTIFICATE')
  const certificate = bytes === null ? null : derTree(bytes)
  if (certificate === null) return 'no certificate in DER, in PEM'
  const parts = partsOf(certificate)
  if (parts === null) return 'not the structure of a v3 certificate'
  const key = judgedKey(parts.key.bytes, accept)
  if (typeof key === 'string') return key
  const sent = publicKeyPem === null ? parts.key.bytes : pemContent(publicKeyPem, 'PUBLIC KEY')
  if (sent?.equals(parts.key.bytes) !== true) return 'another public key'
  if (!idsOf(parts.key.bytes).includes(nodeId)) return 'the id of another key'
  return (
    serialFault(parts.serial) ??
    (parts.issuer.bytes.equals(parts.subject.bytes) ? null : 'issuer is not subject') ??
    nameFault(parts.subject, nodeId) ??
    timesFault(parts.validity, now) ??
    extensionsFault(parts.extensions) ??
    signatureFault(parts, key) ??
    openSslFault(bytes ?? Buffer.alloc(0), parts, key)
  )
}

/** Null unless the text is what RFC 7468 would generate for its bytes, white space at the ends aside. */
function pemContent(text: string, label: string): Buffer | null {
  const trimmed = text.replaceAll('\r\n', '\n').replace(/^[ \t\r\n]*([^]*?)[ \t\r\n]*$/, '$1')
  const base64 = trimmed.split('\n').slice(1, -1).join('')
  const bytes = Buffer.from(base64, 'base64')
  const lines = bytes.toString('base64').replace(/.{64}(?=.)/g, '$&\n')
  return trimmed === `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----` ? bytes : null
}

interface Parts {
  readonly tbs: Tree
  readonly serial: Tree
  readonly algorithm: Tree
  readonly issuer: Tree
  readonly validity: Tree
  readonly subject: Tree
  readonly key: Tree
  readonly extensions: Tree | null
  readonly signature: Tree
}

/** RFC 5280 §4.1; unique identifiers are in nobody's certificate, and not in a node's. */
function partsOf(certificate: Tree): Parts | null {
  if (certificate.tag !== 0x30 || shapeOf(certificate) !== '30 30 03') return null
  const [tbs, outer, signature] = certificate.children
  if (tbs === undefined || !/^a0 02 30 30 30 30 30( a3)?$/.test(shapeOf(tbs))) return null
  const [version, serial, algorithm, issuer, validity, subject, key, extensions] = tbs.children
  if (version?.bytes.toString('hex') !== 'a003020102') return null
  if (outer === undefined || algorithm?.bytes.equals(outer.bytes) !== true) return null
  if (serial === undefined || issuer === undefined || validity === undefined) return null
  if (subject === undefined || key === undefined || signature === undefined) return null
  return {
    tbs,
    serial,
    algorithm,
    issuer,
    validity,
    subject,
    key,
    extensions: extensions ?? null,
    signature,
  }
}

/** 16 and 32 characters of SHA-256 over the PEM text of the key (CONTRACT §2). */
function idsOf(spki: Buffer): string[] {
  const lines = spki.toString('base64').replace(/.{64}(?=.)/g, '$&\n')
  const pem = `-----BEGIN PUBLIC KEY-----\n${lines}\n-----END PUBLIC KEY-----\n`
  const hex = createHash('sha256').update(pem).digest('hex')
  return [16, 32].map((length) => `dpc-node-${hex.slice(0, length)}`)
}

/** RFC 5280 §4.1.2.2. */
function serialFault({ content }: Tree): string | null {
  const value = BigInt.asIntN(content.length * 8, BigInt(`0x${content.toString('hex')}`))
  return value > 0n && value < 1n << 159n ? null : 'serial number'
}

const ALGORITHMS: Readonly<Record<string, Readonly<Record<string, string | null>>>> = {
  rsa: {
    '300d06092a864886f70d01010b0500': 'sha256',
    '300d06092a864886f70d01010c0500': 'sha384',
    '300d06092a864886f70d01010d0500': 'sha512',
  },
  ec: {
    '300a06082a8648ce3d040302': 'sha256',
    '300a06082a8648ce3d040303': 'sha384',
    '300a06082a8648ce3d040304': 'sha512',
  },
  ed25519: { '300506032b6570': null },
}

function signatureFault({ tbs, algorithm, signature }: Parts, key: KeyObject): string | null {
  const digest = ALGORITHMS[key.asymmetricKeyType ?? '']?.[algorithm.bytes.toString('hex')]
  if (digest === undefined) return 'signature algorithm'
  if (signature.content[0] !== 0) return 'a signature of broken bytes'
  return verify(digest, tbs.bytes, key, signature.content.subarray(1)) ? null : 'signature'
}

/** What is accepted must be the same to OpenSSL, which reads it again on its own. */
function openSslFault(bytes: Buffer, parts: Parts, key: KeyObject): string | null {
  try {
    const certificate = new X509Certificate(bytes)
    if (!certificate.verify(key)) return 'OpenSSL: signature'
    if (!certificate.publicKey.equals(key)) return 'OpenSSL: another key'
    const serial = BigInt(`0x${certificate.serialNumber}`)
    if (serial !== BigInt(`0x${parts.serial.content.toString('hex')}`)) return 'OpenSSL: serial'
    if (!certificate.raw.equals(bytes)) return 'OpenSSL: other bytes'
    return certificate.subject === certificate.issuer ? null : 'OpenSSL: issuer is not subject'
  } catch (error) {
    return `OpenSSL: ${error instanceof Error ? error.message : String(error)}`
  }
}
