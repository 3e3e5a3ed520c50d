import { beforeAll, describe, expect, it } from '@jest/globals'

import { answersTo } from '../../support/answers.js'
import type { TestNode } from '../../support/test-node.js'
import type { TestHubs } from '../../support/hubs.js'

/** What a node is told about frames that are not taken, and what ends its connection. */
export function refusalScenarios(hubs: () => TestHubs): void {
  let alice: TestNode
  let bob: TestNode

  beforeAll(async () => {
    alice = await hubs().connectNode()
    bob = await hubs().connectNode({ idLength: 16 })
  })

  describe('exactly one error', () => {
    const anOffline = `dpc-node-${'0'.repeat(32)}`

    it.each([
      ['an offline target', { target_node_id: anOffline, payload: {} }, 'target_offline'],
      ['a target that is no id', { target_node_id: 'bob', payload: {} }, 'target_offline'],
      [
        'a target in upper case',
        { target_node_id: 'DPC-NODE-' + 'A'.repeat(32), payload: {} },
        'target_offline',
      ],
      [
        'a target of 17 characters',
        { target_node_id: `dpc-node-${'0'.repeat(17)}`, payload: {} },
        'target_offline',
      ],
      ['no target', { payload: {} }, 'missing_target'],
      ['an empty target', { target_node_id: '', payload: {} }, 'missing_target'],
      ['a null target', { target_node_id: null, payload: {} }, 'missing_target'],
      ['a numeric target', { target_node_id: 7, payload: {} }, 'invalid_frame'],
      ['an object as target', { target_node_id: {}, payload: {} }, 'invalid_frame'],
      ['no payload', { target_node_id: anOffline }, 'invalid_frame'],
    ])('answers a signal with %s', async (_what, frame, code) => {
      alice.send({ type: 'signal', ...frame })

      expect(await answersTo(alice)).toEqual([
        expect.objectContaining({ type: 'error', code, message: expect.any(String) }),
      ])
    })

    it.each([
      ['text that is no JSON', '{"type":', 'invalid_json'],
      ['nothing', '', 'invalid_json'],
      ['NaN', 'NaN', 'invalid_json'],
      ['a comment', '{"type":"ping"} // hi', 'invalid_json'],
      ['a BOM', '\uFEFF{"type":"ping"}', 'invalid_json'],
      ['an array', '[]', 'processing_error'],
      ['a string', '"ping"', 'processing_error'],
      ['null', 'null', 'processing_error'],
      ['no type', '{}', 'unknown_message_type'],
      ['an unknown type', '{"type":"subscribe"}', 'unknown_message_type'],
      ['a type that is no text', '{"type":{}}', 'unknown_message_type'],
      ['a type of the prototype', '{"type":"__proto__"}', 'unknown_message_type'],
      ['two types', '{"type":"ping","type":"ping"}', 'invalid_frame'],
      [
        'an escaped key',
        '{"type":"signal","target_node_id":"x","payl\\u006fad":1}',
        'invalid_frame',
      ],
      [
        'two payloads',
        '{"type":"signal","target_node_id":"x","payload":1,"payload":2}',
        'invalid_frame',
      ],
      ['an object as timestamp', '{"type":"ping","timestamp":{}}', 'invalid_frame'],
      [
        'nesting beyond 32',
        `{"type":"signal","target_node_id":"x","payload":${'['.repeat(32)}${']'.repeat(32)}}`,
        'frame_too_deep',
      ],
      [
        'nesting beyond reason',
        `{"type":"ping","x":${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
        'frame_too_deep',
      ],
      ['two types, one unknown', '{"type":"ping","type":"nope"}', 'invalid_frame'],
    ])('answers %s', async (_what, text, code) => {
      alice.send(text)

      expect(await answersTo(alice)).toEqual([expect.objectContaining({ type: 'error', code })])
    })

    it('answers auth with a bad token', async () => {
      alice.send({ type: 'auth', token: 'bad' })

      expect(await alice.next()).toMatchObject({ type: 'error', code: 'invalid_token' })
    })

    it('answers a binary frame', async () => {
      alice.socket.socket.send(Buffer.from('{"type":"ping"}'), { binary: true })

      expect(await answersTo(alice)).toEqual([
        expect.objectContaining({ code: 'processing_error' }),
      ])
    })

    it('repeats no more than 64 characters of what was sent', async () => {
      alice.signal('x'.repeat(60_000), {})

      const [error] = await answersTo(alice)
      expect(error).toMatchObject({ code: 'target_offline', target_node_id: 'x'.repeat(64) })
      expect(JSON.stringify(error).length).toBeLessThan(300)
    })

    it('lets 32 levels pass', async () => {
      const payload = '['.repeat(31) + ']'.repeat(31)
      alice.send(`{"type":"signal","target_node_id":"${bob.id}","payload":${payload}}`)

      expect(await bob.socket.nextText()).toContain(payload)
    })
  })

  describe('bytes that are no frames', () => {
    it.each([
      ['an unmasked frame', Buffer.from([0x81, 0x02, 0x7b, 0x7d]), 1002],
      ['a reserved opcode', Buffer.from([0x83, 0x80, 0, 0, 0, 0]), 1002],
      ['a reserved bit', Buffer.from([0xc1, 0x80, 0, 0, 0, 0]), 1002],
      ['a continuation of nothing', Buffer.from([0x80, 0x80, 0, 0, 0, 0]), 1002],
      ['invalid UTF-8', Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0xff]), 1007],
      [
        'a length beyond the limit',
        Buffer.from([0x81, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0]),
        1009,
      ],
    ])('close their sender: %s', async (_what, bytes, code) => {
      const node = await hubs().connectNode()
      // @ts-expect-error -- the raw stream below ws
      node.socket.socket._socket.write(bytes)

      expect((await node.closed).code).toBe(code)
    })

    it('are also more than 16 fragments of one frame', async () => {
      const node = await hubs().connectNode()
      for (let n = 0; n < 20; n++) node.socket.socket.send(' ', { fin: false })

      expect((await node.closed).code).toBeGreaterThanOrEqual(1002)
    })
  })
}
