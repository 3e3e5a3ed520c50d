import { Writable } from 'node:stream'

import type { WebSocket } from 'ws'

import { takeTextFrames, type TextReceiver } from './whole-frames.js'

const READS_HEADER = 0

/** What reads a socket's frames in `ws` 8, as far as one must know whether it is in the middle of one. */
interface Receiver extends Writable {
  _state: number
  _bufferedBytes: number
  _fragmented: number
  _maxPayload: number
  /** Ours. */
  hubSocket?: TextReceiver
}

/**
 * Lets `socket` take whole text frames itself: they never reach the receiver of `ws`, which is
 * asked only while it is between two frames. These are insides of `ws`: if another version has
 * others, everything goes through it as before, only slower. Returns whether they are known.
 */
export function readPastReceiver(socket: WebSocket & TextReceiver): boolean {
  const receiver: unknown = Reflect.get(socket, '_receiver')
  if (!isReceiver(receiver)) return false
  receiver.hubSocket = socket
  // The stream's `data` listener, which is of `ws`, calls it.
  receiver.write = write
  return true
}

function write(this: Receiver, chunk: Buffer): boolean {
  const taken =
    this.hubSocket && isBetweenFrames(this)
      ? takeTextFrames(chunk, this._maxPayload, this.hubSocket)
      : 0
  if (taken === chunk.length) return true
  return Writable.prototype.write.call(this, taken === 0 ? chunk : chunk.subarray(taken), 'utf8')
}

function isBetweenFrames(receiver: Receiver): boolean {
  return (
    receiver._state === READS_HEADER && receiver._bufferedBytes === 0 && receiver._fragmented === 0
  )
}

function isReceiver(receiver: unknown): receiver is Receiver {
  if (!(receiver instanceof Writable)) return false
  const { _state, _bufferedBytes, _fragmented, _maxPayload } = receiver as Partial<Receiver>
  const numbers = [_state, _bufferedBytes, _fragmented, _maxPayload]
  return numbers.every((each) => typeof each === 'number')
}
