import { describe, expect, it } from '@jest/globals'

import { parseJsonBody } from './json.js'

const parse = (text: string | Buffer): unknown => parseJsonBody(Buffer.from(text))
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)

describe('a JSON body', () => {
  it('is parsed, with keys such as __proto__ as plain keys', () => {
    const body = parse('{"__proto__":{"a":1},"é":["日本語",1.5,null,true]}')

    expect(Object.keys(body as object)).toEqual(['__proto__', 'é'])
    expect({}).not.toHaveProperty('a')
  })

  it('may be nested 32 levels deep', () => {
    expect(() => parse(nested(32))).not.toThrow()
  })

  it.each([
    ['33 levels deep', nested(33)],
    ['ten thousand levels deep', nested(10_000)],
    ['empty', ' '],
    ['cut off', '{"a":'],
    ['followed by something', '{} {}'],
    ['with a trailing comma', '[1,]'],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['with an overlong encoding', Buffer.from([0x22, 0xc0, 0x80, 0x22])],
    ['with NUL in a value', '{"a":{"b":"x\\u0000"}}'],
    ['with NUL in a key', '{"x\\u0000":1}'],
    ['with a lone high surrogate', '["\\ud800"]'],
    ['with a lone low surrogate in a key', '{"\\udc00":1}'],
    ['with a number beyond any', '{"a":[1e400]}'],
  ])('is refused: %s', (_what, body) => {
    expect(() => parse(body)).toThrow(expect.objectContaining({ code: 'invalid_request' }))
  })

  it('says where the fault is', () => {
    expect(() => parse('{"a":{"b":"x\\u0000"}}')).toThrow(/^a\.b: /)
  })
})
