import { isDeepStrictEqual } from 'node:util'

import type { Kind } from './payloads.js'

/** What one node says to another. */
export interface Signal {
  readonly from: string
  readonly to: string
  readonly kind: Kind
  readonly payload: unknown
}

/** How signals are written in a system. */
export interface Dialect {
  /** What the sender sends. */
  write(signal: Signal): string
  /** Whether it is what the target has to get: the payload as it was, the sender as the server knows it. */
  isRelayed(text: string, signal: Signal): boolean
  /** Bytes of a frame that is relayed, but for those that differ from one signal to the next. */
  lengthOf(frame: Buffer): number
}

/** The hub's frames for classic clients, and the bare relay's. */
export const classic: Dialect = {
  write: ({ to, payload }) => JSON.stringify({ type: 'signal', target_node_id: to, payload }),
  isRelayed: (text, { from, to, payload }) =>
    isDeepStrictEqual(JSON.parse(text), {
      type: 'signal',
      target_node_id: to,
      sender_node_id: from,
      payload,
    }),
  lengthOf: (frame) => frame.length,
}

/** The hub's for `v=2`: more is said of the sender, and signals are numbered. */
export const modern: Dialect = {
  write: (signal) => classic.write(signal),
  isRelayed: (text, { from, to, payload }) => {
    const { polite, sender_proven, sender_spki_sha256, seq, ...rest } = JSON.parse(text)
    return (
      typeof polite === 'boolean' &&
      typeof sender_proven === 'boolean' &&
      /^[0-9a-f]{64}$/.test(sender_spki_sha256) &&
      Number.isInteger(seq) &&
      isDeepStrictEqual(rest, {
        type: 'signal',
        target_node_id: to,
        sender_node_id: from,
        payload,
      })
    )
  },
  lengthOf: (frame) => frame.lastIndexOf(':'),
}

/** PeerJS: https://github.com/peers/peerjs-server */
export const peerJs: Dialect = {
  write: ({ to, kind, payload }) => JSON.stringify({ type: kind.toUpperCase(), dst: to, payload }),
  isRelayed: (text, { from, to, kind, payload }) =>
    isDeepStrictEqual(JSON.parse(text), { type: kind.toUpperCase(), src: from, dst: to, payload }),
  lengthOf: (frame) => frame.length,
}

/** Events of Socket.IO, version 4 of both its protocols: `42` is a message that is an event. */
export const socketIo: Dialect = {
  write: ({ to, payload }) => `42${JSON.stringify(['signal', { target_node_id: to, payload }])}`,
  isRelayed: (text, { from, to, payload }) =>
    text.startsWith('42') &&
    isDeepStrictEqual(JSON.parse(text.slice(2)), [
      'signal',
      { target_node_id: to, sender_node_id: from, payload },
    ]),
  lengthOf: (frame) => frame.length,
}
