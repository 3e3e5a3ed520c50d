import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'

import { normaliseSkill } from './skill.js'

/** A btree entry of Postgres holds 2,704 bytes at most; a skill is up to 50 code points. */
const MAX_INDEXED_BYTES = 2_600

/** All that may fold to something else: what lies between are ideographs and private use. */
function* codePoints(): Generator<number> {
  for (let codePoint = 1; codePoint <= 0x1ffff; codePoint++) {
    if (codePoint < 0xd800 || codePoint > 0xdfff) yield codePoint
  }
  for (let codePoint = 0x2f800; codePoint <= 0x2fa1f; codePoint++) yield codePoint
  for (let codePoint = 0xe0000; codePoint <= 0xe0fff; codePoint++) yield codePoint
}

describe('a skill', () => {
  it.each([
    ['python', ['Python', 'PYTHON', '  python\t', 'Ｐｙｔｈｏｎ', 'py\u00adthon']],
    [
      'machine_learning',
      [
        'machine learning',
        'Machine_Learning',
        'machine  learning',
        'Machine\u00a0Learning',
        'machine-learning',
        'machine‑learning',
      ],
    ],
    ['c++', ['C++', 'c++', 'Ｃ＋＋', ' C++ ']],
    ['c#', ['C#']],
    ['c', ['C']],
    ['c--', ['C--']],
    ['.net', ['.NET', '.Net']],
    ['машинное_обучение', ['машинное обучение', 'Машинное Обучение', 'МАШИННОЕ_ОБУЧЕНИЕ']],
    ['日本語', ['日本語']],
    ['カタカナ', ['ｶﾀｶﾅ']],
    ['café', ['Café', 'cafe\u0301', 'CAFÉ']],
    ['strasse', ['Straße', 'STRASSE', 'STRAẞE']],
    ['οδοσ', ['ΟΔΟΣ', 'οδος', 'οδοσ']],
    ['istanbul', ['Istanbul', 'ıstanbul']],
    ['1:1', ['1:1']],
    ['__proto__', ['__proto__', '__PROTO__']],
    ['tostring', ['toString']],
    ['100%', ['100%']],
    ['g++_-o2', ['g++ -O2']],
    ['', ['', ' ', '\u3000', '\u200d', '\ufeff']],
  ])('is %p however it is typed: %j', (skill, spellings) => {
    expect(spellings.map(normaliseSkill)).toEqual(spellings.map(() => skill))
  })

  it('stays itself when normalised again, for every character that folds', () => {
    const unstable: string[] = []
    let widest = 0
    for (const codePoint of codePoints()) {
      const once = normaliseSkill(String.fromCodePoint(codePoint))
      if (normaliseSkill(once) !== once) unstable.push(codePoint.toString(16))
      widest = Math.max(widest, Buffer.byteLength(once))
    }
    expect(unstable).toEqual([])
    expect(50 * widest).toBeLessThan(MAX_INDEXED_BYTES)
  })

  it('stays itself when normalised again, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 50 }), (text) => {
        const once = normaliseSkill(text)
        expect(normaliseSkill(once)).toBe(once)
      }),
    )
  })

  it('is the same skill in upper and in lower case', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 50 }), (text) => {
        expect(normaliseSkill(text.toUpperCase())).toBe(normaliseSkill(text))
        expect(normaliseSkill(text.toLowerCase())).toBe(normaliseSkill(text))
      }),
    )
  })
})
