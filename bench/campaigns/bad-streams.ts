import type { Chance } from './chance.js'

const PATHS = [
  ...[
    '/',
    '/ws/signal',
    '/ws/signal?token=x',
    '/ws/signal?v=2&token=',
    '/refresh',
    '/health',
    '//',
  ],
  ...[
    '/%',
    '/%00',
    '/../../etc/passwd',
    '/ws/signal#x',
    '*',
    'http://other/',
    '/api/v1',
    '\\',
    '/?',
  ],
]
const METHODS = [
  'GET',
  'POST',
  'PUT',
  'HEAD',
  'OPTIONS',
  'PRI',
  'CONNECT',
  'get',
  'G\u0000T',
  'TRACE',
]
const VERSIONS = ['HTTP/1.1', 'HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/9.9', 'HTCPCP/1.0', '']
const KEYS = [
  '',
  'x',
  'dGhlIHNhbXBsZSBub25jZQ==',
  'AAAAAAAAAAAAAAAAAAAAAA',
  '=',
  '\u00ff'.repeat(24),
]
const JUNK_HEADERS = [
  ...['X: y', 'X:', ': y', 'X y', ' X: folded', 'X\u0000: y', 'X: \u0001', 'Host: a\r\nHost: b'],
  ...['Content-Length: -1', 'Content-Length: 5, 6', 'Content-Length: 99999999999999999999'],
  ...['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked, identity', 'Expect: 100-continue'],
  ...['Expect: tea', 'Connection: close, upgrade', 'Upgrade: h2c', 'Origin: null'],
  ...[
    'Authorization: Bearer',
    'Authorization: Bearer \u0007',
    'Authorization: Basic x',
    'DPoP: x.y.z',
  ],
  ...['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=99', 'Cookie: a=b'],
  ...['Sec-WebSocket-Protocol: a,,b', 'X-Forwarded-For: 999.1.1.1, ,', 'Content-Type: a/b'],
]
const CHUNKS = [
  '0\r\n\r\n',
  'z\r\n',
  '-1\r\nx',
  '5\r\nabc',
  'ffffffffffffffff\r\n',
  '1;x=y\r\na\r\n0\r\n',
]
/** A TLS client's greeting: somebody takes the port for https. */
const TLS = Buffer.from('1603010200010001fc0303', 'hex')

/** What somebody may send to the port who speaks no HTTP, or half of it. */
export function badStream(chance: Chance): Buffer {
  switch (chance.below(9)) {
    case 0:
      return chance.bytes(chance.between(0, 600))
    case 1:
      return Buffer.concat([TLS, chance.bytes(chance.between(0, 500))])
    case 2:
      return Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' + '\u0000'.repeat(chance.below(60)))
    case 3:
      return Buffer.from(badUpgrade(chance), 'latin1')
    case 4:
      return Buffer.from(giantHeaders(chance), 'latin1')
    case 5:
      return Buffer.from(pipelined(chance), 'latin1')
    case 6:
      return badBody(chance)
    default:
      return cut(chance, Buffer.from(badRequest(chance), 'latin1'))
  }
}

function badRequest(chance: Chance): string {
  const headers = Array.from({ length: chance.below(6) }, () => chance.pick(JUNK_HEADERS))
  const line = `${chance.pick(METHODS)} ${chance.pick(PATHS)} ${chance.pick(VERSIONS)}`
  return [line, ...headers, '', ''].join(chance.oneIn(8) ? '\n' : '\r\n')
}

/** Some part of it that RFC 6455 §4.2.1 asks for is missing or wrong. */
function badUpgrade(chance: Chance): string {
  const lines = [
    `${chance.pick(['GET', 'GET', 'POST'])} ${chance.pick(PATHS)} ${chance.pick(VERSIONS)}`,
    'Host: 127.0.0.1',
    `Upgrade: ${chance.pick(['websocket', 'WebSocket', 'websocket, h2c', 'x', ''])}`,
    `Connection: ${chance.pick(['Upgrade', 'upgrade, keep-alive', 'close', ''])}`,
    `Sec-WebSocket-Version: ${chance.pick(['13', '7', '8', '14', '-1', '13, 8', ''])}`,
    `Sec-WebSocket-Key: ${chance.pick(KEYS)}`,
    chance.pick(JUNK_HEADERS),
  ]
  const kept = lines.filter((_, at) => at === 0 || !chance.oneIn(6))
  // Frames that follow before the answer has come.
  return `${kept.join('\r\n')}\r\n\r\n${chance.oneIn(3) ? chance.bytes(40).toString('latin1') : ''}`
}

function giantHeaders(chance: Chance): string {
  const size = chance.pick([1_000, 8_000, 16_500, 40_000])
  const header = chance.oneIn(2)
    ? `X: ${'y'.repeat(size)}\r\n`
    : 'a: b\r\n'.repeat(Math.ceil(size / 6))
  return `GET ${chance.oneIn(4) ? `/${'x'.repeat(size)}` : '/'} HTTP/1.1\r\nHost: a\r\n${header}\r\n`
}

function pipelined(chance: Chance): string {
  return Array.from({ length: chance.between(2, 12) }, () =>
    chance.oneIn(2) ? badRequest(chance) : 'GET /livez HTTP/1.1\r\nHost: a\r\n\r\n',
  ).join('')
}

function badBody(chance: Chance): Buffer {
  const isChunked = chance.oneIn(2)
  const size = isChunked
    ? 'Transfer-Encoding: chunked'
    : `Content-Length: ${chance.between(0, 40_000)}`
  const head = `POST ${chance.pick(PATHS)} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n`
  const body = isChunked
    ? Buffer.from(chance.pick(CHUNKS))
    : chance.oneIn(2)
      ? chance.bytes(chance.below(200))
      : Buffer.from('{"refresh_token":"x"}')
  return Buffer.concat([Buffer.from(`${head}${size}\r\n\r\n`), body])
}

/** Some of it, from the beginning. */
function cut(chance: Chance, bytes: Buffer): Buffer {
  return chance.oneIn(2) ? bytes : bytes.subarray(0, chance.below(bytes.length))
}
