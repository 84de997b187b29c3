-- Is a change of schemaver's tables by hand seen, though status() and upgrade() do not read the whole history?
CREATE DATABASE regress_schemaver_edited TEMPLATE template0;
\c regress_schemaver_edited
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SET client_min_messages = warning;
SELECT count(schemaver.revision('r' || i, 'SELECT ' || i, 'SELECT ' || i, id => 'r' || i)) FROM generate_series(1, 5) i;
SELECT count(*) FROM schemaver.upgrade();
CREATE VIEW told AS SELECT (SELECT string_agg(revision || ' ' || state, ', ' ORDER BY revision) FROM schemaver.status()) AS status,
	(SELECT string_agg(revision, ' ') FROM schemaver.plan()) AS pending, (SELECT holds FROM schemaver.reached) AS known;
SELECT * FROM told;
-- schemaver's own statements are none by hand
SELECT schemaver.revision('r6', 'SELECT 6', 'SELECT 6', id => 'r6');
SELECT schemaver.edit('r6', message => 'six');
SELECT * FROM told;
SELECT count(*) FROM schemaver.upgrade();
-- another text, below and at the head
UPDATE schemaver.revision SET checksum = 'other' WHERE revision = 'r2';
SELECT * FROM told;
-- and after an upgrade that had nothing to do, or something
SELECT count(*) FROM schemaver.upgrade();
SELECT * FROM told;
SELECT schemaver.revision('r7', 'SELECT 7', 'SELECT 7', id => 'r7');
SELECT count(*) FROM schemaver.upgrade();
SELECT * FROM told;
-- put right by hand
UPDATE schemaver.revision r SET checksum = a.checksum FROM schemaver.applied a WHERE a.revision = r.revision;
SELECT * FROM told;
SELECT count(*) FROM schemaver.upgrade();
SELECT * FROM told;
-- the other table, as a replica
SET session_replication_role = replica;
UPDATE schemaver.applied SET checksum = 'other' WHERE revision = 'r3';
RESET session_replication_role;
SELECT * FROM told;
UPDATE schemaver.applied a SET checksum = r.checksum FROM schemaver.revision r WHERE a.revision = r.revision;
SELECT count(*) FROM schemaver.upgrade();
SELECT * FROM told;
-- a row that is gone: an upgrade runs it again
DELETE FROM schemaver.applied WHERE revision = 'r4';
SELECT * FROM told;
SELECT revision FROM schemaver.upgrade();
SELECT * FROM told;
-- a new row, and none at all
BEGIN;
CREATE TEMP TABLE new AS SELECT * FROM schemaver.revision WHERE revision = 'r3';
UPDATE new SET revision = 'r0', position = 0, revises = '{r1}';
INSERT INTO schemaver.revision SELECT * FROM new;
SELECT status, known FROM told;
ROLLBACK;
SELECT * FROM told;
BEGIN;
TRUNCATE schemaver.applied;
SELECT * FROM told;
ROLLBACK;
-- by a script, before and after which the run has steps
SELECT schemaver.revision('r8', 'CREATE TABLE t ()', id => 'r8');
SELECT schemaver.revision('r9', $$UPDATE schemaver.applied SET checksum = 'x' WHERE revision = 'r5'$$, '', id => 'r9');
SELECT schemaver.revision('t1', 'DROP TABLE t', '', id => 't1');
SELECT count(*) FROM schemaver.upgrade();
SELECT * FROM told;
UPDATE schemaver.applied a SET checksum = r.checksum FROM schemaver.revision r WHERE a.revision = r.revision;
SELECT count(*) FROM schemaver.upgrade();
SELECT * FROM told;
-- behind the back of the trigger
ALTER TABLE schemaver.applied DISABLE TRIGGER ALL;
UPDATE schemaver.applied SET checksum = 'x' WHERE revision = 'r5';
SELECT * FROM told;
ALTER TABLE schemaver.applied ENABLE TRIGGER ALL;
SELECT * FROM told;
-- the trigger on a table of somebody else does nothing, and nobody else can set it
CREATE TABLE other ();
CREATE TRIGGER t AFTER INSERT ON other FOR EACH STATEMENT EXECUTE FUNCTION schemaver.edited_by_hand();
SELECT edits AS before FROM schemaver.reached \gset
INSERT INTO other DEFAULT VALUES;
SELECT edits - :before AS edits FROM schemaver.reached;
SELECT schemaver.edited_by_hand();
CREATE ROLE regress_edited;
GRANT CREATE ON DATABASE regress_schemaver_edited TO regress_edited;
SET ROLE regress_edited;
CREATE SCHEMA mine CREATE TABLE t ();
CREATE TRIGGER t AFTER INSERT ON mine.t FOR EACH STATEMENT EXECUTE FUNCTION schemaver.edited_by_hand();
RESET ROLE;
-- who may write one of the tables needs no right to the other
GRANT USAGE ON SCHEMA schemaver TO regress_edited;
GRANT SELECT, UPDATE ON schemaver.applied TO regress_edited;
SET ROLE regress_edited;
UPDATE schemaver.applied SET checksum = 'y' WHERE revision = 'r5';
RESET ROLE;
SELECT edits - :before AS edits FROM schemaver.reached;
\c contrib_regression
DROP DATABASE regress_schemaver_edited;
DROP ROLE regress_edited;
