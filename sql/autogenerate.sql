-- Does autogenerate() register what is proven, and nothing else?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'
CREATE TABLE t (id int PRIMARY KEY, a text);
INSERT INTO t VALUES (1, 'one');
SELECT schemaver.autogenerate('nothing', 'CREATE TABLE t (id int PRIMARY KEY, a text)') IS NULL AS nothing_to_do;
SELECT count(*) FROM schemaver.status(true);

SELECT schemaver.fingerprint() AS before \gset
SELECT schemaver.autogenerate('grow', 'CREATE TABLE t (id bigint PRIMARY KEY, a text NOT NULL DEFAULT ''''); CREATE VIEW v AS SELECT count(*) AS n FROM t;') IS NOT NULL AS registered;
SELECT up, down FROM schemaver.show('head');
SELECT direction, statements FROM schemaver.upgrade();
SELECT count(*) FROM schemaver.diff('CREATE TABLE t (id bigint PRIMARY KEY, a text NOT NULL DEFAULT ''''); CREATE VIEW v AS SELECT count(*) AS n FROM t;');
SELECT * FROM t;
SELECT direction, statements FROM schemaver.downgrade();
SELECT schemaver.fingerprint() = :'before' AS restored;

-- what cannot be proven is not registered
SELECT count(*) FROM (SELECT schemaver.remove(revision) FROM schemaver.status(true)) s;
SELECT schemaver.autogenerate('broken', 'CREATE TABLE t (id int PRIMARY KEY, a text); CREATE VIEW v AS SELECT nope FROM t');
:code
SELECT count(*) FROM schemaver.status(true);
SELECT nspname FROM pg_namespace WHERE nspname LIKE 'schemaver\_hidden%';
DROP TABLE t;
DROP EXTENSION schemaver;
DROP SCHEMA schemaver;
