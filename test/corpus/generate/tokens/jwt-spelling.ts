import { JwtCaseList, SOCKETS, type JwtAttempt } from './jwt-case.js'

const RFC = 'RFC 7515 §2, §7.1; CONTRACT §4.8'
/** A header's value ends where its white space begins (RFC 9110 §5.5), and it holds no control characters. */
const NO_HEADER = { ways: SOCKETS } as const

/** J6: other spellings of a good token. Were one taken, a token that is refused by its text would live on. */
export function spellingCases(): JwtCaseList {
  const list = new JwtCaseList('J6')
  const add = (why: string, spelling: string, more: Partial<JwtAttempt> = {}): void =>
    list.add({ why, source: RFC, spelling, ...more })
  addTails(list)
  addPadding(add)
  addWhiteSpace(add)
  addParts(add)
  addOtherForms(add)
  addMarks(add)
  return list
}

type Add = (why: string, spelling: string, more?: Partial<JwtAttempt>) => void

/** A part whose bytes are no multiple of three leaves bits of its last character unused. */
function addTails(list: JwtCaseList): void {
  for (const bits of [1, 2, 3])
    list.add({
      why: `the signature's two unused bits set to ${bits}`,
      source: RFC,
      spelling: `{header}.{payload}.{signature^${bits}}`,
    })
  for (const bits of [1, 7, 15])
    list.add({
      why: `the header's four unused bits set to ${bits}, and signed so`,
      source: RFC,
      spelling: `{header^${bits}}.{payload}.{signature}`,
      signsSpelling: true,
    })
  list.add({
    why: 'unused bits of the claims set, and signed so',
    source: RFC,
    spelling: '{header}.{payload^1}.{signature}',
    signsSpelling: true,
  })
  list.add({
    why: 'one bit of the signature turned',
    source: RFC,
    spelling: '{header}.{payload}.{signature^4}',
  })
}

function addPadding(add: Add): void {
  for (const count of [1, 2, 3, 4])
    add(`${count} characters of padding`, `{header}.{payload}.{signature}${'='.repeat(count)}`)
  add('padding of the header', '{header}=.{payload}.{signature}')
  add('padding of the header, signed so', '{header}==.{payload}.{signature}', {
    signsSpelling: true,
  })
  add('padding of the claims', '{header}.{payload}=.{signature}')
  add('padding before', '={header}.{payload}.{signature}')
  add('padding as an escape', '{header}.{payload}.{signature}%3D')
}

function addWhiteSpace(add: Add): void {
  add('a space after', '{header}.{payload}.{signature} ', NO_HEADER)
  add('a space before', ' {header}.{payload}.{signature}', NO_HEADER)
  add('a tab after', '{header}.{payload}.{signature}\t', NO_HEADER)
  add('a line end after', '{header}.{payload}.{signature}\n', NO_HEADER)
  add('a carriage return after', '{header}.{payload}.{signature}\r', NO_HEADER)
  add('a NUL after', '{header}.{payload}.{signature}\u0000', NO_HEADER)
  add('a form feed after', '{header}.{payload}.{signature}\f', NO_HEADER)
  add('a space before a dot', '{header} .{payload}.{signature}')
  add('a space after a dot', '{header}.{payload}. {signature}')
  add('a line end within', '{header}.\n{payload}.{signature}', NO_HEADER)
  add(
    'a line end within the signature',
    '{header}.{payload}.{signature:20}\n{signature}',
    NO_HEADER,
  )
  add('a space that does not break', '{header}.{payload}.{signature}\u00a0')
  add('a space without width', '{header}.{payload}.{signature}\u200b')
}

function addParts(add: Add): void {
  add('one part', '{header}')
  add('two parts', '{header}.{payload}')
  add('two parts and a dot', '{header}.{payload}.')
  add('four parts', '{header}.{payload}.{signature}.{signature}')
  add('five parts, as encryption has them', '{header}.{payload}..{signature}.{signature}')
  add('six parts', '{header}.{payload}.{signature}.{header}.{payload}.{signature}')
  add('a dot after', '{header}.{payload}.{signature}.')
  add('a dot before', '.{header}.{payload}.{signature}')
  add('two dots for one', '{header}..{payload}.{signature}')
  add('no header', '.{payload}.{signature}')
  add('no claims', '{header}..{signature}')
  add('only dots', '..')
  add('header and claims exchanged', '{payload}.{header}.{signature}')
  add('the token twice', '{header}.{payload}.{signature}{header}.{payload}.{signature}')
  add(
    'the token twice, with a comma',
    '{header}.{payload}.{signature},{header}.{payload}.{signature}',
  )
  add('dots as escapes', '{header}%2E{payload}%2E{signature}')
  add('other dots', '{header}\uff0e{payload}\uff0e{signature}')
  add('colons for dots', '{header}:{payload}:{signature}')
}

function addOtherForms(add: Add): void {
  add('the alphabet of plain base64', '{header}.{payload}.{signature+}', {
    header: { kid: 'ÿþ?~' },
  })
  add('the alphabet of plain base64 throughout, signed so', '{header+}.{payload+}.{signature+}', {
    header: { kid: 'ÿþ?~ÿþ?~' },
    claims: { filler: '~~~???ÿÿÿ' },
    signsSpelling: true,
  })
  add(
    'JSON, flattened',
    '{"protected":"{header}","payload":"{payload}","signature":"{signature}"}',
    {
      source: 'RFC 7515 §7.2.2',
    },
  )
  add(
    'JSON, general',
    '{"payload":"{payload}","signatures":[{"protected":"{header}","signature":"{signature}"}]}',
    { source: 'RFC 7515 §7.2.1' },
  )
  add('in quotes', '"{header}.{payload}.{signature}"')
  add('in angle brackets', '<{header}.{payload}.{signature}>')
  add('with the scheme within', 'Bearer {header}.{payload}.{signature}')
  add('with a fragment', '{header}.{payload}.{signature}#')
  add('with a query', '{header}.{payload}.{signature}?')
}

function addMarks(add: Add): void {
  add('a byte order mark before', '\ufeff{header}.{payload}.{signature}')
  add('a byte order mark before the claims, signed so', '{header}.{payload}.{signature}', {
    claimsText: '\ufeff{"sid":"{sid}"}',
  })
  add('a mark that turns the writing direction', '\u202e{header}.{payload}.{signature}')
  add('an accent on the last character', '{header}.{payload}.{signature}\u0301')
  add('a character more', '{header}.{payload}.{signature}A')
  add('two characters more', '{header}.{payload}.{signature}AA')
  add('a character less', '{header}.{payload}.{signature:42}')
  add('no base64 within', '{header}.{payload}.{signature}*')
}

/** J7: how much of it. Ours are under 600 characters. */
export function sizeCases(): JwtCaseList {
  const list = new JwtCaseList('J7')
  const source = 'our limit: 2,048 characters'
  const long = (
    text: string,
    times: number,
  ): { before: string; text: string; times: number; after: string } => ({
    before: '',
    text,
    times,
    after: '',
  })
  list.add({ why: 'as long as may be', source, length: 2_048, expect: 'ok' })
  list.add({ why: 'a few characters longer', source, length: 2_052 })
  list.add({ why: '8 KiB, signed by us', source, length: 8_192 })
  list.add({ why: '12 KiB of dots', source, input: long('.', 12_288) })
  list.add({ why: '12 KiB of nothing', source, input: long('A', 12_288) })
  list.add({ why: '60 KiB of dots in a frame', source, input: long('.', 61_440), ways: ['frame'] })
  list.add({ why: '60 KiB, signed by us, in a frame', source, length: 61_440, ways: ['frame'] })
  list.add({
    why: 'a mebibyte: Node reads no more than 16 KiB of headers',
    source: 'Node --max-http-header-size',
    input: long('A', 1_048_576),
    expect: 'invalid_request',
    ways: ['header', 'query'],
  })
  list.add({
    why: 'a million dots',
    source: 'Node --max-http-header-size',
    input: long('.', 1_000_000),
    expect: 'invalid_request',
    ways: ['header', 'query'],
  })
  list.add({
    why: 'a header 300 levels deep',
    source: 'RFC 8259 §9',
    headerText: `{"alg":"HS256","typ":"at+jwt","a":${'['.repeat(300)}${']'.repeat(300)}}`,
    expect: 'ok',
  })
  list.add({
    why: 'claims that never end their brackets',
    source: 'RFC 8259 §9',
    claimsText: '['.repeat(900),
  })
  list.add({
    why: 'an encrypted token that asks for 10^9 rounds of PBKDF2: nothing is decrypted',
    source: 'CVE-2022-36083',
    headerText:
      '{"alg":"PBES2-HS512+A256KW","enc":"A256GCM","p2s":"AAAAAAAAAAAAAAAAAAAAAA","p2c":1000000000}',
    spelling: '{header}.AAAA.AAAA.AAAA.AAAA',
  })
  list.add({
    why: 'an encrypted token for an RSA key',
    source: 'RFC 7516 §3.1',
    headerText: '{"alg":"RSA-OAEP","enc":"A256GCM"}',
    spelling: '{header}.AAAA.AAAA.AAAA.AAAA',
  })
  list.add({
    why: 'a token that says it is compressed, and is not: zip means nothing here',
    source: 'RFC 8725 §3.6',
    header: { zip: 'DEF' },
    expect: 'ok',
  })
  return list
}
