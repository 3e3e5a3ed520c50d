import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * Several instances of one hub, tickets for the socket, and who may see that a node is connected.
 *
 * What is true only while the hub runs lies in unlogged tables: nothing of it is in the write-ahead
 * log, in a replica or in a backup made from it, and it is gone after a crash of Postgres.
 */
export class Signaling1765400000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE UNLOGGED TABLE instances (
        id      text        CONSTRAINT instances_pkey PRIMARY KEY,
        beat_at timestamptz NOT NULL
      );
      COMMENT ON TABLE instances IS
        'the processes of this hub that run just now; beat_at by the clock of Postgres';

      CREATE UNLOGGED TABLE places (
        place    text COLLATE "C" NOT NULL,
        instance text COLLATE "C" NOT NULL,
        CONSTRAINT places_pkey PRIMARY KEY (place, instance)
      );
      COMMENT ON TABLE places IS
        'which instance a node or a call is to be found at, without Redis; place is a keyed hash of one id';
      CREATE INDEX places_instance_idx ON places (instance);

      CREATE TABLE socket_tickets (
        hash       bytea       CONSTRAINT socket_tickets_pkey PRIMARY KEY,
        account_id bigint      NOT NULL
                               CONSTRAINT socket_tickets_account_id_fkey
                               REFERENCES accounts ON DELETE CASCADE,
        session_id uuid        NOT NULL
                               CONSTRAINT socket_tickets_session_id_fkey
                               REFERENCES sessions ON DELETE CASCADE,
        expires_at timestamptz NOT NULL
      );
      COMMENT ON TABLE socket_tickets IS
        'upgrades about to be made without a token in their address; used once, by DELETE ... RETURNING';
      CREATE INDEX socket_tickets_account_id_idx ON socket_tickets (account_id);
      CREATE INDEX socket_tickets_session_id_idx ON socket_tickets (session_id);
      CREATE INDEX socket_tickets_expires_at_idx ON socket_tickets (expires_at);

      ALTER TABLE profiles
        ADD COLUMN presence text NOT NULL DEFAULT 'everyone'
        CHECK (presence IN ('everyone', 'nobody'));
      COMMENT ON COLUMN profiles.presence IS 'who may see whether the account''s nodes are connected';
    `)
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only; restore a backup instead'))
  }
}
