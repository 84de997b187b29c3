-- Describing and comparing schemas

CREATE FUNCTION snapshot(schemas names DEFAULT NULL)
RETURNS jsonb AS 'MODULE_PATHNAME', 'sv_api_snapshot' LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION snapshot(names) IS 'the canonical description of the live schema';

CREATE FUNCTION fingerprint(schemas names DEFAULT NULL)
RETURNS text AS 'MODULE_PATHNAME', 'sv_api_fingerprint' LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION fingerprint(names) IS 'hash of the description of the live schema; equal exactly when the descriptions are';

CREATE FUNCTION diff(wanted text, reverse boolean DEFAULT false, schemas names DEFAULT NULL, options jsonb DEFAULT NULL)
RETURNS TABLE ("position" integer, kind text, identity text, action text, sql text, hazard text, diff text)
AS 'MODULE_PATHNAME', 'sv_api_diff_wanted' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION diff(text, boolean, names, jsonb)
	IS 'the statements from the live schema to the one that a SQL text builds from empty, or back';

CREATE FUNCTION diff(from_snapshot jsonb, to_snapshot jsonb, options jsonb DEFAULT NULL)
RETURNS TABLE ("position" integer, kind text, identity text, action text, sql text, hazard text, diff text)
AS 'MODULE_PATHNAME', 'sv_api_diff_snapshots' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION diff(jsonb, jsonb, jsonb) IS 'the statements from one snapshot to another';

CREATE FUNCTION autogenerate(message text, desired text, schemas names DEFAULT NULL, options jsonb DEFAULT NULL,
	id text DEFAULT NULL, revises names DEFAULT NULL, branch_labels names DEFAULT '{}', depends_on names DEFAULT '{}',
	allow_data_loss boolean DEFAULT false, accept_drift boolean DEFAULT false)
RETURNS text AS 'MODULE_PATHNAME', 'sv_api_autogenerate' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION autogenerate(text, text, names, jsonb, text, names, names, names, boolean, boolean)
	IS 'register the proven revision that leads from the live schema to the one that a SQL text builds; NULL if there is nothing to do';

REVOKE ALL ON FUNCTION
	diff(text, boolean, names, jsonb),
	autogenerate(text, text, names, jsonb, text, names, names, names, boolean, boolean)
FROM PUBLIC;
