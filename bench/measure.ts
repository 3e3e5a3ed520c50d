/** One figure of one system in one round. */
export interface Measurement {
  readonly what: string
  readonly unit: string
  readonly system: string
  readonly round: number
  readonly value: number
}

/** Whoever went first in one round goes last in the next. */
export function inTurns<Item>(items: readonly Item[], round: number): Item[] {
  return round % 2 === 0 ? [...items] : [...items].reverse()
}
