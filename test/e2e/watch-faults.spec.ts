import { describe, expect, it } from '@jest/globals'

import { Instances } from '../../src/instances/instances.js'
import { startHub, type TestHub } from '../support/hub.js'
import { startHubs } from '../support/hubs.js'
import { startProcessBeside } from '../support/process-beside.js'
import { upgrade } from '../support/test-node.js'
import { until } from '../support/until.js'
import { withRedis } from '../support/with-redis.js'
import { beginToWatch, connectQuick, presence, quickNode, told } from '../support/watching.js'

const RATES_OFF = { RATE_LIMIT_ENABLED: 'false' }

/** Another instance of the hub. */
function startBeside(hub: TestHub, env: Record<string, string> = RATES_OFF): Promise<TestHub> {
  return startHub({ database: hub.database, env: { ...env, PUBLIC_URL: hub.url } })
}

withRedis(() => {
  describe.each(['redis', 'cluster'] as const)('when %s is back after it was away', (carrier) => {
    it('watchers are told what has changed meanwhile at other instances', async () => {
      await using hubs = await startHubs(2, carrier, { env: RATES_OFF })
      const watcher = await connectQuick(hubs.at(0))
      const [goes, stays, comes] = [
        await connectQuick(hubs.at(1)),
        await connectQuick(hubs.at(1)),
        await quickNode(hubs.at(1)),
      ]
      await beginToWatch(watcher, goes, stays, comes)

      for (const wire of hubs.carrier.wires) wire.cut()
      await goes.disconnect()
      await comes.connect()
      for (const wire of hubs.carrier.wires) wire.restore()

      expect(await told(watcher, 2)).toEqual({ [goes.id]: false, [comes.id]: true })
      await stays.disconnect()
      expect(await watcher.next()).toEqual(presence(stays, false))
    })

    it('a node that began to be watched while it was away is asked about', async () => {
      await using hubs = await startHubs(2, carrier, { env: RATES_OFF })
      const [watcher, node] = [await connectQuick(hubs.at(0)), await connectQuick(hubs.at(1))]
      for (const wire of hubs.carrier.wires) wire.cut()
      const instances = hubs.at(0).app.get(Instances)
      await until(() => !instances.isUp)

      // Nobody can say; it is not left waiting for that.
      expect(await beginToWatch(watcher, node)).toEqual({ [node.id]: false })
      for (const wire of hubs.carrier.wires) wire.restore()

      expect(await watcher.next()).toEqual(presence(node, true))
    })
  })
})

describe('an instance that comes later', () => {
  it('is heard of by those who watch already', async () => {
    await using here = await startHub({ env: RATES_OFF })
    const [watcher, node] = [await connectQuick(here), await quickNode(here)]
    await beginToWatch(watcher, node)
    await using there = await startBeside(here)
    const { socket } = await upgrade(`${there.socketUrl}?token=${node.token}`)

    expect(await watcher.next()).toEqual(presence(node, true))
    socket?.socket.close()
    expect(await watcher.next()).toEqual(presence(node, false))
  })
})

describe('when an instance ends', () => {
  it('its nodes are offline to those who watch them at others, before it has closed', async () => {
    await using here = await startHub({ env: RATES_OFF })
    const there = await startBeside(here)
    const [watcher, node] = [await connectQuick(here), await connectQuick(there)]
    await beginToWatch(watcher, node)

    await there[Symbol.asyncDispose]()

    expect(await watcher.next()).toEqual(presence(node, false))
  })

  it('by kill -9, when it has not been heard of for five seconds', async () => {
    await using here = await startHub({ env: RATES_OFF })
    const { process, socketUrl } = await startProcessBeside(here, RATES_OFF)
    await using there = process
    const [watcher, node] = [await connectQuick(here), await quickNode(here)]
    const { socket } = await upgrade(`${socketUrl}?token=${node.token}`)
    await socket?.next()
    expect(await beginToWatch(watcher, node)).toEqual({ [node.id]: true })

    await there.kill()

    expect(await watcher.next()).toEqual(presence(node, false))
  })
})
