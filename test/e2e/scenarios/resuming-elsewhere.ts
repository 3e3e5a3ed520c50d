import { beforeAll, describe, expect, it } from '@jest/globals'

import { handOver } from '../../support/answers.js'
import { at, type TestHubs } from '../../support/hubs.js'
import { connectModern, type ModernConnection } from '../../support/modern-client.js'
import type { TestNode } from '../../support/test-node.js'

/** A client whose connection to one instance is lost, and who comes back to another. */
export function resumingElsewhereScenarios(hubs: () => TestHubs): void {
  let alice: TestNode

  beforeAll(async () => {
    alice = await hubs().at(0).connectNode()
  })

  /** Loses a connection to one instance. */
  async function lose(node: TestNode): Promise<ModernConnection> {
    const lost = await connectModern(node, hubs().at(0))
    lost.socket.socket.pause()
    return lost
  }

  function comeBack(node: TestNode): Promise<ModernConnection> {
    return connectModern(node, hubs().at(1))
  }

  function resume(back: ModernConnection, lost: ModernConnection, lastSeq: number): void {
    const { connection_id } = lost.greeting
    back.socket.send({ type: 'resume', connection_id, last_seq: lastSeq })
  }

  const refused = { type: 'error', code: 'resume_failed' }

  describe('a client that drops and comes back to another instance', () => {
    it('gets what its lost connection was sent and it did not get, in order, and goes on', async () => {
      const node = await hubs().registeredNode()
      const lost = await lose(node)
      await handOver(alice, node, 1, 2, 3)
      lost.socket.socket.terminate()

      const back = await comeBack(node)
      resume(back, lost, 1)

      expect(await back.socket.next()).toEqual({ type: 'resumed', from_seq: 2 })
      expect(await back.socket.next()).toMatchObject({ payload: 2, seq: 2 })
      expect(await back.socket.next()).toMatchObject({ payload: 3, seq: 3 })
      await handOver(alice, node, 4)
      expect(await back.socket.next()).toMatchObject({ payload: 4, seq: 4 })
    })

    it('gets it also while that instance takes the lost connection for alive', async () => {
      const node = await hubs().registeredNode()
      const lost = await lose(node)
      await handOver(alice, node, 'half dead')

      const back = await comeBack(node)
      resume(back, lost, 0)

      expect(await back.socket.next()).toEqual({ type: 'resumed', from_seq: 1 })
      expect(await back.socket.next()).toMatchObject({ payload: 'half dead', seq: 1 })
      lost.socket.socket.terminate()
    })

    it('gets as much as is kept, as its senders wrote it', async () => {
      const node = await hubs().registeredNode()
      const lost = await lose(node)
      const payloads = Array.from({ length: 60 }, (_, n) => `${n} п\u0301 👋 ${'я'.repeat(1_500)}`)
      await handOver(alice, node, ...payloads)
      lost.socket.socket.terminate()

      const back = await comeBack(node)
      resume(back, lost, 0)

      expect(await back.socket.next()).toMatchObject({ type: 'resumed' })
      for (const payload of payloads) expect((await back.socket.next()).payload).toBe(payload)
    })

    it('hears what became of its own signals', async () => {
      const [node, bob] = [await hubs().registeredNode(), await hubs().at(1).connectNode()]
      const lost = await connectModern(node, hubs().at(0))
      lost.socket.send({ type: 'signal', target_node_id: bob.id, payload: 1, ref: 'far' })
      lost.socket.send({ type: 'signal', target_node_id: 'nobody', payload: 2, ref: 'none' })
      const told = [await lost.socket.next(), await lost.socket.next()]
      lost.socket.socket.terminate()

      const back = await comeBack(node)
      resume(back, lost, 0)

      expect(await back.socket.next()).toMatchObject({ type: 'resumed' })
      expect([await back.socket.next(), await back.socket.next()]).toEqual(told)
    })

    it('does so a second time, from where it came back to', async () => {
      const node = await hubs().registeredNode()
      const lost = await lose(node)
      await handOver(alice, node, 'twice')
      const again = await comeBack(node)
      resume(again, lost, 0)
      expect(await again.socket.next()).toMatchObject({ type: 'resumed' })
      again.socket.socket.terminate()

      const back = await connectModern(node, hubs().at(0))
      resume(back, again, 0)

      expect(await back.socket.next()).toEqual({ type: 'resumed', from_seq: 1 })
      expect(await back.socket.next()).toMatchObject({ payload: 'twice', seq: 1 })
      lost.socket.socket.terminate()
    })
  })

  describe('resume_failed from another instance', () => {
    it('answers whoever is not that node, which loses nothing by it', async () => {
      const [node, thief] = [await hubs().registeredNode(), await hubs().registeredNode()]
      const lost = await lose(node)
      await handOver(alice, node, 'mine')
      const thiefs = await comeBack(thief)
      resume(thiefs, lost, 0)
      expect(await thiefs.socket.next()).toMatchObject(refused)

      const back = await comeBack(node)
      resume(back, lost, 0)

      expect(await back.socket.next()).toMatchObject({ type: 'resumed' })
      expect(await back.socket.next()).toMatchObject({ payload: 'mine' })
      lost.socket.socket.terminate()
    })

    it('answers the same node under another account', async () => {
      const node = await hubs().registeredNode()
      const lost = await lose(node)
      await handOver(alice, node, 'not for the heir')
      const heir = await hubs().at(1).nodeOf(node.identity)
      expect((await heir.prove()).status).toBe(201)

      const back = await comeBack(heir)
      resume(back, lost, 0)

      expect(await back.socket.next()).toMatchObject(refused)
      lost.socket.socket.terminate()
    })

    it('answers for a connection, or an instance, that nobody knows', async () => {
      const back = await comeBack(await hubs().registeredNode())
      const [there] = (await connectModern(alice, hubs().at(0))).greeting.connection_id.split('.')
      await alice.connect()

      for (const connection_id of [`${there}.unknown`, '0123456789abcdef.unknown']) {
        back.socket.send({ type: 'resume', connection_id, last_seq: 0 })
        expect(await back.socket.next()).toMatchObject(refused)
      }
    })

    it('answers a second question while the first is on its way, and one that comes late', async () => {
      const node = await hubs().registeredNode()
      const lost = await lose(node)
      lost.socket.socket.terminate()
      const back = await comeBack(node)
      resume(back, lost, 0)
      resume(back, lost, 0)
      const answers = [await back.socket.next(), await back.socket.next()]
      expect(answers).toEqual([expect.objectContaining(refused), { type: 'resumed', from_seq: 1 }])

      const late = await connectModern(node, hubs().at(0))
      late.socket.send({ type: 'signal', target_node_id: 'nobody', payload: 0 })
      expect(await late.socket.next()).toMatchObject({ code: 'target_offline' })
      resume(late, back, 0)
      expect(await late.socket.next()).toMatchObject(refused)
    })
  })

  it('a signal for a node that came back is not answered by the instance that it has left', async () => {
    const node = await hubs().registeredNode()
    await node.connect(hubs().at(0))
    await node.connect(hubs().at(1))
    await at(hubs().at(0), node).connect()
    await node.connect(hubs().at(1))

    await handOver(alice, node, 'where are you')
    expect(await node.next()).toMatchObject({ payload: 'where are you' })
  })
}
