import type { CorpusFile } from '../case.js'
import { readCorpus } from '../corpus.js'

import { valuesOf, type Value } from './values.js'

/** What stands in the certificates of the corpus, each once: good parts, and all that is wrong in K1 to K13. */
export interface Parts {
  readonly versions: readonly Buffer[]
  readonly serials: readonly Buffer[]
  readonly algorithms: readonly Buffer[]
  readonly names: readonly Buffer[]
  readonly times: readonly Buffer[]
  readonly keys: readonly Buffer[]
  /** With their wrapper `[3]`, and what else stood after the key. */
  readonly tails: readonly Buffer[]
  readonly extensions: readonly Buffer[]
  readonly signatures: readonly Buffer[]
  /** Texts of certificates and keys, right and wrong. */
  readonly certificateTexts: readonly string[]
  readonly keyTexts: readonly string[]
  readonly nodeIds: readonly string[]
}

const VERSION = 0xa0

export function corpusParts(): Parts {
  const files = [...readCorpus().values()].map((text): CorpusFile => JSON.parse(text))
  const inputs = files.flatMap(({ cases }) => cases.map(({ input }) => input))
  const texts = inputs.flatMap(({ certificate }) =>
    typeof certificate === 'string' ? certificate : [],
  )
  const keyTexts = inputs.flatMap(({ public_key }) =>
    typeof public_key === 'string' ? public_key : [],
  )
  const certificates = texts.flatMap((text) => takenApart(derOf(text)) ?? [])
  const part = (name: keyof TakenApart): Buffer[] =>
    once(certificates.flatMap((each) => each[name]))
  return {
    versions: part('version'),
    serials: part('serial'),
    algorithms: once([...part('inner'), ...part('outer')]),
    names: once([...part('issuer'), ...part('subject')]),
    times: part('times'),
    keys: part('key'),
    tails: part('tail'),
    extensions: once(certificates.flatMap(({ tail }) => tail.flatMap(extensionsIn))),
    signatures: part('signature'),
    certificateTexts: [...new Set(texts)],
    keyTexts: [...new Set(keyTexts)],
    nodeIds: [...new Set(inputs.map(({ node_id }) => node_id))],
  }
}

interface TakenApart {
  /** Empty for v1. */
  readonly version: readonly Buffer[]
  readonly serial: readonly Buffer[]
  readonly inner: readonly Buffer[]
  readonly issuer: readonly Buffer[]
  readonly times: readonly Buffer[]
  readonly subject: readonly Buffer[]
  readonly key: readonly Buffer[]
  readonly tail: readonly Buffer[]
  readonly outer: readonly Buffer[]
  readonly signature: readonly Buffer[]
}

/** Null for a structure that has no such parts. */
function takenApart(bytes: Buffer): TakenApart | null {
  const [certificate] = valuesOf(bytes) ?? []
  const [tbs, outer, signature] = childrenOf(certificate?.content)
  const fields = childrenOf(tbs?.content)
  const first = fields[0]?.tag === VERSION ? 1 : 0
  const [serial, inner, issuer, validity, subject, key, ...rest] = fields.slice(first)
  if (key === undefined) return null
  return {
    version: fields.slice(0, first).map((field) => field.bytes),
    serial: bytesOf(serial),
    inner: bytesOf(inner),
    issuer: bytesOf(issuer),
    times: childrenOf(validity?.content).map((field) => field.bytes),
    subject: bytesOf(subject),
    key: bytesOf(key),
    tail: [Buffer.concat(rest.map((field) => field.bytes))],
    outer: bytesOf(outer),
    signature: bytesOf(signature),
  }
}

function childrenOf(content: Buffer | undefined): Value[] {
  return (content === undefined ? null : valuesOf(content)) ?? []
}

function extensionsIn(tail: Buffer): Buffer[] {
  const [wrapper] = childrenOf(tail)
  const [list] = childrenOf(wrapper?.content)
  return childrenOf(list?.content).map(({ bytes }) => bytes)
}

function bytesOf(value: Value | undefined): Buffer[] {
  return value === undefined ? [] : [value.bytes]
}

function derOf(text: string): Buffer {
  return Buffer.from(text.replace(/-----[^-]*-----/g, ''), 'base64')
}

function once(buffers: readonly Buffer[]): Buffer[] {
  return [...new Map(buffers.map((bytes) => [bytes.toString('hex'), bytes])).values()]
}
