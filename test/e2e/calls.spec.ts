import { afterEach, describe, expect, it, jest } from '@jest/globals'

import { connectCall } from '../support/call-members.js'
import { startHub } from '../support/hub.js'
import { onInstances } from '../support/topologies.js'
import { endingScenarios } from './scenarios/calls-ending.js'
import { joiningScenarios } from './scenarios/calls-joining.js'
import { callSignalScenarios } from './scenarios/calls-signals.js'

afterEach(() => {
  jest.restoreAllMocks()
})

onInstances(1, 'postgres', (hubs) => {
  joiningScenarios(hubs)
  callSignalScenarios(hubs)
  endingScenarios(hubs)
})

describe('a call in which nothing happens', () => {
  it('is closed after half an hour; a signal makes it last', async () => {
    await using hub = await startHub()
    const [quiet, lively] = [await connectCall(hub, 2), await connectCall(hub, 2)]
    const real = performance.now.bind(performance)
    let moved = 29 * 60_000
    jest.spyOn(performance, 'now').mockImplementation(() => real() + moved)
    lively.members[0]!.send({ type: 'signal', call_id: lively.callId, payload: 1, ref: 'r' })
    expect(await lively.members[0]!.next()).toEqual({ type: 'ack', ref: 'r' })
    for (const { members } of [quiet, lively]) {
      for (const member of members) await member.settled()
    }

    moved += 60_000

    for (const member of quiet.members) {
      expect(await member.next()).toEqual({ type: 'closed', call_id: quiet.callId })
    }
    expect(await lively.members[1]!.settled()).toEqual([])
  })
})
