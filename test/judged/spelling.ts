import type { Concept } from './concepts.js'
import type { Prng } from './prng.js'

/** A concept as this person writes it. */
export function spell(concept: Concept, tongue: string, random: Prng): string {
  const native = concept.foreign.get(tongue)
  if (native !== undefined && random.chance(0.65)) return inSomeCase(native, random)
  const [usual = concept.id, ...others] = concept.spellings
  const chosen = others.length > 0 && random.chance(0.25) ? random.pick(others) : usual
  const cased = withOtherSeparators(inSomeCase(chosen, random), random)
  return random.chance(0.03) ? misspell(cased, random) : cased
}

/** A name as it is, or as somebody with a plain keyboard types it. */
export function typeName(name: string, random: Prng): string {
  return random.chance(0.15) ? withoutAccents(name) : name
}

export function withoutAccents(text: string): string {
  // Elsewhere marks are letters: й without its breve is another word.
  if (/[^\p{Script=Latin}\P{L}]/u.test(text)) return text
  return text
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .replace(/ß/g, 'ss')
    .replace(/[øØłŁı]/g, (letter) => ({ ø: 'o', Ø: 'O', ł: 'l', Ł: 'L', ı: 'i' })[letter] ?? letter)
    .normalize('NFC')
}

function inSomeCase(text: string, random: Prng): string {
  const dice = random.next()
  if (dice < 0.3) return text.toLowerCase()
  if (dice < 0.33) return text.toUpperCase()
  return dice < 0.36 ? withoutAccents(text) : text
}

function withOtherSeparators(text: string, random: Prng): string {
  const dice = random.next()
  if (dice < 0.1) return text.replace(/ /g, '-')
  return dice < 0.2 ? text.replace(/ /g, '_') : text
}

/** One slip of the finger, not at the beginning; short words come out right. */
export function misspell(text: string, random: Prng): string {
  if (!/^[a-z -]{6,}$/i.test(text)) return text
  const at = random.between(2, text.length - 3)
  const [before, one, two, after] = [
    text.slice(0, at),
    text.charAt(at),
    text.charAt(at + 1),
    text.slice(at + 2),
  ]
  if (/[ -]/.test(one + two)) return text
  return random.pick([
    before + two + one + after,
    before + two + after,
    before + one + one + two + after,
  ])
}

/** What makes two keys of `expertise` one skill: PUT /profile refuses both. */
export function keyOf(spelling: string): string {
  return spelling
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ')
    .trim()
}
