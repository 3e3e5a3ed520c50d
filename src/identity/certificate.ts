import { createPublicKey, verify, X509Certificate, type KeyObject } from 'node:crypto'

import { readCertificate, type CertificateFields } from './certificate-fields.js'
import { CertificateError, shown, type CertificateErrorCode } from './certificate.errors.js'
import { commonNameOf } from './common-name.js'
import { DerError, type DerValue } from './der.js'
import { nodeIdsOf, nodeIdSchema, spkiSha256Of, type NodeId, type NodeIds } from './node-id.js'
import { PemError, PrivateKeyError, readPem, writePem } from './pem.js'
import { checkPublicKey, type AcceptedKeys } from './public-key.js'

const MAX_CERTIFICATE_BYTES = 16 * 1024
const MAX_PUBLIC_KEY_BYTES = 4 * 1024
/** Clocks of home computers are off by this much. */
const NOT_BEFORE_LEEWAY_MS = 5 * 60_000
const MAX_YEARS = 25

/** The signature algorithms taken, each with the DER of its AlgorithmIdentifier (RFC 4055, 5758, 8410). */
const SIGNATURES = {
  rsa: [
    { der: '300d06092a864886f70d01010b0500', digest: 'sha256' },
    { der: '300d06092a864886f70d01010c0500', digest: 'sha384' },
    { der: '300d06092a864886f70d01010d0500', digest: 'sha512' },
  ],
  ec: [
    { der: '300a06082a8648ce3d040302', digest: 'sha256' },
    { der: '300a06082a8648ce3d040303', digest: 'sha384' },
    { der: '300a06082a8648ce3d040304', digest: 'sha512' },
  ],
  ed25519: [{ der: '300506032b6570', digest: null }],
} as const

export interface RegistrationRequest {
  /** Null where only the certificate is sent: then its CN is the id. */
  readonly nodeId: string | null
  /** The classic route's second copy of the key; null where only the certificate is sent. */
  readonly publicKeyPem: string | null
  readonly certificatePem: string
}

/** A self-signed certificate that passed every check, and what follows from its key. */
export interface NodeCertificate {
  /** Canonical PEM of the certificate. */
  readonly pem: string
  /** Canonical SPKI PEM, final newline included. */
  readonly publicKeyPem: string
  readonly publicKey: KeyObject
  /** The CN, which is the id that was submitted. */
  readonly nodeId: NodeId
  readonly ids: NodeIds
  readonly spkiSha256: string
  readonly notAfter: Date
}

/**
 * Every check of CONTRACT §2 on what a node registers with. Takes a few milliseconds of the thread.
 *
 * @throws CertificateError  on the first check that fails, with that check's code
 */
export function checkRegistration(
  request: RegistrationRequest,
  now: Date,
  accept: AcceptedKeys,
): NodeCertificate {
  checkSize('certificate', request.certificatePem, MAX_CERTIFICATE_BYTES)
  checkSize('public_key', request.publicKeyPem ?? '', MAX_PUBLIC_KEY_BYTES)
  const submittedId = request.nodeId === null ? null : checkNodeId('node_id', request.nodeId)
  const sentKey = request.publicKeyPem === null ? null : readPublicKey(request.publicKeyPem)
  const der = wellFormed('certificate_malformed', 'certificate', () =>
    readPem(request.certificatePem, 'CERTIFICATE'),
  )
  const fields = wellFormed('certificate_malformed', 'certificate', () => readCertificate(der))
  const nodeId = checkNames(fields, submittedId)
  checkValidity(fields, now)
  const publicKey = wellFormed('key_malformed', 'key', () => checkPublicKey(fields.spki, accept))
  const digest = checkSignatureAlgorithm(fields, publicKey)
  if (sentKey !== null) checkSameKey(sentKey, fields.spki, publicKey)
  const ids = nodeIdsOf(publicKey)
  checkNodeIdOf(nodeId, ids)
  checkSignature(fields, publicKey, digest)
  checkReadable(der)
  return {
    pem: writePem('CERTIFICATE', der.bytes),
    publicKeyPem: writePem('PUBLIC KEY', fields.spki.bytes),
    publicKey,
    nodeId,
    ids,
    spkiSha256: spkiSha256Of(publicKey),
    notAfter: fields.notAfter,
  }
}

function checkSize(field: 'certificate' | 'public_key', text: string, limit: number): void {
  const bytes = Buffer.byteLength(text)
  if (bytes > limit)
    throw new CertificateError(
      `${field}_too_large`,
      `${field}: expected at most ${limit} bytes, found ${bytes}`,
    )
}

/** Translates faults of form. */
function wellFormed<T>(code: CertificateErrorCode, field: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof PrivateKeyError)
      throw new CertificateError(
        'private_key_sent',
        `${field}: found a private key. It must never leave its machine: regard this key as compromised, make a new one and register with that`,
      )
    if (cause instanceof PemError || cause instanceof DerError)
      throw new CertificateError(code, `${field}: ${cause.message}`, { cause })
    throw cause
  }
}

function checkNodeId(field: 'node_id' | 'CN', nodeId: string): NodeId {
  const parsed = nodeIdSchema.safeParse(nodeId)
  if (parsed.success) return parsed.data
  throw new CertificateError(
    'node_id_malformed',
    `${field}: expected dpc-node- and 16 or 32 lower-case hex characters, found ${shown(nodeId)}`,
  )
}

function readPublicKey(text: string): DerValue {
  return wellFormed('public_key_malformed', 'public_key', () => readPem(text, 'PUBLIC KEY'))
}

/** The CN, which is the id that was submitted, if one was. */
function checkNames(fields: CertificateFields, submittedId: NodeId | null): NodeId {
  const { issuer, subject } = fields
  const commonName = wellFormed('certificate_malformed', 'certificate', () => commonNameOf(subject))
  if (!issuer.bytes.equals(subject.bytes))
    throw new CertificateError(
      'certificate_not_self_signed',
      'certificate: expected the issuer to equal the subject byte for byte, found another issuer',
    )
  if (submittedId !== null && commonName !== submittedId)
    throw new CertificateError(
      'common_name_mismatch',
      `CN: expected the submitted node_id ${submittedId}, found ${shown(commonName)}`,
    )
  return submittedId ?? checkNodeId('CN', commonName)
}

function checkValidity({ notBefore, notAfter }: CertificateFields, now: Date): void {
  const [from, to, at] = [notBefore.toISOString(), notAfter.toISOString(), now.toISOString()]
  if (notAfter <= notBefore)
    throw new CertificateError(
      'certificate_validity_malformed',
      `validity: expected notAfter to be later than notBefore, found ${from} to ${to}`,
    )
  const latest = new Date(notBefore)
  latest.setUTCFullYear(latest.getUTCFullYear() + MAX_YEARS)
  if (notAfter > latest)
    throw new CertificateError(
      'certificate_validity_too_long',
      `validity: expected at most ${MAX_YEARS} years, found ${from} to ${to}`,
    )
  if (notBefore.getTime() > now.getTime() + NOT_BEFORE_LEEWAY_MS)
    throw new CertificateError(
      'certificate_not_yet_valid',
      `validity: the certificate begins at ${from}, and it is ${at} here; is the clock right that made it?`,
    )
  if (notAfter <= now)
    throw new CertificateError(
      'certificate_expired',
      `validity: the certificate ended at ${to}, and it is ${at} here; make a new one`,
    )
}

/** The digest to verify with; null where the algorithm brings its own. */
function checkSignatureAlgorithm(fields: CertificateFields, key: KeyObject): string | null {
  const { innerAlgorithm, outerAlgorithm } = fields
  if (!innerAlgorithm.equals(outerAlgorithm))
    throw new CertificateError(
      'certificate_signature_algorithm',
      'signature: expected the same algorithm inside and outside the signed part, found two',
    )
  const type = key.asymmetricKeyType
  const known = type === 'ec' || type === 'ed25519' ? SIGNATURES[type] : SIGNATURES.rsa
  const found = known.find(({ der }) => der === innerAlgorithm.toString('hex'))
  if (found === undefined)
    throw new CertificateError(
      'certificate_signature_algorithm',
      'signature: expected PKCS #1 v1.5 (RSA), ECDSA (P-256) with SHA-256, SHA-384 or SHA-512, or Ed25519, in the form of the RFC',
    )
  return found.digest
}

function checkSameKey(sent: DerValue, spki: DerValue, publicKey: KeyObject): void {
  if (sent.bytes.equals(spki.bytes)) return
  let key: KeyObject
  try {
    key = createPublicKey({ key: sent.bytes, format: 'der', type: 'spki' })
  } catch (cause) {
    throw new CertificateError(
      'public_key_malformed',
      'public_key: expected a SubjectPublicKeyInfo that OpenSSL can read',
      { cause },
    )
  }
  if (key.equals(publicKey))
    throw new CertificateError(
      'public_key_not_canonical',
      'public_key: expected the key of the certificate in the form it has there, found it in another',
    )
  throw new CertificateError(
    'public_key_mismatch',
    'public_key: expected the key of the certificate, found another one',
  )
}

function checkNodeIdOf(nodeId: NodeId, ids: NodeIds): void {
  if (nodeId === ids.short || nodeId === ids.long) return
  const expected = nodeId.length === ids.short.length ? ids.short : ids.long
  throw new CertificateError(
    'node_id_mismatch',
    `node_id: expected ${expected}, the start of SHA-256 over the PEM text of the certificate's key with its final newline; found ${nodeId}`,
  )
}

function checkSignature(fields: CertificateFields, key: KeyObject, digest: string | null): void {
  if (!verify(digest, fields.tbs, key, fields.signature))
    throw new CertificateError(
      'certificate_signature_invalid',
      "signature: expected one made with the certificate's own key, found one that does not verify",
    )
}

/**
 * Other nodes are given this certificate, and most read it with OpenSSL. It looks at what the hub does not:
 * the values in names besides the CN.
 */
function checkReadable(der: DerValue): void {
  try {
    new X509Certificate(der.bytes)
  } catch (cause) {
    throw new CertificateError(
      'certificate_malformed',
      'certificate: OpenSSL cannot read it, so other nodes could not; is there a value in the subject that is no text?',
      { cause },
    )
  }
}
