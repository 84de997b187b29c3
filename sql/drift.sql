-- What was changed outside of revisions: is it found, named, undone, captured?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'
\set SHOW_CONTEXT never

-- nothing is known before the first run
SELECT * FROM schemaver.drift();
:code
SELECT schemaver.check(drift => true);

SELECT schemaver.revision('one', $$
	CREATE TABLE tool (id int PRIMARY KEY, name text);
	CREATE VIEW names AS SELECT a.name FROM tool a, tool b;
	CREATE FUNCTION answer() RETURNS int LANGUAGE sql AS 'SELECT 42'$$,
	'DROP FUNCTION answer(); DROP VIEW names; DROP TABLE tool', id => 'a1');
SELECT schemaver.revision('two', 'ALTER TABLE tool ADD COLUMN lent boolean', 'ALTER TABLE tool DROP COLUMN lent', id => 'a2');
SELECT revision FROM schemaver.upgrade();
SELECT count(*) FROM schemaver.drift();
SELECT schemaver.check(drift => true);

-- by hand
ALTER TABLE tool ADD COLUMN price numeric DEFAULT 0, ALTER COLUMN id TYPE bigint;
COMMENT ON TABLE tool IS 'by hand';
DROP FUNCTION answer();
CREATE TABLE hot (x int PRIMARY KEY, y text DEFAULT 'z');
INSERT INTO hot VALUES (1);
SELECT kind, identity, change, differs, changed_by FROM schemaver.drift();
SELECT identity, sql_revert, sql_apply FROM schemaver.drift() \gx
SELECT schemaver.check(drift => true);
:code
-- some of it alone
SELECT kind, identity FROM schemaver.drift(options => '{"exclude": ["public.tool*"], "comments": false}');
CREATE SCHEMA elsewhere;
SELECT count(*) FROM schemaver.drift(schemas => '{elsewhere}', options => '{"exclude": ["elsewhere"]}');
DROP SCHEMA elsewhere;
SELECT schemaver.check(drift => true, options => '{"exclude": ["*"]}');

-- undo it: data are not lost by accident
SELECT * FROM schemaver.revert_drift();
:code
SELECT position, kind, identity, action, hazard FROM schemaver.revert_drift(dry_run => true);
SELECT count(*) FROM schemaver.drift();
SELECT sql FROM schemaver.revert_drift(options => '{"exclude": ["public.hot", "public.tool*"]}');
SELECT kind, identity, change FROM schemaver.drift();
BEGIN;
SELECT count(*) FROM schemaver.revert_drift(allow_data_loss => true);
SELECT schemaver.check(drift => true);
ROLLBACK;
SELECT count(*) FROM schemaver.revert_drift(options => '{"exclude": ["*"]}');

-- make a revision of it
SELECT schemaver.capture('what was done by hand', id => 'h1');
SELECT schemaver.check(drift => true);
SELECT up, down FROM schemaver.show('h1') \gx
SELECT * FROM hot;
SELECT schemaver.capture('again') IS NULL AS nothing;
SELECT revision, direction FROM schemaver.downgrade('a1', allow_data_loss => true);
SELECT schemaver.check(drift => true, options => '{}');
SELECT schemaver.capture('too early');
:code
SELECT revision, direction FROM schemaver.upgrade();
SELECT count(*) FROM schemaver.drift();

-- a run does not hide what was there before it
ALTER TABLE tool ADD COLUMN stays int;
SELECT schemaver.revision('three', 'CREATE TABLE three (x int)', 'DROP TABLE three', id => 'a3');
SELECT revision FROM schemaver.upgrade();
SELECT kind, identity, change FROM schemaver.drift();
SELECT revision, direction FROM schemaver.redo();
SELECT kind, identity, change FROM schemaver.drift();
ALTER TABLE tool DROP COLUMN stays;

-- the schema as it was
SELECT identity, sql FROM schemaver.diff_revisions('a2', 'a3');
SELECT sql FROM schemaver.diff_revisions('current', 'a1');
SELECT count(*) FROM schemaver.diff_revisions('head', 'current');
SELECT schemaver.show_schema('a2') \g (format=unaligned tuples_only=on)
SELECT schemaver.show_schema('base') = '' AS nothing, schemaver.show_schema('head') = schemaver.show_schema('a3') AS same;
SELECT schemaver.snapshot_at('current') = schemaver.snapshot() AS same;

-- names: an object is known by its OID and by the number of a column
ALTER TABLE hot RENAME TO warm;
ALTER TABLE warm RENAME COLUMN y TO "new Y";
ALTER VIEW names RENAME TO tool_names;
ALTER TABLE warm ADD COLUMN added int;
SELECT kind, identity, change, differs, sql_revert, sql_apply FROM schemaver.drift();
SELECT sql FROM schemaver.revert_drift(dry_run => true);
SELECT schemaver.capture('better names', id => 'h2');
SELECT up, down FROM schemaver.show('h2') \gx
SELECT revision, direction FROM schemaver.redo();
SELECT * FROM warm;
SELECT count(*) FROM schemaver.drift();

SELECT schemaver.revision('four', 'CREATE TABLE four (x int)', 'DROP TABLE four', id => 'a4');
SELECT schemaver.show_schema('a4');
:code
SELECT schemaver.show_schema('nonsense');
:code

-- a run that keeps nothing
SET schemaver.keep_snapshots = off;
SELECT revision FROM schemaver.upgrade();
SELECT schemaver.check(drift => true);
SELECT * FROM schemaver.drift();
:code
SELECT schemaver.show_schema('a4');
:code
SELECT schemaver.show_schema('a3') <> '' AS known;
RESET schemaver.keep_snapshots;
SELECT revision FROM schemaver.redo();
SELECT count(*) FROM schemaver.drift();
SELECT schemaver.show_schema('a4') <> '' AS known;
-- a dry run, a stamp
SELECT schemaver.revision('five', 'CREATE TABLE five (x int)', 'DROP TABLE five', id => 'a5');
SELECT revision FROM schemaver.upgrade(dry_run => true);
SELECT count(*) FROM schemaver.drift();
CREATE TABLE five (x int);
SELECT revision FROM schemaver.stamp('{a5}');
SELECT kind, identity, change FROM schemaver.drift();
DROP TABLE five;
SELECT count(*) FROM schemaver.drift();
SELECT revision, direction FROM schemaver.stamp('{a4}');
SELECT schemaver.remove('a5');
SELECT revision, direction, state FROM schemaver.step ORDER BY run, position;
-- each version of an object once
SELECT count(*) FROM schemaver.object_version GROUP BY class, identity, from_state HAVING count(*) > 1;
SELECT count(*) FROM schemaver.object_version WHERE to_state <= from_state;

-- who did it
SELECT schemaver.watch();
CREATE ROLE regress_schemaver_hand;
GRANT CREATE ON SCHEMA public TO regress_schemaver_hand;
SET ROLE regress_schemaver_hand;
SELECT 1; CREATE TABLE by_hand (x int); SELECT 2;
RESET ROLE;
ALTER TABLE by_hand ADD COLUMN y int;
COMMENT ON COLUMN by_hand.y IS 'y';
DROP FUNCTION answer();
CREATE FUNCTION answer() RETURNS int LANGUAGE sql AS 'SELECT 43';
CREATE FOREIGN DATA WRAPPER regress_schemaver_fdw OPTIONS (password 'secret');
CREATE TEMP TABLE temporary (x int);
DROP TABLE temporary;
SELECT kind, identity, change, changed_by = current_user AS by_me, changed_at <= clock_timestamp() AS at, statement FROM schemaver.drift();
SELECT tag, objects, statement FROM schemaver.ddl_log ORDER BY logged_at;
-- what schemaver does itself is no drift and not logged
SELECT count(*) FROM schemaver.ddl_log \gset before_
SELECT revision FROM schemaver.redo();
SELECT count(*) > 0 FROM schemaver.revert_drift(allow_data_loss => true);
SELECT count(*) = :before_count AS nothing_logged FROM schemaver.ddl_log;
SELECT schemaver.unwatch();
REVOKE CREATE ON SCHEMA public FROM regress_schemaver_hand;
CREATE TABLE unwatched (x int);
SELECT count(*) = :before_count AS nothing_logged FROM schemaver.ddl_log;
DROP TABLE unwatched;

-- rights: to look has to be granted; to revert needs what the statements need
GRANT EXECUTE ON FUNCTION schemaver.drift, schemaver.revert_drift TO regress_schemaver_hand;
COMMENT ON TABLE tool IS 'not mine';
SET ROLE regress_schemaver_hand;
SELECT schemaver.capture('x');
SELECT kind, identity FROM schemaver.drift();
SELECT * FROM schemaver.revert_drift();
:code
RESET ROLE;
SELECT sql FROM schemaver.revert_drift();

-- the state of a partition's trigger follows or not, whoever is altered
SELECT schemaver.revision('partitioned', $$
    CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
    CREATE TABLE parted (k int) PARTITION BY LIST (k);
    CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
    CREATE TRIGGER t AFTER INSERT ON parted FOR EACH ROW EXECUTE FUNCTION nothing()$$, id => 'c0ffee000001') IS NOT NULL AS made;
SELECT schemaver.revision('not here', 'ALTER TABLE ONLY parted DISABLE TRIGGER t', id => 'c0ffee000002') IS NOT NULL AS made;
SELECT count(*) FROM schemaver.upgrade();
SELECT kind, identity FROM schemaver.drift() WHERE kind = 'trigger';
ALTER TABLE parted_1 DISABLE TRIGGER t;
SELECT kind, identity, change, sql_revert FROM schemaver.drift() WHERE kind = 'trigger';

-- a schema that is not there, and options that are none
SELECT * FROM schemaver.drift('{nope}');
:code
SELECT * FROM schemaver.drift(options => '[]');
:code

DROP EXTENSION schemaver;
DROP TABLE three, four, warm, tool, parted CASCADE;
DROP FUNCTION answer(), nothing();
DROP OWNED BY regress_schemaver_hand;
DROP ROLE regress_schemaver_hand;
