import { createPublicKey } from 'node:crypto'

import { Injectable } from '@nestjs/common'

import { HubConfig } from '../config/hub-config.js'
import { Database } from '../database/database.js'
import { isSignedBy, proofBytes } from '../identity/proof.js'
import type { DpopProof } from '../tokens/dpop.js'
import { RefreshService, type TokenPair } from '../tokens/refresh.service.js'
import { type Challenge, ChallengeStore } from './challenge.store.js'
import { keyToCheck } from './decoy-keys.js'
import type { NodeLogin } from './node-login.schema.js'
import type { Node } from './node-row.js'
import { NodeStore } from './node.store.js'
import {
  ChallengeInvalidError,
  DpopKeyMismatchError,
  NodeLoginRefusedError,
} from './nodes.errors.js'

/** Where a login comes from, and by which key its tokens are to be bound (RFC 9449). */
export interface LoginFrom {
  /** Coarse (`coarsePlace`). */
  readonly place: string | null
  readonly proof: DpopProof | null
}

/** What a session begun by a node's key has in the place of a provider. */
const PROVIDER = 'node'

/** Logs nodes in by their keys alone, so that a daemon needs no browser for years. */
@Injectable()
export class NodeLoginService {
  constructor(
    private readonly challenges: ChallengeStore,
    private readonly nodes: NodeStore,
    private readonly refreshes: RefreshService,
    private readonly database: Database,
    private readonly config: HubConfig,
  ) {}

  /**
   * Begins a session of the node's account that speaks for the node. Only for proven nodes: the
   * account of an unproven one may be a squatter's. Whether a node is unknown, unproven or another
   * key has signed takes the same steps and ends in the same error.
   *
   * @throws ChallengeInvalidError, NodeLoginRefusedError
   * @throws DpopKeyMismatchError  the tokens are to be bound to another key than the node's
   */
  async logIn(login: NodeLogin, from: LoginFrom): Promise<{ node: Node; pair: TokenPair }> {
    const use = { purpose: 'node-login', accountId: null } as const
    const challenge = await this.challenges.take(login.challengeId, use)
    if (!challenge) throw new ChallengeInvalidError('POST /auth/node/challenge', 401)
    const node = await this.nodes.find(login.nodeId)
    if (!this.hasSigned(node, login, challenge)) throw this.refusal()
    if (from.proof && from.proof.spkiSha256 !== node.spkiSha256) throw new DpopKeyMismatchError()
    const pair = await this.begin(node, from)
    if (!pair) throw this.refusal()
    return { node, pair }
  }

  private hasSigned(node: Node | null, login: NodeLogin, challenge: Challenge): node is Node {
    const { nodeId, signature } = login
    const bytes = proofBytes({
      kind: 'node-login',
      origin: this.config.http.publicUrl,
      accountId: null,
      nodeId,
      spkiSha256: node?.spkiSha256 ?? '',
      ...challenge,
    })
    const provenPem = node?.isProven ? node.publicKeyPem : null
    const { pem, isNodes } = keyToCheck(provenPem, signature)
    return isSignedBy(createPublicKey(pem), bytes, signature) && isNodes
  }

  /** Null if the node has been given up or has moved since it was looked at. */
  private begin(node: Node, { place, proof }: LoginFrom): Promise<TokenPair | null> {
    const { accountId, spkiSha256 } = node
    return this.database.transaction(async (queries) => {
      if (!(await this.nodes.hold(node, queries))) return null
      const dpopJkt = proof?.jkt ?? null
      const start = { accountId, provider: PROVIDER, client: 'node', node: spkiSha256 } as const
      return this.refreshes.start({ ...start, place, dpopJkt, isFresh: node.isVouched }, queries)
    })
  }

  private refusal(): NodeLoginRefusedError {
    return new NodeLoginRefusedError(this.config.http.publicUrl)
  }
}
