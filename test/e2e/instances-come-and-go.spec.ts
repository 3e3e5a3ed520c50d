import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

import { askedBy, handOver } from '../support/answers.js'
import { Fleet } from '../support/fleet.js'
import { cloneDatabase, type TestDatabase } from '../support/postgres.js'
import type { TalkerNode } from '../support/talker-line.js'
import { type TestSocket, upgrade } from '../support/test-node.js'
import { until } from '../support/until.js'

/** More than an instance deals with in one go. */
const MANY = 600

interface Connected {
  readonly id: string
  readonly socket: TestSocket
  readonly connectionId: string
}

let database: TestDatabase
let fleet: Fleet

beforeAll(async () => {
  database = await cloneDatabase()
  fleet = await Fleet.start({ instances: 2, databaseUrl: database.url, nodes: MANY + 5 })
})

afterAll(async () => {
  await fleet[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

async function connect({ id, token }: TalkerNode, index: number): Promise<Connected> {
  const { socket, refused } = await upgrade(`${fleet.doors[index]}?v=2&token=${token}`)
  if (!socket) throw new Error(`refused: ${JSON.stringify(refused.body)}`)
  return { id, socket, connectionId: (await socket.next()).connection_id }
}

function nodes(first: number, count: number): Promise<Connected[]> {
  return Promise.all(fleet.nodes.slice(first, first + count).map((node) => connect(node, 0)))
}

describe('an instance that starts beside one that was alone with its nodes', () => {
  it('finds each of them at once, and takes over those that connect to it', async () => {
    await fleet.at(1).stop()
    const [alice, ...others] = await nodes(0, MANY)
    await handOver(alice!, others[0]!, 'alone')
    expect((await others[0]!.socket.next()).payload).toBe('alone')

    await fleet.start(1)
    const newcomer = await connect(fleet.nodes[MANY]!, 1)

    for (const node of [alice!, ...others]) await handOver(newcomer, node, 'here I am')
    expect((await alice!.socket.next()).payload).toBe('here I am')
    await handOver(alice!, newcomer, 'welcome')
    expect((await newcomer.socket.next()).payload).toBe('welcome')
    const moved = await connect(fleet.nodes[0]!, 1)
    expect((await alice!.socket.closed).code).toBe(4500)
    await handOver(newcomer, moved, 'moved')
    expect((await moved.socket.next()).payload).toBe('moved')
    for (const { socket } of [newcomer, moved, ...others]) socket.socket.terminate()
  }, 120_000)
})

describe('an instance that is killed', () => {
  it('takes its nodes along: first nobody knows, then they are offline, until they come back', async () => {
    const alice = await connect(fleet.nodes[MANY + 1]!, 0)
    const bob = await connect(fleet.nodes[MANY + 2]!, 1)
    await handOver(alice, bob, 'before')

    await fleet.at(1).kill()

    // No answer is late: what cannot be known is said after two seconds.
    const sentAt = performance.now()
    expect(['relay_failed', 'target_offline']).toContain(await askedBy(alice, bob))
    expect(performance.now() - sentAt).toBeLessThan(5 * 2_000)
    await until(async () => (await askedBy(alice, bob)) === 'target_offline')

    const back = await connect(fleet.nodes[MANY + 2]!, 0)
    await handOver(alice, back, 'after')
    expect(await back.socket.next()).toMatchObject({ payload: 'after', seq: 1 })
    await fleet.start(1)
  })

  it('takes along what its connections were sent: resume_failed says so', async () => {
    const alice = await connect(fleet.nodes[MANY + 3]!, 0)
    const bob = await connect(fleet.nodes[MANY + 4]!, 1)
    bob.socket.socket.pause()
    await handOver(alice, bob, 'lost')

    await fleet.at(1).kill()
    const back = await connect(fleet.nodes[MANY + 4]!, 0)
    back.socket.send({ type: 'resume', connection_id: bob.connectionId, last_seq: 0 })

    expect(await back.socket.next()).toMatchObject({ type: 'error', code: 'resume_failed' })
    await handOver(alice, back, 'anew')
    expect(await back.socket.next()).toMatchObject({ payload: 'anew', seq: 1 })
    await fleet.start(1)
  })
})
