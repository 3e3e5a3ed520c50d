/**
 * What the hub is measured against: the shortest relay one writes with `ws`. It parses, stamps the
 * sender, encodes and sends; it authenticates, checks, limits and promises nothing.
 */
import { type WebSocket, WebSocketServer } from 'ws'

const sockets = new Map<string, WebSocket>()
const server = new WebSocketServer({
  host: '127.0.0.1',
  port: Number(process.env.PORT),
  perMessageDeflate: false,
  clientTracking: false,
})

server.on('connection', (socket, request) => {
  const id = new URLSearchParams(request.url?.split('?')[1]).get('id') ?? ''
  sockets.set(id, socket)
  socket.on('close', () => sockets.delete(id))
  socket.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString())
    frame.sender_node_id = id
    sockets.get(frame.target_node_id)?.send(JSON.stringify(frame))
  })
})

process.once('SIGTERM', () => process.exit(0))
