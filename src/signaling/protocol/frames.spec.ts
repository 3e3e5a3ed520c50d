import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'

import { readFrameText } from './frame-text.js'
import { parseFrame } from './frames.js'
import { authOkFrame, errorFrame, pongFrame, signalFrame } from './hub-frames.js'

const SENDER = `dpc-node-${'a'.repeat(32)}`
const TARGET = `dpc-node-${'b'.repeat(32)}`

/** JSON text as others may write it: white space anywhere it may stand. */
function spaced(value: unknown, spaces: readonly string[]): string {
  let next = 0
  const space = (): string => spaces[next++ % spaces.length] ?? ''
  const write = (part: unknown): string => {
    if (Array.isArray(part))
      return `[${space()}${part.map(write).join(`${space()},${space()}`)}${space()}]`
    if (typeof part !== 'object' || part === null) return JSON.stringify(part)
    const entries = Object.entries(part).map(
      ([key, entry]) => `${JSON.stringify(key)}${space()}:${space()}${write(entry)}`,
    )
    return `{${space()}${entries.join(`${space()},${space()}`)}${space()}}`
  }
  return space() + write(value) + space()
}

const spaces = fc.array(fc.constantFrom('', ' ', '\n', '\t ', '\r\n'), {
  minLength: 1,
  maxLength: 5,
})
const json = fc.jsonValue({ maxDepth: 5 })

describe('the text of a value', () => {
  it('is exactly what its sender wrote, whatever stands around it', () => {
    fc.assert(
      fc.property(json, fc.dictionary(fc.string(), json), spaces, (payload, others, how) => {
        const text = spaced({ ...others, payload, last: others }, how)
        const read = readFrameText(text, 'payload')
        const hasEscapedKey = Object.keys(others).some((key) => JSON.stringify(key).includes('\\'))
        if (read.kind === 'escaped_key') return hasEscapedKey
        if (read.kind === 'too_deep') return false
        return (
          read.keys === Object.keys(JSON.parse(text)).length &&
          read.value !== null &&
          read.value === read.value.trim() &&
          JSON.stringify(JSON.parse(read.value)) === JSON.stringify(JSON.parse(text).payload)
        )
      }),
      { numRuns: 5_000 },
    )
  })

  it.each([
    ['{"payload":1}', '1'],
    ['{"payload":"a\\"}b"}', '"a\\"}b"'],
    ['{"payload":"\\\\"}', '"\\\\"'],
    ['{"payload":"\\\\\\""}', '"\\\\\\""'],
    ['{"payload":"","x":"payload"}', '""'],
    ['{"x":{"payload":2},"payload":[{"payload":3}]}', '[{"payload":3}]'],
    ['{"x":"payload"}', null],
    ['{}', null],
    [' {\n"payload" :\t12345678901234567890 , "y":1 } ', '12345678901234567890'],
  ])('in %s is %s', (text, value) => {
    expect(readFrameText(text, 'payload')).toMatchObject({ kind: 'ok', value })
  })
})

describe('what a target receives', () => {
  it('has exactly four keys and the true sender, whatever a sender writes', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json), json, spaces, (others, payload, how) => {
        const mine = { ...others, type: 'signal', target_node_id: TARGET, payload }
        const frame = parseFrame(spaced(mine, how))
        if (frame.type === 'refused') return true
        if (frame.type !== 'signal') return false
        const seen = JSON.parse(signalFrame(frame.target, SENDER, frame.payloadText))
        return (
          Object.keys(seen).join() === 'type,target_node_id,sender_node_id,payload' &&
          seen.sender_node_id === SENDER &&
          seen.target_node_id === TARGET &&
          JSON.stringify(seen.payload) === JSON.stringify(payload)
        )
      }),
      { numRuns: 5_000 },
    )
  })

  it('stays one JSON object when the target is hostile text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (target) => {
        const seen = JSON.parse(signalFrame(target, SENDER, '1'))
        return seen.sender_node_id === SENDER
      }),
    )
  })
})

describe('parseFrame', () => {
  it('never throws, whatever the text', () => {
    const good = '{"type":"signal","target_node_id":"x","payload":{"sdp":"v=0\\r\\n","n":[1,{}]}}'
    const mutated = fc
      .tuple(fc.nat(good.length), fc.nat(12), fc.string())
      .map(([at, cut, text]) => good.slice(0, at) + text + good.slice(at + cut))
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), mutated, fc.json()), (text) => {
        const frame = parseFrame(text)
        return frame.type !== 'refused' || frame.message.length > 0
      }),
      { numRuns: 20_000 },
    )
  })

  it('takes a frame as long as the hub allows in time that grows with its length alone', () => {
    // Quotes behind backslashes are the scanner's worst case.
    const payload = JSON.stringify('\\"'.repeat(15_000))
    const text = `{"type":"signal","target_node_id":"x","payload":${payload}}`

    expect(parseFrame(text)).toEqual({
      type: 'signal',
      target: 'x',
      payloadText: payload,
      ref: null,
    })
  })
})

describe('frames of the hub', () => {
  it('are JSON with the keys of the contract', () => {
    expect(JSON.parse(authOkFrame(SENDER))).toEqual({
      type: 'auth_ok',
      message: `Successfully connected as ${SENDER}`,
      node_id: SENDER,
    })
    expect(JSON.parse(pongFrame('null'))).toEqual({ type: 'pong', timestamp: null })
    const error = { code: 'target_slow', message: 'm', target: TARGET, retryAfterSeconds: 1 }
    expect(JSON.parse(errorFrame(error))).toEqual({
      type: 'error',
      code: 'target_slow',
      message: 'm',
      target_node_id: TARGET,
      retry_after: 1,
    })
  })
})
