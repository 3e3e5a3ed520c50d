/**
 * `npm run campaign -- <name>`: long runs that try to break what the hub promises, against the hub as
 * it ships in a process of its own. Ends with 1 when a promise did not hold. See CONTRIBUTING.md.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'

import { drawCurves } from './curve.js'
import { faultsOver } from './faults.js'
import { fuzz } from './fuzz.js'
import { ghosts } from './ghosts.js'
import { ledgerOver } from './ledger.js'
import { type Campaign, print, type Report } from './report.js'
import { rollingOver } from './rolling.js'
import { slowReaders } from './slow-readers.js'
import { storm } from './storm.js'

const campaigns: Readonly<Record<string, Campaign>> = {
  storm,
  'ledger:postgres': ledgerOver('postgres'),
  'ledger:redis': ledgerOver('redis'),
  'ledger:cluster': ledgerOver('cluster'),
  'faults:postgres': faultsOver('postgres'),
  'faults:redis': faultsOver('redis'),
  'faults:cluster': faultsOver('cluster'),
  'rolling:postgres': rollingOver('postgres'),
  'rolling:redis': rollingOver('redis'),
  fuzz,
  'slow-readers': slowReaders,
  ghosts,
}

/** EX_USAGE of sysexits.h. */
const USAGE_EXIT_CODE = 64

const [name = '', ...args] = process.argv.slice(2)
const kept = name === 'curve' ? await drawFiles(args) : await runCampaign()
process.exit(kept ? 0 : 1)

/** False when a promise did not hold. */
async function runCampaign(): Promise<boolean> {
  const { campaign, sizes, out } = readArguments()
  const report = await campaign.run(sizes)
  print(report)
  if (out !== null) {
    const at = new Date().toISOString()
    const run = { campaign: name, sizes, at, node: process.version, load: loadavg(), ...report }
    await writeFile(out, `${JSON.stringify(run, null, 2)}\n`)
  }
  return report.broken.length === 0
}

/** `curve IMAGE FILE…`: an SVG of what the hubs held in runs that were written with `--out`. */
async function drawFiles([image, ...files]: string[]): Promise<boolean> {
  if (image === undefined || files.length === 0) return refuse('curve: no files')
  const panels = []
  for (const file of files) {
    const run: Report & { campaign: string; sizes: Record<string, number> } = JSON.parse(
      await readFile(file, 'utf8'),
    )
    const sizes = Object.entries(run.sizes).filter(([flag]) => flag !== 'patience')
    const words = sizes.map(([flag, size]) => `${flag} ${size.toLocaleString('en')}`)
    const title = `${run.campaign} (${words.join(', ')})`
    panels.push({ title, samples: run.samples ?? [] })
  }
  await writeFile(image, drawCurves(panels))
  return true
}

/** Ends the process with the usage when it cannot understand its arguments. */
function readArguments() {
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
  lines.push('npm run campaign -- curve IMAGE FILE…: draws what the hubs of --out files held', '')
  return lines.join('\n')
}
