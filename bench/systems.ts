import { classic, type Dialect, peerJs, socketIo } from './dialect.js'
import { encode, type RawSocket } from './raw-socket.js'
import { Servers } from './servers.js'

export interface Node {
  readonly id: string
  readonly token: string
}

/** One of those that are compared: how it is started, entered and spoken to. */
export interface System {
  readonly name: string
  readonly dialect: Dialect
  start(): Promise<Servers>
  /** What a node asks for in its upgrade. */
  path(node: Node): string
  /** Resolves when the node may send. The socket was just opened; nothing of it has been heard. */
  enter(socket: RawSocket): Promise<void>
}

/** All others are compared with it. */
export const bareRelay: System = {
  name: 'bare ws',
  dialect: classic,
  start: () => Servers.start('bench/bare-relay.js'),
  path: ({ id }) => `/?id=${id}`,
  enter: () => Promise.resolve(),
}

export const peerServer: System = {
  name: 'PeerServer',
  dialect: peerJs,
  start: () => Servers.start('bench/peer-relay.js'),
  path: ({ id }) => `/peerjs?key=peerjs&id=${id}&token=t`,
  enter: (socket) => greeting(socket, (text) => JSON.parse(text).type === 'OPEN'),
}

export const socketIoRelay: System = {
  name: 'Socket.IO',
  dialect: socketIo,
  start: () => Servers.start('bench/socket-io-relay.js'),
  path: ({ id }) => `/socket.io/?EIO=4&transport=websocket&id=${id}`,
  // Engine.IO opens, pings with `2` and is answered `3`; Socket.IO is asked in with `40`.
  enter: async (socket) => {
    socket.heartbeat = { ping: Buffer.from('2'), pong: encode('3') }
    await greeting(socket, (text) => text.startsWith('0{'))
    socket.write(encode('40'))
    await greeting(socket, (text) => text.startsWith('40{'))
  },
}

/** Resolves with the first text frame, if it is what it has to be. */
export function greeting(socket: RawSocket, isExpected: (text: string) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.onClose = (reason) => reject(new Error(`a node was turned away: ${reason}`))
    socket.onText = (payload) => {
      if (isExpected(payload.toString())) resolve()
      else reject(new Error(`greeted with ${payload.toString()}`))
    }
  })
}
