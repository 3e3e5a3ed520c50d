import { randomBytes } from 'node:crypto'

import { describe, expect, it, jest } from '@jest/globals'

import { DataKey } from '../database/data-key.js'
import { Envelopes, TO_ALL } from './envelope.js'

const KEY = new DataKey(Buffer.alloc(32, 1))
const [ONE, TWO] = ['00112233445566aa', 'ffeeddccbbaa9900']

describe('a sealed message', () => {
  it('opens at another instance as it was said, with its sender', () => {
    const [one, two] = [new Envelopes(KEY, ONE), new Envelopes(KEY, TWO)]
    expect(two.open(one.seal('{"kind":"beat"}', 'Körper ☃', TO_ALL))).toEqual({
      from: ONE,
      to: TO_ALL,
      isFresh: true,
      ageMs: 0,
      head: '{"kind":"beat"}',
      body: Buffer.from('Körper ☃'),
    })
    const bytes = randomBytes(300_000)
    const opened = two.open(one.seal('ü'.repeat(30_000), bytes, TWO))
    expect(opened).toMatchObject({ to: TWO, head: 'ü'.repeat(30_000) })
    expect(opened?.body.equals(bytes)).toBe(true)
  })

  it('keeps its bytes when the next one is sealed', () => {
    const [one, two] = [new Envelopes(KEY, ONE), new Envelopes(KEY, TWO)]
    const first = one.seal('first', '', TWO)
    const second = one.seal('second', '', TWO)
    const firstOpened = two.open(first)
    expect(two.open(second)?.head).toBe('second')
    expect(firstOpened?.head).toBe('first')
  })

  it('is never the same twice, nor tells anything of its text', () => {
    const one = new Envelopes(KEY, ONE)
    const sealed = Array.from({ length: 100 }, () => one.seal('{"kind":"beat"}', 'v=0', TWO))
    const texts = sealed.map((bytes) => bytes.toString('latin1'))
    expect(new Set(texts.map((text) => text.slice(32))).size).toBe(100)
    for (const text of texts) expect(text).not.toMatch(/kind|v=0/)
  })

  it('under another data key, altered, cut short or of another sender is nothing', () => {
    const [one, two] = [new Envelopes(KEY, ONE), new Envelopes(KEY, TWO)]
    const sealed = one.seal('{"kind":"beat"}', 'body', TWO)
    expect(new Envelopes(new DataKey(Buffer.alloc(32, 2)), TWO).open(sealed)).toBeNull()
    for (let at = 0; at < sealed.length; at++) {
      const altered = Buffer.from(sealed)
      altered[at]! ^= 1
      expect(two.open(altered)).toBeNull()
      expect(two.open(sealed.subarray(0, at))).toBeNull()
    }
    expect(two.open(randomBytes(500))).toBeNull()
    expect(two.open(sealed)).not.toBeNull()
  })

  it('is opened once', () => {
    const [one, two] = [new Envelopes(KEY, ONE), new Envelopes(KEY, TWO)]
    const [first, second] = [one.seal('1', '', TWO), one.seal('2', '', TO_ALL)]
    expect(two.open(second)?.head).toBe('2')
    expect(two.open(first)?.head).toBe('1')
    expect(two.open(first)).toBeNull()
    expect(two.open(second)).toBeNull()
  })

  it('is fresh from one that was gone and is back, whose clock stood still meanwhile', () => {
    const [one, two] = [new Envelopes(KEY, ONE), new Envelopes(KEY, TWO)]
    const clock = jest.spyOn(performance, 'now')
    const freshAfter = (sentAt: number, now: number): boolean | undefined => {
      clock.mockReturnValue(sentAt)
      const sealed = one.seal('x', '', TWO)
      clock.mockReturnValue(now)
      return two.open(sealed)?.isFresh
    }
    try {
      expect(freshAfter(1_000, 1_000)).toBe(true)
      expect(freshAfter(2_000, 9_000)).toBe(false)
      two.forget(ONE)
      expect(freshAfter(3_000, 10_000)).toBe(true)
    } finally {
      clock.mockRestore()
    }
  })

  it('is opened however many others there have been', () => {
    const two = new Envelopes(KEY, TWO)
    for (let n = 0; n < 1_100; n++) {
      const other = new Envelopes(KEY, n.toString(16).padStart(16, '0'))
      expect(two.open(other.seal('x', '', TWO))?.head).toBe('x')
    }
  })
})
