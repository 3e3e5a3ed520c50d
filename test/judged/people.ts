import { type Concept, conceptOf, conceptsOf, FIELD_WEIGHTS, NEIGHBOURS } from './concepts.js'
import { CULTURES, type Culture } from './cultures.js'
import { Prng } from './prng.js'
import { type Plan, planOf } from './plans.js'
import { describe } from './prose.js'
import { keyOf, spell, typeName } from './spelling.js'
import { TOPICS } from './topics.js'

export const PEOPLE = 5_200

export interface ProfileBody {
  readonly name: string
  readonly description: string | null
  readonly expertise: Readonly<Record<string, number>>
  readonly compute: { readonly models: readonly string[] }
  readonly languages: readonly string[]
}

/** The truth about somebody, which relevance is judged by, and what they wrote of it. */
export interface Person {
  readonly index: number
  /** Concepts among their skills, with levels 1 to 5. */
  readonly levels: ReadonlyMap<string, number>
  /** Concepts that only the description tells. */
  readonly mentioned: ReadonlySet<string>
  readonly topic: string | null
  /** Null also where they do not say it. */
  readonly city: string | null
  readonly given: string
  readonly family: string
  readonly languages: readonly string[]
  readonly models: readonly string[]
  readonly daysSinceUpdate: number
  readonly isProven: boolean
  readonly profile: ProfileBody
}

const MODELS = [
  'llama3.1:8b',
  'mistral:7b',
  'qwen2.5:14b',
  'llama3.2:3b',
  'gemma2:9b',
  'deepseek-r1:14b',
  'qwen2.5-coder:32b',
  'phi4:14b',
  'mixtral:8x7b',
  'gpt-oss:20b',
  'whisper-large-v3',
  'llava:13b',
  'nomic-embed-text',
]

const SECOND_LANGUAGES = ['en', 'en', 'en', 'en', 'en-GB', 'de', 'fr', 'es', 'it', 'ru', 'zh']

/** The same people at every run. */
export function makePeople(count = PEOPLE): Person[] {
  const random = new Prng(20_261_121)
  return Array.from({ length: count }, (_, index) =>
    makePerson(index, planOf(index, count), random),
  )
}

function makePerson(index: number, plan: Plan | undefined, random: Prng): Person {
  const culture = random.weighted(CULTURES, ({ share }) => share)
  const tongue = random.pick(culture.tongues)
  const [language = tongue] = tongue.split('-')
  const planned = (plan?.skills ?? []).map(conceptOf)
  const known = drawConcepts(language, random).filter((concept) => !planned.includes(concept))
  const isSilent = !plan && random.chance(0.18)
  const untold = isSilent ? 0 : random.weighted([0, 1, 2], (each) => [55, 35, 10][each] ?? 0)
  const [mentioned, listed] = [known.slice(0, untold), [...planned, ...known.slice(untold)]]
  const levels = new Map(listed.map(({ id }) => [id, drawLevel(random)]))
  const ownTopic = !isSilent && random.chance(0.28) ? random.pick(Object.keys(TOPICS)) : null
  const topic = plan?.topic ?? ownTopic
  const ownCity = !isSilent && random.chance(0.55) ? drawCity(culture, random) : null
  const city = plan?.city ?? ownCity
  const also = listed.filter(() => random.chance(0.12)).slice(0, 2)
  const tale = {
    tongue: language,
    skills: [...mentioned, ...also].map((concept) => wordFor(concept, language, random)),
    topic,
    city: city === null ? null : typeName(city, random),
  }
  const { given, family, name } = drawName(culture, random)
  const languages = [...new Set([tongue, random.pick(SECOND_LANGUAGES)])]
  const models = random.chance(0.4) ? drawModels(random) : []
  return {
    index,
    levels,
    mentioned: new Set(mentioned.map(({ id }) => id)),
    topic,
    city,
    given,
    family,
    languages,
    models,
    daysSinceUpdate: Math.floor(730 * random.next() ** 2),
    isProven: random.chance(0.3),
    profile: {
      name,
      description: isSilent ? null : describe(tale, random) || null,
      expertise: writeExpertise(listed, levels, language, random),
      compute: { models },
      languages,
    },
  }
}

/** A main field, often a neighbour of it, and sometimes something quite different. */
function drawConcepts(tongue: string, random: Prng): Concept[] {
  const main = drawField(random)
  const beside = random.pick(NEIGHBOURS[main] ?? [drawField(random)])
  const elsewhere = drawField(random)
  const drawn = new Set<Concept>()
  // What a tongue has a word of its own for is what its people do.
  const weightOf = ({ weight, foreign }: Concept) => weight * (foreign.has(tongue) ? 3 : 1)
  const take = (field: string, times: number) => {
    const from = conceptsOf.get(field) ?? []
    for (let time = 0; time < times; time++) drawn.add(random.weighted(from, weightOf))
  }
  take(main, random.between(2, 5))
  if (random.chance(0.7)) take(beside, random.between(1, 3))
  if (random.chance(0.4)) take(elsewhere, random.between(1, 2))
  return random.shuffle([...drawn])
}

function drawField(random: Prng): string {
  return random.weighted(Object.keys(FIELD_WEIGHTS), (field) => FIELD_WEIGHTS[field] ?? 0)
}

function drawLevel(random: Prng): number {
  return random.weighted([1, 2, 3, 4, 5], (level) => [0, 10, 20, 30, 25, 15][level] ?? 0)
}

function drawModels(random: Prng): string[] {
  const times = random.between(1, 3)
  const drawn = Array.from({ length: times }, () =>
    random.weighted(MODELS, (model) => 1 / (MODELS.indexOf(model) + 1)),
  )
  return [...new Set(drawn)]
}

/** The first city of a culture is where many are. */
function drawCity({ cities }: Culture, random: Prng): string {
  return random.weighted(cities, (city) => 1 / (cities.indexOf(city) + 1))
}

function drawName(culture: Culture, random: Prng) {
  const isNative = culture.native !== undefined && random.chance(0.35)
  const from = isNative ? culture.native : culture
  const [given, family] = [random.pick(from.given), random.pick(from.family)]
  const inOrder = isNative && culture.isFamilyFirst ? `${family} ${given}` : `${given} ${family}`
  return { given, family, name: typeName(inOrder, random) }
}

/** A skill in running text: no hyphens or underscores of keys. */
function wordFor(concept: Concept, tongue: string, random: Prng): string {
  const native = concept.foreign.get(tongue)
  if (native !== undefined && random.chance(0.6)) return native
  return random.chance(0.3) ? random.pick(concept.spellings) : (concept.spellings[0] ?? concept.id)
}

function writeExpertise(
  listed: readonly Concept[],
  levels: ReadonlyMap<string, number>,
  tongue: string,
  random: Prng,
): Record<string, number> {
  const written: Record<string, number> = {}
  const keys = new Set<string>()
  const add = (concept: Concept, spelling: string): boolean => {
    // Letters alone, so that no hub's idea of one skill is offended by "java script" beside "javascript".
    const key = keyOf(spelling).replace(/[^\p{L}\p{N}\p{M}+#]/gu, '')
    if (keys.has(key)) return false
    keys.add(key)
    written[spelling] = levels.get(concept.id) ?? 1
    return true
  }
  for (const concept of listed) {
    const isAdded = add(concept, spell(concept, tongue, random))
    // TF may be taken, by the other skill that is called so.
    if (!isAdded && !add(concept, concept.spellings[0] ?? concept.id))
      throw new Error(`${concept.id} has no spelling left beside ${Object.keys(written).join()}`)
    // Some say one skill twice, as JS and as JavaScript.
    if (random.chance(0.03)) add(concept, spell(concept, tongue, random))
  }
  return written
}
