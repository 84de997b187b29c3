-- What comparisons with the live schema leave alone

CREATE TABLE ignored (
	kind	text COLLATE "C" NOT NULL,
	name	text COLLATE "C" NOT NULL,
	CONSTRAINT one_ignored PRIMARY KEY (kind, name)
);
COMMENT ON TABLE ignored IS 'what drift(), check(), capture(), diff(), autogenerate() and baseline() leave alone';
COMMENT ON COLUMN ignored.kind IS '"schema", or "object" for a pattern';
SELECT pg_catalog.pg_extension_config_dump('schemaver.ignored', '');

CREATE FUNCTION ignore(schemas names DEFAULT '{}', objects names DEFAULT '{}', remove boolean DEFAULT false)
RETURNS TABLE (kind text, name text)
AS 'MODULE_PATHNAME', 'sv_api_ignore' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION ignore(names, names, boolean)
	IS 'let comparisons with the live schema leave schemas and objects alone (or no longer), and return all that are left alone';

CREATE FUNCTION ignored()
RETURNS TABLE (kind text, name text)
AS 'MODULE_PATHNAME', 'sv_api_ignored' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION ignored() IS 'what comparisons with the live schema leave alone';

REVOKE ALL ON FUNCTION ignore(names, names, boolean) FROM PUBLIC;
