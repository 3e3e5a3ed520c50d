import {
  type Changes,
  CODE,
  INVALID_GRANT,
  INVALID_REQUEST,
  OAuthCaseList,
  type OAuthFile,
  type Step,
  TOKENS,
  type Expected,
} from './oauth-case.js'

const OIDC = 'node-oidc-provider test/authorization_code'
const RFC = 'RFC 6749 §4.1.2, §4.1.3'
const OVER: Expected = { ...INVALID_GRANT, session: 'over' }

/** O2: what a code is good for, how often, and for whom. */
export function codeCases(): OAuthFile {
  const list = new OAuthCaseList('O2', 'codes', RFC)
  addGood(list)
  addForeign(list)
  addUsed(list)
  addUsedUp(list)
  addMalformed(list)
  addInjected(list)
  return list.file
}

function addGood(list: OAuthCaseList): void {
  list.add({ mine: 'returned', request: { do: 'redeem' }, expect: TOKENS, why: 'a good code' })
  list.add({
    mine: 'returned',
    then: [{ do: 'wait', seconds: 50 }],
    request: { do: 'redeem' },
    expect: TOKENS,
    why: 'a good code within its minute',
  })
  list.add({
    mine: 'returned',
    begun_with: { client_id: 'web', redirect_uri: '{hub}/console/callback' },
    request: { do: 'redeem', body: { client_id: 'web', redirect_uri: '{hub}/console/callback' } },
    expect: TOKENS,
    why: 'the console’s code',
  })
}

function addForeign(list: OAuthCaseList): void {
  const add = (body: Changes, expect: Expected, why: string, source = RFC): void =>
    list.add({ mine: 'returned', request: { do: 'redeem', body }, expect, why, source })
  add({ client_id: 'web' }, INVALID_GRANT, 'by another client', OIDC)
  add({ redirect_uri: 'http://127.0.0.1:1/callback' }, INVALID_GRANT, 'with another port', OIDC)
  add({ redirect_uri: '{mine.redirect_uri}/' }, INVALID_GRANT, 'with a slash more')
  add({ redirect_uri: '{mine.redirect_uri}?x=1' }, INVALID_GRANT, 'with a query more')
  add({ redirect_uri: '{hub}/console/callback' }, INVALID_GRANT, 'with the console’s address')
  add({ redirect_uri: null }, INVALID_REQUEST, 'without the address', OIDC)
  add({ client_id: null }, INVALID_REQUEST, 'without a client', OIDC)
  add(
    { client_id: 'dpc' },
    { status: 400, error: 'invalid_client', code: 'invalid_client' },
    'by a client there is not',
  )
}

function addUsed(list: OAuthCaseList): void {
  const again = (request: Step, why: string, then: readonly Step[] = []): void =>
    list.add({ mine: 'redeemed', then, request, expect: OVER, why })
  again({ do: 'redeem' }, 'a second time: the session ends')
  again({ do: 'redeem', body: { code_verifier: 'a'.repeat(43) } }, 'again, with a wrong verifier')
  again({ do: 'redeem', body: { client_id: 'web' } }, 'again, by another client')
  again({ do: 'redeem', body: { redirect_uri: 'http://127.0.0.1/' } }, 'again, with another address')
  again({ do: 'redeem' }, 'again, an hour later', [{ do: 'wait', seconds: 3_600 }])
  again({ do: 'redeem' }, 'again, after the session was refreshed', [{ do: 'refresh' }])
  again({ do: 'redeem' }, 'again and again', [{ do: 'redeem' }])
  again({ do: 'redeem', as: 'json' }, 'again, as JSON')
  list.add({
    mine: 'redeemed',
    other: 'redeemed',
    request: { do: 'redeem', login: 'other' },
    expect: { ...INVALID_GRANT, session: 'live' },
    why: 'somebody else’s code a second time ends their session, not this one',
  })
}

/** Whoever presents a code uses it up. */
function addUsedUp(list: OAuthCaseList): void {
  const after = (body: Changes, why: string): void =>
    list.add({
      mine: 'returned',
      then: [{ do: 'redeem', body }],
      request: { do: 'redeem' },
      expect: INVALID_GRANT,
      why,
      source: 'RFC 9700 §2.1.1 in spirit: nobody guesses twice',
    })
  after({ code_verifier: 'a'.repeat(43) }, 'right, after it came with a wrong verifier')
  after({ client_id: 'web' }, 'right, after it came by another client')
  after({ redirect_uri: 'http://127.0.0.1:1/callback' }, 'right, after it came with another address')
  list.add({
    mine: 'returned',
    then: [{ do: 'wait', seconds: 61 }],
    request: { do: 'redeem' },
    expect: INVALID_GRANT,
    why: '61 seconds old',
    source: OIDC,
  })
  list.add({
    mine: 'returned',
    then: [{ do: 'redeem', body: { code_verifier: null } }],
    request: { do: 'redeem' },
    expect: TOKENS,
    why: 'a request that leaves a parameter out is none, and may be made again',
  })
}

function addMalformed(list: OAuthCaseList): void {
  const add = (code: Changes[string], expect: Expected, why: string): void =>
    list.add({ mine: 'returned', request: { do: 'redeem', body: { code } }, expect, why })
  add(null, INVALID_REQUEST, 'no code')
  add('', INVALID_REQUEST, 'an empty code')
  add('A'.repeat(43), INVALID_GRANT, 'a code nobody made')
  add('{mine.code}=', INVALID_GRANT, 'padded as base64')
  add(' {mine.code}', INVALID_GRANT, 'a space before it')
  add('{mine.code}\n', INVALID_GRANT, 'a line feed behind it')
  add('x'.repeat(5_000), INVALID_REQUEST, '5,000 characters')
  add(['{mine.code}', '{mine.code}'], INVALID_REQUEST, 'twice')
  add('{mine.callback_state}', INVALID_GRANT, 'the hub’s own state in its place')
  add('{mine.callback_code}', INVALID_GRANT, 'the provider’s code in its place')
  add('{mine.challenge}', INVALID_GRANT, 'the challenge in its place')
}

function addInjected(list: OAuthCaseList): void {
  list.add({
    mine: 'returned',
    other: 'returned',
    request: { do: 'redeem', body: { code: '{other.code}' } },
    expect: INVALID_GRANT,
    why: 'somebody else’s code with one’s own verifier (code injection)',
    source: 'RFC 9700 §4.5',
  })
  list.add({
    mine: 'returned',
    other: 'returned',
    request: { do: 'redeem', body: { code_verifier: '{other.verifier}' } },
    expect: INVALID_GRANT,
    why: 'one’s own code with somebody else’s verifier',
    source: 'RFC 9700 §4.5',
  })
  list.add({
    mine: 'begun',
    other: 'begun',
    request: { do: 'return', query: { code: '{other.callback_code}' } },
    expect: { status: 303, to: 'client', error: 'server_error' },
    why: 'the provider’s code of somebody else’s login (PKCE towards the provider)',
    source: 'RFC 9700 §4.5',
  })
  list.add({
    mine: 'redeemed',
    request: { do: 'redeem', body: { code: '{mine.refresh_token}' } },
    expect: { ...INVALID_GRANT, session: 'live' },
    why: 'a refresh token in the place of a code',
  })
  list.add({
    mine: 'redeemed',
    request: { do: 'redeem', body: { code: '{mine.access_token}' } },
    expect: { ...INVALID_GRANT, session: 'live' },
    why: 'an access token in the place of a code',
  })
  list.add({
    mine: 'begun',
    request: { do: 'return', query: { code: '{mine.callback_code}', iss: 'https://evil.example' } },
    expect: CODE,
    why: 'what the provider adds to its answer is not looked at',
  })
}
