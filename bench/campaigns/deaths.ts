import { setTimeout as delay } from 'node:timers/promises'

import { encode, encodeClose, RawSocket } from '../raw-socket.js'
import { connectNode } from './bystanders.js'
import type { Chance } from './chance.js'
import type { CampaignHub, CampaignNode } from './hub.js'

const HUNG_UP_MS = 5_000
/** No frame: all reserved bits are set. */
const NO_FRAME = Buffer.from([0xff, 0x80, 0, 0, 0, 0])

interface Life {
  readonly hub: CampaignHub
  readonly node: CampaignNode
  readonly socket: RawSocket
  readonly chance: Chance
}

/** How a connection may end. Each resolves when its socket is gone on this side. */
export const deaths: Readonly<Record<string, (life: Life) => Promise<void>>> = {
  'clean close': async ({ socket }) => {
    const closed = hungUp(socket)
    socket.write(encodeClose(1_000))
    await closed
    socket.destroy()
  },
  'close frame, and gone': async ({ socket }) => {
    socket.write(encodeClose(1_001))
    socket.destroy()
  },
  RST: async ({ socket }) => socket.reset(),
  'FIN without a close frame': async ({ socket }) => {
    const closed = hungUp(socket)
    socket.end()
    await closed
  },
  replaced: async ({ hub, node, socket, chance }) => {
    const closed = hungUp(socket)
    const newer = await connectNode(hub, node, { from: chance.address() })
    await closed
    socket.destroy()
    newer.reset()
  },
  'protocol error': async ({ socket }) => {
    const closed = hungUp(socket)
    socket.write(NO_FRAME)
    await closed
    socket.destroy()
  },
}

/** Its person logs out. */
export async function dieRevoked(hub: CampaignHub, node: CampaignNode): Promise<void> {
  const socket = await connectNode(hub, node)
  const closed = hungUp(socket)
  const { status } = await fetch(`http://127.0.0.1:${hub.port}/logout`, {
    method: 'POST',
    headers: { authorization: `Bearer ${node.token}`, connection: 'close' },
  })
  if (status !== 200) throw new Error(`logout: ${status}`)
  await closed
  socket.destroy()
}

/** A socket without credentials, which says who it is, or something else, or nothing, and ends. */
export async function dieNameless(
  hub: CampaignHub,
  { token }: CampaignNode,
  chance: Chance,
): Promise<void> {
  const socket = await RawSocket.open(hub.port, '/ws/signal', chance.address())
  const closed = hungUp(socket)
  switch (chance.below(6)) {
    case 0:
      socket.write(encode(JSON.stringify({ type: 'auth', token })))
      break
    case 1:
      socket.write(encode('{"type":"auth","token":"no token"}'))
      await closed
      break
    case 2:
      socket.write(encode('{"type":"ping"}'))
      await closed
      break
    case 3:
      socket.end()
      await closed
      break
    case 4:
      socket.write(encodeClose(1_000))
      await closed
      break
    default: // It says nothing.
  }
  if (chance.oneIn(2)) socket.reset()
  else socket.destroy()
}

/** Resolves when the hub has closed it or hung up. */
function hungUp(socket: RawSocket): Promise<unknown> {
  const isOver = new AbortController()
  const closed = new Promise<void>((resolve) => {
    socket.onClose = () => {
      isOver.abort()
      resolve()
    }
  })
  const late = delay(HUNG_UP_MS, undefined, { signal: isOver.signal }).catch(() => undefined)
  return Promise.race([closed, late])
}
