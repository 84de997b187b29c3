-- What was changed outside of runs, and then touched by a run: the kept state stays whole.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set SHOW_CONTEXT never
\set drifted 'SELECT kind, identity, change, length(schemaver.show_schema()) > 0 AS shown FROM schemaver.drift();'
CREATE FUNCTION run(up text, name text) RETURNS void LANGUAGE sql AS $$
	SELECT schemaver.revision(name, up, id => name); SELECT revision FROM schemaver.upgrade()$$;
SELECT run('CREATE TABLE ev (id int, at date NOT NULL) PARTITION BY RANGE (at);
	CREATE TABLE t (a int, b int, c int); CREATE INDEX t_b ON t (b); CREATE VIEW v AS SELECT a FROM t;
	CREATE TABLE s (a int CHECK (a > 0), b int DEFAULT 1)', 'a001');

-- a partition by somebody else, a table by hand; then parts of them by a run
CREATE TABLE ev_2027_01 PARTITION OF ev FOR VALUES FROM ('2027-01-01') TO ('2027-02-01');
CREATE TABLE hand (a int);
SELECT run('ALTER TABLE ev ADD COLUMN y int; ALTER TABLE hand ADD COLUMN b int; CREATE INDEX ON hand (b);
	COMMENT ON COLUMN hand.a IS ''x''; ALTER TABLE hand SET (fillfactor = 50)', 'a002');
:drifted
SELECT schemaver.check(drift => true);
DROP TABLE ev_2027_01, hand;
SELECT schemaver.check(drift => true);

-- a column by hand that a run changes
ALTER TABLE t ADD COLUMN d int;
SELECT run('ALTER TABLE t ALTER d TYPE bigint, ALTER d SET DEFAULT 3', 'a003');
:drifted
ALTER TABLE t DROP COLUMN d;

-- parts that were dropped by hand, then the table renamed, and dropped
DROP INDEX t_b;
ALTER TABLE t DROP COLUMN b;
SELECT run('ALTER TABLE t RENAME TO u', 'a004');
:drifted
SELECT run('DROP VIEW v; DROP TABLE u', 'a005');
:drifted

-- dropped by hand, re-created by a run with other parts
DROP TABLE s;
SELECT run('CREATE TABLE s (z int)', 'a006');
:drifted
-- renamed by hand, altered by a run
ALTER TABLE s RENAME TO r;
SELECT run('ALTER TABLE r ADD COLUMN y int', 'a007');
:drifted
SELECT revision FROM schemaver.downgrade('a006');
:drifted
SELECT schemaver.check(drift => true);

-- the live schema as it is: the reason stands in the journal
SELECT schemaver.rebase_state(' ');
SELECT schemaver.rebase_state('renamed in the night of the incident');
SELECT command, target, outcome FROM schemaver.run ORDER BY run DESC LIMIT 1;
SELECT schemaver.show_schema() \g (format=unaligned tuples_only=on)
SELECT schemaver.check(drift => true);
SELECT revision FROM schemaver.upgrade();
:drifted

-- a state that is damaged from outside
DELETE FROM schemaver.object_version WHERE class = 'table' AND to_state IS NULL AND identity = 'public.r';
SELECT schemaver.check(drift => true);
SELECT kind FROM schemaver.drift();
SELECT schemaver.capture('x');
SELECT schemaver.revert_drift();
SELECT schemaver.show_schema();
SELECT run('ALTER TABLE r ADD COLUMN x int', 'a008');
SELECT schemaver.check(drift => true);
SELECT revision FROM schemaver.downgrade();
SELECT revision FROM schemaver.upgrade();
SELECT schemaver.rebase_state('rows were deleted');
SELECT schemaver.check(drift => true);
UPDATE schemaver.object_version SET description = '[]' WHERE to_state IS NULL AND class = 'column';
SELECT schemaver.check(drift => true);
SELECT run('ALTER TABLE r RENAME TO q', 'a009');
SELECT schemaver.rebase_state('rows were changed');
SELECT schemaver.show_schema() \g (format=unaligned tuples_only=on)
CREATE ROLE regress_schemaver_states;
SET ROLE regress_schemaver_states;
SELECT schemaver.rebase_state('mine');
RESET ROLE;
DROP ROLE regress_schemaver_states;
DROP EXTENSION schemaver;
DROP TABLE ev, q;
DROP FUNCTION run(text, text);
