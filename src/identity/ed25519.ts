const PRIME = (1n << 255n) - 19n
/** y of a point of order 8; the others of that order have its negative. */
const ORDER_8_Y = BigInt('0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7')
/** The y of every point whose order divides 8. */
const SMALL_ORDER: readonly bigint[] = [0n, 1n, PRIME - 1n, ORDER_8_Y, PRIME - ORDER_8_Y]

/**
 * What is wrong with an encoded point (RFC 8032 §5.1.2), which OpenSSL does not ask. Points of small
 * order verify signatures that anybody can make; a y that is not below the field's prime is a second
 * spelling of another.
 */
export function pointFault(point: Buffer): 'not-canonical' | 'small-order' | null {
  const y = BigInt(`0x${Buffer.from(point).reverse().toString('hex')}`) & ((1n << 255n) - 1n)
  if (y >= PRIME) return 'not-canonical'
  return SMALL_ORDER.includes(y) ? 'small-order' : null
}
