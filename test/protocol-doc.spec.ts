import { createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'

import { describe, expect, it } from '@jest/globals'

import { nodeIdsOf } from '../src/identity/node-id.js'
import {
  authOkFrame,
  errorFrame,
  parseFrame,
  pongFrame,
  signalFrame,
} from '../src/signaling/protocol/frames.js'

const document = readFileSync('docs/protocol.md', 'utf8')

interface Example {
  readonly direction: string
  readonly kind: string
  /** Of a refused frame. */
  readonly code: string
  readonly text: string
}

/** Code blocks marked `json to-hub ping`, `json from-hub pong` or `json to-hub refused <code>`. */
const examples: Example[] = [
  ...document.matchAll(/^```json (to-hub|from-hub) (\w+) ?(\w*)\n(.*?)^```$/gms),
].map(([, direction = '', kind = '', code = '', text = '']) => ({ direction, kind, code, text }))

const toHub = examples.filter(({ direction }) => direction === 'to-hub')
const taken = toHub.filter(({ kind }) => kind !== 'refused')
const refused = toHub.filter(({ kind }) => kind === 'refused')
const fromHub = examples.filter(({ direction }) => direction === 'from-hub')

/** Every frame the hub writes, made again from what the example says. */
const writers: Readonly<Record<string, (example: Record<string, unknown>) => string>> = {
  auth_ok: ({ node_id }) => authOkFrame(String(node_id)),
  signal: ({ target_node_id, sender_node_id, payload }) =>
    signalFrame(String(target_node_id), String(sender_node_id), JSON.stringify(payload)),
  pong: ({ timestamp }) => pongFrame(JSON.stringify(timestamp)),
  error: ({ code, message, target_node_id, retry_after }) =>
    errorFrame({
      code: String(code),
      message: String(message),
      ...(target_node_id === undefined ? {} : { target: String(target_node_id) }),
      ...(retry_after === undefined ? {} : { retryAfterSeconds: Number(retry_after) }),
    }),
}

describe('docs/protocol.md', () => {
  it('marks every JSON example with its direction', () => {
    expect(examples).toHaveLength(document.match(/^```json/gm)?.length ?? 0)
  })

  it.each(taken)('shows a $kind frame that the hub takes', ({ kind, text }) => {
    expect(parseFrame(text).type).toBe(kind)
  })

  it.each(refused)('shows a frame that the hub refuses with $code', ({ code, text }) => {
    expect(parseFrame(text)).toMatchObject({ type: 'refused', code })
  })

  it.each(fromHub)('shows the $kind frame that the hub writes', ({ kind, text }) => {
    const example: Record<string, unknown> = JSON.parse(text)
    const written: unknown = JSON.parse(writers[kind]?.(example) ?? 'null')

    expect(example.type).toBe(kind)
    expect(written).toEqual(example)
    expect(Object.keys(written as object)).toEqual(Object.keys(example))
  })

  it('shows every frame, both ways', () => {
    const source = readFileSync('src/signaling/protocol/frames.ts', 'utf8')
    const union = /export type Frame =\n(.*?)\n\n/s.exec(source)?.[1] ?? ''
    const types = [...union.matchAll(/readonly type: '(\w+)'/g)].map(([, type]) => type)
    const written = [...source.matchAll(/export function (\w+)Frame\(/g)].map(([, name]) => name)

    expect(types.length).toBeGreaterThan(2)
    expect([...new Set(taken.map(({ kind }) => kind))].sort()).toEqual(types.sort())
    expect([...new Set(fromHub.map(({ kind }) => kind))].sort()).toEqual(
      Object.keys(writers).sort(),
    )
    expect(written.filter((name) => name !== 'parse')).toHaveLength(fromHubKinds().length)
  })

  it('derives the id of its example key as the hub does', () => {
    const pem = /-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----\n/s.exec(document)?.[0] ?? ''
    const { long, short } = nodeIdsOf(createPublicKey(pem))

    expect(document).toContain(`This key is \`${long}\`, and \`${short}\` to older clients.`)
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

function fromHubKinds(): string[] {
  return [...new Set(fromHub.map(({ kind }) => kind))]
}
