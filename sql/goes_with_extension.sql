-- ALTER ... DEPENDS ON EXTENSION is part of the schema: seen, undone, kept and written.
SET client_min_messages = warning;
CREATE EXTENSION schemaver;
RESET client_min_messages;
SET schemaver.progress = off;
SELECT schemaver.revision('objects', $$
CREATE EXTENSION citext;
CREATE TABLE t (a int CONSTRAINT t_a_key UNIQUE, b int);
CREATE INDEX t_b ON t (b);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE PROCEDURE p(x int) LANGUAGE sql AS '';
CREATE TRIGGER trig AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
CREATE MATERIALIZED VIEW m AS SELECT 1 AS x;
$$, id => 'r1');
SELECT schemaver.revision('go with it', $$
ALTER FUNCTION f() DEPENDS ON EXTENSION plpgsql;
ALTER FUNCTION f() DEPENDS ON EXTENSION citext;
ALTER PROCEDURE p(int) DEPENDS ON EXTENSION citext;
ALTER TRIGGER trig ON t DEPENDS ON EXTENSION citext;
ALTER MATERIALIZED VIEW m DEPENDS ON EXTENSION citext;
ALTER INDEX t_b DEPENDS ON EXTENSION citext;
ALTER INDEX t_a_key DEPENDS ON EXTENSION citext;
$$, id => 'r2');
SELECT schemaver.revision('no longer', 'ALTER FUNCTION f() NO DEPENDS ON EXTENSION citext', id => 'r3');
SELECT count(*) FROM schemaver.upgrade();
SELECT * FROM schemaver.drift();
SELECT revision, down FROM schemaver.derived WHERE revision <> 'r1' ORDER BY 1;
-- what is said of it, by hand
ALTER FUNCTION f() NO DEPENDS ON EXTENSION plpgsql;
SELECT identity, differs FROM schemaver.drift();
SELECT action, sql FROM schemaver.revert_drift();
SELECT action, sql FROM schemaver.diff_revisions('r1', 'r3');
-- all goes with the extension, and comes back with it
SELECT revision, verdict FROM schemaver.test('head');
SELECT schemaver.fingerprint() AS before \gset
SELECT count(*) FROM schemaver.downgrade('r1');
SELECT count(*) FROM pg_depend WHERE deptype = 'x';
SELECT count(*) FROM schemaver.upgrade();
SELECT schemaver.fingerprint() = :'before' AS same;
SELECT schemaver.revision('without it', 'ALTER INDEX t_a_key NO DEPENDS ON EXTENSION citext; DROP EXTENSION citext', id => 'r4');
SELECT count(*) FROM schemaver.upgrade();
SELECT to_regclass('m'), to_regproc('p'), to_regclass('t_b');
SELECT count(*) FROM schemaver.downgrade();
SELECT schemaver.fingerprint() = :'before' AS same;
SELECT * FROM schemaver.drift();
SELECT count(*) FROM schemaver.downgrade('base');
DROP EXTENSION schemaver;
