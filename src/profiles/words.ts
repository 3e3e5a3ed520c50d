import { normaliseSkill } from './skill.js'

/** What Unicode does not take apart, though people type it with one letter or two. */
const LATIN: Readonly<Record<string, string>> = {
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  ı: 'i',
  ŧ: 't',
  æ: 'ae',
  œ: 'oe',
  þ: 'th',
}
const UNDECOMPOSED = new RegExp(`[${Object.keys(LATIN).join('')}]`, 'gu')
/** Accents of Latin, Greek and Cyrillic letters; not the vowel signs of other scripts. */
const ACCENTS = /[\u0300-\u036f]/gu

/** Letters, marks and digits with what belongs to them: `c++`, `c#`, `.net`. */
const WORD = /(?<![\p{L}\p{M}\p{N}.])\.(?=\p{L})[\p{L}\p{M}\p{N}]+|[\p{L}\p{M}\p{N}]+(?:\+\+|#)?/gu
/** Scripts that put no blanks between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー]+/gu
/** Characters of a word that count: a lexeme of Postgres' has 2,046 bytes at most. */
const MAX_WORD = 200
const SEPARATORS = /[\s_\-–—/.,:;'’&()[\]]+/gu

/** Without case and accents: what two people who mean the same have typed in common. */
export function plain(text: string): string {
  return normaliseSkill(text)
    .replaceAll('_', ' ')
    .normalize('NFD')
    .replace(ACCENTS, '')
    .normalize('NFC')
    .replace(UNDECOMPOSED, (letter) => LATIN[letter] ?? letter)
}

/**
 * The words of a text in the one form in which they are compared, in their order; each run of a script
 * without blanks as its pairs of characters, which is how any part of it is found.
 */
export function wordsOf(text: string): string[] {
  const words = plain(text).match(WORD) ?? []
  return words.flatMap((word) => pairs(word) ?? singular(word.slice(0, MAX_WORD)))
}

/** A single character of a script without blanks: a part of words, and seldom one. */
export function isPart(word: string): boolean {
  return Array.from(word).length === 1 && word.search(UNSPACED) === 0
}

/** The last characters of runs of such scripts: no pair begins with them. */
export function lastPartsOf(text: string): string[] {
  return [...plain(text).matchAll(UNSPACED)].flatMap(([run]) => Array.from(run).slice(-1))
}

/**
 * A skill without what people leave out or put in: `Machine Learning`, `machine-learning`, `MachineLearning`
 * and `machine learnings` are one, `Node.js` and `NodeJS`, too; `C`, `C++`, `C#`, `net` and `.NET` are five.
 * Skills of nothing but signs are themselves.
 */
export function foldSkill(text: string): string {
  const spaced = plain(text).trim()
  const dot = /^\.\p{L}/u.test(spaced) ? '.' : ''
  const fold = spaced
    .split(SEPARATORS)
    .filter((word) => word !== '')
    .map(singular)
    .join('')
  return fold === '' ? spaced : dot + fold
}

/** Folds longer than this are looked for whole, or by what they have in common. */
const MAX_FORMED = 24
const MIN_FORMED = 4

/**
 * The fold and what is left of it without one letter. Two words that differ in one letter, more, fewer,
 * another or swapped with its neighbour, have one of these in common.
 */
export function formsOf(fold: string): string[] {
  const letters = Array.from(fold)
  if (letters.length < MIN_FORMED || letters.length > MAX_FORMED) return [fold]
  const shorter = letters.map((_letter, at) => letters.toSpliced(at, 1).join(''))
  return [...new Set([fold, ...shorter])]
}

/** English plurals; not `class`, `analysis`, `css`, `nodejs`. Wrong for some words, and alike on both sides. */
function singular(word: string): string {
  if (!/^[a-z]{4,}$/.test(word) || /(?:ss|us|is|js)$/.test(word)) return word
  if (word.endsWith('ies')) return `${word.slice(0, -3)}y`
  return word.endsWith('s') ? word.slice(0, -1) : word
}

function pairs(word: string): string[] | null {
  if (word.search(UNSPACED) < 0) return null
  const found: string[] = []
  let at = 0
  for (const match of word.matchAll(UNSPACED)) {
    if (match.index > at) found.push(singular(word.slice(at, match.index)))
    const letters = Array.from(match[0])
    if (letters.length === 1) found.push(match[0])
    for (let left = 0; left + 1 < letters.length; left++) {
      found.push(`${letters[left]}${letters[left + 1]}`)
    }
    at = match.index + match[0].length
  }
  if (at < word.length) found.push(singular(word.slice(at)))
  return found
}
