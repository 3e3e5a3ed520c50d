import {
  CODE,
  INVALID_STATE,
  OAuthCaseList,
  type OAuthFile,
  TO_PROVIDER,
  told,
  type Changes,
  type Expected,
} from './oauth-case.js'

const RFC9207 = 'RFC 9207 §2'
const RFC9700 = 'RFC 9700 §4.4'
const RFC6749 = 'RFC 6749 §4.1.2.1'

/** O5: who answers, to whom, and where from; the runner looks for `iss` and `state` in each answer. */
export function mixUpCases(): OAuthFile {
  const list = new OAuthCaseList('O5', 'iss, mix-up and faults that go back', RFC9700)
  addIss(list)
  addProviders(list)
  addFaults(list)
  return list.file
}

function addIss(list: OAuthCaseList): void {
  const source = RFC9207
  list.add({
    mine: 'begun',
    request: { do: 'return' },
    expect: CODE,
    why: 'iss comes with a code',
    source,
  })
  list.add({
    mine: 'begun',
    request: { do: 'return', query: { code: null, error: 'access_denied' } },
    expect: told('access_denied'),
    why: 'iss comes with a refusal',
    source,
  })
  list.add({
    request: { do: 'begin', query: { response_type: 'token' } },
    expect: told('unsupported_response_type'),
    why: 'iss comes with a fault of the request',
    source,
  })
  list.add({
    mine: 'begun',
    request: { do: 'return', query: { iss: 'https://evil.example' } },
    expect: CODE,
    why: 'an iss that came from elsewhere does not replace the hub’s own',
    source,
  })
  list.add({
    request: { do: 'begin', query: { iss: 'https://evil.example' } },
    expect: TO_PROVIDER,
    why: 'nor does one in the request, which is unknown there and ignored',
    source,
  })
  list.add({
    request: { do: 'begin', path: '/api/v1/oauth/authorize' },
    expect: TO_PROVIDER,
    why: 'the endpoint below /api/v1 is the same endpoint',
    source,
  })
}

function addProviders(list: OAuthCaseList): void {
  list.add({
    mine: 'begun',
    request: { do: 'return', provider: 'google' },
    expect: INVALID_STATE,
    why: 'a login begun at one provider comes back from another',
  })
  list.add({
    mine: 'begun',
    door: 'classic',
    request: { do: 'return', provider: 'google' },
    expect: INVALID_STATE,
    why: 'the same at the classic door',
  })
  list.add({
    mine: 'begun',
    begun_with: { provider: 'google' },
    request: { do: 'return', provider: 'google' },
    expect: CODE,
    why: 'the other provider, both ways, is good',
  })
  const choice = (provider: Changes[string], expect: Expected, why: string): void =>
    list.add({ request: { do: 'begin', query: { provider } }, expect, why, source: RFC6749 })
  choice(null, { status: 200, to: 'page' }, 'no provider: the person chooses')
  choice('evil', told('invalid_request'), 'a provider there is not')
  choice('', { status: 200, to: 'page' }, 'an empty provider, which is none')
  choice('GitHub', told('invalid_request'), 'providers have case')
  choice('https://evil.example', told('invalid_request'), 'a provider’s address')
  choice(['github', 'google'], told('invalid_request'), 'two providers')
  choice('__proto__', told('invalid_request'), 'a word with a meaning in JavaScript')
  list.add({
    hub: 'without providers',
    request: { do: 'begin' },
    expect: told('temporarily_unavailable'),
    why: 'a provider that the operator has not set up',
    source: RFC6749,
  })
}

/** Once client and address are good, faults go back to the client; before, nobody is redirected. */
function addFaults(list: OAuthCaseList): void {
  const add = (query: Changes, expect: Expected, why: string, source = RFC6749): void =>
    list.add({ request: { do: 'begin', query }, expect, why, source })
  add({ response_type: null }, told('invalid_request'), 'no response type')
  add({ response_type: 'id_token' }, told('unsupported_response_type'), 'an id_token')
  add(
    { response_type: 'code token' },
    told('unsupported_response_type'),
    'a token beside the code',
    'RFC 9700 §2.1.2',
  )
  add({ response_type: ['code', 'code'] }, told('invalid_request'), 'the response type twice')
  add({ response_mode: 'fragment' }, TO_PROVIDER, 'unknown parameters are ignored')
  add({ scope: 'openid everything' }, TO_PROVIDER, 'there are no scopes, and none is refused')
  const unknown = { status: 400, error: 'invalid_client', code: 'invalid_client' }
  add({ client_id: null }, unknown, 'no client: nobody is redirected')
  add({ client_id: '' }, unknown, 'an empty client')
  add({ client_id: 'dpc-desktop' }, unknown, 'a client there is not')
  add({ client_id: 'Desktop' }, unknown, 'clients have case')
  add({ client_id: 'node' }, unknown, 'a client of sessions that begin elsewhere')
  add({ client_id: 'classic' }, unknown, 'the classic client, which has its own door')
  add({ client_id: ['desktop', 'desktop'] }, unknown, 'the client twice')
  add({ client_id: 'desktop\0' }, unknown, 'NUL behind the client')
  add({ dpop_jkt: '' }, TO_PROVIDER, 'an empty thumbprint, which is none', 'RFC 6749 §3.1')
  add({ response_type: '' }, told('invalid_request'), 'an empty response type', 'RFC 6749 §3.1')
  add({ dpop_jkt: 'short' }, told('invalid_request'), 'a thumbprint that is none', 'RFC 9449 §10')
  add(
    { dpop_jkt: ['{jkt p-256}', '{jkt ed25519}'] },
    told('invalid_request'),
    'two thumbprints',
    'RFC 9449 §10',
  )
  list.add({
    request: { do: 'begin', method: 'HEAD' },
    expect: { status: 404 },
    why: 'HEAD, as a prefetch sends it, begins nothing',
    source: 'RFC 9110 §9.3.2',
  })
  list.add({
    request: { do: 'begin', method: 'POST' },
    expect: { status: 404, code: 'not_found' },
    why: 'POST, which the RFC leaves to the server',
    source: 'RFC 6749 §3.1',
  })
  list.add({
    request: { do: 'begin', headers: { host: 'hub.example' } },
    expect: { status: 302, to: 'hub' },
    why: 'asked at another name, the browser first goes to the hub’s own, where the cookie has to be',
    source: 'RFC 9700 §4.7',
  })
  list.add({
    request: {
      do: 'begin',
      query: { client_id: 'evil' },
      headers: { accept: 'text/html,application/xhtml+xml' },
    },
    expect: { status: 400, to: 'page' },
    why: 'a person sees a page instead',
    source: RFC6749,
  })
}
