import { IncomingMessage } from 'node:http'

const asked = new WeakSet<IncomingMessage>()

/**
 * A request that asks to be upgraded only if it asks for a WebSocket. Node hands every request with
 * an `Upgrade` header to the socket adapter, whatever it names: clients that offer `h2c` on plain
 * http (curl --http2, Java) would get no answer from a route. A server may ignore the offer
 * (RFC 9110 §7.8).
 *
 * Node sets and reads `upgrade` while it parses, once the headers are known.
 */
export class WebSocketRequest extends IncomingMessage {
  get upgrade(): boolean {
    return asked.has(this) && this.headers.upgrade?.toLowerCase() === 'websocket'
  }

  set upgrade(isAsked: boolean | null) {
    if (isAsked) asked.add(this)
    else asked.delete(this)
  }
}
