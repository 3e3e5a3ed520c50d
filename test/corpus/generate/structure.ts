import * as der from '../../support/der.js'
import {
  algorithm,
  BASIC_CONSTRAINTS_CA,
  extension,
  relative,
  SHA256_RSA,
  type CertificateParts,
} from '../../support/x509.js'

import { CaseList, type Attempt, type CorpusText } from './case.js'

const X690 = 'X.690 §10 and §11: DER'

/** K12: the structure of the certificate. */
export function structureCases(): CaseList[] {
  const list = new CaseList('K12')
  encodings(list)
  fields(list)
  extensions(list)
  return [list]
}

function encodings(list: CaseList): void {
  const bad = (why: string, change: (bytes: Buffer) => Buffer): void =>
    list.add({
      expect: 'certificate_malformed',
      why,
      recipe: 'the bytes of a good certificate, changed as said',
      source: X690,
      certificate: (bytes): CorpusText => der.pem('CERTIFICATE', change(bytes)),
    })
  const content = (bytes: Buffer): Buffer => bytes.subarray(4)
  bad('an indefinite length (BER)', (bytes) =>
    Buffer.concat([Buffer.from([0x30, 0x80]), content(bytes), Buffer.alloc(2)]),
  )
  bad('a length with a zero before it', (bytes) => {
    const length = content(bytes).length
    return Buffer.concat([Buffer.from([0x30, 0x83, 0, length >> 8, length & 255]), content(bytes)])
  })
  bad('the short length of the signature algorithm in long form', (bytes) =>
    rebuilt(bytes, (tbs, signature) => [
      tbs,
      Buffer.concat([Buffer.from([0x30, 0x81, SHA256_RSA.length - 2]), SHA256_RSA.subarray(2)]),
      signature,
    ]),
  )
  bad('a byte after the end', (bytes) => Buffer.concat([bytes, Buffer.from([0])]))
  bad('cut by a byte', (bytes) => bytes.subarray(0, -1))
  bad('cut after the first two bytes', (bytes) => bytes.subarray(0, 2))
  bad('a length of 2^32 - 1', () => Buffer.from('3084ffffffff', 'hex'))
  bad('a length of nine bytes', () => Buffer.from('3089010000000000000000', 'hex'))
  bad('a high tag number', () => Buffer.from('3f8101020500', 'hex'))
  bad('a SET instead of the outer SEQUENCE', (bytes) => der.set(content(bytes)))
  bad('an OCTET STRING instead of the certificate', (bytes) => der.octets(bytes))
  bad('a fourth field outside', (bytes) => der.sequence(content(bytes), der.nul()))
  bad('no signature value', (bytes) => rebuilt(bytes, (tbs) => [tbs, SHA256_RSA]))
  bad('a signature in pieces (constructed BIT STRING)', (bytes) =>
    rebuilt(bytes, (tbs, signature) => [tbs, SHA256_RSA, der.tlv(0x23, signature)]),
  )
  bad('a signature with unused bits', (bytes) =>
    rebuilt(bytes, (tbs) => [tbs, SHA256_RSA, der.bits(Buffer.alloc(256), 7)]),
  )
  bad('a signature with nine unused bits', (bytes) =>
    rebuilt(bytes, (tbs) => [tbs, SHA256_RSA, der.bits(Buffer.alloc(256), 9)]),
  )
  bad('2,600 SEQUENCEs inside each other: a bomb for parsers that recurse', () => {
    let bomb = Buffer.from([0x30, 0])
    for (let depth = 0; depth < 2600; depth += 1) bomb = Buffer.from(der.sequence(bomb))
    return bomb
  })
  bad('no bytes but a NULL', () => der.nul())
}

/** Takes the certificate apart and puts other fields together; the signature has 256 bytes. */
function rebuilt(bytes: Buffer, fieldsOf: (tbs: Buffer, signature: Buffer) => Buffer[]): Buffer {
  const signature = bytes.subarray(-256 - 5)
  const tbs = bytes.subarray(4, bytes.length - signature.length - SHA256_RSA.length)
  return der.sequence(...fieldsOf(tbs, signature))
}

function fields(list: CaseList): void {
  const add = (expect: Attempt['expect'], why: string, parts: CertificateParts): void =>
    list.add({
      expect,
      why,
      recipe: 'the certificate written by hand and truly signed',
      source: 'RFC 5280 §4.1',
      parts,
    })
  const version = 'certificate_not_v3'
  add(version, 'v1 without extensions', { version: null, extensions: null })
  add(version, 'v1 with extensions', { version: null })
  add(version, 'v1 spelled out', { version: der.integer(0), extensions: null })
  add(version, 'v2', { version: der.integer(1), extensions: null })
  add(version, 'v4', { version: der.integer(3) })
  add(version, 'version -1', { version: der.integer(-1) })
  add(version, 'version 2^64', { version: der.integer(1n << 64n) })
  const serial = 'certificate_serial_invalid'
  add(serial, 'serial number 0', { serial: der.integer(0) })
  add(serial, 'a negative serial number', { serial: der.integer(-5) })
  add(serial, 'a serial number of 21 bytes', { serial: der.integer(1n << 160n) })
  add('ok', 'a serial number of 20 bytes', { serial: der.integer((1n << 159n) - 1n) })
  const malformed = 'certificate_malformed'
  add(malformed, 'a serial number with a zero before it', {
    serial: der.tlv(2, Buffer.from([0, 5])),
  })
  add(malformed, 'an empty serial number', { serial: der.tlv(2) })
  add(malformed, 'a serial number that is an OCTET STRING', {
    serial: der.octets(Buffer.from([5])),
  })
  add(malformed, 'an issuerUniqueID, which nobody uses', {
    extensions: null,
    extra: der.tlv(0x81, Buffer.from([0, 1])),
  })
  add(malformed, 'a NULL after the extensions', { extra: der.nul() })
  add(malformed, 'an attribute type that is not in its shortest form', {
    subject: der.sequence(
      der.set(der.sequence(der.tlv(6, Buffer.from([0x55, 4, 0x80, 3])), der.utf8('x'))),
    ),
  })
  add(malformed, 'an RDN whose attributes are not sorted', {
    subject: der.sequence(
      der.set(
        der.sequence(der.oid('2.5.4.10'), der.utf8('z')),
        der.sequence(der.oid('2.5.4.10'), der.utf8('a')),
      ),
      relative('2.5.4.3', der.utf8('x')),
    ),
  })
}

function extensions(list: CaseList): void {
  const add = (expect: Attempt['expect'], why: string, items: readonly Buffer[] | null): void =>
    list.add({
      expect,
      why,
      recipe: 'the certificate written by hand and truly signed',
      source: 'RFC 5280 §4.2',
      parts: { extensions: items },
    })
  const keyUsage = extension('2.5.29.15', true, der.bits(Buffer.from([0x80]), 7))
  const unknown = (critical: boolean): Buffer =>
    extension('1.3.6.1.4.1.55555.1', critical, der.nul())
  add('ok', 'no extensions', null)
  add('ok', 'basicConstraints without CA', [extension('2.5.29.19', true, der.sequence())])
  add('ok', 'CA:true with a path length', [
    extension('2.5.29.19', true, der.sequence(der.boolean(true), der.integer(0))),
  ])
  add('ok', 'CA:true that is not critical', [
    extension('2.5.29.19', false, der.sequence(der.boolean(true))),
  ])
  add('ok', 'keyUsage, critical', [BASIC_CONSTRAINTS_CA, keyUsage])
  add('ok', 'an unknown extension that is not critical', [BASIC_CONSTRAINTS_CA, unknown(false)])
  const unsupported = 'certificate_extension_unsupported'
  add(unsupported, 'an unknown extension that is critical', [BASIC_CONSTRAINTS_CA, unknown(true)])
  add(unsupported, 'the poison of a precertificate', [
    extension('1.3.6.1.4.1.11129.2.4.3', true, der.nul()),
  ])
  add(unsupported, 'nameConstraints, critical', [extension('2.5.29.30', true, der.sequence())])
  const identifier = Buffer.alloc(20, 7)
  const subjectKey = (critical: boolean): Buffer =>
    extension('2.5.29.14', critical, der.octets(identifier))
  const authorityKey = (critical: boolean): Buffer =>
    extension('2.5.29.35', critical, der.sequence(der.tlv(0x80, identifier)))
  add('ok', 'subjectKeyIdentifier and authorityKeyIdentifier', [
    subjectKey(false),
    authorityKey(false),
  ])
  add(unsupported, 'subjectKeyIdentifier, critical: openssl verify refuses it', [subjectKey(true)])
  add(unsupported, 'authorityKeyIdentifier, critical', [authorityKey(true)])
  const duplicate = 'certificate_extension_duplicate'
  add(duplicate, 'basicConstraints twice', [BASIC_CONSTRAINTS_CA, BASIC_CONSTRAINTS_CA])
  add(duplicate, 'basicConstraints twice, with and without CA', [
    BASIC_CONSTRAINTS_CA,
    extension('2.5.29.19', true, der.sequence()),
  ])
  add(duplicate, 'an unknown extension twice', [unknown(false), unknown(false)])
  const malformed = 'certificate_malformed'
  add(malformed, 'an empty list of extensions', [])
  add(malformed, 'an extension that is no SEQUENCE', [der.nul()])
  add(malformed, 'critical FALSE spelled out', [
    der.sequence(der.oid('2.5.29.19'), der.boolean(false), der.octets(der.sequence())),
  ])
  add(malformed, 'critical as 01 instead of FF', [
    der.sequence(der.oid('2.5.29.19'), der.tlv(1, Buffer.from([1])), der.octets(der.sequence())),
  ])
  add(malformed, 'cA FALSE spelled out', [
    extension('2.5.29.19', true, der.sequence(der.boolean(false))),
  ])
  add(malformed, 'basicConstraints that hold a string', [
    extension('2.5.29.19', true, der.utf8('CA')),
  ])
  add(malformed, 'basicConstraints with bytes after them', [
    extension('2.5.29.19', true, Buffer.concat([der.sequence(), Buffer.from([0])])),
  ])
  add(malformed, 'an extension without a value', [der.sequence(der.oid('2.5.29.19'))])
  list.add({
    expect: 'certificate_too_large',
    why: 'an extension of 1 MiB',
    recipe: 'a block of 20,000 lines, written out when the test runs',
    source: 'hub limit 16 KiB',
    certificate: () => ({
      before: '-----BEGIN CERTIFICATE-----\n',
      text: `${'BIIB'.repeat(16)}\n`,
      times: 20_000,
      after: '-----END CERTIFICATE-----\n',
    }),
  })
  list.add({
    expect: 'certificate_malformed',
    why: 'an algorithm whose parameters are nested 20 deep',
    recipe: 'the certificate written by hand',
    source: 'hub limit: depth 16',
    parts: { algorithm: algorithm('1.2.3', nested(20)) },
  })
}

function nested(depth: number): Buffer {
  return depth === 0 ? der.nul() : der.sequence(nested(depth - 1))
}
