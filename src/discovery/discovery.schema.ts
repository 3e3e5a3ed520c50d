import { z } from 'zod'

import { isCleanText } from '../common/json.js'
import { expertiseAnswer, namedNode, text } from '../profiles/profiles.schema.js'
import { normaliseSkill } from '../profiles/skill.js'

/** Characters of a query, in code points. */
const MAX_QUERY = 100
/** Results in one answer. */
export const MAX_RESULTS = 50

/** GET /discovery/search. A parameter given twice is a list, and refused as one. */
export const searchQuery = z
  .object({
    q: text(MAX_QUERY)
      .refine(isCleanText, 'holds a NUL character or a lone surrogate')
      .refine((q) => normaliseSkill(q) !== '', 'expected a skill to look for')
      .meta({ minLength: 1, maxLength: MAX_QUERY }),
    min_level: z
      .string('expected one integer from 1 to 5')
      .regex(/^[1-5]$/, 'expected an integer from 1 to 5')
      .prefault('1'),
  })
  .transform(({ q, min_level }) => ({ skill: normaliseSkill(q), minLevel: Number(min_level) }))

export type SearchQuery = z.output<typeof searchQuery>

export const searchAnswer = z.strictObject({
  results: z
    .array(
      z.strictObject({
        ...namedNode,
        name: z.string(),
        description: z.string().nullable(),
        expertise: expertiseAnswer,
      }),
    )
    .max(MAX_RESULTS),
  total: z.int(),
})

export type SearchAnswer = z.output<typeof searchAnswer>
