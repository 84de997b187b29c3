-- Do Sqitch's scripts mean what psql makes of them, and are they found where sqitch.conf says?
CREATE EXTENSION schemaver;
\pset null -
CREATE FUNCTION read(files text) RETURNS TABLE (id text, up text, down text) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM schemaver.load('folder', files);
	RETURN QUERY SELECT r.revision, s.up, s.down FROM schemaver.revision r JOIN schemaver.script s USING (revision) ORDER BY r.position;
	DELETE FROM schemaver.revision;
	DELETE FROM schemaver.revision_child;
	DELETE FROM schemaver.script;
	DELETE FROM schemaver.loaded;
	DELETE FROM schemaver.tag;
EXCEPTION WHEN OTHERS THEN
	RETURN QUERY SELECT SQLSTATE, SQLERRM, '';
END$$;
CREATE FUNCTION plan(deploy text, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
	SELECT format(E'-- schemaver:file sqitch.plan\n%%project=demo\n\na 2026-01-02T03:04:05Z A <a@example.com>\n'
		'-- schemaver:file deploy/a.sql\n%s\n%s', deploy, more) $$;
-- \i begins where Sqitch is called, \ir at the file; what is included can include
SELECT * FROM read(plan(E'BEGIN;\n\\i lib/one.sql\n\\ir ../lib/two.sql\nCOMMIT;\n',
	E'-- schemaver:file lib/one.sql\nCREATE TABLE one ();\n-- schemaver:file lib/two.sql\nCREATE TABLE two ();\n\\ir three.sql\n'
	'-- schemaver:file lib/three.sql\nCREATE TABLE three ();\n'));
SELECT * FROM read(plan(E'\n\\i lib/none.sql\n'));
SELECT * FROM read(plan(E'\\i /etc/passwd\n'));
SELECT * FROM read(plan(E'\\ir a.sql\n'));
-- \set: as it is, as a constant, as a name; not in constants and comments; the rest are variables of the run
SELECT * FROM read(plan(E'\\set n 5\n\\set t ''it''''s "x"''\n\\set both :n a ''b c''\n'
	'SELECT :n, :''t'', :"t", '':n'', 1::int, :''both'', :other -- :n\n;\n\\set n 6\nSELECT :n, $$:n$$;\n'));
SELECT * FROM read(plan(E'\n\\set n `date`\n'));
SELECT * FROM read(plan(E'\n\\set n ''x\n'));
SELECT * FROM read(plan(E'\\set t ''x y''\nCREATE TABLE :"t" (id int);\nCREATE TABLE :s (id int);\n'));
SELECT * FROM read(plan(E'SELECT 1;\n\\if true\nSELECT 2;\n\\endif\n'));
-- folders of sqitch.conf begin at its own, those of the engine count
SELECT * FROM read('-- schemaver:file sqitch.conf
[core]
	engine = pg
	top_dir = db
	deploy_dir = other ; not this one
	reworked_dir = "old"
[engine "pg"]
	deploy_dir = new/up
-- schemaver:file db/sqitch.plan
%project=demo

a 2026-01-02T03:04:05Z A <a@example.com>
@v1 2026-01-02T03:04:05Z A <a@example.com>
a [a@v1] 2026-01-02T03:04:06Z A <a@example.com>
-- schemaver:file new/up/a.sql
SELECT 2;
-- schemaver:file old/deploy/a@v1.sql
SELECT 1;
-- schemaver:file db/revert/a.sql
SELECT -2;
-- schemaver:file old/revert/a@v1.sql
SELECT -1;
');
DROP FUNCTION read, plan;
DROP EXTENSION schemaver;
