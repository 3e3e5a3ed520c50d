import { createHash } from 'node:crypto'

import { Injectable } from '@nestjs/common'
import { compactVerify } from 'jose'
import { z } from 'zod'

import { Clock } from '../common/clock.js'
import { DataKey } from '../database/data-key.js'
import { DPOP_ALGORITHMS, type DpopKey, readDpopKey } from './dpop-key.js'
import { DpopReplayMemory } from './dpop-replay.js'
import { normalUrl } from './dpop-url.js'
import {
  type DpopFault,
  InvalidDpopProofError,
  isDpopFault,
  UseDpopNonceError,
} from './dpop.errors.js'

/** Characters of a proof; one by a 4096 bit key has about 1,800. */
const MAX_LENGTH = 8_192
const MAX_JTI_LENGTH = 256
/** How far `iat` may be from the hub's clock, either way. */
const IAT_WINDOW_MS = 60_000

const NONCE_PURPOSE = 'dpop nonce'
const NONCE_STEP_MS = 60_000
/** The step a nonce was made in and the two after it: at most 3 minutes. */
const NONCE_STEPS = 3
/** Another instance's clock may be a little ahead. */
const NONCE_STEPS_AHEAD = 1
const STEP_BYTES = 6
/** No proof is good for longer, whichever of the two it stands on. */
const REMEMBERED_MS = (NONCE_STEPS + NONCE_STEPS_AHEAD) * NONCE_STEP_MS

/** What the request shows. */
export interface ShownProof {
  /** The one value of the `DPoP` header. */
  readonly proof: string
  readonly method: string
  /** As the client sees it: the public origin and the path; query and fragment do not count. */
  readonly url: string
  /** The token that came along; null at the token endpoint. */
  readonly accessToken: string | null
}

/** Whose proof it is. */
export type DpopProof = Pick<DpopKey, 'jkt' | 'spkiSha256'>

const headerSchema = z.object({
  typ: z.literal('dpop+jwt'),
  alg: z.enum(DPOP_ALGORITHMS),
  crit: z.undefined().optional(),
  jwk: z.record(z.string(), z.unknown()),
})

/** `iat` and its like may have a fraction (RFC 7519 §2). */
const claimsSchema = z.object({
  htm: z.string(),
  htu: z.string(),
  jti: z.string().min(1).max(MAX_JTI_LENGTH),
  iat: z.number(),
  nonce: z.string().optional(),
  ath: z.string().optional(),
  exp: z.number().optional(),
  nbf: z.number().optional(),
})
type Claims = z.output<typeof claimsSchema>

/** Reads DPoP proofs (RFC 9449 §4.3). What a key may do is the caller's question. */
@Injectable()
export class DpopProofs {
  private readonly replays = new DpopReplayMemory(REMEMBERED_MS)

  constructor(
    private readonly dataKey: DataKey,
    private readonly clock: Clock,
  ) {}

  /**
   * Checks everything but the binding. A proof counts once, and only if nothing else is wrong.
   *
   * @throws InvalidDpopProofError
   * @throws UseDpopNonceError  `iat` is more than 60 s off and there is no nonce, or it is not of
   *   the last three minutes
   */
  async read({ proof, method, url, accessToken }: ShownProof): Promise<DpopProof> {
    const parts = partsOf(proof)
    const header = parse(headerSchema, parts.header)
    const key = await readDpopKey(header.jwk, header.alg)
    if (!key) throw new InvalidDpopProofError('jwk')
    await checkSignature(proof, key, header.alg)

    const claims = parse(claimsSchema, parts.payload)
    if (claims.htm !== method) throw new InvalidDpopProofError('htm')
    if (!isSameUrl(claims.htu, url)) throw new InvalidDpopProofError('htu')
    if (accessToken !== null && claims.ath !== hashOf(accessToken))
      throw new InvalidDpopProofError('ath')
    this.checkTime(claims)
    if (!this.replays.remember(key.jkt, claims.jti, this.clock.now()))
      throw new InvalidDpopProofError('replayed')
    return { jkt: key.jkt, spkiSha256: key.spkiSha256 }
  }

  /** For the `DPoP-Nonce` header; good for two to three minutes, on every instance of this hub. */
  nonce(): string {
    const step = Buffer.alloc(STEP_BYTES)
    step.writeUIntBE(this.step(), 0, STEP_BYTES)
    return Buffer.concat([step, this.dataKey.mac(NONCE_PURPOSE, step)]).toString('base64url')
  }

  /** The clocks of home computers are wrong: a nonce of ours says when it was made, better than iat. */
  private checkTime({ iat, nonce, exp, nbf }: Claims): void {
    const now = this.clock.now()
    const isTimely =
      nonce === undefined ? Math.abs(now - iat * 1_000) <= IAT_WINDOW_MS : this.isOurNonce(nonce)
    if (!isTimely) throw new UseDpopNonceError(this.nonce())
    if (exp !== undefined && exp * 1_000 <= now) throw new InvalidDpopProofError('exp')
    if (nbf !== undefined && nbf * 1_000 > now + IAT_WINDOW_MS)
      throw new InvalidDpopProofError('nbf')
  }

  private isOurNonce(nonce: string): boolean {
    const bytes = Buffer.from(nonce, 'base64url')
    if (bytes.length <= STEP_BYTES || bytes.toString('base64url') !== nonce) return false
    const head = bytes.subarray(0, STEP_BYTES)
    if (!this.dataKey.isMac(NONCE_PURPOSE, head, bytes.subarray(STEP_BYTES))) return false
    const age = this.step() - head.readUIntBE(0, STEP_BYTES)
    return age < NONCE_STEPS && age >= -NONCE_STEPS_AHEAD
  }

  private step(): number {
    return Math.floor(this.clock.now() / NONCE_STEP_MS)
  }
}

/** Three parts, each in its one canonical spelling; two header values joined by a comma are none. */
function partsOf(proof: string): { header: unknown; payload: unknown } {
  if (proof.length > MAX_LENGTH) throw new InvalidDpopProofError('too_long')
  const parts = proof.split('.')
  const [header, payload, signature] = parts.map((part) => Buffer.from(part, 'base64url'))
  const isCanonical = parts.every(
    (part) => Buffer.from(part, 'base64url').toString('base64url') === part,
  )
  if (!header || !payload || !signature || parts.length !== 3 || !isCanonical)
    throw new InvalidDpopProofError('malformed')
  return { header: objectIn(header), payload: objectIn(payload) }
}

function objectIn(bytes: Buffer): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text))
  } catch (cause) {
    throw new InvalidDpopProofError('malformed', undefined, { cause })
  }
}

/** The first member that is wrong, in the order of the schema, names the fault. */
function parse<Output>(schema: z.ZodType<Output>, value: unknown): Output {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new InvalidDpopProofError(faultOf(parsed.error.issues))
}

function faultOf([issue]: readonly z.core.$ZodIssue[]): DpopFault {
  const member = issue?.path[0]
  return isDpopFault(member) ? member : 'malformed'
}

async function checkSignature(proof: string, { key }: DpopKey, algorithm: string): Promise<void> {
  try {
    await compactVerify(proof, key, { algorithms: [algorithm] })
  } catch (cause) {
    throw new InvalidDpopProofError('signature', undefined, { cause })
  }
}

function isSameUrl(claimed: string, url: string): boolean {
  const normal = normalUrl(claimed)
  return normal !== null && normal === normalUrl(url)
}

function hashOf(accessToken: string): string {
  return createHash('sha256').update(accessToken).digest('base64url')
}
