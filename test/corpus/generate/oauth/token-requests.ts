import {
  type Changes,
  INVALID_GRANT,
  INVALID_REQUEST,
  OAuthCaseList,
  type OAuthFile,
  TOKENS,
  type Expected,
} from './oauth-case.js'

const RFC = 'RFC 6749 §3.2, §5.2'
const RFC6 = 'RFC 6749 §6'
const NO_CLIENT: Expected = { status: 400, error: 'invalid_client', code: 'invalid_client' }
const NO_HEADER: Expected = { ...NO_CLIENT, status: 401 }
const NO_GRANT: Expected = {
  status: 400,
  error: 'unsupported_grant_type',
  code: 'unsupported_grant_type',
}
const NO_MEDIA: Expected = { status: 400, error: 'invalid_request', code: 'unsupported_media_type' }

/** O8: requests to the token endpoint. */
export function tokenRequestCases(): OAuthFile {
  const list = new OAuthCaseList('O8', 'requests to the token endpoint', RFC)
  addGrants(list)
  addClients(list)
  addBodies(list)
  addRefreshes(list)
  return list.file
}

function addGrants(list: OAuthCaseList): void {
  const add = (grant: Changes[string], expect: Expected, why: string): void =>
    list.add({ mine: 'returned', request: { do: 'redeem', body: { grant_type: grant } }, expect, why })
  add(null, INVALID_REQUEST, 'no grant')
  add('', INVALID_REQUEST, 'an empty grant')
  add('password', NO_GRANT, 'a password: there are none')
  add('client_credentials', NO_GRANT, 'a client for itself')
  add('implicit', NO_GRANT, 'a grant that never stood here')
  add('Authorization_Code', NO_GRANT, 'grants have case')
  add('__proto__', NO_GRANT, 'a word with a meaning in JavaScript')
  add('urn:ietf:params:oauth:grant-type:jwt-bearer', NO_GRANT, 'an assertion')
  add('urn:ietf:params:oauth:grant-type:token-exchange', NO_GRANT, 'an exchange')
  add(['authorization_code', 'authorization_code'], INVALID_REQUEST, 'the grant twice')
  add('refresh_token', INVALID_REQUEST, 'a refresh without a refresh token')
}

function addClients(list: OAuthCaseList): void {
  const body = (changes: Changes, expect: Expected, why: string): void =>
    list.add({ mine: 'returned', request: { do: 'redeem', body: changes }, expect, why })
  body({ client_secret: 'secret' }, NO_CLIENT, 'a secret: public clients have none')
  body({ client_secret: '' }, TOKENS, 'an empty secret, which is none')
  body({ client_assertion: 'x', client_assertion_type: 'urn:x' }, NO_CLIENT, 'an assertion')
  body({ client_id: ['desktop', 'desktop'] }, INVALID_REQUEST, 'the client twice')
  body({ client_id: 'desktop ' }, NO_CLIENT, 'a space behind the client')
  const header = (authorization: string, why: string): void =>
    list.add({
      mine: 'returned',
      request: { do: 'redeem', headers: { authorization } },
      expect: NO_HEADER,
      why,
    })
  header(`Basic ${Buffer.from('desktop:').toString('base64')}`, 'the client in the header')
  header(`Basic ${Buffer.from('desktop:x').toString('base64')}`, 'client and secret in the header')
  header('Bearer {mine.code}', 'another kind of header')
}

function addBodies(list: OAuthCaseList): void {
  list.add({
    mine: 'returned',
    request: { do: 'redeem', as: 'json' },
    expect: TOKENS,
    why: 'JSON is taken as well',
    source: 'a decision of ours (ADR 0011)',
  })
  list.add({
    mine: 'returned',
    request: { do: 'redeem', body: { audience: 'x', resource: 'y', scope: 'z' } },
    expect: TOKENS,
    why: 'unknown parameters are ignored',
  })
  list.add({
    mine: 'returned',
    request: { do: 'redeem', body: { unknown: ['a', 'b'] } },
    expect: TOKENS,
    why: 'also when they come twice',
  })
  const text = (sent: string, type: string | null, expect: Expected, why: string): void =>
    list.add({
      mine: 'returned',
      request: { do: 'redeem', text: sent, headers: { 'content-type': type } },
      expect,
      why,
    })
  const form = 'application/x-www-form-urlencoded'
  text('', form, INVALID_REQUEST, 'an empty form')
  text('', null, INVALID_REQUEST, 'nothing at all')
  text('{', 'application/json', INVALID_REQUEST, 'broken JSON')
  text('[]', 'application/json', INVALID_REQUEST, 'a list')
  text('"grant_type"', 'application/json', INVALID_REQUEST, 'a text')
  text('null', 'application/json', INVALID_REQUEST, 'null')
  text('{"grant_type":7}', 'application/json', INVALID_REQUEST, 'a number for a grant')
  text('{"grant_type":{"a":1}}', 'application/json', INVALID_REQUEST, 'an object for a grant')
  text('grant_type=refresh_token', 'text/plain', NO_MEDIA, 'plain text')
  text('<grant_type/>', 'application/xml', NO_MEDIA, 'XML')
  text('grant_type=%00', form, INVALID_REQUEST, 'NUL')
  text('grant_type=%ff%fe', form, NO_GRANT, 'bytes that are no UTF-8 are read as some unknown grant')
  text('&'.repeat(30_000), form, INVALID_REQUEST, '30,000 empty parameters')
  text(
    `grant_type=${'x'.repeat(33_000)}`,
    form,
    { status: 400, error: 'invalid_request', code: 'body_too_large' },
    'a body of 33 kB',
  )
  list.add({
    mine: 'returned',
    request: { do: 'redeem', body: { 'a\0b': 'c' } },
    expect: INVALID_REQUEST,
    why: 'NUL in a name',
  })
}

function addRefreshes(list: OAuthCaseList): void {
  const add = (body: Changes, expect: Expected, why: string, source = RFC6): void =>
    list.add({ mine: 'redeemed', request: { do: 'refresh', body }, expect, why, source })
  add({}, { ...TOKENS, session: 'live' }, 'a refresh')
  add({ client_id: null }, { ...TOKENS, session: 'live' }, 'without the client, which the token names')
  add({ client_id: 'web' }, { ...INVALID_GRANT, session: 'live' }, 'by another client')
  add({ client_id: 'dpc' }, { ...NO_CLIENT, session: 'live' }, 'by a client there is not')
  add({ client_secret: 'x' }, { ...NO_CLIENT, session: 'live' }, 'with a secret')
  add({ scope: 'more' }, { ...TOKENS, session: 'live' }, 'scopes are ignored: there are none')
  add({ refresh_token: null }, INVALID_REQUEST, 'without a token')
  add({ refresh_token: 'forged' }, { ...INVALID_GRANT, session: 'live' }, 'a forged token')
  add({ refresh_token: '{mine.refresh_token}=' }, INVALID_GRANT, 'a padded token')
  add({ refresh_token: '{mine.access_token}' }, INVALID_GRANT, 'an access token in its place')
  add({ refresh_token: '{mine.code}' }, INVALID_GRANT, 'the code in its place')
  add(
    { refresh_token: ['{mine.refresh_token}', '{mine.refresh_token}'] },
    INVALID_REQUEST,
    'the token twice',
  )
  list.add({
    mine: 'redeemed',
    then: [{ do: 'revoke' }],
    request: { do: 'refresh' },
    expect: { ...INVALID_GRANT, session: 'over' },
    why: 'after the session was revoked',
    source: RFC6,
  })
  list.add({
    mine: 'redeemed',
    then: [{ do: 'refresh' }],
    request: { do: 'refresh' },
    expect: { ...TOKENS, session: 'live' },
    why: 'the first token again while its successor is unused: a lost answer',
    source: 'CONTRACT §4.2',
  })
  list.add({
    mine: 'redeemed',
    then: [{ do: 'wait', seconds: 31 * 86_400 }],
    request: { do: 'refresh' },
    expect: INVALID_GRANT,
    why: 'a month later',
    source: 'CONTRACT §4.2: absolute life 30 days',
  })
  list.add({
    mine: 'redeemed',
    request: { do: 'refresh classic' },
    expect: { status: 200, token_type: 'bearer', session: 'live' },
    why: 'at /refresh it is good as well: one rule',
    source: 'CONTRACT §4.2',
  })
}
