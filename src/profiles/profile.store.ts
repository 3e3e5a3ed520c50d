import { Injectable } from '@nestjs/common'

import { Database } from '../database/database.js'
import type { NodeId } from '../identity/node-id.js'
import type { JsonObject, PresenceSetting, PutProfile, Skill } from './profiles.schema.js'

/** What an account says of itself. */
export interface Profile {
  readonly accountId: number
  readonly name: string
  readonly description: string | null
  /** In the order they were typed. */
  readonly skills: readonly Skill[]
  readonly compute: JsonObject
  readonly p2pUriHint: string | null
  readonly presence: PresenceSetting
  readonly updatedAt: Date
}

/** The node that an account is named by to others, and how sure they can be of it. */
export interface NamedNode {
  readonly nodeId: string
  readonly spkiSha256: string
  readonly isProven: boolean
}

export interface NamedNodeRow {
  readonly node_id: string
  readonly spki_sha256: string
  readonly is_proven: boolean
}

interface ProfileRow {
  readonly account_id: number
  readonly name: string
  readonly description: string | null
  readonly compute: JsonObject
  readonly p2p_uri_hint: string | null
  readonly presence: PresenceSetting
  readonly updated_at: Date
}

interface ProfileWithSkillsRow extends ProfileRow {
  readonly skills: readonly (readonly [skill: string, spelling: string, level: number])[]
}

/** Index for the skills: profile_skills_pkey. */
const PROFILES = `
  SELECT p.account_id, p.name, p.description, p.compute, p.p2p_uri_hint, p.presence, p.updated_at,
         (SELECT coalesce(
                   json_agg(json_build_array(s.skill, s.spelling, s.level) ORDER BY s.position), '[]')
            FROM profile_skills s
           WHERE s.account_id = p.account_id) AS skills
    FROM profiles p`

/** Profiles, one for each account, with their skills. */
@Injectable()
export class ProfileStore {
  constructor(private readonly database: Database) {}

  /**
   * Writes the account's whole profile. Of two at once one wins whole: the second waits for the
   * row of the first, so their skills never mix.
   *
   * @throws QueryFailedError  of profiles_account_id_fkey: the account is gone
   */
  save(accountId: number, profile: PutProfile, now: Date): Promise<Profile> {
    const { skills } = profile
    return this.database.transaction(async (queries) => {
      // Index: profiles_pkey.
      const rows = await queries.rows<ProfileRow>(
        `INSERT INTO profiles AS p (account_id, name, description, compute, p2p_uri_hint, updated_at,
                                    presence)
         VALUES ($1, $2, $3, $4::jsonb, $5, $6, coalesce($7::text, 'everyone'))
         ON CONFLICT ON CONSTRAINT profiles_pkey DO UPDATE
            SET name = excluded.name, description = excluded.description, compute = excluded.compute,
                p2p_uri_hint = excluded.p2p_uri_hint, updated_at = excluded.updated_at,
                presence = coalesce($7::text, p.presence)
         RETURNING account_id, name, description, compute, p2p_uri_hint, presence, updated_at`,
        [
          accountId,
          profile.name,
          profile.description,
          JSON.stringify(profile.compute),
          profile.p2pUriHint,
          now,
          profile.presence,
        ],
      )
      // Index: profile_skills_pkey, for the deletion too.
      await queries.rows(
        `WITH dropped AS (
           DELETE FROM profile_skills WHERE account_id = $1 AND skill <> ALL ($2::text[])
         )
         INSERT INTO profile_skills AS s (account_id, skill, spelling, level, position)
         SELECT $1, typed.skill, typed.spelling, typed.level, typed.position
           FROM unnest($2::text[], $3::text[], $4::smallint[])
                WITH ORDINALITY AS typed (skill, spelling, level, position)
         ON CONFLICT ON CONSTRAINT profile_skills_pkey DO UPDATE
            SET spelling = excluded.spelling, level = excluded.level, position = excluded.position`,
        [
          accountId,
          skills.map(({ skill }) => skill),
          skills.map(({ spelling }) => spelling),
          skills.map(({ level }) => level),
        ],
      )
      const [row] = rows
      if (!row) throw new Error('an upsert has answered no row')
      return { ...profileOf(row), skills }
    })
  }

  /** Index: profiles_pkey. */
  async find(accountId: number): Promise<Profile | null> {
    const [profile] = await this.findAll([accountId])
    return profile ?? null
  }

  /** Those of the accounts that have a profile, in no order. Index: profiles_pkey. */
  async findAll(accountIds: readonly number[]): Promise<Profile[]> {
    const rows = await this.database.rows<ProfileWithSkillsRow>(
      `${PROFILES} WHERE p.account_id = ANY ($1::bigint[])`,
      [accountIds],
    )
    return rows.map(profileWithSkillsOf)
  }

  /**
   * The profile of the account that holds the node, by either form of its id.
   * Index: nodes_node_id_16_key or nodes_node_id_32_key, then profiles_pkey.
   */
  async findByNode(nodeId: NodeId): Promise<Profile | null> {
    const [row] = await this.database.rows<ProfileWithSkillsRow>(
      `${PROFILES}
        WHERE p.account_id = (
          SELECT n.account_id FROM nodes n WHERE n.node_id_16 = $1 OR n.node_id_32 = $1
        )`,
      [nodeId],
    )
    return row ? profileWithSkillsOf(row) : null
  }

  /** The node the account registered last. Index: nodes_account_id_idx. */
  async lastNodeOf(accountId: number): Promise<NamedNode | null> {
    const [row] = await this.database.rows<NamedNodeRow>(
      `SELECT node_id, spki_sha256, proven_at IS NOT NULL AS is_proven
         FROM nodes WHERE account_id = $1 ORDER BY registered_at DESC LIMIT 1`,
      [accountId],
    )
    return row ? namedNodeOf(row) : null
  }
}

export function namedNodeOf(row: NamedNodeRow): NamedNode {
  return { nodeId: row.node_id, spkiSha256: row.spki_sha256, isProven: row.is_proven }
}

function profileWithSkillsOf(row: ProfileWithSkillsRow): Profile {
  const skills = row.skills.map(([skill, spelling, level]) => ({ skill, spelling, level }))
  return { ...profileOf(row), skills }
}

function profileOf(row: ProfileRow): Omit<Profile, 'skills'> {
  return {
    accountId: row.account_id,
    name: row.name,
    description: row.description,
    compute: row.compute,
    p2pUriHint: row.p2p_uri_hint,
    presence: row.presence,
    updatedAt: row.updated_at,
  }
}
