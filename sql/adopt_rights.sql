-- What may whom take over, and as whom does code of the table run?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SET client_min_messages = warning;
CREATE ROLE regress_adopt_owner;
CREATE ROLE regress_adopt_deployer;
CREATE SCHEMA o AUTHORIZATION regress_adopt_owner;
GRANT EXECUTE ON FUNCTION schemaver.adopt, schemaver.release, schemaver.lock_out TO regress_adopt_deployer;
GRANT USAGE ON SCHEMA o TO regress_adopt_deployer;

-- code in a type and in a CHECK of the owner
SET ROLE regress_adopt_owner;
CREATE TABLE o.seen (who text);
CREATE FUNCTION o.spy(text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN INSERT INTO o.seen VALUES (current_user); RETURN true; END $$;
CREATE TABLE o.alembic_version (version_num varchar(32) PRIMARY KEY, CHECK (o.spy(version_num)));
INSERT INTO o.alembic_version VALUES ('a1');
RESET ROLE;
SET ROLE regress_adopt_deployer;
SELECT * FROM schemaver.adopt();
RESET ROLE;
GRANT SELECT ON o.alembic_version TO regress_adopt_deployer;
SET ROLE regress_adopt_deployer;
SELECT migration, state FROM schemaver.adopt();
SELECT migration, state FROM schemaver.adopt(dry_run => false, accept => 'unknown');
SELECT * FROM schemaver.lock_out('alembic');
SELECT * FROM schemaver.release('alembic');
RESET ROLE;
SELECT schemaver.revision('two', 'SELECT 1', id => 'two');
SELECT revision FROM schemaver.upgrade();
SELECT * FROM schemaver.release('alembic');
SELECT DISTINCT who FROM o.seen;

-- no tables but plain ones
CREATE FUNCTION o.trap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER t BEFORE INSERT ON o.alembic_version FOR EACH ROW EXECUTE FUNCTION o.trap();
SELECT * FROM schemaver.adopt();
DROP TRIGGER t ON o.alembic_version;
CREATE RULE r AS ON DELETE TO o.alembic_version DO INSTEAD NOTHING;
SELECT * FROM schemaver.release('alembic');
DROP RULE r ON o.alembic_version;
ALTER TABLE o.alembic_version ENABLE ROW LEVEL SECURITY;
SELECT * FROM schemaver.adopt();
ALTER TABLE o.alembic_version DISABLE ROW LEVEL SECURITY;
CREATE TABLE o.child () INHERITS (o.alembic_version);
SELECT * FROM schemaver.adopt();
DROP TABLE o.child;
CREATE VIEW o.django_migrations AS SELECT 1 AS id, 'a'::text AS app, 'b'::text AS name, now() AS applied;
SELECT * FROM schemaver.adopt('django');
SELECT * FROM schemaver.adopt('django', relation => 'o.django_migrations');
SELECT * FROM schemaver.adopt(relation => 'o.seen');
SELECT * FROM schemaver.adopt('nothing');
SELECT * FROM schemaver.adopt('custom');

-- the name alone leaves nothing out
DROP TABLE o.alembic_version;
CREATE TABLE o.alembic_version (version_num varchar(32));
SELECT count(*) FROM jsonb_path_query(schemaver.snapshot(), '$[*]') x WHERE x::text LIKE '%alembic_version%';
SELECT * FROM schemaver.release('alembic');
-- not while another transaction writes, nor when it is read-only
BEGIN READ ONLY;
SELECT * FROM schemaver.adopt(dry_run => false);
ROLLBACK;
-- new files for who may write some
SET ROLE regress_adopt_deployer;
SELECT * FROM schemaver.new_file('x');
RESET ROLE;
DROP SCHEMA o CASCADE;
DROP EXTENSION schemaver;
DROP ROLE regress_adopt_owner, regress_adopt_deployer;
