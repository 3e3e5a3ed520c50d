import { createPublicKey, type KeyObject } from 'node:crypto'

import { Injectable } from '@nestjs/common'

import { HubConfig } from '../config/hub-config.js'
import type { NodeCertificate } from '../identity/certificate.js'
import { isSignedBy, proofBytes, rotationBytes } from '../identity/proof.js'
import { type Challenge, ChallengeStore } from './challenge.store.js'
import type { Node } from './node-row.js'
import { ChallengeInvalidError, ProofInvalidError } from './nodes.errors.js'
import { mistakeIn } from './proof-hints.js'

/** What the old key of a node has signed for its successor, and the signature in base64url. */
export interface Continuity {
  readonly statement: string
  readonly signature: string
}

/** Looks at proofs of node keys that registered accounts send (CONTRACT §1). */
@Injectable()
export class ProofReader {
  constructor(
    private readonly challenges: ChallengeStore,
    private readonly config: HubConfig,
  ) {}

  /** Uses the account's challenge up. @throws ChallengeInvalidError */
  async take(accountId: number, challengeId: string): Promise<Challenge> {
    const challenge = await this.challenges.take(challengeId, { purpose: 'node-proof', accountId })
    if (!challenge) throw new ChallengeInvalidError('POST /nodes/challenge', 400)
    return challenge
  }

  /** @throws ProofInvalidError  the certificate's key has not signed for this account, hub and challenge */
  check(
    accountId: number,
    certificate: NodeCertificate,
    challenge: Challenge,
    signature: Buffer,
  ): void {
    const { publicKey, nodeId, spkiSha256 } = certificate
    const origin = this.config.http.publicUrl
    const proof = {
      kind: 'node-proof',
      origin,
      accountId,
      nodeId,
      spkiSha256,
      ...challenge,
    } as const
    if (isSignedBy(publicKey, proofBytes(proof), signature)) return
    const mistake = mistakeIn(publicKey, proof, signature)
    throw new ProofInvalidError(
      `signature: ${mistake === null ? '' : `${mistake}; `}expected ${algorithmOf(publicKey)} by the certificate's key over seven lines joined by \\n, without a final one: ` +
        `"dpc-hub node-proof v1", the origin ${origin}, the account's id (GET /users/me), the node id ${nodeId}, ` +
        'its spki_sha256 in hex, challenge and expires_at as they were sent',
    )
  }

  /**
   * The old key's word for the new one.
   *
   * @throws ProofInvalidError  the node's key has not signed that this one takes its place
   */
  checkContinuity(
    node: Node,
    certificate: NodeCertificate,
    challenge: Challenge,
    signature: Buffer,
  ): Continuity {
    const origin = this.config.http.publicUrl
    const bytes = rotationBytes({
      origin,
      accountId: node.accountId,
      oldNodeId: node.nodeId,
      oldSpkiSha256: node.spkiSha256,
      newNodeId: certificate.nodeId,
      newSpkiSha256: certificate.spkiSha256,
      ...challenge,
    })
    const oldKey = createPublicKey(node.publicKeyPem)
    if (isSignedBy(oldKey, bytes, signature))
      return { statement: bytes.toString(), signature: signature.toString('base64url') }
    throw new ProofInvalidError(
      `continuity_signature: expected ${algorithmOf(oldKey)} by the old key over nine lines joined by \\n, without a final one: ` +
        `"dpc-hub node-rotation v1", the origin ${origin}, the account's id, the old node id ${node.nodeId}, its spki_sha256, ` +
        `the new node id ${certificate.nodeId}, its spki_sha256, challenge and expires_at as they were sent`,
    )
  }
}

function algorithmOf({ asymmetricKeyType }: KeyObject): string {
  if (asymmetricKeyType === 'rsa') return 'RSA-PSS with SHA-256 and a salt of 32 bytes'
  return asymmetricKeyType === 'ec' ? 'ECDSA with SHA-256 in DER' : 'Ed25519'
}
