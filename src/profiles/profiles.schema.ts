import { z } from 'zod'

import { nodeIdSchema } from '../identity/node-id.js'
import type { NamedNode } from './profile.store.js'
import { normaliseSkill } from './skill.js'

/** Characters: code points, as people and Python count them, not UTF-16 units (CONTRACT §4.13). */
const MAX_NAME = 100
const MAX_DESCRIPTION = 500
const MAX_SKILL = 50
const MAX_HINT = 255
/** Skills in one profile. Nobody is good at more, and every one costs an index entry. */
const MAX_SKILLS = 200
/** Faulty skills named in one answer: an error is not longer than what it is about. */
const MAX_SKILL_ISSUES = 5
const MAX_LEVEL = 5

const CONTROL_CHARACTER = /\p{Cc}/u

/** One thing somebody is good at. */
export interface Skill {
  /** Normalised: what searches compare. Unique in a profile. */
  readonly skill: string
  /** As typed: what people see. */
  readonly spelling: string
  /** 1 to 5. */
  readonly level: number
}

export type JsonObject = Readonly<Record<string, unknown>>

/** Text of at most `max` code points. */
export function text(max: number) {
  return z
    .string('expected a string')
    .refine((value) => codePoints(value) <= max, `expected at most ${max} characters`)
    .meta({ maxLength: max })
}

/** NOTE: z.record() drops the key `__proto__`, a legal skill name; hence the entries by hand. */
const skills = z
  .unknown()
  .meta({
    type: 'object',
    additionalProperties: { type: 'integer', minimum: 1, maximum: MAX_LEVEL },
    maxProperties: MAX_SKILLS,
  })
  .transform((value, context): readonly Skill[] => {
    const issues = new SkillIssues(context)
    if (!isJsonObject(value)) return issues.refuse([], 'expected an object of skills and levels')
    const entries = Object.entries(value)
    if (entries.length > MAX_SKILLS) {
      return issues.refuse([], `expected at most ${MAX_SKILLS} skills`)
    }
    const found = new Map<string, Skill>()
    for (const [spelling, level] of entries) {
      const skill = normaliseSkill(spelling)
      const former = found.get(skill)
      if (codePoints(spelling) > MAX_SKILL) {
        issues.refuse([spelling], `expected a name of at most ${MAX_SKILL} characters`)
      } else if (skill === '') {
        issues.refuse([spelling], 'expected a name, this one is blank')
      } else if (former) {
        issues.refuse([spelling], `is the same skill as ${former.spelling}: keep one of them`)
      } else if (!isLevel(level)) {
        issues.refuse([spelling], `expected an integer from 1 to ${MAX_LEVEL}`)
      } else {
        found.set(skill, { skill, spelling, level })
      }
    }
    return [...found.values()]
  })

const compute = z
  .unknown()
  .meta({ type: 'object', additionalProperties: true })
  .transform((value, context): JsonObject => {
    if (isJsonObject(value)) return value
    context.addIssue({ code: 'custom', message: 'expected an object' })
    return {}
  })

/** In how many languages anybody answers. */
const MAX_LANGUAGES = 20
/** Characters of a tag: enough for any that is in use (RFC 5646 §4.4.1). */
const MAX_TAG = 35
const MAX_AVAILABILITY = 200
const MAX_LINKS = 10
const MAX_LINK = 255

/** A language tag in its canonical spelling: `pt-br` is `pt-BR` (BCP 47, RFC 5646 §2.1). */
export const languageTag = z.string('expected a string').transform((tag, context) => {
  const canonical = canonicalLanguage(tag)
  if (canonical !== null) return canonical
  context.addIssue({ code: 'custom', message: 'expected a language tag such as en or pt-BR' })
  return z.NEVER
})

const languages = z
  .array(languageTag, 'expected a list of language tags')
  .max(MAX_LANGUAGES, `expected at most ${MAX_LANGUAGES} languages`)
  .transform((tags) => [...new Set(tags)])

const link = text(MAX_LINK).refine(
  (value) => /^https:\/\/[^\s/]/i.test(value) && URL.canParse(value),
  'expected an address that begins with https://',
)

const links = z
  .array(link, 'expected a list of addresses')
  .max(MAX_LINKS, `expected at most ${MAX_LINKS} links`)
  .transform((all) => [...new Set(all)])

/** Who may find the profile: nobody, or everybody who has logged in at this hub. */
const visibility = z.enum(['hidden', 'hub'], 'expected "hidden" or "hub"')

export type VisibilitySetting = z.output<typeof visibility>

/** Who may see whether the account's nodes are connected. */
const presence = z.enum(['everyone', 'nobody'], 'expected "everyone" or "nobody"')

export type PresenceSetting = z.output<typeof presence>

/**
 * PUT /profile. Unknown fields are ignored. Of those that classic clients know, absent ones are null or empty;
 * `languages` and what follows it stay as they are: a classic client, which does not know them, would show what
 * its owner hid with another. Null empties the first three.
 */
export const putProfileBody = z
  .object(
    {
      name: text(MAX_NAME)
        .refine((name) => name.trim() !== '', 'expected a name, this one is blank')
        .meta({ minLength: 1, maxLength: MAX_NAME }),
      description: text(MAX_DESCRIPTION).nullish(),
      expertise: skills.prefault({}),
      compute: compute.prefault({}),
      p2p_uri_hint: text(MAX_HINT)
        .refine((hint) => !CONTROL_CHARACTER.test(hint), 'holds a control character')
        .refine(
          (hint) => hint === '' || /^dpc:\/\/./i.test(hint),
          'expected an address that begins with dpc://',
        )
        .nullish(),
      languages: languages.nullish(),
      availability: text(MAX_AVAILABILITY).nullish(),
      links: links.nullish(),
      visibility: visibility.optional(),
      presence: presence.optional(),
    },
    'expected a JSON object',
  )
  .transform((body) => ({
    name: body.name,
    description: body.description ?? null,
    skills: body.expertise,
    compute: body.compute,
    p2pUriHint: body.p2p_uri_hint ?? null,
    // Undefined, and null of the last two: as it was.
    languages: body.languages === null ? [] : body.languages,
    availability: body.availability,
    links: body.links === null ? [] : body.links,
    visibility: body.visibility ?? null,
    presence: body.presence ?? null,
  }))

export type PutProfile = z.output<typeof putProfileBody>

/** GET /profile/{node_id}. */
export const profileParams = z.object({ node_id: nodeIdSchema })

export type ProfileParams = z.output<typeof profileParams>

export const expertiseAnswer = z.record(z.string(), z.int().min(1).max(MAX_LEVEL))

/** A profile as anybody sees it: every classic field always there (CONTRACT §4.13), others if they are set. */
export const profileAnswer = z.strictObject({
  name: z.string(),
  description: z.string().nullable(),
  expertise: expertiseAnswer,
  compute: z.record(z.string(), z.unknown()),
  p2p_uri_hint: z.string().nullable(),
  user_id: z.int(),
  updated_at: z.iso.datetime(),
  languages: z.array(z.string()).optional(),
  availability: z.string().optional(),
  links: z.array(z.string()).optional(),
})

/** GET and PUT /profile: the owner is told, too, who may see what, unless that is everyone. */
export const ownProfileAnswer = profileAnswer.extend({
  visibility: visibility.optional(),
  presence: presence.optional(),
})

export type OwnProfileAnswer = z.output<typeof ownProfileAnswer>

export type ProfileAnswer = z.output<typeof profileAnswer>

/** How an answer names a node to others. */
export const namedNode = {
  node_id: z.string(),
  proven: z.boolean().meta({ description: 'Its key has signed for the account' }),
  spki_sha256: z.string().meta({ description: 'Of the DER SubjectPublicKeyInfo, hex' }),
}

/** GET /profile/{node_id}. */
export const nodeProfileAnswer = profileAnswer.extend(namedNode)

export type NodeProfileAnswer = z.output<typeof nodeProfileAnswer>

/** GET /users/me. */
export const meAnswer = z.strictObject({
  id: z.int(),
  email: z.string().nullable(),
  node_id: z.string().nullable(),
  node_id_verified: z.boolean(),
  provider: z.string(),
  created_at: z.iso.datetime(),
  profile: ownProfileAnswer.nullable(),
})

export type MeAnswer = z.output<typeof meAnswer>

export function namedAs({ nodeId, isProven, spkiSha256 }: NamedNode) {
  return { node_id: nodeId, proven: isProven, spki_sha256: spkiSha256 }
}

/** NOTE: Object.fromEntries makes own properties, so that a skill `__proto__` is answered too. */
export function expertiseOf(skills: readonly Skill[]): Record<string, number> {
  return Object.fromEntries(skills.map(({ spelling, level }) => [spelling, level]))
}

/** Adds the first few faults of an expertise; more would only repeat them. */
class SkillIssues {
  private count = 0

  constructor(private readonly context: z.core.$RefinementCtx) {}

  /** Resolves to what a schema that has failed returns. */
  refuse(path: string[], message: string): readonly Skill[] {
    this.count += 1
    if (this.count <= MAX_SKILL_ISSUES) {
      this.context.addIssue({ code: 'custom', path, message })
    }
    return []
  }
}

function canonicalLanguage(tag: string): string | null {
  if (tag.length > MAX_TAG) return null
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? null
  } catch {
    // RangeError: not well-formed.
    return null
  }
}

function codePoints(value: string): number {
  return Array.from(value).length
}

function isLevel(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_LEVEL
}

function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
