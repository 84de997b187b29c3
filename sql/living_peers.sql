-- Do Flyway's R files and Liquibase's runOnChange and runAlways behave as there, and where not?
\set VERBOSITY terse
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'
\set versions '-- schemaver:file V1__t.sql\nCREATE TABLE t (id int);\n-- schemaver:file V2__u.sql\nCREATE TABLE u (id int);\n'
\set first '-- schemaver:file R__a_first.sql\nCREATE OR REPLACE VIEW first AS SELECT * FROM second;\n'
\set second '-- schemaver:file R__b_second.sql\nCREATE OR REPLACE VIEW second AS SELECT id, ''''${color}'''' AS color FROM t; -- ${nobody}\n'
\set all 'E''' :versions :first :second ''''

-- behind the versions, also those up to a target; in the order of their needs, not of their names
SELECT * FROM schemaver.load('m', :all, format => 'flyway', variables => '{"color": "red"}');
SELECT revision FROM schemaver.upgrade('1');
SELECT revision FROM schemaver.upgrade();
SELECT count(*) FROM schemaver.upgrade();
INSERT INTO t VALUES (1);
SELECT * FROM first;

-- another value is another text, as is each time
SELECT * FROM schemaver.load('m', :all, format => 'flyway', variables => '{"color": "red"}');
SELECT * FROM schemaver.load('m', :all, format => 'flyway', variables => '{"color": "it''s blue"}');
SELECT revision FROM schemaver.upgrade();
SELECT * FROM first;
SELECT * FROM schemaver.load('m', :all, format => 'flyway');
:code
SELECT * FROM schemaver.load('m', :all, format => 'flyway', variables => '{"color": {"value": "hidden", "secret": true}}');
:code
CALL schemaver.deploy(:all, format => 'flyway', variables => '{"color": "green"}');
SELECT * FROM first;

-- a file that is gone drops nothing
\set all 'E''' :versions :first ''''
SELECT * FROM schemaver.load('m', :all, format => 'flyway');
SELECT count(*) FROM schemaver.upgrade();
SELECT * FROM first;
DROP VIEW first, second;
DROP TABLE t, u;
DROP EXTENSION schemaver;

-- Liquibase: between the changesets there, behind them here
CREATE EXTENSION schemaver;
\set text '-- schemaver:file c.sql\n--liquibase formatted sql\n--changeset ann:1\nCREATE TABLE t (id int);\n--changeset ann:view runOnChange:true\nCREATE OR REPLACE VIEW v AS SELECT id, ''''${one}'''' AS one FROM t;\n--changeset ann:always runAlways:true\nINSERT INTO t VALUES (1);\n--changeset ann:2\nCREATE TABLE u (id int);\n'
\set text 'E''' :text ''''
SELECT * FROM schemaver.load('c', :text, variables => '{"one": "x"}');
SELECT revision FROM schemaver.upgrade();
SELECT revision FROM schemaver.upgrade();
SELECT revision, action FROM schemaver.load('c', :text, variables => '{"one": "y"}');
SELECT revision FROM schemaver.upgrade();
SELECT one, count(*) FROM v GROUP BY one;
SELECT schemaver.check();
DROP EXTENSION schemaver;
DROP VIEW v;
DROP TABLE t, u;
