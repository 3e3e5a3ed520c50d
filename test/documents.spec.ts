import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

import { describe, expect, it } from '@jest/globals'
import { z } from 'zod'

const manifest = z
  .object({
    license: z.string(),
    scripts: z.record(z.string(), z.string()),
    dependencies: z.record(z.string(), z.string()),
    devDependencies: z.record(z.string(), z.string()),
    optionalDependencies: z.record(z.string(), z.string()),
  })
  .parse(JSON.parse(readFileSync('package.json', 'utf8')))

const atRoot = readdirSync('.').filter((name) => name.endsWith('.md'))
const below = readdirSync('docs', { recursive: true, encoding: 'utf8' }).map((path) =>
  join('docs', path),
)
const documents = [...atRoot, ...below.filter((path) => path.endsWith('.md'))]

describe('the quick start of README.md', () => {
  const readme = readFileSync('README.md', 'utf8')
  const [, block = ''] = /## Quick start.*?```sh\n(.*?)```/s.exec(readme) ?? []
  const commands = block
    .split('\n')
    .map((line) => line.replace(/\s*#.*$/, ''))
    .filter((line) => line !== '')
  const ci = readFileSync('.ci/run', 'utf8').split('\n')

  it('is at most five commands', () => {
    expect(commands.length).toBeGreaterThan(0)
    expect(commands.length).toBeLessThanOrEqual(5)
  })

  it.each(commands)('%s is run by CI', (command) => {
    const url = /^curl http:\/\/127\.0\.0\.1:8000(\/\S*)$/.exec(command)?.[1]
    const isRun = (line: string) =>
      url === undefined
        ? !line.startsWith('step ') && new RegExp(`(^|\\s)${command}( &)?$`).test(line)
        : line === `get "http://127.0.0.1:$port${url}"`
    expect(ci.filter(isRun)).toHaveLength(1)
  })

  it.each(commands.filter((command) => command.startsWith('npm ') && command !== 'npm ci'))(
    '%s is a script of package.json',
    (command) => {
      expect(manifest.scripts).toHaveProperty([command.replace(/^npm (run )?/, '')])
    },
  )
})

describe('CONTRIBUTING.md', () => {
  const text = readFileSync('CONTRIBUTING.md', 'utf8')
  const section = (title: string) =>
    (text.split(`### ${title}\n`)[1]?.split(/\n##/)[0] ?? '').trim().split('\n')

  it.each([
    ['At run time', manifest.dependencies],
    ['Optional', manifest.optionalDependencies],
    ['For development', manifest.devDependencies],
  ])('has a sentence for every package: %s', (title, packages) => {
    const lines = section(title)
    const named = lines.map((line) => /^- `([^`]+)`: \S.{10,}\.$/.exec(line)?.[1] ?? line)
    expect(named).toEqual(Object.keys(packages).sort((a, b) => a.localeCompare(b, 'en')))
  })

  it('names scripts that are there, and every script that people run', () => {
    const table = text.split('## Commands')[1]?.split('\n## ')[0] ?? ''
    const found = [...table.matchAll(/npm (?:run ([\w:]+)|(start|test)\b)/g)]
    const named = new Set(found.map(([, run, word]) => run ?? word ?? ''))
    const helpers = ['build', 'format', 'format:check', 'lint', 'check:types', 'test:architecture']
    const forPeople = Object.keys(manifest.scripts).filter((name) => !helpers.includes(name))
    expect([...named].sort()).toEqual(forPeople.sort())
  })
})

describe('package.json', () => {
  it('names every package that the hub imports', () => {
    const types = new Set<string>()
    const values = new Set<string>()
    for (const folder of ['src', 'migrations']) {
      for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        if (!path.endsWith('.ts') || path.endsWith('.spec.ts')) continue
        const text = readFileSync(join(folder, path), 'utf8')
        const statements = text.matchAll(
          /^(?:import|export)( type)?\s[^'";]*?from '([^'.][^']*)'|import\('([^'.][^']*)'\)/gm,
        )
        for (const [, type, from, late] of statements) {
          const specifier = from ?? late ?? ''
          if (specifier.startsWith('node:')) continue
          const [name = ''] = /^(@[^/]+\/)?[^/]+/.exec(specifier) ?? []
          ;(type ? types : values).add(name)
        }
      }
    }
    const missing = [...values].filter((name) => !(name in manifest.dependencies))
    const all = { ...manifest.dependencies, ...manifest.devDependencies }
    expect(values.size).toBeGreaterThan(10)
    expect(missing).toEqual([])
    expect([...types].filter((name) => !(name in all))).toEqual([])
  })
})

describe('package-lock.json', () => {
  const lock = z
    .object({
      packages: z.record(
        z.string(),
        z.object({
          resolved: z.string().optional(),
          optionalDependencies: z.record(z.string(), z.string()).optional(),
        }),
      ),
    })
    .parse(JSON.parse(readFileSync('package-lock.json', 'utf8')))
  const entries = Object.entries(lock.packages)

  it('names no registry, so that everybody uses their own', () => {
    expect(entries.filter(([, { resolved }]) => resolved !== undefined)).toEqual([])
  })

  it('locks the optional packages of every platform: without them npm ci refuses the file', () => {
    const missing = entries.flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies)
        .filter((name) => !placesOf(path, name).some((place) => place in lock.packages))
        .map((name) => `${path} needs ${name}`),
    )
    expect(missing).toEqual([])
  })
})

describe('docs/architecture.md', () => {
  it('has the import table of the test', () => {
    const test = readFileSync('test/architecture.spec.ts', 'utf8')
    const [, table = ''] = /const MAY_IMPORT[^{]*\{(.*?)\n\}/s.exec(test) ?? []
    const rows = [...table.matchAll(/^ {2}(\w+): \[(.*?)\],$/gm)].filter(
      ([, folder = '']) => !['common', 'identity', 'config'].includes(folder),
    )
    const enforced = rows.map(([, folder = '', names = '']) => [folder, wordsOf(names, /'(\w+)'/g)])

    const text = readFileSync('docs/architecture.md', 'utf8')
    const shown = [...text.matchAll(/^\| `(\w+)` +\|[^|]*\|([^|]*)\|$/gm)].map(
      ([, folder = '', names = '']) => [folder, wordsOf(names, /`(\w+)`/g)],
    )
    expect(shown.length).toBeGreaterThan(10)
    expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(enforced))
  })
})

describe('the licence', () => {
  it('is the text of the Free Software Foundation, unchanged', () => {
    const hash = createHash('sha256').update(readFileSync('LICENSE')).digest('hex')
    expect(hash).toBe('8486a10c4393cee1c25392769ddd3b2d6c242d6ec7928e1414efff7dfb2f07ef')
    expect(manifest.license).toBe('AGPL-3.0-only')
  })
})

describe('links between documents', () => {
  it.each(documents)('in %s lead somewhere', (path) => {
    const text = readFileSync(path, 'utf8').replaceAll(/```.*?```/gs, '')
    const broken = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^(https?:|mailto:)/.test(target))
      .filter((target) => !leadsSomewhere(path, target))
    expect(broken).toEqual([])
  })
})

function leadsSomewhere(from: string, target: string): boolean {
  const [file = '', anchor] = target.split('#')
  const path = file === '' ? from : normalize(join(dirname(from), file))
  if (!existsSync(path)) return false
  if (anchor === undefined) return true
  const headings = readFileSync(path, 'utf8').matchAll(/^#+ (.+)$/gm)
  return [...headings].some(([, title = '']) => slugOf(title) === anchor)
}

/** As GitHub makes anchors of headings. */
function slugOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')
}

/** Where npm may have put a package that `path` needs, the nearest first. */
function placesOf(path: string, name: string): string[] {
  const parts = path.split('/node_modules/')
  const above = parts.map((_, at) => parts.slice(0, parts.length - at).join('/node_modules/'))
  return [
    ...above.filter((each) => each !== '').map((each) => `${each}/node_modules/${name}`),
  ].concat(`node_modules/${name}`)
}

function wordsOf(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, word = '']) => word).sort()
}
