import { createHmac } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'
import { jwtVerify, SignJWT, UnsecuredJWT } from 'jose'

import { Clock } from '../common/clock.js'
import { HubConfig } from '../config/hub-config.js'
import { AccessTokens } from './access-token.js'

const SECRET = 'ZmVkY2JhOTg3NjU0MzIxMDAxMjM0NTY3ODlhYmNkZWY'
const SESSION = '6b1f0f6c-3b1c-4a55-9a53-0d9b1ef3a111'
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

class FixedClock extends Clock {
  time = 1_800_000_000_000

  override now(): number {
    return this.time
  }
}

const clock = new FixedClock()
const seconds = clock.time / 1_000

function configOf(env: Record<string, string> = {}): HubConfig {
  return HubConfig.fromEnv({
    NODE_ENV: 'test',
    DATABASE_URL: 'postgres://a@b/c',
    SECRET_KEY: SECRET,
    ...env,
  })
}

const tokens = new AccessTokens(configOf(), clock)
const sign = (): string => tokens.sign({ accountId: 7, sessionId: SESSION })

/** A token as ours is, but for what `change` does to it. */
function forged(change: {
  claims?: Record<string, unknown>
  header?: Record<string, unknown>
  secret?: string
}): string {
  const claims = {
    iss: 'http://127.0.0.1:8000',
    aud: 'dpc-hub',
    sub: '7',
    sid: SESSION,
    jti: '0e8ff1b5-6d4c-4d5e-9df0-4c4ff1f6ad11',
    iat: seconds,
    exp: seconds + 600,
    ...change.claims,
  }
  const header = { alg: 'HS256', typ: 'at+jwt', ...change.header }
  const parts = [header, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  )
  const hash = header.alg === 'HS512' ? 'sha512' : 'sha256'
  const mac = createHmac(hash, change.secret ?? SECRET)
    .update(parts.join('.'))
    .digest('base64url')
  return [...parts, mac].join('.')
}

describe('an access token', () => {
  it('is read back as what was signed', () => {
    expect(tokens.read(sign())).toMatchObject({
      accountId: 7,
      sessionId: SESSION,
    })
  })

  it('is as the forgeries below are, but for their one fault', () => {
    expect(tokens.read(forged({}))).toMatchObject({
      accountId: 7,
      sessionId: SESSION,
    })
  })

  it('is a JWT like any other to whoever holds the secret', async () => {
    const secret = new TextEncoder().encode(SECRET)
    const { payload } = await jwtVerify(sign(), secret, {
      algorithms: ['HS256'],
      typ: 'at+jwt',
      issuer: 'http://127.0.0.1:8000',
      audience: 'dpc-hub',
      currentDate: clock.date(),
    })

    expect(payload).toMatchObject({ sub: '7', sid: SESSION, iat: seconds, exp: seconds + 1_800 })
  })

  it.each(['HS256', 'HS384', 'HS512'])('is read back with ALGORITHM=%s', (algorithm) => {
    const other = new AccessTokens(configOf({ ALGORITHM: algorithm }), clock)

    expect(other.read(other.sign({ accountId: 7, sessionId: SESSION }))).toMatchObject({
      accountId: 7,
      sessionId: SESSION,
    })
  })

  it('differs from another of the same second', () => {
    expect(sign()).not.toBe(sign())
  })

  it('has three parts and a numeric exp, which classic clients read', () => {
    const parts = sign().split('.')
    const claims = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString())

    expect(parts).toHaveLength(3)
    expect(claims.exp).toBe(seconds + 1_800)
    expect(JSON.stringify(claims)).not.toContain('@')
  })

  it('is still read after the secret was changed, when the former one is given', () => {
    const token = sign()
    const next = 'bmV3LW5ldy1rZXktb2YtdGhpcy1odWItMDEyMzQ1Njc4OQ'
    const after = new AccessTokens(
      configOf({ SECRET_KEY: next, SECRET_KEY_PREVIOUS: SECRET }),
      clock,
    )

    expect(after.read(token)).toMatchObject({
      accountId: 7,
      sessionId: SESSION,
    })
    expect(() => new AccessTokens(configOf({ SECRET_KEY: next }), clock).read(token)).toThrow(
      expect.objectContaining({ code: 'invalid_token' }),
    )
  })

  it('expires at exp, not a second later', () => {
    const token = sign()
    const late = new FixedClock()
    late.time = clock.time + 1_800_000
    expect(() => new AccessTokens(configOf(), late).read(token)).toThrow(
      expect.objectContaining({
        code: 'token_expired',
      }),
    )
    late.time -= 1_000
    expect(new AccessTokens(configOf(), late).read(token)).toMatchObject({ accountId: 7 })
  })
})

describe('a token that is refused', () => {
  it.each([
    ['signed by somebody else', { secret: `${SECRET}x` }],
    ['of another algorithm with the right key', { header: { alg: 'HS512' } }],
    ['of another type', { header: { typ: 'JWT' } }],
    ['of no type', { header: { typ: undefined } }],
    ['with a critical header we do not know', { header: { crit: ['x'], x: 1 } }],
    ['of another hub', { claims: { iss: 'http://127.0.0.1:8000/' } }],
    ['for another audience', { claims: { aud: 'other' } }],
    ['without audience', { claims: { aud: undefined } }],
    ['with a subject that is no account', { claims: { sub: 'alice@example.org' } }],
    ['with subject zero', { claims: { sub: '0' } }],
    ['with a numeric subject', { claims: { sub: 7 } }],
    ['without session', { claims: { sid: undefined } }],
    ['with a session that is no id', { claims: { sid: 'x' } }],
    ['without jti', { claims: { jti: undefined } }],
    ['without exp', { claims: { exp: undefined } }],
    ['with exp as text', { claims: { exp: String(seconds + 600) } }],
    ['with a fractional exp', { claims: { exp: seconds + 600.5 } }],
    ['with an endless exp', { claims: { exp: 1e308 } }],
    ['from the future', { claims: { iat: seconds + 31 } }],
    ['not valid yet', { claims: { nbf: seconds + 600 } }],
  ])('is one %s', (_what, change) => {
    const token = forged(change)

    expect(() => tokens.read(token)).toThrow(expect.objectContaining({ status: 401 }))
  })

  it('is one without signature', () => {
    const unsecured = new UnsecuredJWT({ sid: SESSION, sub: '7' }).encode()

    expect(() => tokens.read(unsecured)).toThrow(expect.objectContaining({ code: 'invalid_token' }))
  })

  it('is one whose key is told by itself', async () => {
    const own = new TextEncoder().encode('attacker key attacker key attacker')
    const token = await new SignJWT({ sid: SESSION })
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', jwk: { kty: 'oct' } })
      .setSubject('7')
      .sign(own)

    expect(() => tokens.read(token)).toThrow(expect.objectContaining({ code: 'invalid_token' }))
  })

  it('is every other spelling of a good one', () => {
    const token = sign()
    const last = ALPHABET.indexOf(token.at(-1) ?? '')
    // 43 characters carry 258 bits for 256: the last character has two to spare.
    const tails = [1, 2, 3].map((bits) => token.slice(0, -1) + (ALPHABET[last ^ bits] ?? ''))
    const [head = '', body = '', mac = ''] = token.split('.')
    const spellings = [
      ...tails,
      ...['=', '==', '===', ' ', '\n', '\t', '.', '.e30', '\u0000', '%3D'].map(
        (end) => token + end,
      ),
      ...['=', ' ', '\n', '.', '\uFEFF'].map((start) => start + token),
      `${head}=.${body}.${mac}`,
      `${head}.${body}=.${mac}`,
      `${head}.${body}.`,
      `${head}.${body}`,
      `${head}..${mac}`,
      `.${body}.${mac}`,
      `${head}.${body}.${mac}.${mac}`,
      `${head} .${body}.${mac}`,
      `${head}.${body}.${mac.replaceAll('-', '+').replaceAll('_', '/')}=`,
      `${head}.${body}.${mac.slice(0, -1)}`,
      `${head}.${body}.${mac}A`,
      `"${token}"`,
      JSON.stringify({ protected: head, payload: body, signature: mac }),
      '',
      'null',
      '..',
      '.'.repeat(1_000_000),
      token + 'A'.repeat(1_000_000),
    ]

    for (const spelling of spellings) {
      expect(() => tokens.read(spelling)).toThrow(
        expect.objectContaining({ code: 'invalid_token' }),
      )
    }
  })
})
