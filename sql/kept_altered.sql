-- What if somebody has altered a kept table?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set SHOW_CONTEXT never
SET schemaver.keep_data = on;

CREATE TABLE altered (id int PRIMARY KEY, x text);
INSERT INTO altered VALUES (1, '10'), (2, '20');
SELECT schemaver.revision('m', 'ALTER TABLE altered ALTER x TYPE int USING x::int', 'ALTER TABLE altered ALTER x TYPE text', id => 'k1');
SELECT revision FROM schemaver.upgrade();
SELECT kept_in AS altered FROM schemaver.kept() \gset
ALTER TABLE :altered ALTER COLUMN value TYPE int USING value::int;
SELECT revision FROM schemaver.downgrade();
SELECT value FROM :altered ORDER BY 1;
ALTER TABLE :altered ALTER COLUMN value TYPE text;
SELECT revision FROM schemaver.downgrade();
TABLE altered;

-- or has dropped one
SELECT revision FROM schemaver.upgrade();
SELECT kept_in AS altered FROM schemaver.kept() \gset
DROP TABLE :altered;
SELECT revision FROM schemaver.downgrade();
SELECT revision, size FROM schemaver.purge_kept();
SELECT revision FROM schemaver.downgrade();
TABLE altered;

-- a script cannot
SELECT revision FROM schemaver.upgrade();
SELECT kept_in AS altered FROM schemaver.kept() \gset
SELECT schemaver.revision('m', format('DROP TABLE %s', :'altered'), '', id => 'k2');
SELECT revision FROM schemaver.upgrade();
SELECT schemaver.edit('k2', 'SELECT schemaver.purge_kept()');
SELECT revision FROM schemaver.upgrade();
SELECT count(*) FROM schemaver.purge_kept();

DROP TABLE altered;
DROP EXTENSION schemaver;
