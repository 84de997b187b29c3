-- What does adopt() report and stamp, and what of the other tool's table is seen elsewhere?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SET timezone = 'UTC';
SELECT * FROM schemaver.adopt();
SELECT count(*) FROM schemaver.load('files', $$-- schemaver:file V1__users.sql
CREATE TABLE users (id int PRIMARY KEY);
-- schemaver:file V1.1__name.sql
ALTER TABLE users ADD name text;
-- schemaver:file V2__orders.sql
CREATE TABLE orders (id int PRIMARY KEY, u int REFERENCES users);
-- schemaver:file V10__mail.sql
ALTER TABLE users ADD mail text;
$$);
CREATE TABLE flyway_schema_history (
	installed_rank int PRIMARY KEY, version varchar(50), description varchar(200) NOT NULL, type varchar(20) NOT NULL, script varchar(1000) NOT NULL, checksum int,
	installed_by varchar(100) NOT NULL, installed_on timestamp NOT NULL DEFAULT now(), execution_time int NOT NULL, success boolean NOT NULL);
INSERT INTO flyway_schema_history VALUES
	(1, '1', 'users', 'SQL', 'V1__users.sql', -2134990597, 'ann', '2026-01-01 10:00', 12, true),
	(2, '2', 'orders', 'SQL', 'V2__orders.sql', 1, 'bob', '2026-01-02 10:00', 13, true),
	(3, '98', 'undone', 'SQL', 'V98__undone.sql', 1, 'bob', '2026-01-02 11:00', 12, true),
	(4, '98', 'undone', 'UNDO_SQL', 'U98__undone.sql', 1, 'bob', '2026-01-02 11:30', 12, true),
	(5, '99', 'gone', 'SQL', 'V99__gone.sql', 1, 'bob', '2026-01-02 12:00', 12, false);
CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE orders (id int PRIMARY KEY, u int REFERENCES users);
SELECT * FROM schemaver.adopt();
-- failed, unknown and changed ones are refused with a list
SELECT * FROM schemaver.adopt(dry_run => false);
UPDATE flyway_schema_history SET success = true;
SELECT * FROM schemaver.adopt(dry_run => false);
SELECT * FROM schemaver.adopt(dry_run => false, accept => 'changed');
DELETE FROM flyway_schema_history WHERE version IN ('98', '99');
SELECT count(*) FROM schemaver.current();
-- another schema than the files build
ALTER TABLE orders ADD by_hand int;
SELECT * FROM schemaver.adopt(dry_run => false, accept => 'changed', verify => true);
ALTER TABLE orders DROP by_hand;
SELECT migration, revision, state, finding FROM schemaver.adopt('flyway', dry_run => false, accept => 'changed', verify => true);
-- a set with a hole; times, users and durations stay
SELECT s.revision, s.state, w.applied_at, w.applied_by, w.elapsed FROM schemaver.status(true) s, schemaver.show(s.revision) w;
SELECT command, target, revision, outcome, started_at FROM schemaver.journal ORDER BY run, position;
-- the table is no part of snapshots and drift, nor of the next steps
SELECT count(*) FROM jsonb_path_query(schemaver.snapshot(), '$[*]') o WHERE o::text LIKE '%flyway%';
ALTER TABLE flyway_schema_history ADD x int;
SELECT identity FROM schemaver.drift();
ALTER TABLE flyway_schema_history DROP x;
SELECT revision FROM schemaver.upgrade();
SELECT identity FROM schemaver.drift();
SELECT fingerprint = schemaver.fingerprint() AS same FROM schemaver.fingerprint(), schemaver.adopt('flyway', dry_run => false, accept => 'changed') LIMIT 1;

-- the tool is locked out, and let in again
SELECT schemaver.revision('add phone', 'ALTER TABLE users ADD phone text;', 'ALTER TABLE users DROP phone;', id => 'phone');
SELECT revision FROM schemaver.upgrade();
SELECT * FROM schemaver.export(':', 'flyway');
SELECT * FROM schemaver.lock_out('flyway');
SELECT count(*) FROM schemaver.lock_out('flyway');
SELECT * FROM flyway_schema_history;
INSERT INTO flyway_schema_history (installed_rank) VALUES (9);
UPDATE flyway_schema_history SET success = false;
DELETE FROM flyway_schema_history;
TRUNCATE flyway_schema_history;
SELECT identity FROM schemaver.drift();
SELECT * FROM schemaver.adopt();
SELECT * FROM schemaver.release('flyway', dry_run => true);
SELECT * FROM schemaver.release('flyway');
SELECT installed_rank, version, description, type, script, checksum, success FROM flyway_schema_history ORDER BY 1;
SELECT * FROM schemaver.release('flyway');
SELECT revision FROM schemaver.downgrade();
SELECT * FROM schemaver.release('flyway');
SELECT version FROM flyway_schema_history ORDER BY installed_rank;
DROP EXTENSION schemaver;
DROP TABLE users, orders, flyway_schema_history;

-- adopt() before baseline(): the tool's table is no part of it
CREATE EXTENSION schemaver;
CREATE TABLE a (x int);
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO alembic_version VALUES ('4f1c');
SELECT * FROM schemaver.adopt('alembic', dry_run => false);
SELECT * FROM schemaver.adopt('alembic', dry_run => false, accept => 'unknown');
SELECT schemaver.baseline('as it was', id => 'start');
SELECT up FROM schemaver.show('start');
-- and behind it: what it was before is forgotten
CREATE TABLE django_migrations (id bigserial PRIMARY KEY, app text, name text, applied timestamptz);
INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0007_last', now());
SELECT count(*) FROM schemaver.upgrade();
SELECT DISTINCT kind FROM schemaver.drift();
SELECT migration, state FROM schemaver.adopt('django', 'shop', dry_run => false, accept => 'unknown');
SELECT identity FROM schemaver.drift();
SELECT schemaver.revision('two', 'CREATE TABLE b (x int)', 'DROP TABLE b', id => 'two');
SELECT revision FROM schemaver.upgrade();
SELECT * FROM schemaver.release('alembic');
SELECT * FROM schemaver.release('django');
SELECT app, name FROM django_migrations ORDER BY id;
SELECT * FROM schemaver.export(':', 'django');
SELECT * FROM schemaver.export(':', 'alembic');
DROP EXTENSION schemaver;
DROP TABLE a, b, alembic_version, django_migrations;
