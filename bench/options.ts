import { parseArgs } from 'node:util'

/** What can be measured; all of it unless told. */
export const PARTS = ['relay', 'idle', 'storm', 'curve'] as const
export type Part = (typeof PARTS)[number]

const USAGE = `npm run bench -- [options]

  --small        a short run that shows that everything works; its figures say nothing
  --only PARTS   some of ${PARTS.join(',')}
  --rounds N     turns of each system at relaying (15)
  --seconds N    of each turn (0.4)
  --pairs N      pairs of nodes, one frame in flight each (100)
  --idle N       idle sockets (15000)
  --storm N      sockets opened at once (2000)
  --sizes N,N    open sockets that a frame is timed among (1000,5000,19000)
  --out FILE     writes all figures as JSON
  --profile DIR  writes the servers' CPU profiles
`
/** EX_USAGE of sysexits.h. */
const USAGE_EXIT_CODE = 64

export interface Options {
  readonly only: readonly Part[]
  readonly rounds: number
  readonly seconds: number
  readonly pairs: number
  readonly idle: number
  readonly storm: number
  readonly sizes: readonly number[]
  readonly out: string | null
  readonly profile: string | null
}

/** Ends the process with the usage when it cannot understand its arguments. */
export function readOptions(): Options {
  try {
    const { values } = parseArgs({
      options: {
        small: { type: 'boolean', default: false },
        only: { type: 'string' },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        pairs: { type: 'string' },
        idle: { type: 'string' },
        storm: { type: 'string' },
        sizes: { type: 'string' },
        out: { type: 'string' },
        profile: { type: 'string' },
      },
    })
    const { small } = values
    return {
      only: (values.only?.split(',') ?? PARTS).map(part),
      rounds: positive(values.rounds) ?? (small ? 1 : 15),
      seconds: positive(values.seconds) ?? (small ? 0.1 : 0.4),
      pairs: positive(values.pairs) ?? (small ? 5 : 100),
      idle: positive(values.idle) ?? (small ? 50 : 15_000),
      storm: positive(values.storm) ?? (small ? 50 : 2_000),
      sizes: values.sizes?.split(',').map((each) => positive(each) ?? 0) ?? (small ? [40] : SIZES),
      out: values.out ?? null,
      profile: values.profile ?? null,
    }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
    process.exit(USAGE_EXIT_CODE)
  }
}

/** A process may open 20,000 files on many machines; the driver opens the fewest sockets twice. */
const SIZES = [1_000, 5_000, 19_000]

function part(name: string): Part {
  const known = PARTS.find((each) => each === name)
  if (!known) throw new Error(`${name} is none of ${PARTS.join(', ')}`)
  return known
}

function positive(value: string | undefined): number | null {
  if (value === undefined) return null
  if (!(Number(value) > 0)) throw new Error(`${value} is no number above 0`)
  return Number(value)
}
