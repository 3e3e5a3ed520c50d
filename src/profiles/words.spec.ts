import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'

import { foldSkill, formsOf, plain, wordsOf } from './words.js'

describe('a skill, folded', () => {
  it.each([
    [
      'machinelearning',
      [
        'Machine Learning',
        'machine-learning',
        'machine_learning',
        'MachineLearning',
        'machine/learning',
        'machine learnings',
        '  MACHINE   LEARNING ',
        'machine—learning',
      ],
    ],
    ['nodejs', ['Node.js', 'NodeJS', 'node js', 'NODE.JS', 'node-js']],
    ['cicd', ['CI/CD', 'ci cd', 'CICD', 'ci-cd']],
    ['cafe', ['Café', 'cafe', 'CAFÉ', 'cafe\u0301']],
    ['strasse', ['Straße', 'STRASSE', 'straẞe']],
    ['oresund', ['Øresund', 'oresund']],
    ['lodz', ['Łódź', 'lodz', 'ŁÓDŹ']],
    ['encyclopaedia', ['encyclopædia', 'encyclopaedia']],
    ['елка', ['ёлка', 'елка', 'Ёлка']],
    ['αθηνα', ['Αθήνα', 'αθηνα', 'ΑΘΗΝΑ']],
    ['database', ['databases', 'Database', 'data bases']],
    ['library', ['libraries', 'Library']],
    ['python', ['Python', 'PYTHON', 'Ｐｙｔｈｏｎ', 'py\u00adthon', 'pythons']],
    ['машинноеобучение', ['Машинное обучение', 'машинное_обучение', 'МАШИННОЕ-ОБУЧЕНИЕ']],
  ])('is %p however it is typed: %j', (fold, spellings) => {
    expect(spellings.map(foldSkill)).toEqual(spellings.map(() => fold))
  })

  it('keeps what makes another skill of a name', () => {
    const names = ['C', 'C++', 'C#', '.NET', 'net', 'F', 'F#', 'F*', 'R', 'J']

    expect(new Set(names.map(foldSkill)).size).toBe(names.length)
    expect(['c ++', 'C ++', 'c++'].map(foldSkill)).toEqual(['c++', 'c++', 'c++'])
    expect(['.Net', ' .net', '.NET'].map(foldSkill)).toEqual(['.net', '.net', '.net'])
  })

  it.each(['css', 'class', 'analysis', 'kubernetis', 'nexus', 'aws', 'sas', 'ios'])(
    'has no plural where the s belongs to the word or the word is short: %s',
    (word) => {
      expect(foldSkill(word)).toBe(word)
    },
  )

  it('keeps the vowel signs of scripts in which they are letters', () => {
    expect(foldSkill('हिन्दी')).toBe('हिन्दी')
    expect(foldSkill('プログラミング')).toBe('プログラミング')
    expect(foldSkill('ガ')).not.toBe(foldSkill('カ'))
    expect(foldSkill('한국어')).toBe('한국어')
  })

  it('is itself where there are only signs', () => {
    for (const signs of ['--', '...', '&', '()', "'"]) expect(foldSkill(signs)).toBe(signs)
    expect(foldSkill('++')).toBe('++')
    expect(foldSkill(' ')).toBe('')
  })

  it('is never empty where something visible was typed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), (text) => {
        expect(foldSkill(text) === '').toBe(plain(text).trim() === '')
      }),
    )
  })
})

describe('the forms of a word', () => {
  const letter = fc.constantFrom(...Array.from('abcdeoxyzäß0я日😀'))
  const word = fc.array(letter, { minLength: 5, maxLength: 23 })

  it('have one in common for two words that differ in one letter, whichever way', () => {
    const at = fc.nat()
    const edit = fc.constantFrom('add', 'drop', 'change', 'swap')
    fc.assert(
      fc.property(word, at, letter, edit, (letters, random, other, kind) => {
        const edited = editedOf(letters, random, other, kind).join('')
        const forms = new Set(formsOf(edited))
        expect(formsOf(letters.join('')).some((form) => forms.has(form))).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  it('are the word and the word without each of its letters, each once', () => {
    expect(formsOf('java')).toEqual(['java', 'ava', 'jva', 'jaa', 'jav'])
    expect(formsOf('aaaa')).toEqual(['aaaa', 'aaa'])
    expect(formsOf('日本語学')).toEqual(['日本語学', '本語学', '日語学', '日本学', '日本語'])
  })

  it('are the word alone where it is too short to guess at or too long', () => {
    expect(formsOf('c++')).toEqual(['c++'])
    expect(formsOf('a'.repeat(25))).toEqual(['a'.repeat(25)])
  })
})

describe('the words of a text', () => {
  it.each<[string, string[]]>([
    ['I write Rust, mostly.', ['i', 'write', 'rust', 'mostly']],
    ['C, C++, C# and .NET', ['c', 'c++', 'c#', 'and', '.net']],
    ['node.js', ['node', 'js']],
    ['machine_learning', ['machine', 'learning']],
    ['the end.Next', ['the', 'end', 'next']],
    ['Databases of Café owners', ['database', 'of', 'cafe', 'owner']],
    ['машинное обучение', ['машинное', 'обучение']],
    ['', []],
    ['!?', []],
  ])('of %j are %j', (text, words) => {
    expect(wordsOf(text)).toEqual(words)
  })

  it('are pairs of characters where a script puts no blanks', () => {
    expect(wordsOf('機械学習')).toEqual(['機械', '械学', '学習'])
    expect(wordsOf('日本語とPython')).toEqual(['日本', '本語', '語と', 'python'])
    expect(wordsOf('Python入門編')).toEqual(['python', '入門', '門編'])
    expect(wordsOf('語')).toEqual(['語'])
    expect(wordsOf('データベース')).toEqual(['デー', 'ータ', 'タベ', 'ベー', 'ース'])
    expect(wordsOf('한국어')).toEqual(['한국', '국어'])
  })

  it('hold those of every part of an unspaced text in a row', () => {
    const letters = fc.array(fc.constantFrom(...Array.from('機械学習入門日本語')), {
      minLength: 2,
      maxLength: 20,
    })
    fc.assert(
      fc.property(letters, fc.nat(), fc.nat(), (all, from, length) => {
        const start = from % (all.length - 1)
        const part = all.slice(start, start + 2 + (length % (all.length - start)))
        const [words, searched] = [wordsOf(all.join('')), wordsOf(part.join(''))]
        expect(` ${words.join(' ')} `).toContain(` ${searched.join(' ')} `)
      }),
    )
  })

  it('hold nothing that ends a lexeme early', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        for (const word of wordsOf(text))
          expect(word).toMatch(/^\.?[\p{L}\p{M}\p{N}]+(?:\+\+|#)?$/u)
      }),
    )
  })
})

function editedOf(letters: readonly string[], random: number, other: string, kind: string) {
  const at = random % letters.length
  if (kind === 'add') return letters.toSpliced(at, 0, other)
  if (kind === 'drop') return letters.toSpliced(at, 1)
  if (kind === 'change') return letters.toSpliced(at, 1, other)
  const left = random % (letters.length - 1)
  return letters.toSpliced(left, 2, letters[left + 1] ?? '', letters[left] ?? '')
}
