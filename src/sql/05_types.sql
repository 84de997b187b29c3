-- Types of arguments, so that each reads a text, a list or a number without overloads.

-- Several names.  Stored as text[]; 'a', '{a,b}' and ARRAY['a','b'] are values of it.
CREATE TYPE names;
CREATE FUNCTION names_in(cstring) RETURNS names
AS 'MODULE_PATHNAME', 'sv_api_names_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION names_out(names) RETURNS cstring
AS 'array_out' LANGUAGE internal STABLE STRICT PARALLEL SAFE;
CREATE FUNCTION names_recv(internal) RETURNS names
AS 'MODULE_PATHNAME', 'sv_api_names_recv' LANGUAGE C STABLE STRICT PARALLEL SAFE;
CREATE FUNCTION names_send(names) RETURNS bytea
AS 'array_send' LANGUAGE internal STABLE STRICT PARALLEL SAFE;
CREATE TYPE names (INPUT = names_in, OUTPUT = names_out, RECEIVE = names_recv, SEND = names_send,
	LIKE = pg_catalog._text);
COMMENT ON TYPE names IS 'one name, or several: ''a'', ''{a,b}'' and ARRAY[''a'',''b''] are accepted';
CREATE FUNCTION names(text[]) RETURNS names
AS 'MODULE_PATHNAME', 'sv_api_names_of_list' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION names(text[]) IS 'a list of texts as names';
CREATE CAST (pg_catalog._text AS names) WITH FUNCTION names(text[]) AS IMPLICIT;
CREATE CAST (pg_catalog.text AS names) WITH INOUT AS IMPLICIT;
CREATE CAST (pg_catalog.varchar AS names) WITH INOUT AS IMPLICIT;
CREATE CAST (pg_catalog.name AS names) WITH INOUT AS IMPLICIT;
CREATE CAST (pg_catalog._varchar AS names) WITH INOUT AS IMPLICIT;
CREATE CAST (pg_catalog._name AS names) WITH INOUT AS IMPLICIT;

-- The target of a run.  Stored as text; a number is accepted, too.
CREATE TYPE reference;
CREATE FUNCTION reference_in(cstring) RETURNS reference
AS 'textin' LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION reference_out(reference) RETURNS cstring
AS 'textout' LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION reference_recv(internal) RETURNS reference
AS 'textrecv' LANGUAGE internal STABLE STRICT PARALLEL SAFE;
CREATE FUNCTION reference_send(reference) RETURNS bytea
AS 'textsend' LANGUAGE internal STABLE STRICT PARALLEL SAFE;
CREATE TYPE reference (INPUT = reference_in, OUTPUT = reference_out, RECEIVE = reference_recv,
	SEND = reference_send, LIKE = pg_catalog.text);
COMMENT ON TYPE reference IS 'a reference to revisions as text, or a number: a revision''s id, else a number of steps';
CREATE FUNCTION reference(bigint) RETURNS reference
AS 'MODULE_PATHNAME', 'sv_api_reference_of_number' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION reference(bigint) IS 'a number as the target of a run';
CREATE FUNCTION reference(integer) RETURNS reference
AS 'MODULE_PATHNAME', 'sv_api_reference_of_integer' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION reference(integer) IS 'a number as the target of a run';
CREATE CAST (pg_catalog.text AS reference) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (pg_catalog.varchar AS reference) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (pg_catalog.name AS reference) WITH INOUT AS IMPLICIT;
CREATE CAST (pg_catalog.int4 AS reference) WITH FUNCTION reference(integer) AS IMPLICIT;
CREATE CAST (pg_catalog.int8 AS reference) WITH FUNCTION reference(bigint) AS IMPLICIT;

COMMENT ON FUNCTION names_in(cstring) IS 'input of type names';
COMMENT ON FUNCTION names_out(names) IS 'output of type names';
COMMENT ON FUNCTION names_recv(internal) IS 'input of type names in binary format';
COMMENT ON FUNCTION names_send(names) IS 'output of type names in binary format';
COMMENT ON FUNCTION reference_in(cstring) IS 'input of type reference';
COMMENT ON FUNCTION reference_out(reference) IS 'output of type reference';
COMMENT ON FUNCTION reference_recv(internal) IS 'input of type reference in binary format';
COMMENT ON FUNCTION reference_send(reference) IS 'output of type reference in binary format';
