-- A table is re-created in place of the old one: is a column whose values are not taken over named as lost, whatever its name?
\set VERBOSITY terse
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE TABLE t (k int, a int);
INSERT INTO t VALUES (1, 1), (2, 2);
SELECT schemaver.revision('other k', 'ALTER TABLE t DROP COLUMN k; ALTER TABLE t ADD COLUMN k int', id => 'r1');
SELECT revision FROM schemaver.upgrade();
UPDATE t SET k = 7;
SELECT down FROM schemaver.show('r1');
SELECT loses FROM schemaver.plan('-1', 'downgrade');
SELECT revision FROM schemaver.downgrade();
SELECT * FROM t;
UPDATE t SET k = NULL;
SELECT revision FROM schemaver.downgrade();
SELECT * FROM t;

-- written by hand: a column that goes on under another name, one that is forgotten, all by a star
CREATE TABLE h (a int, b int, c int);
INSERT INTO h VALUES (1, 2, 3);
SELECT schemaver.revision('hand', 'SELECT', $$ALTER TABLE h RENAME TO old; CREATE TABLE h (x int, b int, c int);
    INSERT INTO h (x, c) SELECT o.a + 1, abs(c) FROM old o; DROP TABLE old$$, id => 'r2');
SELECT schemaver.revision('star', 'SELECT', $$ALTER TABLE h RENAME TO old; CREATE TABLE h (x int, y int, c int);
    INSERT INTO h SELECT * FROM old; DROP TABLE old$$, id => 'r3');
SELECT revision FROM schemaver.upgrade();
SELECT revision, loses FROM schemaver.plan('r1', 'downgrade');

DROP TABLE t, h;
DROP EXTENSION schemaver;
