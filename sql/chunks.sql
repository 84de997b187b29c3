-- Are tables that TimescaleDB makes in a schema of its own, as rows come, nobody's drift and in no down?
--
-- Another extension stands for it.  Its files are not there, which is no reason to fail, either.
\set VERBOSITY terse
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE EXTENSION seg;
CREATE SCHEMA _timescaledb_internal;
ALTER EXTENSION seg ADD SCHEMA _timescaledb_internal;
SET allow_system_table_mods = on;
UPDATE pg_extension SET extname = 'timescaledb' WHERE extname = 'seg';
SELECT schemaver.revision('hypertable', 'CREATE TABLE m (t int); CREATE TABLE _timescaledb_internal.chunk () INHERITS (m)', id => 'h001');
SELECT schemaver.revision('index', 'CREATE INDEX m_t ON m (t); CREATE INDEX chunk_t ON _timescaledb_internal.chunk (t)', id => 'h002');
SELECT revision FROM schemaver.upgrade();
CREATE TABLE _timescaledb_internal.chunk2 () INHERITS (m);
SELECT kind, identity, change FROM schemaver.drift();
SELECT schemaver.check(drift => true);
SELECT down FROM schemaver.show('h002');
SELECT revision FROM schemaver.downgrade();
SELECT * FROM schemaver.diff('CREATE TABLE m (t int)');

UPDATE pg_extension SET extname = 'seg' WHERE extname = 'timescaledb';
DROP EXTENSION schemaver;
DROP TABLE m CASCADE;
DROP EXTENSION seg;
