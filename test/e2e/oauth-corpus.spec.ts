import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'

import type { OAuthCase, OAuthFile } from '../corpus/generate/oauth/oauth-case.js'
import { makeOAuthFiles, oauthFileOf, textOf } from '../corpus/generate/oauth/oauth.js'
import { startHub, type TestHub } from '../support/hub.js'
import { OAuthStub } from '../support/oauth-stub.js'
import { OAuthTrial } from '../support/oauth-trial.js'
import { OAuthWorld } from '../support/oauth-world.js'

// UPDATE_CORPUS=1 writes the corpus anew.
if (process.env.UPDATE_CORPUS !== undefined) {
  for (const file of makeOAuthFiles()) writeFileSync(oauthFileOf(file.class), textOf(file))
}

const folder = new URL('.', oauthFileOf('O1'))
const names = readdirSync(folder).map((file) => file.replace('.json', ''))
const files = names
  .sort((one, other) => one.localeCompare(other, 'en', { numeric: true }))
  .map((name): OAuthFile => JSON.parse(readFileSync(oauthFileOf(name), 'utf8')))
const cases = files.flatMap((file) => file.cases)

type HubName = OAuthCase['input']['hub'] | 'usual'

const NO_LIMITS = { RATE_LIMIT_ENABLED: 'false' }

describe('the corpus of OAuth requests', () => {
  let stub: OAuthStub
  const hubs: TestHub[] = []
  const worlds = new Map<HubName, OAuthWorld>()

  beforeAll(async () => {
    stub = await OAuthStub.start()
    const start = async (env: Record<string, string>, provider: OAuthStub | null) => {
      const hub = await startHub({ env: { ...NO_LIMITS, ...env } })
      hubs.push(hub)
      return OAuthWorld.of(hub, provider)
    }
    worlds.set('usual', await start(stub.env, stub))
    worlds.set('without the classic door', await start({ ...stub.env, LEGACY_LOGIN: 'off' }, stub))
    worlds.set('without providers', await start({ DEV_LOGIN: 'off' }, null))
  })

  beforeEach(() => {
    stub.pageFault = null
    stub.faults.clear()
  })

  afterAll(async () => {
    for (const hub of hubs) await hub[Symbol.asyncDispose]()
    await stub[Symbol.asyncDispose]()
  })

  it.each(cases.map((each) => [`${each.id} ${each.why}`, each] as const))('%s', async (_, each) => {
    const world = worlds.get(each.input.hub ?? 'usual')!

    expect(await new OAuthTrial(world, each).verdict()).toEqual(each.expect)
  })

  it('leaves the hubs well, and no fault in their logs', async () => {
    for (const hub of hubs) {
      expect((await hub.fetch('GET', '/health')).body.status).toBe('healthy')
      expect(hub.logLines.filter((line) => /"level":(?:50|60)\b/.test(line))).toEqual([])
    }
  })

  it('is what its generator makes', () => {
    expect(files.map(textOf)).toEqual(makeOAuthFiles().map(textOf))
  })

  it('has every case once and a reason for each', () => {
    const asked = cases.map(({ input }) => JSON.stringify(input))
    expect(asked.filter((each, index) => asked.indexOf(each) !== index)).toEqual([])
    for (const { why, source } of cases) for (const text of [why, source]) expect(text).not.toBe('')
  })

  it('has all its classes, sixty spellings of addresses that are refused among them', () => {
    const counts = new Map(files.map((file) => [file.class, file.cases.length]))
    expect([...counts.keys()]).toEqual([
      'O1',
      'O2',
      'O3',
      'O4',
      'O5',
      'O6',
      'O7',
      'O8',
      'O9',
      'O10',
    ])
    expect(cases.length).toBeGreaterThanOrEqual(150)
    const refused = cases.filter((each) => each.expect.code === 'invalid_redirect_uri')
    expect(refused.length).toBeGreaterThanOrEqual(60)
  })
})
