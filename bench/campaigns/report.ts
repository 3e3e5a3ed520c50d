/** How large one dimension of a campaign is. */
export interface Size {
  readonly full: number
  /** For `--small`, which the tests run: seconds instead of minutes. */
  readonly small: number
  readonly what: string
}

/** Tests run on machines that do much else. */
export const PATIENCE: Size = { full: 1, small: 5, what: 'times the promised deadlines' }

/** What a campaign found. */
export interface Report {
  readonly figures: Readonly<Record<string, string | number>>
  /** Promises that did not hold, each with what was seen instead. */
  readonly broken: readonly string[]
  /** What the hub held while it ran. */
  readonly samples?: readonly Sample[]
}

/** What a hub's process held at one moment. */
export interface Sample {
  /** Since the campaign began. */
  readonly seconds: number
  readonly rssMib: number
  readonly heapMib: number
}

/** A long run that tries to break a promise of the hub. */
export interface Campaign<Name extends string = string> {
  /** One line for the usage. */
  readonly about: string
  /** Each is a flag that takes a number. */
  readonly sizes: Readonly<Record<Name, Size>>
  run(sizes: Readonly<Record<Name, number>>): Promise<Report>
}

export function print({ figures, broken }: Report): void {
  const width = Math.max(...Object.keys(figures).map(({ length }) => length))
  for (const [what, figure] of Object.entries(figures)) {
    process.stdout.write(`${what.padEnd(width)}  ${figure}\n`)
  }
  for (const promise of broken) process.stdout.write(`BROKEN: ${promise}\n`)
  process.stdout.write(broken.length === 0 ? 'all promises held\n' : '')
}

/** Adds to `broken` what does not hold. */
export function expectThat(holds: boolean, otherwise: string, broken: string[]): void {
  if (!holds) broken.push(otherwise)
}

/** The value below which the given share of `values` lies; 0 without any. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

export function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits))
}
