/** Results that count. */
export const DEPTH = 10

/** From this grade on a result is one that the person who asked would open. */
const USEFUL = 2

/**
 * nDCG@10: the gain of a result is 2^grade − 1, divided by log2(place + 1), summed over the first ten, and
 * divided by what the best possible order would give.
 *
 * @param found  grades of the results, in order
 * @param all    grades of everybody, in any order
 */
export function ndcg(found: readonly number[], all: readonly number[]): number {
  const ideal = dcg([...all].sort((one, other) => other - one))
  if (ideal === 0) throw new Error('a query that nobody answers measures nothing')
  return dcg(found) / ideal
}

function dcg(grades: readonly number[]): number {
  return grades
    .slice(0, DEPTH)
    .reduce((sum, grade, at) => sum + (2 ** grade - 1) / Math.log2(at + 2), 0)
}

/** 1 / the place of the first useful result; 0 if none is among the first ten. */
export function reciprocalRank(found: readonly number[]): number {
  const at = found.slice(0, DEPTH).findIndex((grade) => grade >= USEFUL)
  return at === -1 ? 0 : 1 / (at + 1)
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
