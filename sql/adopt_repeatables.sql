-- Are a tool's rows of texts that run again when they change taken over?
CREATE EXTENSION schemaver;
\pset null -
SET schemaver.progress = off;
CREATE TABLE flyway_schema_history (installed_rank int PRIMARY KEY, version varchar(50),
	description varchar(200) NOT NULL, type varchar(20) NOT NULL, script varchar(1000) NOT NULL, checksum int,
	installed_by varchar(100) NOT NULL, installed_on timestamp NOT NULL DEFAULT now(),
	execution_time int NOT NULL, success boolean NOT NULL);
CREATE TABLE a (x int);
CREATE VIEW v2 AS SELECT x FROM a;
CREATE VIEW v1 AS SELECT x FROM v2;
INSERT INTO a VALUES (1);
INSERT INTO flyway_schema_history VALUES
	(1, '1', 'a', 'SQL', 'V1__a.sql', NULL, 'ann', '2026-01-01', 1, true),
	(2, NULL, 'v2', 'SQL', 'R__v2.sql', NULL, 'ann', '2026-01-01', 1, true),
	(3, NULL, 'v1', 'SQL', 'R__v1.sql', 7, 'ann', '2026-01-01', 1, true),
	(4, NULL, 'row of a', 'SQL', 'R__row_of_a.sql', 2094847657, 'ann', '2026-01-01', 1, true),
	(5, NULL, 'gone', 'SQL', 'R__gone.sql', NULL, 'ann', '2026-01-01', 1, true);
SELECT action FROM schemaver.load('folder', '-- schemaver:file V1__a.sql
CREATE TABLE a (x int);
-- schemaver:file R__v2.sql
CREATE OR REPLACE VIEW v2 AS SELECT x FROM a;
-- schemaver:file R__v1.sql
CREATE OR REPLACE VIEW v1 AS SELECT x FROM v2;
-- schemaver:file R__row_of_a.sql
INSERT INTO a VALUES (1);
');
SELECT migration, revision, state, finding FROM schemaver.adopt();
\set VERBOSITY terse
SELECT * FROM schemaver.adopt(dry_run => false);
\set VERBOSITY default
SELECT count(*) FROM schemaver.adopt(dry_run => false, verify => true, accept => '{unknown}');
-- what only replaces runs again; rows are not inserted twice
SELECT revision FROM schemaver.upgrade();
SELECT count(*) FROM a;
SELECT identity FROM schemaver.drift();
SELECT revision FROM schemaver.upgrade();
DROP EXTENSION schemaver;
DROP TABLE a CASCADE;
DROP TABLE flyway_schema_history;
