-- What does load() make of a file, the first time and again?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'
\set file '-- schemaver:revision a1\n-- schemaver:message add a\n-- schemaver:branch_labels web\n-- schemaver:revises\n-- schemaver:up\nCREATE TABLE a (x int);\n-- schemaver:down\nDROP TABLE a;\n'

-- native: several revisions in one file, children first
SELECT revision FROM schemaver.load('a.sql', '-- schemaver:revision a2
-- schemaver:message two
-- schemaver:message lines
-- schemaver:revises a1
-- schemaver:depends_on b1
-- schemaver:up
ALTER TABLE a ADD y int;
-- schemaver:verify
SELECT count(y) = 0 FROM a;
-- schemaver:down
ALTER TABLE a DROP y;
-- schemaver:revision b1
-- schemaver:revises
-- schemaver:options {"irreversible": "it is for ever"}
-- schemaver:up
CREATE TABLE b (x int);
' || :'file');
SELECT h.revision, s.message, s.revises, s.depends_on, s.branch_labels, s.options, s.up, s.down, s.verify, s.file
FROM schemaver.history() h, schemaver.show(h.revision) s ORDER BY 1 \gx

-- the same again changes nothing
SELECT xmin AS before FROM schemaver.revision WHERE revision = 'a1' \gset
SELECT revision FROM schemaver.load('a.sql', :'file');
SELECT xmin = :'before' AS untouched FROM schemaver.revision WHERE revision = 'a1';

-- other text of a revision that is not applied: an update
SELECT revision FROM schemaver.load('a.sql', replace(:'file', 'x int', 'x bigint'));
SELECT up FROM schemaver.show('a1');

-- of an applied one: SV013
SELECT revision FROM schemaver.upgrade('a1');
SELECT revision FROM schemaver.load('a.sql', :'file');
:code
\set VERBOSITY terse
SELECT revision FROM schemaver.load('a.sql', replace(replace(:'file', 'x int', 'x bigint'), 'DROP TABLE a', 'DROP TABLE a CASCADE'));
:code
\set VERBOSITY default
-- unless only what was not executed is another
SELECT revision FROM schemaver.load('a.sql', replace(replace(replace(:'file', 'x int', 'x bigint'), 'add a', 'add table a'), 'web', 'shop'));
SELECT message, branch_labels FROM schemaver.show('a1');

-- a revision that is inserted below an applied one is pending
SELECT revision FROM schemaver.upgrade('heads');
SELECT revision FROM schemaver.load('a.sql', '-- schemaver:revision a0
-- schemaver:revises
-- schemaver:up
CREATE TABLE a0 (x int);
' || replace(replace(replace(:'file', 'x int', 'x bigint'), 'schemaver:revises', 'schemaver:revises a0'), 'web', 'shop'));
SELECT revision, revises FROM schemaver.history() ORDER BY 1;
SELECT revision, state FROM schemaver.status(true);
SELECT schemaver.check();
:code
SELECT revision FROM schemaver.plan('heads');
SELECT revision FROM schemaver.upgrade('heads');
SELECT schemaver.check();
SELECT schemaver.merge(id => 'm1');

-- pairs, one file after the other
SELECT revision FROM schemaver.load('0007_add_c.up.sql', 'CREATE TABLE c (x int);');
SELECT revision FROM schemaver.load('0007_add_c.down.sql', 'DROP TABLE c;');
SELECT revision FROM schemaver.load('m/2020-01-02-030405_add_d/up.sql', 'CREATE TABLE d (x int);');
SELECT revision FROM schemaver.load('0008_none.down.sql', 'DROP TABLE c;');
:code
SELECT h.revision, h.revises, s.message, s.up, s.down, s.file FROM schemaver.history('0007', 'head') h, schemaver.show(h.revision) s;
SELECT revision FROM schemaver.load('0007_add_c.up.sql', 'CREATE TABLE c (x int);');
SELECT down FROM schemaver.show('0007');

-- plain, only when it is asked for
SELECT revision FROM schemaver.load('add_e.sql', 'CREATE TABLE e (x int)');
:code
SELECT revision FROM schemaver.load('add_e.sql', 'CREATE TABLE e (x int)', 'plain');
SELECT revision FROM schemaver.load('e', 'CREATE TABLE e (x int)', 'flyweg');
:code
SELECT revision FROM schemaver.load('e.sql', 'CREATE TABLE e (x int)', 'native');
:code
SELECT revision FROM schemaver.load('e.sql', 'CREATE TABLE e (x int)', 'pairs');
:code
SELECT revision, message FROM schemaver.resolve('head');

-- a byte order mark is no text
SELECT revision FROM schemaver.load('bom.sql', E'\uFEFF-- schemaver:revision bom1\n-- schemaver:up\nSELECT 1;\n');
SELECT up FROM schemaver.show('bom1');

-- errors say the file and its line
SELECT revision FROM schemaver.load('x.sql', E'-- schemaver:revision x1\n-- schemaver:up\nSELECT 1;\nSELEC 2;\n-- schemaver:down\n');
:code
SELECT revision FROM schemaver.load('x.sql', E'-- schemaver:revision x1\n-- schemaver:up\n-- schemaver:down\n\n\nDROP TABEL x;\n');
SELECT revision FROM schemaver.load('x.sql', E'-- schemaver:revision x1\n-- schemaver:upp\nSELECT 1;\n');
:code
SELECT revision FROM schemaver.load('x.sql', E'-- schemaver:revision x1\nSELECT 1;\n');
SELECT revision FROM schemaver.load('x.sql', E'-- schemaver:revision x1\n-- schemaver:message m\n');
SELECT revision FROM schemaver.load('x.sql', E'-- schemaver:revision x 1\n-- schemaver:up\n');
:code
SELECT revision FROM schemaver.load('x.sql', E'-- schemaver:revision x1\n-- schemaver:up\n-- schemaver:revision x1\n-- schemaver:up\n');
:code
SELECT revision FROM schemaver.load('x.sql', E'-- schemaver:revision x1\n-- schemaver:revises nowhere\n-- schemaver:up\n');
:code
-- all or nothing
SELECT revision FROM schemaver.load('x.sql', E'-- schemaver:revision x1\n-- schemaver:up\n-- schemaver:revision x2\n-- schemaver:revises x1\n-- schemaver:up\nSELEC\n');
SELECT revision FROM schemaver.heads();
SELECT revision FROM schemaver.load('empty.sql', '');
:code
SELECT revision FROM schemaver.load(NULL, '');
:code
SELECT revision FROM schemaver.load('x.sql', NULL);
:code

-- a revision of a folder needs an id; a mark behind SQL begins none
SELECT revision FROM schemaver.load('x', E'-- schemaver:file 1.sql\n-- schemaver:revision n1\n-- schemaver:up\n-- schemaver:file 2.sql\n-- schemaver:up\nSELECT 1;\n');
:code
SELECT revision FROM schemaver.load('x', E'-- schemaver:revision n1\n-- schemaver:up\nSELECT 1;  -- schemaver:revision n2\n-- schemaver:up\nSELECT 2;', format => 'native');
SELECT revision FROM schemaver.load('x', E'-- schemaver:revision n1\n-- schemaver:up\nSELECT 1;\n-- schemaver:up\nSELECT 2;', format => 'native');

DROP EXTENSION schemaver;
DROP TABLE a0, a, b;
