import { encode, type RawSocket } from '../raw-socket.js'

const AT_ONCE = 100

/** Asks, through its own socket, whether nodes are online: it signals them, and sees what it is told. */
export class Asker {
  private readonly waiting = new Map<number, (isOnline: boolean) => void>()
  private count = 0

  /** @param socket of a greeted `v=2` client */
  constructor(private readonly socket: RawSocket) {
    socket.onText = (payload) => {
      const { type, ref } = JSON.parse(payload.toString())
      this.waiting.get(ref)?.(type === 'ack')
      this.waiting.delete(ref)
    }
  }

  isOnline(nodeId: string): Promise<boolean> {
    const ref = this.count++
    const signal = { type: 'signal', target_node_id: nodeId, payload: null, ref }
    this.socket.write(encode(JSON.stringify(signal)))
    return new Promise((resolve) => this.waiting.set(ref, resolve))
  }

  async countOnline(nodeIds: readonly string[]): Promise<number> {
    let online = 0
    for (let first = 0; first < nodeIds.length; first += AT_ONCE) {
      const asked = nodeIds.slice(first, first + AT_ONCE)
      const answers = await Promise.all(asked.map((id) => this.isOnline(id)))
      online += answers.filter(Boolean).length
    }
    return online
  }
}
