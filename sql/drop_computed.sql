-- What stands on a generated column and on the column that it is computed from goes
-- when both columns go.
SET client_min_messages = warning;
CREATE EXTENSION schemaver;
RESET client_min_messages;
SET schemaver.progress = off;
CREATE TABLE t (base int, other int, computed int GENERATED ALWAYS AS (base * 2) STORED, stays int,
	CHECK (base < computed), UNIQUE (base, computed));
CREATE INDEX t_idx ON t (base, computed);
CREATE STATISTICS t_stat ON other, computed, base FROM t;
SELECT action, sql FROM schemaver.diff('CREATE TABLE t (stays int)');
SELECT count(*) FROM schemaver.autogenerate('columns go', 'CREATE TABLE t (stays int)', allow_data_loss => true, accept_drift => true);
SELECT count(*) FROM schemaver.upgrade();
SELECT indexdef FROM pg_indexes WHERE tablename = 't';
DROP TABLE t;
DROP EXTENSION schemaver;
