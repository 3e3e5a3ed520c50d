import { z } from 'zod'

import { Secret } from '../common/secret.js'

/** Refuses a value. `fault` reads `what is wrong; what to write instead` and never holds a secret. */
export function refuse(ctx: z.RefinementCtx, fault: string): never {
  ctx.addIssue({ code: 'custom', message: fault })
  return z.NEVER
}

/** A value as it may be shown in a fault. Not for secrets, nor for URLs that may hold a password. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
}

export function integer(min: number, max: number) {
  return z.string().transform((text, ctx) => {
    const value = Number(text)
    return /^[+-]?\d+$/.test(text) && value >= min && value <= max
      ? value
      : refuse(ctx, `is ${shown(text)}; use a whole number from ${min} to ${max}`)
  })
}

const YES = new Set(['true', '1', 'yes', 'on'])
const NO = new Set(['false', '0', 'no', 'off'])

export const flag = z.string().transform((text, ctx) => {
  const word = text.toLowerCase()
  if (YES.has(word)) return true
  return NO.has(word) ? false : refuse(ctx, `is ${shown(text)}; use true or false`)
})

/** One word out of a list, in any case. */
export function oneOf<const Choice extends string>(...choices: readonly Choice[]) {
  return z.string().transform((text, ctx) => {
    const found = choices.find((choice) => choice.toLowerCase() === text.toLowerCase())
    return found ?? refuse(ctx, `is ${shown(text)}; use one of ${choices.join(', ')}`)
  })
}

/** `auto` or `off`: nobody can force the development login on. */
export const devLogin = z.string().transform((text, ctx) => {
  const word = text.toLowerCase()
  if (word === 'auto') return 'auto'
  if (NO.has(word)) return 'off'
  return refuse(
    ctx,
    'cannot be forced on; use auto (on in development while no provider is configured) or off',
  )
})

export function text(maxLength: number) {
  return z
    .string()
    .transform((value, ctx) =>
      value.length <= maxLength && !/\p{Cc}/u.test(value)
        ? value
        : refuse(
            ctx,
            `is too long or holds control characters; use at most ${maxLength} printable characters`,
          ),
    )
}

/** A secret of printable ASCII: it stands in a header or in another program's configuration. */
export function secretText(minLength: number) {
  return z.string().transform((value, ctx) => {
    if (value.length < minLength) {
      return refuse(
        ctx,
        `is ${value.length} characters long; use at least ${minLength}, for example the output of: openssl rand -hex 32`,
      )
    }
    return /^[\x21-\x7e]+$/.test(value)
      ? new Secret(value)
      : refuse(ctx, 'holds spaces or characters outside ASCII; use printable ASCII without spaces')
  })
}

/** Comma-separated items, each read by `readItem`, which returns a fault as `{ fault }`. */
export function listOf(readItem: (item: string) => string | { readonly fault: string }) {
  return z.string().transform((value, ctx) => {
    const items: string[] = []
    for (const item of splitList(value)) {
      const read = readItem(item)
      if (typeof read !== 'string') return refuse(ctx, read.fault)
      if (!items.includes(read)) items.push(read)
    }
    return items.length > 0 ? items : refuse(ctx, 'lists nothing; name at least one, or unset it')
  })
}

export function splitList(value: string): string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

/** `js = javascript; k8s = kubernetes`: names that mean the same, group by group. */
export const nameGroups = z.string().transform((text, ctx) => {
  const groups = text
    .split(/[;\n]/)
    .map((group) => group.split('=').map((name) => name.trim()))
    .filter((names) => names.some((name) => name !== ''))
  const faulty = groups.find((names) => names.length < 2 || names.includes(''))
  return faulty
    ? refuse(
        ctx,
        `has ${shown(faulty.join(' = '))}; write names that mean the same as a = b, groups with ; between`,
      )
    : groups
})
