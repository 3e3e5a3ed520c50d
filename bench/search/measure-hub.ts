import pg from 'pg'

import { normaliseSkill } from '../../src/profiles/skill.js'
import { pick } from '../../src/seed/chance.js'
import { ServerProcess } from '../server-process.js'
import { Client } from './client.js'
import type { People } from './people.js'
import * as questions from './questions.js'
import { type Ask, measure, timed, type Timing } from './timing.js'

interface Amount {
  readonly queries: number
  readonly updateSeconds: number
}

/** A hub that serves these people, asked over HTTP by one client. */
export async function measureHub(people: People, amount: Amount): Promise<Timing[]> {
  await using server = await ServerProcess.start('src/main.js', people.env, { isPinned: false })
  using client = new Client(server.port)
  const get = (ask: () => string): Ask => {
    return () => {
      const [path, token] = [ask(), pick(people.tokens)]
      return timed(path, async () => (await client.get(path, token)).status === 200)
    }
  }
  const kinds: [what: string, ask: Ask][] = [
    ['one skill and a level', get(questions.oneSkill)],
    ['two or three skills, one mistyped', get(questions.fewSkills)],
    ['words, one mistyped, and a place', get(questions.words)],
    ['the second page of one skill', secondPage(client, people)],
    ['classic: q', get(questions.classic)],
    ['suggestions', get(questions.prefix)],
  ]
  const timings: Timing[] = []
  for (const [what, ask] of kinds) {
    timings.push(await measure(what, ask, { count: amount.queries }))
  }
  const update: Ask = () => {
    const [body, token] = [questions.newProfile(), pick(people.tokens)]
    return timed(body, async () => (await client.put('/profile', token, body)).status === 200)
  }
  const whole = { count: Number.POSITIVE_INFINITY, seconds: amount.updateSeconds }
  timings.push(await measure('a profile is saved', update, whole))
  return timings
}

/** The reference's design, asked by the driver: without HTTP, tokens and a page of profiles. */
export async function measureReference(people: People, count: number): Promise<Timing[]> {
  const client = new pg.Client({ connectionString: people.url })
  await client.connect()
  const ask = (order: string): Ask => {
    return () => {
      const { skill, level } = questions.someSkill()
      return timed(`${skill}:${level}`, async () => {
        await client.query(
          `SELECT account_id, expertise FROM reference_profiles
            WHERE expertise ? $1 AND (expertise ->> $1)::int >= $2 ${order} LIMIT 50`,
          [normaliseSkill(skill), level],
        )
        return true
      })
    }
  }
  try {
    const best = 'ORDER BY (expertise ->> $1)::int DESC, account_id'
    return [
      await measure('reference: one skill and a level, any 50', ask(''), { count }),
      await measure('reference: the same, the best 50', ask(best), { count }),
    ]
  } finally {
    await client.end()
  }
}

/** The first page is asked for beforehand, of skills that have a second. */
function secondPage(client: Client, people: People): Ask {
  return async () => {
    const token = pick(people.tokens)
    for (let attempt = 0; attempt < 200; attempt++) {
      const path = `${questions.oneSkill()}&limit=20`
      const first = await client.get(path, token)
      if (first.status !== 200) return { ms: Number.NaN, asked: path, isFailed: true }
      const cursor: unknown = JSON.parse(first.body).next_cursor
      if (typeof cursor !== 'string') continue
      const next = `${path}&cursor=${encodeURIComponent(cursor)}`
      return timed(next, async () => (await client.get(next, token)).status === 200)
    }
    return { ms: Number.NaN, asked: 'no skill has a second page', isFailed: true }
  }
}
