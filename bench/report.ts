import type { Measurement } from './measure.js'

export interface Comparison {
  readonly what: string
  readonly unit: string
  /** Medians over the rounds. */
  readonly hub: number
  readonly bare: number
  /** Median of the rounds' own ratios: two neighbours in time have met the same noise. */
  readonly ratio: number
  readonly hubRounds: readonly number[]
  readonly bareRounds: readonly number[]
}

export function compare(
  measurements: readonly Measurement[],
  hubName: string,
  bareName: string,
): Comparison[] {
  const names = [...new Set(measurements.map(({ what }) => what))]
  return names.map((what) => {
    const ofThis = measurements.filter((each) => each.what === what)
    const valuesOf = (name: string): number[] =>
      ofThis.filter(({ system }) => system === name).map(({ value }) => value)
    const [hubRounds, bareRounds] = [valuesOf(hubName), valuesOf(bareName)]
    const [hub, bare] = [median(hubRounds), median(bareRounds)]
    const unit = ofThis[0]?.unit ?? ''
    const ratio = median(hubRounds.map((value, round) => value / (bareRounds[round] ?? 0)))
    return { what, unit, hub, bare, ratio, hubRounds, bareRounds }
  })
}

/** `other` is what the hub is compared with. */
export function table(comparisons: readonly Comparison[], other = 'bare ws'): string {
  const rows = comparisons.map(({ what, unit, hub, bare, ratio, hubRounds, bareRounds }) => [
    `${what}, ${unit}`,
    hub.toFixed(2),
    bare.toFixed(2),
    ratio.toFixed(2),
    `  ${spread(hubRounds)} / ${spread(bareRounds)}`,
  ])
  const lines = [['', 'hub', other, 'hub / bare', '  least–most'], ...rows]
  return lines
    .map(
      ([name = '', ...cells]) => name.padEnd(40) + cells.map((cell) => cell.padStart(12)).join(''),
    )
    .join('\n')
}

function spread(values: readonly number[]): string {
  return `${Math.min(...values).toFixed(1)}–${Math.max(...values).toFixed(1)}`
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const [below = 0, above = 0] = [sorted[middle - 1], sorted[middle]]
  return sorted.length % 2 === 1 ? above : (below + above) / 2
}
