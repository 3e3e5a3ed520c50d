import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import pg from 'pg'

import { type Parameter, Pool, type Queries } from '../../src/database/database.js'
import { startHub, type TestHub } from '../support/hub.js'

/** Enough that Postgres does not read a whole table because it is small. */
const PEOPLE = 30_000

interface Statement {
  readonly sql: string
  readonly parameters: readonly Parameter[]
}

interface Plan {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly Filter?: string
  readonly Plans?: readonly Plan[]
}

/** Each third skill, each seventh and so on: common ones, rare ones, and two that nobody has together. */
const FILL = `
  INSERT INTO accounts SELECT g, NULL, NULL, now() FROM generate_series(1, ${PEOPLE}) g;
  INSERT INTO nodes
  SELECT encode(sha256(g::text::bytea), 'hex'), g, 'dpc-node-' || md5(g::text),
         'dpc-node-' || left(md5(g::text), 16), 'dpc-node-' || md5(g::text), '', '', NULL, NULL, now(), NULL
    FROM generate_series(1, ${PEOPLE}) g;
  CREATE TEMP TABLE listed AS
  SELECT g AS account, skill, 1 + (g * length(skill)) % 5 AS level
    FROM generate_series(1, ${PEOPLE}) g,
         (VALUES ('python', 2), ('rust', 5), ('machine_learning', 7), ('kubernetes', 11), ('welding', 997)) AS s (skill, nth)
   WHERE g % nth = 0
   UNION ALL
  SELECT g, 'tool_' || g % 20000, 3 FROM generate_series(1, ${PEOPLE}) g;
  INSERT INTO profiles (account_id, name, description, compute, updated_at, levels, search)
  SELECT account, 'Person ' || account, 'works in town ' || account % 50, '{}',
         now() - account * interval '1 minute', jsonb_object_agg(skill, level),
         (string_agg(level || '=' || skill, ' ') || ' language=en ''person'':1A ''town'':20D ''t' || account % 50 || ''':21D')::tsvector
    FROM listed GROUP BY account;
  INSERT INTO profile_skills
  SELECT account, skill, skill, level, 1, true, false, now() - account * interval '1 minute' FROM listed;
  INSERT INTO skills
  SELECT skill, replace(skill, '_', ''), ARRAY[replace(skill, '_', '')], skill, count(*) FROM listed GROUP BY skill;
  VACUUM ANALYZE accounts, nodes, profiles, profile_skills, skills`

describe('no search reads a whole table', () => {
  let hub: TestHub
  const statements: Statement[] = []
  const methods = Object.getOwnPropertyDescriptors(Pool.prototype)
  const rows: Pool['rows'] = methods.rows.value!
  const transaction: Pool['transaction'] = methods.transaction.value!
  let token = ''

  beforeAll(async () => {
    hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    for (const statement of FILL.split(/;\n/)) await hub.database.query(statement)
    ;({ accessToken: token } = await hub.signIn())
    const note = <Result>(work: (queries: Queries) => Promise<Result>) => {
      return (queries: Queries): Promise<Result> =>
        work({
          rows: (sql, parameters = []) => {
            statements.push({ sql, parameters })
            return queries.rows(sql, parameters)
          },
        })
    }
    Pool.prototype.transaction = function <Result>(work: (queries: Queries) => Promise<Result>) {
      return transaction.call(this, note(work)) as Promise<Result>
    }
    Pool.prototype.rows = function <Row>(sql: string, parameters?: readonly Parameter[]) {
      statements.push({ sql, parameters: parameters ?? [] })
      return rows.call(this, sql, parameters) as Promise<Row[]>
    }
  }, 120_000)

  afterAll(async () => {
    Object.assign(Pool.prototype, { rows, transaction })
    await hub[Symbol.asyncDispose]()
  })

  it.each([
    ['a classic query', 'search?q=python'],
    ['a classic query that many skills contain', 'search?q=tool_12&min_level=2'],
    ['one skill at a level', 'search?skills=python:4'],
    ['one skill, the newest first', 'search?skills=python&sort=recent'],
    ['a rare skill', 'search?skills=welding'],
    ['several skills', 'search?skills=python:2,rust,kubernetes'],
    ['a typo', 'search?q=kubernets&sort=relevance'],
    ['words and a skill', 'search?q=machine+learning+t17&sort=relevance'],
    ['words that everybody has, and one more', 'search?q=person+t17&sort=relevance'],
    ['words of which few have all', 'search?q=welding+t3+rust+kubernetes&sort=relevance'],
    ['a phrase, and one without', 'search?q=%22machine+learning%22+-rust&sort=relevance'],
    ['filters', 'search?q=rust&language=en&updated_since=2020-01-01&sort=level'],
    ['those who are connected', 'search?q=python&online=true'],
    ['suggestions', 'skills?prefix=ru'],
    ['suggestions for a typo', 'skills?prefix=pyhto'],
  ])('%s', async (_what, path) => {
    statements.length = 0
    const { status } = await hub.fetch('GET', `/discovery/${path}`, { token })
    expect(status).toBe(200)
    // What skills are counted by is a queue, and beside the search.
    const searched = statements.filter(
      ({ sql }) => /profile|skills|nodes/.test(sql) && !sql.includes('skill_changes'),
    )
    expect(searched.length).toBeGreaterThan(0)

    // As searches do: then a whole table is read only where no index would serve.
    const planner = new pg.Client({ connectionString: hub.database.url })
    await planner.connect()
    await planner.query('SET enable_seqscan = off')
    const whole: string[] = []
    for (const { sql, parameters } of searched) {
      const { rows: plans } = await planner.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
        `EXPLAIN (FORMAT JSON) ${sql}`,
        [...parameters],
      )
      for (const plan of nodesOf(plans[0]!['QUERY PLAN'][0].Plan)) {
        if (plan['Node Type'] === 'Seq Scan')
          whole.push(`${plan['Relation Name']}, ${plan.Filter}: ${sql}`)
      }
    }
    await planner.end()
    expect(whole).toEqual([])
  })
})

function nodesOf(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]
}
