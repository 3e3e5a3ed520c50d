import { execFile } from 'node:child_process'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { describe, expect, it } from '@jest/globals'

/** It may have to be built first. */
const PATIENCE_MS = 240_000
const start = fileURLToPath(new URL('../../scripts/start.mjs', import.meta.url))

interface Run {
  readonly code: number
  readonly stderr: string
}

/** What a campaign writes with `--out`, as far as the tests look. */
interface Report {
  readonly figures: Readonly<Record<string, number | string>>
  readonly broken: readonly string[]
}

// Small ones: they show that the promises hold under some load. docs/performance.md has the long runs.
describe('npm run campaign', () => {
  it(
    'storm: classic clients whose tokens have expired are all back after kill -9, with no refresh refused',
    async () => {
      const { figures, broken } = await campaign('storm')

      expect(broken).toEqual([])
      expect(figures).toMatchObject({ clients: 300, 'gave up': 0 })
    },
    PATIENCE_MS,
  )

  it(
    'fuzz: malformed frames and streams end nothing, leave nothing, and bystanders lose nothing',
    async () => {
      const { figures, broken } = await campaign('fuzz')

      expect(broken).toEqual([])
      expect(figures).toMatchObject({ exits: 0, 'errors in the log': 0 })
      expect(figures['malformed frames']).toBeGreaterThanOrEqual(20_000)
      expect(figures['raw TCP streams']).toBeGreaterThanOrEqual(2_000)
      // It has gone through the door, not only up to it.
      for (const answer of ['invalid_json', 'invalid_frame', 'unknown_message_type', '1002']) {
        expect(figures['what they were answered']).toContain(answer)
      }
    },
    PATIENCE_MS,
  )

  it(
    'slow-readers: who never reads is closed, and costs no more memory than it may',
    async () => {
      const { figures, broken } = await campaign('slow-readers')

      expect(broken).toEqual([])
      expect(figures['answered target_slow']).toBeGreaterThan(0)
    },
    PATIENCE_MS,
  )

  it(
    'ghosts: nothing is left of connections that ended in nine manners of death',
    async () => {
      const { figures, broken } = await campaign('ghosts')

      expect(broken).toEqual([])
      expect(figures['nodes that look online']).toBe(0)
    },
    PATIENCE_MS,
  )

  it(
    'curve: draws what the hubs of some runs held',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'hub-campaign-'))
      const [file, image] = [join(folder, 'run.json'), join(folder, 'image.svg')]
      const samples = [1, 2, 3].map((seconds) => ({ seconds, rssMib: 140, heapMib: 40 + seconds }))
      await writeFile(file, JSON.stringify({ campaign: 'fuzz', sizes: { messages: 9 }, samples }))

      expect(await run(['curve', image, file, file])).toEqual({ code: 0, stderr: '' })
      const svg = await readFile(image, 'utf8')
      expect(svg.match(/fuzz \(messages 9\)/g)).toHaveLength(2)
      // RSS and heap of each, three points long.
      expect(svg.match(/points="(?:[\d.]+,[\d.]+ ){2}[\d.]+,[\d.]+"/g)).toHaveLength(4)
    },
    PATIENCE_MS,
  )

  it(
    'answers an unknown name with its usage',
    async () => {
      const { code, stderr } = await run(['hurricane'])

      expect(code).toBe(64)
      expect(stderr).toContain('npm run campaign -- <name>')
    },
    PATIENCE_MS,
  )
})

async function campaign(name: string): Promise<Report> {
  const out = join(await mkdtemp(join(tmpdir(), 'hub-campaign-')), 'report.json')
  const { stderr } = await run([name, '--small', '--out', out])
  expect(stderr).toBe('')
  return JSON.parse(await readFile(out, 'utf8'))
}

function run(args: readonly string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(process.execPath, [start, 'campaign', ...args], (error, _stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stderr })
    })
  })
}
