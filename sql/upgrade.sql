-- What do upgrade, downgrade and redo do, and what does the state say then?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'

-- nothing to do
SELECT * FROM schemaver.upgrade();
SELECT schemaver.check();
SELECT * FROM schemaver.downgrade();
:code
SELECT * FROM schemaver.downgrade('base');

SELECT schemaver.revision('one', 'CREATE TABLE a (x int); INSERT INTO a VALUES (1)', 'DROP TABLE a', id => 'a1'),
	schemaver.revision('two', 'ALTER TABLE a ADD y int; UPDATE a SET y = x + 1', 'ALTER TABLE a DROP y', id => 'a2'),
	schemaver.revision('three', 'CREATE VIEW b AS SELECT * FROM a', 'DROP VIEW b', id => 'a3');
SELECT * FROM schemaver.plan();
SELECT schemaver.check();
:code

-- up to a revision, by steps, to the end
SELECT revision, direction, message, statements, elapsed >= '0' AS elapsed FROM schemaver.upgrade('a1');
SELECT revision, message, applied_at IS NOT NULL AS applied_at, applied_by = current_user AS applied_by FROM schemaver.current();
SELECT revision, direction, message, statements FROM schemaver.upgrade('+1');
SELECT (schemaver.upgrade()).revision;
SELECT * FROM b;
SELECT * FROM schemaver.upgrade();
SELECT schemaver.check();
SELECT revision, message, state, transactional, reversible, applied_at IS NOT NULL AS applied_at FROM schemaver.status(true);
SELECT revision, revises, notes, applied_at IS NOT NULL AS applied_at FROM schemaver.history();
SELECT * FROM schemaver.upgrade('+1');
:code
SELECT * FROM schemaver.upgrade('-1');
:code
SELECT * FROM schemaver.upgrade('nowhere');
:code
SELECT * FROM schemaver.upgrade(NULL);
:code

-- down
SELECT * FROM schemaver.plan('-2', 'downgrade');
SELECT * FROM schemaver.plan('base', direction => 'downwards');
:code
SELECT revision, direction, message, statements FROM schemaver.downgrade();
SELECT revision, direction, message, statements FROM schemaver.downgrade('a1', allow_data_loss => true);
SELECT * FROM a;
SELECT * FROM schemaver.downgrade('a1', allow_data_loss => true);
SELECT * FROM schemaver.downgrade('a2');
:code
SELECT * FROM schemaver.downgrade('+1');
:code
SELECT * FROM schemaver.downgrade('-2', allow_data_loss => true);
:code

-- redo
SELECT revision FROM schemaver.upgrade();
INSERT INTO a VALUES (7, 8);
SELECT revision, direction, message, statements FROM schemaver.redo();
SELECT revision, direction FROM schemaver.redo(2, allow_data_loss => true);
SELECT * FROM b ORDER BY x;
SELECT * FROM schemaver.redo(0);
:code
SELECT * FROM schemaver.redo(-1);
:code
SELECT * FROM schemaver.redo(4);
:code

-- dry runs do all and leave nothing
SELECT revision, direction, statements FROM schemaver.downgrade('base', dry_run => true);
SELECT revision FROM schemaver.current();
SELECT * FROM b ORDER BY x;
SELECT schemaver.revision('fails', 'CREATE TABLE c (x int); SELECT 1/0', id => 'a4');
SELECT * FROM schemaver.upgrade(dry_run => true);
:code
SELECT schemaver.edit('a4', 'CREATE TABLE c (x int)');
SELECT revision, direction, statements FROM schemaver.upgrade(dry_run => true);
SELECT to_regclass('c') IS NULL AS nothing_left, (SELECT revision FROM schemaver.current());

-- the journal has what was done, and nothing of the dry and failed runs
SELECT dense_rank() OVER (ORDER BY run) AS run, position, command, target, revision, direction, statements, outcome,
	run_outcome, length(checksum) AS checksum, role = current_user AS role, session_role = session_user AS session_role,
	pid = pg_backend_pid() AS pid, application, version = (SELECT extversion FROM pg_extension WHERE extname = 'schemaver') AS version,
	run_started_at <= started_at AS run_first, run_elapsed >= elapsed AS run_longer
FROM schemaver.journal;

DROP EXTENSION schemaver;
SET client_min_messages = warning;
DROP TABLE a CASCADE;
