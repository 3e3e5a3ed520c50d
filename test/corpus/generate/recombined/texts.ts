import * as der from '../../../support/der.js'

import type { Dice } from './dice.js'

type Turn = (pem: string, bytes: Buffer, label: string) => string

/** What CONTRACT §2 says makes no difference. */
const SAME: readonly Turn[] = [
  (pem) => pem,
  (pem) => pem,
  (pem) => pem.trimEnd(),
  (pem) => pem.replaceAll('\n', '\r\n'),
  (pem) => pem.replaceAll('\n', '\r\n').trimEnd(),
  (pem) => `\n\t ${pem} \n\n`,
  (pem) => `\r\n${pem}\r\n`,
  (pem) => `${pem}\n`,
]

const OTHER: readonly Turn[] = [
  (_, bytes, label) => der.pem(label, bytes, 76),
  (_, bytes, label) => der.pem(label, bytes, 63),
  (_, bytes, label) => der.pem(label, bytes, 20_000),
  (_, bytes) => bytes.toString('base64'),
  (_, bytes) => bytes.toString('latin1'),
  (pem) => pem + pem,
  (pem) => `Certificate:\n${pem}`,
  (pem) => `${pem}trailer`,
  (pem) => pem.replace('\n', '\n\n'),
  (pem) => pem.replace('\n', ' \n'),
  (pem) => pem.replace('\n', '\nProc-Type: 4,CLEAR\n\n'),
  (pem) => pem.replaceAll('\n', '\r'),
  (pem) => pem.replaceAll('\n', '\n\r'),
  (pem) => pem.replaceAll('\n', '\v'),
  (pem) => pem.replaceAll('\n', ''),
  (pem) => `\ufeff${pem}`,
  (pem) => `\u00a0${pem}`,
  (pem) => `${pem}\0`,
  (pem) => pem.slice(0, 60) + '\0' + pem.slice(61),
  (pem) => pem.toLowerCase(),
  (pem) => pem.replaceAll('-----', '----'),
  (pem) => pem.replaceAll('-----', '------'),
  (pem) => pem.replace('-----BEGIN', '----- BEGIN'),
  (pem) => pem.replace('-----END', '-----BEGIN'),
  (pem) => pem.slice(0, pem.lastIndexOf('-----END')),
  (pem) => pem.slice(pem.indexOf('\n') + 1),
  (pem) => pem.replaceAll('+', '-').replaceAll('/', '_'),
  (pem) => pem.replace(/=*\n-----END/, '\n-----END'),
  (pem) => pem.replace(/=*\n-----END/, '==\n-----END'),
  (pem) =>
    pem.replace(/(.)(=*\n-----END)/, (_, last: string, end: string) => nextDigit(last) + end),
  (pem) => pem + ' '.repeat(17_000),
  (pem) => pem.replaceAll(/(CERTIFICATE|PUBLIC KEY)/g, 'X509 CERTIFICATE'),
  (pem) => pem.replaceAll('CERTIFICATE', 'TRUSTED CERTIFICATE'),
  (pem) => pem.replaceAll('PUBLIC KEY', 'RSA PUBLIC KEY'),
  (pem) => pem.replaceAll('CERTIFICATE', 'PUBLIC KEY'),
  (pem) => pem.replaceAll('PUBLIC KEY', 'PRIVATE KEY'),
  () => '',
]

/** Digits whose low bits differ: where they are spare, both decode to the same bytes. */
function nextDigit(digit: string): string {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  return digits[digits.indexOf(digit) ^ 1] ?? digit
}

/** The PEM block in a spelling that makes no difference. */
export function sameText(dice: Dice, label: string, bytes: Buffer): string {
  return dice.pick(SAME)(der.pem(label, bytes), bytes, label)
}

/** In one that makes a difference, or mostly. */
export function otherText(dice: Dice, label: string, bytes: Buffer): string {
  return dice.pick(OTHER)(der.pem(label, bytes), bytes, label)
}
