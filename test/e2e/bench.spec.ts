import { execFile } from 'node:child_process'
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { describe, expect, it } from '@jest/globals'

/** It may have to be built first. */
const PATIENCE_MS = 120_000
const start = fileURLToPath(new URL('../../scripts/start.mjs', import.meta.url))
const run = promisify(execFile)

describe('npm run bench', () => {
  // Its figures say nothing here: what counts is that every frame arrived as it had to.
  it(
    'relays, connects and weighs both systems, and tells what each costs',
    async () => {
      const out = join(await mkdtemp(join(tmpdir(), 'hub-bench-')), 'figures.json')

      const { stdout } = await run(process.execPath, [start, 'bench', '--small', '--out', out])

      const { comparisons } = JSON.parse(await readFile(out, 'utf8'))
      expect(comparisons.map(({ what }: { what: string }) => what)).toEqual([
        'offer, CPU per frame',
        'candidate, CPU per frame',
        'memory per idle socket',
        'CPU per connect',
      ])
      expect(stdout).toContain('hub / bare')
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
