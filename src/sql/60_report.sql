-- Pictures of the graph and of the schema

CREATE FUNCTION er(ref text DEFAULT 'current', format text DEFAULT 'mermaid')
RETURNS text AS 'MODULE_PATHNAME', 'sv_api_er' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION er(text, text)
	IS 'the tables and foreign keys of the schema that a revision left, drawn as mermaid or dot';

CREATE FUNCTION report(format text DEFAULT 'html', compare text DEFAULT NULL, options jsonb DEFAULT NULL)
RETURNS text AS 'MODULE_PATHNAME', 'sv_api_report' LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION report(text, text, jsonb)
	IS 'a page with the graph, what is pending, the last runs, drift, tables and revisions';

-- They show what definitions and scripts are or were.
REVOKE ALL ON FUNCTION er(text, text), report(text, text, jsonb) FROM PUBLIC;
