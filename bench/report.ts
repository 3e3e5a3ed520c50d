import type { Measurement } from './measure.js'

/** What one system showed of one thing. */
export interface Shown {
  readonly rounds: readonly number[]
  readonly median: number
  /** Median of the rounds' own ratios: two neighbours in time have met the same noise. */
  readonly ratio: number
}

/** One line of the table. */
export interface Comparison {
  readonly what: string
  readonly unit: string
  readonly of: Readonly<Record<string, Shown>>
}

/** @param base the system that the others are set against @param order of the systems */
export function compare(
  measurements: readonly Measurement[],
  base: string,
  order: readonly string[],
): Comparison[] {
  const names = [...new Set(measurements.map(({ what }) => what))]
  return names.map((what) => {
    const these = measurements.filter((each) => each.what === what)
    const systems = order.filter((name) => these.some(({ system }) => system === name))
    const roundsOf = (name: string): Map<number, number> =>
      new Map(these.filter((each) => each.system === name).map((each) => [each.round, each.value]))
    const bases = roundsOf(base)
    const show = (name: string): Shown => {
      const rounds = roundsOf(name)
      const ratios = [...rounds].map(([round, value]) => value / (bases.get(round) ?? Number.NaN))
      return {
        rounds: [...rounds.values()],
        median: median(rounds.values()),
        ratio: median(ratios),
      }
    }
    const of = Object.fromEntries(systems.map((name) => [name, show(name)]))
    return { what, unit: these[0]?.unit ?? '', of }
  })
}

/**
 * Median, and in brackets against the base; for those that were not measured, a dash.
 *
 * @param order of the systems' columns
 */
export function table(
  comparisons: readonly Comparison[],
  base: string,
  order: readonly string[],
): string {
  const systems = order.filter((name) => comparisons.some(({ of }) => of[name]))
  const rows = comparisons.map(({ what, unit, of }) => [
    unit === '×' ? what : `${what}, ${unit}`,
    ...systems.map((name) => cell(of[name], name !== base && unit !== '×')),
  ])
  const lines = [['', ...systems], ...rows]
  const widths = lines[0]!.map((_, at) => Math.max(...lines.map((line) => line[at]!.length)))
  return lines
    .map((line) =>
      line.map((each, at) => (at === 0 ? each.padEnd(widths[at]!) : each.padStart(widths[at]!))),
    )
    .map((cells) => cells.join('  '))
    .join('\n')
}

function cell(shown: Shown | undefined, hasRatio: boolean): string {
  if (!shown) return '–'
  const value = shown.median.toFixed(shown.median < 100 ? 2 : 0)
  return hasRatio ? `${value} (${shown.ratio.toFixed(2)})` : value
}

function median(values: Iterable<number>): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const [below = 0, above = 0] = [sorted[middle - 1], sorted[middle]]
  return sorted.length % 2 === 1 ? above : (below + above) / 2
}
