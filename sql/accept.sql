-- Is a changed text of an applied revision taken when somebody says so, and noted?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'
SELECT action FROM schemaver.load('001_a.sql', 'CREATE TABLE a (x int);', source => 's');
SELECT revision AS a FROM schemaver.history() \gset
SELECT schemaver.revision('b', 'CREATE TABLE b ()', id => 'b1');
SELECT FROM schemaver.upgrade(:'a');
SELECT checksum AS before FROM schemaver.show(:'a') \gset
\set changed 'CREATE TABLE a (x integer);'
SELECT action FROM schemaver.load('001_a.sql', :'changed', source => 's');
:code

SELECT schemaver.accept(:'a', '', :'changed');
:code
SELECT schemaver.accept(:'a', 'the reason');
:code
SELECT schemaver.accept('b1', 'the reason', 'CREATE TABLE c ()');
:code
SELECT schemaver.accept(:'a', 'the reason', 'CREATE TABLE z ()', name => '002_z.sql');
:code
SELECT schemaver.accept('nowhere', 'the reason');
:code
SELECT schemaver.accept(:'a', 'written as the server prints it', :'changed') = :'a' AS accepted;
SELECT command, target = :'a' AS of_it, outcome, role = current_user AS by_us,
	replace(replace(note, :'before', 'BEFORE'), (SELECT checksum FROM schemaver.show(:'a')), 'AFTER') AS note
	FROM schemaver.run ORDER BY run DESC LIMIT 1;
SELECT up, down_is_derived FROM schemaver.show(:'a');
SELECT revision = :'a' AS of_it, state FROM schemaver.status(true);
SELECT action FROM schemaver.load('001_a.sql', :'changed', source => 's');

-- only this revision is taken from many files, and what was derived still undoes it
SELECT schemaver.accept(:'a', 'again', E'-- schemaver:file 001_a.sql\nCREATE TABLE a (x int4);\n-- schemaver:file 009_z.sql\nCREATE TABLE z ();\n') = :'a' AS accepted;
SELECT count(*) FROM schemaver.history();
SELECT count(*) FROM schemaver.downgrade('base');
SELECT to_regclass('a');

-- message and labels of an applied revision, nothing else
SELECT FROM schemaver.upgrade('heads');
SELECT schemaver.edit('b1', message => 'beta', branch_labels => '{second}');
SELECT revision, message, branch_labels, down_is_derived FROM schemaver.show('second');
SELECT command, target, note FROM schemaver.run ORDER BY run DESC LIMIT 1;
\set VERBOSITY terse
SELECT schemaver.edit('b1', message => 'c', up => 'SELECT 1');
:code
SELECT schemaver.tag('v1', 'b1'), schemaver.untag('v1');
SELECT count(*) FROM schemaver.downgrade('base');
DROP EXTENSION schemaver;
