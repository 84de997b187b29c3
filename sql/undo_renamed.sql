-- Undoing a revision whose table has another name since: the error says what may be the reason.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SELECT schemaver.revision('table', 'CREATE TABLE t (a int)', id => 'r1'),
	schemaver.revision('column', 'ALTER TABLE t ADD b int', 'ALTER TABLE t DROP b', id => 'r2');
SELECT count(*) FROM schemaver.upgrade();
ALTER TABLE t RENAME TO u;
SELECT revision FROM schemaver.undo('r2', allow_data_loss => true);
ALTER TABLE u RENAME TO t;
SELECT revision FROM schemaver.undo('r2', allow_data_loss => true);
DROP EXTENSION schemaver;
DROP TABLE t;
