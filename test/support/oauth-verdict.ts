import type { Expected } from '../corpus/generate/oauth/oauth-case.js'
import type { Page } from './browser.js'
import { expectErrorBody, expectOAuthErrorBody } from './error-oracle.js'
import type { Answer } from './hub.js'

/** Every answer of these routes: never stored, never framed, its address told to no other site. */
export function checkHeaders({ headers }: Page): void {
  const policy = String(headers['content-security-policy'])
  const isSafe =
    headers['cache-control'] === 'no-store' &&
    ['no-referrer', 'same-origin'].includes(String(headers['referrer-policy'])) &&
    policy.includes("default-src 'none'") &&
    policy.includes("frame-ancestors 'none'")
  if (!isSafe) throw new Error(`headers: ${JSON.stringify(headers)}`)
}

/** RFC 6749 §4.1.2, RFC 9207 §2: nothing but what belongs there, once. */
export function checkAnswer(
  query: URLSearchParams,
  hash: string,
  expected: { iss: string; state: string },
): void {
  const names = [...query.keys()].sort().join(' ')
  const isState = query.get('state') === expected.state || !query.has('state')
  const isWhole = [
    'code iss state',
    'error error_description iss state',
    'error error_description iss',
  ]
  if (!isWhole.includes(names) || !isState || query.get('iss') !== expected.iss || hash !== '')
    throw new Error(`the client was told ${query.toString()}${hash}`)
}

/** Whatever is refused, is refused in the one body; at OAuth's endpoints with its two fields besides. */
export function checkError(answer: Answer, kind: 'ours' | 'of OAuth'): void {
  if (answer.status < 400) return
  if (kind === 'ours') expectErrorBody(answer)
  else expectOAuthErrorBody(answer)
}

export function verdictOfBody({ status, body }: Pick<Answer, 'status' | 'body'>): Expected {
  const { error_code: code, error, active, token_type } = body ?? {}
  return {
    status,
    ...(code === undefined ? {} : { code }),
    ...(error === undefined ? {} : { error }),
    ...(active === undefined ? {} : { active }),
    ...(token_type === undefined || active !== undefined ? {} : { token_type }),
  }
}
