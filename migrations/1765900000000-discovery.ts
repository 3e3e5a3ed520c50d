import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * Searching a million profiles: what a search reads lies in few places, each with an index in the order
 * in which it is read.
 *
 * Two facts decide whether and where an account is found: its profile is visible and it has a node
 * (`is_listed`), and one of its nodes is proven (`is_proven`). They are kept beside what is searched, by
 * triggers, so that whoever writes a node or a profile cannot forget them. Both sides first lock the row
 * of the account: of a node and a profile that come at once, the second sees the first.
 */
export class Discovery1765900000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      -- An older hub may still run: whoever writes waits until the triggers are there.
      LOCK TABLE accounts, nodes, profiles, profile_skills IN SHARE ROW EXCLUSIVE MODE;
      DROP INDEX profile_skills_skill_level_idx, profile_skills_skill_trgm_idx;

      ALTER TABLE profiles
        ADD COLUMN languages    text[]  NOT NULL DEFAULT '{}',
        ADD COLUMN availability text,
        ADD COLUMN links        text[]  NOT NULL DEFAULT '{}',
        ADD COLUMN visibility   text    NOT NULL DEFAULT 'hub' CHECK (visibility IN ('hidden', 'hub')),
        ADD COLUMN is_listed    boolean NOT NULL DEFAULT false,
        ADD COLUMN is_proven    boolean NOT NULL DEFAULT false,
        ADD COLUMN levels       jsonb   NOT NULL DEFAULT '{}',
        ADD COLUMN search       tsvector,
        ADD COLUMN searchable_at timestamptz;
      COMMENT ON COLUMN profiles.is_listed IS 'visible, and the account has a node; by trigger';
      COMMENT ON COLUMN profiles.is_proven IS 'one of the account''s nodes is proven; by trigger';
      COMMENT ON COLUMN profiles.levels IS 'the normalised skills and their levels, for scores';
      COMMENT ON COLUMN profiles.search IS
        'all that can be searched for (src/profiles/search-document.ts)';
      COMMENT ON COLUMN profiles.searchable_at IS
        'the updated_at of what search was made of; another one: an older hub has written the profile';

      ALTER TABLE profile_skills
        ADD COLUMN is_listed  boolean     NOT NULL DEFAULT false,
        ADD COLUMN is_proven  boolean     NOT NULL DEFAULT false,
        ADD COLUMN updated_at timestamptz NOT NULL DEFAULT '-infinity';
      COMMENT ON COLUMN profile_skills.updated_at IS 'these three as in profiles';

      UPDATE profiles p
         SET is_listed = EXISTS (SELECT FROM nodes n WHERE n.account_id = p.account_id),
             is_proven = EXISTS (SELECT FROM nodes n
                                  WHERE n.account_id = p.account_id AND n.proven_at IS NOT NULL),
             -- Others are no longer taken, and must not keep a client from publishing what it has read.
             p2p_uri_hint = CASE WHEN p.p2p_uri_hint ~* '^(dpc://.|$)' THEN p.p2p_uri_hint END;
      UPDATE profile_skills s
         SET is_listed = p.is_listed, is_proven = p.is_proven, updated_at = p.updated_at
        FROM profiles p WHERE p.account_id = s.account_id;

      CREATE INDEX profile_skills_skill_level_idx
        ON profile_skills (skill, level DESC, account_id) WHERE is_listed;
      CREATE INDEX profile_skills_best_idx
        ON profile_skills (skill, level DESC, is_proven DESC, updated_at DESC, account_id)
        WHERE is_listed;
      CREATE INDEX profile_skills_recent_idx
        ON profile_skills (skill, updated_at DESC, account_id) WHERE is_listed;
      CREATE INDEX profiles_recent_idx ON profiles (updated_at DESC, account_id) WHERE is_listed;
      CREATE INDEX profiles_unsearchable_idx ON profiles (account_id)
        WHERE searchable_at IS DISTINCT FROM updated_at;
      CREATE INDEX profiles_search_idx ON profiles USING gin (search)
        WITH (fastupdate = off) WHERE is_listed;

      CREATE TABLE skills (
        skill    text    COLLATE "C" CONSTRAINT skills_pkey PRIMARY KEY,
        fold     text    COLLATE "C" NOT NULL,
        forms    text[]  NOT NULL,
        spelling text    NOT NULL,
        people   integer NOT NULL DEFAULT 0
      );
      COMMENT ON TABLE skills IS 'every skill of a listed profile, once: what typed words are compared with';
      COMMENT ON COLUMN skills.fold IS 'without accents, separators and plural: what is the same to people';
      COMMENT ON COLUMN skills.forms IS 'the fold, and the fold without one of its letters: finds typos';
      COMMENT ON COLUMN skills.spelling IS 'as most people type it';
      COMMENT ON COLUMN skills.people IS 'listed profiles that have it, some seconds behind';
      CREATE INDEX skills_fold_idx ON skills (fold);
      CREATE INDEX skills_unused_idx ON skills (skill) WHERE people <= 0;
      CREATE INDEX skills_known_idx ON skills (fold) INCLUDE (spelling, people) WHERE people >= 5;
      CREATE INDEX skills_forms_idx ON skills USING gin (forms) WITH (fastupdate = off);
      CREATE INDEX skills_fold_trgm_idx ON skills USING gin (fold gin_trgm_ops) WITH (fastupdate = off);
      CREATE INDEX skills_skill_trgm_idx ON skills USING gin (skill gin_trgm_ops) WITH (fastupdate = off);

      CREATE TABLE skill_changes (
        skill  text    COLLATE "C" NOT NULL,
        change integer NOT NULL
      );
      COMMENT ON TABLE skill_changes IS
        'how many people more or fewer have a skill, yet to be added to skills.people: nobody waits for that row';
      INSERT INTO skill_changes SELECT skill, count(*) FROM profile_skills WHERE is_listed GROUP BY skill;

      CREATE FUNCTION note_added_skills() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO skill_changes SELECT skill, count(*) FROM added WHERE is_listed GROUP BY skill;
        RETURN NULL;
      END $$;
      CREATE FUNCTION note_removed_skills() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO skill_changes SELECT skill, -count(*) FROM removed WHERE is_listed GROUP BY skill;
        RETURN NULL;
      END $$;
      CREATE FUNCTION note_changed_skills() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO skill_changes
        SELECT skill, sum(change)
          FROM (SELECT skill, 1 AS change FROM added WHERE is_listed
                UNION ALL
                SELECT skill, -1 FROM removed WHERE is_listed) changes
         GROUP BY skill HAVING sum(change) <> 0;
        RETURN NULL;
      END $$;
      CREATE TRIGGER note_added_skills AFTER INSERT ON profile_skills
        REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION note_added_skills();
      CREATE TRIGGER note_removed_skills AFTER DELETE ON profile_skills
        REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION note_removed_skills();
      CREATE TRIGGER note_changed_skills AFTER UPDATE ON profile_skills
        REFERENCING OLD TABLE AS removed NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION note_changed_skills();

      CREATE FUNCTION list_profile() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM FROM accounts WHERE id = NEW.account_id FOR NO KEY UPDATE;
        SELECT NEW.visibility = 'hub' AND count(*) > 0, count(proven_at) > 0
          INTO NEW.is_listed, NEW.is_proven
          FROM nodes WHERE account_id = NEW.account_id;
        RETURN NEW;
      END $$;
      CREATE TRIGGER list_profile BEFORE INSERT OR UPDATE OF visibility ON profiles
        FOR EACH ROW EXECUTE FUNCTION list_profile();

      CREATE FUNCTION list_account(account bigint) RETURNS void LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM FROM accounts WHERE id = account FOR NO KEY UPDATE;
        UPDATE profiles p
           SET is_listed = p.visibility = 'hub' AND has.node, is_proven = has.proof
          FROM (SELECT count(*) > 0 AS node, count(proven_at) > 0 AS proof
                  FROM nodes WHERE account_id = account) has
         WHERE p.account_id = account
           AND (p.is_listed, p.is_proven) IS DISTINCT FROM (p.visibility = 'hub' AND has.node, has.proof);
      END $$;
      CREATE FUNCTION list_accounts_of_node() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'UPDATE' AND NEW.account_id <> OLD.account_id THEN
          -- The lower id first: two that swap nodes wait for one another, and not both.
          PERFORM list_account(least(OLD.account_id, NEW.account_id));
          PERFORM list_account(greatest(OLD.account_id, NEW.account_id));
        ELSE
          PERFORM list_account(coalesce(NEW.account_id, OLD.account_id));
        END IF;
        RETURN NULL;
      END $$;
      CREATE TRIGGER list_accounts_of_new_node AFTER INSERT OR DELETE ON nodes
        FOR EACH ROW EXECUTE FUNCTION list_accounts_of_node();
      CREATE TRIGGER list_accounts_of_changed_node AFTER UPDATE ON nodes
        FOR EACH ROW
        WHEN (OLD.account_id <> NEW.account_id OR (OLD.proven_at IS NULL) <> (NEW.proven_at IS NULL))
        EXECUTE FUNCTION list_accounts_of_node();

      CREATE FUNCTION list_skills() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE profile_skills SET is_listed = NEW.is_listed, is_proven = NEW.is_proven
         WHERE account_id = NEW.account_id;
        RETURN NULL;
      END $$;
      CREATE TRIGGER list_skills AFTER UPDATE ON profiles
        FOR EACH ROW
        WHEN (OLD.is_listed <> NEW.is_listed OR OLD.is_proven <> NEW.is_proven)
        EXECUTE FUNCTION list_skills();
    `)
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only; restore a backup instead'))
  }
}
