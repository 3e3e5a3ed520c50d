import { existsSync, readFileSync } from 'node:fs'

import { describe, expect, it } from '@jest/globals'

const document = readFileSync('docs/oauth-rfcs.md', 'utf8')

/** Every row of every table but the headings: its cells. */
const rows = document
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (?:-|section|requirement)/.test(line))
  .map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )

/** `test/e2e/x.spec.ts` › `title`, or a corpus and a case of it, once or several times. */
function proofsIn(cell: string): { file: string; title: string }[] {
  const found = cell.matchAll(/`([\w./-]+\.(?:spec\.ts|json))` › `([^`]+)`/g)
  return [...found].map(([, file = '', title = '']) => ({ file, title }))
}

describe('docs/oauth-rfcs.md', () => {
  it.each(['9700', '8252', '7636', '8628', '9449', '6749', '7009', '7662', '8414', '9207'])(
    'has a section on RFC %s',
    (rfc) => {
      expect(document).toMatch(new RegExp(`^## RFC ${rfc}: `, 'm'))
    },
  )

  it('names for each requirement a test, or says why there is none', () => {
    const without = rows.filter((cells) => {
      const last = cells.at(-1) ?? ''
      return proofsIn(last).length === 0 && !/^not applicable: .{10,}|^not done: .{10,}/.test(last)
    })
    expect(rows.length).toBeGreaterThan(150)
    expect(without).toEqual([])
  })

  it('names only tests that exist', () => {
    const missing = rows
      .flatMap((cells) => proofsIn(cells.at(-1) ?? ''))
      .filter(({ file, title }) => !existsSync(file) || !hasTest(file, title))
    expect(missing).toEqual([])
  })
})

/** Of a test its title, or the reason that a row of a table gives it; of a corpus the id of a case. */
function hasTest(file: string, title: string): boolean {
  const text = readFileSync(file, 'utf8')
  if (file.endsWith('.json')) return text.includes(`"id": "${title}"`)
  const line = text.replace(/\\'/g, "'").replace(/\s+/g, ' ')
  return [`'`, '"', '`'].some((quote) => line.includes(quote + title + quote))
}
