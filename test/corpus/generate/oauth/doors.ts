import type { Fault, PageFault, Endpoint } from '../../../support/oauth-stub.js'
import {
  INVALID_STATE,
  OAuthCaseList,
  type OAuthFile,
  told,
  type Changes,
  type Expected,
} from './oauth-case.js'

/** O6: a sample of test/e2e/login-failures.spec.ts, at the door of newer clients. */
export function providerCases(): OAuthFile {
  const list = new OAuthCaseList(
    'O6',
    'providers that misbehave',
    'TRUST O6; RFC 6749 §4.1.2.1 for the words',
  )
  const page = (fault: PageFault, error: string, why: string): void =>
    list.add({ mine: 'begun', provider: { page: fault }, request: { do: 'return' }, expect: told(error), why })
  page('denied', 'access_denied', 'the person says no')
  page('other error', 'server_error', 'a refusal in words of its own')
  page('no code', 'server_error', 'neither code nor error')
  page('foreign code', 'server_error', 'a code it did not make')
  const fails = (at: Endpoint, fault: Fault, error: string, why: string): void =>
    list.add({ mine: 'begun', provider: { at, fault }, request: { do: 'return' }, expect: told(error), why })
  fails('token', 'status 500', 'server_error', 'no token: 500')
  fails('token', 'refused', 'server_error', 'no token: the hub is refused')
  fails('token', 'refused with 200', 'server_error', 'no token: a refusal with status 200')
  fails('token', 'html', 'server_error', 'a page in the place of a token')
  fails('token', 'huge', 'server_error', 'a megabyte of token')
  fails('token', 'redirect', 'server_error', 'a redirect that never ends')
  fails('token', 'reset', 'temporarily_unavailable', 'a connection that breaks')
  fails('user', 'status 401', 'server_error', 'its own token refused')
  fails('user', 'null', 'server_error', 'nobody')
  fails('user', 'truncated', 'temporarily_unavailable', 'half an answer')
  fails('emails', 'array', 'server_error', 'a list of no addresses')
  return list.file
}

const CLASSIC = 'CONTRACT §1, TRUST V01: no request changes where a classic login ends'
const TOKENS_THERE: Expected = { status: 303, to: 'classic client' }
const SHUT: Expected = { status: 403, code: 'legacy_login_disabled' }

/** O7: the classic door, which takes no parameters. */
export function classicCases(): OAuthFile {
  const list = new OAuthCaseList('O7', 'the classic door', CLASSIC)
  const ignores = (query: Changes, why: string): void =>
    list.add({ door: 'classic', mine: 'begun', begun_with: query, request: { do: 'return' }, expect: TOKENS_THERE, why })
  ignores({}, 'a login')
  ignores({ redirect_uri: 'https://evil.example/' }, 'a redirect_uri is ignored')
  ignores({ redirect_uri: 'http://127.0.0.1:9000/callback' }, 'also one of this machine')
  ignores({ next: '//evil.example', return_to: '//evil.example' }, 'so are other ways to say it')
  ignores({ callback: 'https://evil.example/', port: '9000' }, 'and a port')
  ignores({ state: 'chosen' }, 'and a state')
  ignores({ provider: 'google' }, 'and another provider')
  ignores({ response_type: 'code', client_id: 'desktop' }, 'and what makes a newer login')
  const returns = (query: Changes, why: string): void =>
    list.add({ door: 'classic', mine: 'begun', request: { do: 'return', query }, expect: TOKENS_THERE, why })
  returns({ redirect_uri: 'https://evil.example/' }, 'on the way back, too')
  returns({ iss: 'https://evil.example', session_state: 'x' }, 'what providers add is ignored')
  list.add({
    door: 'classic',
    mine: 'begun',
    request: { do: 'return', query: { code: null, error: 'access_denied' } },
    expect: { status: 303, to: 'classic client', error: 'access_denied' },
    why: 'a refusal ends there as well',
  })
  list.add({
    door: 'classic',
    request: { do: 'begin', method: 'HEAD' },
    expect: { status: 404 },
    why: 'HEAD, as a prefetch sends it, begins nothing',
    source: 'RFC 9110 §9.3.2',
  })
  list.add({
    door: 'classic',
    mine: 'begun',
    then: [{ do: 'return', method: 'HEAD' }],
    request: { do: 'return' },
    expect: TOKENS_THERE,
    why: 'HEAD on the way back uses no login up',
    source: 'RFC 9110 §9.3.2',
  })
  list.add({
    door: 'classic',
    request: { do: 'begin', headers: { host: 'hub.example' } },
    expect: { status: 302, to: 'hub' },
    why: 'asked at another name, the browser first goes to the hub’s own',
  })
  list.add({
    door: 'classic',
    mine: 'begun',
    request: { do: 'return', browser: 'without a cookie' },
    expect: INVALID_STATE,
    why: 'another browser gets no tokens',
    source: 'RFC 9700 §4.7',
  })
  list.add({
    door: 'classic',
    hub: 'without the classic door',
    request: { do: 'begin' },
    expect: SHUT,
    why: 'switched off',
  })
  list.add({
    door: 'classic',
    hub: 'without the classic door',
    request: { do: 'return', query: { state: 'A'.repeat(43) } },
    expect: SHUT,
    why: 'switched off, the way back as well',
  })
  list.add({
    hub: 'without the classic door',
    mine: 'begun',
    request: { do: 'return' },
    expect: { status: 303, to: 'client' },
    why: 'switched off, the newer door stays open',
  })
  return list.file
}
