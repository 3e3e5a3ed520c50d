import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'

import { parseQuery } from './query-parser.js'

const none = { runs: [], phrases: [], excluded: [] }

describe('a query', () => {
  it.each([
    ['python', { runs: [['python']] }],
    ['  rust   and go ', { runs: [['rust', 'and', 'go']] }],
    ['machine learning, rust', { runs: [['machine', 'learning'], ['rust']] }],
    ['who knows rust?', { runs: [['who', 'knows', 'rust']] }],
    ['help! rust; go', { runs: [['help'], ['rust'], ['go']] }],
    ['a , b', { runs: [['a'], ['b']] }],
    ['C++ C# .NET', { runs: [['C++', 'C#', '.NET']] }],
    ['scikit-learn', { runs: [['scikit-learn']] }],
    ['日本語 機械学習', { runs: [['日本語', '機械学習']] }],
    ['', {}],
    ['  ', {}],
    [', ;', {}],
  ])('%j is words, with an end where a thought ends', (text, parsed) => {
    expect(parseQuery(text)).toEqual({ ...none, ...parsed })
  })

  it.each([
    ['"machine learning"', { phrases: ['machine learning'] }],
    ['“machine learning”', { phrases: ['machine learning'] }],
    ['«машинное обучение»', { phrases: ['машинное обучение'] }],
    ['„maschinelles Lernen“', { phrases: ['maschinelles Lernen'] }],
    ['"machine learning', { phrases: ['machine learning'] }],
    ['a "b c" d', { runs: [['a'], ['d']], phrases: ['b c'] }],
    ['"a" "b"', { phrases: ['a', 'b'] }],
    ['""', {}],
    ['"  "', {}],
    ['"', {}],
  ])('%j has in quotes what stands together, closed or not', (text, parsed) => {
    expect(parseQuery(text)).toEqual({ ...none, ...parsed })
  })

  it.each([
    ['-java', { excluded: ['java'] }],
    ['rust -java go', { runs: [['rust'], ['go']], excluded: ['java'] }],
    ['rust -"machine learning"', { runs: [['rust']], excluded: ['machine learning'] }],
    ['-.net', { excluded: ['.net'] }],
    ['-ёлка', { excluded: ['ёлка'] }],
    ['rust - java', { runs: [['rust', '-', 'java']] }],
    ['g++ --fast', { runs: [['g++', '--fast']] }],
    ['a -> b', { runs: [['a', '->', 'b']] }],
    ['-""', {}],
  ])('%j leaves out what begins with a minus sign, where a word follows', (text, parsed) => {
    expect(parseQuery(text)).toEqual({ ...none, ...parsed })
  })

  it.each([',', ';', '!', '?'])('excludes a word without the %s behind it', (sign) => {
    expect(parseQuery(`-js${sign} rust`)).toEqual({ ...none, runs: [['rust']], excluded: ['js'] })
  })

  it('is taken apart whatever it is, and nothing in it is empty', () => {
    const unit = fc.constantFrom('a', 'ж', '-', '"', '„', '«', ' ', ',', '?', '+', '.', '日', '😀')
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 100 }), (text) => {
        const { runs, phrases, excluded } = parseQuery(text)
        for (const part of [...runs.flat(), ...phrases, ...excluded]) {
          expect(part.trim()).not.toBe('')
          expect(text).toContain(part)
        }
        expect(runs.every((run) => run.length > 0)).toBe(true)
      }),
    )
  })
})
