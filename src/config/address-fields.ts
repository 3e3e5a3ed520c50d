import ipaddr from 'ipaddr.js'
import { z } from 'zod'

import { Secret } from '../common/secret.js'
import { listOf, refuse, shown, splitList } from './fields.js'

export type SslMode = 'disable' | 'require' | 'verify-full'

export interface DatabaseUrl {
  /** Always `postgresql://` or `postgres://`, without `sslmode`. */
  readonly url: Secret
  /** What `sslmode` (libpq) or `ssl` (asyncpg) in the address asked for. */
  readonly ssl: SslMode | null
}

/** An address to bind: IPv4, IPv6 (with or without brackets) or a host name. */
export const bindAddress = z.string().transform((text, ctx) => {
  const host = text.replace(/^\[(.+)\]$/, '$1')
  return isAddress(host) || /^(?![\d.]+$)[a-z\d]([a-z\d.-]*[a-z\d])?$/i.test(host)
    ? host
    : refuse(ctx, `is ${shown(text)}; use an address such as 127.0.0.1 or 0.0.0.0, without a port`)
})

/** `https://hub.example`, perhaps with a port: what browsers call an origin. */
export const publicOrigin = z.string().transform((text, ctx) => {
  const mend = 'use scheme, host and perhaps port only, such as https://hub.example'
  const url = /^https?:\/\/[^/?#@\s\\]+\/?$/i.test(text) ? parseUrl(text) : null
  if (!url) return refuse(ctx, `is not an http or https origin; ${mend}`)
  if (url.hostname === '0.0.0.0' || url.hostname === '[::]') {
    return refuse(ctx, `names the address of no machine (${url.hostname}); ${mend}`)
  }
  return url.origin
})

export const httpUrl = z.string().transform((text, ctx) => {
  const url = /^https?:\/\/\S+$/i.test(text) ? parseUrl(text) : null
  return url && url.username === '' && url.password === '' && url.hash === ''
    ? url.href
    : refuse(
        ctx,
        'is not a plain http or https URL; use one such as https://login.example/authorize',
      )
})

export const originList = listOf((item) => {
  const fault = { fault: `names ${shown(item)}, no origin; use origins such as https://a.example` }
  if (!/^[a-z][a-z\d+.-]*:\/\/[^/?#@\s\\*]+\/?$/i.test(item)) return fault
  const url = parseUrl(item)
  if (!url) return fault
  // Outside http and https, URL knows no origin: `tauri://localhost` is compared as it is written.
  return /^https?:$/.test(url.protocol) ? url.origin : item.replace(/\/$/, '').toLowerCase()
})

export const proxyList = listOf((item) => {
  const word = item.toLowerCase()
  if (word === 'loopback' || word === 'private' || isAddress(word)) return word
  if (!isNetwork(word)) {
    return {
      fault: `names ${shown(item)}; use loopback, private, addresses or networks such as 10.0.0.0/8`,
    }
  }
  return word.endsWith('/0')
    ? {
        fault: `trusts everybody (${shown(item)}), so anybody can claim any address; name the network of your proxies`,
      }
    : word
})

export const stunUrls = iceUrls(/^stuns?:[^\s?@/:]+(:\d{1,5})?$/i, 'stun:stun.example:3478')
export const turnUrls = iceUrls(
  /^turns?:[^\s?@/:]+(:\d{1,5})?(\?transport=(udp|tcp))?$/i,
  'turn:turn.example:3478?transport=udp',
)

/** RFC 7064 and RFC 7065; IPv6 literals stand in brackets. */
function iceUrls(form: RegExp, example: string) {
  return listOf((item) =>
    form.test(item.replace(/\[[\da-f:.]+\]/i, 'ipv6'))
      ? item
      : { fault: `names ${shown(item)}; use URLs such as ${example}` },
  )
}

export const databaseUrl = z.string().transform((text, ctx): DatabaseUrl => {
  const mend = 'use postgresql://user:password@host:5432/name'
  const plain = text.replace(/^postgresql\+asyncpg:/i, 'postgresql:')
  if (!/^postgres(ql)?:\/\//i.test(plain)) return refuse(ctx, `is no Postgres URL; ${mend}`)
  const url = parseUrl(plain)
  // A raw `/` or `#` in a password ends the host: the `@` is then found where none belongs.
  if (!url || /[@#]/.test(url.pathname + url.hash) || !isDecodable(url.username + url.password)) {
    return refuse(ctx, `cannot be read; ${mend}, special characters percent-encoded`)
  }
  if (url.hostname === '' && !url.searchParams.has('host')) {
    return refuse(ctx, `names no host; ${mend}`)
  }
  const word = url.searchParams.get('sslmode') ?? url.searchParams.get('ssl')
  if (word === null) return { url: new Secret(plain), ssl: null }
  const ssl = SSL_WORDS.get(word.toLowerCase())
  if (!ssl) return refuse(ctx, 'has an unknown sslmode; use disable, require or verify-full')
  // The driver would let the address win over DATABASE_SSL: it is said in one place only.
  url.searchParams.delete('sslmode')
  url.searchParams.delete('ssl')
  return { url: new Secret(url.href), ssl }
})

const SSL_WORDS = new Map<string, SslMode>([
  ['disable', 'disable'],
  ['false', 'disable'],
  ['require', 'require'],
  ['no-verify', 'require'],
  ['true', 'require'],
  ['verify-ca', 'verify-full'],
  ['verify-full', 'verify-full'],
])

export const redisUrls = z.string().transform((text, ctx): readonly Secret[] => {
  const mend = 'use redis://host:6379 or rediss://…; for a cluster the same for each node, by comma'
  const items = splitList(text)
  const good = items.map(parseUrl).filter((url) => url !== null)
  if (good.length === 0 || good.length < items.length || !good.every(isRedisUrl)) {
    return refuse(ctx, `is no Redis URL; ${mend}`)
  }
  if (good.some(({ pathname }) => !['', '/', '/0'].includes(pathname))) {
    return refuse(ctx, 'names a database by number, which channels do not have; leave it out')
  }
  if (good.some(({ username, password }) => username !== '' && password === '')) {
    return refuse(ctx, 'names a user without a password; use redis://user:password@host:6379')
  }
  return new Set(good.map((url) => url.protocol)).size > 1
    ? refuse(ctx, 'mixes redis:// and rediss://; use the same for every node')
    : good.map((url) => new Secret(url.href))
})

/** Whether a host, or the host of a URL, is this machine and nothing else. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[(.+)\]$/, '$1').toLowerCase()
  if (isAddress(name)) return ipaddr.process(name).range() === 'loopback'
  return name === 'localhost' || name.endsWith('.localhost')
}

function parseUrl(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null
}

function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text)
}

function isNetwork(text: string): boolean {
  return ipaddr.IPv4.isValidCIDRFourPartDecimal(text) || ipaddr.IPv6.isValidCIDR(text)
}

function isRedisUrl({ protocol, hostname, username, password }: URL): boolean {
  return (
    /^rediss?:$/.test(protocol) && hostname !== '' && isDecodable(username) && isDecodable(password)
  )
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}
