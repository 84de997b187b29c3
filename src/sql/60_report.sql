-- Pictures of the graph and of the schema

CREATE FUNCTION er(ref text DEFAULT 'current', format text DEFAULT 'mermaid')
RETURNS text AS 'MODULE_PATHNAME', 'sv_api_er' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION er(text, text)
	IS 'the tables and foreign keys of the schema that a revision left, drawn as mermaid or dot';

-- They show what definitions are or were.
REVOKE ALL ON FUNCTION er(text, text) FROM PUBLIC;
