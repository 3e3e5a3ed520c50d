import { randomInt } from 'node:crypto'

/** RFC 8628 §6.1: no vowels, so that no words come up, and no two that look alike. */
const ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ'
const FOREIGN = new RegExp(`[^${ALPHABET}]`, 'g')
const LENGTH = 8

/** A code for a person to type: 34.5 bits, without its dash. */
export function makeUserCode(): string {
  return Array.from({ length: LENGTH }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join('')
}

/**
 * What a person typed, as `makeUserCode` has it; null if it is no code. Case does not count, and
 * whatever is not of the alphabet is left out: dashes, spaces, a slip of the finger (RFC 8628 §6.1).
 */
export function readUserCode(typed: string): string | null {
  const code = typed.toUpperCase().replace(FOREIGN, '')
  return code.length === LENGTH ? code : null
}

/** For people: `WDJB-MJHT`. */
export function showUserCode(code: string): string {
  return `${code.slice(0, LENGTH / 2)}-${code.slice(LENGTH / 2)}`
}
