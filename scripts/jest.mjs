/**
 * Runs jest with ESM switched on, whatever the shell: `npm test -- --testPathPatterns signaling`.
 */
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'

import { buildIfNeeded, checkPrerequisites } from './build.mjs'

checkPrerequisites()
const args = process.argv.slice(2)
// All but the unit tests and the recombined certificates use the built hub: their Postgres, the commands they start.
if (!/selectProjects[= ](unit|recombination)\b/.test(args.join(' ')))
  await buildIfNeeded('hub', 'src/main.js')

const jest = createRequire(import.meta.url).resolve('jest/bin/jest')
const { status } = spawnSync(
  process.execPath,
  ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning', jest, ...args],
  { stdio: 'inherit' },
)
process.exitCode = status ?? 1
