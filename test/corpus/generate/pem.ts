import { createPublicKey } from 'node:crypto'

import * as der from '../../support/der.js'
import { poolKey } from '../../support/x509.js'

import { CaseList, corpusKey, privatePem, type Attempt, type CorpusText } from './case.js'

const RFC7468 = 'RFC 7468 §3'
const certificatePem = (bytes: Buffer): string => der.pem('CERTIFICATE', bytes)

/** K8: the text around the DER. */
export function pemCases(): CaseList[] {
  const list = new CaseList('K8')
  goodText(list)
  badCertificateText(list)
  badPublicKeyText(list)
  privateKeys(list)
  return [list]
}

function goodText(list: CaseList): void {
  const both = (why: string, recipe: string, turn: (pem: string) => string): void =>
    list.add({
      expect: 'ok',
      why,
      recipe,
      source: 'CONTRACT §2: white space at the ends and a missing final newline are no difference',
      certificate: (bytes) => turn(certificatePem(bytes)),
      publicKey: turn,
    })
  both('no final newline', 'both texts cut', (pem) => pem.trimEnd())
  both('CRLF line endings', 'both texts with \\r\\n', (pem) => pem.replaceAll('\n', '\r\n'))
  both(
    'white space at the ends',
    'blanks, tabs and newlines around both',
    (pem) => `\n\t ${pem} \n\n`,
  )
}

function badCertificateText(list: CaseList): void {
  const bad = (why: string, turn: (pem: string, bytes: Buffer) => CorpusText): void =>
    list.add({
      expect: 'certificate_malformed',
      why: `certificate: ${why}`,
      recipe: 'the good text, changed as said',
      source: RFC7468,
      certificate: (bytes) => turn(certificatePem(bytes), bytes),
    })
  bad('lines of 76 characters', (_, bytes) => der.pem('CERTIFICATE', bytes, 76))
  bad('one long line', (_, bytes) => der.pem('CERTIFICATE', bytes, 20_000))
  bad('text before the block, as openssl x509 -text writes it', (pem) => `Certificate:\n${pem}`)
  bad('text after the block', (pem) => `${pem}trailer\n`)
  bad('two blocks: a chain, of which a reader may take either', (pem) => pem + pem)
  bad('an empty line inside', (pem) => pem.replace('\n', '\n\n'))
  bad('a blank at the end of a line', (pem) => pem.replace('\nMII', ' \nMII'))
  bad('label X509 CERTIFICATE', (pem) => pem.replaceAll('CERTIFICATE', 'X509 CERTIFICATE'))
  bad('label TRUSTED CERTIFICATE', (pem) => pem.replaceAll('CERTIFICATE', 'TRUSTED CERTIFICATE'))
  bad('label PUBLIC KEY', (pem) => pem.replaceAll('CERTIFICATE', 'PUBLIC KEY'))
  bad('label in lower case', (pem) => pem.replaceAll('CERTIFICATE', 'certificate'))
  bad('another label at the end', (pem) => pem.replace('END CERTIFICATE', 'END PUBLIC KEY'))
  bad('no end', (pem) => pem.slice(0, pem.indexOf('-----END')))
  bad('a NUL in the middle', (pem) => pem.replace('\nMII', '\nM\0II'))
  bad('a byte order mark before it', (pem) => `\ufeff${pem}`)
  bad('encapsulated headers', (pem) => pem.replace('\n', '\nProc-Type: 4,CLEAR\n\n'))
  bad('base64url', (pem) =>
    pem.replace(/\n[A-Za-z0-9+/]{64}\n/, (line) => `${line.slice(0, 9)}-_${line.slice(11)}`),
  )
  bad('spare bits of the last base64 character set', spareBits)
  bad('padding left out', (pem) => pem.replace(/=+\n-----END/, '\n-----END'))
  bad('padding in the middle', (pem) => pem.replace('\nMII', '\nM=='))
  bad('lines that end in CR alone', (pem) => pem.replaceAll('\n', '\r'))
  bad('the boundaries and nothing between', () => der.pem('CERTIFICATE', Buffer.alloc(0)))
  bad('base64 without boundaries', (_, bytes) => bytes.toString('base64'))
  bad('an empty text', () => '')
  list.add({
    expect: 'certificate_too_large',
    why: 'certificate: 64 KiB',
    recipe: 'a block of 1,024 lines, written out when the test runs',
    source: 'hub limit 16 KiB',
    certificate: () => ({
      before: '-----BEGIN CERTIFICATE-----\n',
      text: `${'A'.repeat(63)}\n`,
      times: 1024,
      after: '-----END CERTIFICATE-----\n',
    }),
  })
}

/** Sets a bit of the last base64 character that no byte is made of. */
function spareBits(pem: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  return pem.replace(/(.)(=+)\n-----END/, (_, last: string, padding: string) => {
    const other = alphabet.charAt(alphabet.indexOf(last) + 1)
    return `${other}${padding}\n-----END`
  })
}

function badPublicKeyText(list: CaseList): void {
  const bad = (why: string, turn: (pem: string) => CorpusText): void =>
    list.add({
      expect: 'public_key_malformed',
      why: `public_key: ${why}`,
      recipe: 'the good text, changed as said',
      source: RFC7468,
      publicKey: turn,
    })
  const spki = (): Buffer => createPublicKey(poolKey(0)).export({ type: 'spki', format: 'der' })
  bad('lines of 76 characters: hashed as sent it is another id', () =>
    der.pem('PUBLIC KEY', spki(), 76),
  )
  bad('one long line', () => der.pem('PUBLIC KEY', spki(), 20_000))
  bad('text before the block', (pem) => `my key:\n${pem}`)
  bad('text after the block', (pem) => `${pem}my key\n`)
  bad('two blocks', (pem) => pem + pem)
  bad('PKCS #1 under its own label', () =>
    createPublicKey(poolKey(0)).export({ type: 'pkcs1', format: 'pem' }).toString(),
  )
  bad('PKCS #1 under the label PUBLIC KEY', () =>
    der.pem('PUBLIC KEY', createPublicKey(poolKey(0)).export({ type: 'pkcs1', format: 'der' })),
  )
  bad('label CERTIFICATE', (pem) => pem.replaceAll('PUBLIC KEY', 'CERTIFICATE'))
  bad('a byte after the DER', () => der.pem('PUBLIC KEY', Buffer.concat([spki(), Buffer.alloc(1)])))
  bad('an OpenSSH public key', () => `ssh-rsa ${spki().toString('base64')} me@home`)
  bad('an empty text', () => '')
  list.add({
    expect: 'public_key_too_large',
    why: 'public_key: 64 KiB',
    recipe: '1,024 lines of base64, written out when the test runs',
    source: 'hub limit 4 KiB',
    publicKey: () => ({ before: '', text: `${'A'.repeat(63)}\n`, times: 1024, after: '' }),
  })
}

function privateKeys(list: CaseList): void {
  const sent = (why: string, change: Pick<Attempt, 'publicKey' | 'certificate'>): void =>
    list.add({
      expect: 'private_key_sent',
      why,
      recipe: "the first pool key's private half; answered without an echo",
      source: 'TRUST K8',
      ...change,
    })
  const encrypted = [
    '-----BEGIN ENCRYPTED PRIVATE KEY-----',
    'QUFB',
    '-----END ENCRYPTED PRIVATE KEY-----',
    '',
  ].join('\n')
  sent('public_key: PKCS #8', { publicKey: () => privatePem(poolKey(0)) })
  sent('public_key: PKCS #1', { publicKey: () => privatePem(poolKey(0), 'pkcs1') })
  sent('public_key: SEC 1', { publicKey: () => privatePem(corpusKey('ec-prime256v1'), 'sec1') })
  sent('public_key: encrypted PKCS #8', { publicKey: () => encrypted })
  sent('public_key: both halves, one after the other', {
    publicKey: (pem) => pem + privatePem(poolKey(0)),
  })
  sent('public_key: PKCS #8 under the label PUBLIC KEY', {
    publicKey: () => der.pem('PUBLIC KEY', poolKey(0).export({ type: 'pkcs8', format: 'der' })),
  })
  sent('certificate: the file node.key instead of node.crt', {
    certificate: () => privatePem(poolKey(0)),
  })
  sent('certificate: certificate and key in one file', {
    certificate: (bytes) => certificatePem(bytes) + privatePem(poolKey(0)),
  })
  sent('certificate: PKCS #1 under the label CERTIFICATE', {
    certificate: () => der.pem('CERTIFICATE', poolKey(0).export({ type: 'pkcs1', format: 'der' })),
  })
}
