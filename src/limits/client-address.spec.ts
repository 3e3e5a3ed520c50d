import { describe, expect, it } from '@jest/globals'

import { ClientAddresses, countedAddress } from './client-address.js'

const LOOPBACK = ['loopback']

function clientOf(
  trusted: readonly string[],
  peer: string | undefined,
  forwarded?: string,
): string {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
  const request = { headers, socket: { remoteAddress: peer } }
  // Only these two fields are read.
  return new ClientAddresses(trusted).of(request as Parameters<ClientAddresses['of']>[0])
}

interface Case {
  readonly why: string
  readonly trusted: readonly string[]
  readonly peer: string
  readonly forwarded: string
  readonly client: string
}

function row(
  why: string,
  trusted: readonly string[],
  peer: string,
  forwarded: string,
  client: string,
): Case {
  return { why, trusted, peer, forwarded, client }
}

const PROXY = '127.0.0.1'
const CASES: Case[] = [
  row(
    'a stranger may write what they like',
    LOOPBACK,
    '203.0.113.9',
    '198.51.100.1',
    '203.0.113.9',
  ),
  row('nobody is trusted', [], PROXY, '198.51.100.1', PROXY),
  row('a private peer is no loopback one', LOOPBACK, '10.0.0.2', '198.51.100.1', '10.0.0.2'),
  row('the proxy names its client', LOOPBACK, PROXY, '198.51.100.1', '198.51.100.1'),
  row('all of 127.0.0.0/8 is loopback', LOOPBACK, '127.9.9.9', '198.51.100.1', '198.51.100.1'),
  row('so is ::1', LOOPBACK, '::1', '198.51.100.1', '198.51.100.1'),
  row('and ::ffff:127.0.0.1', LOOPBACK, '::ffff:127.0.0.1', '198.51.100.1', '198.51.100.1'),
  row(
    'what the client wrote stands further left',
    LOOPBACK,
    PROXY,
    '1.1.1.1, 198.51.100.1',
    '198.51.100.1',
  ),
  row(
    'trusted hops are skipped from the right',
    ['private'],
    '10.0.0.1',
    '198.51.100.1, 10.0.0.3, 192.168.1.1',
    '198.51.100.1',
  ),
  row(
    'the right-most untrusted one counts',
    ['private'],
    '10.0.0.1',
    '10.0.0.7, 198.51.100.1, 10.0.0.3',
    '198.51.100.1',
  ),
  row(
    'if all are trusted, the first is the client',
    ['private'],
    '10.0.0.1',
    '10.0.0.7, 10.0.0.3',
    '10.0.0.7',
  ),
  row('a network', ['10.1.0.0/16'], '10.1.255.1', '198.51.100.1', '198.51.100.1'),
  row('beside the network', ['10.1.0.0/16'], '10.2.0.1', '198.51.100.1', '10.2.0.1'),
  row('a single address', ['192.0.2.7'], '192.0.2.7', '198.51.100.1', '198.51.100.1'),
  row('an IPv6 network', ['fd00::/8'], 'fd12::1', '198.51.100.1', '198.51.100.1'),
  row('an IPv6 network does not trust IPv4', ['fd00::/8'], '10.0.0.1', '198.51.100.1', '10.0.0.1'),
  row('IPv4 in IPv6', LOOPBACK, PROXY, '::ffff:198.51.100.1', '198.51.100.1'),
  row('IPv4 in IPv6, in hex', LOOPBACK, PROXY, '::ffff:c633:6401', '198.51.100.1'),
  row('a port', LOOPBACK, PROXY, '198.51.100.1:4711', '198.51.100.1'),
  row('IPv6 in brackets', LOOPBACK, PROXY, '[2001:db8::1]', '2001:db8::1'),
  row('IPv6 with a port', LOOPBACK, PROXY, '[2001:db8::1]:443', '2001:db8::1'),
  row('IPv6 in its long spelling', LOOPBACK, PROXY, '2001:0DB8:0:0:0:0:0:1', '2001:db8::1'),
  row('spaces and empty hops', LOOPBACK, PROXY, ' , 198.51.100.1 ,, ', '198.51.100.1'),
  row('an empty header', LOOPBACK, PROXY, '', PROXY),
  row(
    'garbage ends the walk at the hop that wrote it',
    LOOPBACK,
    PROXY,
    '198.51.100.1, unknown',
    PROXY,
  ),
  row('an obfuscated identifier (RFC 7239)', LOOPBACK, PROXY, '_hidden', PROXY),
  row('a name', LOOPBACK, PROXY, 'localhost', PROXY),
  row('a short spelling of loopback', LOOPBACK, PROXY, '198.51.100.1, 127.1', PROXY),
  row('a number', LOOPBACK, PROXY, '198.51.100.1, 2130706433', PROXY),
  row('hex', LOOPBACK, PROXY, '198.51.100.1, 0x7f.0.0.1', PROXY),
  row('octal', LOOPBACK, PROXY, '198.51.100.1, 0177.0.0.1', PROXY),
  row('a network is no address', LOOPBACK, PROXY, '198.51.100.1/32', PROXY),
  row('an address out of range', LOOPBACK, PROXY, '198.51.100.256', PROXY),
  row('SQL', LOOPBACK, PROXY, "1'; DROP TABLE accounts; --", PROXY),
]

describe('the client of a request', () => {
  it.each(CASES)('$why: $peer says "$forwarded"', ({ trusted, peer, forwarded, client }) => {
    expect(clientOf(trusted, peer, forwarded)).toBe(client)
  })

  it.each(['203.0.113.9', '2001:db8::7', '::ffff:203.0.113.9'])(
    'is the peer itself: %s',
    (peer) => {
      expect(clientOf(LOOPBACK, peer)).toBe(peer.replace('::ffff:', ''))
    },
  )

  it('is unknown once the socket is gone', () => {
    expect(clientOf(LOOPBACK, undefined, '198.51.100.1')).toBe('unknown')
  })

  it('is found however long the header is', () => {
    const chain = Array.from({ length: 5_000 }, () => '10.0.0.1').join(',')
    expect(clientOf(['private'], '10.0.0.1', `198.51.100.1,${chain}`)).toBe('198.51.100.1')
  })
})

describe('what a caller is counted by', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::'],
    ['2001:db8:1:2:ffff::', '2001:db8:1:2::'],
    ['2001:db8:1:3::1', '2001:db8:1:3::'],
    ['fe80::1%eth0', 'fe80::'],
    ['::1', '::'],
    ['unknown', 'unknown'],
  ])('%s counts as %s', (address, counted) => {
    expect(countedAddress(address)).toBe(counted)
  })
})
