import { createHmac, createPublicKey, randomBytes, sign } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

import { describe, expect, it } from '@jest/globals'

import { Clock } from '../src/common/clock.js'
import { DataKey } from '../src/database/data-key.js'
import { HubError } from '../src/common/hub-error.js'
import { DpopProofs } from '../src/tokens/dpop.js'
import { DPOP_FAULTS, InvalidDpopProofError, UseDpopNonceError } from '../src/tokens/dpop.errors.js'

import { DPOP_FILE, makeDpopFile } from './corpus/generate/tokens/dpop.js'
import {
  DPOP_KEYS,
  type Content,
  type DpopCase,
  type DpopFile,
} from './corpus/generate/tokens/dpop-case.js'
import { keySigner, pssSigner, signJws, spell } from './support/jws.js'

// UPDATE_CORPUS=1 writes the corpus anew.
if (process.env.UPDATE_CORPUS !== undefined) writeFileSync(DPOP_FILE, makeDpopFile())

const checkedIn = readFileSync(DPOP_FILE, 'utf8')
const { now, cases }: DpopFile = JSON.parse(checkedIn)

class MovedClock extends Clock {
  constructor(private secondsAgo = 0) {
    super()
  }

  override now(): number {
    return new Date(now).getTime() - this.secondsAgo * 1_000
  }

  /** Runs with the clock so many seconds back. */
  async ago<Result>(seconds: number, run: () => Result | Promise<Result>): Promise<Result> {
    this.secondsAgo = seconds
    const result = await run()
    this.secondsAgo = 0
    return result
  }
}

const dataKey = new DataKey(randomBytes(32))

/** What the caller finds before there is a proof to read, or after. */
const OF_THE_REQUEST = ['missing', 'other_key']

/** Order of the group of P-256 (SEC 2 §2.4.2), and of Ed25519 (RFC 8032 §5.1). */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const ED25519_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n

/** One case's hub, and the proofs shown to it. */
class Trial {
  readonly clock = new MovedClock()
  readonly proofs = new DpopProofs(dataKey, this.clock)

  constructor(private readonly each: DpopCase) {}

  async verdict(): Promise<DpopCase['expect']> {
    const nonce = await this.nonce()
    const proof = this.make(nonce)
    const { shown_before } = this.each.input
    if (shown_before) {
      const before = shown_before.as === 'this' ? proof : this.make(nonce, true)
      await this.clock.ago(shown_before.seconds_ago, () => this.read(before))
    }
    try {
      const { jkt, spkiSha256 } = await this.read(proof)
      return { jkt, spki_sha256: spkiSha256 }
    } catch (error) {
      return describe401(error)
    }
  }

  private read(proof: string): ReturnType<DpopProofs['read']> {
    const { method, url, access_token: accessToken } = this.each.request
    return this.proofs.read({ proof, method, url, accessToken })
  }

  private async nonce(): Promise<string | null> {
    const { nonce } = this.each.input
    if (!nonce) return null
    const key = nonce.of === 'this hub' ? dataKey : new DataKey(randomBytes(32))
    const clock = new MovedClock(nonce.seconds_ago)
    return new DpopProofs(key, clock).nonce()
  }

  /** @param isAnother of the same jti, in another text */
  private make(nonce: string | null, isAnother = false): string {
    const { header, claims, spelling, length } = this.each.input
    const signed = (filler: string): string =>
      spell(
        isAnother ? '{header}.{payload}.{signature}' : spelling,
        signJws(
          bytesOf(header, filler === '' ? {} : { filler }),
          bytesOf(claims, { ...(nonce ? { nonce } : {}), ...(isAnother ? { another: 1 } : {}) }),
          (input) => this.sign(input, isAnother),
        ),
      )
    if (length === undefined) return signed('')
    // Three bytes are four characters, so one of four lengths nearby is met.
    let filler = 'x'.repeat(Math.floor(((length - signed('x').length) * 3) / 4))
    while (signed(filler).length < length) filler += 'x'
    const proof = signed(filler)
    expect(proof).toHaveLength(length)
    return proof
  }

  private sign(input: Buffer, isPlain: boolean): Buffer {
    const { key: name, signature, header } = this.each.input
    const key = DPOP_KEYS[name]
    const algorithm = 'json' in header ? String(header.json.alg) : 'ES256'
    const own = (): Buffer => keySigner(algorithm, key)(input)
    if (isPlain) return own()
    switch (signature.by) {
      case 'key':
        return signature.algorithm ? keySigner(signature.algorithm, key)(input) : own()
      case 'der':
        return sign('sha256', input, key)
      case 'salt':
        return pssSigner(key, signature.bytes)(input)
      case 'hmac': {
        const pem = createPublicKey(key).export({ type: 'spki', format: 'pem' })
        return createHmac('sha256', pem).update(input).digest()
      }
      case 'twin':
        return mapTail(own(), (s) => P256_ORDER - s, 'big')
      case 'plus-order':
        return mapTail(own(), (s) => s + ED25519_ORDER, 'little')
      case 'turned': {
        const bytes = own()
        bytes[signature.byte]! ^= 1
        return bytes
      }
      case 'hex':
        return Buffer.from(signature.bytes, 'hex')
    }
  }
}

function bytesOf(content: Content, further: object): Buffer {
  if ('hex' in content) return Buffer.from(content.hex, 'hex')
  if ('text' in content) return Buffer.from(content.text)
  return Buffer.from(JSON.stringify({ ...content.json, ...further }))
}

/** Changes the second half of a signature of 64 bytes: s. */
function mapTail(bytes: Buffer, change: (s: bigint) => bigint, order: 'big' | 'little'): Buffer {
  const turn = (half: Buffer): Buffer => (order === 'big' ? half : Buffer.from(half).reverse())
  const s = BigInt(`0x${turn(bytes.subarray(32)).toString('hex')}`)
  const changed = Buffer.from(change(s).toString(16).padStart(64, '0'), 'hex')
  return Buffer.concat([bytes.subarray(0, 32), turn(changed)])
}

function describe401(error: unknown): DpopCase['expect'] {
  if (!(error instanceof HubError)) throw error
  expect(error.status).toBe(401)
  // Nothing that was sent comes back.
  expect(error.message).toMatch(/^[\x20-\x7e]{20,300}$/)
  if (error instanceof UseDpopNonceError) expect(error.nonce).toMatch(/^[\w-]{20,100}$/)
  const fault = error instanceof InvalidDpopProofError ? error.fault : null
  return { status: 401, code: error.code, fault }
}

describe('the corpus of DPoP proofs', () => {
  it.each(cases.map((each) => [`${each.id} ${each.why}`, each] as const))('%s', async (_, each) => {
    expect(await new Trial(each).verdict()).toEqual(each.expect)
  })

  it('is what its generator makes', () => {
    expect(checkedIn).toBe(makeDpopFile())
  })

  it('has every case once and a reason for each', () => {
    const asked = cases.map(({ input, request }) => JSON.stringify([input, request]))
    expect(asked.filter((each, index) => asked.indexOf(each) !== index)).toEqual([])
    for (const { why, source } of cases) for (const text of [why, source]) expect(text).not.toBe('')
  })

  it('has a case for every fault, and passes', () => {
    const met = cases.map(({ expect: wanted }) =>
      'jkt' in wanted ? 'ok' : (wanted.fault ?? wanted.code),
    )
    const faults = DPOP_FAULTS.filter((fault) => !OF_THE_REQUEST.includes(fault))
    expect([...new Set(met)].sort()).toEqual([...faults, 'ok', 'use_dpop_nonce'].sort())
    expect(cases.length).toBeGreaterThanOrEqual(60)
  })
})
