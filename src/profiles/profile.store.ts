import { Injectable } from '@nestjs/common'

import { Database, type Queries } from '../database/database.js'
import type { NodeId } from '../identity/node-id.js'
import type {
  JsonObject,
  PresenceSetting,
  PutProfile,
  Skill,
  VisibilitySetting,
} from './profiles.schema.js'
import { levelsOf, searchDocumentOf } from './search-document.js'
import { SkillDictionary } from './skill-dictionary.js'

/** What an account says of itself. */
export interface Profile {
  readonly accountId: number
  readonly name: string
  readonly description: string | null
  /** In the order they were typed. */
  readonly skills: readonly Skill[]
  readonly compute: JsonObject
  readonly p2pUriHint: string | null
  /** BCP 47 tags, the best first. */
  readonly languages: readonly string[]
  readonly availability: string | null
  /** https addresses. */
  readonly links: readonly string[]
  readonly visibility: VisibilitySetting
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
  readonly languages: readonly string[]
  readonly availability: string | null
  readonly links: readonly string[]
  readonly visibility: VisibilitySetting
  readonly presence: PresenceSetting
  readonly updated_at: Date
}

interface ProfileWithSkillsRow extends ProfileRow {
  readonly skills: readonly (readonly [skill: string, spelling: string, level: number])[]
}

const COLUMNS = [
  ...['account_id', 'name', 'description', 'compute', 'p2p_uri_hint', 'languages', 'availability'],
  ...['links', 'visibility', 'presence', 'updated_at'],
]
const OF_P = COLUMNS.map((column) => `p.${column}`).join(', ')

/** Index for the skills: profile_skills_pkey. */
const PROFILES = `
  SELECT ${OF_P},
         (SELECT coalesce(
                   json_agg(json_build_array(s.skill, s.spelling, s.level) ORDER BY s.position), '[]')
            FROM profile_skills s
           WHERE s.account_id = p.account_id) AS skills
    FROM profiles p`

/** Profiles, one for each account, with their skills. */
@Injectable()
export class ProfileStore {
  constructor(
    private readonly database: Database,
    private readonly dictionary: SkillDictionary,
  ) {}

  /**
   * Writes the account's whole profile, but for what `profile` leaves as it is. Of two at once one wins whole:
   * the second waits for the first at the account's row, so their skills never mix.
   *
   * @throws QueryFailedError  of profiles_account_id_fkey: the account is gone
   */
  save(accountId: number, profile: PutProfile, now: Date): Promise<Profile> {
    return this.database.transaction(async (queries) => {
      // Index: accounts_pkey. The triggers of the table lock it, too.
      await queries.rows('SELECT FROM accounts WHERE id = $1 FOR NO KEY UPDATE', [accountId])
      // Index: profiles_pkey.
      const [former] = await queries.rows<ProfileRow>(
        `SELECT ${OF_P} FROM profiles p WHERE p.account_id = $1`,
        [accountId],
      )
      const whole = merge(profile, former)
      const saved = await this.saveProfile(queries, accountId, whole, now)
      await this.saveSkills(queries, accountId, whole.skills)
      if (saved.is_listed) await this.dictionary.know(queries, whole.skills)
      return { ...profileOf(saved), skills: whole.skills }
    })
  }

  /** Index: profiles_pkey. */
  async find(accountId: number): Promise<Profile | null> {
    const [profile] = await this.findAll([accountId])
    return profile ?? null
  }

  /** Those of the accounts that have a profile, in no order. Index: profiles_pkey. */
  async findAll(
    accountIds: readonly number[],
    queries: Queries = this.database,
  ): Promise<Profile[]> {
    const rows = await queries.rows<ProfileWithSkillsRow>(
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

  /** Index: profiles_pkey. */
  private async saveProfile(
    queries: Queries,
    accountId: number,
    profile: WholeProfile,
    now: Date,
  ): Promise<ProfileRow & { readonly is_listed: boolean }> {
    const [saved] = await queries.rows<ProfileRow & { readonly is_listed: boolean }>(
      `INSERT INTO profiles AS p (${COLUMNS.join(', ')}, levels, search, searchable_at)
       VALUES ($1, $2, $3, $4::jsonb, $5, $6::text[], $7, $8::text[], $9, $10, $11, $12::jsonb, $13::tsvector, $11)
       ON CONFLICT ON CONSTRAINT profiles_pkey DO UPDATE
          SET (${COLUMNS.join(', ')}, levels, search, searchable_at)
            = (${COLUMNS.map((column) => `excluded.${column}`).join(', ')}, excluded.levels, excluded.search,
               excluded.searchable_at)
       RETURNING ${OF_P}, p.is_listed`,
      [
        accountId,
        profile.name,
        profile.description,
        JSON.stringify(profile.compute),
        profile.p2pUriHint,
        profile.languages,
        profile.availability,
        profile.links,
        profile.visibility,
        profile.presence,
        now,
        levelsOf(profile.skills),
        searchDocumentOf(profile),
      ],
    )
    if (!saved) throw new Error('an upsert has answered no row')
    return saved
  }

  /** Index: profile_skills_pkey, for the deletion too. */
  private async saveSkills(queries: Queries, accountId: number, skills: readonly Skill[]) {
    await queries.rows(
      `WITH dropped AS (
         DELETE FROM profile_skills WHERE account_id = $1 AND skill <> ALL ($2::text[])
       )
       INSERT INTO profile_skills AS s (account_id, skill, spelling, level, position,
                                        is_listed, is_proven, updated_at)
       SELECT p.account_id, typed.skill, typed.spelling, typed.level, typed.position,
              p.is_listed, p.is_proven, p.updated_at
         FROM profiles p
        CROSS JOIN unnest($2::text[], $3::text[], $4::smallint[])
                   WITH ORDINALITY AS typed (skill, spelling, level, position)
        WHERE p.account_id = $1
       ON CONFLICT ON CONSTRAINT profile_skills_pkey DO UPDATE
          SET spelling = excluded.spelling, level = excluded.level, position = excluded.position,
              is_listed = excluded.is_listed, is_proven = excluded.is_proven,
              updated_at = excluded.updated_at`,
      [
        accountId,
        skills.map(({ skill }) => skill),
        skills.map(({ spelling }) => spelling),
        skills.map(({ level }) => level),
      ],
    )
  }
}

/** A profile to be written, with nothing left out. */
type WholeProfile = Omit<Profile, 'accountId' | 'updatedAt'>

/** What a classic client does not know of stays as its owner has set it with another. */
function merge(profile: PutProfile, former: ProfileRow | undefined): WholeProfile {
  const { languages, availability, links, visibility, presence } = profile
  return {
    ...profile,
    languages: languages ?? former?.languages ?? [],
    availability: availability === undefined ? (former?.availability ?? null) : availability,
    links: links ?? former?.links ?? [],
    visibility: visibility ?? former?.visibility ?? 'hub',
    presence: presence ?? former?.presence ?? 'everyone',
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
    languages: row.languages,
    availability: row.availability,
    links: row.links,
    visibility: row.visibility,
    presence: row.presence,
    updatedAt: row.updated_at,
  }
}
