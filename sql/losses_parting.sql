-- A partition that is detached before its table is dropped is no loss.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SET client_min_messages = error;
\set VERBOSITY terse
CREATE TABLE m (k int, x int) PARTITION BY LIST (k);
CREATE TABLE m_a PARTITION OF m FOR VALUES IN (1);
CREATE TABLE m_b PARTITION OF m FOR VALUES IN (2) PARTITION BY RANGE (x);
CREATE TABLE m_b_c PARTITION OF m_b FOR VALUES FROM (1) TO (10);
INSERT INTO m VALUES (1, 1), (2, 2);
CREATE TABLE p (a int, b int);
CREATE TABLE c () INHERITS (p);
INSERT INTO c VALUES (1, 1);

-- does a down lose something?
CREATE FUNCTION try(down text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	id text := schemaver.revision('m', '', down);
BEGIN
	PERFORM schemaver.upgrade();
	BEGIN
		PERFORM schemaver.downgrade();
		RAISE EXCEPTION 'runs' USING ERRCODE = 'ZZ001';
	EXCEPTION
		WHEN SQLSTATE 'ZZ001' THEN PERFORM schemaver.stamp('base'); PERFORM schemaver.remove(id); RETURN 'runs';
		WHEN SQLSTATE 'SV016' THEN PERFORM schemaver.stamp('base'); PERFORM schemaver.remove(id); RETURN 'refused';
	END;
END $$;
SELECT try('ALTER TABLE m DETACH PARTITION m_a; ALTER TABLE m DETACH PARTITION m_b; DROP TABLE m');
SELECT try('ALTER TABLE m DETACH PARTITION m_a; DROP TABLE m');
SELECT try('ALTER TABLE m DETACH PARTITION m_b; DROP TABLE m');
SELECT try('ALTER TABLE m DETACH PARTITION m_a; DROP TABLE m_a');
SELECT try('ALTER TABLE m DETACH PARTITION m_b; DROP TABLE m_b_c');
SELECT try('ALTER TABLE m DETACH PARTITION m_b; DROP TABLE m_b');
SELECT try('ALTER TABLE p DROP COLUMN b');
SELECT try('ALTER TABLE c NO INHERIT p; ALTER TABLE p DROP COLUMN b');
SELECT try('ALTER TABLE c NO INHERIT p; ALTER TABLE c DROP COLUMN b');

DROP EXTENSION schemaver;
DROP FUNCTION try;
DROP TABLE m, c, p;
