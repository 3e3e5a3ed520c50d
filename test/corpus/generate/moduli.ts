import { checkPrimeSync, createHash, createPrivateKey, type KeyObject } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

/**
 * RSA moduli with a fault. Searching the primes takes a minute and a half, so the result is checked in
 * (test/corpus/keys/moduli.json); the search is seeded and finds the same numbers again.
 */

const FILE = new URL('../keys/moduli.json', import.meta.url)
const E = 65537n

interface StoredModulus {
  readonly n: string
  /** Where there are two primes, so that the certificate can really be signed. */
  readonly p?: string
  readonly q?: string
  readonly recipe: string
}

export interface Modulus {
  readonly n: bigint
  readonly privateKey: KeyObject | null
  readonly recipe: string
}

export function loadModuli(): ReadonlyMap<string, Modulus> {
  const stored: Record<string, StoredModulus> = JSON.parse(readFileSync(FILE, 'utf8'))
  return new Map(
    Object.entries(stored).map(([name, { n, p, q, recipe }]) => [
      name,
      {
        n: BigInt(n),
        privateKey: p === undefined || q === undefined ? null : rsaKey(BigInt(p), BigInt(q)),
        recipe,
      },
    ]),
  )
}

export function writeModuli(): void {
  const found: Record<string, StoredModulus> = {}
  const hex = (value: bigint): string => `0x${value.toString(16)}`
  const add = (name: string, recipe: string, n: bigint, p?: bigint, q?: bigint): void => {
    found[name] = {
      n: hex(n),
      ...(p === undefined || q === undefined ? {} : { p: hex(p), q: hex(q) }),
      recipe,
    }
  }
  for (const factor of [3, 5, 7, 11, 97, 541, 743, 751])
    add(`factor-${factor}`, `${factor} times a number without smaller factors`, withFactor(factor))
  add('factor-2', 'an even number of 2048 bits', withFactor(2))
  add('smooth', 'a product of primes below 752', smooth(new Random('smooth')))
  const prime = primeBelow(new Random('prime'), 2048)
  add('prime', 'one prime of 2048 bits', prime)
  const root = primeBelow(new Random('square'), 1024)
  add('square', 'the square of a prime of 1024 bits', root * root)
  add('cube', 'the cube of a prime of 683 bits', power(new Random('cube'), 3))
  add('fifth-power', 'the fifth power of a prime of 410 bits', power(new Random('fifth'), 5))
  for (const rounds of [1, 2, 50, 100, 110, 111, 1_000_000]) {
    const { p, q } = closePrimes(new Random(`close ${rounds}`), BigInt(rounds))
    add(`close-${rounds}`, `two primes that Fermat's method finds in round ${rounds}`, p * q, p, q)
  }
  for (const [bits, count] of [
    [2048, 126],
    [4096, 225],
  ] as const) {
    const random = new Random(`roca ${bits}`)
    const p = rocaPrime(random, bits / 2, count)
    const q = rocaPrime(random, bits / 2, count)
    const recipe = `two primes k·M + (65537^a mod M), M the product of the first ${count} primes`
    add(`roca-${bits}`, recipe, p * q, p, q)
  }
  writeFileSync(FILE, `${JSON.stringify(found, null, 1)}\n`)
}

/** A stream of bits out of a seed: SHA-256 over seed and counter. */
export class Random {
  private counter = 0

  constructor(private readonly seed: string) {}

  bytes(length: number): Buffer {
    const blocks: Buffer[] = []
    for (let size = 0; size < length; size += 32)
      blocks.push(createHash('sha256').update(`${this.seed}/${this.counter++}`).digest())
    return Buffer.concat(blocks).subarray(0, length)
  }

  /** A number of exactly so many bits, the top two set. */
  number(bits: number): bigint {
    const drawn = BigInt(`0x${this.bytes(Math.ceil(bits / 8)).toString('hex')}`)
    return BigInt.asUintN(bits, drawn) | (3n << BigInt(bits - 2))
  }
}

const SMALL_PRIMES = primes(2000)

function primes(limit: number): bigint[] {
  const found: number[] = []
  for (let n = 2; n < limit; n += 1) if (found.every((p) => n % p !== 0)) found.push(n)
  return found.map(BigInt)
}

function isPrime(n: bigint): boolean {
  return SMALL_PRIMES.every((p) => n % p !== 0n || n === p) && checkPrimeSync(n)
}

function primeBelow(random: Random, bits: number): bigint {
  let candidate = random.number(bits) | 1n
  while (!isPrime(candidate) || candidate % E === 1n) candidate -= 2n
  return candidate
}

function withFactor(factor: number): bigint {
  const random = new Random(`factor ${factor}`)
  const f = BigInt(factor)
  const smaller = SMALL_PRIMES.filter((p) => p < f)
  let rest = random.number(2048) / f
  while (smaller.some((p) => rest % p === 0n)) rest -= 1n
  return rest * f
}

function smooth(random: Random): bigint {
  const usable = SMALL_PRIMES.filter((p) => p > 2n && p < 752n)
  let n = 1n
  while (n.toString(2).length < 2039) n *= usable[random.bytes(1).readUInt8(0) % usable.length]!
  const last = usable.find((p) => (n * p).toString(2).length === 2048)
  if (last === undefined) return smooth(random)
  return n * last
}

/** A power that has exactly 2048 bits. */
function power(random: Random, exponent: number): bigint {
  const bits = Math.ceil(2048 / exponent)
  for (;;) {
    let p = BigInt.asUintN(bits - 1, random.number(bits)) | (1n << BigInt(bits - 1)) | 1n
    while (!isPrime(p)) p += 2n
    const n = p ** BigInt(exponent)
    if (n.toString(2).length === 2048) return n
    // Too long or too short by a bit: take another one near the root of 2^2047.5.
    let low = integerRoot(3n << 2046n, exponent) | 1n
    low += 2n * BigInt(random.bytes(2).readUInt16BE(0))
    while (!isPrime(low)) low += 2n
    const other = low ** BigInt(exponent)
    if (other.toString(2).length === 2048) return other
  }
}

/** p = a - d, q = a + d; Fermat's method starts at the root of a² - d² and ends at a. */
function closePrimes(random: Random, rounds: bigint): { p: bigint; q: bigint } {
  const a = random.number(1024) & ~1n
  // a - √(a² - d²) ≈ d² / 2a: in the middle of the wanted round.
  let d = integerRoot(a * (2n * rounds - 1n), 2) | 1n
  while (!isPrime(a - d) || !isPrime(a + d)) d += 2n
  const n = (a - d) * (a + d)
  let start = integerRoot(n, 2)
  if (start * start < n) start += 1n
  if (a - start + 1n !== rounds) throw new Error(`found round ${a - start + 1n}, wanted ${rounds}`)
  return { p: a - d, q: a + d }
}

function rocaPrime(random: Random, bits: number, count: number): bigint {
  const m = SMALL_PRIMES.slice(0, count).reduce((product, p) => product * p, 1n)
  const low = (3n << BigInt(bits - 2)) / m + 1n
  const high = (1n << BigInt(bits)) / m
  for (;;) {
    const k = low + (random.number(128) % (high - low - 1n))
    const candidate = k * m + modPow(E, random.number(64), m)
    if (checkPrimeSync(candidate) && candidate % E !== 1n) return candidate
  }
}

function modPow(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  for (let b = base % modulus, e = exponent; e > 0n; e >>= 1n, b = (b * b) % modulus)
    if (e & 1n) result = (result * b) % modulus
  return result
}

function integerRoot(value: bigint, degree: number): bigint {
  const k = BigInt(degree)
  let root = 1n << BigInt(Math.ceil(value.toString(2).length / degree))
  for (;;) {
    const next = ((k - 1n) * root + value / root ** (k - 1n)) / k
    if (next >= root) return root
    root = next
  }
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [value % modulus, modulus, 1n, 0n]
  while (b > 0n) [a, b, x, y] = [b, a % b, y, x - (a / b) * y]
  return ((x % modulus) + modulus) % modulus
}

function rsaKey(p: bigint, q: bigint): KeyObject {
  const d = inverse(E, (p - 1n) * (q - 1n))
  const values = { n: p * q, e: E, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) }
  const jwk = Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const hex = value.toString(16)
      const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')
      return [name, bytes.toString('base64url')]
    }),
  )
  return createPrivateKey({ key: { kty: 'RSA', ...jwk }, format: 'jwk' })
}
