import type { ActorNode } from '../../identity/actor.js'
import type { IceServer, IceServersAnswer } from '../../ice/ice.schema.js'
import type { NoticeFrame } from '../../tokens/notice-feed.js'
import type { Ref } from './frames.js'

/** Characters of a caller's text that an answer repeats at most. */
const MAX_ECHO = 64

/** What needs no escape in JSON: every id of a node does not. */
const PLAIN = /^[\w-]*$/

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text)
}

/** What the target gets: exactly these keys, the sender as the hub knows it, the payload untouched. */
export function signalFrame(target: string, sender: string, payloadText: string): string {
  return `{"type":"signal","target_node_id":${quoted(target)},"sender_node_id":"${sender}","payload":${payloadText}}`
}

/**
 * What a `v=2` target gets, up to its number (`numberedFrame`): also whether the sender's key is proven, which it is,
 * and which of the two gives way when both offer at once (CONTRACT §3).
 */
export function modernSignal(
  target: string,
  sender: ActorNode,
  isPolite: boolean,
  payloadText: string,
): string {
  const { nodeId, isProven, spkiSha256 } = sender
  return `{"type":"signal","target_node_id":${quoted(target)},"sender_node_id":"${nodeId}","sender_proven":${isProven},"sender_spki_sha256":"${spkiSha256}","polite":${isPolite},"payload":${payloadText}`
}

/** A frame of a `v=2` connection with its number: `open` lacks its last brace. */
export function numberedFrame(open: string, seq: number): string {
  return `${open},"seq":${seq}}`
}

/** What a member of a call gets of what another says to all of it. */
export function callSignalFrame(callId: string, senderId: string, payloadText: string): string {
  return `{"type":"signal","call_id":"${callId}","sender_node_id":"${senderId}","payload":${payloadText}}`
}

/** What a `v=2` member gets, up to its number, as `modernSignal`. */
export function modernCallSignal(
  callId: string,
  { nodeId, isProven, spkiSha256 }: ActorNode,
  isPolite: boolean,
  payloadText: string,
): string {
  return `{"type":"signal","call_id":"${callId}","sender_node_id":"${nodeId}","sender_proven":${isProven},"sender_spki_sha256":"${spkiSha256}","polite":${isPolite},"payload":${payloadText}`
}

/** To who joins: all members, the one who made the call or has been in it longest first. */
export function joinedFrame(callId: string, nodeIds: readonly string[], ref: Ref | null): string {
  return JSON.stringify({
    type: 'joined',
    call_id: callId,
    node_ids: nodeIds,
    ...(ref === null ? {} : { ref }),
  })
}

export function peerJoinFrame(callId: string, nodeId: string): string {
  return `{"type":"peer-join","call_id":"${callId}","node_id":"${nodeId}"}`
}

export function peerLeaveFrame(callId: string, nodeId: string): string {
  return `{"type":"peer-leave","call_id":"${callId}","node_id":"${nodeId}"}`
}

/** The call is over. */
export function callClosedFrame(callId: string): string {
  return `{"type":"closed","call_id":"${callId}"}`
}

/** The frame with this `ref` was handed to its target's live connection. */
export function ackFrame(ref: Ref): string {
  return `{"type":"ack","ref":${JSON.stringify(ref)}}`
}

/** What the lost connection was sent follows, from this number on. */
export function resumedFrame(fromSeq: number): string {
  return `{"type":"resumed","from_seq":${fromSeq}}`
}

export function pongFrame(timestampText: string): string {
  return `{"type":"pong","timestamp":${timestampText}}`
}

/** Whether a node that the client watches is connected: under the id that the client wrote. */
export function presenceFrame(nodeId: string, isOnline: boolean): string {
  return `{"type":"presence","node_id":${JSON.stringify(nodeId)},"online":${isOnline}}`
}

/** The first frame from the hub, always. */
export function authOkFrame(nodeId: string): string {
  return JSON.stringify(authOk(nodeId))
}

/** What a `v=2` client is told on top of it. */
export interface Welcome {
  readonly nodeId: string
  readonly connectionId: string
  /** How often a client should send something, so that nothing between the two forgets the connection. */
  readonly pingIntervalMs: number
  readonly limits: {
    readonly frameBytes: number
    readonly frameDepth: number
    readonly framesPerSecond: number
    readonly frameBurst: number
    readonly watchedNodes: number
    readonly callMembers: number
  }
  readonly iceServers: readonly IceServer[]
}

export function modernAuthOkFrame(welcome: Welcome): string {
  const { limits } = welcome
  return JSON.stringify({
    ...authOk(welcome.nodeId),
    connection_id: welcome.connectionId,
    ping_interval_ms: welcome.pingIntervalMs,
    limits: {
      frame_bytes: limits.frameBytes,
      frame_depth: limits.frameDepth,
      frames_per_second: limits.framesPerSecond,
      frame_burst: limits.frameBurst,
      watched_nodes: limits.watchedNodes,
      call_members: limits.callMembers,
    },
    ice_servers: welcome.iceServers,
  })
}

function authOk(nodeId: string) {
  return {
    type: 'auth_ok',
    message: `Successfully connected as ${nodeId}`,
    node_id: nodeId,
  }
}

/** To `v=2` connections, before the credentials they were given last end. */
export function iceServersFrame(list: IceServersAnswer): string {
  return JSON.stringify({ type: 'ice_servers', ...list })
}

/** To `v=2` connections, before they are closed with 1012. */
export function restartFrame(reconnectAfterMs: number): string {
  return `{"type":"restart","reconnect_after_ms":${reconnectAfterMs}}`
}

/** To `v=2` connections only. */
export function noticeFrame(notice: NoticeFrame): string {
  return JSON.stringify(notice)
}

export interface ErrorFrame {
  readonly code: string
  readonly message: string
  readonly target?: string
  readonly ref?: Ref | null
  readonly retryAfterSeconds?: number
}

export function errorFrame({ code, message, target, ref, retryAfterSeconds }: ErrorFrame): string {
  return JSON.stringify({
    type: 'error',
    code,
    message,
    ...(target === undefined ? {} : { target_node_id: target.slice(0, MAX_ECHO) }),
    ...(ref === undefined || ref === null ? {} : { ref }),
    ...(retryAfterSeconds === undefined ? {} : { retry_after: retryAfterSeconds }),
  })
}
