import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from '@jest/globals'

import { environmentSchema, SECRET_VARIABLES, variables } from '../src/config/environment.js'
import { secretKeyFault } from '../src/config/secret-key.js'

const lines = readFileSync('.env.example', 'utf8').split('\n')

interface Shown {
  readonly name: string
  readonly value: string
  readonly explanation: string
}

const shown = lines.flatMap((line, at): Shown[] => {
  const [, name, value] = /^#? ?([A-Z][A-Z_]*)=(.*)$/.exec(line) ?? []
  return name === undefined || value === undefined
    ? []
    : [{ name, value, explanation: lines[at - 1] ?? '' }]
})

describe('.env.example', () => {
  it('names every variable of the schema once, in its order, and no other', () => {
    expect(shown.map(({ name }) => name)).toEqual(variables.map(({ name }) => name))
  })

  it('shows the defaults that hold', () => {
    const documented = Object.fromEntries(shown.map(({ name, value }) => [name, value]))
    const actual = Object.fromEntries(variables.map((one) => [one.name, one.default ?? '']))
    expect(documented).toEqual(actual)
  })

  it('changes nothing when it is copied as it is', () => {
    expect(lines.filter((line) => line !== '' && !line.startsWith('#'))).toEqual([])
  })

  it.each(shown)('explains $name in one line', ({ name, explanation }) => {
    expect(explanation).toMatch(/^# \S.{15,}\.$/)
    expect(explanation.length).toBeLessThanOrEqual(120)
    expect(explanation).not.toContain(`${name}=`)
    expect(lines.filter((line) => line === explanation)).toHaveLength(1)
  })

  it('can be uncommented as a whole: every default is a legal value, empty ones are unset', () => {
    const filled = shown.filter(({ value }) => value !== '')
    const raw = Object.fromEntries(filled.map(({ name, value }) => [name, value]))
    expect(environmentSchema.safeParse(raw).error?.issues).toBeUndefined()
  })

  it('tells which secrets may come from files', () => {
    const head = lines.slice(0, lines.indexOf('# ---- Address ----')).join(' ')
    for (const name of SECRET_VARIABLES) expect(head).toContain(name)
  })
})

describe('secret keys that stand in our own files', () => {
  it('are all refused by the hub', () => {
    const accepted = documents().flatMap((path) =>
      publishedKeys(readFileSync(path, 'utf8'))
        .filter((key) => secretKeyFault(key) === null)
        .map((key) => `${path}: ${key}`),
    )
    expect(accepted).toEqual([])
  })

  it('are found in all the forms documents use', () => {
    const text = `SECRET_KEY=aaa1\n  SECRET_KEY: "bbb2"\n- SECRET_KEY_PREVIOUS='ccc3'\n\`SECRET_KEY=ddd4\`\nSECRET_KEY=\${X}`
    expect(publishedKeys(text)).toEqual(['aaa1', 'bbb2', 'ccc3', 'ddd4'])
  })
})

/** Literal values only: `$…` is filled in by a shell or by compose. */
function publishedKeys(text: string): string[] {
  return [...text.matchAll(/SECRET_KEY(?:_PREVIOUS)?["']?[ \t]*[=:][ \t]*["'`]?([^\s"'`$]+)/g)].map(
    ([, key = '']) => key,
  )
}

/** What somebody may copy a key from: everything at the root and under docs/ and deploy/. */
function documents(): string[] {
  const isDocument = /\.(md|ya?ml|toml|example|service|sh)$|^Dockerfile|Caddyfile$/
  const below = (directory: string) =>
    readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((path) =>
      join(directory, path),
    )
  const atRoot = readdirSync('.')
  const folders = ['docs', 'deploy'].filter((folder) => atRoot.includes(folder))
  return [...atRoot, ...folders.flatMap(below)].filter((path) => isDocument.test(path))
}
