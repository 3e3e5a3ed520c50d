import {
  type Changes,
  CODE,
  INVALID_STATE,
  OAuthCaseList,
  type OAuthFile,
  type Step,
  TO_PROVIDER,
  told,
} from './oauth-case.js'

const TRUST = 'RFC 9700 §4.7.1: single use, bound to the browser'
const RFC6749 = 'RFC 6749 §4.1.1, §4.1.2.1'

/** O1: the hub's own state on the way to the provider and back, and the client's. */
export function stateCases(): OAuthFile {
  const list = new OAuthCaseList('O1', 'state', TRUST)
  addCallbacks(list)
  addOtherBrowsers(list)
  addUsedOnes(list)
  addClientStates(list)
  return list.file
}

function addCallbacks(list: OAuthCaseList): void {
  const add = (query: Changes, why: string, more?: string): void =>
    list.add({
      mine: 'begun',
      request: { do: 'return', query, ...(more === undefined ? {} : { more }) },
      expect: INVALID_STATE,
      why,
    })
  add({ state: null }, 'no state')
  add({ state: '' }, 'an empty state')
  add({ state: `m${'A'.repeat(43)}` }, 'a state nobody made')
  add({ state: '{mine.callback_state}=' }, 'a state padded as base64')
  add({ state: '{mine.callback_state}A' }, 'a character more')
  add({ state: ' {mine.callback_state}' }, 'a space before it')
  add({ state: '{mine.state}' }, 'the client’s own state in its place')
  add({ state: 'A'.repeat(8_000) }, '8,000 characters')
  add({ state: '\0' }, 'NUL')
  add({ state: ['{mine.callback_state}', '{mine.callback_state}'] }, 'a good one twice')
  add({ state: ['{mine.callback_state}', 'other'] }, 'a good one, then another')
  add({ state: null, State: '{mine.callback_state}' }, 'names of parameters have case')
  add({ state: null }, 'a list in the way of some frameworks', '&state[]={mine.callback_state}')
  add({ state: null, code: null, error: 'access_denied' }, 'a refusal that belongs to no login')
}

function addOtherBrowsers(list: OAuthCaseList): void {
  const add = (request: Step, why: string, then: readonly Step[] = []): void =>
    list.add({
      mine: 'begun',
      ...(then.length > 0 ? { then } : {}),
      request,
      expect: INVALID_STATE,
      why,
    })
  add({ do: 'return', browser: 'without a cookie' }, 'another browser, without a cookie')
  add({ do: 'return', browser: 'with a cookie of its own choice' }, 'a cookie somebody chose')
  add({ do: 'return', browser: 'other' }, 'another browser, with a login of its own', [
    { do: 'begin', login: 'other', browser: 'other' },
  ])
  add({ do: 'return' }, 'this browser after its cookies were cleared', [{ do: 'clear the cookies' }])
  add({ do: 'return' }, 'this browser, once another has tried it: the state has leaked', [
    { do: 'return', browser: 'without a cookie' },
  ])
  list.add({
    mine: 'begun',
    other: 'begun',
    request: { do: 'return', browser: 'mine', login: 'other' },
    expect: INVALID_STATE,
    why: 'somebody else’s way back, opened here (login CSRF)',
    source: 'RFC 9700 §4.7',
  })
}

function addUsedOnes(list: OAuthCaseList): void {
  const again = (then: readonly Step[], why: string): void =>
    list.add({ mine: 'begun', then, request: { do: 'return' }, expect: INVALID_STATE, why })
  again([{ do: 'return' }], 'a second time after it worked')
  again(
    [{ do: 'return', query: { code: null, error: 'access_denied' } }],
    'a second time after the person declined',
  )
  again([{ do: 'return', provider: 'google' }], 'a second time after another provider’s callback')
  again([{ do: 'wait', seconds: 601 }], 'more than ten minutes later')
  list.add({
    mine: 'begun',
    then: [{ do: 'wait', seconds: 590 }],
    request: { do: 'return' },
    expect: CODE,
    why: 'within ten minutes it is good',
  })
  list.add({
    mine: 'begun',
    then: [{ do: 'begin', login: 'mine' }],
    request: { do: 'return' },
    expect: CODE,
    why: 'a second login begun in the same browser is good: a person has two tabs',
  })
  list.add({
    mine: 'begun',
    other: 'begun',
    request: { do: 'return' },
    expect: CODE,
    why: 'somebody else’s login does not disturb this one',
  })
}

function addClientStates(list: OAuthCaseList): void {
  const add = (state: string | null | string[], expect: typeof CODE, why: string): void =>
    list.add({ request: { do: 'begin', query: { state } }, expect, why, source: RFC6749 })
  add(null, told('invalid_request'), 'no state of the client’s: here it is required')
  add('', told('invalid_request'), 'an empty one')
  add(['a', 'b'], told('invalid_request'), 'two of them')
  add('x'.repeat(513), told('invalid_request'), '513 characters')
  add('x'.repeat(512), TO_PROVIDER, '512 characters are taken')
  add('zurück', told('invalid_request'), 'a letter outside ASCII')
  add('a\nb', told('invalid_request'), 'a line feed')
  add('\0', told('invalid_request'), 'NUL')
  add('x', TO_PROVIDER, 'one character: how random it is, is the client’s affair')
  const comesBack = (state: string, why: string): void =>
    list.add({
      mine: 'begun',
      begun_with: { state },
      request: { do: 'return' },
      expect: CODE,
      why,
      source: 'RFC 6749 §4.1.2: the exact value received',
    })
  comesBack('a b+c', 'spaces and plus signs come back as they went')
  comesBack('x&code=chosen&iss=evil', 'what looks like further parameters comes back as one')
  comesBack('"><script>alert(1)</script>', 'markup comes back escaped')
  comesBack('%2525#?/\\', 'escapes and separators come back as they went')
  comesBack('~'.repeat(512), '512 characters come back')
}
