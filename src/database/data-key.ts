import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'

import type { Secret } from '../common/secret.js'
import type { Queries } from './database.js'

const KEY_BYTES = 32
const IV_BYTES = 12
const TAG_BYTES = 16

/** Neither SECRET_KEY nor SECRET_KEY_PREVIOUS opens this database's data key. */
export class DataKeyError extends Error {
  constructor() {
    super(
      'SECRET_KEY: does not open the data key of this database. It was started with another ' +
        'secret; put that one into SECRET_KEY, or into SECRET_KEY_PREVIOUS to change over to the new one',
    )
    this.name = 'DataKeyError'
  }
}

/**
 * The hub's one data key. E-mail cipher and HMAC, refresh MACs and cursors each use a key of their
 * own derived from it (HKDF, RFC 5869). It is random, lies sealed in `hub_keys`, and outlives
 * SECRET_KEY: rotating that re-seals one row.
 */
export class DataKey {
  readonly #key: Buffer
  readonly #derived = new Map<string, Buffer>()

  constructor(key: Buffer) {
    this.#key = key
  }

  /** HMAC-SHA-256 under the key derived for `purpose`; 32 bytes. */
  mac(purpose: string, message: string | Buffer): Buffer {
    return createHmac('sha256', this.derive(purpose)).update(message).digest()
  }

  isMac(purpose: string, message: string | Buffer, mac: Buffer): boolean {
    const expected = this.mac(purpose, message)
    return mac.length === expected.length && timingSafeEqual(mac, expected)
  }

  /** AES-256-GCM: iv ‖ tag ‖ ciphertext. */
  seal(purpose: string, text: string): Buffer {
    return seal(this.derive(purpose), Buffer.from(text, 'utf8'))
  }

  /** @throws if the text was sealed by another key or for another purpose */
  open(purpose: string, sealed: Buffer): string {
    return open(this.derive(purpose), sealed).toString('utf8')
  }

  /** A key of its own for `purpose`, for whoever seals so much that a random nonce each would not do. */
  secretKey(purpose: string): KeyObject {
    return createSecretKey(hkdf(this.#key, purpose))
  }

  private derive(purpose: string): Buffer {
    let key = this.#derived.get(purpose)
    if (!key) {
      key = hkdf(this.#key, purpose)
      this.#derived.set(purpose, key)
    }
    return key
  }
}

/**
 * Reads the data key, or makes it on the first start. Instances that start together agree: the
 * first insert wins. A key sealed by the previous secret is sealed again by the current one.
 *
 * @throws DataKeyError
 */
export async function loadDataKey(
  queries: Queries,
  secretKey: Secret,
  previousSecretKey: Secret | null,
  now: Date,
): Promise<DataKey> {
  const current = wrappingKey(secretKey)
  await queries.rows(
    'INSERT INTO hub_keys (id, wrapped, created_at) VALUES (1, $1, $2) ON CONFLICT DO NOTHING',
    [seal(current, randomBytes(KEY_BYTES)), now],
  )
  const [row] = await queries.rows<{ wrapped: Buffer }>('SELECT wrapped FROM hub_keys WHERE id = 1')
  if (!row) throw new DataKeyError()

  const key = tryOpen(current, row.wrapped)
  if (key) return new DataKey(key)
  const former = previousSecretKey && tryOpen(wrappingKey(previousSecretKey), row.wrapped)
  if (!former) throw new DataKeyError()
  await queries.rows('UPDATE hub_keys SET wrapped = $1 WHERE id = 1', [seal(current, former)])
  return new DataKey(former)
}

function wrappingKey(secret: Secret): Buffer {
  return hkdf(Buffer.from(secret.reveal(), 'utf8'), 'data key wrap')
}

function hkdf(key: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', `dpc-federation-hub ${purpose}`, KEY_BYTES))
}

function seal(key: Buffer, plain: Buffer): Buffer {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  const text = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), text])
}

function open(key: Buffer, sealed: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, IV_BYTES))
  decipher.setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
  return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()])
}

function tryOpen(key: Buffer, sealed: Buffer): Buffer | null {
  try {
    return open(key, sealed)
  } catch {
    return null
  }
}
