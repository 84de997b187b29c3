-- Kept data: what upgrades dropped

-- The tables that hold it are no members of the extension, so pg_dump dumps them
-- as it dumps any table, and DROP EXTENSION refuses to drop them.  Each
-- belongs to the owner of the table from which its rows came, and nobody else has
-- rights on it; with USAGE the owner can name it.
CREATE SCHEMA schemaver_kept;
COMMENT ON SCHEMA schemaver_kept IS 'what upgrades dropped, until a downgrade brings it back or schemaver.purge_kept() removes it';
GRANT USAGE ON SCHEMA schemaver_kept TO PUBLIC;

CREATE SEQUENCE kept_number;

CREATE TABLE kept_data (
	kept		bigint CONSTRAINT one_kept_data PRIMARY KEY,
	revision	text COLLATE "C" NOT NULL,
	run			bigint NOT NULL,
	kind		text NOT NULL,
	schema_name	text NOT NULL,
	table_name	text NOT NULL,
	column_name	text,
	kept_table	text CONSTRAINT one_kept_data_kept_table UNIQUE,
	columns		text[] NOT NULL,
	types		text[] NOT NULL,
	whole_row	boolean NOT NULL,
	position	bigint,
	is_called	boolean,
	rows		bigint,
	created_at	timestamptz NOT NULL,
	created_by	text NOT NULL
);
CREATE INDEX kept_data_by_revision ON kept_data (revision);
COMMENT ON TABLE kept_data IS 'what upgrades dropped and schemaver kept';
COMMENT ON COLUMN kept_data.kind IS '"table", "column" (dropped), "type" (a column before its type was changed) or "sequence"';
COMMENT ON COLUMN kept_data.kept_table IS 'the table in schemaver_kept that has the rows; NULL for a sequence';
COMMENT ON COLUMN kept_data.columns IS 'table: its columns; column: those by which a row is found again';
COMMENT ON COLUMN kept_data.types IS 'the types of these columns, or of the one column';
COMMENT ON COLUMN kept_data.whole_row IS 'a row is found again by all its columns, for the table had no key';
COMMENT ON COLUMN kept_data.position IS 'sequence: its last value';
COMMENT ON COLUMN kept_data.rows IS 'estimate';
SELECT pg_catalog.pg_extension_config_dump('schemaver.kept_number', '');
SELECT pg_catalog.pg_extension_config_dump('schemaver.kept_data', '');

CREATE FUNCTION kept()
RETURNS TABLE (kept bigint, revision text, run bigint, kind text, schema_name text, table_name text, column_name text,
	kept_in text, rows bigint, size bigint, age interval, created_at timestamptz, created_by text)
AS 'MODULE_PATHNAME', 'sv_api_kept' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION kept() IS 'what upgrades dropped and schemaver kept, with its size in bytes and its age';

CREATE FUNCTION purge_kept(older_than interval DEFAULT '0')
RETURNS TABLE (kept bigint, revision text, kind text, schema_name text, table_name text, column_name text, size bigint)
AS 'MODULE_PATHNAME', 'sv_api_purge_kept' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION purge_kept(interval) IS 'remove kept data for good, and return what was removed';

REVOKE ALL ON FUNCTION purge_kept(interval) FROM PUBLIC;
