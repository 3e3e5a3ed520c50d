import { connect } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'

import { describe, expect, it } from '@jest/globals'

import { FaultProxy } from '../support/fault-proxy.js'
import { freePort } from '../support/free-port.js'
import { type Answer, startHub, type TestHub } from '../support/hub.js'
import { HubProcess } from '../support/hub-process.js'
import { cloneDatabase } from '../support/postgres.js'
import { Harvest, publishers } from '../support/prekey-harvest.js'
import { oneTimePrekeys, publication } from '../support/prekeys.js'
import type { TestNode } from '../support/test-node.js'

const UNLIMITED = { RATE_LIMIT_ENABLED: 'false' }
const CLAIMERS = 64

async function claimers(hub: TestHub): Promise<string[]> {
  const people = await Promise.all(Array.from({ length: CLAIMERS }, () => hub.signIn()))
  return people.map(({ accessToken }) => accessToken)
}

/** Another instance over the same database, in a process of its own. */
function startBeside(hub: TestHub, port: number): Promise<HubProcess> {
  return HubProcess.start({
    ...UNLIMITED,
    PORT: String(port),
    PUBLIC_URL: hub.url,
    DATABASE_URL: hub.database.url,
    SECRET_KEY: hub.config.tokens.secretKey.reveal(),
    DATA_DIR: hub.config.database.dataDir,
  })
}

/** Resolves when the hub reaches its database again. */
async function healthy(hub: TestHub): Promise<void> {
  for (;;) {
    const { body } = await hub.fetch('GET', '/health')
    if (body.status === 'healthy') return
    hub.clock.advance({ seconds: 1 })
  }
}

describe('a one-time prekey is handed out once', () => {
  it('to 64 who claim at once, while the node goes on publishing', async () => {
    await using hub = await startHub({ env: UNLIMITED })
    const [publisher] = await publishers(hub, 1, 100)
    const harvest = new Harvest(hub, publisher ? [publisher] : [])
    const tokens = await claimers(hub)

    harvest.isGrowing = true
    const reaped = harvest.reap(hub.origin, tokens)
    for (let batch = 0; batch < 12; batch++) {
      await harvest.reaches(25 * (batch + 1))
      await publisher?.publish(25)
    }
    harvest.isGrowing = false
    await reaped

    expect([harvest.size, harvest.unanswered]).toEqual([400, 0])
    await harvest.expectSound()
  })

  it('however often the hub’s process is killed meanwhile; what nobody got is there after it', async () => {
    await using hub = await startHub({ env: UNLIMITED })
    const harvest = new Harvest(hub, await publishers(hub, 4, 100))
    const tokens = await claimers(hub)

    for (const [round, isKilled] of [true, true, true, false].entries()) {
      const port = await freePort()
      await using instance = await startBeside(hub, port)
      const end = isKilled
        ? harvest.reaches(harvest.size + 40).then(() => instance.kill())
        : Promise.resolve()
      await Promise.all([harvest.reap(`http://127.0.0.1:${port}`, tokens), end])
      await harvest.expectSound()
      expect(harvest.unanswered).toBeGreaterThan(Math.min(round, 2))
      expect((await harvest.leftOver()) > 0).toBe(isKilled)
    }
  }, 120_000)

  it.each(['cut', 'freeze'] as const)(
    'however often the database is lost meanwhile (%s); what nobody got is there after it',
    async (fault) => {
      await using database = await cloneDatabase()
      await using proxy = await FaultProxy.before(database.url)
      const databaseUrl = proxy.through(database.url)
      await using hub = await startHub({ env: UNLIMITED, database, databaseUrl })
      const harvest = new Harvest(hub, await publishers(hub, 4, 100))
      const tokens = await claimers(hub)

      for (let round = 0; round < 3; round++) {
        const lost = harvest.reaches(harvest.size + 40).then(() => proxy[fault]())
        await Promise.all([harvest.reap(hub.origin, tokens), lost])
        expect(harvest.unanswered).toBeGreaterThanOrEqual(CLAIMERS * (round + 1))
        proxy.restore()
        await healthy(hub)
        await harvest.expectSound()
      }
      expect(await harvest.leftOver()).toBeGreaterThan(0)
      await harvest.reap(hub.origin, tokens)

      expect(await harvest.leftOver()).toBe(0)
      await harvest.expectSound()
    },
    60_000,
  )
})

describe('a publication', () => {
  it('whose answer was lost is repeated, and brings back nothing that was claimed', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()
    const stranger = await hub.signIn()
    const body = publication(node.identity.privateKey, oneTimePrekeys(100))
    const unread = connect(hub.config.http.port, '127.0.0.1')
    const text = JSON.stringify(body)
    unread.write(
      `PUT /nodes/${node.id}/keys HTTP/1.1\r\nhost: hub\r\nauthorization: Bearer ${node.token}\r\n` +
        `content-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
    )
    const count = () => node.fetch('GET', `/nodes/${node.id}/keys/count`)
    while ((await count()).body.one_time === 0) await turn()
    unread.destroy()

    const taken: number[] = []
    for (let claim = 0; claim < 3; claim++) {
      const { body: bundle } = await hub.fetch('POST', `/nodes/${node.id}/keys/claim`, {
        token: stranger.accessToken,
      })
      taken.push(bundle.one_time_prekey.key_id)
    }
    const again = await put(node, body)

    expect(taken).toEqual([1, 2, 3])
    expect(again).toMatchObject({ status: 200, body: { one_time: 97 } })
    const next = await node.fetch('POST', `/nodes/${node.id}/keys/claim`)
    expect(next.body.one_time_prekey).toEqual(body.one_time_prekeys[3])
  })

  it('that the database is lost under is there whole or not at all, and can be repeated', async () => {
    await using database = await cloneDatabase()
    await using proxy = await FaultProxy.before(database.url)
    const databaseUrl = proxy.through(database.url)
    await using hub = await startHub({ env: UNLIMITED, database, databaseUrl })
    const node = await hub.registeredNode()
    const { privateKey } = node.identity
    const outcomes = new Set<string>()
    let before = [0, null, null]

    // One round for each depth, until a publication is through before the database is lost.
    for (let round = 1; !outcomes.has('200 all'); round++) {
      const lasting = publication(privateKey, [], round)
      const body = { ...lasting, one_time_prekeys: oneTimePrekeys(1, round) }
      const after = [round, round, round]
      proxy.cutAfter(round)
      const { status } = await put(node, body)
      proxy.restore()
      await healthy(hub)
      const found = await state(node)
      expect([before, after]).toContainEqual(found)
      outcomes.add(`${status} ${found[1] === round ? 'all' : 'nothing'}`)
      expect((await put(node, body)).status).toBe(200)
      expect(await state(node)).toEqual(after)
      before = after
    }
    expect([...outcomes].sort()).toEqual(['200 all', '503 all', '503 nothing'])
  })
})

function put(node: TestNode, body: unknown): Promise<Answer> {
  return node.fetch('PUT', `/nodes/${node.id}/keys`, body)
}

/** What stands: one-time keys, and the ids of the signed ones. */
async function state(node: TestNode): Promise<unknown[]> {
  const { body } = await node.fetch('GET', `/nodes/${node.id}/keys/count`)
  return [body.one_time, body.signed_prekey_id, body.last_resort_prekey_id]
}
