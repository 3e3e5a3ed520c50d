import { type SessionsAnswer, sessionsAnswer } from '../../src/auth/sessions.schema.js'
import { RefreshService } from '../../src/tokens/refresh.service.js'
import type { SessionStart } from '../../src/tokens/session.store.js'
import type { SignedIn, TestHub } from './hub.js'

/** A session and its tokens. */
export interface Session extends SignedIn {
  /** The `sid` of its tokens, by which routes and rows name it. */
  readonly id: string
}

/** The session that an access token names. */
export function sessionIdOf(accessToken: string): string {
  const [, payload = ''] = accessToken.split('.')
  return JSON.parse(Buffer.from(payload, 'base64url').toString()).sid
}

/**
 * A session of any kind, as if its login had just succeeded; of a new account unless told. A classic
 * one, `hub.signIn()` begins as well.
 */
export async function beginSession(
  hub: TestHub,
  start: Partial<SessionStart> = {},
): Promise<Session> {
  const { accountId = (await hub.signIn()).accountId } = start
  const pair = await hub.app
    .get(RefreshService)
    .start({ provider: 'github', client: 'desktop', ...start, accountId })
  hub.tokens.push(pair.accessToken, pair.refreshToken)
  return { accountId, ...pair, id: sessionIdOf(pair.accessToken) }
}

/** What `POST /refresh` answers; its tokens are known to the canary. */
export async function refresh(hub: TestHub, refreshToken: string): Promise<number> {
  const { status, body } = await hub.fetch('POST', '/refresh', {
    body: { refresh_token: refreshToken },
  })
  if (status === 200) hub.tokens.push(body.access_token, body.refresh_token)
  return status
}

/** What `GET /sessions` answers. */
export async function sessionsOf(hub: TestHub, token: string): Promise<SessionsAnswer['sessions']> {
  const { status, body } = await hub.fetch('GET', '/sessions', { token })
  if (status !== 200) throw new Error(`GET /sessions: ${JSON.stringify(body)}`)
  return sessionsAnswer.parse(body).sessions
}
