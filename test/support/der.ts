/**
 * Writes DER, and anything that only looks like it: the tests bend each byte they need.
 * Every function returns one complete tag-length-value.
 */
export type Der = Buffer

/** A definite length in its shortest form. */
export function derLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const hex = length.toString(16)
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes])
}

export function tlv(tag: number, ...content: readonly Uint8Array[]): Der {
  const body = Buffer.concat(content)
  return Buffer.concat([Buffer.from([tag]), derLength(body.length), body])
}

export const sequence = (...items: readonly Der[]): Der => tlv(0x30, ...items)
export const set = (...items: readonly Der[]): Der => tlv(0x31, ...items)
export const octets = (content: Uint8Array): Der => tlv(0x04, content)
export const bits = (content: Uint8Array, unused = 0): Der =>
  tlv(0x03, Buffer.from([unused]), content)
export const nul = (): Der => tlv(0x05)
export const boolean = (value: boolean): Der => tlv(0x01, Buffer.from([value ? 0xff : 0]))
/** `[number]`, explicit: constructed, context-specific. */
export const explicit = (number: number, ...items: readonly Der[]): Der =>
  tlv(0xa0 | number, ...items)

export const utf8 = (text: string): Der => tlv(0x0c, Buffer.from(text, 'utf8'))
export const printable = (text: string): Der => tlv(0x13, Buffer.from(text, 'latin1'))
export const teletex = (text: string): Der => tlv(0x14, Buffer.from(text, 'latin1'))
export const ia5 = (text: string): Der => tlv(0x16, Buffer.from(text, 'latin1'))
export const bmp = (text: string): Der => tlv(0x1e, Buffer.from(text, 'utf16le').swap16())
export const universal = (text: string): Der =>
  tlv(0x1c, ...Array.from(text, (c) => Buffer.from([0, 0, 0, c.charCodeAt(0)])))

/** INTEGER in its shortest two's complement form. */
export function integer(value: bigint | number): Der {
  const wanted = BigInt(value)
  let length = 1
  while (BigInt.asIntN(length * 8, wanted) !== wanted) length += 1
  const hex = BigInt.asUintN(length * 8, wanted)
    .toString(16)
    .padStart(length * 2, '0')
  return tlv(0x02, Buffer.from(hex, 'hex'))
}

/** OBJECT IDENTIFIER from its dotted form. */
export function oid(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const septets = [arc % 128]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      septets.unshift((left % 128) | 0x80)
    return septets
  })
  return tlv(0x06, Buffer.from(bytes))
}

const digits = (date: Date): string => date.toISOString().replace(/[-:T]|\.\d+/g, '')

/** YYMMDDHHMMSSZ: years 1950 to 2049. */
export const utcTime = (date: Date): Der => tlv(0x17, Buffer.from(digits(date).slice(2)))
/** YYYYMMDDHHMMSSZ. */
export const generalizedTime = (date: Date): Der => tlv(0x18, Buffer.from(digits(date)))
/** The form RFC 5280 §4.1.2.5 asks for. */
export const time = (date: Date): Der =>
  date.getUTCFullYear() < 2050 ? utcTime(date) : generalizedTime(date)

/** A PEM block as Node and OpenSSL write it: 64 columns, final newline. */
export function pem(label: string, der: Uint8Array, columns = 64): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(new RegExp(`.{1,${columns}}`, 'g')) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}
