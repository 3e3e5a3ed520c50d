import { createHash, createPublicKey, randomUUID, type KeyObject } from 'node:crypto'

import { expect } from '@jest/globals'
import { calculateJwkThumbprint } from 'jose'

import { spkiSha256Of } from '../../src/identity/node-id.js'
import { RefreshService } from '../../src/tokens/refresh.service.js'
import type { CorpusText } from '../corpus/generate/case.js'
import type { Content } from '../corpus/generate/tokens/dpop-case.js'
import {
  JWT_KEYS,
  SECRET,
  type JwtCase,
  type JwtRecipe,
  type SentProof,
  type SessionName,
  type Taken,
} from '../corpus/generate/tokens/jwt-case.js'
import type { SignedIn, TestHub } from './hub.js'
import { COMPACT, hmacSigner, keySigner, signJws, spell, type JwsParts } from './jws.js'
import type { TestNode } from './test-node.js'
import { POOL_SIZE, poolKey } from './x509.js'

/** Whose id and account a recipe's `{sid}` and `{account}` are. */
export interface NamedSession {
  readonly sessionId: string
  readonly accountId: number
}

/** Everything that the recipes of the JWT corpus name. */
export interface TokenSources {
  readonly hub: TestHub
  readonly sessions: Readonly<Record<SessionName, NamedSession>>
  readonly taken: Readonly<Record<Taken, string>>
}

export function sessionIn({ accessToken, accountId }: SignedIn): NamedSession {
  const claims = JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString())
  return { sessionId: claims.sid, accountId }
}

/** The sessions of the corpus, each brought into its state by what brings it about. */
export async function makeSessions(
  hub: TestHub,
  node: TestNode,
): Promise<Record<SessionName, NamedSession>> {
  const person = (): Promise<SignedIn> => hub.signIn()
  const [out, elsewhere, old, replayed, deleted, other] = [
    await person(),
    await person(),
    await person(),
    await person(),
    await person(),
    await person(),
  ]
  await hub.fetch('POST', '/logout', { token: out.accessToken })
  await hub.fetch('DELETE', '/profile', { token: deleted.accessToken })
  await replay(hub, replayed.refreshToken)
  // Another instance, or time, writes to the database only.
  const end = (column: string, { sessionId }: NamedSession): Promise<unknown> =>
    hub.database.query(`UPDATE sessions SET ${column} = $2 WHERE id = $1`, [
      sessionId,
      hub.clock.date(),
    ])
  await end('revoked_at', sessionIn(elsewhere))
  await end('expires_at', sessionIn(old))
  return {
    live: sessionIn(node.person),
    'logged out': sessionIn(out),
    'ended elsewhere': sessionIn(elsewhere),
    'over after 30 days': sessionIn(old),
    'ended by a replayed refresh token': sessionIn(replayed),
    'of a deleted account': sessionIn(deleted),
    'of another person': sessionIn(other),
    'never was': { sessionId: randomUUID(), accountId: node.accountId },
  }
}

/** A session of the node's own that its key must sign for (RFC 9449). */
export async function startBound({ hub, accountId, identity }: TestNode): Promise<SignedIn> {
  const publicKey = createPublicKey(identity.privateKey)
  const pair = await hub.app.get(RefreshService).start({
    accountId,
    provider: 'github',
    client: 'desktop',
    dpopJkt: await calculateJwkThumbprint(publicKey.export({ format: 'jwk' })),
    node: spkiSha256Of(publicKey),
  })
  hub.tokens.push(pair.accessToken, pair.refreshToken)
  return { accountId, ...pair }
}

/** The DPoP header of a request by the node; null for none. */
export function proofFor(
  request: { node: TestNode; path: string; token: string },
  kind: SentProof,
): string | null {
  if (kind === 'no proof') return null
  const { node, path, token } = request
  const key = kind === 'by another key' ? poolKey(POOL_SIZE - 1) : node.identity.privateKey
  const proof = signProof(key, {
    jti: randomUUID(),
    htm: kind === 'with another method' ? 'POST' : 'GET',
    htu: node.hub.url + (kind === 'with another path' ? '/profile' : path),
    iat: node.hub.clock.now() / 1_000 - (kind === 'of an hour ago' ? 3_600 : 0),
    ath: createHash('sha256')
      .update(kind === 'with another token' ? `${token}x` : token)
      .digest('base64url'),
  })
  // As Node joins a header that comes twice.
  return kind === 'twice' ? `${proof}, ${proof}` : proof
}

function signProof(key: KeyObject, claims: object): string {
  const jwk = createPublicKey(key).export({ format: 'jwk' })
  const header = JSON.stringify({ typ: 'dpop+jwt', alg: 'RS256', jwk })
  return spell(COMPACT, signJws(header, JSON.stringify(claims), keySigner('RS256', key)))
}

/** Two generations on, the first refresh token is a thief's (CONTRACT §4.2). */
async function replay(hub: TestHub, first: string): Promise<void> {
  let token = first
  for (let generation = 0; generation < 3; generation++) {
    const { body } = await hub.fetch('POST', '/refresh', { body: { refresh_token: token } })
    hub.tokens.push(body.access_token, body.refresh_token)
    token = body.refresh_token
  }
  const answer = await hub.fetch('POST', '/refresh', { body: { refresh_token: first } })
  if (answer.status !== 401) throw new Error('the replayed refresh token was taken')
}

export function textOf(text: CorpusText): string {
  return typeof text === 'string' ? text : text.before + text.text.repeat(text.times) + text.after
}

export function tokenOf({ input, recipe, taken }: JwtCase, sources: TokenSources): string {
  if (input !== undefined) return textOf(input)
  if (taken !== undefined) return sources.taken[taken]
  return makeToken(recipe!, sources)
}

function makeToken(recipe: JwtRecipe, sources: TokenSources): string {
  const { length } = recipe
  const made = (filler: string): string => signed(recipe, sources, filler).token
  if (length === undefined) return madeApt(recipe, sources)
  let filler = 'x'.repeat(Math.floor(((length - made('x').length) * 3) / 4))
  while (made(filler).length < length) filler += 'x'
  const token = made(filler)
  expect(token).toHaveLength(length)
  return token
}

/**
 * Ids and signatures differ from run to run: in some the spelling would change nothing, or more than
 * the claims' unused bits. A claim more mends that.
 */
function madeApt(recipe: JwtRecipe, sources: TokenSources): string {
  for (let filler = ''; filler.length < 100; filler += 'x') {
    const { token, parts } = signed(recipe, sources, filler)
    const isOther = recipe.spelling === COMPACT || token !== spell(COMPACT, parts)
    const hasUnusedBits = parts.payload.length % 4 !== 0
    if (isOther && (hasUnusedBits || !recipe.spelling.includes('{payload^'))) return token
  }
  throw new Error(`${recipe.spelling} is the token as it is`)
}

function signed(
  recipe: JwtRecipe,
  sources: TokenSources,
  filler: string,
): { token: string; parts: JwsParts } {
  const words = wordsOf(recipe.session, sources)
  const header = bytesOf(recipe.header, words, '')
  const claims = bytesOf(recipe.claims, words, filler)
  const signer = signerOf(recipe)
  const parts = signJws(header, claims, signer)
  if (!recipe.signs_spelling) return { token: spell(recipe.spelling, parts), parts }
  const [head, body] = spell(recipe.spelling, parts).split('.')
  const signature = signer(Buffer.from(`${head}.${body}`)).toString('base64url')
  return { token: `${head}.${body}.${tailOf(recipe.spelling, { ...parts, signature })}`, parts }
}

function tailOf(spelling: string, parts: JwsParts): string {
  return spell(spelling.split('.').slice(2).join('.'), parts)
}

function wordsOf(
  name: SessionName,
  { hub, sessions }: TokenSources,
): Readonly<Record<string, string>> {
  const { sessionId, accountId } = sessions[name]
  return {
    '{hub}': hub.url,
    '{sid}': sessionId,
    '{SID}': sessionId.toUpperCase(),
    '{sid without dashes}': sessionId.replaceAll('-', ''),
    '{account}': String(accountId),
    '{other account}': String(sessions['of another person'].accountId),
  }
}

function bytesOf(
  content: Content,
  words: Readonly<Record<string, string>>,
  filler: string,
): Buffer {
  if ('hex' in content) return Buffer.from(content.hex, 'hex')
  const text =
    'text' in content
      ? content.text
      : JSON.stringify(filler === '' ? content.json : { ...content.json, filler })
  return Buffer.from(text.replace(/\{[a-z ]+\}/gi, (word) => words[word] ?? word))
}

function signerOf({ signature, header }: JwtRecipe): (input: Buffer) => Buffer {
  switch (signature.by) {
    case 'the hub':
      return hmacSigner(bitsOf(header), SECRET)
    case 'secret': {
      const secret =
        'secret' in signature ? signature.secret : Buffer.from(signature.secret_hex, 'hex')
      return hmacSigner(signature.bits, secret)
    }
    case 'key':
      return keySigner(signature.algorithm, JWT_KEYS[signature.key]!)
    case 'hex':
      return () => Buffer.from(signature.bytes, 'hex')
  }
}

function bitsOf(header: Content): 256 | 384 | 512 {
  const alg = 'json' in header ? header.json.alg : null
  return alg === 'HS384' ? 384 : alg === 'HS512' ? 512 : 256
}
