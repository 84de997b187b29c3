-- What depends on a column or a table that a revision changes, and is no living
-- object, is re-created on request, as it was.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE ROLE regress_schemaver_dependent;
SELECT schemaver.revision('tables', $$
CREATE TABLE t (id int PRIMARY KEY, a varchar(10), b int);
CREATE TABLE u (t int CONSTRAINT u_t REFERENCES t);
CREATE VIEW v WITH (security_barrier) AS SELECT id, a FROM t;
CREATE VIEW w AS SELECT a FROM v;
CREATE MATERIALIZED VIEW m AS SELECT a, count(*) AS n FROM t GROUP BY a;
CREATE UNIQUE INDEX m_a ON m (a);
CREATE POLICY p ON t USING (a = current_user);
CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER tg BEFORE UPDATE OF a ON t FOR EACH ROW WHEN (old.a IS DISTINCT FROM new.a) EXECUTE FUNCTION tf();
ALTER TABLE t DISABLE TRIGGER tg;
CREATE FUNCTION body() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(a) FROM w; END;
COMMENT ON VIEW v IS 'v';
COMMENT ON COLUMN v.a IS 'a of v';
COMMENT ON TRIGGER tg ON t IS 'tg';
GRANT SELECT (a) ON v TO regress_schemaver_dependent;
GRANT SELECT ON m TO PUBLIC;
ALTER VIEW w OWNER TO regress_schemaver_dependent;
REVOKE EXECUTE ON FUNCTION body() FROM PUBLIC;
$$, id => 'r1');
SELECT revision FROM schemaver.upgrade();
SELECT schemaver.snapshot() AS before \gset

SELECT schemaver.revision('type', 'ALTER TABLE t ALTER COLUMN a TYPE text', id => 'r2');
SELECT revision FROM schemaver.upgrade();
SELECT schemaver.edit('r2', options => '{"dependents": "rebuild"}');
SELECT revision FROM schemaver.upgrade();
-- all that is not the same: the column and those that show it
SELECT kind, identity, action FROM schemaver.diff(:'before'::jsonb, schemaver.snapshot()) WHERE kind <> 'setting';
SELECT attname, atttypid::regtype FROM pg_attribute WHERE attrelid = 'w'::regclass;
SELECT relname, array_to_string(relacl, ' ') LIKE '%=r/%' AS granted, pg_get_userbyid(relowner) = current_user AS own
FROM pg_class WHERE relname IN ('m', 'w') ORDER BY relname;
SELECT kind, identity FROM schemaver.drift();
SET schemaver.rebuild_dependents = on;
SELECT revision FROM schemaver.downgrade('r1', allow_data_loss => true);
RESET schemaver.rebuild_dependents;
SELECT kind, identity, action FROM schemaver.diff(:'before'::jsonb, schemaver.snapshot());

-- a constraint on which a foreign key depends
SELECT schemaver.remove('r2');
SELECT schemaver.revision('key', 'ALTER TABLE t DROP CONSTRAINT t_pkey; ALTER TABLE t ADD CONSTRAINT t_key PRIMARY KEY (id)', id => 'r3',
	options => '{"dependents": "rebuild"}');
SELECT revision FROM schemaver.upgrade();
SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'u_t';

-- what cannot come back
-- (how a view is printed, and so the DETAIL, differs between majors)
SELECT schemaver.revision('column', 'ALTER TABLE t DROP COLUMN a', id => 'r4', options => '{"dependents": "rebuild"}');
\set VERBOSITY terse
SELECT revision FROM schemaver.upgrade();
\set VERBOSITY default
SELECT schemaver.edit('r4', options => '{"dependents": "always"}');
SELECT to_regclass('w');
DROP EXTENSION schemaver;
SET client_min_messages = warning;
DROP VIEW v, w CASCADE;
DROP TABLE t, u CASCADE;
DROP FUNCTION tf();
DROP ROLE regress_schemaver_dependent;
