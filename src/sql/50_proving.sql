-- Proving revisions by trying them out

CREATE FUNCTION test(range text DEFAULT NULL)
RETURNS TABLE (revision text, message text, verdict text, objects text[], sqlstate text, detail text, with_data boolean)
AS 'MODULE_PATHNAME', 'sv_api_test' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION test(text)
	IS 'run up, down, up of revisions (default: those that are not applied), compare the schema each time, and roll it all back';

REVOKE ALL ON FUNCTION
	test(text)
FROM PUBLIC;
