import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'
import { calculateJwkThumbprint, exportJWK, SignJWT } from 'jose'

import { Clock } from '../common/clock.js'
import { DataKey } from '../database/data-key.js'
import { spkiSha256Of } from '../identity/node-id.js'
import { DpopReplayMemory } from './dpop-replay.js'
import { normalUrl } from './dpop-url.js'
import { DpopProofs } from './dpop.js'
import { InvalidDpopProofError, UseDpopNonceError } from './dpop.errors.js'

class MovedClock extends Clock {
  time = 1_800_000_000_000

  override now(): number {
    return this.time
  }
}

const METHOD = 'POST'
const URL_SENT = 'https://hub.example/token'
const request = { method: METHOD, url: URL_SENT, accessToken: null }
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const dataKey = new DataKey(randomBytes(32))

function hub(key = dataKey): { proofs: DpopProofs; clock: MovedClock } {
  const clock = new MovedClock()
  return { proofs: new DpopProofs(key, clock), clock }
}

/** A proof as a client library makes it. */
async function proofAt(time: number, claims: Record<string, unknown> = {}): Promise<string> {
  return new SignJWT({
    htm: METHOD,
    htu: URL_SENT,
    jti: randomBytes(16).toString('hex'),
    ...claims,
  })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: await exportJWK(publicKey) })
    .setIssuedAt(Math.floor(time / 1_000))
    .sign(privateKey)
}

describe('a DPoP proof', () => {
  it('says whose it is: by thumbprint, and by the identity the node has here', async () => {
    const { proofs, clock } = hub()

    expect(await proofs.read({ proof: await proofAt(clock.time), ...request })).toEqual({
      jkt: await calculateJwkThumbprint(await exportJWK(publicKey)),
      spkiSha256: spkiSha256Of(publicKey),
    })
  })

  it('counts once', async () => {
    const { proofs, clock } = hub()
    const proof = await proofAt(clock.time)
    await proofs.read({ proof, ...request })

    await expect(proofs.read({ proof, ...request })).rejects.toMatchObject({
      code: 'invalid_dpop_proof',
      fault: 'replayed',
      status: 401,
    })
  })

  it('counts once until its iat is out of the window', async () => {
    const { proofs, clock } = hub()
    const proof = await proofAt(clock.time + 60_000)
    await proofs.read({ proof, ...request })
    clock.time += 120_000
    await proofs.read({ proof: await proofAt(clock.time), ...request })
    await expect(proofs.read({ proof, ...request })).rejects.toMatchObject({ fault: 'replayed' })
    clock.time += 1

    await expect(proofs.read({ proof, ...request })).rejects.toBeInstanceOf(UseDpopNonceError)
  })

  it('is not used up by a request it was not made for', async () => {
    const { proofs, clock } = hub()
    const proof = await proofAt(clock.time)
    await expect(proofs.read({ proof, ...request, method: 'GET' })).rejects.toMatchObject({
      fault: 'htm',
    })

    await expect(proofs.read({ proof, ...request })).resolves.toHaveProperty('jkt')
  })

  it('may have the jti of somebody else', async () => {
    const { proofs, clock } = hub()
    const other = generateKeyPairSync('ed25519')
    const jti = 'one'
    const header = { alg: 'EdDSA', typ: 'dpop+jwt', jwk: await exportJWK(other.publicKey) }
    const claims = { htm: METHOD, htu: URL_SENT, jti, iat: clock.time / 1_000 }
    const [head, body] = [header, claims].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    )
    const signature = sign(null, Buffer.from(`${head}.${body}`), other.privateKey)
    await proofs.read({ proof: await proofAt(clock.time, { jti }), ...request })

    const proof = `${head}.${body}.${signature.toString('base64url')}`
    await expect(proofs.read({ proof, ...request })).resolves.toHaveProperty('jkt')
  })

  it('names the access token it was made for', async () => {
    const { proofs, clock } = hub()
    const ath = createHash('sha256').update('the token').digest('base64url')
    const read = async (accessToken: string, claims: object): Promise<unknown> =>
      proofs.read({ proof: await proofAt(clock.time, { ...claims }), ...request, accessToken })

    await expect(read('the token', { ath })).resolves.toHaveProperty('jkt')
    await expect(read('another', { ath })).rejects.toMatchObject({ fault: 'ath' })
    await expect(read('the token', {})).rejects.toMatchObject({ fault: 'ath' })
  })
})

describe('a nonce', () => {
  const OFF = 30 * 86_400_000

  it('lets a proof by a clock that is a month wrong count, once', async () => {
    const { proofs, clock } = hub()
    const wrong = await proofAt(clock.time - OFF)
    const refused = await proofs.read({ proof: wrong, ...request }).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(UseDpopNonceError)
    const { nonce } = refused as UseDpopNonceError

    const again = await proofAt(clock.time - OFF, { nonce })
    await expect(proofs.read({ proof: again, ...request })).resolves.toHaveProperty('jkt')
    await expect(proofs.read({ proof: again, ...request })).rejects.toMatchObject({
      fault: 'replayed',
    })
  })

  it('is good on every instance of the hub, and on no other hub', async () => {
    const { proofs, clock } = hub()
    const [same, other] = [hub(), hub(new DataKey(randomBytes(32)))]
    const proof = await proofAt(clock.time, { nonce: proofs.nonce() })

    await expect(same.proofs.read({ proof, ...request })).resolves.toHaveProperty('jkt')
    await expect(other.proofs.read({ proof, ...request })).rejects.toMatchObject({
      code: 'use_dpop_nonce',
    })
  })

  it.each([0, 1, 29_999, 30_000, 59_999])(
    'made %i ms into a minute is good for two to three minutes, and its proof counts once all the while',
    async (into) => {
      const { proofs, clock } = hub()
      clock.time += into
      const madeAt = clock.time
      const proof = await proofAt(madeAt, { nonce: proofs.nonce() })
      await proofs.read({ proof, ...request })

      let goodFor = 0
      for (let age = 0; age <= 200_000; age += 10_000) {
        clock.time = madeAt + age
        await proofs.read({ proof: await proofAt(clock.time), ...request })
        const error = await proofs.read({ proof, ...request }).catch((thrown: unknown) => thrown)
        if (error instanceof InvalidDpopProofError) goodFor = age
        else expect(error).toBeInstanceOf(UseDpopNonceError)
      }
      expect(goodFor).toBeGreaterThanOrEqual(120_000)
      expect(goodFor).toBeLessThanOrEqual(180_000)
    },
  )

  it('may be of an instance whose clock is a minute ahead, not more', async () => {
    const [ahead, behind] = [hub(), hub()]
    ahead.clock.time += 60_000
    const soon = await proofAt(behind.clock.time, { nonce: ahead.proofs.nonce() })
    ahead.clock.time += 60_000
    const late = await proofAt(behind.clock.time, { nonce: ahead.proofs.nonce() })

    await expect(behind.proofs.read({ proof: soon, ...request })).resolves.toHaveProperty('jkt')
    await expect(behind.proofs.read({ proof: late, ...request })).rejects.toBeInstanceOf(
      UseDpopNonceError,
    )
  })

  it.each([
    ['empty', () => ''],
    ['cut', (nonce: string) => nonce.slice(0, -1)],
    ['longer', (nonce: string) => `${nonce}A`],
    ['padded', (nonce: string) => `${nonce}=`],
    ['another step', (nonce: string) => `B${nonce.slice(1)}`],
    ['only its step', (nonce: string) => nonce.slice(0, 8)],
  ])('that is %s is asked for again', async (_what, change) => {
    const { proofs, clock } = hub()
    const proof = await proofAt(clock.time, { nonce: change(proofs.nonce()) })

    await expect(proofs.read({ proof, ...request })).rejects.toBeInstanceOf(UseDpopNonceError)
  })
})

describe('the memory of proofs', () => {
  it('is bounded: the oldest goes first', () => {
    const memory = new DpopReplayMemory(1_000, 100)
    for (let count = 0; count <= 100; count++) {
      expect(memory.remember('key', String(count), 0)).toBe(true)
    }

    expect(memory.size).toBe(100)
    expect(memory.remember('key', '1', 0)).toBe(false)
    expect(memory.remember('key', '0', 0)).toBe(true)
  })

  it('forgets what cannot be shown again', () => {
    const memory = new DpopReplayMemory(1_000)
    memory.remember('key', 'a', 0)
    memory.remember('key', 'b', 500)
    memory.remember('key', 'c', 1_001)

    expect(memory.size).toBe(2)
  })
})

describe('two spellings of one URL', () => {
  it.each([
    ['HTTPS://Hub.Example/token', 'https://hub.example/token', 'case of scheme and host'],
    ['https://hub.example:443/token', 'https://hub.example/token', 'default port'],
    ['https://hub.example:/token', 'https://hub.example/token', 'empty port'],
    ['https://hub.example', 'https://hub.example/', 'empty path'],
    ['https://hub.example/a/./b/../c', 'https://hub.example/a/c', 'dot segments'],
    ['https://hub.example/%7euser', 'https://hub.example/~user', 'a needless escape'],
    ['https://hub.example/a%2fb', 'https://hub.example/a%2Fb', 'case of an escape'],
    ['https://hub.example/a?b=c#d', 'https://hub.example/a', 'query and fragment'],
    ['http://[0:0::1]:80/a', 'http://[::1]/a', 'IPv6'],
  ])('%s is %s: %s', (one, other) => {
    expect(normalUrl(one)).toBe(normalUrl(other))
    expect(normalUrl(one)).not.toBeNull()
  })

  it.each([
    ['https://hub.example/token', 'http://hub.example/token', 'another scheme'],
    ['https://hub.example/token', 'https://hub.example:8443/token', 'another port'],
    ['https://hub.example/token', 'https://hub.example/token/', 'another path'],
    ['https://hub.example/Token', 'https://hub.example/token', 'the path has case'],
    ['https://hub.example/a%2Fb', 'https://hub.example/a/b', 'an escaped slash is no slash'],
    ['https://hub.example/token', 'https://hub.example./token', 'another host name'],
  ])('%s is not %s: %s', (one, other) => {
    expect(normalUrl(one)).not.toBe(normalUrl(other))
  })

  it.each([
    '',
    'token',
    '/token',
    'https:hub.example/token',
    'https:/hub.example/token',
    'https:\\\\hub.example\\token',
    'https://user@hub.example/token',
    'https://hub.example\\token',
    ' https://hub.example/token',
    'https://hub.example/to\tken',
    'https://hub.example/tökén',
    'https://hüb.example/token',
    'https://hub.example:99999/token',
    'ftp://hub.example/token',
    'javascript:alert(1)',
    'https://[::1/token',
  ])('%j is none', (text) => {
    expect(normalUrl(text)).toBeNull()
  })
})
