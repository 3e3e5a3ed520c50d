import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * Everything the hub writes down. Never: frames, pairs of nodes, presence history.
 *
 * Ids of accounts are random 53-bit integers: they fit a JavaScript number and a JSON client,
 * and say nothing about how many accounts there are.
 */
export class CreateHub1764000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE EXTENSION IF NOT EXISTS pg_trgm;

      CREATE TABLE hub_keys (
        id         smallint    CONSTRAINT hub_keys_pkey PRIMARY KEY,
        wrapped    bytea       NOT NULL,
        created_at timestamptz NOT NULL
      );
      COMMENT ON TABLE hub_keys IS 'the data key, sealed by SECRET_KEY; one row';

      CREATE TABLE accounts (
        id           bigint      CONSTRAINT accounts_pkey PRIMARY KEY
                                 CHECK (id BETWEEN 1 AND 9007199254740991),
        email_cipher bytea,
        email_hmac   bytea,
        created_at   timestamptz NOT NULL
      );

      CREATE TABLE identities (
        provider       text        NOT NULL,
        subject        text        NOT NULL,
        account_id     bigint      NOT NULL
                                   CONSTRAINT identities_account_id_fkey
                                   REFERENCES accounts ON DELETE CASCADE,
        email_hmac     bytea,
        email_verified boolean     NOT NULL,
        linkable       boolean     NOT NULL,
        last_login_at  timestamptz NOT NULL,
        CONSTRAINT identities_pkey PRIMARY KEY (provider, subject),
        CONSTRAINT identities_account_id_provider_key UNIQUE (account_id, provider)
      );
      COMMENT ON COLUMN identities.linkable IS
        'the provider is an authority for this verified address: another provider may join by it';
      CREATE INDEX identities_email_hmac_idx ON identities (email_hmac) WHERE linkable;

      CREATE TABLE nodes (
        spki_sha256   text        CONSTRAINT nodes_pkey PRIMARY KEY CHECK (spki_sha256 ~ '^[0-9a-f]{64}$'),
        account_id    bigint      NOT NULL
                                  CONSTRAINT nodes_account_id_fkey REFERENCES accounts ON DELETE CASCADE,
        node_id       text        NOT NULL,
        node_id_16    text        NOT NULL CONSTRAINT nodes_node_id_16_key UNIQUE,
        node_id_32    text        NOT NULL CONSTRAINT nodes_node_id_32_key UNIQUE,
        public_key    text        NOT NULL,
        certificate   text        NOT NULL,
        proven_at     timestamptz,
        label         text,
        registered_at timestamptz NOT NULL,
        last_seen_on  timestamptz,
        CONSTRAINT nodes_node_id_check CHECK (node_id IN (node_id_16, node_id_32))
      );
      COMMENT ON COLUMN nodes.last_seen_on IS 'to the hour, never finer';
      CREATE INDEX nodes_account_id_idx ON nodes (account_id, registered_at DESC);

      CREATE TABLE node_tombstones (
        node_hmac     bytea       NOT NULL,
        identity_hmac bytea       NOT NULL,
        until         timestamptz NOT NULL,
        CONSTRAINT node_tombstones_pkey PRIMARY KEY (node_hmac, identity_hmac)
      );
      COMMENT ON TABLE node_tombstones IS
        'released nodes, kept for their former owners for 30 days; keyed hashes only';
      CREATE INDEX node_tombstones_until_idx ON node_tombstones (until);

      CREATE TABLE profiles (
        account_id   bigint      CONSTRAINT profiles_pkey PRIMARY KEY
                                 CONSTRAINT profiles_account_id_fkey REFERENCES accounts ON DELETE CASCADE,
        name         text        NOT NULL,
        description  text,
        compute      jsonb       NOT NULL,
        p2p_uri_hint text,
        updated_at   timestamptz NOT NULL
      );

      CREATE TABLE profile_skills (
        account_id bigint   NOT NULL
                            CONSTRAINT profile_skills_account_id_fkey REFERENCES profiles ON DELETE CASCADE,
        skill      text     COLLATE "C" NOT NULL,
        spelling   text     NOT NULL,
        level      smallint NOT NULL CHECK (level BETWEEN 1 AND 5),
        position   smallint NOT NULL,
        CONSTRAINT profile_skills_pkey PRIMARY KEY (account_id, skill)
      );
      COMMENT ON COLUMN profile_skills.skill IS
        'normalised: what searches compare; by bytes, so that a prefix is a range of the index';
      COMMENT ON COLUMN profile_skills.spelling IS 'as the person typed it: what people see';
      CREATE INDEX profile_skills_skill_level_idx ON profile_skills (skill, level DESC, account_id);
      CREATE INDEX profile_skills_skill_trgm_idx ON profile_skills USING gin (skill gin_trgm_ops);

      CREATE TABLE sessions (
        id                uuid        CONSTRAINT sessions_pkey PRIMARY KEY,
        account_id        bigint      NOT NULL
                                      CONSTRAINT sessions_account_id_fkey REFERENCES accounts ON DELETE CASCADE,
        provider          text        NOT NULL,
        client            text        NOT NULL,
        node              text        CONSTRAINT sessions_node_fkey REFERENCES nodes ON DELETE SET NULL,
        generation        integer     NOT NULL DEFAULT 0,
        successor_used_at timestamptz,
        created_at        timestamptz NOT NULL,
        last_used_at      timestamptz NOT NULL,
        expires_at        timestamptz NOT NULL,
        revoked_at        timestamptz
      );
      COMMENT ON TABLE sessions IS 'logins; no token is stored, refresh tokens are derived (CONTRACT 4.2)';
      COMMENT ON COLUMN sessions.last_used_at IS 'to the hour, never finer';
      CREATE INDEX sessions_account_id_idx ON sessions (account_id);
      CREATE INDEX sessions_node_idx ON sessions (node);
      CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);

      CREATE TABLE login_states (
        hash       bytea       CONSTRAINT login_states_pkey PRIMARY KEY,
        payload    jsonb       NOT NULL,
        expires_at timestamptz NOT NULL
      );
      COMMENT ON TABLE login_states IS 'logins under way; used once, by DELETE ... RETURNING';
      CREATE INDEX login_states_expires_at_idx ON login_states (expires_at);
    `)
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only; restore a backup instead'))
  }
}
