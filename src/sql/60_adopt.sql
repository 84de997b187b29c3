-- Other tools: taking a database over, and giving it back.

CREATE FUNCTION adopt(tool text DEFAULT NULL, source text DEFAULT NULL, dry_run boolean DEFAULT true,
	verify boolean DEFAULT false, relation regclass DEFAULT NULL, query text DEFAULT NULL,
	accept names DEFAULT '{}')
RETURNS TABLE (migration text, revision text, state text, applied_at timestamptz, applied_by text, finding text)
AS 'MODULE_PATHNAME', 'sv_api_adopt' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION adopt(text, text, boolean, boolean, regclass, text, names)
	IS 'compare the table of another migration tool with the revisions, and stamp what it has applied';

CREATE FUNCTION release(tool text, source text DEFAULT NULL, dry_run boolean DEFAULT false)
RETURNS TABLE (migration text, revision text, action text)
AS 'MODULE_PATHNAME', 'sv_api_release' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION release(text, text, boolean)
	IS 'write the table of another migration tool so that the tool continues, and let it in';

CREATE FUNCTION lock_out(tool text, source text DEFAULT NULL)
RETURNS TABLE (relation regclass)
AS 'MODULE_PATHNAME', 'sv_api_lock_out' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION lock_out(text, text)
	IS 'let another migration tool fail at its first statement, until release()';

CREATE FUNCTION new_file(message text, format text DEFAULT NULL, source text DEFAULT NULL)
RETURNS TABLE (name text, content text)
AS 'MODULE_PATHNAME', 'sv_api_new_file' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION new_file(text, text, text) IS 'the next file, or files, in the style of those of a source';

CREATE FUNCTION locked_out_handler()
RETURNS fdw_handler AS 'MODULE_PATHNAME', 'sv_adopt_locked_out_handler' LANGUAGE C;
COMMENT ON FUNCTION locked_out_handler() IS 'for lock_out(): whoever reads the table gets an error';

CREATE FUNCTION locked_out_trigger()
RETURNS trigger AS 'MODULE_PATHNAME', 'sv_adopt_locked_out_trigger' LANGUAGE C;
COMMENT ON FUNCTION locked_out_trigger() IS 'for lock_out(): whoever inserts into the table gets an error';

CREATE FOREIGN DATA WRAPPER schemaver_locked_out HANDLER schemaver.locked_out_handler;
CREATE SERVER schemaver_locked_out FOREIGN DATA WRAPPER schemaver_locked_out;
-- lock_out() makes the foreign table as the owner of the tool's table
GRANT USAGE ON FOREIGN SERVER schemaver_locked_out TO PUBLIC;

REVOKE ALL ON FUNCTION
	adopt(text, text, boolean, boolean, regclass, text, names),
	release(text, text, boolean),
	lock_out(text, text),
	new_file(text, text, text)
FROM PUBLIC;
