-- test() puts aside what upgrade() does; psql does not, and script() says so.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SELECT schemaver.revision('table', 'CREATE TABLE t (id int, a varchar(10)); CREATE VIEW v AS SELECT * FROM t', 'DROP VIEW v; DROP TABLE t', id => 'r1');
SELECT schemaver.revision('type', 'ALTER TABLE t ALTER a TYPE text', 'ALTER TABLE t ALTER a TYPE varchar(10)', id => 'r2', options => '{"dependents": "rebuild"}');
SELECT revision, verdict FROM schemaver.test(':');
SELECT revision FROM schemaver.upgrade('r1');
SELECT revision, verdict FROM schemaver.test();
SELECT line FROM regexp_split_to_table(schemaver.script(), '\n') AS line WHERE line LIKE '%rebuild%' OR line LIKE '%does that%';
\set VERBOSITY terse
SELECT schemaver.script('r1', 'r2', standalone => true);
SET schemaver.rebuild_dependents = on;
SELECT schemaver.script('base', 'r2', standalone => true);
RESET schemaver.rebuild_dependents;
SELECT revision FROM schemaver.upgrade();
SELECT revision FROM schemaver.downgrade('base');
DROP EXTENSION schemaver;
