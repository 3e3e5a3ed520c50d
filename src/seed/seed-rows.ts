import type { HubConfig } from '../config/hub-config.js'
import type { DataKey } from '../database/data-key.js'
import type { NodeId } from '../identity/node-id.js'
import { levelsOf, searchDocumentOf } from '../profiles/search-document.js'
import { bytesOf, type Cell, type Lines, linesOf } from './copy.js'
import type { SeedProfile } from './person.js'

const PROVIDER = 'github'
const HOUR_MS = 3_600_000

export interface SeedNode {
  readonly spkiSha256: string
  readonly shortId: NodeId
  readonly longId: NodeId
  readonly publicKeyPem: string
  readonly certificatePem: string
}

export interface SeedAccount {
  readonly id: number
  readonly sessionId: string
  readonly email: string
  readonly createdAt: Date
  readonly node: SeedNode | null
  readonly profile: SeedProfile | null
}

type Profiled = SeedAccount & { readonly profile: SeedProfile }

/** Seeded accounts as rows of all tables, in the order in which one refers to another. */
export class SeedRows {
  constructor(
    private readonly dataKey: DataKey,
    private readonly config: HubConfig,
  ) {}

  of(accounts: readonly SeedAccount[], now: Date): Lines[] {
    const profiled = accounts.filter((account): account is Profiled => account.profile !== null)
    return [
      ...this.accounts(accounts),
      nodes(accounts),
      this.sessions(accounts, now),
      profiles(profiled),
      skills(profiled),
    ]
  }

  private accounts(accounts: readonly SeedAccount[]): Lines[] {
    const macs = accounts.map(({ email }) => bytesOf(this.dataKey.mac('email', email)))
    const own = linesOf(
      'accounts',
      ['id', 'email_cipher', 'email_hmac', 'created_at'],
      accounts.map(({ id, email, createdAt }, at) => {
        return [id, bytesOf(this.dataKey.seal('email', email)), macs[at] ?? null, createdAt]
      }),
    )
    const identities = linesOf(
      'identities',
      [
        ...['provider', 'subject', 'account_id', 'email_hmac', 'email_verified', 'linkable'],
        'last_login_at',
      ],
      accounts.map(({ id, createdAt }, at) => {
        return [PROVIDER, `seed-${id}`, id, macs[at] ?? null, true, false, createdAt]
      }),
    )
    return [own, identities]
  }

  private sessions(accounts: readonly SeedAccount[], now: Date): Lines {
    const expiresAt = new Date(now.getTime() + this.config.tokens.refreshTokenSeconds * 1_000)
    const usedAt = new Date(now.getTime() - (now.getTime() % HOUR_MS))
    return linesOf(
      'sessions',
      [
        ...['id', 'account_id', 'provider', 'client', 'node'],
        ...['created_at', 'last_used_at', 'expires_at'],
      ],
      accounts.map(({ id, sessionId, node }) => {
        return [
          ...[sessionId, id, PROVIDER, 'classic', node?.spkiSha256 ?? null],
          ...[now, usedAt, expiresAt],
        ]
      }),
    )
  }
}

function nodes(accounts: readonly SeedAccount[]): Lines {
  return linesOf(
    'nodes',
    [
      ...['account_id', 'spki_sha256', 'node_id', 'node_id_16', 'node_id_32'],
      ...['public_key', 'certificate', 'registered_at'],
    ],
    accounts.flatMap(({ id, createdAt, node }): Cell[][] => {
      if (!node) return []
      const { spkiSha256, shortId, longId, publicKeyPem, certificatePem } = node
      return [[id, spkiSha256, longId, shortId, longId, publicKeyPem, certificatePem, createdAt]]
    }),
  )
}

function profiles(accounts: readonly Profiled[]): Lines {
  return linesOf(
    'profiles',
    [
      ...['account_id', 'name', 'description', 'compute', 'languages', 'updated_at'],
      ...['is_listed', 'levels', 'search'],
    ],
    accounts.map(({ id, createdAt, node, profile }) => {
      const { name, description, compute, languages, skills } = profile
      return [
        ...[id, name, description, JSON.stringify(compute), `{${languages.join(',')}}`],
        ...[createdAt, node !== null, levelsOf(skills), searchDocumentOf(profile)],
      ]
    }),
  )
}

function skills(accounts: readonly Profiled[]): Lines {
  return linesOf(
    'profile_skills',
    [...['account_id', 'skill', 'spelling', 'level', 'position'], ...['is_listed', 'updated_at']],
    accounts.flatMap(({ id, createdAt, node, profile }) =>
      profile.skills.map(({ skill, spelling, level }, at): Cell[] => {
        return [id, skill, spelling, level, at + 1, node !== null, createdAt]
      }),
    ),
  )
}
