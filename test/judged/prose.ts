import type { Prng } from './prng.js'
import { EMPLOYERS, FILLERS, TOPICS } from './topics.js'

/** What a description is to say. */
export interface Tale {
  readonly tongue: string
  /** Skills as this person spells them. */
  readonly skills: readonly string[]
  readonly topic: string | null
  readonly city: string | null
}

interface Phrases {
  readonly skill: readonly string[]
  readonly city: readonly string[]
}

const ENGLISH: Phrases = {
  skill: [
    'I also do some {}.',
    'A few years of {} behind me.',
    'Used to teach {}.',
    'Back to {} after a long break.',
    '{} pays the rent.',
    'Always up for a chat about {}.',
    'Loves {}.',
    'Lately more and more {}.',
  ],
  city: ['Based in {}.', '{}-based.', 'Lives in {}.', 'At home in {}.', 'Can meet in {}.'],
}

const PHRASES: Readonly<Record<string, Phrases>> = {
  de: {
    skill: ['Mache auch {}.', 'Viele Jahre {}.', 'Fragen zu {} gern an mich.'],
    city: ['Wohne in {}.', 'Aus {}.'],
  },
  fr: {
    skill: ['Je fais aussi du {}.', 'Passionné de {}.'],
    city: ['J’habite à {}.', 'Basée à {}.'],
  },
  es: { skill: ['También hago {}.', 'Apasionada de {}.'], city: ['Vivo en {}.', 'Desde {}.'] },
  pt: { skill: ['Também trabalho com {}.', 'Gosto de {}.'], city: ['Moro em {}.'] },
  ru: { skill: ['Ещё занимаюсь: {}.', 'Много лет: {}.'], city: ['Живу: {}.', 'Город {}.'] },
  ja: { skill: ['{}もできます。', '趣味は{}です。'], city: ['{}在住。'] },
}

export function describe(tale: Tale, random: Prng): string {
  const own = PHRASES[tale.tongue]
  const phrases = own && random.chance(0.35) ? own : ENGLISH
  const sentences = tale.skills.map((skill) => fill(random.pick(phrases.skill), skill))
  if (tale.city !== null) sentences.push(fill(random.pick(phrases.city), tale.city))
  const sayings = tale.topic === null ? undefined : TOPICS[tale.topic]
  if (sayings) sentences.push(random.pick(sayings))
  if (random.chance(0.12)) sentences.push(`Works at ${random.pick(EMPLOYERS)}.`)
  if (random.chance(0.5)) sentences.push(random.pick(FILLERS))
  return random.shuffle(sentences).join(' ')
}

function fill(phrase: string, word: string): string {
  return phrase.replace('{}', () => word)
}
