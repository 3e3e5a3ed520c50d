import type { ActorNode } from '../../identity/actor.js'
import type { NoticeFrame } from '../../tokens/notice-feed.js'
import { MAX_FRAME_DEPTH, readFrameText } from './frame-text.js'

/** Characters of a caller's text that an answer repeats at most. */
const MAX_ECHO = 64

/** What a client may send (CONTRACT §3, classic). */
export type Frame =
  | { readonly type: 'signal'; readonly target: string; readonly payloadText: string }
  | { readonly type: 'ping'; readonly timestampText: string }
  | { readonly type: 'auth'; readonly token: string }

export type FrameErrorCode =
  | 'missing_target'
  | 'target_offline'
  | 'target_slow'
  | 'relay_failed'
  | 'invalid_json'
  | 'invalid_frame'
  | 'frame_too_deep'
  | 'unknown_message_type'
  | 'processing_error'
  | 'rate_limited'
  | 'not_allowed'

/** Why a frame was not taken: what its sender is told. */
export interface Refusal {
  readonly type: 'refused'
  readonly code: FrameErrorCode
  readonly message: string
}

/**
 * The only way in for what a client sends. Never throws.
 *
 * Written by hand, not with zod: it runs once for every frame, and keeps the payload as text.
 * `JSON.parse` judges the frame; readFrameText finds the payload's bounds in it.
 */
export function parseFrame(text: string): Frame | Refusal {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return refused('invalid_json', 'the frame is not valid JSON')
  }
  if (!isObject(value)) return refused('processing_error', 'the frame is not a JSON object')
  switch (value.type) {
    case 'signal':
      return parseSignal(text, value)
    case 'ping':
      return parsePing(text, value)
    case 'auth':
      return parseAuth(text, value)
    default: {
      const type = readValue(text, value, 'type')
      if (typeof type === 'object' && type !== null) return type
      return refused('unknown_message_type', `unknown message type ${echo(value.type)}`)
    }
  }
}

function parseSignal(text: string, value: JsonObject): Frame | Refusal {
  const payload = readValue(text, value, 'payload')
  if (typeof payload === 'object' && payload !== null) return payload
  const target = value.target_node_id
  if (target === undefined || target === null || target === '') {
    return refused('missing_target', 'a signal needs target_node_id')
  }
  if (typeof target !== 'string') {
    return refused('invalid_frame', 'target_node_id is not a string')
  }
  if (payload === null) return refused('invalid_frame', 'a signal needs payload')
  return { type: 'signal', target, payloadText: payload }
}

function parsePing(text: string, value: JsonObject): Frame | Refusal {
  const timestamp = readValue(text, value, 'timestamp')
  if (typeof timestamp === 'object' && timestamp !== null) return timestamp
  if (typeof value.timestamp === 'object' && value.timestamp !== null) {
    return refused('invalid_frame', 'timestamp is neither a number nor a string')
  }
  return { type: 'ping', timestampText: timestamp ?? 'null' }
}

function parseAuth(text: string, value: JsonObject): Frame | Refusal {
  const token = readValue(text, value, 'token')
  if (typeof token === 'object' && token !== null) return token
  if (typeof value.token !== 'string') return refused('invalid_frame', 'auth needs token')
  return { type: 'auth', token: value.token }
}

/** The text of a top-level value, null without it, or why the frame cannot be taken. */
function readValue(text: string, value: JsonObject, key: string): string | null | Refusal {
  const read = readFrameText(text, key)
  switch (read.kind) {
    case 'too_deep':
      return refused('frame_too_deep', `the frame is nested deeper than ${MAX_FRAME_DEPTH} levels`)
    case 'escaped_key':
      return refused('invalid_frame', 'a top-level key is written with escapes')
    case 'ok':
      return read.keys === Object.keys(value).length
        ? read.value
        : refused('invalid_frame', 'a top-level key stands twice')
  }
}

/** What the target gets: exactly these keys, the sender as the hub knows it, the payload untouched. */
export function signalFrame(target: string, sender: string, payloadText: string): string {
  return `{"type":"signal","target_node_id":${JSON.stringify(target)},"sender_node_id":"${sender}","payload":${payloadText}}`
}

/** What a `v=2` target gets: also whether the sender's key is proven, and which it is (CONTRACT §3). */
export function modernSignalFrame(target: string, sender: ActorNode, payloadText: string): string {
  const { nodeId, isProven, spkiSha256 } = sender
  return `{"type":"signal","target_node_id":${JSON.stringify(target)},"sender_node_id":"${nodeId}","sender_proven":${isProven},"sender_spki_sha256":"${spkiSha256}","payload":${payloadText}}`
}

export function pongFrame(timestampText: string): string {
  return `{"type":"pong","timestamp":${timestampText}}`
}

/** The first frame from the hub, always. */
export function authOkFrame(nodeId: string): string {
  return JSON.stringify({
    type: 'auth_ok',
    message: `Successfully connected as ${nodeId}`,
    node_id: nodeId,
  })
}

/** To `v=2` connections only. */
export function noticeFrame(notice: NoticeFrame): string {
  return JSON.stringify(notice)
}

export interface ErrorFrame {
  readonly code: string
  readonly message: string
  readonly target?: string
  readonly retryAfterSeconds?: number
}

export function errorFrame({ code, message, target, retryAfterSeconds }: ErrorFrame): string {
  return JSON.stringify({
    type: 'error',
    code,
    message,
    ...(target === undefined ? {} : { target_node_id: target.slice(0, MAX_ECHO) }),
    ...(retryAfterSeconds === undefined ? {} : { retry_after: retryAfterSeconds }),
  })
}

type JsonObject = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function refused(code: FrameErrorCode, message: string): Refusal {
  return { type: 'refused', code, message }
}

function echo(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, MAX_ECHO)) : typeof value
}
