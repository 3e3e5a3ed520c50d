import { derTree, shapeOf, type Tree } from './canonical.js'

const COMMON_NAME = '0603550403'

/** Exactly one CN, alone in its RDN, whose text is the id (CONTRACT §2). */
export function nameFault(name: Tree, nodeId: string): string | null {
  if (name.children.some((rdn) => rdn.tag !== 0x31 || !/^30( 30)*$/.test(shapeOf(rdn))))
    return 'a name that is no row of sets'
  const attributes = name.children.flatMap((rdn) =>
    rdn.children.map((attribute) => ({ attribute, isAlone: rdn.children.length === 1 })),
  )
  if (attributes.some(({ attribute }) => !/^06 [0-9a-f]{2}$/.test(shapeOf(attribute))))
    return 'an attribute that is not a type and a value'
  const found = attributes.filter(({ attribute }) =>
    attribute.bytes.subarray(2).toString('hex').startsWith(COMMON_NAME),
  )
  const [only] = found
  if (only === undefined || found.length > 1 || !only.isAlone) return 'not one CN'
  const value = only.attribute.children[1]
  const text = `${String.fromCharCode(nodeId.length)}${nodeId}`
  const wanted = ['\x0c', '\x13'].map((tag) => tag + text)
  return wanted.includes(value?.bytes.toString('latin1') ?? '') ? null : 'another CN'
}

const MINUTE = 60_000

/** RFC 5280 §4.1.2.5; begins at most 5 minutes from now, has not ended, lasts 25 years at most. */
export function timesFault(validity: Tree, now: Date): string | null {
  const [from, to] = validity.children.map(isoOf)
  if (validity.children.length !== 2 || from == null || to == null) return 'not two times'
  if (from >= to) return 'ends before it begins'
  if (Date.parse(from) - now.getTime() > 5 * MINUTE) return 'not yet valid'
  if (Date.parse(to) <= now.getTime()) return 'expired'
  const years = Number(to.slice(0, 4)) - Number(from.slice(0, 4))
  return years > 25 || (years === 25 && to.slice(4) > from.slice(4)) ? 'longer than 25 years' : null
}

/** ISO 8601, which sorts as the times do. Null for what is no time, or not in the form for its year. */
function isoOf({ tag, content }: Tree): string | null {
  const text = content.toString('latin1')
  const isShort = tag === 0x17
  if (!isShort && tag !== 0x18) return null
  if (!(isShort ? /^\d{12}Z$/ : /^\d{14}Z$/).test(text)) return null
  const full = isShort ? (text < '50' ? '20' : '19') + text : text
  const field = (at: number): number => Number(full.slice(at, at + 2))
  const year = Number(full.slice(0, 4))
  if (!isShort && year < 2050) return null
  const date = new Date(Date.UTC(year, field(4) - 1, field(6), field(8), field(10), field(12)))
  // Date.UTC carries the 30th of February over into March.
  const carried = [date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours()]
  const isReal = [field(4), field(6), field(8)].every((value, index) => value === carried[index])
  return isReal && field(10) < 60 && field(12) < 60 ? date.toISOString() : null
}

/** By the hex of their identifiers: those that say nothing against a node. */
const UNDERSTOOD: Readonly<Record<string, string>> = {
  '0603551d13': 'basicConstraints',
  '0603551d0e': 'subjectKeyIdentifier',
  '0603551d0f': 'keyUsage',
  '0603551d11': 'subjectAltName',
  '0603551d23': 'authorityKeyIdentifier',
  '0603551d25': 'extKeyUsage',
}

/** RFC 5280 §4.2.1.1 and §4.2.1.2: never critical. */
const IDENTIFIERS = ['subjectKeyIdentifier', 'authorityKeyIdentifier']

/** RFC 5280 §4.2: each at most once; a critical one must be understood; DER leaves defaults out. */
export function extensionsFault(wrapper: Tree | null): string | null {
  if (wrapper === null) return null
  const [list] = wrapper.children
  if (shapeOf(wrapper) !== '30' || list === undefined || !/^30( 30)*$/.test(shapeOf(list)))
    return 'not a list of extensions'
  const ids = list.children.map(({ children }) => children[0]?.bytes.toString('hex') ?? '')
  if (new Set(ids).size !== ids.length) return 'an extension twice'
  const faults = list.children.map(extensionFault)
  return faults.find((fault) => fault !== null) ?? null
}

function extensionFault(extension: Tree): string | null {
  const shape = shapeOf(extension)
  if (shape !== '06 04' && shape !== '06 01 04') return 'an extension of another shape'
  const isCritical = shape === '06 01 04'
  if (isCritical && extension.children[1]?.content[0] !== 0xff) return 'critical FALSE spelled out'
  const name = UNDERSTOOD[extension.children[0]?.bytes.toString('hex') ?? '']
  if (name === undefined) return isCritical ? 'an unknown critical extension' : null
  if (isCritical && IDENTIFIERS.includes(name)) return `${name}, critical`
  const value = derTree(extension.children.at(-1)?.content ?? Buffer.alloc(0))
  if (value === null) return `${name} is not DER`
  return name === 'basicConstraints' ? basicConstraintsFault(value) : null
}

/** RFC 5280 §4.2.1.9. */
function basicConstraintsFault(value: Tree): string | null {
  if (value.tag !== 0x30 || !/^(01)? ?(02)?$/.test(shapeOf(value))) return 'basicConstraints'
  const [first] = value.children
  return first?.tag === 0x01 && first.content[0] !== 0xff ? 'cA FALSE spelled out' : null
}
