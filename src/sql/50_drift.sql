-- What was changed outside of revisions, and the schema as revisions left it

CREATE FUNCTION drift(schemas text[] DEFAULT NULL, options jsonb DEFAULT NULL)
RETURNS TABLE (kind text, identity text, change text, differs jsonb, sql_revert text, sql_apply text)
AS 'MODULE_PATHNAME', 'sv_api_drift' LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION drift(text[], jsonb) IS 'the objects that are not as the revisions left them';

CREATE FUNCTION revert_drift(schemas text[] DEFAULT NULL, options jsonb DEFAULT NULL,
	dry_run boolean DEFAULT false, allow_data_loss boolean DEFAULT false)
RETURNS TABLE ("position" integer, kind text, identity text, action text, sql text, hazard text)
AS 'MODULE_PATHNAME', 'sv_api_revert_drift' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION revert_drift(text[], jsonb, boolean, boolean)
	IS 'put the schema back to what the revisions left';

CREATE FUNCTION capture(message text, id text DEFAULT NULL, options jsonb DEFAULT NULL)
RETURNS text AS 'MODULE_PATHNAME', 'sv_api_capture' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION capture(text, text, jsonb)
	IS 'register what was changed outside of revisions as an applied revision; NULL if there is nothing';

CREATE FUNCTION diff_revisions(from_ref text, to_ref text, options jsonb DEFAULT NULL)
RETURNS TABLE ("position" integer, kind text, identity text, action text, sql text, hazard text)
AS 'MODULE_PATHNAME', 'sv_api_diff_revisions' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION diff_revisions(text, text, jsonb)
	IS 'the statements from the schema that one revision left to that of another one';

CREATE FUNCTION show_schema(ref text DEFAULT 'current', options jsonb DEFAULT NULL)
RETURNS text AS 'MODULE_PATHNAME', 'sv_api_show_schema' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION show_schema(text, jsonb) IS 'the SQL that builds the schema that a revision left, in a new database';

CREATE FUNCTION snapshot_at(ref text DEFAULT 'current')
RETURNS jsonb AS 'MODULE_PATHNAME', 'sv_api_snapshot_at' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION snapshot_at(text) IS 'the canonical description of the schema that a revision left';

-- They show what definitions were, or change the state.
REVOKE ALL ON FUNCTION
	drift(text[], jsonb),
	revert_drift(text[], jsonb, boolean, boolean),
	capture(text, text, jsonb),
	diff_revisions(text, text, jsonb),
	show_schema(text, jsonb),
	snapshot_at(text)
FROM PUBLIC;
