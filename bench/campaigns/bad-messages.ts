import type { Chance } from './chance.js'

/** What a client may send, to be spoilt. `NODE` stands for some node's id. */
const GOOD = [
  '{"type":"signal","target_node_id":"NODE","payload":{"type":"offer","sdp":"v=0\\r\\no=- 1 2 IN IP4 127.0.0.1\\r\\n"}}',
  '{"type":"signal","target_node_id":"NODE","payload":{"candidate":"candidate:1 1 udp 2122 10.0.0.1 5000 typ host","sdpMLineIndex":0},"ref":"a-1"}',
  '{"type":"signal","call_id":"AAAAAAAAAAAAAAAAAAAAAA","payload":[1,2,3],"ref":7}',
  '{"type":"ping","timestamp":1764000000.25}',
  '{"type":"auth","token":"eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.c2lnbmF0dXJl"}',
  '{"type":"resume","connection_id":"AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA","last_seq":12}',
  '{"type":"watch","node_ids":["NODE","NODE"]}',
  '{"type":"unwatch","node_ids":["NODE"]}',
  '{"type":"join","call_id":"AAAAAAAAAAAAAAAAAAAAAA","ref":1}',
  '{"type":"leave","call_id":"AAAAAAAAAAAAAAAAAAAAAA"}',
  '{"type":"close","call_id":"AAAAAAAAAAAAAAAAAAAAAA"}',
]

const KEYS = [
  ...['type', 'target_node_id', 'payload', 'ref', 'call_id', 'timestamp', 'token', 'node_ids'],
  ...['connection_id', 'last_seq', '__proto__', 'constructor', '', 'toString', 't\\u0079pe'],
]

const VALUES = [
  ...['null', 'true', '0', '-0', '1e400', '-1e400', '9007199254740993', '0.1e-400', 'NaN'],
  ...['""', '[]', '{}', '"signal"', '"NODE"', '"\\ud800"', '"\\u0000"', '[[[]]]', 'Infinity'],
  ...['{"__proto__":{"isAdmin":true}}', '[null,null]', "'single'", '0x10', '01', '+1', '.5'],
]

const TEXTS = [
  ...['', ' ', '\ufeff{}', 'null', '[]', '"text"', '42', 'NaN', '{', '}', '{}}', '{"type"}', '//'],
  ...[
    '{"type":"signal"',
    '{"type":"signal",}',
    "{'type':'ping'}",
    '{"type":"ping"}{"type":"ping"}',
  ],
  ...['{"type":undefined}', '\u0000', '{"type":"ping"}\u0000', '<xml/>', 'GET / HTTP/1.1\r\n\r\n'],
]

const OPENINGS = ['[', '{"a":', '{"payload":', '[{"x":']

/** A text that a hub must answer with an error, or at least survive. */
export function badMessage(chance: Chance, someNode: () => string): string {
  const text = pickOne(chance)
  return text.replaceAll('NODE', someNode)
}

function pickOne(chance: Chance): string {
  switch (chance.below(10)) {
    case 0:
      return chance.pick(TEXTS)
    case 1:
      return madeUpObject(chance)
    case 2:
      return tooDeep(chance)
    case 3:
      return withKeyTwice(chance)
    case 4:
      return withOtherValue(chance)
    case 5:
      return tooMuch(chance)
    default:
      return mutated(chance, chance.pick(GOOD))
  }
}

function madeUpObject(chance: Chance): string {
  const members = Array.from(
    { length: chance.between(0, 6) },
    () => `"${chance.pick(KEYS)}":${chance.pick(VALUES)}`,
  )
  return `{${members.join(',')}}`
}

function tooDeep(chance: Chance): string {
  const depth = chance.between(30, chance.oneIn(10) ? 5_000 : 40)
  const nested = chance.pick(OPENINGS).repeat(depth)
  return chance.oneIn(2) ? nested : `{"type":"signal","target_node_id":"NODE","payload":${nested}`
}

function withKeyTwice(chance: Chance): string {
  const key = chance.pick(KEYS)
  return chance.pick(GOOD).replace('{', `{"${key}":${chance.pick(VALUES)},`)
}

function withOtherValue(chance: Chance): string {
  const good = chance.pick(GOOD)
  const members = [...good.matchAll(/"(\w+)":/g)]
  const { index, 0: key } = chance.pick(members)
  return `${good.slice(0, index)}${key}${chance.pick(VALUES)}}`
}

function tooMuch(chance: Chance): string {
  const length = chance.between(200, 3_000)
  switch (chance.below(4)) {
    case 0:
      return `{"type":"${'x'.repeat(length)}"}`
    case 1:
      return `{"type":"signal","target_node_id":"dpc-node-${'f'.repeat(length)}","payload":0}`
    case 2:
      return `{"type":"watch","node_ids":[${'"NODE",'.repeat(length / 50)}"NODE"]}`
    default:
      return `{${Array.from({ length: length / 10 }, (_, at) => `"k${at}":${at}`).join(',')}}`
  }
}

/** A few of its characters cut out, doubled, exchanged or put in. */
function mutated(chance: Chance, text: string): string {
  let spoilt = text
  for (let edits = chance.between(1, 4); edits > 0; edits--) {
    const at = chance.below(spoilt.length + 1)
    const length = chance.between(0, 12)
    const put = chance.pick([
      '',
      '',
      chance.pick(VALUES),
      spoilt.slice(at, at + length),
      String.fromCharCode(chance.below(chance.oneIn(8) ? 0xffff : 0x7f)),
    ])
    spoilt = spoilt.slice(0, at) + put + spoilt.slice(at + length)
  }
  return spoilt
}
