import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { beforeAll, describe, expect, it } from '@jest/globals'

import { leaksOf } from '../support/canary.js'
import { freePort } from '../support/free-port.js'
import { startHub } from '../support/hub.js'

/** The demo has 60 s of its own; the first run may have to build it. */
const PATIENCE_MS = 120_000
const start = fileURLToPath(new URL('../../scripts/start.mjs', import.meta.url))

interface Run {
  readonly code: number
  readonly output: string
  readonly errors: string
  /** What somebody says in the timeline, in order. */
  readonly saidBy: (who: string) => string[]
}

/** `npm run demo -- …`, to its end. */
async function demo(...options: string[]): Promise<Run> {
  const child = spawn(process.execPath, [start, 'demo', ...options], { stdio: 'pipe' })
  let [output, errors] = ['', '']
  child.stdout.on('data', (text) => (output += String(text)))
  child.stderr.on('data', (text) => (errors += String(text)))
  const [code] = await once(child, 'close')
  const saidBy = (who: string) =>
    output.split('\n').flatMap((line) => {
      const [, name, what] = /^ *\d+ ms {2}(.{4}) {2}(.*)$/.exec(line) ?? []
      return name?.trim() === who && what !== undefined ? [what] : []
    })
  return { code, output, errors, saidBy }
}

const lines = (...patterns: (string | RegExp)[]) =>
  patterns.map((pattern) => expect.stringMatching(pattern))

const JOINS = [
  'logs in',
  'makes an RSA-2048 key and a self-signed certificate',
  /^registers as dpc-node-[0-9a-f]{32}$/,
  'publishes a profile',
  'opens the signaling socket',
]
const OWN_BYTES = /^sends 128 KiB of random bytes; the other's SHA-256 agrees/

describe('npm run demo', () => {
  let own: Run

  beforeAll(async () => {
    own = await demo()
  }, PATIENCE_MS)

  it('ends well', () => {
    expect(own).toMatchObject({ code: 0, errors: '' })
  })

  it('has two peers log in, register, publish, find each other, connect and talk', () => {
    expect(own.saidBy('Ada').slice(0, 10)).toEqual(
      lines(
        ...JOINS,
        /^searches for машинное обучение .* finds Ben$/,
        'gets the answer through the hub',
        'has an open data channel',
        'says',
        OWN_BYTES,
      ),
    )
    expect(own.saidBy('Ben').slice(0, 11)).toEqual(
      lines(
        ...JOINS,
        /^searches for Rust .* finds Ada$/,
        'gets the offer through the hub',
        'has an open data channel',
        'hears “Hello Ben',
        'says',
        OWN_BYTES,
      ),
    )
  })

  it('has them go on talking when the hub is gone', () => {
    const [, afterwards = ''] = own.output.split(/^ *\d+ ms {2}hub {3}is stopped$/m)
    for (const what of ['Ben   hears “', 'Ada   sends 128', 'Ada   hears “', 'Ben   sends 128']) {
      expect(afterwards).toContain(what)
    }
  })

  it('ends with counts of what the hub saw, and shows no secret', () => {
    const [, seen = ''] = own.output.split('What the hub saw')
    expect(seen).toMatch(/2 sockets, 2 accounts/)
    expect(seen).toMatch(/ \d+ frames relayed, \d+ bytes/)
    expect(leaksOf(seen, [], { mayNameNodes: 0 })).toEqual([])
    expect(leaksOf(own.output, [], { mayNameNodes: 2 })).toEqual([])
  })
})

describe('npm run demo -- --hub', () => {
  it(
    'uses a hub that runs, and leaves nothing there',
    async () => {
      await using hub = await startHub()

      expect(await demo('--hub', hub.url)).toMatchObject({ code: 0, errors: '' })

      for (const table of ['accounts', 'nodes', 'profiles', 'sessions']) {
        expect(await hub.database.query(`SELECT * FROM ${table}`)).toEqual([])
      }
    },
    PATIENCE_MS,
  )

  it(
    'says in words why it fails',
    async () => {
      await using hub = await startHub({ env: { DEV_LOGIN: 'off' } })
      expect(await demo('--hub', hub.url)).toMatchObject({
        code: 1,
        errors: expect.stringContaining('503 provider_not_configured: login with github'),
      })

      const nobody = `http://127.0.0.1:${await freePort()}`
      expect(await demo('--hub', nobody)).toMatchObject({
        code: 1,
        errors: expect.stringContaining(`there is no hub at ${nobody}`),
      })
    },
    PATIENCE_MS,
  )
})
