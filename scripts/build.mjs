/**
 * Compiles what the commands run, if it is not compiled yet. For scripts; uses Node alone, so that
 * it can say what is missing.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const dist = join(root, 'dist')
const lock = join(dist, '.building')
const buildInfo = join(dist, '.tsbuildinfo')

/**
 * The hub is what the image holds; the tools are built on top of it, into the same folder. Campaigns share
 * what breaks things and judges with the tests.
 */
const targets = {
  hub: { config: 'tsconfig.build.json', folders: ['src', 'migrations'] },
  tools: {
    config: 'tsconfig.tools.json',
    folders: ['src', 'migrations', 'demo', 'bench', 'test/support'],
  },
}

/** Ends the process with one line that says what to do, when Node or the packages are not there. */
export function checkPrerequisites() {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  if (!satisfies(process.versions.node, engines.node)) {
    fail(`Node ${engines.node} is needed, this is ${process.versions.node}`)
  }
  try {
    createRequire(join(root, 'package.json')).resolve('pg')
  } catch {
    fail('the packages are not installed: run npm ci first')
  }
}

/** Builds `target` unless `entry`, a path in dist, is there and as new as its sources. */
export async function buildIfNeeded(target, entry) {
  const output = join(dist, entry)
  const sources = stampOf(targets[target].folders)
  if (isBuilt(target, output, sources)) return
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  if (!existsSync(tsc)) {
    // Without the development packages, what was built elsewhere is all there is.
    if (existsSync(output)) return
    fail(`dist/${entry} is missing, and so is TypeScript to build it: run npm ci first`)
  }

  await takeLock()
  const isDone = isBuilt(target, output, sources) || compile(target, tsc, output)
  rmSync(lock, { force: true })
  if (!isDone) fail('the build failed')
}

export function fail(message) {
  console.error(message)
  process.exit(1)
}

function compile(target, tsc, output) {
  console.log('building…')
  // tsc writes only what changed since the last build, even if somebody has removed the rest.
  if (!existsSync(output)) rmSync(buildInfo, { force: true })
  // Before the build: what is edited meanwhile is built again next time.
  const built = target === 'tools' ? ['tools', 'hub'] : ['hub']
  const stamps = built.map((each) => [stampFile(each), stampOf(targets[each].folders)])
  const options = { cwd: root, stdio: 'inherit' }
  const { status } = spawnSync(process.execPath, [tsc, '-p', targets[target].config], options)
  if (status !== 0 || !existsSync(output)) return false
  for (const [file, stamp] of stamps) writeFileSync(file, stamp)
  return true
}

function isBuilt(target, output, sources) {
  const file = stampFile(target)
  return existsSync(output) && existsSync(file) && readFileSync(file, 'utf8') === sources
}

function stampFile(target) {
  return join(dist, `.built-${target}`)
}

/** Names, sizes and times of all sources in one hash. */
function stampOf(folders) {
  const configs = readdirSync(root).filter((name) => /^(tsconfig.*|package)\.json$/.test(name))
  const files = folders.flatMap((folder) => filesIn(folder)).filter((file) => isSource(file))
  const hash = createHash('sha256')
  for (const file of [...configs, ...files].sort()) {
    const { size, mtimeMs } = statSync(join(root, file))
    hash.update(`${file} ${size} ${mtimeMs}\n`)
  }
  return hash.digest('hex')
}

function filesIn(folder) {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    return entry.isDirectory() ? filesIn(path) : [path]
  })
}

function isSource(file) {
  return file.endsWith('.ts') && !/\.(spec|contract)\.ts$/.test(file)
}

/** Two commands started at once (a hub and its seed) must not write the same files. */
async function takeLock() {
  mkdirSync(dist, { recursive: true })
  const mine = `${lock}-${process.pid}`
  writeFileSync(mine, String(process.pid))
  try {
    while (!isTaken(mine)) await delay(100)
  } finally {
    rmSync(mine, { force: true })
  }
}

function isTaken(mine) {
  try {
    linkSync(mine, lock) // fails if it is there, and is never there without its content
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
  try {
    if (!isAlive(Number(readFileSync(lock, 'utf8')))) rmSync(lock, { force: true })
  } catch (error) {
    if (error.code !== 'ENOENT') throw error // else it was given back just now
  }
  return false
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Understands what package.json uses: `^20.19.0 || >=24.11.0`. */
function satisfies(version, ranges) {
  const [major, minor] = version.split('.').map(Number)
  return ranges.split('||').some((range) => {
    const [, kind, wantedMajor, wantedMinor] = /(\^|>=)(\d+)\.(\d+)/.exec(range)
    if (major === Number(wantedMajor)) return minor >= Number(wantedMinor)
    return kind === '>=' && major > Number(wantedMajor)
  })
}
