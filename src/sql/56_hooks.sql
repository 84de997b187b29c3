-- SQL around runs, set by the owner of the extension

CREATE TABLE hook (
	name		text COLLATE "C" CONSTRAINT one_hook PRIMARY KEY,
	at			text NOT NULL,
	only_for	text[] NOT NULL,
	sql			text NOT NULL,
	role		text NOT NULL,
	set_at		timestamptz NOT NULL
);
COMMENT ON TABLE hook IS 'SQL that runs before and after runs, revisions and statements, and after errors';
COMMENT ON COLUMN hook.at IS 'the moment: before_run and so on';
COMMENT ON COLUMN hook.only_for IS 'directions, or classes of statements; empty: all';
COMMENT ON COLUMN hook.role IS 'who has set it, and as whom it runs';
SELECT pg_catalog.pg_extension_config_dump('schemaver.hook', '');

CREATE FUNCTION hook(name text, at text, sql text, "for" names DEFAULT NULL)
RETURNS text AS 'MODULE_PATHNAME', 'sv_api_hook' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION hook(text, text, text, names)
	IS 'let SQL run as the caller, restricted, around all runs, revisions or statements, or after errors, and return its name';

CREATE FUNCTION unhook(name text)
RETURNS void AS 'MODULE_PATHNAME', 'sv_api_unhook' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION unhook(text) IS 'take a hook away';

CREATE FUNCTION hooks()
RETURNS TABLE (name text, at text, only_for text[], sql text, role text, set_at timestamptz)
AS 'MODULE_PATHNAME', 'sv_api_hooks' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION hooks() IS 'the SQL that runs around runs, in the order in which it runs';

CREATE FUNCTION script_hook(at text, revision text DEFAULT NULL)
RETURNS void AS 'MODULE_PATHNAME', 'sv_api_script_hook' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION script_hook(text, text)
	IS 'run the hooks of a moment; for files made by script()';

REVOKE ALL ON FUNCTION
	hook(text, text, text, names),
	unhook(text),
	hooks(),
	script_hook(text, text)
FROM PUBLIC;
