import type { Timing } from './timing.js'

/** What was found among so many profiles. */
export interface Round {
  readonly size: number
  readonly seedSeconds: number
  readonly load: { readonly before: number; readonly after: number }
  readonly timings: readonly Timing[]
}

/** In Markdown: what was asked, and in each column p50, p95 and p99. */
export function table(rounds: readonly Round[]): string {
  const kinds = rounds[0]?.timings.map(({ what }) => what) ?? []
  const sizes = rounds.map(({ size }) => size.toLocaleString('en'))
  const rows = [
    ['p50 / p95 / p99 in ms, of profiles:', ...sizes],
    ['-', ...sizes.map(() => '-')],
    ...kinds.map((what) => [what, ...rounds.map((round) => cell(round, what))]),
    ['seeding', ...rounds.map(({ seedSeconds }) => `${seedSeconds.toFixed(0)} s`)],
    ['load of the machine, before and after', ...rounds.map(loadOf)],
  ]
  const widths = sizes.map((_size, at) => Math.max(...rows.map((row) => row[at + 1]?.length ?? 0)))
  const first = Math.max(...rows.map(([what = '']) => what.length))
  return rows.map((row) => lineOf(row, [first, ...widths])).join('\n')
}

function lineOf(row: readonly string[], widths: readonly number[]): string {
  const cells = row.map((text, at) => {
    const width = widths[at] ?? 0
    if (text === '-') return at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`
    return at === 0 ? text.padEnd(width) : text.padStart(width)
  })
  return `| ${cells.join(' | ')} |`
}

function cell({ timings }: Round, what: string): string {
  const timing = timings.find((each) => each.what === what)
  if (!timing) return '–'
  const { p50, p95, p99, failed, count } = timing
  const figures = [p50, p95, p99].map((ms) => ms.toFixed(ms < 10 ? 1 : 0)).join(' / ')
  return failed === 0 ? figures : `${figures}, ${failed} of ${count} failed`
}

function loadOf({ load }: Round): string {
  return `${load.before.toFixed(1)}, ${load.after.toFixed(1)}`
}
