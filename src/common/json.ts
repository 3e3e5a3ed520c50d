import { InvalidRequestError } from './hub-error.js'

/** Nesting allowed in any JSON a stranger sends (CONTRACT §3, DESIGN). */
export const MAX_JSON_DEPTH = 32

/**
 * Parses a request body: UTF-8 JSON, at most 32 levels deep, without NUL or lone surrogates
 * (Postgres can store neither, and no peer could show them).
 *
 * @throws InvalidRequestError naming where the fault is
 */
export function parseJsonBody(body: Buffer): unknown {
  const value = decode(body)
  check(value, [])
  return value
}

/**
 * A form (`application/x-www-form-urlencoded`), held to the same rules. A field given twice is a list,
 * for its schema to refuse (RFC 6749 §3.2).
 */
export function parseFormBody(body: Buffer): unknown {
  const fields = new Map<string, string | string[]>()
  for (const [name, value] of new URLSearchParams(body.toString('utf8'))) {
    const before = fields.get(name)
    if (before === undefined) fields.set(name, value)
    else if (typeof before === 'string') fields.set(name, [before, value])
    else before.push(value)
  }
  const form = Object.fromEntries(fields)
  check(form, [])
  return form
}

function decode(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (cause) {
    throw new InvalidRequestError('the body is not valid UTF-8 JSON', null, { cause })
  }
}

function check(value: unknown, path: readonly string[]): void {
  if (typeof value === 'string') checkText(value, path)
  if (value === Infinity || value === -Infinity) throw tooLarge(path)
  if (typeof value !== 'object' || value === null) return
  if (path.length >= MAX_JSON_DEPTH) {
    throw new InvalidRequestError(`the body is nested deeper than ${MAX_JSON_DEPTH} levels`)
  }
  for (const [key, entry] of Object.entries(value)) {
    checkText(key, path)
    check(entry, [...path, key])
  }
}

function checkText(text: string, path: readonly string[]): void {
  if (isCleanText(text)) return
  const where = path.join('.').slice(0, 64) || 'body'
  throw new InvalidRequestError(`${where}: holds a NUL character or a lone surrogate`, [
    { path: where, message: 'holds a NUL character or a lone surrogate' },
  ])
}

/** JSON has no limit for numbers, JavaScript has: `1e400` would be stored as null. */
function tooLarge(path: readonly string[]): InvalidRequestError {
  const where = path.join('.').slice(0, 64) || 'body'
  const message = 'holds a number too large to keep'
  return new InvalidRequestError(`${where}: ${message}`, [{ path: where, message }])
}

/** True for text that UTF-8 and Postgres can carry: no U+0000, no lone surrogate. */
export function isCleanText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed()
}
