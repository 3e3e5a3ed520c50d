import { readFileSync, writeFileSync } from 'node:fs'

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

import { closeCodes } from '../../src/sockets/close-codes.js'
import {
  FORMER_SECRET,
  SECRET,
  type JwtCase,
  type JwtFile,
  type Way,
} from '../corpus/generate/tokens/jwt-case.js'
import { JWT_FILE, makeJwtFile } from '../corpus/generate/tokens/jwt.js'
import { expectErrorBody } from '../support/error-oracle.js'
import { startHub, type TestHub } from '../support/hub.js'
import { sendRaw } from '../support/raw-http.js'
import { TestClock } from '../support/test-clock.js'
import { type TestNode, type TestSocket, upgrade } from '../support/test-node.js'
import {
  makeSessions,
  proofFor,
  sessionIn,
  startBound,
  tokenOf,
  type TokenSources,
} from '../support/token-maker.js'

// UPDATE_CORPUS=1 writes the corpus anew.
if (process.env.UPDATE_CORPUS !== undefined) writeFileSync(JWT_FILE, makeJwtFile())

const checkedIn = readFileSync(JWT_FILE, 'utf8')
const { now, cases }: JwtFile = JSON.parse(checkedIn)

/** Stands still, so that a token is over to the second. */
class StillClock extends TestClock {
  override now(): number {
    return new Date(now).getTime()
  }
}

const NO_LIMITS = { RATE_LIMIT_ENABLED: 'false' }

async function startSources(): Promise<TokenSources & { other: TestHub; node: TestNode }> {
  const env = { ...NO_LIMITS, SECRET_KEY: SECRET, SECRET_KEY_PREVIOUS: FORMER_SECRET }
  const hub = await startHub({ clock: new StillClock(), env })
  const other = await startHub({ env: { ...NO_LIMITS, SECRET_KEY: `${SECRET}ff` } })
  const node = await hub.registeredNode()
  const stranger = await other.signIn(node.accountId)
  const { sessionId } = sessionIn(node.person)
  const bound = await startBound(node)
  const taken = {
    'access token': node.token,
    'access token of another hub': stranger.accessToken,
    'refresh token': node.person.refreshToken,
    'refresh token of another hub': stranger.refreshToken,
    'id of the session': sessionId,
    'id of the node': node.id,
    'id of the account': String(node.accountId),
    'DPoP proof by the node key': proofFor({ node, path: '/users/me', token: node.token }, 'good')!,
    'access token of a session bound to the node key': bound.accessToken,
    'refresh token of a session bound to the node key': bound.refreshToken,
  }
  return { hub, other, node, sessions: await makeSessions(hub, node), taken }
}

/** What the hub answered, in the corpus's own words; null where it has none. */
type Verdict = JwtCase['expect'] | { readonly status: null; readonly code: string }

type Sources = Awaited<ReturnType<typeof startSources>>

async function askOver(way: Way, each: JwtCase, sources: Sources): Promise<Verdict> {
  const { hub, node } = sources
  const token = tokenOf(each, sources)
  switch (way) {
    case 'header':
      return askByHeader(sources, each, token)
    case 'upgrade':
      return askByUpgrade(node, hub.socketUrl, headersOf(each, { node, path: '/ws/signal', token }))
    case 'query':
      return askByUpgrade(node, `${hub.socketUrl}?token=${encodeURIComponent(token)}`)
    case 'frame':
      return askByFrame(sources, token)
    case 'refresh':
      return verdictOf(await hub.fetch('POST', '/refresh', { body: { refresh_token: token } }))
  }
}

/** The bytes of UTF-8 as they are: `fetch` would refuse to send what is no Latin-1. */
function headersOf(
  { authorization, proof }: JwtCase,
  request: Parameters<typeof proofFor>[0],
): Record<string, string> {
  const value = authorization.replaceAll('{token}', request.token)
  const dpop = proof === undefined ? null : proofFor(request, proof)
  return {
    authorization: Buffer.from(value).toString('latin1'),
    ...(dpop === null ? {} : { dpop }),
  }
}

async function askByHeader(
  { hub, node, sessions }: Sources,
  each: JwtCase,
  token: string,
): Promise<Verdict> {
  const path = '/users/me'
  const headers = headersOf(each, { node, path, token })
  const answer = await sendRaw(hub, { method: 'GET', path, headers })
  if (answer.status === 200) {
    expect(answer.body.id).toBe(sessions[each.recipe?.session ?? 'live'].accountId)
  }
  return verdictOf(answer)
}

function verdictOf(answer: Awaited<ReturnType<typeof sendRaw>>): Verdict {
  if (answer.status === 200) return { status: 200, code: null }
  expectErrorBody(answer)
  return { status: answer.status, code: answer.body.error_code }
}

async function askByUpgrade(
  node: TestNode,
  url: string,
  headers: Record<string, string> = {},
): Promise<Verdict> {
  const { socket, refused } = await upgrade(url, headers)
  return socket ? welcomed(socket, node) : verdictOf(refused)
}

async function askByFrame({ hub, node }: Sources, token: string): Promise<Verdict> {
  const { socket } = await upgrade(hub.socketUrl)
  socket!.send({ type: 'auth', token })
  const first = await socket!.nextText()
  if (JSON.parse(first).type === 'auth_ok') return welcomed(socket!, node, first)
  const { code: closeCode } = await socket!.closed
  expect(closeCode).toBe(closeCodes.policyViolation)
  // A frame has no status; its code is one that HTTP answers with 401.
  return { status: 401, code: JSON.parse(first).code }
}

async function welcomed(socket: TestSocket, node: TestNode, text?: string): Promise<Verdict> {
  expect(JSON.parse(text ?? (await socket.nextText()))).toMatchObject({
    type: 'auth_ok',
    node_id: node.id,
  })
  socket.socket.close()
  await socket.closed
  return { status: 200, code: null }
}

describe('the corpus of access tokens', () => {
  let sources: Sources
  beforeAll(async () => {
    sources = await startSources()
  })
  afterAll(async () => {
    await sources.hub[Symbol.asyncDispose]()
    await sources.other[Symbol.asyncDispose]()
  })

  it.each(cases.map((each) => [`${each.id} ${each.why}`, each] as const))('%s', async (_, each) => {
    const verdicts: Record<string, Verdict> = {}
    for (const way of each.ways) verdicts[way] = await askOver(way, each, sources)

    expect(verdicts).toEqual(Object.fromEntries(each.ways.map((way) => [way, each.expect])))
  })

  it('leaves the hub well, and no fault in its log', async () => {
    expect((await sources.hub.fetch('GET', '/health')).body.status).toBe('healthy')
    expect(sources.hub.logLines.filter((line) => line.includes('"level":"error"'))).toEqual([])
  })

  it('is what its generator makes', () => {
    expect(checkedIn).toBe(makeJwtFile())
  })

  it('has every case once and a reason for each', () => {
    const asked = cases.map(({ input, recipe, taken, authorization, proof, ways }) =>
      JSON.stringify([input, recipe, taken, authorization, proof, ways]),
    )
    expect(asked.filter((each, index) => asked.indexOf(each) !== index)).toEqual([])
    for (const { why, source } of cases) for (const text of [why, source]) expect(text).not.toBe('')
  })

  it('has all its classes, and asks most of it over the socket too', () => {
    const counts = new Map<string, number>()
    for (const each of cases) counts.set(each.class, (counts.get(each.class) ?? 0) + 1)
    expect([...counts.keys()].sort()).toEqual(['J1', 'J2', 'J3', 'J4', 'J5', 'J6', 'J7', 'J9'])
    expect(cases.length).toBeGreaterThanOrEqual(200)
    expect(counts.get('J6')).toBeGreaterThanOrEqual(40)
    expect(cases.filter(({ ways }) => ways.includes('query')).length).toBeGreaterThan(200)
  })
})
