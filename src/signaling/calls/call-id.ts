import { randomBytes } from 'node:crypto'

/** Who knows a call's id may join it: 22 characters of base64url are 131 bits, and a UUID has 36. */
const UNGUESSABLE = /^[A-Za-z0-9_-]{22,64}$/

export function newCallId(): string {
  return randomBytes(16).toString('base64url')
}

/** Whether it may be one; that its characters are random, only its maker can see to. */
export function isCallId(text: string): boolean {
  return UNGUESSABLE.test(text)
}
