import { readDer, TAG, type DerValue } from './der.js'

/** Text that is no single PEM block of the wanted label. The message never holds the text. */
export class PemError extends Error {}

/** The text is, or holds, a private key. */
export class PrivateKeyError extends Error {}

const COLUMNS = 64
const BASE64_LINE = /^[A-Za-z0-9+/]+={0,2}$/

/** The DER inside one PEM block as RFC 7468 generates it: 64 columns, nothing before or after. */
export function readPem(text: string, label: string): DerValue {
  if (/PRIVATE KEY-----/i.test(text)) throw new PrivateKeyError()
  const lines = canonicalEnds(text).split('\n')
  lines.pop()
  const first = lines.shift() ?? ''
  const last = lines.pop() ?? ''
  checkBoundary('BEGIN', label, first)
  checkBoundary('END', label, last)
  if (lines.some((line) => line.startsWith('-----')))
    throw new PemError(`expected one block, found more lines that begin with -----`)
  const value = readDer(decode(lines))
  if (isPrivateKey(value)) throw new PrivateKeyError()
  return value
}

/** A block as Node, OpenSSL and Python write it. */
export function writePem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}

/** The same text with `\n` endings, no white space before it and one final newline. */
function canonicalEnds(text: string): string {
  const isSpace = (at: number): boolean => at >= 0 && ' \t\r\n'.includes(text.charAt(at))
  let start = 0
  let end = text.length
  while (start < end && isSpace(start)) start += 1
  while (end > start && isSpace(end - 1)) end -= 1
  return text.slice(start, end).replaceAll('\r\n', '\n') + '\n'
}

function checkBoundary(word: 'BEGIN' | 'END', label: string, line: string): void {
  if (line === `-----${word} ${label}-----`) return
  const place = word === 'BEGIN' ? 'first' : 'last'
  const found = /^-----(?:BEGIN|END) ([A-Z0-9 ]{1,40})-----$/.exec(line)?.[1]
  throw new PemError(
    `expected -----${word} ${label}----- as the ${place} line` +
      (found === undefined ? '' : `, found the label ${found}`),
  )
}

function decode(lines: readonly string[]): Buffer {
  lines.forEach((line, index) => {
    const isLast = index === lines.length - 1
    if (line.length > COLUMNS || (!isLast && line.length < COLUMNS))
      throw new PemError(`expected lines of ${COLUMNS} characters, found one of ${line.length}`)
    if (!BASE64_LINE.test(line)) throw new PemError(`line ${index + 2} is not base64`)
  })
  const base64 = lines.join('')
  const der = Buffer.from(base64, 'base64')
  // Spare bits and padding in the middle decode to the same bytes: only one spelling is taken.
  if (der.length === 0 || der.toString('base64') !== base64)
    throw new PemError('the base64 is empty or not in its canonical form')
  return der
}

/** PKCS#8, PKCS#1 and SEC1 private keys begin with version 0 or 1 where public data has none. */
function isPrivateKey(value: DerValue): boolean {
  const version = value.children[0]
  return (
    version?.tag === TAG.integer && version.content.length === 1 && (version.content[0] ?? 2) < 2
  )
}
