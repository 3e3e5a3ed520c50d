import { spawn } from 'node:child_process'
import type { KeyObject } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { TestHub } from './hub.js'
import type { TestNode } from './test-node.js'
import type { SelfSigned } from './x509.js'

export interface Outcome {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Run {
  readonly args: readonly string[]
  readonly env?: Record<string, string>
  /** What is piped in. */
  readonly input?: string
  /** Gets what the tool writes to standard error, as it comes. */
  readonly onErr?: (text: string) => void
}

/** Runs `tools/prove-node` as a person does, in a process of its own. */
export function proveNode({ args, env = {}, input = '', onErr }: Run): Promise<Outcome> {
  const child = spawn(process.execPath, ['tools/prove-node', ...args], {
    env: { PATH: process.env.PATH, HOME: env.HOME ?? '/nonexistent', ...env },
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString()
    onErr?.(err)
  })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, out, err }))
  })
}

/** Files of a node's own, as its client keeps them below `~/.dpc`. */
export class KeyFiles {
  readonly folder = mkdtempSync(join(tmpdir(), 'prove-node-'))
  readonly key = join(this.folder, 'node.key')
  readonly certificate = join(this.folder, 'node.crt')
  readonly token = join(this.folder, 'token')

  constructor(identity: SelfSigned, keyPem = pkcs8(identity.privateKey)) {
    this.write('node.key', keyPem)
    this.write('node.crt', identity.certificatePem)
  }

  /** The options that name key and certificate. */
  get args(): string[] {
    return ['--key', this.key, '--cert', this.certificate]
  }

  write(name: string, text: string): string {
    const file = join(this.folder, name)
    writeFileSync(file, text, { mode: 0o600 })
    return file
  }
}

export function pkcs8(key: KeyObject, passphrase?: string): string {
  return key
    .export({
      type: 'pkcs8',
      format: 'pem',
      ...(passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }),
    })
    .toString()
}

/** Runs the tool with a node's files, and its person's token in a file. */
export async function proveAs(
  node: TestNode,
  files: KeyFiles,
  args: readonly string[] = [],
): Promise<Outcome> {
  files.write('token', `${node.token}\n`)
  return proveNode({
    args: ['--hub', node.hub.url, ...files.args, '--token-file', files.token, ...args],
  })
}

/** Whose the node is, and whether it is proven. */
export async function ownerOf(
  hub: TestHub,
  { spkiSha256 }: SelfSigned,
): Promise<[number, boolean] | null> {
  const [row] = await hub.database.query<{ account_id: string; proven: boolean }>(
    'SELECT account_id, proven_at IS NOT NULL AS proven FROM nodes WHERE spki_sha256 = $1',
    [spkiSha256],
  )
  return row ? [Number(row.account_id), row.proven] : null
}
