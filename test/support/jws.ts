import { constants, createHmac, sign, type KeyObject } from 'node:crypto'

/** A JWS's three parts, each base64url. */
export interface JwsParts {
  readonly header: string
  readonly payload: string
  readonly signature: string
}

/** Signs by hand, so that also what a library would refuse can be made. */
export function signJws(
  header: string | Buffer,
  payload: string | Buffer,
  signer: (input: Buffer) => Buffer,
): JwsParts {
  const [head, body] = [header, payload].map((part) => Buffer.from(part).toString('base64url'))
  const signature = signer(Buffer.from(`${head}.${body}`)).toString('base64url')
  return { header: head!, payload: body!, signature }
}

/** The compact serialisation as a template for `spell`. */
export const COMPACT = '{header}.{payload}.{signature}'

/**
 * Puts the parts into a template. `{signature}` is the part; `{signature^2}` has its last
 * character's unused bits turned by 2; `{signature:20}` is its first 20 characters; `{signature+}`
 * is in the alphabet of plain base64.
 */
export function spell(template: string, parts: JwsParts): string {
  return template.replace(
    /\{(header|payload|signature)(?:\^(\d+))?(?::(\d+))?(\+)?\}/g,
    (_whole, name: keyof JwsParts, bits?: string, length?: string, isPlain?: string) => {
      const text = bits === undefined ? parts[name] : turnTail(parts[name], Number(bits))
      const part = length === undefined ? text : text.slice(0, Number(length))
      return isPlain === undefined ? part : part.replaceAll('-', '+').replaceAll('_', '/')
    },
  )
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

function turnTail(text: string, bits: number): string {
  const turned = ALPHABET[ALPHABET.indexOf(text.at(-1)!) ^ bits]!
  return text.slice(0, -1) + turned
}

/** HMAC with SHA-256, 384 or 512. */
export function hmacSigner(bits: 256 | 384 | 512, secret: string | Buffer) {
  return (input: Buffer): Buffer => createHmac(`sha${bits}`, secret).update(input).digest()
}

/** What each `alg` of RFC 7518 §3.1, RFC 8037 and RFC 8812 does with a private key. */
export function keySigner(algorithm: string, key: KeyObject) {
  const hash = `sha${/\d+/.exec(algorithm)?.[0] ?? ''}`
  return (input: Buffer): Buffer => {
    if (algorithm.startsWith('ES')) return sign(hash, input, { key, dsaEncoding: 'ieee-p1363' })
    if (algorithm.startsWith('RS')) return sign(hash, input, key)
    if (algorithm.startsWith('PS')) return pssSigner(key, constants.RSA_PSS_SALTLEN_DIGEST)(input)
    return sign(null, input, key)
  }
}

/** RSA-PSS with SHA-256. */
export function pssSigner(key: KeyObject, saltLength: number) {
  const padding = constants.RSA_PKCS1_PSS_PADDING
  return (input: Buffer): Buffer => sign('sha256', input, { key, padding, saltLength })
}
