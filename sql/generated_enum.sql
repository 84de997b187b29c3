-- Does a new label of an enum go again where a generated column in the middle of a table has the type?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SELECT schemaver.revision('states', $$
CREATE TYPE state AS ENUM ('new', 'done');
CREATE FUNCTION state_of(text) RETURNS state LANGUAGE sql IMMUTABLE RETURN $1::state;
CREATE TABLE job (
    id int PRIMARY KEY,
    state state NOT NULL GENERATED ALWAYS AS (state_of(v ->> 's')) STORED,
    v jsonb NOT NULL);
CREATE INDEX job_state ON job (state);
$$, id => 'a1');
SELECT schemaver.revision('failed', $$ALTER TYPE state ADD VALUE 'failed'$$, id => 'a2');
SELECT revision FROM schemaver.upgrade('a1');
SELECT schemaver.fingerprint() AS before \gset
INSERT INTO job (id, v) VALUES (1, '{"s": "new"}'), (2, '{"s": "done"}');
SELECT revision FROM schemaver.upgrade();
-- the table is copied for the order of its columns; the column is computed again
SELECT revision FROM schemaver.downgrade();
TABLE job ORDER BY id;
SELECT attname FROM pg_attribute WHERE attrelid = 'job'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum;
SELECT schemaver.fingerprint() = :'before' AS as_before;
DROP TABLE job;
DROP FUNCTION state_of;
DROP TYPE state;
DROP EXTENSION schemaver;
