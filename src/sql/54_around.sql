-- What decides whether a revision runs

CREATE TABLE environment (
	name				text NOT NULL,
	protected			boolean NOT NULL,
	system_identifier	bigint NOT NULL,
	database			oid NOT NULL,
	CONSTRAINT one_environment PRIMARY KEY (name)
);
COMMENT ON TABLE environment IS 'which database this is; means nothing in another one that was made of its dump';
COMMENT ON COLUMN environment.protected IS 'refuses stamp, redo, goto and downgrades';
SELECT pg_catalog.pg_extension_config_dump('schemaver.environment', '');

CREATE TABLE clean_allowed (
	system_identifier	bigint NOT NULL,
	database			oid NOT NULL,
	CONSTRAINT one_clean_allowed PRIMARY KEY (system_identifier, database)
);
COMMENT ON TABLE clean_allowed IS 'the database that clean() may empty; means nothing in another one that was made of its dump';
SELECT pg_catalog.pg_extension_config_dump('schemaver.clean_allowed', '');

CREATE FUNCTION set_environment(name text, protected boolean DEFAULT false)
RETURNS void AS 'MODULE_PATHNAME', 'sv_api_set_environment' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION set_environment(text, boolean)
	IS 'say which database this is (NULL: nothing): the contexts of its runs, and whether it may go back';

CREATE FUNCTION environment()
RETURNS TABLE (name text, protected boolean)
AS 'MODULE_PATHNAME', 'sv_api_environment' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION environment() IS 'which database this is, as set_environment() was told; no row: nothing';

CREATE FUNCTION done(ref text, note text DEFAULT NULL)
RETURNS text AS 'MODULE_PATHNAME', 'sv_api_done' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION done(text, text)
	IS 'record that a revision which is to be done outside of the server was done, and return its id';

CREATE FUNCTION goto(target text, dry_run boolean DEFAULT false, allow_data_loss boolean DEFAULT false,
	note text DEFAULT NULL, variables jsonb DEFAULT NULL, contexts text DEFAULT NULL, options jsonb DEFAULT NULL)
RETURNS TABLE (revision text, direction text, message text, statements integer, elapsed interval)
AS 'MODULE_PATHNAME', 'sv_api_goto' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION goto(text, boolean, boolean, text, jsonb, text, jsonb)
	IS 'undo and run what leads to a revision, a tag, a date or a run, in this transaction, all or nothing';

CREATE FUNCTION undo(ref text, dry_run boolean DEFAULT false, allow_data_loss boolean DEFAULT false,
	note text DEFAULT NULL, variables jsonb DEFAULT NULL, contexts text DEFAULT NULL, options jsonb DEFAULT NULL)
RETURNS TABLE (revision text, direction text, message text, statements integer, elapsed interval)
AS 'MODULE_PATHNAME', 'sv_api_undo' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION undo(text, boolean, boolean, text, jsonb, text, jsonb)
	IS 'undo one revision in the middle of the history if nothing that came later needs it';

CREATE FUNCTION accept(ref text, reason text, content text DEFAULT NULL, name text DEFAULT NULL,
	format text DEFAULT NULL, source text DEFAULT NULL)
RETURNS text AS 'MODULE_PATHNAME', 'sv_api_accept' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION accept(text, text, text, text, text, text)
	IS 'record a changed text of an applied revision as the one that ran, with the reason, and return its id';

CREATE FUNCTION allow_clean(allow boolean DEFAULT true)
RETURNS void AS 'MODULE_PATHNAME', 'sv_api_allow_clean' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION allow_clean(boolean)
	IS 'let clean() empty this database, or no more; a copy or a dump of it is not meant';

CREATE FUNCTION clean(schemas names DEFAULT NULL, dry_run boolean DEFAULT false)
RETURNS TABLE (kind text, identity text)
AS 'MODULE_PATHNAME', 'sv_api_clean' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION clean(names, boolean)
	IS 'empty a development database: drop what is in its schemas and let nothing be applied';

CREATE FUNCTION verify(ref text DEFAULT NULL, variables jsonb DEFAULT NULL)
RETURNS TABLE (revision text, message text, passed boolean, error text)
AS 'MODULE_PATHNAME', 'sv_api_verify' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION verify(text, jsonb)
	IS 'run the verify scripts of applied revisions, of all without a reference; nothing that they do stays';

REVOKE ALL ON FUNCTION
	verify(text, jsonb),
	goto(text, boolean, boolean, text, jsonb, text, jsonb),
	accept(text, text, text, text, text, text),
	allow_clean(boolean),
	clean(names, boolean),
	undo(text, boolean, boolean, text, jsonb, text, jsonb),
	set_environment(text, boolean),
	done(text, text)
FROM PUBLIC;
