/**
 * `npm run dev`: the hub, started anew after every change that compiles.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { buildIfNeeded, checkPrerequisites, root } from './build.mjs'

checkPrerequisites()
await buildIfNeeded('hub', 'src/main.js')

const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const options = ['-p', 'tsconfig.build.json', '--watch', '--preserveWatchOutput']
const compiler = spawn(process.execPath, [tsc, ...options], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
})

let hub = null
let isStopping = false
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, stop)

for await (const line of createInterface({ input: compiler.stdout })) {
  if (line.trim() !== '') console.log(line)
  if (line.includes('Found 0 errors')) await restart()
}

async function restart() {
  await end()
  if (isStopping) return
  const main = join(root, 'dist', 'src', 'main.js')
  hub = spawn(process.execPath, [main, ...process.argv.slice(2)], {
    stdio: 'inherit',
    // Out of reach of Ctrl-C: it gets one signal from here, for at a second it would not wait.
    detached: process.platform !== 'win32',
  })
}

async function end() {
  if (hub === null || hub.exitCode !== null || hub.signalCode !== null) return
  const exited = once(hub, 'exit')
  hub.kill('SIGTERM')
  await exited
}

async function stop() {
  const isAgain = isStopping
  isStopping = true
  compiler.kill()
  await end()
  process.exit(isAgain ? 1 : 0)
}
