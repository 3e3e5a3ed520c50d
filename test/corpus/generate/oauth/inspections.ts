import {
  type Changes,
  INVALID_REQUEST,
  OAuthCaseList,
  type OAuthFile,
  type Expected,
  type Step,
} from './oauth-case.js'

const RFC7662 = 'RFC 7662 §2'
const RFC7009 = 'RFC 7009 §2'
const ACTIVE: Expected = { status: 200, active: true }
const INACTIVE: Expected = { status: 200, active: false }
const DONE: Expected = { status: 200, session: 'over' }
const NOTHING_DONE: Expected = { status: 200, session: 'live' }
const UNKNOWN: Expected = { status: 401, error: 'invalid_token', code: 'invalid_token' }

/** O9: introspection and revocation, for the caller's own account. */
export function inspectionCases(): OAuthFile {
  const list = new OAuthCaseList('O9', 'introspection and revocation', RFC7662)
  addIntrospections(list)
  addRevocations(list)
  addCallers(list)
  return list.file
}

function addIntrospections(list: OAuthCaseList): void {
  const add = (body: Changes, expect: Expected, why: string, then: readonly Step[] = []): void =>
    list.add({ mine: 'redeemed', other: 'redeemed', then, request: { do: 'introspect', body }, expect, why, source: RFC7662 })
  add({}, ACTIVE, 'one’s own access token')
  add({ token: '{mine.refresh_token}' }, ACTIVE, 'one’s own refresh token')
  add({ token_type_hint: 'refresh_token' }, ACTIVE, 'a wrong hint does no harm')
  add({ token_type_hint: 'nonsense' }, ACTIVE, 'nor does an unknown one')
  add({ token: '{other.access_token}' }, INACTIVE, 'somebody else’s access token')
  add({ token: '{other.refresh_token}' }, INACTIVE, 'somebody else’s refresh token')
  add({ token: 'x' }, INACTIVE, 'what is no token')
  add({ token: 'a.b.c' }, INACTIVE, 'what is no JWT')
  add({ token: '{mine.access_token}=' }, INACTIVE, 'another spelling of a good token')
  add({ token: '{mine.code}' }, INACTIVE, 'the code')
  add({ token: '{mine.refresh_token}' }, INACTIVE, 'a refresh token whose successor is in use', [
    { do: 'refresh' },
    { do: 'refresh', body: { refresh_token: '{mine.new_refresh_token}' } },
    { do: 'wait', seconds: 31 },
  ])
  add({ token: null }, INVALID_REQUEST, 'no token')
  add({ token: '' }, INVALID_REQUEST, 'an empty token')
  add({ token: ['{mine.access_token}', 'x'] }, INVALID_REQUEST, 'two tokens')
}

function addRevocations(list: OAuthCaseList): void {
  const add = (body: Changes, expect: Expected, why: string): void =>
    list.add({ mine: 'redeemed', other: 'redeemed', request: { do: 'revoke', body }, expect, why, source: RFC7009 })
  add({}, DONE, 'one’s own access token ends the session')
  add({ token: '{mine.refresh_token}' }, DONE, 'so does the refresh token')
  add({ token_type_hint: 'refresh_token' }, DONE, 'a wrong hint does no harm')
  add({ token_type_hint: 'nonsense' }, DONE, 'nor does an unknown one')
  add({ token: 'x' }, NOTHING_DONE, 'what is no token: 200 as well')
  add({ token: '{mine.access_token}=' }, NOTHING_DONE, 'another spelling of a good token')
  add({ token: '{other.access_token}' }, NOTHING_DONE, 'somebody else’s token: as if it were none')
  add({ token: null }, { ...INVALID_REQUEST, session: 'live' }, 'no token')
  list.add({
    mine: 'redeemed',
    other: 'redeemed',
    then: [{ do: 'revoke', body: { token: '{other.refresh_token}' } }],
    request: { do: 'ask', login: 'other' },
    expect: { status: 200 },
    why: 'somebody else’s session lives on',
    source: RFC7009,
  })
  list.add({
    mine: 'redeemed',
    then: [{ do: 'revoke' }],
    request: { do: 'ask' },
    expect: { status: 401, code: 'session_ended' },
    why: 'a session that was revoked answers no more',
    source: RFC7009,
  })
}

function addCallers(list: OAuthCaseList): void {
  for (const what of ['introspect', 'revoke'] as const) {
    const source = what === 'introspect' ? `${RFC7662}.1` : `${RFC7009}.1`
    const add = (headers: Record<string, string | null>, expect: Expected, why: string): void =>
      list.add({ mine: 'redeemed', request: { do: what, headers }, expect, why: `${what}: ${why}`, source })
    add({ authorization: null }, UNKNOWN, 'by nobody')
    add({ authorization: 'Bearer {mine.refresh_token}' }, UNKNOWN, 'with a refresh token')
    add({ authorization: `Basic ${Buffer.from('desktop:').toString('base64')}` }, UNKNOWN, 'as a client')
    list.add({
      mine: 'redeemed',
      request: { do: what, as: 'json' },
      expect: what === 'introspect' ? ACTIVE : DONE,
      why: `${what}: JSON is taken as well`,
      source: 'a decision of ours (ADR 0011)',
    })
  }
}
