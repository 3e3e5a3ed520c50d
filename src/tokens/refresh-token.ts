import type { DataKey } from '../database/data-key.js'

const PURPOSE = 'refresh token'
const ID_BYTES = 16
const GENERATION_BYTES = 4
const HEAD_BYTES = ID_BYTES + GENERATION_BYTES
const MAC_BYTES = 32
const LENGTH = Math.ceil(((HEAD_BYTES + MAC_BYTES) * 4) / 3)

export interface RefreshToken {
  readonly sessionId: string
  readonly generation: number
}

/**
 * `base64url(sid ‖ generation ‖ HMAC(key, sid ‖ generation))` (CONTRACT §4.2): a forged token dies
 * without a query, and a successor can be given again without being stored.
 */
export function writeRefreshToken(key: DataKey, { sessionId, generation }: RefreshToken): string {
  const head = Buffer.alloc(HEAD_BYTES)
  head.write(sessionId.replaceAll('-', ''), 'hex')
  head.writeUInt32BE(generation, ID_BYTES)
  return Buffer.concat([head, key.mac(PURPOSE, head)]).toString('base64url')
}

/** Null for anything this hub did not write, other spellings of what it wrote included. */
export function readRefreshToken(key: DataKey, token: string): RefreshToken | null {
  if (token.length !== LENGTH) return null
  const bytes = Buffer.from(token, 'base64url')
  if (bytes.toString('base64url') !== token) return null
  const head = bytes.subarray(0, HEAD_BYTES)
  if (!key.isMac(PURPOSE, head, bytes.subarray(HEAD_BYTES))) return null
  return { sessionId: uuidOf(head), generation: head.readUInt32BE(ID_BYTES) }
}

function uuidOf(bytes: Buffer): string {
  const hex = bytes.toString('hex', 0, ID_BYTES)
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
