/**
 * The shortest relay one writes with Socket.IO, as `bare-relay.ts` is with `ws`: it stamps the sender
 * and sends on; it authenticates, checks, limits and promises nothing.
 */
import { Server, type Socket } from 'socket.io'

interface Signal {
  target_node_id: string
  sender_node_id?: string
}

const sockets = new Map<string, Socket>()
const server = new Server({ transports: ['websocket'], serveClient: false })

server.on('connection', (socket) => {
  const id = String(socket.handshake.query.id)
  sockets.set(id, socket)
  socket.on('disconnect', () => sockets.delete(id))
  socket.on('signal', (frame: Signal) => {
    frame.sender_node_id = id
    sockets.get(frame.target_node_id)?.emit('signal', frame)
  })
})
server.listen(Number(process.env.PORT))

process.once('SIGTERM', () => process.exit(0))
