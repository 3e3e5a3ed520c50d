/**
 * `npm run campaign -- <name>`: long runs that try to break what the hub promises, against the hub as
 * it ships in a process of its own. Ends with 1 when a promise did not hold. See CONTRIBUTING.md.
 */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'

import { fuzz } from './fuzz.js'
import { ghosts } from './ghosts.js'
import { ledgerOver } from './ledger.js'
import { type Campaign, print } from './report.js'
import { slowReaders } from './slow-readers.js'
import { storm } from './storm.js'

const campaigns: Readonly<Record<string, Campaign>> = {
  storm,
  'ledger:postgres': ledgerOver('postgres'),
  'ledger:redis': ledgerOver('redis'),
  'ledger:cluster': ledgerOver('cluster'),
  fuzz,
  'slow-readers': slowReaders,
  ghosts,
}

/** EX_USAGE of sysexits.h. */
const USAGE_EXIT_CODE = 64

const { campaign, sizes, out } = readArguments(process.argv.slice(2))
const report = await campaign.run(sizes)
print(report)
if (out !== null) await writeFile(out, `${JSON.stringify(report, null, 2)}\n`)
process.exit(report.broken.length === 0 ? 0 : 1)

/** Ends the process with the usage when it cannot understand its arguments. */
function readArguments([name = '', ...args]: string[]) {
  const known = Object.hasOwn(campaigns, name) ? campaigns[name] : undefined
  if (!known) return refuse(`no campaign ${name}`)
  try {
    const number = { type: 'string' } as const
    const { values } = parseArgs({
      args,
      options: {
        small: { type: 'boolean', default: false },
        out: number,
        ...Object.fromEntries(Object.keys(known.sizes).map((flag) => [flag, number])),
      },
    })
    const given: Readonly<Record<string, string | boolean | undefined>> = values
    const read = Object.entries(known.sizes).map(([flag, size]) => {
      const text = given[flag] ?? size[given.small === true ? 'small' : 'full']
      if (!(Number(text) >= 0)) throw new Error(`--${flag}: ${String(text)} is no number`)
      return [flag, Number(text)] as const
    })
    const out = typeof given.out === 'string' ? given.out : null
    return { campaign: known, sizes: Object.fromEntries(read), out }
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }
}

function refuse(why: string): never {
  process.stderr.write(`${why}\n\n${usage()}`)
  process.exit(USAGE_EXIT_CODE)
}

function usage(): string {
  const lines = ['npm run campaign -- <name> [--small] [--out FILE] [options]', '']
  for (const [name, { about, sizes }] of Object.entries(campaigns)) {
    lines.push(`${name}: ${about}`)
    for (const [flag, { full, small, what }] of Object.entries(sizes)) {
      lines.push(`  --${flag} N`.padEnd(16) + `${what} (${full}; small: ${small})`)
    }
    lines.push('')
  }
  return lines.join('\n')
}
