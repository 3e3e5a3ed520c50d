/** What the padding of a payload is made of: characters that careless code changes. */
const PATTERN = 'a=candidate:1 1 UDP 🦉 \\r\\n"é€\u2028 '
/** Characters of padding: most signals are candidates, some are offers, few fill more than one NOTIFY. */
const SIZES = { candidate: 150, offer: 2_500, large: 20_000 }

const paddings = new Map<number, { readonly text: string; readonly json: string }>()

/** The payload of signal `n`, as JSON: its number, and padding that follows from it. */
export function payloadOf(n: number): string {
  return `{"n":${n},"padding":${paddingOf(n).json}}`
}

/** True if it is what `payloadOf` made of its number. */
export function isIntact({
  n,
  padding,
}: {
  readonly n: number
  readonly padding: unknown
}): boolean {
  return padding === paddingOf(n).text
}

function paddingOf(n: number) {
  const size = sizeOf(n)
  let padding = paddings.get(size)
  if (!padding) {
    const text = PATTERN.repeat(Math.ceil(size / PATTERN.length)).slice(0, size)
    padding = { text: text.toWellFormed(), json: JSON.stringify(text.toWellFormed()) }
    paddings.set(size, padding)
  }
  return padding
}

function sizeOf(n: number): number {
  if (n % 97 === 0) return SIZES.large
  return n % 7 === 0 ? SIZES.offer : SIZES.candidate
}
