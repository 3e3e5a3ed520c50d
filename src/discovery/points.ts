/**
 * What a result's score is made of, out of 1,000 (docs/discovery.md).
 *
 * Each term that was asked for gives up to 930, and the mean of the terms counts. A step of level in one skill
 * is more than all that follows it: who is better at the one thing asked for comes first, then who has proven
 * their node, then whose profile is fresher.
 */
export const points = {
  /** Of a whole. */
  whole: 1_000,
  /** Has the skill: as much as at level 0, and for each level. */
  skill: 380,
  level: 110,
  /** Has the words in the name, in those of a skill, in the description. */
  name: 700,
  skillWords: 440,
  description: 360,
  /** Has them, of a name of several words, but not in a row. */
  wordsApart: 180,
  /** One of the account's nodes has signed with its key. */
  proven: 40,
  /** Written just now; half of it for each 90 days since. */
  fresh: 30,
} as const

export const HALF_LIFE_DAYS = 90

/** SQL: whole points for the freshness of a profile `p` at a time. */
export function freshnessAt(asOf: string): string {
  const days = `extract(epoch FROM greatest(${asOf}::timestamptz - p.updated_at, '0')) / 86400`
  return `round(${points.fresh} * 0.5::float8 ^ (${days} / ${HALF_LIFE_DAYS})::float8)`
}
