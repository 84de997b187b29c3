-- Kept data: what scripts dropped

-- The tables that hold it are no members of the extension, so pg_dump dumps them
-- as it dumps any table, and DROP EXTENSION refuses to drop them.  Each
-- belongs to the owner of the table from which its rows came, but nobody has USAGE
-- on the schema: its owner must not alter it, nor hang code on it.
CREATE SCHEMA schemaver_kept;
COMMENT ON SCHEMA schemaver_kept IS 'what scripts dropped, until a downgrade brings it back or schemaver.purge_kept() removes it';

CREATE SEQUENCE kept_number;

CREATE TABLE kept_data (
	kept		bigint CONSTRAINT one_kept_data PRIMARY KEY,
	revision	text COLLATE "C" NOT NULL,
	run			bigint NOT NULL,
	direction	text NOT NULL,
	kind		text NOT NULL,
	schema_name	text NOT NULL,
	table_name	text NOT NULL,
	column_name	text,
	kept_table	text CONSTRAINT one_kept_data_kept_table UNIQUE,
	columns		text[] NOT NULL,
	types		text[] NOT NULL,
	layout		text,
	row_security boolean NOT NULL,
	position	bigint,
	is_called	boolean,
	rows		bigint,
	created_at	timestamptz NOT NULL,
	created_by	text NOT NULL
);
CREATE INDEX kept_data_by_revision ON kept_data (revision);
COMMENT ON TABLE kept_data IS 'what scripts dropped and schemaver kept';
COMMENT ON COLUMN kept_data.kind IS '"table", "column" (dropped), "type" (a column before its type was changed) or "sequence"';
COMMENT ON COLUMN kept_data.kept_table IS 'the table in schemaver_kept that has the rows; NULL for a sequence';
COMMENT ON COLUMN kept_data.columns IS 'table: its columns; column: those by which a row is found again';
COMMENT ON COLUMN kept_data.types IS 'the types of these columns, or of the one column';
COMMENT ON COLUMN kept_data.direction IS 'which script of the revision has dropped it: "upgrade" or "downgrade"';
COMMENT ON COLUMN kept_data.layout IS 'the columns of the kept table, to see whether somebody has altered it';
COMMENT ON COLUMN kept_data.row_security IS 'the table had row security, so nobody may read the rows by kept_rows()';
COMMENT ON COLUMN kept_data.position IS 'sequence: its last value';
COMMENT ON COLUMN kept_data.rows IS 'estimate';
SELECT pg_catalog.pg_extension_config_dump('schemaver.kept_number', '');
SELECT pg_catalog.pg_extension_config_dump('schemaver.kept_data', '');

CREATE FUNCTION kept()
RETURNS TABLE (kept bigint, revision text, run bigint, direction text, kind text, schema_name text, table_name text, column_name text,
	kept_in text, rows bigint, size bigint, age interval, created_at timestamptz, created_by text)
AS 'MODULE_PATHNAME', 'sv_api_kept' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION kept() IS 'what scripts dropped and schemaver kept, with its size in bytes and its age';

CREATE FUNCTION kept_rows(kept bigint) RETURNS SETOF json
AS 'MODULE_PATHNAME', 'sv_api_kept_rows' LANGUAGE C STRICT STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION kept_rows(bigint) IS 'the rows of one item of kept(), for those who have the rights of the role that owned the table';

CREATE FUNCTION purge_kept(older_than interval DEFAULT '0')
RETURNS TABLE (kept bigint, revision text, kind text, schema_name text, table_name text, column_name text, size bigint)
AS 'MODULE_PATHNAME', 'sv_api_purge_kept' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION purge_kept(interval) IS 'remove kept data for good, and return what was removed';

REVOKE ALL ON FUNCTION kept_rows(bigint), purge_kept(interval) FROM PUBLIC;
