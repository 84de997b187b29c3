-- What does revision() register, and what is the state afterwards?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;

-- only message and up are required; an id is made
SELECT length(schemaver.revision('first', 'CREATE TABLE a (x int)')) AS id_length;
SELECT schemaver.revision(message => 'second', up => 'CREATE TABLE b (x int)', down => 'DROP TABLE b', id => 'b2',
						  branch_labels => '{web}', verify => 'SELECT true', options => '{}');

-- NULL revises: the only head; {}: a new base
SELECT message, cardinality(revises) AS parents, notes FROM schemaver.history();
SELECT schemaver.revision('other base', '', id => 'c3', revises => '{}', depends_on => '{b2}');
SELECT revision, revises, notes FROM schemaver.history(to_ref => 'c3') WHERE revision = 'c3';
SELECT revision, message, branch_labels, applied, effective FROM schemaver.heads();
SELECT message, applied FROM schemaver.bases();
SELECT * FROM schemaver.current();

-- show() gives back what was given
SELECT message, revises = ARRAY[(SELECT revision FROM schemaver.history() WHERE message = 'first')] AS revises,
	depends_on, branch_labels, options, length(checksum) AS checksum_length, up, down, verify, file,
	created_at = now() IS NOT NULL AS created, created_by = current_user AS by_me, applied_at, applied_by, elapsed
FROM schemaver.show('b2') \gx

-- the checksum is over the statements: not the message, not what stands between them
SELECT schemaver.revision('x', 'CREATE TABLE d (x int); -- a comment', id => 'd1', revises => '{c3}');
SELECT schemaver.revision('y', E'/* none */\r\n\r\nCREATE TABLE d (x int)', id => 'd2', revises => '{d1}');
SELECT schemaver.revision('x', 'CREATE TABLE d (x int, y int)', id => 'd3', revises => '{d2}');
SELECT schemaver.revision('x', 'CREATE TABLE d (x int)', 'DROP TABLE d', id => 'd4', revises => '{d3}');
SELECT (SELECT checksum FROM schemaver.show('d1')) = (SELECT checksum FROM schemaver.show('d2')) AS same_statements,
	   (SELECT checksum FROM schemaver.show('d1')) = (SELECT checksum FROM schemaver.show('d3')) AS other_statement,
	   (SELECT checksum FROM schemaver.show('d1')) = (SELECT checksum FROM schemaver.show('d4')) AS has_a_down;

DROP EXTENSION schemaver;
