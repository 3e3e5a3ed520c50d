import { type Frame, type TestNode, type TestSocket, upgrade } from './test-node.js'

/** A socket of a client that asked for `v=2`, and what it was greeted with. */
export interface ModernConnection {
  readonly socket: TestSocket
  readonly greeting: Frame
}

/** Connects `node` with `?v=2`, at its own hub or at another instance of it. */
export async function connectModern(
  node: TestNode,
  { socketUrl } = node.hub,
): Promise<ModernConnection> {
  const { socket, refused } = await upgrade(`${socketUrl}?v=2&token=${node.token}`)
  if (!socket) throw new Error(`refused: ${JSON.stringify(refused.body)}`)
  const greeting = await socket.next()
  if (greeting.type !== 'auth_ok') throw new Error(`first frame: ${JSON.stringify(greeting)}`)
  return { socket, greeting }
}
