import { describe, expect, it } from '@jest/globals'

import { expectErrorBody, expectOAuthErrorBody } from '../support/error-oracle.js'
import { type Answer, startHub, type TestHub } from '../support/hub.js'
import { type RawRequest, sendRaw } from '../support/raw-http.js'
import { examplePath, type Route, routesOf, templateOf } from '../support/routes.js'

/** Corpus H: whatever is sent to whichever route, the answer is a documented one. */
interface Case {
  readonly why: string
  readonly request: RawRequest
}

const JSON_TYPE = { 'content-type': 'application/json' }

/** Bodies that no route takes, with the reason. */
const BODIES: readonly [why: string, body: string | Buffer, type?: string][] = [
  ['no body', ''],
  ['no JSON', '{'],
  ['not even text', Buffer.from([0xff, 0xfe, 0x00, 0x80])],
  ['null', 'null'],
  ['an array', '[]'],
  ['a number', '1e999'],
  ['a string', '"text"'],
  ['true', 'true'],
  ['an empty object', '{}'],
  ['only unknown keys', '{"a":1,"b":{"c":[]}}'],
  ['__proto__', '{"__proto__":{"name":"Ada","refresh_token":"x"},"constructor":{"prototype":1}}'],
  ['a key twice', '{"name":"Ada","name":7,"refresh_token":"a","refresh_token":{}}'],
  [
    'numbers where texts belong',
    '{"name":1,"refresh_token":2,"node_id":3,"public_key":4,"certificate":5}',
  ],
  [
    'objects where texts belong',
    '{"name":{},"refresh_token":{},"node_id":{},"public_key":[],"certificate":null}',
  ],
  ['empty texts', '{"name":"","refresh_token":"","node_id":"","public_key":"","certificate":""}'],
  ['NUL', '{"name":"a\\u0000","refresh_token":"\\u0000","node_id":"\\u0000"}'],
  ['a lone surrogate', '{"name":"\\ud83d","refresh_token":"\\udc00"}'],
  ['a key with a lone surrogate', '{"\\ud83d":1}'],
  ['32 levels too many', `${'{"a":'.repeat(64)}1${'}'.repeat(64)}`],
  ['10,000 levels', '['.repeat(10_000)],
  ['10,000 keys', `{${Array.from({ length: 3_000 }, (_, n) => `"k${n}":1`).join(',')}}`],
  ['one byte too many', `"${'a'.repeat(32 * 1_024 - 1)}"`],
  ['a mebibyte', `{"name":"${'a'.repeat(1_048_576)}"}`],
  ['a form', 'name=Ada&refresh_token=x', 'application/x-www-form-urlencoded'],
  [
    'a file',
    '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--x--',
    'multipart/form-data; boundary=x',
  ],
  ['plain text', '{"name":"Ada"}', 'text/plain'],
  ['XML', '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', 'application/xml'],
  ['another charset', '{"name":"Ada"}', 'application/json; charset=utf-16'],
  ['an unreadable type', '{}', '///'],
]

const HEADERS: readonly [why: string, Record<string, string>][] = [
  ['no token', {}],
  ['a token that is none', { authorization: 'Bearer x' }],
  ['an empty token', { authorization: 'Bearer ' }],
  ['another scheme', { authorization: 'Basic YTpi' }],
  ['a token without a signature', { authorization: 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.' }],
  ['a token of 8 kB', { authorization: `Bearer ${'a.'.repeat(4_000)}` }],
]

const QUERIES: readonly [why: string, query: string][] = [
  ['an empty query', '?'],
  ['a bad escape', '?q=%zz&min_level=%'],
  ['bytes that are no UTF-8', '?q=%ff%fe'],
  ['NUL', '?q=%00&code=%00&state=%00'],
  ['overlong UTF-8', '?q=%c0%ae'],
  ['the same twice', '?q=a&q=b&state=a&state=b&min_level=1&min_level=2'],
  ['brackets', '?q[]=a&q[__proto__]=b&__proto__[x]=1'],
  ['LIKE', '?q=%25_%5c&min_level=1'],
  ['SQL', '?q=%27%29%3b%20DROP%20TABLE%20accounts%3b--'],
  ['tsquery', '?q=a%26%21b%7c%28'],
  ['a level that is none', '?q=a&min_level=6'],
  ['a level of another kind', '?q=a&min_level=1e0'],
  ['a long query', `?q=${'a'.repeat(3_000)}`],
]

/** What stands for a parameter in a path. */
const PARAMETERS: readonly [why: string, value: string][] = [
  ['NUL', '%00'],
  ['a way up', '..%2f..%2fetc%2fpasswd'],
  ['a way up for proxies', '..;'],
  ['overlong UTF-8', '%c0%ae%c0%ae'],
  ['a lone surrogate', '%ed%a0%80'],
  ['SQL', '%27%20OR%201%3d1--'],
  ['a bad escape', '%zz'],
  ['a space', '%20'],
  ['an object’s own', '__proto__'],
  ['another case', 'DPC-NODE-0123456789ABCDEF'],
  ['a digit too few', 'dpc-node-0123456789abcde'],
  ['90 characters', 'a'.repeat(90)],
  ['1,000 characters', 'a'.repeat(1_000)],
]

function casesOf(route: Route, token: string): Case[] {
  const { method } = route
  const path = examplePath(route)
  const authorization = `Bearer ${token}`
  const takesBody = method !== 'GET'
  const strangers = HEADERS.map(([why, headers]) => ({
    why,
    request: {
      method,
      path,
      headers: takesBody ? { ...headers, ...JSON_TYPE } : headers,
      body: takesBody ? '{}' : '',
    },
  }))
  const bodies = takesBody
    ? BODIES.map(([why, body, type = 'application/json']) => ({
        why,
        request: { method, path, headers: { authorization, 'content-type': type }, body },
      }))
    : []
  const queries = takesBody
    ? []
    : QUERIES.map(([why, query]) => ({
        why,
        request: { method, path: path + query, headers: { authorization } },
      }))
  const parameters = route.path.includes(':')
    ? PARAMETERS.map(([why, value]) => ({
        why: `${why} in the path`,
        request: {
          method,
          path: route.path.replace(/:\w+/g, value),
          headers: { authorization, ...(takesBody ? JSON_TYPE : {}) },
          ...(takesBody ? { body: '{}' } : {}),
        },
      }))
    : []
  return [...strangers, ...bodies, ...queries, ...parameters]
}

/** Statuses the OpenAPI document has for the route; a route that is left out of it has these. */
const UNDOCUMENTED_STATUSES = ['200', '303', '400', '401', '404']

async function statusesOf(hub: TestHub): Promise<(route: Route) => string[]> {
  const { body } = await hub.fetch<{
    paths: Record<string, Record<string, { responses: object }>>
  }>('GET', '/api/openapi.json')
  return (route) => {
    const operation = body.paths[templateOf(route)]?.[route.method.toLowerCase()]
    return operation ? Object.keys(operation.responses) : UNDOCUMENTED_STATUSES
  }
}

/** Their errors have the fields of RFC 6749 §5.2 besides. */
const OAUTH_ROUTES = /^\/(?:token|oauth\/\w+)$/

/** What is wrong with an answer; null if nothing is. */
function faultOf(route: Route, answer: Answer, documented: readonly string[]): string | null {
  if (!documented.includes(String(answer.status))) return `status ${answer.status}`
  if (!answer.headers.has('x-request-id')) return 'no x-request-id'
  if (answer.status < 400) return null
  try {
    if (OAUTH_ROUTES.test(route.path)) expectOAuthErrorBody(answer)
    else expectErrorBody(answer)
    return answer.status < 500 ? null : `status ${answer.status}`
  } catch (error) {
    return String(error)
  }
}

describe('corpus H', () => {
  it('finds no request that gets anything but a documented answer', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const statuses = await statusesOf(hub)
    const findings: string[] = []
    let count = 0
    for (const route of routesOf(hub)) {
      // A parameter that is no single segment leads to no route.
      const documented = [...statuses(route), ...(route.path.includes(':') ? ['404'] : [])]
      for (let at = 0; ; at++) {
        // As somebody new each time: some requests end their session, or their account.
        const { accessToken } = await hub.signIn()
        const tested = casesOf(route, accessToken)[at]
        if (!tested) break
        const fault = await sendRaw(hub, tested.request).then(
          (answer) => faultOf(route, answer, documented),
          (error: unknown) => String(error),
        )
        if (fault) findings.push(`${route.method} ${route.path}: ${tested.why}: ${fault}`)
        count++
      }
    }

    expect(findings).toEqual([])
    expect(count).toBeGreaterThan(320)
    expect((await hub.fetch('GET', '/health')).body.status).toBe('healthy')
    expect(hub.logLines.filter((line) => line.includes('"level":"error"'))).toEqual([])
  }, 120_000)
})
