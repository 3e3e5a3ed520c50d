import { expect } from '@jest/globals'

import type { TestHub } from './hub.js'
import { type Frame, type TestNode, type TestSocket, upgrade } from './test-node.js'

/** A connected node, as calls see it. */
export class CallMember {
  constructor(
    readonly node: TestNode,
    readonly socket: TestSocket,
  ) {}

  get id(): string {
    return this.node.id
  }

  send(frame: Frame): void {
    this.socket.send(frame)
  }

  next(): Promise<Frame> {
    return this.socket.next()
  }

  /**
   * Joins a call, a new one without `callId`, and takes the answer. If another instance takes more than a second
   * to answer, members of it come behind the answer: `others` are waited for, and named in what is returned.
   */
  async join(callId?: string, others: readonly { id: string }[] = []): Promise<Frame> {
    this.send({ type: 'join', ...(callId === undefined ? {} : { call_id: callId }) })
    const joined = await this.next()
    expect(joined).toMatchObject({ type: 'joined', node_ids: expect.arrayContaining([this.id]) })
    const late = new Set(others.map(({ id }) => id).filter((id) => !joined.node_ids.includes(id)))
    if (late.size === 0) return joined
    while (late.size > 0) {
      const frame = await this.next()
      expect(frame).toMatchObject({ type: 'peer-join', call_id: joined.call_id })
      expect(late.delete(frame.node_id)).toBe(true)
    }
    return { ...joined, node_ids: [...others.map(({ id }) => id), this.id] }
  }

  /** Takes news of one call until, by them, exactly these are its members. `known`: those it was told of before. */
  async follow(known: readonly string[], until: readonly string[]): Promise<void> {
    const members = new Set(known)
    const wanted = [...until].sort().join()
    while ([...members].sort().join() !== wanted) {
      const { type, node_id, node_ids } = await this.next()
      if (type === 'joined') for (const id of node_ids) members.add(id)
      else if (type === 'peer-join') expect(members.add(node_id).has(node_id)).toBe(true)
      else {
        expect(type).toBe('peer-leave')
        expect(members.delete(node_id)).toBe(true)
      }
    }
  }

  /** What the hub has sent meanwhile, up to the answer to a ping of now. */
  settled(): Promise<Frame[]> {
    return this.socket.settled()
  }

  /** Hangs up; resolves when the socket is gone. */
  async drop(): Promise<void> {
    this.socket.socket.terminate()
    await this.socket.closed
  }
}

/** One hub, or the instances of one: nodes come to one after the other. */
type Home = Pick<TestHub, 'registeredNode'>

/** A node of its own account with an open socket, classic unless `version` is 2. */
export async function connectMember(home: Home, version: 1 | 2 = 1): Promise<CallMember> {
  return reconnect(await home.registeredNode(), version)
}

/** The node by another connection, at its own instance or another. */
export async function reconnect(
  node: TestNode,
  version: 1 | 2 = 1,
  { socketUrl }: Pick<TestHub, 'socketUrl'> = node.hub,
): Promise<CallMember> {
  const query = version === 2 ? `v=2&token=${node.token}` : `token=${node.token}`
  const { socket, refused } = await upgrade(`${socketUrl}?${query}`)
  if (!socket) throw new Error(`refused: ${JSON.stringify(refused.body)}`)
  expect(await socket.next()).toMatchObject({ type: 'auth_ok' })
  return new CallMember(node, socket)
}

/** So many members in one call that the first has made; all news of it are taken. */
export async function connectCall(
  home: Home,
  count: number,
  version: 1 | 2 = 1,
): Promise<{ callId: string; members: CallMember[] }> {
  const members: CallMember[] = []
  let callId: string | undefined
  while (members.length < count) {
    const member = await connectMember(home, version)
    const joined = await member.join(callId, members)
    callId = joined.call_id
    for (const other of members) {
      expect(await other.next()).toEqual({
        type: 'peer-join',
        call_id: callId,
        node_id: member.id,
      })
    }
    members.push(member)
  }
  return { callId: callId!, members }
}
