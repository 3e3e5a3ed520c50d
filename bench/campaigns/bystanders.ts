import { setTimeout as delay } from 'node:timers/promises'

import { encode, RawSocket } from '../raw-socket.js'
import type { CampaignHub, CampaignNode } from './hub.js'

const EVERY_MS = 5
const LAST_FRAMES_MS = 5_000

/** Resolves when a node is greeted. @throws Error when it is turned away */
export async function connectNode(
  hub: CampaignHub,
  node: CampaignNode,
  { query = '', from }: { query?: string; from?: string } = {},
): Promise<RawSocket> {
  const socket = await RawSocket.open(hub.port, hub.pathFor(node, query), from)
  return new Promise((resolve, reject) => {
    socket.onText = () => {
      socket.onText = () => undefined
      socket.onClose = () => undefined
      resolve(socket)
    }
    socket.onClose = (reason) => reject(new Error(`a node was turned away: ${reason}`))
  })
}

/** Two nodes that signal each other all along and must not notice what else happens. */
export class Bystanders {
  /** Frames of one to the other, both ways. */
  sent = 0
  arrived = 0
  readonly faults: string[] = []
  private readonly timer: NodeJS.Timeout
  private readonly lanes: readonly Lane[]

  private constructor(
    [one, other]: readonly [CampaignNode, CampaignNode],
    private readonly sockets: readonly [RawSocket, RawSocket],
  ) {
    const fault = (what: string): number => this.faults.push(what)
    this.lanes = [
      new Lane(sockets[0], sockets[1], other.id, fault),
      new Lane(sockets[1], sockets[0], one.id, fault),
    ]
    this.timer = setInterval(() => this.lanes.forEach((lane) => lane.send()), EVERY_MS)
  }

  static async connect(
    hub: CampaignHub,
    nodes: readonly [CampaignNode, CampaignNode],
  ): Promise<Bystanders> {
    const [one, other] = nodes
    return new Bystanders(nodes, [await connectNode(hub, one), await connectNode(hub, other)])
  }

  /** Resolves when the last frames have arrived, or are lost. */
  async end(): Promise<{ readonly relayed: number; readonly faults: readonly string[] }> {
    clearInterval(this.timer)
    const giveUpAt = performance.now() + LAST_FRAMES_MS
    while (this.lanes.some((lane) => lane.missing > 0) && performance.now() < giveUpAt) {
      await delay(EVERY_MS)
    }
    const lost = this.lanes.reduce((sum, { missing }) => sum + missing, 0)
    if (lost > 0) this.faults.push(`${lost} frames were lost`)
    for (const socket of this.sockets) socket.destroy()
    const relayed = this.lanes.reduce((sum, { arrived }) => sum + arrived, 0)
    return { relayed, faults: this.faults }
  }
}

/** Numbered frames from one socket to another. */
class Lane {
  arrived = 0
  private sent = 0

  constructor(
    private readonly from: RawSocket,
    to: RawSocket,
    private readonly target: string,
    fault: (what: string) => void,
  ) {
    from.onClose = (reason) => fault(`a bystander lost its connection: ${reason}`)
    to.onText = (payload) => {
      const { type, payload: number } = JSON.parse(payload.toString())
      if (type !== 'signal') fault(`a bystander got ${payload.toString()}`)
      else if (number !== this.arrived) fault(`${number} arrived in place of ${this.arrived}`)
      if (type === 'signal') this.arrived = number + 1
    }
  }

  get missing(): number {
    return this.sent - this.arrived
  }

  send(): void {
    const signal = { type: 'signal', target_node_id: this.target, payload: this.sent }
    this.from.write(encode(JSON.stringify(signal)))
    this.sent++
  }
}
