import { execFile } from 'node:child_process'
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { describe, expect, it } from '@jest/globals'

import { hasRedis } from '../support/redis-process.js'

/** It may have to be built first. */
const PATIENCE_MS = 300_000
const start = fileURLToPath(new URL('../../scripts/start.mjs', import.meta.url))
const run = promisify(execFile)

/** What was measured, and of whom, in the order of the systems' columns. */
function measured(comparisons: { what: string; of: Record<string, unknown> }[]) {
  return Object.fromEntries(comparisons.map(({ what, of }) => [what, Object.keys(of)]))
}

describe('npm run bench', () => {
  // Its figures say nothing here: what counts is that every frame arrived as it had to.
  it(
    'relays, connects and weighs all systems, and tells what each costs',
    async () => {
      const out = join(await mkdtemp(join(tmpdir(), 'hub-bench-')), 'figures.json')

      const { stdout } = await run(process.execPath, [start, 'bench', '--small', '--out', out])

      const { comparisons, instances } = JSON.parse(await readFile(out, 'utf8'))
      const all = ['hub', 'hub, v=2', 'bare ws', 'PeerServer', 'Socket.IO']
      expect(measured(comparisons)).toEqual({
        'offer, CPU per frame': all,
        'candidate, CPU per frame': all,
        'memory per idle socket': all,
        'CPU per connect': all,
        'CPU per connect, 50 at once': ['hub', 'bare ws', 'PeerServer', 'Socket.IO'],
        'all of 50 at once in': ['hub', 'bare ws', 'PeerServer', 'Socket.IO'],
        'offer at 40 sockets / at 10': ['hub', 'bare ws'],
        'candidate at 40 sockets / at 10': ['hub', 'bare ws'],
      })
      const across = ['hub', ...(hasRedis ? ['2 hubs, Redis'] : []), '2 hubs, Postgres']
      expect(measured(instances)).toEqual({
        'offer, CPU per frame': across,
        'candidate, CPU per frame': across,
      })
      expect(stdout).toContain('ratio to bare ws')
    },
    PATIENCE_MS,
  )

  it(
    'answers an unknown flag with its usage',
    async () => {
      await expect(run(process.execPath, [start, 'bench', '--fast'])).rejects.toMatchObject({
        code: 64,
        stderr: expect.stringContaining('npm run bench -- [options]'),
      })
    },
    PATIENCE_MS,
  )
})

describe('npm run bench:keys', () => {
  // Here too its figures say nothing: what counts is that the hub takes each kind of key.
  it(
    'times the checks of every kind of key',
    async () => {
      const { stdout } = await run(process.execPath, [start, 'bench:keys', '--small'])

      for (const kind of ['RSA-2048', 'RSA-3072', 'RSA-4096', 'P-256', 'Ed25519']) {
        expect(stdout).toContain(`${kind}, certificate, ms CPU`)
        expect(stdout).toContain(`${kind}, certificate and proof, ms CPU`)
      }
      expect(stdout).toContain('bare verify')
    },
    PATIENCE_MS,
  )
})
