import { describe, expect, it } from '@jest/globals'

import { asciiFrame } from './text-frame.js'

describe('asciiFrame', () => {
  it.each([
    [0, [0x81, 0]],
    [1, [0x81, 1]],
    [125, [0x81, 125]],
    [126, [0x81, 126, 0x00, 0x7e]],
    [255, [0x81, 126, 0x00, 0xff]],
    [256, [0x81, 126, 0x01, 0x00]],
    [2_500, [0x81, 126, 0x09, 0xc4]],
    [65_535, [0x81, 126, 0xff, 0xff]],
  ])('puts the header of RFC 6455 before %i characters', (length, header) => {
    const text = 'abc"\\{}\u007f'.repeat(length).slice(0, length)

    const frame = asciiFrame(text)

    expect([...Buffer.from(frame ?? '', 'latin1').subarray(0, header.length)]).toEqual(header)
    expect(frame?.slice(header.length)).toBe(text)
  })

  it.each([
    ['a letter beyond ASCII that fits one byte', 'é'],
    ['Cyrillic', 'привет'],
    ['an emoji', '👋'],
    ['a lone surrogate', '\ud800'],
    ['a text longer than a two-byte length can say', 'a'.repeat(65_536)],
  ])('leaves %s to ws', (_what, text) => {
    expect(asciiFrame(text)).toBeNull()
  })
})
