-- May a script change what belongs to schemaver, and does it find our names by the usual patterns?
\set VERBOSITY terse
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'
SELECT relname FROM pg_class WHERE relnamespace IN ('schemaver'::regnamespace, 'schemaver_kept'::regnamespace) AND relkind IN ('i', 'S')
	AND relname ~ '_(key|pkey|fkey|idx|check|seq|excl)\d*$'
UNION SELECT conname FROM pg_constraint WHERE connamespace IN ('schemaver'::regnamespace, 'schemaver_kept'::regnamespace)
	AND conname ~ '_(key|pkey|fkey|idx|check|seq|excl)\d*$';

SELECT schemaver.revision('each key', $up$CREATE TABLE a (x int CONSTRAINT a_key UNIQUE);
	DO $$
	DECLARE
		r record;
	BEGIN
		FOR r IN SELECT conrelid::regclass AS t, conname AS c FROM pg_constraint WHERE conname LIKE '%\_key' LOOP
			EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', r.t, r.c, 'uq_' || r.c);
		END LOOP;
	END $$$up$, '', id => 'a1');
SELECT revision FROM schemaver.upgrade();

-- one that takes all
SELECT schemaver.revision('each', $up$DO $$
	DECLARE
		r record;
	BEGIN
		FOR r IN SELECT conrelid::regclass AS t, conname AS c FROM pg_constraint WHERE contype = 'p' AND conrelid > 16383
			ORDER BY conname <> 'one_revision' LOOP
			EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', r.t, r.c, 'pk_' || r.c);
		END LOOP;
	END $$$up$, '', id => 'a2');
SELECT revision FROM schemaver.upgrade();
:code
CALL schemaver.online_upgrade();
:code
SELECT schemaver.edit('a2', 'ALTER TABLE schemaver.tag ADD x int');
SELECT revision FROM schemaver.upgrade();
SELECT schemaver.edit('a2', 'ALTER FUNCTION schemaver.heads() SECURITY DEFINER');
SELECT revision FROM schemaver.upgrade();
SELECT schemaver.edit('a2', 'ALTER SCHEMA schemaver OWNER TO CURRENT_USER; DROP INDEX schemaver.ddl_log_oids');
SELECT revision FROM schemaver.upgrade();
-- psql, with the file
BEGIN;
SELECT schemaver.script_begin('upgrade', 'a2', '{a1}');
ALTER TABLE schemaver.tag ADD x int;
SELECT schemaver.script_step('a2', 'upgrade', checksum, 1) FROM schemaver.show('a2');
:code
ROLLBACK;
-- rights are no change, nor is what is done behind
SELECT schemaver.edit('a2', 'GRANT EXECUTE ON FUNCTION schemaver.heads() TO PUBLIC; GRANT SELECT ON schemaver.tag TO PUBLIC');
SELECT revision FROM schemaver.upgrade();
ALTER TABLE schemaver.tag ADD x int;

DROP TABLE a;
DROP EXTENSION schemaver;
