import { createHash, timingSafeEqual } from 'node:crypto'

import { Injectable } from '@nestjs/common'

import { Database, type Queries } from '../../database/database.js'
import { isForeignKeyViolation } from '../../database/postgres-errors.js'
import { RefreshService, type TokenPair } from '../../tokens/refresh.service.js'
import { type Authorization, AuthorizationCodeStore } from './authorization-code.store.js'
import { InvalidGrantError } from './oauth.errors.js'
import type { CodeBody } from './token.schema.js'
import { UsedCodes } from './used-codes.js'

/** Who comes for tokens. */
export interface Comer {
  /** Coarse (`coarsePlace`). */
  readonly place: string | null
  /** RFC 7638 thumbprint of the key that signed the request, if one did (RFC 9449). */
  readonly jkt: string | null
}

/** The authorization code grant (RFC 6749 §4.1.3 with RFC 7636). */
@Injectable()
export class CodeGrant {
  constructor(
    private readonly database: Database,
    private readonly codes: AuthorizationCodeStore,
    private readonly usedCodes: UsedCodes,
    private readonly refreshes: RefreshService,
  ) {}

  /**
   * The tokens of a code. Whoever presents it uses it up, with whatever verifier; whoever presents it
   * again ends the session that was made of it, as two parties hold the code (RFC 6749 §4.1.2).
   *
   * @throws InvalidGrantError
   */
  async redeem(body: CodeBody, comer: Comer): Promise<TokenPair> {
    const hash = this.codes.hashOf(body.code)
    if (!hash) throw new InvalidGrantError('code: this hub issues no such codes')
    const outcome = await this.database.transaction((queries) =>
      this.redeemOnce(hash, body, comer, queries),
    )
    if (outcome === 'unknown') {
      await this.usedCodes.endSessionOf(hash)
      throw new InvalidGrantError('code: not known, used already, or older than 60 seconds')
    }
    if ('refused' in outcome) throw new InvalidGrantError(outcome.refused)
    return outcome
  }

  private async redeemOnce(
    hash: Buffer,
    body: CodeBody,
    { place, jkt }: Comer,
    queries: Queries,
  ): Promise<TokenPair | { refused: string } | 'unknown'> {
    const authorization = await this.codes.take(hash, queries)
    if (!authorization) return 'unknown'
    const refused = faultOf(authorization, body, jkt)
    if (refused !== null) return { refused }
    const { accountId, provider, client } = authorization
    try {
      const start = { accountId, provider, client, place, dpopJkt: jkt, origin: hash }
      return await this.refreshes.start(start, queries)
    } catch (error) {
      if (!isForeignKeyViolation(error, 'sessions_account_id_fkey')) throw error
      return { refused: 'code: its account has been deleted' }
    }
  }
}

/** Why a code is not for this request; null if it is. */
function faultOf(authorization: Authorization, body: CodeBody, jkt: string | null): string | null {
  if (body.client_id !== authorization.client) return 'code: issued to another client'
  if (body.redirect_uri !== authorization.redirectUri) {
    return 'redirect_uri: not the one that the login began with'
  }
  const challenge = createHash('sha256').update(body.code_verifier).digest()
  if (!timingSafeEqual(challenge, Buffer.from(authorization.codeChallenge, 'base64url'))) {
    return 'code_verifier: not the one of the code_challenge that the login began with'
  }
  if (authorization.dpopJkt !== null && authorization.dpopJkt !== jkt) {
    return 'code: bound to a key (dpop_jkt) that has not signed this request'
  }
  return null
}
