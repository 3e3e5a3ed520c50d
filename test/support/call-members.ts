import { expect } from '@jest/globals'

import type { TestHub } from './hub.js'
import { connectModern } from './modern-client.js'
import type { Frame, TestNode, TestSocket } from './test-node.js'

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

  /** Joins a call, a new one without `callId`, and takes the answer. */
  async join(callId?: string): Promise<Frame> {
    this.send({ type: 'join', ...(callId === undefined ? {} : { call_id: callId }) })
    const joined = await this.next()
    expect(joined).toMatchObject({ type: 'joined', node_ids: expect.arrayContaining([this.id]) })
    return joined
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

/** A node of its own account with an open socket, classic unless `version` is 2. */
export async function connectMember(hub: TestHub, version: 1 | 2 = 1): Promise<CallMember> {
  const node = await hub.registeredNode()
  return reconnect(node, version)
}

/** The same node by a newer connection, at its own hub or at another instance. */
export async function reconnect(
  node: TestNode,
  version: 1 | 2 = 1,
  hub = node.hub,
): Promise<CallMember> {
  if (version === 2) return new CallMember(node, (await connectModern(node, hub)).socket)
  return new CallMember(node, await node.connect())
}

/** So many members, each at the next of `hubs`, in one call that the first has made; all its news are taken. */
export async function connectCall(
  hubs: TestHub | readonly TestHub[],
  count: number,
  version: 1 | 2 = 1,
): Promise<{ callId: string; members: CallMember[] }> {
  const instances = 'url' in hubs ? [hubs] : hubs
  const members: CallMember[] = []
  let callId: string | undefined
  for (let index = 0; index < count; index++) {
    const member = await connectMember(instances[index % instances.length]!, version)
    const joined = await member.join(callId)
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
