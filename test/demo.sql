-- What test/demo.sh shows.  It wants a server of its own and the variables
-- "example", the folder test/example, and "scratch", a folder to write to.

\pset footer off
\pset null -
CREATE DATABASE shed;
\connect shed

\echo
\echo '==== 1. The extension, and a folder of migration files'
\echo
\set ECHO queries
CREATE EXTENSION schemaver;
SELECT * FROM schemaver.load_directory(:'example');

\set ECHO none
\echo
\echo '==== 2. What would run up to the point where two branches begin, and running it'
\echo
\set ECHO queries
SELECT * FROM schemaver.plan('c27b5a9e13d4');
SELECT * FROM schemaver.upgrade('c27b5a9e13d4');

\set ECHO none
\echo
\echo '==== 3. Some days in the life of the library'
\echo
\set ECHO queries
INSERT INTO shed.member (name, email)
VALUES ('Ada Maria Brandt', 'ada@shed.example'), ('Tomasz Wilk', 'tomasz@shed.example');
INSERT INTO shed.tool (kind, name)
VALUES ('ladder', 'folding ladder'), ('power tool', 'hammer drill');
INSERT INTO shed.loan (tool_id, member_id, lent_on)
VALUES (1, 1, '2026-03-02'), (2, 2, '2026-03-02');
UPDATE shed.loan SET returned_on = '2026-03-09' WHERE loan_id = 1;
SELECT name, state FROM shed.tool ORDER BY tool_id;

\set ECHO none
\echo
\echo '==== 4. The history, drawn: * is applied, o is not'
\echo
\set ECHO queries
SELECT schemaver.graph() \g (format=unaligned tuples_only=on)

\set ECHO none
\echo
\echo '==== 5. Up to the head: both branches, in an order that their dependencies allow'
\echo
\set ECHO queries
SELECT revision, statements, elapsed FROM schemaver.upgrade('head');
SELECT revision, message FROM schemaver.current();

\set ECHO none
\echo
\echo 'The loan that came back late was charged, and the names were split:'
\echo
\set ECHO queries
SELECT name, owed FROM shed.account ORDER BY member_id;
SELECT given_name, family_name FROM shed.member ORDER BY member_id;

\set ECHO none
\echo
\echo '==== 6. Status'
\echo
\set ECHO queries
SELECT revision, state, reversible, message FROM schemaver.status(all_revisions => true);

\set ECHO none
\echo
\echo '==== 7. Down by two revisions, and up again'
\echo
\set ECHO queries
SELECT * FROM schemaver.downgrade('-2', allow_data_loss => true);
SELECT name FROM shed.member ORDER BY member_id;
SELECT revision, message FROM schemaver.current();

\set ECHO none
\echo
\echo 'The way up as a file for review, and psql runs it:'
\echo
\set ECHO queries
SELECT schemaver.script() \g (format=unaligned tuples_only=on)
\set ECHO none
\set file :scratch '/upgrade.sql'
SELECT schemaver.script() \g (format=unaligned tuples_only=on) :file
\o /dev/null
\i :file
\o
\set ECHO queries
SELECT revision, message FROM schemaver.current();

\set ECHO none
\echo
\echo '==== 8. A mistake that registration finds: nothing is registered'
\echo
\set ECHO queries
\set ON_ERROR_STOP off
SELECT schemaver.revision('opening hours', 'CREATE TABEL shed.hours (day integer);');
\set ECHO none
SELECT :'SQLSTATE' = 'SV007' AS expected \gset
\set ON_ERROR_STOP on
\if :expected
\else
	DO $$ BEGIN RAISE 'expected SQLSTATE SV007'; END $$;
\endif

\echo
\echo '==== 9. A mistake that only the data shows: all of the run is rolled back'
\echo
\set ECHO queries
SELECT schemaver.revision('opening hours', 'CREATE TABLE shed.hours (day integer PRIMARY KEY);',
						  'DROP TABLE shed.hours;', 'aa0c1e5d7f90');
SELECT schemaver.revision('one ladder each', E'-- nobody needs two\nCREATE UNIQUE INDEX ON shed.tool (kind);\n'
						  'CREATE UNIQUE INDEX ON shed.loan (lent_on);', '', 'bb6f2d8e4031');
\set ON_ERROR_STOP off
SELECT * FROM schemaver.upgrade();
\set ECHO none
SELECT :'SQLSTATE' = '23505' AS expected \gset
\set ON_ERROR_STOP on
\if :expected
\else
	DO $$ BEGIN RAISE 'expected SQLSTATE 23505'; END $$;
\endif
\set ECHO queries
SELECT to_regclass('shed.hours') AS hours, revision AS current FROM schemaver.current();

\set ECHO none
\echo
\echo '==== 10. check() is for CI and for the start of an application'
\echo
\set ECHO queries
\set ON_ERROR_STOP off
SELECT schemaver.check();
\set ECHO none
SELECT :'SQLSTATE' = 'SV014' AS expected \gset
\set ON_ERROR_STOP on
\if :expected
\else
	DO $$ BEGIN RAISE 'expected SQLSTATE SV014'; END $$;
\endif
\set ECHO queries
SELECT schemaver.remove('bb6f2d8e4031'), schemaver.remove('aa0c1e5d7f90');
SELECT schemaver.check();

\set ECHO none
\echo
\echo '==== 11. All the way down: the tables are gone, and up again'
\echo
\set ECHO queries
SELECT count(*) FROM schemaver.downgrade('base', allow_data_loss => true);
SELECT to_regnamespace('shed') AS shed;
SELECT count(*) FROM schemaver.upgrade('head');
SELECT to_regnamespace('shed') AS shed;

\set ECHO none
\echo
\echo '==== 12. The journal, and the history'
\echo
\set ECHO queries
SELECT run, command, target, count(*) AS steps, run_outcome
FROM schemaver.journal GROUP BY run, command, target, run_outcome ORDER BY run;
SELECT revision, revises, message, notes FROM schemaver.history();
SELECT schemaver.graph('text') \g (format=unaligned tuples_only=on)
