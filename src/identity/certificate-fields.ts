import { CertificateError } from './certificate.errors.js'
import { DerError, DerFields, dotted, readDer, TAG, wholeBytes, type DerValue } from './der.js'

/** What stands in a certificate, as bytes where a comparison must be exact. */
export interface CertificateFields {
  readonly tbs: Buffer
  readonly innerAlgorithm: Buffer
  readonly outerAlgorithm: Buffer
  readonly signature: Buffer
  readonly issuer: DerValue
  readonly subject: DerValue
  readonly notBefore: Date
  readonly notAfter: Date
  readonly spki: DerValue
}

const VERSION_TAG = 0xa0
const EXTENSIONS_TAG = 0xa3
/** Version numbers count from 0. */
const V3 = 2
const MAX_SERIAL_BYTES = 20

const BASIC_CONSTRAINTS = '2.5.29.19'
/** Extensions whose value is read. They may be critical, because nothing they can say is against a node's certificate. */
const KNOWN_EXTENSIONS: ReadonlySet<string> = new Set([
  BASIC_CONSTRAINTS,
  '2.5.29.14', // subjectKeyIdentifier
  '2.5.29.15', // keyUsage
  '2.5.29.17', // subjectAltName
  '2.5.29.35', // authorityKeyIdentifier
  '2.5.29.37', // extKeyUsage
])
/** RFC 5280 §4.2.1.1 and §4.2.1.2; other nodes' OpenSSL takes a critical one for unknown. */
const NEVER_CRITICAL: ReadonlySet<string> = new Set(['2.5.29.14', '2.5.29.35'])

/**
 * Takes an X.509 v3 certificate apart (RFC 5280 §4.1) and checks its form.
 *
 * @throws DerError          the structure is not that of a certificate
 * @throws CertificateError  not v3, bad serial number, bad extensions, unreadable times
 */
export function readCertificate(value: DerValue): CertificateFields {
  const certificate = new DerFields(value, 'certificate')
  const tbsValue = certificate.take(TAG.sequence, 'tbsCertificate')
  const outerAlgorithm = certificate.take(TAG.sequence, 'signatureAlgorithm')
  const signature = certificate.take(TAG.bitString, 'signatureValue')
  certificate.end()

  const tbs = new DerFields(tbsValue, 'tbsCertificate')
  checkVersion(tbs.takeIf(VERSION_TAG))
  checkSerial(tbs.take(TAG.integer, 'serialNumber'))
  const innerAlgorithm = tbs.take(TAG.sequence, 'signature')
  const issuer = tbs.take(TAG.sequence, 'issuer')
  const validity = new DerFields(tbs.take(TAG.sequence, 'validity'), 'validity')
  const notBefore = readTime(validity, 'notBefore')
  const notAfter = readTime(validity, 'notAfter')
  validity.end()
  const subject = tbs.take(TAG.sequence, 'subject')
  const spki = tbs.take(TAG.sequence, 'subjectPublicKeyInfo')
  const extensions = tbs.takeIf(EXTENSIONS_TAG)
  tbs.end()
  if (extensions !== null) checkExtensions(extensions)

  return {
    tbs: tbsValue.bytes,
    innerAlgorithm: innerAlgorithm.bytes,
    outerAlgorithm: outerAlgorithm.bytes,
    signature: wholeBytes(signature),
    issuer,
    subject,
    notBefore,
    notAfter,
    spki,
  }
}

function checkVersion(version: DerValue | null): void {
  if (version === null)
    throw new CertificateError('certificate_not_v3', 'certificate: expected X.509 v3, found v1')
  const fields = new DerFields(version, 'version')
  const { content } = fields.take(TAG.integer, 'version')
  fields.end()
  if (content.length !== 1 || content[0] !== V3) {
    const found = content.length === 1 ? `v${content.readInt8(0) + 1}` : 'another version'
    throw new CertificateError(
      'certificate_not_v3',
      `certificate: expected X.509 v3, found ${found}`,
    )
  }
}

function checkSerial({ content }: DerValue): void {
  const refuse = (found: string): never => {
    throw new CertificateError(
      'certificate_serial_invalid',
      `serial number: expected a positive number of at most ${MAX_SERIAL_BYTES} bytes, found ${found}`,
    )
  }
  if (content.length > MAX_SERIAL_BYTES) refuse(`${content.length} bytes`)
  if (content.readInt8(0) < 0) refuse('a negative one')
  if (content.every((byte) => byte === 0)) refuse('0')
}

/** UTCTime up to 2049, GeneralizedTime from 2050, both to the second and in UTC (RFC 5280 §4.1.2.5). */
function readTime(validity: DerFields, field: string): Date {
  const utc = validity.takeIf(TAG.utcTime)
  const { content } = utc ?? validity.take(TAG.generalizedTime, field)
  const text = content.toString('latin1')
  const century = Number(text.slice(0, 2)) < 50 ? '20' : '19'
  const digits = utc === null ? text : century + text
  const iso = digits.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6.000Z')
  const time = new Date(iso)
  const exists = !Number.isNaN(time.getTime()) && time.toISOString() === iso
  if (!exists || (utc === null && time.getUTCFullYear() < 2050))
    throw new CertificateError(
      'certificate_validity_malformed',
      `${field}: expected UTCTime YYMMDDHHMMSSZ up to 2049 or GeneralizedTime YYYYMMDDHHMMSSZ from 2050`,
    )
  return time
}

function checkExtensions(wrapper: DerValue): void {
  const outer = new DerFields(wrapper, 'extensions')
  const list = outer.take(TAG.sequence, 'Extensions')
  outer.end()
  if (list.children.length === 0) throw new DerError('extensions: expected at least one')
  const seen = new Set<string>()
  for (const item of list.children) {
    const id = checkExtension(item)
    if (seen.has(id))
      throw new CertificateError(
        'certificate_extension_duplicate',
        `extensions: expected each once, found ${name(id)} twice`,
      )
    seen.add(id)
  }
}

/** Returns the extension's object identifier. */
function checkExtension(item: DerValue): string {
  if (item.tag !== TAG.sequence) throw new DerError('extensions: expected a SEQUENCE for each')
  const fields = new DerFields(item, 'extension')
  const id = dotted(fields.take(TAG.oid, 'extnID'))
  const critical = fields.takeIf(TAG.boolean)
  const { content } = fields.take(TAG.octetString, 'extnValue')
  fields.end()
  if (critical?.content[0] === 0)
    throw new DerError('extension: expected critical to be left out when it is false')
  const isKnown = KNOWN_EXTENSIONS.has(id)
  if (critical !== null && (!isKnown || NEVER_CRITICAL.has(id)))
    throw new CertificateError(
      'certificate_extension_unsupported',
      `extensions: ${name(id)} is marked critical, and ${isKnown ? 'RFC 5280 forbids that' : 'the hub does not know it'}`,
    )
  if (isKnown) {
    const value = readDer(content)
    if (id === BASIC_CONSTRAINTS) checkBasicConstraints(value)
  }
  return id
}

/** Either value of CA is fine: the certificate vouches for nobody but itself. */
function checkBasicConstraints(value: DerValue): void {
  if (value.tag !== TAG.sequence) throw new DerError('basicConstraints: expected a SEQUENCE')
  const fields = new DerFields(value, 'basicConstraints')
  const ca = fields.takeIf(TAG.boolean)
  fields.takeIf(TAG.integer)
  fields.end()
  if (ca?.content[0] === 0)
    throw new DerError('basicConstraints: expected cA to be left out when it is false')
}

function name(id: string): string {
  return id.length <= 64 ? id : `${id.slice(0, 61)}...`
}
