-- Sqitch: is a change verified as Sqitch does, and where do errors of its scripts point?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SET client_min_messages = warning;
\set code '\\echo :SQLSTATE'

-- false and null are results like others; an error is a failure
CREATE FUNCTION files(verify text) RETURNS text LANGUAGE sql AS $$
SELECT format('-- schemaver:file sqitch.plan
%%project=demo

users 2026-01-02T03:04:05Z A <a@example.com>
-- schemaver:file deploy/users.sql
CREATE TABLE users (id int);
-- schemaver:file revert/users.sql
DROP TABLE users;
-- schemaver:file verify/users.sql
-- Verify users

%s
', verify) $$;
SELECT revision, action FROM schemaver.load('files', files('SELECT false; SELECT NULL::bool; ROLLBACK;'));
SELECT revision, options FROM schemaver.revision;
SELECT revision FROM schemaver.upgrade();
SELECT revision FROM schemaver.downgrade('base', allow_data_loss => true);
SELECT revision, action FROM schemaver.load('files', files('SELECT id FROM users; SELECT 1/count(*) FROM users;'));
SELECT revision FROM schemaver.upgrade();
:code

-- the file of each verify script, also behind an edit
SELECT * FROM schemaver.load('files', files('SELECT id FROM users WHERE;'));
SELECT * FROM schemaver.load('files', files('SELECT 1; VACUUM;'));
SELECT schemaver.edit('users', up => 'CREATE TABLE users ()');
SELECT revision FROM schemaver.upgrade();
SELECT schemaver.edit('users', verify => 'SELECT false; SELECT 1/0');
SELECT revision FROM schemaver.upgrade();

-- other revisions keep the rule; the option goes with export()
SELECT schemaver.edit('users', verify => 'SELECT false');
SELECT line FROM schemaver.export() e, regexp_split_to_table(e.content, E'\n') line WHERE line ~ 'options';
SELECT revision FROM schemaver.upgrade();
SELECT schemaver.revision('native', 'SELECT 1', '', id => 'n1', verify => 'SELECT false');
SELECT revision FROM schemaver.upgrade();
SELECT schemaver.edit('n1', options => '{"verify_by_error": 1}');
SELECT schemaver.edit('n1', options => '{"verify_by_error": true}');
SELECT revision FROM schemaver.upgrade();

-- a native file: its own name and line
SELECT revision FROM schemaver.load('n2.sql', E'-- schemaver:revision n2\n-- schemaver:up\nSELECT 2;\n-- schemaver:down\n-- schemaver:verify\n\nSELECT false;\n');
SELECT revision FROM schemaver.upgrade();
SELECT schemaver.edit('n2', verify => 'SELECT false');
SELECT revision FROM schemaver.upgrade();


-- conflicts: with what the plan has before it, and with what is registered
DROP EXTENSION schemaver;
CREATE EXTENSION schemaver;
CREATE FUNCTION plan(project text, VARIADIC changes text[]) RETURNS text LANGUAGE sql AS $$
	SELECT format(E'-- schemaver:file sqitch.plan\n%%project=%s\n\n%s\n%s', project,
		(SELECT string_agg(c || ' 2026-01-02T03:04:05Z A <a@example.com>', E'\n' ORDER BY n) FROM unnest(changes) WITH ORDINALITY x(c, n)),
		(SELECT string_agg(DISTINCT format(E'-- schemaver:file deploy/%s.sql\nSELECT 1;\n', split_part(c, ' ', 1)), '') FROM unnest(changes) c WHERE c !~ '^@')) $$;
SELECT revision FROM schemaver.load('p', plan('demo', 'a', 'b [a !a]'));
:code
SELECT revision FROM schemaver.load('p', plan('demo', 'a', '@v1', 'b [!demo:a@v1]'));
SELECT revision FROM schemaver.load('p', plan('demo', 'a', '@v1', 'b [!@v1]'));
SELECT revision FROM schemaver.load('p', plan('demo', 'a [!b !legacy !old:schema@v3]', 'b [demo:a]'), source => 'demo');
SELECT revision, depends_on FROM schemaver.revision ORDER BY 1;
SELECT revision FROM schemaver.load('p', plan('old', 'schema'), source => 'old');
SELECT revision FROM schemaver.load('p', plan('demo', 'a [!b !legacy !old:schema@v3]', 'b [demo:a]'), source => 'demo');
:code
SELECT action, finding FROM schemaver.load('p', plan('demo', 'a [!b !legacy !old:schema@v3]', 'b [demo:a]'), source => 'demo', validate => true);
-- what is applied stays as it is; a change behind it has its own list
SELECT revision FROM schemaver.upgrade('heads');
SELECT revision, action FROM schemaver.load('p', plan('demo', 'a [!b !legacy !old:schema@v3]', 'b [demo:a]'), source => 'demo');
SELECT revision, action FROM schemaver.load('p', plan('demo', 'a [!b !legacy !old:schema@v3]', 'b [demo:a]', 'c [!old:schema]'), source => 'demo');
-- so does what a baseline contains
DROP EXTENSION schemaver;
CREATE EXTENSION schemaver;
SELECT schemaver.baseline('base', id => 'b0') IS NOT NULL AS done;
SELECT revision, action FROM schemaver.load('p', plan('demo', 'a [!old:schema]', 'b [a]', 'c [b]'), source => 'demo', contained => 'b');
SELECT revision FROM schemaver.load('p', plan('old', 'schema'), source => 'old');
SELECT revision, action FROM schemaver.load('p', plan('demo', 'a [!old:schema]', 'b [a]', 'c [b]'), source => 'demo');
DROP EXTENSION schemaver;
DROP FUNCTION plan;
DROP FUNCTION files;
DROP TABLE users;
