import type { IncomingMessage } from 'node:http'

import ipaddr from 'ipaddr.js'

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number]

/** IPv6 callers own whole networks: they are counted by /64. */
const IPV6_PREFIX_BITS = 64

/**
 * Finds the address a request came from. `X-Forwarded-For` is believed only as far as trusted
 * proxies wrote it: the right-most hop that is not one of them is the client (TRUST R24).
 */
export class ClientAddresses {
  private readonly ranges: readonly Range[]
  private readonly names: ReadonlySet<string>

  /** @param trustedProxies `loopback`, `private`, addresses and CIDRs, as TRUSTED_PROXIES has them */
  constructor(trustedProxies: readonly string[]) {
    this.names = new Set(trustedProxies)
    this.ranges = trustedProxies
      .filter((proxy) => proxy !== 'loopback' && proxy !== 'private')
      .map(rangeOf)
  }

  /** The client's address in its shortest spelling, or `unknown` for a socket that is gone. */
  of(request: Pick<IncomingMessage, 'headers' | 'socket'>): string {
    const forwarded = request.headers['x-forwarded-for']
    const hops = String(forwarded ?? '')
      .split(',')
      .filter((hop) => hop.trim() !== '')
    let client = parse(request.socket.remoteAddress ?? '')
    while (client && hops.length > 0 && this.isTrusted(client)) {
      const before = parse(hops.pop() ?? '')
      if (!before) break
      client = before
    }
    return client?.toString() ?? 'unknown'
  }

  private isTrusted(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
    const kind = address.range()
    if (kind === 'loopback') return this.names.has('loopback') || this.names.has('private')
    if (this.names.has('private') && PRIVATE.has(kind)) return true
    return this.ranges.some(
      ([network, bits]) => network.kind() === address.kind() && address.match(network, bits),
    )
  }
}

/** What a caller is counted by: the address, or the /64 of an IPv6 one. */
export function countedAddress(address: string): string {
  const parsed = parse(address)
  if (parsed instanceof ipaddr.IPv6) {
    return ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/${IPV6_PREFIX_BITS}`).toString()
  }
  return parsed?.toString() ?? address
}

/** The network an address is in, coarse enough to tell a person which city, not which house: /24 or /48. */
export function coarsePlace(address: string): string | null {
  const parsed = parse(address)
  if (!parsed) return null
  const isV6 = parsed instanceof ipaddr.IPv6
  const cidr = `${parsed.toString()}/${isV6 ? 48 : 24}`
  const network = isV6
    ? ipaddr.IPv6.networkAddressFromCIDR(cidr)
    : ipaddr.IPv4.networkAddressFromCIDR(cidr)
  return `${network.toString()}/${isV6 ? 48 : 24}`
}

const PRIVATE: ReadonlySet<string> = new Set([
  'private',
  'uniqueLocal',
  'linkLocal',
  'carrierGradeNat',
])

/** NOTE: ipaddr.js would also read `127.1`, `0x7f000001` and `1` as addresses, as old resolvers do. */
function parse(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  const bare = text
    .trim()
    .replace(/^\[([^\]]*)\](?::\d+)?$/, '$1')
    .replace(/^([\d.]+):\d+$/, '$1')
  const isAddress = bare.includes(':')
    ? ipaddr.IPv6.isValid(bare)
    : ipaddr.IPv4.isValidFourPartDecimal(bare)
  return isAddress ? ipaddr.process(bare) : null
}

function rangeOf(proxy: string): Range {
  const address = parse(proxy)
  if (!address) return ipaddr.parseCIDR(proxy)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}
