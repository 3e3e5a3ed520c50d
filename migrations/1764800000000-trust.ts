import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * Logins of modern clients, sessions a person can see, proof of the node key, the key directory.
 *
 * What is looked up by a random secret lies under that secret's hash. What could tell a thief of
 * the database where somebody is, or which of a person's keys followed which, is sealed.
 */
export class Trust1764800000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE sessions
        ADD COLUMN authenticated_at timestamptz,
        ADD COLUMN place            bytea,
        ADD COLUMN dpop_jkt         text,
        ADD COLUMN origin           bytea CONSTRAINT sessions_origin_key UNIQUE;
      COMMENT ON COLUMN sessions.authenticated_at IS
        'when a person logged in or a node key signed; null where neither did: a device login';
      COMMENT ON COLUMN sessions.place IS 'the network it began in, /24 or /48, sealed';
      COMMENT ON COLUMN sessions.dpop_jkt IS 'the key that must sign with every token (RFC 9449)';
      COMMENT ON COLUMN sessions.origin IS
        'hash of the code it was made from: the second use of a code finds and ends it';
      UPDATE sessions SET authenticated_at = created_at;

      ALTER TABLE nodes ADD COLUMN is_vouched boolean NOT NULL DEFAULT false;
      COMMENT ON COLUMN nodes.is_vouched IS
        'proven while its person had just logged in: only then its signature counts as a fresh login';

      CREATE TABLE authorization_codes (
        hash       bytea       CONSTRAINT authorization_codes_pkey PRIMARY KEY,
        account_id bigint      NOT NULL
                               CONSTRAINT authorization_codes_account_id_fkey
                               REFERENCES accounts ON DELETE CASCADE,
        payload    jsonb       NOT NULL,
        expires_at timestamptz NOT NULL
      );
      COMMENT ON TABLE authorization_codes IS
        'logins whose client has yet to come for its tokens; used once, by DELETE ... RETURNING';
      CREATE INDEX authorization_codes_account_id_idx ON authorization_codes (account_id);
      CREATE INDEX authorization_codes_expires_at_idx ON authorization_codes (expires_at);

      CREATE TABLE device_codes (
        hash             bytea       CONSTRAINT device_codes_pkey PRIMARY KEY,
        user_code_hmac   bytea       NOT NULL CONSTRAINT device_codes_user_code_hmac_key UNIQUE,
        payload          jsonb       NOT NULL,
        place            bytea,
        account_id       bigint      CONSTRAINT device_codes_account_id_fkey
                                     REFERENCES accounts ON DELETE CASCADE,
        provider         text,
        decision         text        CHECK (decision IN ('approved', 'denied')),
        interval_seconds smallint    NOT NULL,
        polled_at        timestamptz,
        created_at       timestamptz NOT NULL,
        expires_at       timestamptz NOT NULL
      );
      COMMENT ON COLUMN device_codes.user_code_hmac IS
        'keyed: a code short enough to type is short enough to guess from a plain hash';
      CREATE INDEX device_codes_account_id_idx ON device_codes (account_id);
      CREATE INDEX device_codes_expires_at_idx ON device_codes (expires_at);

      CREATE TABLE challenges (
        hash       bytea       CONSTRAINT challenges_pkey PRIMARY KEY,
        payload    jsonb       NOT NULL,
        expires_at timestamptz NOT NULL
      );
      COMMENT ON TABLE challenges IS 'what a node key is to sign; used once, by DELETE ... RETURNING';
      CREATE INDEX challenges_expires_at_idx ON challenges (expires_at);

      CREATE TABLE node_rotations (
        node           text        CONSTRAINT node_rotations_pkey PRIMARY KEY
                                   CONSTRAINT node_rotations_node_fkey
                                   REFERENCES nodes ON DELETE CASCADE,
        new_node_hmac  bytea       NOT NULL CONSTRAINT node_rotations_new_node_hmac_key UNIQUE,
        registration   bytea       NOT NULL,
        requested_at   timestamptz NOT NULL,
        effective_at   timestamptz NOT NULL
      );
      COMMENT ON TABLE node_rotations IS
        'new keys that wait their 72 hours, because the old key did not sign them; sealed';
      CREATE INDEX node_rotations_effective_at_idx ON node_rotations (effective_at);

      CREATE TABLE node_successors (
        id_16_hmac bytea       CONSTRAINT node_successors_pkey PRIMARY KEY,
        id_32_hmac bytea       NOT NULL CONSTRAINT node_successors_id_32_hmac_key UNIQUE,
        node       text        NOT NULL
                               CONSTRAINT node_successors_node_fkey REFERENCES nodes ON DELETE CASCADE,
        statement  bytea       NOT NULL,
        rotated_at timestamptz NOT NULL
      );
      COMMENT ON TABLE node_successors IS
        'which node took the place of which, for those who knew the old one; keyed hashes and sealed';
      CREATE INDEX node_successors_node_idx ON node_successors (node);

      CREATE TABLE prekeys (
        node       text        NOT NULL
                               CONSTRAINT prekeys_node_fkey REFERENCES nodes ON DELETE CASCADE,
        kind       text        NOT NULL CHECK (kind IN ('signed', 'one_time', 'last_resort')),
        key_id     bigint      NOT NULL CHECK (key_id BETWEEN 0 AND 4294967295),
        public_key bytea       NOT NULL,
        signature  bytea,
        created_at timestamptz NOT NULL,
        claimed_at timestamptz,
        CONSTRAINT prekeys_pkey PRIMARY KEY (node, kind, key_id)
      );
      COMMENT ON TABLE prekeys IS
        'X3DH bundles; a one-time key that was handed out stays as its id, never to come back';
      COMMENT ON COLUMN prekeys.claimed_at IS 'to the hour, and never by whom';
      CREATE INDEX prekeys_unclaimed_idx ON prekeys (node, key_id)
        WHERE kind = 'one_time' AND claimed_at IS NULL;
      CREATE INDEX prekeys_claimed_at_idx ON prekeys (claimed_at) WHERE claimed_at IS NOT NULL;

      CREATE TABLE audit_events (
        id         bigint      GENERATED ALWAYS AS IDENTITY CONSTRAINT audit_events_pkey PRIMARY KEY,
        account_id bigint      NOT NULL
                               CONSTRAINT audit_events_account_id_fkey
                               REFERENCES accounts ON DELETE CASCADE,
        kind       text        NOT NULL,
        at         timestamptz NOT NULL,
        detail     bytea       NOT NULL
      );
      COMMENT ON TABLE audit_events IS 'what happened to an account, for its owner to read; detail is sealed';
      COMMENT ON COLUMN audit_events.at IS 'to the minute, never finer';
      CREATE INDEX audit_events_account_id_idx ON audit_events (account_id, kind, id DESC);
      CREATE INDEX audit_events_at_idx ON audit_events (at);
    `)
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only; restore a backup instead'))
  }
}
