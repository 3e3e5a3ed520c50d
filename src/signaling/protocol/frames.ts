import { z } from 'zod'

import { MAX_FRAME_DEPTH, readFrameText } from './frame-text.js'

/** Characters of a caller's text that an answer repeats at most. */
const MAX_ECHO = 64
/** Nodes that one `watch` or `unwatch` may name. */
export const MAX_WATCHED_AT_ONCE = 100

/** What a sender calls one of its frames: its answer carries it back. */
export type Ref = string | number

/** What a client may send (CONTRACT §3). */
export type Frame =
  | {
      readonly type: 'signal'
      readonly target: string
      readonly payloadText: string
      readonly ref: Ref | null
    }
  | {
      readonly type: 'call_signal'
      readonly callId: string
      readonly payloadText: string
      readonly ref: Ref | null
    }
  | { readonly type: 'ping'; readonly timestampText: string }
  | { readonly type: 'auth'; readonly token: string }
  | { readonly type: 'resume'; readonly connectionId: string; readonly lastSeq: number }
  | { readonly type: 'watch'; readonly nodeIds: readonly string[] }
  | { readonly type: 'unwatch'; readonly nodeIds: readonly string[] }
  /** `callId` is null when the hub is to make a new call. */
  | { readonly type: 'join'; readonly callId: string | null; readonly ref: Ref | null }
  | { readonly type: 'leave'; readonly callId: string; readonly ref: Ref | null }
  | { readonly type: 'close'; readonly callId: string; readonly ref: Ref | null }

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
  | 'room_full'
  | 'unknown_room'
  | 'resume_failed'

/** Why a frame was not taken: what its sender is told. */
export interface Refusal {
  readonly type: 'refused'
  readonly code: FrameErrorCode
  readonly message: string
  /** The frame's own, if it could be read that far. */
  readonly ref?: Ref
}

/**
 * The only way in for what a client sends. Never throws.
 *
 * `JSON.parse` judges the frame; readFrameText finds the payload's bounds in it. Signals and pings
 * are read by hand, not with zod: they come often, and keep the payload as text.
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
    default:
      return parseOther(text, value)
  }
}

function parseSignal(text: string, value: JsonObject): Frame | Refusal {
  const payloadText = readValue(text, value, 'payload')
  if (typeof payloadText === 'object' && payloadText !== null) return payloadText
  const ref = readRef(value)
  if (typeof ref === 'object' && ref !== null) return ref
  const { target_node_id: target, call_id: callId } = value
  if (callId !== undefined) return parseCallSignal(value, payloadText, ref)
  if (target === undefined || target === null || target === '') {
    return refused('missing_target', 'a signal needs target_node_id', ref)
  }
  if (typeof target !== 'string') {
    return refused('invalid_frame', 'target_node_id is not a string', ref)
  }
  if (payloadText === null) return refused('invalid_frame', 'a signal needs payload', ref)
  return { type: 'signal', target, payloadText, ref }
}

function parseCallSignal(
  { call_id: callId, target_node_id: target }: JsonObject,
  payloadText: string | null,
  ref: Ref | null,
): Frame | Refusal {
  if (target !== undefined) {
    return refused('invalid_frame', 'a signal goes to target_node_id or to call_id, not both', ref)
  }
  if (typeof callId !== 'string') return refused('invalid_frame', 'call_id is not a string', ref)
  if (payloadText === null) return refused('invalid_frame', 'a signal needs payload', ref)
  return { type: 'call_signal', callId, payloadText, ref }
}

function parsePing(text: string, value: JsonObject): Frame | Refusal {
  const timestamp = readValue(text, value, 'timestamp')
  if (typeof timestamp === 'object' && timestamp !== null) return timestamp
  if (typeof value.timestamp === 'object' && value.timestamp !== null) {
    return refused('invalid_frame', 'timestamp is neither a number nor a string')
  }
  return { type: 'ping', timestampText: timestamp ?? 'null' }
}

const ref = z
  .union(
    [z.string().min(1).max(MAX_ECHO), z.int()],
    'is no string of 1 to 64 characters or integer',
  )
  .nullish()
  .transform((given) => given ?? null)
const nodeIds = z
  .array(z.string(), 'is no list of node ids')
  .min(1, 'names no node')
  .max(MAX_WATCHED_AT_ONCE, `names more than ${MAX_WATCHED_AT_ONCE} nodes`)
const callId = z.string('is not a string').min(1, 'is empty')

/** Frames that come seldom; unknown keys are left alone. */
const otherFrame = z.discriminatedUnion('type', [
  z
    .object({ type: z.literal('auth'), token: z.string('is not a string') })
    .transform(({ type, token }): Frame => ({ type, token })),
  z
    .object({
      type: z.literal('resume'),
      connection_id: z.string('is not a string').max(MAX_ECHO, 'is no connection_id of this hub'),
      last_seq: z.int('is not an integer').min(0, 'is negative'),
    })
    .transform((frame): Frame => ({
      type: frame.type,
      connectionId: frame.connection_id,
      lastSeq: frame.last_seq,
    })),
  z
    .object({ type: z.enum(['watch', 'unwatch']), node_ids: nodeIds })
    .transform((frame): Frame => ({ type: frame.type, nodeIds: frame.node_ids })),
  z
    .object({ type: z.literal('join'), call_id: callId.nullish(), ref })
    .transform((frame): Frame => ({ type: 'join', callId: frame.call_id ?? null, ref: frame.ref })),
  z
    .object({ type: z.enum(['leave', 'close']), call_id: callId, ref })
    .transform((frame): Frame => ({ type: frame.type, callId: frame.call_id, ref: frame.ref })),
])

const OTHER_TYPES = new Set<unknown>([
  'auth',
  'resume',
  'watch',
  'unwatch',
  'join',
  'leave',
  'close',
])

function parseOther(text: string, value: JsonObject): Frame | Refusal {
  const type = readValue(text, value, 'type')
  if (typeof type === 'object' && type !== null) return type
  if (!OTHER_TYPES.has(value.type)) {
    return refused('unknown_message_type', `unknown message type ${echo(value.type)}`, refOf(value))
  }
  const parsed = otherFrame.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const key = String(issue?.path[0] ?? 'the frame')
  return refused('invalid_frame', `${key} ${issue?.message ?? 'cannot be read'}`, refOf(value))
}

/** The `ref` of a frame, null without one, or why it cannot be taken. */
function readRef({ ref: given }: JsonObject): Ref | null | Refusal {
  if (given === undefined || given === null) return null
  return isRef(given)
    ? given
    : refused('invalid_frame', 'ref is no string of 1 to 64 characters or integer')
}

function refOf({ ref: given }: JsonObject): Ref | null {
  return isRef(given) ? given : null
}

function isRef(given: unknown): given is Ref {
  return typeof given === 'string'
    ? given.length > 0 && given.length <= MAX_ECHO
    : Number.isSafeInteger(given)
}

/** The text of a top-level value, null without it, or why the frame cannot be taken. */
function readValue(text: string, value: JsonObject, key: string): string | null | Refusal {
  const read = readFrameText(text, key)
  if (read.kind === 'ok' && read.keys === Object.keys(value).length) return read.value
  const ref = refOf(value)
  switch (read.kind) {
    case 'too_deep': {
      const message = `the frame is nested deeper than ${MAX_FRAME_DEPTH} levels`
      return refused('frame_too_deep', message, ref)
    }
    case 'escaped_key':
      return refused('invalid_frame', 'a top-level key is written with escapes', ref)
    case 'ok':
      return refused('invalid_frame', 'a top-level key stands twice', ref)
  }
}

type JsonObject = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refused(code: FrameErrorCode, message: string, ref: Ref | null = null): Refusal {
  return ref === null ? { type: 'refused', code, message } : { type: 'refused', code, message, ref }
}

function echo(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, MAX_ECHO)) : typeof value
}
