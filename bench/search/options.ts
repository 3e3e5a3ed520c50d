import { parseArgs } from 'node:util'

const USAGE = `npm run bench:search -- [options]

  --small         a short run that shows that everything works; its figures say nothing
  --sizes N,N     profiles to search among (10000,100000,1000000)
  --queries N     of each kind, at each size (500)
  --updates N     seconds of profile updates (20)
  --database URL  a server to make databases on, and to drop them from (the embedded one)
  --out FILE      writes all figures as JSON, with the slowest queries of each kind
`
/** EX_USAGE of sysexits.h. */
const USAGE_EXIT_CODE = 64
const SIZES = [10_000, 100_000, 1_000_000]
const SMALL_SIZES = [1_000, 5_000]

export interface Options {
  /** Ascending. */
  readonly sizes: readonly number[]
  readonly queries: number
  readonly updateSeconds: number
  readonly database: string | null
  readonly out: string | null
}

/** Ends the process with the usage when it cannot understand its arguments. */
export function readOptions(): Options {
  try {
    const text = { type: 'string' } as const
    const { values } = parseArgs({
      options: {
        small: { type: 'boolean', default: false },
        ...{ sizes: text, queries: text, updates: text, database: text, out: text },
      },
    })
    const { small } = values
    const sizes = values.sizes?.split(',').map(positive) ?? (small ? SMALL_SIZES : SIZES)
    return {
      sizes: sizes.toSorted((one, other) => one - other),
      queries: positive(values.queries ?? (small ? '40' : '500')),
      updateSeconds: positive(values.updates ?? (small ? '2' : '20')),
      database: values.database ?? null,
      out: values.out ?? null,
    }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
    process.exit(USAGE_EXIT_CODE)
  }
}

function positive(value: string): number {
  if (!(Number(value) > 0)) throw new Error(`${value} is no number above 0`)
  return Number(value)
}
