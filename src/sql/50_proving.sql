-- Proving revisions by trying them out

CREATE FUNCTION test(range text DEFAULT NULL, variables jsonb DEFAULT NULL)
RETURNS TABLE (revision text, message text, verdict text, objects text[], sqlstate text, detail text, with_data boolean)
AS 'MODULE_PATHNAME', 'sv_api_test' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION test(text, jsonb)
	IS 'run up, down, up of revisions (default: those that are not applied), compare the schema each time, and roll it all back';

CREATE FUNCTION baseline(message text DEFAULT 'baseline', id text DEFAULT NULL, schemas names DEFAULT NULL, options jsonb DEFAULT NULL,
	reversible boolean DEFAULT false)
RETURNS text AS 'MODULE_PATHNAME', 'sv_api_baseline' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION baseline(text, text, names, jsonb, boolean)
	IS 'make the schema that is there the first revision, proven to build it from empty and recorded as applied, and return its id';

CREATE FUNCTION squash(range text, message text, id text DEFAULT NULL, data text DEFAULT 'keep',
	allow_data_loss boolean DEFAULT false, options jsonb DEFAULT NULL)
RETURNS text AS 'MODULE_PATHNAME', 'sv_api_squash' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION squash(text, text, text, text, boolean, jsonb)
	IS 'replace the revisions of a range by one, proven equal, and return its id';

REVOKE ALL ON FUNCTION
	test(text, jsonb),
	baseline(text, text, names, jsonb, boolean),
	squash(text, text, text, text, boolean, jsonb)
FROM PUBLIC;
