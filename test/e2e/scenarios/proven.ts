import { describe, expect, it } from '@jest/globals'

import type { TestHubs } from '../../support/hubs.js'
import { connectModern } from '../../support/modern-client.js'

/** What a target learns of its sender's key. */
export function provenScenarios(hubs: () => TestHubs): void {
  describe('a signal to a target that asked for v=2', () => {
    it('says that the sender has only shown a certificate, and which key that has', async () => {
      const [sender, target] = [await hubs().connectNode(), await hubs().registeredNode()]
      const { socket } = await connectModern(target)

      sender.signal(target, { type: 'offer' })

      expect(await socket.next()).toEqual({
        type: 'signal',
        target_node_id: target.id,
        sender_node_id: sender.id,
        sender_proven: false,
        sender_spki_sha256: sender.identity.spkiSha256,
        // One of the two gives way: the node with the smaller id.
        polite: target.id < sender.id,
        payload: { type: 'offer' },
        seq: 1,
      })
    })

    it('says that the sender has signed with its key, from the moment it has', async () => {
      const [sender, target] = [await hubs().connectNode(), await hubs().registeredNode()]
      const { socket } = await connectModern(target)

      expect((await sender.prove()).status).toBe(200)
      sender.signal(target, { type: 'offer' })

      expect(await socket.next()).toMatchObject({ sender_proven: true })
    })
  })

  describe('a signal to a classic target', () => {
    it('has the four keys it always had, whoever sent it', async () => {
      const [sender, target] = [await hubs().connectNode(), await hubs().connectNode()]
      await sender.prove()

      sender.signal(target, { type: 'offer' })

      expect(Object.keys(await target.next())).toEqual([
        'type',
        'target_node_id',
        'sender_node_id',
        'payload',
      ])
    })
  })
}
