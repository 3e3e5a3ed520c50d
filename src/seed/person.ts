import { randomBytes, randomInt } from 'node:crypto'

import { normaliseSkill } from '../profiles/skill.js'
import { skillNames } from './skills.js'

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

const OPENINGS = ['Happy to help with', 'Ten years of', 'I teach', 'Freelance:', 'Ask me about']
const CLOSINGS = [
  'Weekday evenings, UTC+1.',
  'Paired sessions welcome.',
  'I share my local models with friends.',
  'Answers within a day.',
]

const MODELS = ['llama3.1:8b', 'qwen2.5:14b', 'mistral:7b', 'phi-4', 'deepseek-r1:32b']
const GPUS = ['RTX 3060', 'RTX 4090', 'RX 7900 XTX', 'Apple M3 Max']
const DAY_MS = 86_400_000
const MAX_SKILLS = 6
const DAYS_BACK = 365

export interface SeedSkill {
  readonly skill: string
  readonly spelling: string
  readonly level: number
}

export interface SeedProfile {
  readonly name: string
  readonly description: string
  readonly skills: readonly SeedSkill[]
  readonly compute: Readonly<Record<string, unknown>>
  readonly p2pUriHint: string | null
}

/** Random, as accounts' ids are. */
export function randomAccountId(): number {
  return Number(randomBytes(8).readBigUInt64BE() >> 11n) || randomAccountId()
}

/** Some time within the last year. */
export function randomDay(now: Date): Date {
  return new Date(now.getTime() - randomInt(DAYS_BACK * DAY_MS))
}

/** What a person might say of themselves. */
export function makeProfile(): SeedProfile {
  const skills = makeSkills()
  const names = skills.map(({ spelling }) => spelling).join(', ')
  const hasGpu = randomInt(3) === 0
  return {
    name: `${pick(GIVEN_NAMES)} ${pick(FAMILY_NAMES)}`,
    description: `${pick(OPENINGS)} ${names}. ${pick(CLOSINGS)}`,
    skills,
    compute: hasGpu ? { gpu: pick(GPUS), models: [pick(MODELS)], shared: true } : {},
    p2pUriHint: null,
  }
}

function makeSkills(): SeedSkill[] {
  const skills = new Map<string, SeedSkill>()
  const wanted = 1 + randomInt(MAX_SKILLS)
  while (skills.size < wanted) {
    const spelling = spell(skillNames[skewedIndex(skillNames.length)] ?? '')
    const skill = normaliseSkill(spelling)
    skills.set(skill, { skill, spelling, level: 1 + randomInt(5) })
  }
  return [...skills.values()]
}

/** Not everybody types a name with its capitals. */
function spell(name: string): string {
  return randomInt(4) === 0 ? name.toLowerCase() : name
}

/** Low numbers far more often than high ones, as with real skills. */
function skewedIndex(length: number): number {
  const fraction = randomInt(1_000_000) / 1_000_000
  return Math.floor(fraction * fraction * length)
}

function pick(choices: readonly string[]): string {
  return choices[randomInt(choices.length)] ?? ''
}

function words(text: string): string[] {
  return text.trim().split(/\s+/)
}
