-- When are deferred constraints checked, and what mode do they have then?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'

-- violated and repaired within a revision; pending events do not block the next one
SELECT schemaver.revision('tables', 'CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int, p int, CONSTRAINT c_p FOREIGN KEY (p) REFERENCES p DEFERRABLE INITIALLY DEFERRED)', 'DROP TABLE c, p', id => 'd1'),
	schemaver.revision('child first', 'INSERT INTO c VALUES (1, 1); INSERT INTO p VALUES (1)', 'DELETE FROM p WHERE id = 1; DELETE FROM c', id => 'd2'),
	schemaver.revision('needs no pending events', 'ALTER TABLE c ADD z int; ALTER TABLE p ADD z int', 'ALTER TABLE c DROP z; ALTER TABLE p DROP z', id => 'd3'),
	schemaver.revision('child first again', 'INSERT INTO c VALUES (2, 2); INSERT INTO p VALUES (2)', 'DELETE FROM p WHERE id = 2; DELETE FROM c WHERE id = 2', id => 'd4'),
	schemaver.revision('a new one, too', 'CREATE TABLE c2 (p int, CONSTRAINT c2_p FOREIGN KEY (p) REFERENCES p DEFERRABLE INITIALLY DEFERRED); INSERT INTO c2 VALUES (3); INSERT INTO p VALUES (3)', 'DROP TABLE c2; DELETE FROM p WHERE id = 3', id => 'd5'),
	schemaver.revision('also later', 'INSERT INTO c2 VALUES (4); INSERT INTO p VALUES (4)', 'DELETE FROM p WHERE id = 4; DELETE FROM c2 WHERE p = 4', id => 'd6');
SELECT revision FROM schemaver.upgrade();
SELECT count(*) FROM c, p WHERE c.p = p.id;
SELECT revision FROM schemaver.downgrade('base', allow_data_loss => true);
SELECT revision FROM schemaver.upgrade();

-- violated at the end: the error names the revision
SELECT schemaver.revision('violates', 'INSERT INTO c VALUES (9, 9);', id => 'e1'), schemaver.revision('too late', 'INSERT INTO p VALUES (9)', id => 'e2');
SELECT revision FROM schemaver.upgrade();
:code
SELECT revision FROM schemaver.current();
SELECT schemaver.remove('e2'), schemaver.remove('e1');

-- a script that chooses the mode itself; afterwards each constraint has its own again
SELECT schemaver.revision('immediate', 'SET CONSTRAINTS ALL IMMEDIATE; INSERT INTO p VALUES (10); INSERT INTO c VALUES (10, 10)', id => 'f1'),
	schemaver.revision('deferred as declared', 'INSERT INTO c VALUES (11, 11); INSERT INTO p VALUES (11)', id => 'f2'),
	schemaver.revision('initially immediate', 'CREATE TABLE u (x int CONSTRAINT u_x UNIQUE DEFERRABLE INITIALLY IMMEDIATE); INSERT INTO u VALUES (1), (2)', id => 'f3'),
	schemaver.revision('deferred for once', 'SET CONSTRAINTS ALL DEFERRED; INSERT INTO u VALUES (1); DELETE FROM u', id => 'f4'),
	schemaver.revision('immediate again', $r$DO $x$ BEGIN INSERT INTO u VALUES (5); INSERT INTO u VALUES (5); RAISE EXCEPTION 'u is deferred'; EXCEPTION WHEN unique_violation THEN NULL; END $x$$r$, id => 'f5'),
	schemaver.revision('deferred in a block', 'DO $x$ BEGIN SET CONSTRAINTS ALL DEFERRED; END $x$', id => 'f6'),
	schemaver.revision('immediate again', $r$DO $x$ BEGIN INSERT INTO u VALUES (5); INSERT INTO u VALUES (5); RAISE EXCEPTION 'u is deferred'; EXCEPTION WHEN unique_violation THEN NULL; END $x$$r$, id => 'f7'),
	schemaver.revision('a new one is immediate', $r$CREATE TABLE u2 (x int UNIQUE DEFERRABLE); INSERT INTO c VALUES (12, 12); INSERT INTO p VALUES (12);
	DO $x$ BEGIN INSERT INTO u2 VALUES (5); INSERT INTO u2 VALUES (5); RAISE EXCEPTION 'u2 is deferred'; EXCEPTION WHEN unique_violation THEN NULL; END $x$$r$, id => 'f8'),
	schemaver.revision('the chosen mode outlives DDL', 'SET CONSTRAINTS u_x DEFERRED; CREATE TABLE u3 (x int UNIQUE DEFERRABLE); INSERT INTO u VALUES (1), (1); DELETE FROM u', id => 'f9');
SELECT revision FROM schemaver.upgrade();

-- the mode in the caller's transaction afterwards
BEGIN;
SELECT schemaver.revision('rows', 'INSERT INTO c VALUES (20, 20); INSERT INTO p VALUES (20)', id => 'g1');
SELECT revision FROM schemaver.upgrade();
INSERT INTO c VALUES (21, 21);
INSERT INTO p VALUES (21);
SAVEPOINT s;
INSERT INTO u VALUES (3), (3);
ROLLBACK TO s;
COMMIT;
-- what the caller left deferred before is the caller's; it is checked with the first revision that queues
BEGIN;
INSERT INTO c VALUES (22, 22);
SELECT schemaver.revision('rows', 'INSERT INTO p VALUES (22)', id => 'g2');
SELECT revision FROM schemaver.upgrade();
COMMIT;
SELECT count(*) FROM c WHERE p > 19;

-- constraint triggers, and constraints of one name on several tables of a schema
SELECT schemaver.revision('constraint trigger', $$CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS $x$ BEGIN IF NOT EXISTS (SELECT FROM p WHERE id = NEW.id) THEN RAISE EXCEPTION 'no p %', NEW.id; END IF; RETURN NULL; END $x$;
	CREATE TABLE k (id int); CREATE CONSTRAINT TRIGGER k_t AFTER INSERT ON k DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tf()$$, id => 'h1'),
	schemaver.revision('repaired', 'INSERT INTO k VALUES (30); INSERT INTO p VALUES (30)', id => 'h2'),
	schemaver.revision('not repaired', E'SELECT 1;\nINSERT INTO k VALUES (31)', id => 'h3');
SELECT revision FROM schemaver.upgrade();
:code
SELECT schemaver.remove('h3');
SELECT revision FROM schemaver.upgrade();
SELECT schemaver.revision('same name', 'CREATE TABLE n1 (p int, CONSTRAINT same FOREIGN KEY (p) REFERENCES p DEFERRABLE INITIALLY DEFERRED); CREATE TABLE n2 (p int, CONSTRAINT same FOREIGN KEY (p) REFERENCES p)', id => 'i1'),
	schemaver.revision('uses both', 'INSERT INTO n1 VALUES (40); INSERT INTO p VALUES (40); INSERT INTO n2 VALUES (40)', id => 'i2'),
	schemaver.revision('once more', 'INSERT INTO n1 VALUES (41); INSERT INTO p VALUES (41); INSERT INTO n2 VALUES (41)', id => 'i3');
SELECT revision FROM schemaver.upgrade();

DROP EXTENSION schemaver;
DROP TABLE n1, n2, k, u, u2, u3, c2, c, p;
DROP FUNCTION tf;
