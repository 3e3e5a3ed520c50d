/**
 * `npm run check:image`: builds the image of the Dockerfile without a container engine, and tries it.
 *
 * Every stage becomes a directory of its own, empty at first. COPY and RUN are done in it in order,
 * with the Node major that FROM names (npm's package `node` brings it) and with nothing of this
 * checkout but what .dockerignore lets through. The result then runs as its USER would, from files
 * it cannot write, against a Postgres of its own: migrate, start, health check, stop.
 *
 * What this cannot show: the base image's own files, and what an engine does about networks and
 * mounts. See docs/deploy.md.
 */
import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import dockerfileAst from 'dockerfile-ast'

const STEP_SECONDS = 600
const READY_SECONDS = 60
const STOP_SECONDS = 15
const isRoot = process.getuid?.() === 0

const ignored = (await readFile('.dockerignore', 'utf8')).split('\n')
const allowed = new Set(ignored.filter((line) => line.startsWith('!')).map((line) => line.slice(1)))
const leftOut = ignored.filter((line) => line.startsWith('**/*')).map((line) => line.slice(4))
const dockerfile = dockerfileAst.DockerfileParser.parse(await readFile('Dockerfile', 'utf8'))

const workshop = await mkdtemp(join(tmpdir(), 'hub-image-'))
await chmod(workshop, 0o755)
try {
  const image = await build()
  await tryOut(image)
} finally {
  openAgain(workshop)
  await rm(workshop, { recursive: true, force: true })
}

/** Does every instruction in order and resolves with the last stage: the image. */
async function build() {
  const stages = new Map()
  let stage = null
  for (const instruction of dockerfile.getInstructions()) {
    const keyword = instruction.getKeyword()
    const text = instruction.getArgumentsContent() ?? ''
    if (keyword === 'FROM') {
      const name = instruction.getBuildStage() ?? 'image'
      stage = await newStage(name, instruction.getImageTag() ?? '')
      stages.set(name, stage)
    }
    say(`${stage.name}: ${keyword} ${text.replace(/\s+/g, ' ').slice(0, 90)}`)
    if (keyword === 'WORKDIR') {
      stage.workdir = text
      await mkdir(inside(stage, text), { recursive: true })
    } else if (keyword === 'ENV') {
      for (const each of instruction.getProperties()) stage.env[each.getName()] = each.getValue()
    } else if (keyword === 'COPY') {
      await copy(instruction, stages, stage)
    } else if (keyword === 'RUN') {
      run('sh', ['-c', text], { cwd: inside(stage, stage.workdir), env: buildEnvironment(stage) })
    } else if (keyword === 'USER') {
      stage.user = text
    } else if (keyword === 'HEALTHCHECK') {
      stage.healthcheck = JSON.parse(text.slice(text.indexOf('[')))
    } else if (keyword === 'CMD') {
      stage.command = instruction.getJSONStrings().map((each) => each.getJSONValue())
    } else if (!['FROM', 'EXPOSE'].includes(keyword)) {
      throw new Error(`this script does not know ${keyword}`)
    }
  }
  return stage
}

/** An empty root with Node in it, the same major as the base image's. */
async function newStage(name, tag) {
  const root = join(workshop, name)
  const bin = join(root, 'usr/local/bin')
  await mkdir(bin, { recursive: true })
  await cp(findNode(Number.parseInt(tag, 10)), join(bin, 'node'), { dereference: true })
  return { name, root, bin, workdir: '/', env: {}, user: '0:0', healthcheck: null, command: null }
}

function findNode(major) {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath
  const args = ['-y', '-p', `node@${major}`, '--', 'node', '-p', 'process.execPath']
  return run('npx', args, { stdio: ['ignore', 'pipe', 'inherit'] }).trim()
}

async function copy(instruction, stages, stage) {
  const [target, ...sources] = instruction
    .getArguments()
    .map((each) => each.getValue())
    .reverse()
  const from = instruction.getFromFlag()?.getValue() ?? null
  const folder = inside(stage, target.startsWith('/') ? target : join(stage.workdir, target))
  for (const source of sources.reverse()) {
    if (from === null && !allowed.has(source)) throw new Error(`.dockerignore leaves out ${source}`)
    const path = from === null ? source : inside(stages.get(from), source)
    const to = target.endsWith('/') ? join(folder, basename(source)) : folder
    const isKept = (file) => from !== null || !leftOut.some((ending) => file.endsWith(ending))
    await cp(path, to, { recursive: true, filter: isKept, verbatimSymlinks: true })
  }
}

/** Runs the image as compose does: first the migrations, then the hub. */
async function tryOut(image) {
  await expectNoTools(image)
  const { openEmbeddedPostgres } = await import('../dist/src/database/embedded-postgres.js')
  const postgres = await openEmbeddedPostgres(join(workshop, 'postgres'), () => undefined)
  try {
    const port = await freePort()
    const options = {
      cwd: inside(image, image.workdir),
      env: {
        ...{ PATH: image.bin, HOME: '/nonexistent', ...image.env },
        ...{ HOST: '127.0.0.1', PORT: String(port), PUBLIC_URL: 'https://hub.example' },
        ...{ DATABASE_URL: postgres.url, SECRET_KEY: randomBytes(48).toString('base64') },
      },
      ...lockedFor(image),
    }
    say(`Node ${run(join(image.bin, 'node'), ['--version']).trim()}: dist/src/migrate.js`)
    run(join(image.bin, 'node'), ['dist/src/migrate.js'], options)
    await startAndStop(image, options, `http://127.0.0.1:${port}`)
  } finally {
    await postgres.stop()
  }
}

async function startAndStop(image, options, url) {
  say(image.command.join(' '))
  const begun = performance.now()
  const hub = spawn(join(image.bin, image.command[0]), image.command.slice(1), {
    ...options,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const exited = once(hub, 'exit')
  try {
    await untilHealthy(image, options, hub)
    say(`healthy after ${Math.round(performance.now() - begun)} ms`)
    for (const path of ['/livez', '/readyz', '/health', '/', '/docs', '/api/openapi.json']) {
      const answer = await fetch(url + path)
      say(`${path} ${answer.status} ${(await answer.text()).trim().slice(0, 160)}`)
      if (answer.status !== 200) throw new Error(`${path} is not 200`)
    }
    hub.kill('SIGTERM')
    const [code] = await Promise.race([exited, delay(STOP_SECONDS * 1_000, ['late'])])
    if (code !== 0) throw new Error(`after SIGTERM the hub ended with ${code}, not 0`)
    say('SIGTERM: ended with 0')
  } finally {
    hub.kill('SIGKILL')
  }
}

/** Asks by the image's own HEALTHCHECK. */
async function untilHealthy(image, options, hub) {
  const [program, ...args] = image.healthcheck
  const giveUpAt = performance.now() + READY_SECONDS * 1_000
  while (performance.now() < giveUpAt && hub.exitCode === null) {
    const { status } = spawnSync(join(image.bin, program), args, options)
    if (status === 0) return
    await delay(100)
  }
  throw new Error('the hub did not become healthy')
}

/** Neither development tools nor the embedded Postgres belong in an image: the lock file knows them. */
async function expectNoTools(image) {
  const { packages } = JSON.parse(await readFile('package-lock.json', 'utf8'))
  const root = inside(image, image.workdir)
  const found = Object.entries(packages)
    .filter(([path, { dev, optional, devOptional }]) => path && (dev || optional || devOptional))
    .map(([path]) => path)
    .filter((path) => existsSync(join(root, path)))
  if (found.length > 0) throw new Error(`the image holds ${found.join(', ')}`)
  const size = run('du', ['-sm', inside(image, image.workdir)]).split('\t')[0]
  say(`no development or optional dependency in the image; ${image.workdir} is ${size} MB`)
}

/** As the image's USER, on files it cannot write. Without root: as this user, on read-only files. */
function lockedFor(image) {
  const [uid, gid] = image.user.split(':').map(Number)
  if (!(uid > 0)) throw new Error(`USER ${image.user} is root, or no number`)
  if (isRoot) return { uid, gid }
  run('chmod', ['-R', 'a-w', image.root])
  return {}
}

function openAgain(folder) {
  if (!isRoot) spawnSync('chmod', ['-R', 'u+w', folder])
}

/** For RUN: this machine's environment, for its npm, without what `npm run` adds to it. */
function buildEnvironment({ bin, env }) {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(npm_(package|lifecycle|command|execpath)|NODE_ENV$|INIT_CWD$)/.test(name),
  )
  return { ...Object.fromEntries(own), PATH: `${bin}:${process.env.PATH}`, ...env }
}

function inside(stage, path) {
  return join(stage.root, path)
}

function run(program, args, options = {}) {
  const stdio = ['ignore', 'pipe', 'pipe']
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    stdio,
    encoding: 'utf8',
    timeout: STEP_SECONDS * 1_000,
    ...options,
  })
  if (status === 0) return stdout
  throw new Error(`${program} ${args.join(' ')} failed\n${stdout ?? ''}\n${stderr ?? error ?? ''}`)
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

function say(line) {
  process.stdout.write(`${line}\n`)
}
