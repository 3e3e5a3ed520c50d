import { normaliseSkill } from '../profiles/skill.js'
import { below, pick } from './chance.js'
import { CITIES, CLOSINGS, FIELDS, GPUS, LANGUAGES, MODELS, OPENINGS } from './phrases.js'
import { skillNames } from './skills.js'
import { spell } from './spelling.js'
import { Zipf } from './zipf.js'

const GIVEN_NAMES = words(`
  Alice Amir Ana Anna Björn Carlos Chen Chloé Daniel Dmitri Elena Emma Fatima Finn Giulia Hana Hiroshi
  Ines Ivan Jakub Jan Joanna João Jonas Katarzyna Kenji Lars Laura Léa Liam Lucía Maja Marek Maria Mehmet
  Mikhail Min-jun Nadia Ngozi Nikola Noah Olga Oleksandr Omar Priya Rafael Sakura Sara Sergei Sofia Sven
  Tomás Yuki Zoë Анна Дмитрий Ольга 花子 明 दीपा`)

const FAMILY_NAMES = words(`
  Andersson Bauer Becker Bianchi Costa Cruz Dubois Fernández Fischer García Haddad Hansen Horváth Ito
  Ivanov Jensen Kaya Khan Kim Kovač Kowalski Kumar Laurent Lee Lindqvist López Martin Meyer Mori Müller
  Nakamura Nguyen Novák O'Brien Okafor Park Petrov Popescu Rossi Santos Schmidt Sharma Silva Smirnov
  Suzuki Tanaka Virtanen Wang Weber Wójcik Yılmaz Zhang Иванов Соколова 田中 王`)

const DAY_MS = 86_400_000
const MAX_SKILLS = 6
const MAX_LANGUAGES = 3
const MAX_MODELS = 3
const DAYS_BACK = 365
/** How often each level is claimed. */
const LEVELS = [1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5]

const skillRanks = new Zipf(skillNames.length)
const known = new Map<string, string>()
const languageRanks = new Zipf(LANGUAGES.length)

export interface SeedSkill {
  readonly skill: string
  readonly spelling: string
  readonly level: number
}

export interface SeedProfile {
  readonly name: string
  readonly description: string
  readonly skills: readonly SeedSkill[]
  /** BCP 47 tags. */
  readonly languages: readonly string[]
  readonly compute: Readonly<Record<string, unknown>>
  readonly p2pUriHint: string | null
}

/** Random, as accounts' ids are. */
export function randomAccountId(): number {
  return below(2 ** 53) || randomAccountId()
}

/** Some time within the last year. */
export function randomDay(now: Date): Date {
  return new Date(now.getTime() - below(DAYS_BACK * DAY_MS))
}

/** What a person might say of themselves. */
export function makeProfile(): SeedProfile {
  const skills = makeSkills()
  const names = skills.map(({ spelling }) => spelling).join(', ')
  const hasGpu = below(3) === 0
  return {
    name: `${pick(GIVEN_NAMES)} ${pick(FAMILY_NAMES)}`,
    description: `${pick(OPENINGS)} ${names}. ${pick(FIELDS)}, ${pick(CITIES)}. ${pick(CLOSINGS)}`,
    skills,
    languages: below(2) === 0 ? makeLanguages() : [],
    compute: hasGpu ? { gpu: pick(GPUS), models: makeModels(), shared: true } : {},
    p2pUriHint: null,
  }
}

function makeSkills(): SeedSkill[] {
  const skills = new Map<string, SeedSkill>()
  const wanted = 1 + below(MAX_SKILLS)
  while (skills.size < wanted) {
    const spelling = spell(skillNames[skillRanks.draw()] ?? '')
    const skill = normalised(spelling)
    skills.set(skill, { skill, spelling, level: LEVELS[below(LEVELS.length)] ?? 1 })
  }
  return [...skills.values()]
}

/** Each spelling once: there are some ten thousand, and a million people who have them. */
function normalised(spelling: string): string {
  let skill = known.get(spelling)
  if (skill === undefined) {
    skill = normaliseSkill(spelling)
    known.set(spelling, skill)
  }
  return skill
}

function makeLanguages(): string[] {
  const draws = Array.from({ length: 1 + below(MAX_LANGUAGES) }, () => languageRanks.draw())
  return [...new Set(draws)].map((rank) => LANGUAGES[rank] ?? '')
}

function makeModels(): string[] {
  return [...new Set(Array.from({ length: 1 + below(MAX_MODELS) }, () => pick(MODELS)))]
}

function words(text: string): string[] {
  return text.trim().split(/\s+/)
}
