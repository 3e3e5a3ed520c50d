import { describe, expect, it } from '@jest/globals'

import { skillsAnswer } from '../../src/discovery/discovery.schema.js'
import { expectError } from '../support/error-oracle.js'
import { startHub, type TestHub } from '../support/hub.js'
import { type Person, publish } from '../support/people.js'
import { until } from '../support/until.js'

const unlimited = { env: { RATE_LIMIT_ENABLED: 'false' } }

/** Of each of these skills so many people; one person has several. */
async function addPeople(hub: TestHub, counts: Record<string, number>): Promise<Person[]> {
  const people: Person[] = []
  for (let index = 0; index < Math.max(...Object.values(counts)); index++) {
    const skills = Object.keys(counts).filter((skill) => index < (counts[skill] ?? 0))
    people.push(
      await publish(hub, { expertise: Object.fromEntries(skills.map((skill) => [skill, 3])) }),
    )
  }
  return people
}

/** What is suggested, as `skill people`. */
async function suggest(hub: TestHub, token: string, prefix: string, more = ''): Promise<string[]> {
  const path = `/discovery/skills?prefix=${encodeURIComponent(prefix)}${more}`
  const { status, body } = await hub.fetch('GET', path, { token })
  expect(status).toBe(200)
  return skillsAnswer.parse(body).skills.map(({ skill, people }) => `${skill} ${people}`)
}

/** Counts follow a moment after profiles. */
async function untilCounted(hub: TestHub): Promise<void> {
  await until(async () => {
    const [row] = await hub.database.query<{ done: boolean }>(
      `SELECT NOT EXISTS (SELECT FROM skill_changes) AND NOT EXISTS (
         SELECT FROM profile_skills p
          WHERE p.is_listed AND NOT EXISTS (SELECT FROM skills s WHERE s.skill = p.skill)) AS done`,
    )
    return row?.done ?? false
  })
}

describe('suggestions of skills', () => {
  it('begin as typed, the most common first, with counts that name nobody', async () => {
    await using hub = await startHub(unlimited)
    await addPeople(hub, { Pottery: 12, 'Pot making': 5, Potholing: 4, Potions: 7, Weaving: 21 })
    const { accessToken: token } = await hub.signIn()
    await untilCounted(hub)

    expect(await suggest(hub, token, 'pot')).toEqual(['Pottery 10', 'Potions 5', 'Pot making 5'])
    expect((await suggest(hub, token, 'POT-MA'))[0]).toBe('Pot making 5')
    expect(await suggest(hub, token, 'p', '&limit=1')).toEqual(['Pottery 10'])
    expect(await suggest(hub, token, 'weav')).toEqual(['Weaving 20'])
    expect(await suggest(hub, token, 'potholing')).toEqual([])
    expect(await suggest(hub, token, 'zz')).toEqual([])
    expect(await suggest(hub, token, '%')).toEqual([])
  })

  it('are spelled as most people do', async () => {
    await using hub = await startHub(unlimited)
    await addPeople(hub, { 'Glass-Blowing': 2, ICELANDIC: 2 })
    await addPeople(hub, { 'Glass blowing': 4, Icelandic: 4 })
    const { accessToken: token } = await hub.signIn()
    await untilCounted(hub)

    expect(await suggest(hub, token, 'glass')).toEqual(['Glass blowing 5'])
    expect(await suggest(hub, token, 'icel')).toEqual(['Icelandic 5'])
  })

  it.each([
    ['another letter', 'wiaving', 'wiav', 'wezv'],
    ['two that are swapped', 'waeving', 'waev', 'weaivng'],
    ['a letter less', 'waving', 'wavi', 'weving'],
    ['a letter more', 'weeav', 'weeaving', 'weavving'],
  ])('forgive %s', async (_what, ...prefixes) => {
    await using hub = await startHub(unlimited)
    await addPeople(hub, { Weaving: 5 })
    const { accessToken: token } = await hub.signIn()
    await untilCounted(hub)

    for (const prefix of prefixes) {
      expect([prefix, await suggest(hub, token, prefix)]).toEqual([prefix, ['Weaving 5']])
    }
    expect(await suggest(hub, token, 'wxyz')).toEqual([])
  })

  it('know the other names of a skill, and no typo in two letters', async () => {
    await using hub = await startHub(unlimited)
    await addPeople(hub, { Kubernetes: 6, JavaScript: 5 })
    const { accessToken: token } = await hub.signIn()
    await untilCounted(hub)

    expect(await suggest(hub, token, 'k8s')).toEqual(['Kubernetes 5'])
    expect(await suggest(hub, token, 'js')).toEqual(['JavaScript 5'])
    expect(await suggest(hub, token, 'jz')).toEqual([])
  })

  it('count neither who has gone nor who has dropped the skill', async () => {
    await using hub = await startHub(unlimited)
    const people = await addPeople(hub, { Falconry: 10, Weaving: 10 })
    const { accessToken: token } = await hub.signIn()
    await untilCounted(hub)
    expect(await suggest(hub, token, 'falc')).toEqual(['Falconry 10'])
    const leave = async (leaving: readonly Person[]): Promise<void> => {
      for (const { accessToken } of leaving) {
        const { status } = await hub.fetch('DELETE', '/profile', { token: accessToken })
        expect(status).toBe(204)
      }
    }

    await leave(people.slice(0, 1))
    await untilCounted(hub)
    expect(await suggest(hub, token, 'falc')).toEqual(['Falconry 5'])
    expect(await suggest(hub, token, 'weav')).toEqual(['Weaving 5'])

    await leave(people.slice(1, 5))
    const body = { name: 'n', expertise: { Weaving: 1 } }
    await hub.fetch('PUT', '/profile', { token: people[5]?.accessToken ?? '', body })
    await untilCounted(hub)
    expect(await suggest(hub, token, 'falc')).toEqual([])
    expect(await suggest(hub, token, 'weav')).toEqual(['Weaving 5'])

    await leave(people.slice(5))
    await untilCounted(hub)
    expect(await hub.database.query('SELECT skill FROM skills')).toEqual([])
  })

  it('need a token and a beginning', async () => {
    await using hub = await startHub(unlimited)
    const { accessToken: token } = await hub.signIn()
    const faults: [path: string, query: string][] = [
      ['prefix', ''],
      ['prefix', '?prefix='],
      ['prefix', '?prefix=%20'],
      ['prefix', '?prefix=%00'],
      ['prefix', `?prefix=${'a'.repeat(51)}`],
      ['prefix', '?prefix=a&prefix=b'],
      ['limit', '?prefix=a&limit=0'],
      ['limit', '?prefix=a&limit=51'],
      ['limit', '?prefix=a&limit=x'],
    ]

    expectError(await hub.fetch('GET', '/discovery/skills?prefix=a'), 401, 'invalid_token')
    for (const [path, query] of faults) {
      const answer = await hub.fetch('GET', `/discovery/skills${query}`, { token })
      expectError(answer, 400, 'invalid_request', query)
      expect(answer.body.issues.map((issue: { path: string }) => issue.path)).toEqual([path])
    }
  })
})
