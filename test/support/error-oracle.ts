import { expect } from '@jest/globals'

import { ERROR_STATUS } from '../../src/docs/error-codes.js'
import type { Answer } from './hub.js'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
/** What would tell a stranger how the hub is made. */
const INTERNALS =
  /node_modules|\bat .*:\d+:\d+|\.ts\b|\.js\b|SELECT|INSERT|postgres|typeorm|ECONN|127\.0\.0\.1/i

/** The one error body, with the headers that belong to it. */
export function expectError(answer: Answer, status: number, code: string, what = ''): void {
  expect([what, answer.status, answer.body]).toEqual([
    what,
    status,
    expect.objectContaining({ error_code: code }),
  ])
  expectErrorBody(answer)
}

/** The same at the token endpoint and its kind. */
export function expectOAuthError(answer: Answer, status: number, code: string, what = ''): void {
  expect([what, answer.status, answer.body]).toEqual([
    what,
    status,
    expect.objectContaining({ error_code: code }),
  ])
  expectOAuthErrorBody(answer)
}

/** The one error body with the two fields of RFC 6749 §5.2. */
export function expectOAuthErrorBody(answer: Answer): void {
  const { error, error_description, ...body } = answer.body
  expect(error).toMatch(/^[a-z_]+$/)
  expect(error_description).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/)
  expectErrorBody({ ...answer, body })
}

/** As `expectError`, whichever error it is: one that is documented. */
export function expectErrorBody({ status, headers, body }: Answer): void {
  expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
  const { detail, error_code, request_id, issues, ...rest } = body
  expect(rest).toEqual({})
  expect(typeof detail).toBe('string')
  expect(detail.length).toBeGreaterThan(8)
  expect([error_code, ERROR_STATUS.get(error_code)]).toEqual([
    error_code,
    expect.arrayContaining([status]),
  ])
  expect(request_id).toMatch(UUID)
  if (headers.has('x-request-id')) expect(request_id).toBe(headers.get('x-request-id'))
  if (issues !== undefined) {
    for (const issue of issues) {
      expect(issue).toEqual({ path: expect.any(String), message: expect.any(String) })
    }
  }
  expect(headers.get('cache-control')).toBe('no-store')
  expect(headers.get('www-authenticate')).toEqual(status === 401 ? challengeOf(error_code) : null)
  if (status === 429 || (status === 503 && error_code !== 'provider_not_configured')) {
    expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
  }
  if (status >= 500) expect(JSON.stringify(body)).not.toMatch(INTERNALS)
  expect(JSON.stringify(body).length).toBeLessThanOrEqual(4_096)
}

/** What is wrong with a proof is told by the scheme it belongs to (RFC 9449 §7.1); so with a client (RFC 6749 §5.2). */
function challengeOf(code: string): unknown {
  if (code === 'invalid_client') return 'Basic realm="hub", Bearer'
  if (!code.includes('dpop')) return 'Bearer'
  return expect.stringMatching(/^DPoP error="\w+", algs="[\w ]+", Bearer$/)
}
