-- Does what export() writes make the same revisions elsewhere?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'
SELECT schemaver.revision('first', E'CREATE TABLE a (x int);\n', 'DROP TABLE a;', id => 'a1'),
	schemaver.revision(E'two\nlines, and a very long message that goes on and on ä', E'COPY a FROM stdin;\n1\n-- schemaver:down\n\\.\n', E'\n\nDELETE FROM a', id => $$it's"%s$$, branch_labels => '{web,ui}'),
	schemaver.revision('', '', id => 'c1', revises => '{}', depends_on => '{web,a1}', options => '{"irreversible": "because"}'),
	schemaver.revision('body', $r$CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $x$ SELECT '
-- schemaver:down
' $x$$r$, '', id => 'd1', revises => '{c1}', verify => 'SELECT true;');
SELECT schemaver.merge(id => 'm1');
SELECT name, content FROM schemaver.export() \gx
CREATE TEMP TABLE before AS SELECT s.* FROM schemaver.history() h, schemaver.show(h.revision) s;
CREATE TEMP TABLE files AS SELECT * FROM schemaver.export();

DROP EXTENSION schemaver;
CREATE EXTENSION schemaver;
-- children first: each load is a file of its own, so parents must come first; as one file the order is free
SELECT l.revision FROM files, schemaver.load(name, content) l ORDER BY name;
CREATE TEMP TABLE after AS SELECT s.* FROM schemaver.history() h, schemaver.show(h.revision) s;
SELECT count(*) AS same FROM (SELECT revision, revises, depends_on, branch_labels, message, checksum, up, down, verify, options FROM before
	INTERSECT SELECT revision, revises, depends_on, branch_labels, message, checksum, up, down, verify, options FROM after) d;
SELECT name FROM (SELECT * FROM schemaver.export() EXCEPT SELECT * FROM files) d;
SELECT l.revision FROM files, schemaver.load(name, content) l ORDER BY name;
DROP EXTENSION schemaver;
CREATE EXTENSION schemaver;
SELECT revision FROM schemaver.load('all.sql', (SELECT string_agg(content, '' ORDER BY name DESC) FROM files));
SELECT count(*) AS same FROM (SELECT content FROM schemaver.export() INTERSECT SELECT content FROM files) d;

-- ranges
SELECT range, (SELECT string_agg(name, ' ') FROM schemaver.export(range)) FROM unnest(ARRAY['a1', ':a1', 'web:', 'a1:web', 'c1:d1', 'heads', 'base:d1']) range;
SELECT schemaver.export('nowhere');
:code
SELECT schemaver.export('d1:a1');
:code
SELECT schemaver.export('');
:code
SELECT schemaver.export(NULL);
:code
-- what the format cannot say
SELECT schemaver.revision('m', E'SELECT 1;\n-- schemaver:down\nSELECT 2', id => 'x1');
SELECT schemaver.export('x1');
:code
DROP EXTENSION schemaver;
