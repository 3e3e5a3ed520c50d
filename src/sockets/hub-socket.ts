import { type RawData, WebSocket } from 'ws'

import { readPastReceiver } from './ws-receiver.js'

/** Whoever a socket belongs to. */
export interface SocketOwner {
  /** One frame. `text` is null for a binary one. */
  receive(text: string | null): void
  /** The socket is gone. */
  leave(): void
}

/**
 * A socket that knows whose it is. The owner stands on the socket itself, so that all sockets share
 * the same listeners: ten thousand idle ones hold no closure.
 *
 * Whole text frames are read here, past `ws`, whose receiver is a stream with a buffer for each
 * part of a frame; all else (fragments, pings, closes, faults) is read and judged by `ws`
 * (docs/performance.md).
 */
export class HubSocket extends WebSocket {
  private owner: SocketOwner | null = null

  /** Its frames and its end are the owner's from now on; the former owner hears no more. */
  belongTo(owner: SocketOwner): void {
    if (!this.owner) {
      this.on('message', onMessage)
      this.on('close', onClose)
      readPastReceiver(this)
    }
    this.owner = owner
  }

  /** One whole text frame. */
  receiveText(text: string): void {
    this.owner?.receive(text)
  }

  /** For the listeners below, which `ws` types as any socket's. */
  static ownerOf(socket: WebSocket): SocketOwner | null {
    return socket instanceof HubSocket ? socket.owner : null
  }
}

/** `ws` hands over one Buffer, already checked to be UTF-8. */
function textOf(data: RawData, isBinary: boolean): string | null {
  return isBinary || !Buffer.isBuffer(data) ? null : data.toString('utf8')
}

function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  HubSocket.ownerOf(this)?.receive(textOf(data, isBinary))
}

function onClose(this: WebSocket): void {
  HubSocket.ownerOf(this)?.leave()
}
