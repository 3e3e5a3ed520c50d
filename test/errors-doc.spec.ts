import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from '@jest/globals'

import { LOGIN_FAILURES } from '../src/auth/auth.errors.js'
import { ERROR_STATUS } from '../src/docs/error-codes.js'
import { CERTIFICATE_ERROR_CODES } from '../src/identity/certificate.errors.js'
import { closeCodes } from '../src/sockets/close-codes.js'

const document = readFileSync('docs/errors.md', 'utf8')

/** What `ws` closes with by itself, when a peer breaks RFC 6455. */
const CODES_OF_WS = [1002, 1007]
/** A HubError that only ever becomes an error frame. */
const FRAME_ONLY = 'not_allowed'

/** The rows of all tables below a heading: their cells, back-ticks taken off. */
function rowsBelow(heading: string): string[][] {
  const section = document.split(/^## /m).find((each) => each.startsWith(`${heading}\n`))
  if (section === undefined) throw new Error(`docs/errors.md has no section ${heading}`)
  return section
    .split('\n')
    .filter((line) => /^\| (`|\d)/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.replaceAll('`', '').trim()),
    )
}

/** Those with a status: HTTP errors. */
const http = [
  'Any route',
  'Login and refresh',
  'Nodes',
  'Prekeys',
  'Profiles',
  'Opening the socket',
]
  .flatMap(rowsBelow)
  .filter((cells) => cells.length === 4)

/** `400, 409`: the usual one first. */
function statusesIn(cell = ''): number[] {
  return cell.split(', ').map(Number)
}

interface ErrorClass {
  readonly name: string
  readonly parent: string
  readonly code: string | null
  readonly status: number | null
}

/** Every class of src that extends an error class, read from its text. */
const classes: ErrorClass[] = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts'))
  .flatMap((path) => {
    const text = readFileSync(join('src', path), 'utf8')
    const bodies = text.matchAll(/class (\w+) extends (\w+) \{(.*?)^\}/gms)
    return [...bodies].map(([, name = '', parent = '', body = '']) => ({
      name,
      parent,
      code: /\bcode(?:: string)? = '(\w+)'/.exec(body)?.[1] ?? null,
      status: Number(/\bstatus(?:: number)? = (\d{3})/.exec(body)?.[1] ?? 0) || null,
    }))
  })

function statusOf(name: string): number | null {
  const found = classes.find((each) => each.name === name)
  return found?.status ?? (found ? statusOf(found.parent) : null)
}

function isHubError(name: string): boolean {
  const found = classes.find((each) => each.name === name)
  return name === 'HubError' || (found !== undefined && isHubError(found.parent))
}

const thrown = new Map<string, number | null>([
  ...classes.flatMap(({ name, code }) =>
    code !== null && isHubError(name) ? [[code, statusOf(name)] as const] : [],
  ),
  ...CERTIFICATE_ERROR_CODES.map((code) => [code, statusOf('CertificateError')] as const),
])

describe('docs/errors.md', () => {
  it('has every error_code of HTTP with its status, and no other', () => {
    const documented = http.map(([code, status]) => [code, statusesIn(status)[0]])
    const inCode = [...thrown].filter(([code]) => code !== FRAME_ONLY)

    expect(inCode.length).toBeGreaterThan(50)
    expect(documented.sort()).toEqual(inCode.sort())
  })

  it('agrees with the OpenAPI document', () => {
    expect([...ERROR_STATUS].sort()).toEqual(
      http.map(([code, status]) => [code, statusesIn(status)]).sort(),
    )
  })

  it('says of each what it means and what a client does', () => {
    const rows = [...http, ...rowsBelow('Error frames'), ...rowsBelow('Close codes')]
    for (const row of rows)
      expect(row.slice(-2)).toEqual([
        expect.stringMatching(/^\S.{6,}/s),
        expect.stringMatching(/^\S.{4,}/s),
      ])
  })

  it('has every word a failed login ends with', () => {
    const words = rowsBelow('Login and refresh').filter((cells) => cells.length === 2)
    expect(words.map(([word]) => word)).toEqual(Object.keys(LOGIN_FAILURES))
  })

  it('has every code of an error frame, and no other', () => {
    const frames = readFileSync('src/signaling/protocol/frames.ts', 'utf8')
    const union = /export type FrameErrorCode =\n((?: {2}\| '\w+'\n)+)/.exec(frames)?.[1] ?? ''
    const inCode = [...union.matchAll(/'(\w+)'/g)].map(([, code]) => code)

    expect(inCode).toContain(FRAME_ONLY)
    expect(
      rowsBelow('Error frames')
        .map(([code]) => code)
        .sort(),
    ).toEqual(inCode.sort())
  })

  it('has every close code, and no other', () => {
    const documented = rowsBelow('Close codes').map(([code]) => Number(code))
    expect(documented).toEqual([...Object.values(closeCodes), ...CODES_OF_WS].sort())
  })
})

describe('the error classes of src', () => {
  it('stand in files named *.errors.ts, or in common/hub-error.ts', () => {
    const elsewhere = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter(
        (path) => path.endsWith('.ts') && !/\.errors\.ts$|hub-error\.ts$|\.spec\.ts$/.test(path),
      )
      .filter((path) =>
        /extends (HubError|NotFoundError|InvalidRequestError)\b/.test(
          readFileSync(join('src', path), 'utf8'),
        ),
      )
    expect(elsewhere).toEqual([])
  })

  it('have codes in snake_case', () => {
    for (const code of thrown.keys()) expect(code).toMatch(/^[a-z0-9]+(_[a-z0-9]+)*$/)
  })
})
