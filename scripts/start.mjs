/**
 * Builds what is needed and runs it in this very process, so that signals and exit codes are its
 * own: `npm start`, `npm run migrate`, `npm run seed`, `npm run demo`, `npm run bench`.
 */
import module from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { buildIfNeeded, checkPrerequisites, fail, root } from './build.mjs'

/** What to build, and what of it to run. */
const commands = {
  start: ['hub', 'src/main.js'],
  migrate: ['hub', 'src/migrate.js'],
  seed: ['hub', 'src/seed.js'],
  demo: ['tools', 'demo/demo.js'],
  bench: ['tools', 'bench/bench.js'],
  'bench:keys': ['tools', 'bench/key-checks.js'],
  'bench:search': ['tools', 'bench/search/search-bench.js'],
  campaign: ['tools', 'bench/campaigns/campaign.js'],
}

const [first = 'start', ...others] = process.argv.slice(2)
const isCommand = Object.hasOwn(commands, first)
const [target, entry] = commands[isCommand ? first : 'start']
if (!isCommand && !first.startsWith('-')) {
  fail(`${first} is none of the commands ${Object.keys(commands).join(', ')}`)
}

checkPrerequisites()
await buildIfNeeded(target, entry)

const path = join(root, 'dist', entry)
process.argv = [process.execPath, path, ...(isCommand ? others : process.argv.slice(2))]
// Node 22 and newer keep what they compiled: the next start is faster.
module.enableCompileCache?.(join(root, 'dist', '.cache'))
const parent = process.ppid
await import(pathToFileURL(path).href)
if (entry === 'src/main.js' && process.env.npm_lifecycle_event) stopWithParent()

/**
 * `kill <npm>` ends npm and the shell between it and this process, which hears nothing of it: take
 * the end of the shell for the signal, unless one came.
 */
function stopWithParent() {
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    process.kill(process.pid, 'SIGTERM')
  }, 200)
  watch.unref()
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => clearInterval(watch))
}
