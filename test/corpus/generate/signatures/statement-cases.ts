import type { SignatureCaseList } from './case.js'
import { adder, OWN, proofOf, RSA, signedBy, textOf } from './proofs.js'

/** Rotations and prekeys, and one kind of statement presented as another. */
export function otherStatements(list: SignatureCaseList): void {
  const add = adder(
    list,
    'the lines of the statement, signed as said',
    'docs: rotation and prekey statements',
  )
  const { origin, challenge, expiresAt } = proofOf(OWN)
  const rotation = {
    type: 'rotation',
    origin,
    accountId: 7,
    oldNodeId: OWN.nodeId,
    oldSpkiSha256: OWN.spkiSha256,
    newNodeId: RSA.nodeId,
    newSpkiSha256: RSA.spkiSha256,
    challenge,
    expiresAt,
  } as const
  const [old, next] = [
    [OWN.nodeId, OWN.spkiSha256],
    [RSA.nodeId, RSA.spkiSha256],
  ] as const
  const rotationText = (first: readonly string[], second: readonly string[]): string =>
    ['dpc-hub node-rotation v1', origin, '7', ...first, ...second, challenge, expiresAt].join('\n')
  add('ok', 'a rotation, signed by the old key', signedBy(OWN, rotationText(old, next)), rotation)
  const backwards = signedBy(OWN, rotationText(next, old))
  add('mismatch', 'a rotation backwards: old and new exchanged', backwards, rotation)
  add('mismatch', 'a rotation to the same key', signedBy(OWN, rotationText(old, old)), rotation)
  add('mismatch', 'a registration presented as a rotation', signedBy(OWN, textOf(OWN)), rotation)
  add('mismatch', 'a rotation presented as a registration', signedBy(OWN, rotationText(old, next)))
  const byOther = signedBy({ ...OWN, key: RSA.key }, rotationText(old, next))
  add('length', 'a rotation signed by the new key instead of the old', byOther, rotation)
  add(
    'line_break',
    'a rotation to an id with a line break',
    signedBy(OWN, rotationText(old, ['a\nb', RSA.spkiSha256])),
    {
      ...rotation,
      newNodeId: 'a\nb',
    },
  )
  prekeys(add)
}

function prekeys(add: ReturnType<typeof adder>): void {
  const publicKey = 'cHJla2V5LXByZWtleS1wcmVrZXktcHJla2V5LXByZSE'
  const prekey = {
    type: 'prekey',
    spkiSha256: OWN.spkiSha256,
    kind: 'signed',
    keyId: 5,
    publicKey,
  } as const
  const text = (kind: string, keyId: string, key = publicKey, spki = OWN.spkiSha256): string =>
    ['dpc-hub prekey v1', spki, kind, keyId, key].join('\n')
  add('ok', 'a signed prekey', signedBy(OWN, text('signed', '5')), prekey)
  add('ok', 'a last-resort prekey', signedBy(OWN, text('last_resort', '5')), {
    ...prekey,
    kind: 'last_resort',
  })
  const bad: readonly [string, string][] = [
    ['a last-resort prekey presented as a signed one', text('last_resort', '5')],
    ['a prekey under another number', text('signed', '6')],
    ['a prekey whose number has a zero before it', text('signed', '05')],
    ['another prekey', text('signed', '5', publicKey.replace('c', 'd'))],
    ["a prekey of another node's key", text('signed', '5', publicKey, RSA.spkiSha256)],
    ['the prekey alone, as X3DH has it', publicKey],
  ]
  for (const [why, each] of bad) add('mismatch', why, signedBy(OWN, each), prekey)
  const broken = { ...prekey, publicKey: `5\n${publicKey}` }
  add(
    'line_break',
    'a prekey with a line break',
    signedBy(OWN, text('signed', '5', broken.publicKey)),
    broken,
  )
}
