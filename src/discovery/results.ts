import { Injectable } from '@nestjs/common'

import type { Queries } from '../database/database.js'
import { NodeNames, type ShownNode } from '../profiles/node-names.js'
import {
  type NamedNode,
  namedNodeOf,
  type NamedNodeRow,
  type Profile,
  ProfileStore,
} from '../profiles/profile.store.js'
import { expertiseOf, namedAs, type Skill } from '../profiles/profiles.schema.js'
import type { SearchResult } from './discovery.schema.js'
import { points } from './points.js'
import type { Match } from './search-request.js'
import type { LeveledTerm } from './search-statement.js'

interface Shown {
  readonly profile: Profile
  readonly node: ShownNode
}

/** Makes answers of matches: who they are, by which node they are named, why they are there. */
@Injectable()
export class Results {
  constructor(
    private readonly profiles: ProfileStore,
    private readonly names: NodeNames,
  ) {}

  /** What classic clients are told, in the order of the accounts. */
  async classic(queries: Queries, accountIds: readonly number[]): Promise<SearchResult[]> {
    const shown = await this.show(queries, accountIds)
    return accountIds.flatMap((id) => {
      const one = shown.get(id)
      return one ? [baseOf(one)] : []
    })
  }

  /** @param explained the terms that were searched for, if it is to be said why; else null */
  async ranked(
    queries: Queries,
    matches: readonly Match[],
    explained: readonly LeveledTerm[] | null,
  ): Promise<SearchResult[]> {
    const shown = await this.show(
      queries,
      matches.map(({ accountId }) => accountId),
    )
    return matches.flatMap((match) => {
      const one = shown.get(match.accountId)
      if (!one) return []
      return {
        ...baseOf(one),
        languages: [...one.profile.languages],
        online: one.node.isOnline,
        score: scoreOf(match) / points.whole,
        ...(explained ? { why: whyOf(match, one.profile, explained) } : {}),
      }
    })
  }

  /** Those that are still there: somebody may have gone since they were found. */
  private async show(queries: Queries, accountIds: readonly number[]): Promise<Map<number, Shown>> {
    if (accountIds.length === 0) return new Map()
    const [profiles, nodes] = await Promise.all([
      this.profiles.findAll(accountIds, queries),
      lastNodes(queries, accountIds),
    ])
    const found = profiles.flatMap((profile) => {
      const lastNode = nodes.get(profile.accountId)
      return lastNode && profile.visibility !== 'hidden' ? [{ profile, lastNode }] : []
    })
    const names = await this.names.name(found)
    return new Map(
      found.flatMap(({ profile }) => {
        const node = names.get(profile.accountId)
        return node ? [[profile.accountId, { profile, node }]] : []
      }),
    )
  }
}

/** Index: nodes_account_id_idx. */
async function lastNodes(
  queries: Queries,
  accountIds: readonly number[],
): Promise<Map<number, NamedNode>> {
  const rows = await queries.rows<NamedNodeRow & { readonly account_id: number }>(
    `SELECT asked.account_id, last.*
       FROM unnest($1::bigint[]) AS asked (account_id)
      CROSS JOIN LATERAL (SELECT n.node_id, n.spki_sha256, n.proven_at IS NOT NULL AS is_proven
                            FROM nodes n
                           WHERE n.account_id = asked.account_id
                           ORDER BY n.registered_at DESC LIMIT 1) last`,
    [accountIds],
  )
  return new Map(rows.map((row) => [row.account_id, namedNodeOf(row)]))
}

function baseOf({ profile, node }: Shown): SearchResult {
  const { name, description, skills } = profile
  return { ...namedAs(node), name, description, expertise: expertiseOf(skills) }
}

/** The points of its parts; the rank is another where results are sorted otherwise. */
function scoreOf({ parts, isProven, freshness }: Match): number {
  const sum = parts.reduce((total, part) => total + part, 0)
  return Math.round(sum / parts.length) + (isProven ? points.proven : 0) + freshness
}

function whyOf(match: Match, { skills }: Profile, terms: readonly LeveledTerm[]) {
  return {
    terms: terms.map(({ text, variants }, index) => {
      const weights = new Map(variants.map(({ skill, weight }) => [skill, weight]))
      const [best] = skills
        .filter(({ skill }) => weights.has(skill))
        .sort((one, other) => valueOf(other, weights) - valueOf(one, weights))
      const matched = best ? { skill: best.spelling, level: best.level } : {}
      return { term: text, points: match.parts[index] ?? 0, ...matched }
    }),
    proven: match.isProven ? points.proven : 0,
    fresh: match.freshness,
  }
}

/** As the statement counts it. */
function valueOf({ skill, level }: Skill, weights: ReadonlyMap<string, number>): number {
  return (points.skill + points.level * level) * (weights.get(skill) ?? 0)
}
