-- A statement that commits by itself runs online and by psql, outside of transactions.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set SHOW_CONTEXT never
CREATE TABLE backfilled (id int PRIMARY KEY, v int);
INSERT INTO backfilled SELECT g, 0 FROM generate_series(1, 10) g;
CREATE FUNCTION up(name text, up text, down text DEFAULT NULL) RETURNS text LANGUAGE sql AS
	$$SELECT schemaver.revision(name, up, down, id => name)$$;

-- known by the script, by the catalogs, by the body of DO
SELECT up('c1', $$CREATE PROCEDURE fill(step int) LANGUAGE plpgsql AS $p$
BEGIN
	FOR i IN 1..10 BY step LOOP
		UPDATE backfilled SET v = id * 2 WHERE id >= i AND id < i + step;
		COMMIT;
	END LOOP;
END $p$;
CALL fill(3);$$);
SELECT up('c2', 'CALL public.fill(4); ALTER TABLE backfilled ADD COLUMN c2 int');
SELECT up('c3', $$DO $d$ BEGIN CREATE TABLE made_inside (a int); COMMIT; INSERT INTO made_inside VALUES (1); END $d$; $$);
SELECT revision, transactional FROM schemaver.plan();
SELECT revision FROM schemaver.upgrade();
CALL schemaver.online_upgrade('c1');
SELECT sum(v) FROM backfilled;
SELECT up('c4', 'CALL fill(5)');
SELECT revision, transactional FROM schemaver.plan();
CALL schemaver.online_upgrade();
SELECT kind, identity, change FROM schemaver.drift();
SELECT revision, down, structure_only FROM schemaver.history() h, schemaver.show(h.revision) s(r) ORDER BY 1;

-- words of a body that commit nothing, and a language of its own
SELECT up('n1', $$DO $d$ DECLARE commit int := 1; BEGIN
	-- COMMIT;
	RAISE DEBUG 'ROLLBACK; COMMIT;';
	IF commit = 1 THEN PERFORM commit; END IF;
END $d$; $$);
SELECT up('n2', 'CREATE PROCEDURE calls() LANGUAGE plpgsql AS ''BEGIN CALL fill(2); END''; CALL calls()');
SELECT up('n3', 'DO LANGUAGE plpgsql ''BEGIN IF true THEN ROLLBACK AND CHAIN; END IF; END''');
SELECT revision, transactional FROM schemaver.plan();

-- only the server knows of a call inside of a call
SELECT revision FROM schemaver.upgrade('n1');
SELECT revision FROM schemaver.upgrade('n2');
CALL schemaver.online_upgrade();
SELECT kind, identity, change FROM schemaver.drift();

-- what nothing can run
SELECT up('x1', 'CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS ''BEGIN CALL fill(1); END''; SELECT f()');
CALL schemaver.online_upgrade();
SELECT up('x2', 'DO ''BEGIN BEGIN COMMIT; EXCEPTION WHEN no_data THEN NULL; END; END''', 'SELECT 1');
SELECT revision, transactional FROM schemaver.plan();
SELECT schemaver.remove('x2'), schemaver.remove('x1');

-- what a failed one had committed is the work of the run
SELECT up('h1', 'DO ''BEGIN CREATE TABLE IF NOT EXISTS half (a int); COMMIT; PERFORM 1 / count(*) FROM go; END''');
CREATE TABLE go (a int);
CALL schemaver.online_upgrade();
SELECT kind, identity, change FROM schemaver.drift();
INSERT INTO go VALUES (1);
CALL schemaver.online_upgrade();
SELECT kind, identity, change FROM schemaver.drift();
SELECT down, structure_only FROM schemaver.show('h1');

DROP EXTENSION schemaver;
DROP TABLE backfilled, made_inside, half, go;
DROP PROCEDURE fill, calls;
DROP FUNCTION up;
