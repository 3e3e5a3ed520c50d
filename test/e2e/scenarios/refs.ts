import { describe, expect, it } from '@jest/globals'

import type { TestHubs } from '../../support/hubs.js'
import { connectModern } from '../../support/modern-client.js'

/** Nested deeper than frames may be. */
function deep(ref: string): string {
  const nested = '['.repeat(40) + ']'.repeat(40)
  return `{"type":"signal","target_node_id":"x","payload":${nested},"ref":"${ref}"}`
}

/** What a sender hears of its signals when it asks, and what modern clients are told besides. */
export function refScenarios(hubs: () => TestHubs): void {
  describe('a signal with a ref', () => {
    it.each(['x', 'a "quoted" ref', 7, -1, 0, 'ж'.repeat(64)])(
      'is acknowledged under %j once the target has it, not before',
      async (ref) => {
        const [sender, target] = [await hubs().connectNode(), await hubs().connectNode()]

        sender.send({ type: 'signal', target_node_id: target.id, payload: 1, ref })

        expect(await sender.next()).toEqual({ type: 'ack', ref })
        expect(await target.next()).toEqual({
          type: 'signal',
          target_node_id: target.id,
          sender_node_id: sender.id,
          payload: 1,
        })
      },
    )

    it('is refused under its ref when the target is not there', async () => {
      const sender = await hubs().connectNode()
      sender.send({ type: 'signal', target_node_id: 'nobody', payload: 1, ref: 'r' })

      expect(await sender.next()).toMatchObject({
        type: 'error',
        code: 'target_offline',
        target_node_id: 'nobody',
        ref: 'r',
      })
    })

    it.each([
      ['missing_target', { type: 'signal', payload: 1, ref: 'r' }],
      ['invalid_frame', { type: 'signal', target_node_id: 'x', ref: 'r' }],
      ['invalid_frame', { type: 'signal', target_node_id: 7, payload: 1, ref: 'r' }],
      [
        'invalid_frame',
        { type: 'signal', target_node_id: 'x', call_id: 'y', payload: 1, ref: 'r' },
      ],
      ['invalid_frame', { type: 'leave', ref: 'r' }],
      ['invalid_frame', '{"type":"signal","ref":"r","target_node_id":"x","payload":1,"payload":2}'],
      ['frame_too_deep', deep('r')],
      ['unknown_message_type', { type: 'shout', ref: 'r' }],
    ])('says %s under its ref when the frame cannot be taken', async (code, frame) => {
      const sender = await hubs().connectNode()
      sender.send(frame)

      expect(await sender.next()).toMatchObject({ type: 'error', code, ref: 'r' })
    })

    it.each([[''], ['x'.repeat(65)], [1.5], [2 ** 53], [true], [{}], [[]]])(
      'is invalid_frame when the ref is %j',
      async (ref) => {
        const [sender, target] = [await hubs().connectNode(), await hubs().connectNode()]
        sender.send({ type: 'signal', target_node_id: target.id, payload: 1, ref })

        expect(await sender.next()).toMatchObject({ code: 'invalid_frame' })
        expect(await target.socket.settled()).toEqual([])
      },
    )

    it('hides its ref from the target', async () => {
      const [sender, target] = [await hubs().connectNode(), await hubs().registeredNode()]
      const { socket } = await connectModern(target)
      sender.send({ type: 'signal', target_node_id: target.id, payload: 1, ref: 'mine' })

      expect(await socket.next()).not.toHaveProperty('ref')
    })
  })

  describe('the polite side', () => {
    it('is one of the two, whoever of them sends, under either form of the id', async () => {
      const [one, two] = [
        await hubs().registeredNode({ idLength: 16 }),
        await hubs().registeredNode(),
      ]
      const [first, second] = [await connectModern(one), await connectModern(two)]
      first.socket.send({ type: 'signal', target_node_id: two.id, payload: 1 })
      second.socket.send({ type: 'signal', target_node_id: one.id, payload: 2 })

      const [atOne, atTwo] = [await first.socket.next(), await second.socket.next()]

      expect([atOne.polite, atTwo.polite].sort()).toEqual([false, true])
      expect(atOne.polite).toBe(one.id < two.id)
    })
  })

  describe('auth_ok of a client that asked for v=2', () => {
    it('names the connection, the limits it lives under and how often to ping', async () => {
      const node = await hubs().registeredNode()
      const first = await connectModern(node)
      const second = await connectModern(node)

      expect(first.greeting).toMatchObject({
        message: `Successfully connected as ${node.id}`,
        node_id: node.id,
        connection_id: expect.stringMatching(/^[\w.-]{22,64}$/),
        ping_interval_ms: 20_000,
        limits: {
          frame_bytes: 65_536,
          frame_depth: 32,
          frames_per_second: 50,
          frame_burst: 200,
          watched_nodes: 200,
          call_members: 32,
        },
      })
      expect(second.greeting.connection_id).not.toBe(first.greeting.connection_id)
    })

    it('comes again, whole, when it brings another token', async () => {
      const node = await hubs().registeredNode()
      const { socket, greeting } = await connectModern(node)
      socket.send({ type: 'auth', token: node.token })

      expect(await socket.next()).toEqual(greeting)
    })
  })
}
