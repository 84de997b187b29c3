-- What was changed outside of revisions, and the schema as revisions left it

CREATE FUNCTION drift(schemas names DEFAULT NULL, options jsonb DEFAULT NULL)
RETURNS TABLE (kind text, identity text, change text, differs jsonb, sql_revert text, sql_apply text,
	changed_by text, changed_at timestamptz, statement text, diff text)
AS 'MODULE_PATHNAME', 'sv_api_drift' LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION drift(names, jsonb) IS 'the objects that are not as the revisions left them';

CREATE FUNCTION revert_drift(schemas names DEFAULT NULL, options jsonb DEFAULT NULL,
	dry_run boolean DEFAULT false, allow_data_loss boolean DEFAULT false)
RETURNS TABLE ("position" integer, kind text, identity text, action text, sql text, hazard text, diff text)
AS 'MODULE_PATHNAME', 'sv_api_revert_drift' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION revert_drift(names, jsonb, boolean, boolean)
	IS 'put the schema back to what the revisions left';

CREATE FUNCTION capture(message text, id text DEFAULT NULL, options jsonb DEFAULT NULL,
	allow_data_loss boolean DEFAULT false)
RETURNS text AS 'MODULE_PATHNAME', 'sv_api_capture' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION capture(text, text, jsonb, boolean)
	IS 'register what was changed outside of revisions as an applied revision; NULL if there is nothing';

CREATE FUNCTION rebase_state(reason text)
RETURNS void AS 'MODULE_PATHNAME', 'sv_api_rebase_state' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION rebase_state(text)
	IS 'take the live schema for what the revisions left; the reason stands in the journal';

CREATE FUNCTION diff_revisions(from_ref text, to_ref text, options jsonb DEFAULT NULL)
RETURNS TABLE ("position" integer, kind text, identity text, action text, sql text, hazard text, diff text)
AS 'MODULE_PATHNAME', 'sv_api_diff_revisions' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION diff_revisions(text, text, jsonb)
	IS 'the statements from the schema that one revision left to that of another one';

CREATE FUNCTION show_schema(ref text DEFAULT 'current', options jsonb DEFAULT NULL)
RETURNS text AS 'MODULE_PATHNAME', 'sv_api_show_schema' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION show_schema(text, jsonb) IS 'the SQL that builds the schema that a revision left, in a new database';

CREATE FUNCTION snapshot_at(ref text DEFAULT 'current')
RETURNS jsonb AS 'MODULE_PATHNAME', 'sv_api_snapshot_at' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION snapshot_at(text) IS 'the canonical description of the schema that a revision left';

CREATE FUNCTION log_ddl()
RETURNS event_trigger AS 'MODULE_PATHNAME', 'sv_api_log_ddl' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION log_ddl() IS 'for the event triggers: write into schemaver.ddl_log what a statement changed';

-- Disabled until somebody calls watch(): they are members of the extension, and no part of anybody's schema.
CREATE EVENT TRIGGER schemaver_log_ddl ON ddl_command_end EXECUTE FUNCTION log_ddl();
CREATE EVENT TRIGGER schemaver_log_drop ON sql_drop EXECUTE FUNCTION log_ddl();
ALTER EVENT TRIGGER schemaver_log_ddl DISABLE;
ALTER EVENT TRIGGER schemaver_log_drop DISABLE;
COMMENT ON EVENT TRIGGER schemaver_log_ddl IS 'fills schemaver.ddl_log; enabled by schemaver.watch()';
COMMENT ON EVENT TRIGGER schemaver_log_drop IS 'fills schemaver.ddl_log; enabled by schemaver.watch()';

CREATE FUNCTION watch()
RETURNS void LANGUAGE sql AS $$
	ALTER EVENT TRIGGER schemaver_log_ddl ENABLE;
	ALTER EVENT TRIGGER schemaver_log_drop ENABLE;
$$;
COMMENT ON FUNCTION watch() IS 'from now on log who changes the schema outside of runs; for superusers';

CREATE FUNCTION unwatch()
RETURNS void LANGUAGE sql AS $$
	ALTER EVENT TRIGGER schemaver_log_ddl DISABLE;
	ALTER EVENT TRIGGER schemaver_log_drop DISABLE;
$$;
COMMENT ON FUNCTION unwatch() IS 'end what watch() began; the log stays';

-- They show what definitions were, or change the state.
REVOKE ALL ON FUNCTION
	drift(names, jsonb),
	revert_drift(names, jsonb, boolean, boolean),
	capture(text, text, jsonb, boolean),
	rebase_state(text),
	diff_revisions(text, text, jsonb),
	show_schema(text, jsonb),
	snapshot_at(text),
	log_ddl(),
	watch(),
	unwatch()
FROM PUBLIC;
