const MEND = 'use at least 32 random bytes, for example the output of: openssl rand -base64 48'

/** Long enough that a random key holds one by chance less than once in 10^5. */
const EXAMPLE_WORDS =
  /secret|change|password|passphrase|example|generate|openssl|replace|placeholder|default|qwerty|insert|your[_-]|letmein|deadbeef|development/i

/** What is wrong with a key, as `fault; mend`, or null. Says nothing of its text. */
export function secretKeyFault(key: string): string | null {
  if (Buffer.byteLength(key) < 32) return `is ${key.length} characters long; ${MEND}`
  if (EXAMPLE_WORDS.test(key)) return `looks like an example out of a document; ${MEND}`
  const different = new Set(key).size
  if (different < 8) return `is made of only ${different} different characters; ${MEND}`
  if (shareOfNewTriples(key) < 0.75) return `repeats itself; ${MEND}`
  if (shareOfNeighbours(key) > 0.7) return `runs along the alphabet; ${MEND}`
  return null
}

/** Of each three characters in a row, how many triples are met for the first time. Random: nearly 1. */
function shareOfNewTriples(key: string): number {
  const start = key.slice(0, 256)
  const triples = Array.from({ length: start.length - 2 }, (_, at) => start.slice(at, at + 3))
  return new Set(triples).size / triples.length
}

/** How many characters follow their neighbour in the alphabet: `abc`, `987`, `aaa`. Random: below 0.2. */
function shareOfNeighbours(key: string): number {
  let near = 0
  for (let at = 1; at < key.length; at += 1) {
    if (Math.abs(key.charCodeAt(at) - key.charCodeAt(at - 1)) <= 1) near += 1
  }
  return near / (key.length - 1)
}
