import { describe, expect, it } from '@jest/globals'

import { askedBy, handOver } from '../../support/answers.js'
import type { TestHubs } from '../../support/hubs.js'

const PAYLOAD = 'x'.repeat(60_000)

/** What a target that does not read costs others. */
export function slowScenarios(hubs: () => TestHubs): void {
  describe('a target that does not read', () => {
    it('is reported as slow to its senders, who go on, and is offline in the end', async () => {
      const [alice, carol] = [await hubs().connectNode(), await hubs().connectNode()]
      const sleeper = await hubs().connectNode()
      sleeper.socket.socket.pause()

      while ((await askedBy(alice, sleeper, PAYLOAD)) === 'ack');
      expect(await askedBy(alice, sleeper, PAYLOAD)).toBe('target_slow')

      // The sender is not held up: what it sends elsewhere arrives.
      await handOver(alice, carol, 'meanwhile')
      expect(await carol.next()).toMatchObject({ payload: 'meanwhile' })

      // Closed when it has not drained for ten seconds; from then on it is offline.
      while ((await askedBy(alice, sleeper, PAYLOAD)) !== 'target_offline');
      sleeper.socket.socket.resume()
      expect([1006, 1013]).toContain((await sleeper.closed).code)
    })

    it('that reads again gets what was queued, in order, and nothing twice', async () => {
      const [alice, sleeper] = [await hubs().connectNode(), await hubs().connectNode()]
      sleeper.socket.socket.pause()
      let sent = 0
      while ((await askedBy(alice, sleeper, { n: sent, PAYLOAD })) === 'ack') sent++
      sleeper.socket.socket.resume()

      for (let n = 0; n < sent; n++) expect((await sleeper.next()).payload.n).toBe(n)
      await handOver(alice, sleeper, 'awake')
      expect((await sleeper.next()).payload).toBe('awake')
    })
  })
}
