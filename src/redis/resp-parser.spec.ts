import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'

import { type Reply, RedisReplyError, RespParser } from './resp-parser.js'

type Said = readonly [reply: Reply, isPush: boolean]

function parse(...chunks: readonly (string | Buffer)[]): Said[] {
  const said: Said[] = []
  const parser = new RespParser((reply, isPush) => said.push([reply, isPush]))
  for (const chunk of chunks) parser.write(Buffer.from(chunk))
  // What is handed out lies in the memory of what came in.
  return said
}

const bytes = (text: string): Buffer => Buffer.from(text)

describe('a reply of Redis', () => {
  it.each<[string, string, Reply]>([
    ['a word', '+PONG\r\n', 'PONG'],
    ['a number', ':42\r\n', 42],
    ['a number below zero', ':-1\r\n', -1],
    ['bytes', '$5\r\na\r\nb\0\r\n', bytes('a\r\nb\0')],
    ['no bytes', '$0\r\n\r\n', bytes('')],
    ['nothing', '_\r\n', null],
    ['a truth', '#t\r\n', true],
    ['an untruth', '#f\r\n', false],
    ['a fraction', ',0.5\r\n', 0.5],
    ['an empty list', '*0\r\n', []],
    ['a list in a list', '*2\r\n*1\r\n:1\r\n$1\r\nx\r\n', [[1], bytes('x')]],
    ['a map', '%1\r\n$4\r\nmode\r\n+cluster\r\n', [bytes('mode'), 'cluster']],
    ['a set', '~1\r\n:7\r\n', [7]],
  ])('is read: %s', (_what, text, reply) => {
    expect(parse(text)).toEqual([[reply, false]])
  })

  it('is an error with a code', () => {
    const [[reply] = []] = parse('-MOVED 42 10.0.0.1:6379\r\n')
    expect(reply).toBeInstanceOf(RedisReplyError)
    expect(reply).toMatchObject({ code: 'MOVED', message: 'MOVED 42 10.0.0.1:6379' })
  })

  it('is told apart from what Redis says unasked', () => {
    const push = '>3\r\n$8\r\nsmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n'
    expect(parse(`:1\r\n${push}:2\r\n`)).toEqual([
      [1, false],
      [[bytes('smessage'), bytes('c'), bytes('hi')], true],
      [2, false],
    ])
  })

  it('that is not RESP3 is refused', () => {
    expect(() => parse('HTTP/1.1 400 Bad Request\r\n')).toThrow('not RESP3')
  })

  it('is the same in whatever pieces it arrives', () => {
    const replies = fc.letrec<{ reply: string }>((tie) => ({
      reply: fc.oneof(
        { maxDepth: 3 },
        fc.integer().map((n) => `:${n}\r\n`),
        fc.string().map((text) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`),
        fc.constantFrom('+OK\r\n', '_\r\n', '#t\r\n', '-ERR no\r\n'),
        fc
          .tuple(fc.constantFrom('*', '>', '~'), fc.array(tie('reply'), { maxLength: 4 }))
          .map(([mark, items]) => `${mark}${items.length}\r\n${items.join('')}`),
      ),
    })).reply
    fc.assert(
      fc.property(
        fc.array(replies, { minLength: 1, maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (texts, sizes) => {
          const whole = Buffer.from(texts.join(''))
          const pieces: Buffer[] = []
          for (let at = 0, n = 0; at < whole.length; n++) {
            const end = at + sizes[n % sizes.length]!
            pieces.push(whole.subarray(at, end))
            at = end
          }
          const inOne = parse(whole)
          expect(inOne).toHaveLength(texts.length)
          expect(parse(...pieces)).toEqual(inOne)
        },
      ),
    )
  })

  it('of a megabyte in small pieces is put together once', () => {
    const body = Buffer.alloc(1_048_576, 'x')
    const whole = Buffer.concat([bytes(`$${body.length}\r\n`), body, bytes('\r\n')])
    const pieces = Array.from({ length: whole.length / 1_000 + 1 }, (_, n) =>
      whole.subarray(n * 1_000, (n + 1) * 1_000),
    )
    const [[reply] = []] = parse(...pieces)
    expect(Buffer.isBuffer(reply) && reply.equals(body)).toBe(true)
  })
})
