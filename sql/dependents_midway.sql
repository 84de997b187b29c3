-- What a script put aside is back before a statement of it that may read, write or name it.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SET schemaver.rebuild_dependents = on;
CREATE ROLE regress_schemaver_midway;
CREATE TABLE t (id int PRIMARY KEY, a varchar(10), b int);
CREATE TABLE seen (what text);
ALTER TABLE t OWNER TO regress_schemaver_midway;
ALTER TABLE seen OWNER TO regress_schemaver_midway;
ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY p ON t USING (a <> 'hidden');
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO seen VALUES (new.a); RETURN new; END';
CREATE TRIGGER note BEFORE INSERT OR UPDATE OF a ON t FOR EACH ROW EXECUTE FUNCTION note();
CREATE VIEW v AS SELECT id, a FROM t;
CREATE VIEW w AS SELECT a FROM v;
SELECT count(*) > 0 AS granted FROM schemaver.grant_set('operator', 'regress_schemaver_midway');
GRANT CREATE ON SCHEMA public TO regress_schemaver_midway;
ALTER VIEW v OWNER TO regress_schemaver_midway;
ALTER VIEW w OWNER TO regress_schemaver_midway;

-- rows meet the policy and the trigger of their table
SELECT schemaver.revision('rows', $$
	ALTER TABLE t ALTER COLUMN a TYPE text;
	INSERT INTO t VALUES (1, 'one');
	UPDATE t SET a = 'two';
	INSERT INTO v VALUES (2, 'by v');
	ALTER TABLE t ALTER COLUMN a TYPE varchar(20);
$$, id => 'r1');
SET ROLE regress_schemaver_midway;
SELECT revision FROM schemaver.upgrade();
RESET ROLE;
SELECT * FROM seen;
SELECT id, a FROM t ORDER BY id;
SELECT schemaver.revision('refused', $$ALTER TABLE t ALTER COLUMN a TYPE text; INSERT INTO t VALUES (3, 'hidden')$$, id => 'bad');
SET ROLE regress_schemaver_midway;
SELECT revision FROM schemaver.upgrade();
RESET ROLE;
SELECT schemaver.remove('bad');

-- names are those of what was there
SELECT schemaver.revision('names', $$
	ALTER TABLE t ALTER COLUMN a TYPE text;
	ALTER TABLE t RENAME COLUMN b TO c;
	ALTER VIEW v RENAME TO v2;
	ALTER TABLE t ALTER COLUMN a TYPE varchar(30);
	ALTER VIEW v2 SET (security_barrier);
	ALTER TABLE t ALTER COLUMN a TYPE varchar(40);
	CREATE VIEW x AS SELECT * FROM v2;
	ALTER TABLE t ALTER COLUMN a TYPE varchar(50);
	COMMENT ON VIEW x IS 'x';
	ALTER TABLE t RENAME TO t2;
$$, id => 'r2');
SELECT revision FROM schemaver.upgrade();
SELECT relname, reloptions, obj_description(oid) FROM pg_class WHERE relname IN ('v', 'v2', 'w', 'x') ORDER BY 1;
SELECT attrelid::regclass, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attname = 'a' AND attrelid IN ('t2'::regclass, 'v2'::regclass, 'w'::regclass, 'x'::regclass) ORDER BY 1;

-- what the script drops does not come back
SELECT schemaver.revision('dropped', $$
	ALTER TABLE t2 ALTER COLUMN a TYPE text;
	DROP VIEW IF EXISTS x;
	ALTER TABLE t2 ALTER COLUMN a TYPE varchar(10);
	DROP VIEW IF EXISTS v2;
	CREATE VIEW v2 AS SELECT a, id FROM t2;
$$, id => 'r3');
SELECT revision FROM schemaver.upgrade();
SELECT attrelid::regclass, string_agg(attname, ' ' ORDER BY attnum), to_regclass('x') IS NULL AS gone FROM pg_attribute WHERE attrelid IN ('v2'::regclass, 'w'::regclass) AND attnum > 0 GROUP BY 1 ORDER BY 1;
SELECT kind, identity FROM schemaver.drift();
DROP EXTENSION schemaver;
SET client_min_messages = warning;
DROP TABLE t2, seen CASCADE;
DROP FUNCTION note();
DROP OWNED BY regress_schemaver_midway;
DROP ROLE regress_schemaver_midway;
