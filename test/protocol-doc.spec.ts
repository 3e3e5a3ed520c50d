import { createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'

import { describe, expect, it } from '@jest/globals'

import type { ActorNode } from '../src/identity/actor.js'
import { type NodeId, nodeIdsOf, spkiSha256Of } from '../src/identity/node-id.js'
import { isSignedBy, prekeyBytes, proofBytes, signatureSchema } from '../src/identity/proof.js'
import { parseFrame } from '../src/signaling/protocol/frames.js'
import {
  ackFrame,
  authOkFrame,
  callClosedFrame,
  callSignalFrame,
  errorFrame,
  joinedFrame,
  iceServersFrame,
  modernAuthOkFrame,
  modernCallSignal,
  modernSignal,
  noticeFrame,
  numberedFrame,
  peerJoinFrame,
  peerLeaveFrame,
  pongFrame,
  presenceFrame,
  restartFrame,
  resumedFrame,
  signalFrame,
} from '../src/signaling/protocol/hub-frames.js'

const document = readFileSync('docs/protocol.md', 'utf8')

interface Example {
  readonly direction: string
  readonly kind: string
  /** The code of a refused frame, or `v2` for what only modern clients get. */
  readonly mark: string
  readonly text: string
}

/** Code blocks marked `json to-hub ping`, `json from-hub signal v2`, `json to-hub refused <code>`. */
const examples: Example[] = [
  ...document.matchAll(/^```json (to-hub|from-hub) ([\w-]+) ?(\w*)\n(.*?)^```$/gms),
].map(([, direction = '', kind = '', mark = '', text = '']) => ({ direction, kind, mark, text }))

const toHub = examples.filter(({ direction }) => direction === 'to-hub')
const taken = toHub.filter(({ kind }) => kind !== 'refused')
const refused = toHub.filter(({ kind }) => kind === 'refused')
const fromHub = examples.filter(({ direction }) => direction === 'from-hub')

type Fields = Record<string, any>

/** The sender of a signal as a `v=2` target is told of it. */
function senderOf(example: Fields): ActorNode {
  const nodeId: NodeId = example.sender_node_id
  return {
    nodeId,
    shortId: nodeId,
    longId: nodeId,
    isProven: example.sender_proven,
    spkiSha256: example.sender_spki_sha256,
  }
}

/** Every frame the hub writes, made again from what the example says, with the function that does. */
const writers: Readonly<Record<string, readonly [string, (example: Fields) => string]>> = {
  auth_ok: ['authOk', ({ node_id }) => authOkFrame(node_id)],
  signal: [
    'signal',
    ({ target_node_id, sender_node_id, payload }) =>
      signalFrame(target_node_id, sender_node_id, JSON.stringify(payload)),
  ],
  'auth_ok v2': [
    'modernAuthOk',
    ({ node_id, connection_id, ping_interval_ms, limits, ice_servers }) =>
      modernAuthOkFrame({
        nodeId: node_id,
        connectionId: connection_id,
        pingIntervalMs: ping_interval_ms,
        limits: {
          frameBytes: limits.frame_bytes,
          frameDepth: limits.frame_depth,
          framesPerSecond: limits.frames_per_second,
          frameBurst: limits.frame_burst,
          watchedNodes: limits.watched_nodes,
          callMembers: limits.call_members,
        },
        iceServers: ice_servers,
      }),
  ],
  'signal v2': [
    'numbered',
    (example) =>
      numberedFrame(
        modernSignal(
          example.target_node_id,
          senderOf(example),
          example.polite,
          JSON.stringify(example.payload),
        ),
        example.seq,
      ),
  ],
  'signal call': [
    'callSignal',
    ({ call_id, sender_node_id, payload }) =>
      callSignalFrame(call_id, sender_node_id, JSON.stringify(payload)),
  ],
  'signal v2call': [
    'numbered',
    (example) =>
      numberedFrame(
        modernCallSignal(
          example.call_id,
          senderOf(example),
          example.polite,
          JSON.stringify(example.payload),
        ),
        example.seq,
      ),
  ],
  joined: ['joined', ({ call_id, node_ids, ref }) => joinedFrame(call_id, node_ids, ref ?? null)],
  'peer-join': ['peerJoin', ({ call_id, node_id }) => peerJoinFrame(call_id, node_id)],
  'peer-leave': ['peerLeave', ({ call_id, node_id }) => peerLeaveFrame(call_id, node_id)],
  closed: ['callClosed', ({ call_id }) => callClosedFrame(call_id)],
  ack: ['ack', ({ ref }) => ackFrame(ref)],
  'restart v2': ['restart', ({ reconnect_after_ms }) => restartFrame(reconnect_after_ms)],
  'resumed v2': ['resumed', ({ from_seq }) => resumedFrame(from_seq)],
  presence: ['presence', ({ node_id, online }) => presenceFrame(node_id, online)],
  pong: ['pong', ({ timestamp }) => pongFrame(JSON.stringify(timestamp))],
  error: [
    'error',
    ({ code, message, target_node_id, ref, retry_after }) =>
      errorFrame({
        code,
        message,
        ...(target_node_id === undefined ? {} : { target: target_node_id }),
        ...(ref === undefined ? {} : { ref }),
        ...(retry_after === undefined ? {} : { retryAfterSeconds: retry_after }),
      }),
  ],
  'ice_servers v2': [
    'iceServers',
    ({ ice_servers, ttl_seconds }) => iceServersFrame({ ice_servers, ttl_seconds }),
  ],
  'keys_low v2': ['notice', ({ count }) => noticeFrame({ type: 'keys_low', count })],
  'node_rotation v2': [
    'notice',
    ({ node_id, new_node_id, effective_at }) =>
      noticeFrame({ type: 'node_rotation', node_id, new_node_id, effective_at }),
  ],
}

describe('docs/protocol.md', () => {
  it('marks every JSON example with its direction', () => {
    expect(examples).toHaveLength(document.match(/^```json/gm)?.length ?? 0)
  })

  it.each(taken)('shows a $kind frame that the hub takes', ({ kind, text }) => {
    expect(parseFrame(text).type).toBe(kind)
  })

  it.each(refused)('shows a frame that the hub refuses with $mark', ({ mark, text }) => {
    expect(parseFrame(text)).toMatchObject({ type: 'refused', code: mark })
  })

  it.each(fromHub)('shows the $kind frame that the hub writes', ({ kind, mark, text }) => {
    const example: Fields = JSON.parse(text)
    const [, write] = writers[`${kind} ${mark}`.trim()] ?? []
    const written: unknown = JSON.parse(write?.(example) ?? 'null')

    expect(example.type).toBe(kind)
    expect(written).toEqual(example)
    expect(Object.keys(written as object)).toEqual(Object.keys(example))
  })

  it('shows every frame, both ways', () => {
    const source = readFileSync('src/signaling/protocol/frames.ts', 'utf8')
    const union = /export type Frame =\n(.*?)\n\n/s.exec(source)?.[1] ?? ''
    const types = [...union.matchAll(/readonly type: '(\w+)'/g)].map(([, type]) => type)
    const builders = readFileSync('src/signaling/protocol/hub-frames.ts', 'utf8')
    const written = [...builders.matchAll(/export function (\w+)Frame\(/g)].map(([, name]) => name)

    expect(types.length).toBeGreaterThan(2)
    expect([...new Set(taken.map(({ kind }) => kind))].sort()).toEqual(types.sort())
    const shown = fromHub.map(({ kind, mark }) => `${kind} ${mark}`.trim())
    expect([...new Set(shown)].sort()).toEqual(Object.keys(writers).sort())
    const used = Object.values(writers).map(([name]) => name)
    expect([...new Set(used)].sort()).toEqual(written.sort())
  })

  it('derives the id of its example key as the hub does', () => {
    const pem = /-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----\n/s.exec(document)?.[0] ?? ''
    const { long, short } = nodeIdsOf(createPublicKey(pem))

    expect(document).toContain(`This key is \`${long}\`, and \`${short}\` to older clients.`)
  })

  it('shows a proof that the hub would take, and every line of it', () => {
    const section = document.split('## Proof of the node key')[1] ?? ''
    const [, key = '', text = '', signature = ''] = section
      .split(/^```\n/m)
      .filter((_each, at) => at === 0 || at % 2)
    const [
      label,
      origin = '',
      account,
      nodeId = '',
      spkiSha256 = '',
      challenge = '',
      expiresAt = '',
    ] = text.trimEnd().split('\n')
    const publicKey = createPublicKey(key)
    const bytes = proofBytes({
      kind: 'node-proof',
      origin,
      accountId: Number(account),
      nodeId,
      spkiSha256,
      challenge,
      expiresAt,
    })

    expect(label).toBe('dpc-hub node-proof v1')
    expect([nodeIdsOf(publicKey).long, spkiSha256Of(publicKey)]).toEqual([nodeId, spkiSha256])
    expect(bytes.toString()).toBe(text.trimEnd())
    expect(section).toContain(`What it signs, ${bytes.length} bytes`)
    expect(isSignedBy(publicKey, bytes, signatureSchema.parse(signature.trimEnd()))).toBe(true)
  })

  it('shows a prekey that the hub would take, signed by the key of the proof', () => {
    const [before = '', section = ''] = document.split('## Prekeys')
    const [, text = '', signature = ''] = section
      .split(/^```\n/m)
      .filter((_each, at) => at === 0 || at % 2)
    const key = before.split('## Proof of the node key')[1] ?? ''
    const [, spkiSha256 = '', , keyId, publicKey = ''] = text.trimEnd().split('\n')
    const bytes = prekeyBytes({ spkiSha256, kind: 'signed', keyId: Number(keyId), publicKey })

    expect(bytes.toString()).toBe(text.trimEnd())
    const pem = /-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----\n/s.exec(key)?.[0] ?? ''
    expect(spkiSha256Of(createPublicKey(pem))).toBe(spkiSha256)
    const signed = signatureSchema.parse(signature.trimEnd())
    expect(isSignedBy(createPublicKey(pem), bytes, signed)).toBe(true)
  })

  it('names only codes and settings that exist', () => {
    const codes = readFileSync('docs/errors.md', 'utf8')
    const settings = readFileSync('.env.example', 'utf8')
    for (const [, name = ''] of document.matchAll(/`([A-Z][A-Z_]+)(?:=\w+)?`/g)) {
      expect(settings).toContain(`${name}=`)
    }
    for (const [, code = ''] of document.matchAll(/\| `([a-z_]+)`/g)) {
      expect(codes).toContain(`\`${code}\``)
    }
  })
})
