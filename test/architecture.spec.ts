import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

import { describe, expect, it } from '@jest/globals'

const VALUES = ['common', 'identity', 'config']

/**
 * Who may import whom, besides the values. Files at the top of src put the app together and may
 * import everything; nobody imports them. A change here is a change of architecture and needs an
 * ADR; the picture in docs/architecture.md is drawn from this table.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  common: [],
  identity: [],
  config: [],

  database: [],
  redis: [],

  instances: ['database', 'redis'],

  audit: ['database'],
  accounts: ['database'],
  tokens: ['audit', 'instances', 'database', 'redis', 'limits'],
  limits: ['database', 'redis'],
  sockets: [],
  ice: [],

  presence: ['instances', 'database', 'redis'],
  routing: ['presence', 'sockets', 'instances', 'database', 'redis'],

  auth: ['audit', 'accounts', 'tokens', 'limits', 'database'],
  nodes: ['audit', 'accounts', 'presence', 'tokens', 'limits', 'database'],
  profiles: ['nodes', 'audit', 'accounts', 'presence', 'tokens', 'limits', 'database'],
  discovery: ['profiles', 'presence', 'tokens', 'limits', 'database'],
  signaling: ['routing', 'tokens', 'limits', 'instances', 'sockets', 'ice'],
  federation: ['routing', 'discovery', 'presence', 'limits', 'sockets', 'database'],
  health: ['database', 'redis', 'routing', 'tokens', 'limits'],

  // Describes what the edges answer; nobody imports it.
  docs: ['auth', 'nodes', 'profiles', 'discovery', 'health', 'ice', 'tokens', 'limits'],
  // A command of its own that fills a development database.
  seed: ['accounts', 'tokens', 'nodes', 'profiles', 'database'],
}

/** The values row, seen from itself. */
const VALUES_MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  common: [],
  identity: ['common'],
  config: ['common'],
}

/** Files over 300 lines, each with its reason (STYLE §3.14). */
const LONG_FILES: Readonly<Record<string, string>> = {}

interface SourceFile {
  /** Below src, with forward slashes. */
  readonly path: string
  /** Null for a file at the top of src. */
  readonly folder: string | null
  readonly text: string
  /** Of our own files, as paths below src. Those outside src keep their `..`. */
  readonly imports: readonly string[]
}

const files: SourceFile[] = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts'))
  .map((path) => {
    const text = readFileSync(join('src', path), 'utf8')
    const found = text.matchAll(/\b(?:from|import|import\()\s*'(\.[^']+)'/g)
    const imports = [...found].map(([, target = '']) =>
      normalize(join(dirname(path), target)).replaceAll('\\', '/'),
    )
    return { path, folder: folderOf(path), text, imports }
  })

const hubFiles = files.filter(({ path }) => !path.endsWith('.spec.ts'))

function folderOf(path: string): string | null {
  return path.includes('/') ? (path.split('/')[0] ?? null) : null
}

describe('the import table', () => {
  it('has a row for every folder of src', () => {
    const folders = new Set(files.flatMap(({ folder }) => folder ?? []))
    expect([...folders].filter((folder) => !(folder in MAY_IMPORT))).toEqual([])
  })

  it('has no cycle: what a folder may import may not import it, over any number of steps', () => {
    const above = (folder: string, seen: readonly string[]): void => {
      if (seen.includes(folder)) throw new Error([...seen, folder].join(' → '))
      for (const next of allowedOf(folder)) above(next, [...seen, folder])
    }
    for (const folder of Object.keys(MAY_IMPORT)) expect(() => above(folder, [])).not.toThrow()
  })

  it('is kept by every file', () => {
    const broken = files.flatMap(({ path, folder, imports }) =>
      folder === null
        ? []
        : imports
            .filter((target) => !isAllowed(path, folder, target))
            .map((target) => `${path} imports ${target}`),
    )
    expect(broken).toEqual([])
  })

  it('names only folders that are there or planned', () => {
    const planned = ['federation']
    const folders = new Set([...files.flatMap(({ folder }) => folder ?? []), ...planned])
    expect(Object.keys(MAY_IMPORT).filter((folder) => !folders.has(folder))).toEqual([])
  })
})

describe('every file of src', () => {
  it('imports no file that imports it, over any number of steps, types left out', () => {
    const cycles = cyclesOf(new Map(hubFiles.map((file) => [file.path, runtimeImports(file)])))
    expect(cycles).toEqual([])
  })

  it('reads the environment in src/config only', () => {
    expect(
      thatMatch(/process\s*\.\s*env\b|process\[|loadEnvFile/, (path) => path.startsWith('config/')),
    ).toEqual([])
  })

  it('asks the time of common/clock.ts only', () => {
    // The claim on DATA_DIR stamps a file: that is the file system's time, whatever tests do to theirs.
    const mayAsk = ['common/clock.ts', 'database/claim.ts']
    expect(thatMatch(/\bDate\.now\b|\bnew Date\(\)/, (path) => mayAsk.includes(path))).toEqual([])
  })

  it('names what it exports', () => {
    expect(thatMatch(/^export default\b/m)).toEqual([])
  })

  it('resolves dependencies without forwardRef, ModuleRef or barrels', () => {
    expect(thatMatch(/\bforwardRef\b|\bModuleRef\b/)).toEqual([])
    expect(files.filter(({ path }) => /(^|\/)index\.ts$/.test(path))).toEqual([])
  })

  it('leaves no TODO and no suppressed lint', () => {
    expect(thatMatch(/\bTODO\b|\bFIXME\b|@ts-ignore|@ts-expect-error|@ts-nocheck/)).toEqual([])
    expect(thatMatch(/eslint-disable/)).toEqual([])
  })

  it('has at most 300 lines, or a reason', () => {
    const long = hubFiles.filter(({ text }) => text.split('\n').length > 301)
    expect(long.map(({ path }) => path).sort()).toEqual(Object.keys(LONG_FILES).sort())
  })

  it('is of no name that two platforms would read differently', () => {
    expect(files.filter(({ path }) => !/^[a-z0-9./-]+$/.test(path))).toEqual([])
  })
})

function allowedOf(folder: string): readonly string[] {
  return VALUES_MAY_IMPORT[folder] ?? [...VALUES, ...(MAY_IMPORT[folder] ?? [])]
}

/** Migrations stand beside src, for the database alone; what tests share stands in test/support. */
function isAllowed(path: string, folder: string, target: string): boolean {
  if (target.startsWith('../migrations/')) return folder === 'database'
  if (target.startsWith('../test/support/')) return path.endsWith('.spec.ts')
  const to = folderOf(target)
  return to === folder || (to !== null && allowedOf(folder).includes(to))
}

function thatMatch(pattern: RegExp, mayDo: (path: string) => boolean = () => false): string[] {
  return hubFiles
    .filter(({ path, text }) => !mayDo(path) && pattern.test(text))
    .map(({ path }) => path)
}

/** `import type` and `import { type … }` alone vanish when the file is compiled. */
function runtimeImports({ path, text }: SourceFile): string[] {
  const statements = text.matchAll(
    /^(?:import|export)\s+(?!type\b)([^'"]*?)\s*from '(\.[^']+)\.js'/gms,
  )
  return [...statements].flatMap(([, names = '', target = '']) => {
    const named = /\{(.*)\}/s
      .exec(names)?.[1]
      ?.split(',')
      .map((name) => name.trim()) ?? ['*']
    const isTypesOnly = named.every((name) => name === '' || name.startsWith('type '))
    return isTypesOnly ? [] : [`${normalize(join(dirname(path), target))}.ts`.replaceAll('\\', '/')]
  })
}

/** Each cycle once, as `a → b → a`. */
function cyclesOf(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (file: string, way: readonly string[]): void => {
    const at = way.indexOf(file)
    if (at >= 0) cycles.push([...way.slice(at), file].join(' → '))
    if (at >= 0 || done.has(file)) return
    for (const next of imports.get(file) ?? []) visit(next, [...way, file])
    done.add(file)
  }
  for (const file of imports.keys()) visit(file, [])
  return cycles
}
