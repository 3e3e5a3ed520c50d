import { ONE_SKILL } from './queries-one.js'
import { PEOPLE_QUERIES } from './queries-people.js'
import { SEVERAL } from './queries-several.js'
import { WORDS } from './queries-words.js'
import type { Query } from './query.js'

export const QUERIES: readonly Query[] = [...ONE_SKILL, ...SEVERAL, ...WORDS, ...PEOPLE_QUERIES]
