import { createHash, sign } from 'node:crypto'

import { nodeIdOf } from '../case.js'

import { SignatureCaseList, type SignatureFault } from './case.js'
import { flipBit } from './numbers.js'
import {
  adder,
  linesOf,
  OTHER_RSA,
  OWN,
  proofOf,
  RSA,
  signedBy,
  textOf,
  type Lines,
  type Proof,
  type Signer,
} from './proofs.js'
import { signPss } from './pss.js'
import { otherStatements } from './statement-cases.js'

/** K14: what a node signed against what the hub asks. */
export function proofCases(): SignatureCaseList[] {
  const list = new SignatureCaseList('K14')
  for (const each of [OWN, RSA]) good(list, each)
  lines(list)
  texts(list)
  lineBreaks(list)
  otherStatements(list)
  schemes(list)
  return [list]
}

const PROOF_BYTES = 'CONTRACT §1, proof bytes; TRUST §2.4'

function good(list: SignatureCaseList, by: Signer): void {
  const add = adder(list, 'the lines of the contract, signed', PROOF_BYTES)
  add('ok', `${by.name}: a registration`, signedBy(by, textOf(by)), proofOf(by), by)
  const login = { label: 'dpc-hub node-login v1', account: '-' }
  const statement = proofOf(by, { kind: 'node-login', accountId: null })
  add('ok', `${by.name}: a login`, signedBy(by, textOf(by, login)), statement, by)
}

/** Each line by itself: what was signed for one purpose is good for no other. */
function lines(list: SignatureCaseList): void {
  const add = adder(list, 'one line of a good proof replaced, then signed', PROOF_BYTES)
  const { nodeId, spkiSha256, challenge } = linesOf(OWN)
  const replaced: readonly [why: string, change: Partial<Lines>][] = [
    ['another hub', { origin: 'https://evil.example' }],
    ['a hub whose name ends in ours', { origin: 'https://evil-hub.example' }],
    ['a hub below ours', { origin: 'https://a.hub.example' }],
    ['http instead of https', { origin: 'http://hub.example' }],
    ['the port spelled out', { origin: 'https://hub.example:443' }],
    ['a slash after the origin', { origin: 'https://hub.example/' }],
    ['the origin in upper case', { origin: 'https://HUB.example' }],
    ['no origin', { origin: '' }],
    ['another account', { account: '8' }],
    ['an account that begins with ours', { account: '77' }],
    ['the account with a zero before it', { account: '07' }],
    ['the account as a fraction', { account: '7.0' }],
    ['no account, as in a login', { account: '-' }],
    ['an empty account', { account: '' }],
    ['another node', { nodeId: RSA.nodeId }],
    ['the short id of the same node', { nodeId: nodeIdOf(OWN.spki, 16) }],
    ['the id in upper case', { nodeId: nodeId.toUpperCase() }],
    ['another key', { spkiSha256: RSA.spkiSha256 }],
    ['the hash of the key in upper case', { spkiSha256: spkiSha256.toUpperCase() }],
    ['half the hash of the key', { spkiSha256: spkiSha256.slice(0, 32) }],
    ['another challenge', { challenge: challenge.replace('V', 'W') }],
    ['the challenge with padding', { challenge: `${challenge}=` }],
    ['the challenge as hex', { challenge: Buffer.from(challenge, 'base64url').toString('hex') }],
    ['no challenge', { challenge: '' }],
    ['a later end', { expiresAt: '2026-12-01T00:03:00.000Z' }],
    ['an end a millisecond later', { expiresAt: '2026-12-01T00:02:00.001Z' }],
    ['the same end without milliseconds', { expiresAt: '2026-12-01T00:02:00Z' }],
    ['the same end in another zone', { expiresAt: '2026-12-01T01:02:00.000+01:00' }],
    ['the same end in seconds', { expiresAt: '1796083320' }],
    ['a login', { label: 'dpc-hub node-login v1' }],
    ['a rotation', { label: 'dpc-hub node-rotation v1' }],
    ['a prekey', { label: 'dpc-hub prekey v1' }],
    ['another version', { label: 'dpc-hub node-proof v2' }],
    ['another product', { label: 'dpc-messenger node-proof v1' }],
    ['the label in upper case', { label: 'DPC-HUB NODE-PROOF V1' }],
    ['no label', { label: '' }],
  ]
  for (const [why, change] of replaced)
    add('mismatch', `signed for ${why}`, signedBy(OWN, textOf(OWN, change)))
  const loginBytes = textOf(OWN, { label: 'dpc-hub node-login v1', account: '-' })
  const login = proofOf(OWN, { kind: 'node-login', accountId: null })
  add('mismatch', 'a login presented to register', signedBy(OWN, loginBytes))
  add('mismatch', 'a registration presented to log in', signedBy(OWN, textOf(OWN)), login)
  const named = textOf(OWN, { label: 'dpc-hub node-login v1' })
  add('mismatch', 'a login that names an account', signedBy(OWN, named), login)
}

/** The same values in another text. */
function texts(list: SignatureCaseList): void {
  const add = adder(
    list,
    'the lines of a good proof put together otherwise, then signed',
    PROOF_BYTES,
  )
  const text = textOf(OWN)
  const all = text.split('\n')
  const written: readonly [string, string][] = [
    ['a final newline', `${text}\n`],
    ['CRLF between the lines', all.join('\r\n')],
    ['CR between the lines', all.join('\r')],
    ['blanks between the lines', all.join(' ')],
    ['nothing between the lines', all.join('')],
    ['NULs between the lines', all.join('\0')],
    ['a newline before the first line', `\n${text}`],
    ['a byte order mark', `\ufeff${text}`],
    ['a blank at its end', `${text} `],
    ['the lines backwards', all.toReversed().join('\n')],
    ['the last line left out', all.slice(0, -1).join('\n')],
    ['the label left out', all.slice(1).join('\n')],
    ['a line more', `${text}\nadmin`],
    ['JSON of the values', JSON.stringify(linesOf(OWN))],
    ['the challenge alone', proofOf(OWN).challenge],
    ['SHA-256 of the lines, as hex', createHash('sha256').update(text).digest('hex')],
  ]
  for (const [why, each] of written) add('mismatch', why, signedBy(OWN, each))
  add(
    'mismatch',
    'the bytes of the challenge alone',
    sign(null, Buffer.from(proofOf(OWN).challenge, 'base64url'), OWN.key),
  )
}

/** Two statements must never have the same bytes. */
function lineBreaks(list: SignatureCaseList): void {
  const add = adder(
    list,
    'a value with a line break in it, signed as it stands',
    `${PROOF_BYTES}: newline injection`,
  )
  const evil = 'https://evil.example\nhttps://hub.example'
  const broken: readonly [string, Partial<Proof>, Partial<Lines>][] = [
    ['in the origin: two hubs', { origin: evil }, { origin: evil }],
    [
      'at the end of the origin',
      { origin: 'https://hub.example\n' },
      { origin: 'https://hub.example\n' },
    ],
    [
      'in the node id, which then holds the hash too',
      { nodeId: `${OWN.nodeId}\n${OWN.spkiSha256}` },
      { nodeId: `${OWN.nodeId}\n${OWN.spkiSha256}` },
    ],
    [
      'in the challenge, which then holds the end too',
      { challenge: 'AAAA\n2099' },
      { challenge: 'AAAA\n2099' },
    ],
    ['CR in the challenge', { challenge: 'AAAA\rBBBB' }, { challenge: 'AAAA\rBBBB' }],
    ['at the end of the end', { expiresAt: '2099\n' }, { expiresAt: '2099\n' }],
  ]
  for (const [why, asked, signed] of broken)
    add(
      'line_break',
      `the hub asks with a line break ${why}`,
      signedBy(OWN, textOf(OWN, signed)),
      proofOf(OWN, asked),
    )
  for (const [why, , signed] of broken)
    add('mismatch', `the node signed a line break ${why}`, signedBy(OWN, textOf(OWN, signed)))
}

/** TRUST K14: the right bytes, signed in a wrong way. */
function schemes(list: SignatureCaseList): void {
  const add = adder(
    list,
    'the bytes of a good proof, signed or changed as said',
    'TRUST K14; CONTRACT §1',
  )
  const bytes = Buffer.from(textOf(RSA))
  const bad = (expect: SignatureFault, why: string, signature: Buffer): void =>
    add(expect, `a proof with ${why}`, signature, proofOf(RSA), RSA)
  for (const length of [0, 20, 256 - 34])
    bad(
      'salt_length',
      `a salt of ${length} bytes`,
      signPss(RSA.key, bytes, { salt: Buffer.alloc(length, 1) }),
    )
  bad('scheme', 'PKCS #1 v1.5', sign('sha256', bytes, RSA.key))
  bad('length', 'its signature cut by a byte', signPss(RSA.key, bytes).subarray(0, -1))
  bad('trailer', 'a signature of zeros', Buffer.alloc(256))
  bad('length', 'no signature', Buffer.alloc(0))
  bad('trailer', 'a bit of its signature flipped', flipBit(signPss(RSA.key, bytes), -1))
  bad(
    'trailer',
    "another node's signature",
    signPss(OTHER_RSA.key, bytes, { salt: Buffer.alloc(32, 3) }),
  )
  bad('length', 'the signature of an Ed25519 key', signedBy(OWN, textOf(RSA)))
  add(
    'length',
    'a proof by Ed25519 with the signature of an RSA key',
    signPss(RSA.key, Buffer.from(textOf(OWN))),
  )
}
