import { constants, createHash, sign } from 'node:crypto'

import * as der from '../../support/der.js'
import {
  algorithm,
  extension,
  poolKey,
  relative,
  SHA256_RSA,
  type CertificateParts,
} from '../../support/x509.js'

import { CaseList, nodeIdOf, NOW, spkiOf, type Attempt } from './case.js'

/** K9, K10, K11 and K13: signature, names, time, and what binds them to the key. */
export function certificateCases(): CaseList[] {
  return [signatures(), names(), times(), binding()]
}

const PKCS1 = '1.2.840.113549.1.1'
const ID = nodeIdOf(spkiOf(poolKey(0)))
const SHORT_ID = nodeIdOf(spkiOf(poolKey(0)), 16)
const FACT = { recipe: 'the certificate written by hand' } as const

function signatures(): CaseList {
  const list = new CaseList('K9')
  const source = 'CONTRACT §2: self-signed, signature verified; RFC 5280 §4.1.1.2'
  const add = (expect: Attempt['expect'], why: string, change: Partial<Attempt>): void =>
    list.add({ expect, why, ...FACT, source, ...change })
  const invalid = 'certificate_signature_invalid'
  const wrong = 'certificate_signature_algorithm'
  const flip = (bytes: Buffer, at: number): string => {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ 1
    return der.pem('CERTIFICATE', changed)
  }
  add(invalid, 'signed by another key: the reference hub took it (TRUST V21)', {
    key: poolKey(1),
    spki: spkiOf(poolKey(0)),
  })
  add(invalid, 'the last bit of the signature flipped', {
    certificate: (bytes) => flip(bytes, bytes.length - 1),
  })
  add(invalid, 'a bit of the serial number flipped after signing', {
    certificate: (bytes) => flip(bytes, bytes.indexOf(Buffer.from('1234567890abcdef', 'hex')) + 3),
  })
  add(invalid, 'an empty signature', { parts: { signature: Buffer.alloc(0) } })
  add(invalid, 'a signature of zeros', { parts: { signature: Buffer.alloc(256) } })
  add(invalid, 'a signature that is 1: no padding, signs nothing', {
    parts: { signature: Buffer.concat([Buffer.alloc(255), Buffer.from([1])]) },
  })
  add(invalid, 'a signature cut by a byte', { certificate: resized((s) => s.subarray(0, 255)) })
  add(invalid, 'a zero byte before the signature', {
    certificate: resized((s) => Buffer.concat([Buffer.alloc(1), s])),
  })
  add(invalid, 'SHA-512 signed, SHA-256 named', { parts: { digest: 'sha512' } })
  add(invalid, 'PSS signed, PKCS #1 v1.5 named', {
    certificate: resized((_, tbs) =>
      sign('sha256', tbs, {
        key: poolKey(0),
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: 0,
      }),
    ),
  })
  const pss = algorithm(`${PKCS1}.10`)
  const sha512 = algorithm(`${PKCS1}.13`, der.nul())
  const named: readonly [string, CertificateParts][] = [
    ['SHA-1', { algorithm: algorithm(`${PKCS1}.5`, der.nul()), digest: 'sha1' }],
    ['MD5', { algorithm: algorithm(`${PKCS1}.4`, der.nul()), digest: 'md5' }],
    ['SHA-224', { algorithm: algorithm(`${PKCS1}.14`, der.nul()), digest: 'sha224' }],
    ['RSASSA-PSS', { algorithm: pss }],
    ['rsaEncryption, which names no digest', { algorithm: algorithm(`${PKCS1}.1`, der.nul()) }],
    ['ECDSA for an RSA key', { algorithm: algorithm('1.2.840.10045.4.3.2') }],
    ['SHA-256 inside, SHA-512 outside', { outerAlgorithm: sha512 }],
    ['SHA-512 inside, SHA-256 outside', { algorithm: sha512, outerAlgorithm: SHA256_RSA }],
    ['PKCS #1 v1.5 inside, PSS outside', { outerAlgorithm: pss }],
    [
      'no NULL parameter inside, one outside',
      { algorithm: algorithm(`${PKCS1}.11`), outerAlgorithm: SHA256_RSA },
    ],
    ['no NULL parameter', { algorithm: algorithm(`${PKCS1}.11`) }],
    [
      'an OCTET STRING parameter',
      { algorithm: algorithm(`${PKCS1}.11`, der.octets(Buffer.alloc(0))) },
    ],
  ]
  for (const [why, parts] of named) add(wrong, why, { parts })
  add('certificate_malformed', 'an AlgorithmIdentifier that is NULL', {
    parts: { algorithm: der.nul() },
  })
  add('ok', 'SHA-384', {
    parts: { algorithm: algorithm(`${PKCS1}.12`, der.nul()), digest: 'sha384' },
  })
  add('ok', 'SHA-512', { parts: { algorithm: sha512, digest: 'sha512' } })
  return list
}

/** Takes the certificate apart and puts another signature in; the signature has 256 bytes. */
function resized(change: (signature: Buffer, tbs: Buffer) => Buffer): (bytes: Buffer) => string {
  return (bytes) => {
    const tbs = bytes.subarray(4, bytes.length - 256 - 5 - SHA256_RSA.length)
    const signature = change(bytes.subarray(-256), tbs)
    return der.pem('CERTIFICATE', der.sequence(tbs, SHA256_RSA, der.bits(signature)))
  }
}

const CN = '2.5.4.3'
const ORGANISATION = relative('2.5.4.10', der.utf8('D-PC'))

function names(): CaseList {
  const list = new CaseList('K10')
  const rule = 'CONTRACT §2: exactly one CN, equal to the submitted id'
  const add = (
    expect: Attempt['expect'],
    why: string,
    parts: CertificateParts,
    change: Partial<Attempt> = {},
  ): void => list.add({ expect, why, ...FACT, source: rule, parts, ...change })
  const cn = (value: Buffer): Buffer => relative(CN, value)
  const subject = (...rdns: readonly Buffer[]): CertificateParts => ({
    subject: der.sequence(...rdns),
  })
  const own = cn(der.utf8(ID))
  const other = cn(der.utf8(nodeIdOf(spkiOf(poolKey(1)))))
  add('common_name_missing', 'an empty subject', subject())
  add('common_name_missing', 'an organisation and no CN', subject(ORGANISATION))
  add('common_name_missing', 'the id only in subjectAltName', {
    ...subject(),
    extensions: [
      extension('2.5.29.17', true, der.sequence(der.tlv(0x82, Buffer.from(ID, 'latin1')))),
    ],
  })
  add('common_name_missing', 'the id as surname', subject(relative('2.5.4.4', der.utf8(ID))))
  const two = 'common_name_not_single'
  add(two, 'two CNs, the first right: who takes the last sees another node', subject(own, other))
  add(two, 'two CNs, the last right', subject(other, own))
  add(two, 'the right CN twice', subject(own, own))
  const attribute = (type: string, value: Buffer): Buffer => der.sequence(der.oid(type), value)
  add(
    two,
    'one RDN with two CNs',
    subject(der.set(attribute(CN, der.utf8(ID)), attribute(CN, der.utf8(`${ID.slice(0, -1)}~`)))),
    { source: 'TRUST K10' },
  )
  add(
    two,
    'one RDN with CN and organisation',
    subject(
      der.set(
        attribute(CN, der.utf8(ID)),
        attribute(
          '2.5.4.10',
          der.utf8('a name that sorts after it, being quite a bit longer than that'),
        ),
      ),
    ),
    { source: 'TRUST K10' },
  )
  const encoding = 'common_name_encoding'
  add(encoding, 'BMPString', subject(cn(der.bmp(ID))))
  add(encoding, 'TeletexString', subject(cn(der.teletex(ID))))
  add(encoding, 'UniversalString', subject(cn(der.universal(ID))))
  add(encoding, 'IA5String', subject(cn(der.ia5(ID))))
  add(encoding, 'OCTET STRING', subject(cn(der.octets(Buffer.from(ID)))))
  add(
    encoding,
    'UTF8String that is no UTF-8',
    subject(cn(der.tlv(0x0c, Buffer.from([0xc0, 0xaf])))),
  )
  add(encoding, 'PrintableString with an @', subject(cn(der.printable(`${ID}@`))))
  const mismatch = 'common_name_mismatch'
  const texts: readonly [string, string][] = [
    ['a NUL after it (CVE-2009-2408)', `${ID}\0.example`],
    ['a newline after it', `${ID}\n`],
    ['a second CN in the text form (CVE-2021-44532)', `${ID}, CN=dpc-node-0000000000000000`],
    ['upper-case hex', ID.toUpperCase().replace('DPC-NODE', 'dpc-node')],
    ['the whole in upper case', ID.toUpperCase()],
    ['a blank before it', ` ${ID}`],
    ['a zero width space in it', `${ID.slice(0, 20)}\u200b${ID.slice(20)}`],
    ['a Cyrillic letter in it', ID.replace('dpc', 'dp\u0441')],
    ['an empty CN', ''],
    ['a CN of 300 characters, of which the answer shows little', 'x'.repeat(300)],
  ]
  for (const [why, text] of texts) add(mismatch, why, subject(cn(der.utf8(text))))
  add(mismatch, 'the short id in the CN, the long one submitted', subject(cn(der.utf8(SHORT_ID))))
  add(mismatch, 'the long id in the CN, the short one submitted', subject(own), {
    nodeId: SHORT_ID,
  })
  const issuer = 'certificate_not_self_signed'
  add(issuer, 'another issuer', { ...subject(own), issuer: der.sequence(other) })
  add(issuer, 'an empty issuer', { ...subject(own), issuer: der.sequence() })
  add(issuer, 'the same issuer in another string type', {
    ...subject(own),
    issuer: der.sequence(cn(der.printable(ID))),
  })
  const malformed = 'certificate_malformed'
  add(malformed, 'an RDN without an attribute', subject(der.set(), own))
  add(malformed, 'an RDN that is a SEQUENCE', subject(der.sequence(attribute(CN, der.utf8(ID)))))
  add(malformed, 'a CN without a value', subject(der.set(der.sequence(der.oid(CN)))))
  for (const [why, value] of [
    ['an organisation that is a SET', der.set(der.utf8('D-PC'))],
    ['an organisation that is no UTF-8', der.tlv(0x0c, Buffer.from([0xc0, 0xaf]))],
    ['an organisation of half a BMP character', der.tlv(0x1e, Buffer.from([0]))],
  ] as const)
    add(malformed, `${why}: OpenSSL cannot read it`, subject(own, relative('2.5.4.10', value)), {
      source: 'found by recombination: other nodes must be able to read what the hub accepts',
    })
  add('ok', 'PrintableString', subject(cn(der.printable(ID))))
  add('ok', 'an organisation beside the CN', subject(ORGANISATION, own))
  nodeIds(list)
  return list
}

/** The submitted id itself, with a CN that agrees. */
function nodeIds(list: CaseList): void {
  const hex = ID.slice('dpc-node-'.length)
  const ids: readonly [string, string][] = [
    ['15 hex characters', `dpc-node-${hex.slice(0, 15)}`],
    ['17 hex characters', `dpc-node-${hex.slice(0, 17)}`],
    ['24 hex characters', `dpc-node-${hex.slice(0, 24)}`],
    ['31 hex characters', `dpc-node-${hex.slice(0, 31)}`],
    ['33 hex characters', `dpc-node-${hex}0`],
    ['upper-case hex', `dpc-node-${hex.toUpperCase()}`],
    ['another prefix', `dpc-hub-${hex}`],
    ['a newline at its end', `${ID}\n`],
    ['an empty id', ''],
  ]
  for (const [why, nodeId] of ids)
    list.add({
      expect: 'node_id_malformed',
      why: `node_id and CN: ${why}`,
      ...FACT,
      source: 'CONTRACT §2: 16 or 32 lower-case hex characters',
      nodeId,
    })
}

function times(): CaseList {
  const list = new CaseList('K11')
  const at = (ms: number): Date => new Date(NOW.getTime() + ms)
  const add = (
    expect: Attempt['expect'],
    why: string,
    parts: CertificateParts,
    source = 'CONTRACT §2: within validity, 5 min leeway on notBefore, at most 25 years',
  ): void => list.add({ expect, why, ...FACT, source, parts })
  const expired = 'certificate_expired'
  add(expired, 'ended a second ago', { notAfter: der.time(at(-1000)) })
  add(expired, 'ends this very second', { notAfter: der.time(NOW) })
  add(expired, 'ended two years ago: the reference hub took it (TRUST V22)', {
    notBefore: der.time(new Date('2014-01-01T00:00:00Z')),
    notAfter: der.time(new Date('2024-01-01T00:00:00Z')),
  })
  add('ok', 'ends in a second', { notAfter: der.time(at(1000)) })
  add('certificate_not_yet_valid', 'begins in 5:01 min', { notBefore: der.time(at(301_000)) })
  add('ok', 'begins in 5:00 min', { notBefore: der.time(at(300_000)) })
  add('certificate_not_yet_valid', 'begins next year', {
    notBefore: der.time(new Date('2028-01-01T00:00:00Z')),
  })
  const long = 'certificate_validity_too_long'
  const from = der.time(new Date('2026-01-01T00:00:00Z'))
  add(long, 'a second longer than 25 years', {
    notBefore: from,
    notAfter: der.time(new Date('2051-01-01T00:00:01Z')),
  })
  add('ok', 'exactly 25 years', {
    notBefore: from,
    notAfter: der.time(new Date('2051-01-01T00:00:00Z')),
  })
  add(
    long,
    'until 9999, the value for no end',
    {
      notAfter: der.generalizedTime(new Date('9999-12-31T23:59:59Z')),
    },
    'RFC 5280 §4.1.2.5',
  )
  add(long, 'since 1950', {
    notBefore: der.utcTime(new Date('1950-01-01T00:00:00Z')),
  })
  const malformed = 'certificate_validity_malformed'
  const rfc = 'RFC 5280 §4.1.2.5'
  add(malformed, 'notAfter before notBefore', {
    notBefore: der.time(at(0)),
    notAfter: der.time(at(-60_000)),
  })
  add(malformed, 'notAfter is notBefore', { notBefore: der.time(at(0)), notAfter: der.time(at(0)) })
  add(
    'ok',
    'the last second that UTCTime can say',
    {
      notAfter: der.utcTime(new Date('2049-12-31T23:59:59Z')),
    },
    rfc,
  )
  add(
    'ok',
    'the first second of 2050, as GeneralizedTime',
    {
      notAfter: der.generalizedTime(new Date('2050-01-01T00:00:00Z')),
    },
    rfc,
  )
  add(
    'certificate_validity_malformed',
    'year 50 as UTCTime, which is 1950',
    {
      notAfter: der.tlv(0x17, Buffer.from('500101000000Z')),
    },
    rfc,
  )
  add(
    malformed,
    'GeneralizedTime before 2050',
    {
      notAfter: der.generalizedTime(new Date('2036-01-01T00:00:00Z')),
    },
    rfc,
  )
  const texts: readonly [string, number, string][] = [
    ['UTCTime without seconds', 0x17, '3601010000Z'],
    ['UTCTime without Z', 0x17, '360101000000'],
    ['UTCTime with an offset', 0x17, '360101000000+0100'],
    ['February 30', 0x17, '360230000000Z'],
    ['second 60', 0x17, '360101000060Z'],
    ['hour 24', 0x17, '360101240000Z'],
    ['fractions of a second', 0x18, '20510101000000.5Z'],
    ['a negative year', 0x18, '-0010101000000Z'],
    ['an empty time', 0x17, ''],
  ]
  for (const [why, tag, text] of texts)
    add(malformed, why, { notAfter: der.tlv(tag, Buffer.from(text)) }, rfc)
  add(
    'certificate_malformed',
    'a time that is an INTEGER',
    { notAfter: der.integer(2_082_758_400) },
    rfc,
  )
  return list
}

function binding(): CaseList {
  const list = new CaseList('K13')
  const source = "CONTRACT §2: the id is that of the key, and public_key is the certificate's key"
  const add = (expect: Attempt['expect'], why: string, change: Partial<Attempt>): void =>
    list.add({ expect, why, ...FACT, source, ...change })
  const otherId = nodeIdOf(spkiOf(poolKey(1)))
  const otherPem = der.pem('PUBLIC KEY', spkiOf(poolKey(1)))
  add('node_id_mismatch', 'the id of another key', { nodeId: otherId })
  add('node_id_mismatch', 'the short id of another key', {
    nodeId: nodeIdOf(spkiOf(poolKey(1)), 16),
  })
  add('node_id_mismatch', 'the first 16 characters right, the other 16 wrong', {
    nodeId: `${SHORT_ID}${otherId.slice(-16)}`,
  })
  add('node_id_mismatch', 'the last of 32 characters wrong', {
    nodeId: ID.slice(0, -1) + (ID.endsWith('0') ? '1' : '0'),
  })
  add('node_id_mismatch', 'hashed over DER instead of PEM', { nodeId: idOver(spkiOf(poolKey(0))) })
  add('node_id_mismatch', 'hashed over the PEM without its final newline', {
    nodeId: idOver(der.pem('PUBLIC KEY', spkiOf(poolKey(0))).trimEnd()),
  })
  add('node_id_mismatch', 'hashed over the PEM with CRLF', {
    nodeId: idOver(der.pem('PUBLIC KEY', spkiOf(poolKey(0))).replaceAll('\n', '\r\n')),
  })
  add('public_key_mismatch', 'public_key of another node', { publicKey: () => otherPem })
  add('public_key_mismatch', 'id and public_key of another node, certificate of our own', {
    nodeId: otherId,
    publicKey: () => otherPem,
  })
  const spki = spkiOf(poolKey(0)).toString('hex')
  const withoutNull = Buffer.from(
    spki.replace('30820122300d06092a864886f70d0101010500', '30820120300b06092a864886f70d010101'),
    'hex',
  )
  add('key_not_canonical', 'the right key without the NULL parameter: a second text of one key', {
    key: poolKey(0),
    spki: withoutNull,
  })
  add('public_key_not_canonical', 'the same in public_key only', {
    publicKey: () => der.pem('PUBLIC KEY', withoutNull),
  })
  add('public_key_malformed', 'public_key with an unknown algorithm', {
    publicKey: () =>
      der.pem('PUBLIC KEY', der.sequence(algorithm('1.2.3'), der.bits(Buffer.from([0])))),
  })
  add('ok', 'no public_key, as on the modern route', { publicKey: () => null })
  return list
}

function idOver(bytes: Buffer | string): string {
  return `dpc-node-${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}`
}
