import { z } from 'zod'

import type { DataKey } from '../database/data-key.js'
import { InvalidCursorError } from './discovery.errors.js'
import type { Position } from './search-request.js'

const PURPOSE = 'search cursor'

/** Where the next page of one search begins. */
export interface Cursor {
  readonly after: Position
  /** Results that the pages before have shown. */
  readonly shown: number
  readonly asOf: Date
  readonly needed: number
}

const fields = z.tuple([z.int(), z.int(), z.int(), z.int(), z.int(), z.int()])

/**
 * base64url of the fields as JSON, and of an HMAC over them and `search`: who asks, and for what. Nobody can
 * make one up, or carry on another's search.
 */
export function writeCursor(cursor: Cursor, search: string, key: DataKey): string {
  const { after, shown, asOf, needed } = cursor
  const { rank, updatedAt, accountId } = after
  const position = [rank, updatedAt.getTime(), accountId]
  const text = JSON.stringify([...position, shown, asOf.getTime(), needed])
  const mac = key.mac(PURPOSE, `${text}\n${search}`)
  return `${Buffer.from(text).toString('base64url')}.${mac.toString('base64url')}`
}

/** @throws InvalidCursorError */
export function readCursor(written: string, search: string, key: DataKey): Cursor {
  const [body = '', mac = ''] = written.split('.')
  const text = Buffer.from(body, 'base64url').toString()
  if (!key.isMac(PURPOSE, `${text}\n${search}`, Buffer.from(mac, 'base64url'))) {
    throw new InvalidCursorError()
  }
  const [rank, updatedAt, accountId, shown, asOf, needed] = fields.parse(JSON.parse(text))
  return {
    after: { rank, updatedAt: new Date(updatedAt), accountId },
    shown,
    asOf: new Date(asOf),
    needed,
  }
}
