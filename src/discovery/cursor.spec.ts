import { randomBytes } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'

import { DataKey } from '../database/data-key.js'
import { type Cursor, readCursor, writeCursor } from './cursor.js'
import { InvalidCursorError } from './discovery.errors.js'

const key = new DataKey(randomBytes(32))
const search = '7 {"text":"python"}'
const cursor: Cursor = {
  after: {
    rank: 812,
    updatedAt: new Date('2026-05-04T03:02:01.123Z'),
    accountId: 281_474_976_710_655,
  },
  shown: 20,
  asOf: new Date('2026-06-01T00:00:00.000Z'),
  needed: 2,
}

describe('a cursor', () => {
  it('is read as it was written, by the search that it belongs to', () => {
    expect(readCursor(writeCursor(cursor, search, key), search, key)).toEqual(cursor)
  })

  it('holds any place', () => {
    const place = fc.maxSafeInteger()
    const date = fc.date({ noInvalidDate: true })
    fc.assert(
      fc.property(place, date, place, place, date, place, (rank, updatedAt, id, shown, asOf, n) => {
        const some: Cursor = { after: { rank, updatedAt, accountId: id }, shown, asOf, needed: n }
        expect(readCursor(writeCursor(some, search, key), search, key)).toEqual(some)
      }),
    )
  })

  it('stands in an address as it is', () => {
    expect(writeCursor(cursor, search, key)).toMatch(/^[\w-]+\.[\w-]+$/)
  })

  it('is refused when one of its characters is another', () => {
    const written = writeCursor(cursor, search, key)
    // The last character of base64 has bits that mean nothing: another one may be the same bytes.
    const meaningless = [written.indexOf('.') - 1, written.length - 1]
    for (let at = 0; at < written.length; at++) {
      const others = ['A', 'z', '_', '.', ''].filter((other) => other !== written[at])
      for (const other of others) {
        const forged = written.slice(0, at) + other + written.slice(at + 1)
        if (meaningless.includes(at) && /[\w-]/.test(other) && isSame(forged, written)) continue
        expect(() => readCursor(forged, search, key)).toThrow(InvalidCursorError)
      }
    }
  })

  it('is refused when one of its bytes is another', () => {
    const parts = writeCursor(cursor, search, key)
      .split('.')
      .map((part) => Buffer.from(part, 'base64url'))
    for (const [index, part] of parts.entries()) {
      for (let at = 0; at < part.length; at++) {
        const changed = Buffer.from(part)
        changed.writeUInt8(changed.readUInt8(at) ^ (1 << (at % 8)), at)
        const forged = parts.toSpliced(index, 1, changed).map((each) => each.toString('base64url'))
        expect(() => readCursor(forged.join('.'), search, key)).toThrow(InvalidCursorError)
      }
    }
  })

  it.each([
    ['another search', '7 {"text":"rust"}'],
    ['another account', '8 {"text":"python"}'],
    ['no search', ''],
  ])('is refused for %s', (_what, other) => {
    const written = writeCursor(cursor, search, key)

    expect(() => readCursor(written, other, key)).toThrow(InvalidCursorError)
  })

  it('is refused under the key of another hub', () => {
    const written = writeCursor(cursor, search, new DataKey(randomBytes(32)))

    expect(() => readCursor(written, search, key)).toThrow(InvalidCursorError)
  })

  it.each(['', '.', 'abc', 'a.b', '....', 'W10.', '\u0000', 'W10.W10', '😀.😀'])(
    'is refused when it is none: %j',
    (written) => {
      expect(() => readCursor(written, search, key)).toThrow(InvalidCursorError)
    },
  )

  it('is refused as a fault of the parameter, with a code of its own', () => {
    const { code, status, issues } = new InvalidCursorError()

    expect([code, status, issues?.map(({ path }) => path)]).toEqual([
      'invalid_cursor',
      400,
      ['cursor'],
    ])
  })
})

function isSame(one: string, other: string): boolean {
  const bytesOf = (text: string) => text.split('.').map((part) => Buffer.from(part, 'base64url'))
  return JSON.stringify(bytesOf(one)) === JSON.stringify(bytesOf(other))
}
