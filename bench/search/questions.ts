import { below, pick } from '../../src/seed/chance.js'
import { makeProfile } from '../../src/seed/person.js'
import { CITIES } from '../../src/seed/phrases.js'
import { skillNames } from '../../src/seed/skills.js'
import { Zipf } from '../../src/seed/zipf.js'

const ranks = new Zipf(skillNames.length)
const MAX_LEVEL = 5
/** Shorter ones are not mistyped beyond recognition. */
const MIN_MISTYPED = 5
const MAX_PREFIX = 5

export interface SkillAtLevel {
  readonly skill: string
  readonly level: number
}

/** As often as people have it. */
export function someSkill(): SkillAtLevel {
  return { skill: name(), level: 1 + below(MAX_LEVEL) }
}

export function oneSkill(): string {
  const { skill, level } = someSkill()
  return searchFor({ skills: `${skill}:${level}` })
}

/** Two or three skills, the first of them mistyped. */
export function fewSkills(): string {
  const others = [someSkill(), someSkill()].slice(0, 1 + below(2))
  const rest = others.map(({ skill, level }, at) => (at === 0 ? skill : `${skill}:${level}`))
  return searchFor({ skills: [`${mistyped()}:${1 + below(3)}`, ...rest].join(',') })
}

/** Words as a person types them: a mistyped skill, another, and a place. */
export function words(): string {
  return searchFor({ q: `${mistyped()} ${name()} ${pick(CITIES)}`.slice(0, 100) })
}

/** As today's client asks. */
export function classic(): string {
  return `/discovery/search?${new URLSearchParams({ q: name() }).toString()}`
}

export function prefix(): string {
  const letters = Array.from(name()).slice(0, 1 + below(MAX_PREFIX))
  return `/discovery/skills?${new URLSearchParams({ prefix: letters.join('').trim() }).toString()}`
}

/** The body of a PUT /profile. */
export function newProfile(): string {
  const { name: called, description, skills, languages, compute } = makeProfile()
  const expertise = Object.fromEntries(skills.map(({ spelling, level }) => [spelling, level]))
  return JSON.stringify({ name: called, description, expertise, languages, compute })
}

function searchFor(query: Record<string, string>): string {
  const parameters = new URLSearchParams({ ...query, sort: 'relevance' })
  return `/discovery/search?${parameters.toString()}`
}

function name(): string {
  return skillNames[ranks.draw()] ?? ''
}

/** With two neighbouring letters swapped. */
function mistyped(): string {
  for (;;) {
    const letters = Array.from(name())
    const at = 1 + below(Math.max(1, letters.length - 2))
    const [one = '', other = ''] = letters.slice(at, at + 2)
    if (letters.length >= MIN_MISTYPED && /^\p{L}{2}$/u.test(one + other) && one !== other) {
      return letters.toSpliced(at, 2, other, one).join('')
    }
  }
}
