import { parseArgs } from 'node:util'

const USAGE = `npm run bench -- [options]

  --small       a short run that shows that everything works; its figures say nothing
  --rounds N    turns of each system at relaying (15)
  --seconds N   of each turn (0.5)
  --pairs N     pairs of nodes, one frame in flight each (100)
  --idle N      idle sockets (15000)
  --out FILE    writes all figures as JSON
  --profile DIR writes the servers' CPU profiles
`
/** EX_USAGE of sysexits.h. */
const USAGE_EXIT_CODE = 64

export interface Options {
  readonly rounds: number
  readonly seconds: number
  readonly pairs: number
  readonly idle: number
  readonly out: string | null
  readonly profile: string | null
}

/** Ends the process with the usage when it cannot understand its arguments. */
export function readOptions(): Options {
  try {
    const { values } = parseArgs({
      options: {
        small: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        pairs: { type: 'string' },
        idle: { type: 'string' },
        out: { type: 'string' },
        profile: { type: 'string' },
      },
    })
    const { small } = values
    return {
      rounds: positive(values.rounds) ?? (small ? 1 : 15),
      seconds: positive(values.seconds) ?? (small ? 0.2 : 0.5),
      pairs: positive(values.pairs) ?? (small ? 10 : 100),
      idle: positive(values.idle) ?? (small ? 100 : 15_000),
      out: values.out ?? null,
      profile: values.profile ?? null,
    }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
    process.exit(USAGE_EXIT_CODE)
  }
}

function positive(value: string | undefined): number | null {
  if (value === undefined) return null
  if (!(Number(value) > 0)) throw new Error(`${value} is no number above 0`)
  return Number(value)
}
