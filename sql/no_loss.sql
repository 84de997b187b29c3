-- Does text that schemaver writes by itself lose anything that nobody allowed it to lose?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set VERBOSITY terse
\set code '\\echo :SQLSTATE'

-- a text without a statement is no wish to drop everything
CREATE TABLE t (id int PRIMARY KEY, a text);
INSERT INTO t VALUES (1, 'one');
SELECT schemaver.autogenerate('lost file', '');
:code
SELECT schemaver.autogenerate('lost file', '-- nothing');
SELECT sql FROM schemaver.diff('');

-- rows are refused, however they come; other tools' version tables are left out
SELECT sql FROM schemaver.diff('CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t VALUES (2, $$two$$);');
SELECT sql FROM schemaver.diff('CREATE TABLE t (id int PRIMARY KEY, a text); UPDATE t SET a = NULL;');
SELECT sql FROM schemaver.diff('CREATE TABLE t (id int PRIMARY KEY, a text); WITH x AS (INSERT INTO t VALUES (2) RETURNING id) SELECT * FROM x;');
SELECT sql FROM schemaver.diff(E'CREATE TABLE t (id int PRIMARY KEY, a text);\nCOPY t FROM stdin;\n2\ttwo\n\\.\n');
SELECT sql FROM schemaver.diff('CREATE TABLE t (id int PRIMARY KEY, a text); DO $$ BEGIN INSERT INTO t VALUES (2); END $$;');
SELECT sql FROM schemaver.diff('CREATE TABLE t AS SELECT 1 AS id');
SELECT sql FROM schemaver.diff('CREATE TABLE t (id int PRIMARY KEY, a text); CREATE TABLE schema_migrations (version text);
	INSERT INTO "schema_migrations" (version) VALUES (''1''), (''2'');');

-- CONCURRENTLY is not there
SELECT sql FROM schemaver.diff('CREATE TABLE t (id int PRIMARY KEY, a text); CREATE INDEX CONCURRENTLY t_a ON t (a);
	CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n FROM t; CREATE UNIQUE INDEX CONCURRENTLY m_n ON m (n); REFRESH MATERIALIZED VIEW CONCURRENTLY m;');

-- what would be lost is allowed in the very call, or not
SELECT schemaver.autogenerate('drop', 'CREATE TABLE t (id int PRIMARY KEY)');
:code
SELECT schemaver.autogenerate('drop', 'CREATE SCHEMA public');
CREATE TYPE mood AS ENUM ('sad', 'so', 'glad');
CREATE TABLE felt (m mood);
SELECT schemaver.autogenerate('value', 'CREATE TABLE t (id int PRIMARY KEY, a text); CREATE TYPE mood AS ENUM (''sad'', ''glad''); CREATE TABLE felt (m mood);');
SELECT schemaver.autogenerate('parts', 'CREATE TABLE t (id int PRIMARY KEY, a text) PARTITION BY RANGE (id); CREATE TYPE mood AS ENUM (''sad'', ''so'', ''glad''); CREATE TABLE felt (m mood);');
DROP TABLE felt;
DROP TYPE mood;
SELECT schemaver.autogenerate('drop', 'CREATE TABLE t (id int PRIMARY KEY)', allow_data_loss => true, id => 'd1') AS id;
SELECT schemaver.remove('d1');

-- a probable rename is an error with the line to write
\set VERBOSITY default
SELECT schemaver.autogenerate('rename', 'CREATE TABLE t (id int PRIMARY KEY, b text)');
\set VERBOSITY terse
SELECT schemaver.autogenerate('rename', E'CREATE TABLE t (id int PRIMARY KEY,\n-- renamed from a\nb text)', id => 'r1', branch_labels => '{names}') AS id;
SELECT up, down, branch_labels FROM schemaver.show('r1');

-- pending and drift; where nothing was applied and nothing is kept, a warning does
SELECT schemaver.autogenerate('two', 'CREATE TABLE t (id int PRIMARY KEY, a text); CREATE TABLE u (id int)', id => 'r2') AS id;
SELECT schemaver.remove('r2');
SELECT revision FROM schemaver.upgrade();
SELECT schemaver.revision('wait', 'CREATE TABLE w (id int)', id => 'r3');
SELECT schemaver.autogenerate('two', 'CREATE TABLE t (id int PRIMARY KEY, b text); CREATE TABLE u (id int)');
:code
SELECT schemaver.remove('r3');
CREATE TABLE hand (id int);
SELECT schemaver.autogenerate('two', 'CREATE TABLE t (id int PRIMARY KEY, b text); CREATE TABLE hand (id int); CREATE TABLE u (id int)');
:code
SELECT schemaver.autogenerate('two', 'CREATE TABLE t (id int PRIMARY KEY, b text); CREATE TABLE hand (id int); CREATE TABLE u (id int)',
	accept_drift => true, id => 'r3') AS id;
SELECT schemaver.remove('r3');
DROP TABLE hand;

-- capture() of something dropped by hand
ALTER TABLE t DROP COLUMN b;
SELECT schemaver.capture('gone');
:code
SELECT schemaver.capture('gone', id => 'c1', allow_data_loss => true);

-- squash() whose shortest script drops what stood before
DROP TABLE t;
DROP EXTENSION schemaver;
DROP SCHEMA schemaver;
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SELECT schemaver.revision('keep', 'CREATE TABLE k (id int, v text);', id => 's1');
SELECT schemaver.revision('one', 'CREATE TABLE k2 (id int);', id => 's2');
SELECT schemaver.revision('two', 'DROP TABLE k;', id => 's3');
SELECT revision FROM schemaver.upgrade();
SELECT schemaver.squash('s2:s3', 'both');
:code
SELECT schemaver.squash('s2:s3', 'both', id => 's4', allow_data_loss => true);
DROP TABLE k2;
DROP EXTENSION schemaver;
DROP SCHEMA schemaver;

-- a baseline is irreversible unless asked otherwise
CREATE TABLE old (id int);
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SELECT schemaver.baseline(id => 'b1');
SELECT revision FROM schemaver.downgrade('base');
:code
SELECT options, down FROM schemaver.show('b1');
DROP EXTENSION schemaver;
DROP SCHEMA schemaver;
CREATE EXTENSION schemaver;
SELECT schemaver.baseline(id => 'b1', reversible => true);
SELECT options, down FROM schemaver.show('b1');
DROP TABLE old;
DROP EXTENSION schemaver;
DROP SCHEMA schemaver;
