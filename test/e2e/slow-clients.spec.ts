import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

import { describe, expect, it } from '@jest/globals'

import { startHub, type TestHub } from '../support/hub.js'
import { until } from '../support/until.js'

/** The head of a request may take 10 s, and is looked for every 2 s; five times that. */
const PATIENCE_MS = 60_000

/** Connections besides sockets that an instance holds. */
const MOST = 2_000

const UPGRADE =
  'GET /ws/signal HTTP/1.1\r\nHost: hub\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'

describe('a connection on which no request comes', () => {
  it(
    'is answered 400 and closed, whether it says nothing, half a head or a head that never ends',
    async () => {
      await using hub = await startHub()
      const silent = await dial(hub)
      const half = await dial(hub, 'POST /refresh HTTP/1.1\r\nHost: hub\r\n')
      const trickling = await dial(hub, UPGRADE)
      const trickle = setInterval(() => trickling.write('X: y\r\n'), 500)

      const answers = await Promise.all([silent, half, trickling].map(allOf))
      clearInterval(trickle)
      for (const answer of answers) {
        expect(answer).toContain('HTTP/1.1 400')
        expect(answer).toContain('the request did not arrive in time')
      }
    },
    PATIENCE_MS,
  )

  it('does not take the place of those that have sockets', async () => {
    await using hub = await startHub({ env: { WEBSOCKET_MAX_CONNECTIONS: '1' } })
    const node = await hub.connectNode()
    const idle: Socket[] = []
    while (idle.length < MOST + 10) idle.push(await dial(hub))

    await until(() => idle.filter(({ closed }) => closed).length >= 10)
    expect(await node.socket.settled()).toEqual([])
    for (const socket of idle) socket.destroy()
  })
})

async function dial({ origin }: TestHub, text = ''): Promise<Socket> {
  const { hostname, port } = new URL(origin)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.write(text)
  return socket
}

/** What comes until the hub hangs up. */
async function allOf(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (chunk) => (text += String(chunk)))
  await once(socket, 'close')
  return text
}
