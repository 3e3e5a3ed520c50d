import { CRAFTS } from './concepts-crafts.js'
import { KNOWLEDGE } from './concepts-knowledge.js'
import { SOFTWARE } from './concepts-software.js'

/** One skill, whatever it is called. */
export interface Concept {
  /** The usual spelling in lower case. */
  readonly id: string
  readonly field: string
  /** The usual spelling first. */
  readonly spellings: readonly string[]
  /** What people of other tongues call it, by language. */
  readonly foreign: ReadonlyMap<string, string>
  /** How common it is in its field: the one in place r of n gets 1 / r^0.8 (Zipf). */
  readonly weight: number
}

const FIELDS: Record<string, string> = { ...SOFTWARE, ...CRAFTS, ...KNOWLEDGE }

/** By field, in the order of how common they are. */
export const conceptsOf: ReadonlyMap<string, readonly Concept[]> = new Map(
  Object.entries(FIELDS).map(([field, text]) => [field, readField(field, text)]),
)

export const concepts: readonly Concept[] = [...conceptsOf.values()].flat()

const byId = new Map(concepts.map((concept) => [concept.id, concept]))

export function conceptOf(id: string): Concept {
  const concept = byId.get(id)
  if (!concept) throw new Error(`no concept ${id}`)
  return concept
}

/** Fields that one person often has together; what is not named stands by itself. */
export const NEIGHBOURS: Record<string, readonly string[]> = {
  web: ['languages', 'design', 'mobile', 'data', 'operations'],
  languages: ['web', 'data', 'operations', 'hardware', 'security'],
  data: ['languages', 'science', 'operations', 'business'],
  operations: ['languages', 'security', 'data', 'web'],
  security: ['operations', 'languages', 'law'],
  mobile: ['languages', 'design', 'web'],
  hardware: ['languages', 'trades', 'science'],
  design: ['web', 'music', 'business'],
  business: ['law', 'tongues', 'data'],
  law: ['business', 'tongues'],
  science: ['data', 'care', 'languages'],
  care: ['tongues', 'science', 'food'],
  tongues: ['care', 'business', 'design'],
}

/** How many of a hundred people are at home in each field. */
export const FIELD_WEIGHTS: Record<string, number> = {
  languages: 16,
  web: 14,
  data: 13,
  operations: 11,
  security: 5,
  mobile: 5,
  hardware: 6,
  design: 6,
  business: 6,
  science: 5,
  music: 4,
  trades: 5,
  outdoors: 3,
  food: 3,
  games: 2,
  law: 3,
  care: 4,
  tongues: 4,
}

function readField(field: string, text: string): Concept[] {
  return text
    .trim()
    .split('\n')
    .map((line, place) => readConcept(field, line, (place + 1) ** -0.8))
}

function readConcept(field: string, line: string, weight: number): Concept {
  const words = line.split('|').map((word) => word.trim())
  const foreign = words.flatMap((word): [string, string][] => {
    const [, language, spelling] = /^([a-z]{2}):(.+)$/.exec(word) ?? []
    return language && spelling ? [[language, spelling]] : []
  })
  const spellings = words.filter((word) => !/^[a-z]{2}:/.test(word))
  const [usual] = spellings
  if (!usual) throw new Error(`no spelling: ${line}`)
  return { id: usual.toLowerCase(), field, spellings, foreign: new Map(foreign), weight }
}
