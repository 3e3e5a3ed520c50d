import { checkPrimeSync } from 'node:crypto'

import { CertificateError } from './certificate.errors.js'

/**
 * RSA moduli that others can factor: what Let's Encrypt's goodkey refuses, and moduli that are no
 * product of two primes at all. Every step is cheap: registration runs on the thread that relays frames.
 */

/** Factors are sought below this. */
const SMALL_PRIMES = primesBelow(752)
/** Let's Encrypt's count of steps of Fermat's method. */
const FERMAT_ROUNDS = 110
/** The fingerprint of CVE-2017-15361 (Nemec et al. 2017): modulo each of these the key is a power of 65537. */
const ROCA_PRIMES = SMALL_PRIMES.filter((prime) => prime > 2 && prime <= 167)
const ROCA_GENERATOR = 65537
/** Exponents for which a prime power is recognised. Squares fall to Fermat. */
const ODD_EXPONENTS = SMALL_PRIMES.filter((prime) => prime > 2 && prime < 64)
/** A primality round costs 5 ms at 3072 bits, and 11 ms at 4096: longer than a registration may hold the thread. */
const MAX_PRIMALITY_BITS = 3072

const SMALL_PRODUCT = product(SMALL_PRIMES)
const ROCA_PRODUCT = product(ROCA_PRIMES)
const ROCA_POWERS = new Map(ROCA_PRIMES.map((prime) => [prime, powersOf(ROCA_GENERATOR, prime)]))
/** Most residues modulo these are not squares, so most numbers need no root. */
const SQUARE_FILTERS = [63, 65, 11] as const
const SQUARE_RESIDUES = new Map(
  [64, ...SQUARE_FILTERS].map((modulus) => [modulus, squaresModulo(modulus)]),
)
const SQUARE_PRODUCT = product(SQUARE_FILTERS)

/** @throws CertificateError  `key_weak_…`, one code per weakness */
export function checkModulus(modulus: Buffer): void {
  const n = BigInt(`0x${modulus.toString('hex')}`)
  const factor = smallFactorOf(n)
  if (factor !== null)
    throw new CertificateError(
      'key_weak_small_factor',
      `key: expected a modulus without factors below 752, found the factor ${factor}`,
    )
  if (hasRocaFingerprint(n))
    throw new CertificateError(
      'key_weak_roca',
      'key: the modulus has the fingerprint of CVE-2017-15361 (ROCA): it was made by a faulty chip or library; make a new key',
    )
  const rounds = fermatRounds(n)
  if (rounds !== null)
    throw new CertificateError(
      'key_weak_close_primes',
      `key: expected primes that Fermat's method does not find in ${FERMAT_ROUNDS} rounds, found them in round ${rounds}`,
    )
  if (isPrimePower(n) || (modulus.length * 8 <= MAX_PRIMALITY_BITS && isPrime(modulus)))
    throw new CertificateError(
      'key_weak_not_two_primes',
      'key: expected a modulus of two primes, found a prime or a power of one',
    )
}

function smallFactorOf(n: bigint): number | null {
  const rest = n % SMALL_PRODUCT
  return SMALL_PRIMES.find((prime) => rest % BigInt(prime) === 0n) ?? null
}

function hasRocaFingerprint(n: bigint): boolean {
  const rest = n % ROCA_PRODUCT
  return ROCA_PRIMES.every((prime) => ROCA_POWERS.get(prime)?.has(Number(rest % BigInt(prime))))
}

/** The round in which Fermat's method finds two factors; null when it does not. */
function fermatRounds(n: bigint): number | null {
  let a = integerRoot(n, 2)
  if (a * a < n) a += 1n
  let square = a * a - n
  for (let round = 1; round <= FERMAT_ROUNDS; round += 1) {
    if (isSquare(square)) return round
    square += 2n * a + 1n
    a += 1n
  }
  return null
}

function isSquare(value: bigint): boolean {
  if (!SQUARE_RESIDUES.get(64)?.has(Number(value & 63n))) return false
  const rest = Number(value % SQUARE_PRODUCT)
  if (!SQUARE_FILTERS.every((modulus) => SQUARE_RESIDUES.get(modulus)?.has(rest % modulus)))
    return false
  return integerRoot(value, 2) ** 2n === value
}

function isPrimePower(n: bigint): boolean {
  return ODD_EXPONENTS.some((exponent) => integerRoot(n, exponent) ** BigInt(exponent) === n)
}

function isPrime(modulus: Buffer): boolean {
  return checkPrimeSync(modulus, { checks: 1 })
}

/** The whole part of the root, by Newton's method from above. */
function integerRoot(value: bigint, degree: number): bigint {
  if (value < 2n) return value
  const k = BigInt(degree)
  let root = 1n << BigInt(Math.ceil((value.toString(16).length * 4) / degree))
  for (;;) {
    const next = ((k - 1n) * root + value / root ** (k - 1n)) / k
    if (next >= root) return root
    root = next
  }
}

function primesBelow(limit: number): number[] {
  const primes: number[] = []
  for (let candidate = 2; candidate < limit; candidate += 1)
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate)
  return primes
}

function product(numbers: readonly number[]): bigint {
  return numbers.reduce((result, number) => result * BigInt(number), 1n)
}

function powersOf(generator: number, modulus: number): ReadonlySet<number> {
  const powers = new Set<number>()
  for (let power = 1; !powers.has(power); power = (power * generator) % modulus) powers.add(power)
  return powers
}

function squaresModulo(modulus: number): ReadonlySet<number> {
  return new Set(Array.from({ length: modulus }, (_, root) => (root * root) % modulus))
}
