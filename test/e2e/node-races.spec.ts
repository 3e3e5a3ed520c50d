import { describe, expect, it } from '@jest/globals'

import { FaultProxy } from '../support/fault-proxy.js'
import { freePort } from '../support/free-port.js'
import { healthy } from '../support/health.js'
import { startHub } from '../support/hub.js'
import { HubProcess } from '../support/hub-process.js'
import { NodeContest, standingOf } from '../support/node-contest.js'
import { cloneDatabase } from '../support/postgres.js'
import type { TestNode, TestSocket } from '../support/test-node.js'
import { POOL_SIZE, poolKey, selfSigned } from '../support/x509.js'

const UNLIMITED = { RATE_LIMIT_ENABLED: 'false' }

/** How a contest may end for one of those in it. */
const ALLOWED = [
  '200',
  '201',
  '400 node_taken',
  '409 node_taken',
  '400 challenge_invalid',
  '503 unavailable',
  'none',
]

/** A socket if it was let in. */
async function tryConnect(node: TestNode): Promise<TestSocket | null> {
  const { socket, refused } = await node.tryConnect()
  if (refused)
    expect([refused.status, refused.body.error_code]).toEqual([403, 'node_not_registered'])
  return socket
}

/** What a squatter has done before the owner comes, and what it does meanwhile. */
const SQUATTERS: readonly {
  before: (squatter: TestNode) => Promise<TestSocket | null>
  meanwhile: (squatter: TestNode) => Promise<TestSocket | null>
}[] = [
  {
    before: async (squatter) => {
      await squatter.register()
      return tryConnect(squatter)
    },
    meanwhile: () => Promise.resolve(null),
  },
  {
    before: () => Promise.resolve(null),
    meanwhile: async (squatter) => {
      await squatter.tryRegister()
      return tryConnect(squatter)
    },
  },
  {
    before: async (squatter) => {
      await squatter.register()
      return null
    },
    meanwhile: tryConnect,
  },
  {
    before: async (squatter) => {
      await squatter.register()
      return tryConnect(squatter)
    },
    meanwhile: async (squatter) => {
      const [socket] = await Promise.all([tryConnect(squatter), squatter.tryRegister()])
      return socket
    },
  },
]

describe('squat against prove', () => {
  const RACES = 1_000

  /** One race; resolves with how often it was looked at. The node is nobody's before and after. */
  async function race(owner: TestNode, squatter: TestNode, kind: number): Promise<number> {
    const { hub, identity } = owner
    const { before, meanwhile } = SQUATTERS[kind % SQUATTERS.length]!
    const sockets = [await before(squatter)]
    const proof = owner.proofOf(await owner.challenge())
    let isOver = false
    const looking = (async () => {
      let [looks, wasProven] = [0, false]
      do {
        const standing = await standingOf(hub.database, identity.spkiSha256)
        looks++
        if (!standing) continue
        // Who has proven it is its owner, and once it is proven that is for good.
        expect(standing.isProven || !wasProven).toBe(true)
        expect(standing.owner).toBe((standing.isProven ? owner : squatter).accountId)
        wasProven = standing.isProven
      } while (!isOver)
      return looks
    })()
    const [proved, socket] = await Promise.all([
      owner.fetch('POST', '/nodes', proof),
      meanwhile(squatter),
    ])
    isOver = true
    sockets.push(socket)

    expect([200, 201]).toContain(proved.status)
    expect(await standingOf(hub.database, identity.spkiSha256)).toEqual({
      owner: owner.accountId,
      isProven: true,
    })
    for (const each of sockets) {
      // The older of two of the squatter's own is replaced, whichever of the two ends comes first.
      if (each) expect([4500, 4502]).toContain((await each.closed).code)
    }
    await hub.database.query('DELETE FROM nodes WHERE spki_sha256 = $1', [identity.spkiSha256])
    return looking
  }

  it(`ends ${RACES} times with the prover as the one owner, and no socket of the squatter`, async () => {
    await using hub = await startHub({ env: UNLIMITED })
    let [next, looked] = [0, 0]
    const lanes = Array.from({ length: POOL_SIZE }, async (_each, lane) => {
      const identity = selfSigned({ key: poolKey(lane) })
      const [owner, squatter] = [await hub.nodeOf(identity), await hub.nodeOf(identity)]
      while (next < RACES) {
        const looks = await race(owner, squatter, next++)
        looked += looks
      }
    })
    await Promise.all(lanes)

    expect(next).toBe(RACES)
    expect(looked).toBeGreaterThanOrEqual(RACES)
  }, 300_000)
})

describe('64 accounts that want one node, half of them with proof', () => {
  const SIZE = 64

  it('end with one owner, who has proven it, however often the hub’s process is killed meanwhile', async () => {
    await using hub = await startHub({ env: UNLIMITED })
    const contest = await NodeContest.between(hub, selfSigned({ key: poolKey(0) }), SIZE)

    for (const isKilled of [true, true, false]) {
      const port = await freePort()
      await using instance = await HubProcess.start({
        ...UNLIMITED,
        PORT: String(port),
        PUBLIC_URL: hub.url,
        DATABASE_URL: hub.database.url,
        SECRET_KEY: hub.config.tokens.secretKey.reveal(),
        DATA_DIR: hub.config.database.dataDir,
      })
      const end = isKilled
        ? contest.reaches(contest.endings.length + 5).then(() => instance.kill())
        : Promise.resolve()
      await Promise.all([contest.race(`http://127.0.0.1:${port}`, 1), end])
      await contest.expectSound()
    }

    expect(ALLOWED).toEqual(expect.arrayContaining([...new Set(contest.endings)]))
    expect(contest.endings).toContain('none')
    expect(await contest.expectSound()).toMatchObject({ isProven: true })
  }, 60_000)

  it.each(['cut', 'freeze'] as const)(
    'end with one owner, who has proven it, however often the database is lost meanwhile (%s)',
    async (fault) => {
      await using database = await cloneDatabase()
      await using proxy = await FaultProxy.before(database.url)
      const databaseUrl = proxy.through(database.url)
      await using hub = await startHub({ env: UNLIMITED, database, databaseUrl })
      const contest = await NodeContest.between(hub, selfSigned({ key: poolKey(1) }), SIZE)

      for (let round = 0; round < 2; round++) {
        const lost = contest.reaches(contest.endings.length + 5).then(() => proxy[fault]())
        await Promise.all([contest.race(hub.origin, 1), lost])
        proxy.restore()
        await healthy(hub)
        await contest.expectSound()
      }
      await contest.race(hub.origin, 1)

      expect(ALLOWED).toEqual(expect.arrayContaining([...new Set(contest.endings)]))
      expect(contest.endings).toContain('503 unavailable')
      expect(await contest.expectSound()).toMatchObject({ isProven: true })
    },
    60_000,
  )
})
