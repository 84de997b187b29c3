-- The functions, in the order of the README's reference.

-- Writing revisions

CREATE FUNCTION revision(message text, up text DEFAULT NULL, down text DEFAULT NULL, id text DEFAULT NULL,
	revises names DEFAULT NULL, depends_on names DEFAULT '{}', branch_labels names DEFAULT '{}',
	splice boolean DEFAULT false, verify text DEFAULT NULL, options jsonb DEFAULT '{}', external text DEFAULT NULL)
RETURNS text AS 'MODULE_PATHNAME', 'sv_api_revision' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION revision(text, text, text, text, names, names, names, boolean, text, jsonb, text)
	IS 'register a revision and return its id';

CREATE FUNCTION merge(revisions names DEFAULT NULL, message text DEFAULT NULL, id text DEFAULT NULL)
RETURNS text AS 'MODULE_PATHNAME', 'sv_api_merge' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION merge(names, text, text)
	IS 'register an empty revision that revises several others (default: all heads) and return its id';

CREATE FUNCTION edit(ref text, up text DEFAULT NULL, down text DEFAULT NULL, message text DEFAULT NULL,
	revises names DEFAULT NULL, depends_on names DEFAULT NULL, branch_labels names DEFAULT NULL,
	splice boolean DEFAULT false, verify text DEFAULT NULL, options jsonb DEFAULT NULL)
RETURNS text AS 'MODULE_PATHNAME', 'sv_api_edit' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION edit(text, text, text, text, names, names, names, boolean, text, jsonb)
	IS 'change what is given of a revision that is not applied; of an applied one its message and labels';

CREATE FUNCTION remove(ref text)
RETURNS text AS 'MODULE_PATHNAME', 'sv_api_remove' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION remove(text) IS 'remove a revision that is not applied and that no other one needs';

CREATE FUNCTION load(name text, content text, format text DEFAULT NULL, source text DEFAULT NULL,
	prune boolean DEFAULT false, validate boolean DEFAULT false, broken_downs text DEFAULT 'refuse',
	contained text DEFAULT NULL, variables jsonb DEFAULT NULL)
RETURNS TABLE (file text, revision text, action text, finding text)
AS 'MODULE_PATHNAME', 'sv_api_load' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION load(text, text, text, text, boolean, boolean, text, text, jsonb)
	IS 'register the revisions of one file, or of several joined by lines "-- schemaver:file NAME"';

CREATE FUNCTION load_directory(path text, format text DEFAULT NULL, source text DEFAULT NULL,
	prune boolean DEFAULT false, validate boolean DEFAULT false, broken_downs text DEFAULT 'refuse',
	contained text DEFAULT NULL, variables jsonb DEFAULT NULL)
RETURNS TABLE (file text, revision text, action text, finding text)
AS 'MODULE_PATHNAME', 'sv_api_load_directory' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION load_directory(text, text, text, boolean, boolean, text, text, jsonb)
	IS 'register the revisions of a folder of the server, all or nothing';

CREATE FUNCTION export(range text DEFAULT ':', format text DEFAULT NULL)
RETURNS TABLE (name text, content text)
AS 'MODULE_PATHNAME', 'sv_api_export' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION export(text, text) IS 'the revisions of a range as files in the native format, or as another tool wants them';

CREATE FUNCTION tag(name text, ref text DEFAULT 'current')
RETURNS text AS 'MODULE_PATHNAME', 'sv_api_tag' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION tag(text, text) IS 'let tag:NAME mean a revision, and return its id';

CREATE FUNCTION untag(name text)
RETURNS boolean AS 'MODULE_PATHNAME', 'sv_api_untag' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION untag(text) IS 'forget a tag; false if there is none of that name';

-- Running

CREATE FUNCTION upgrade(target reference DEFAULT 'head', dry_run boolean DEFAULT false, allow_data_loss boolean DEFAULT false,
	note text DEFAULT NULL, variables jsonb DEFAULT NULL, contexts text DEFAULT NULL, options jsonb DEFAULT NULL)
RETURNS TABLE (revision text, direction text, message text, statements integer, elapsed interval)
AS 'MODULE_PATHNAME', 'sv_api_upgrade' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION upgrade(reference, boolean, boolean, text, jsonb, text, jsonb)
	IS 'run every missing revision up to the target in this transaction, all or nothing';

CREATE FUNCTION downgrade(target reference DEFAULT '-1', dry_run boolean DEFAULT false, allow_data_loss boolean DEFAULT false,
	note text DEFAULT NULL, variables jsonb DEFAULT NULL, contexts text DEFAULT NULL, options jsonb DEFAULT NULL)
RETURNS TABLE (revision text, direction text, message text, statements integer, elapsed interval)
AS 'MODULE_PATHNAME', 'sv_api_downgrade' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION downgrade(reference, boolean, boolean, text, jsonb, text, jsonb)
	IS 'undo every applied revision above the target in this transaction, all or nothing';

CREATE FUNCTION redo(steps integer DEFAULT 1, allow_data_loss boolean DEFAULT false,
	note text DEFAULT NULL, variables jsonb DEFAULT NULL, contexts text DEFAULT NULL, options jsonb DEFAULT NULL)
RETURNS TABLE (revision text, direction text, message text, statements integer, elapsed interval)
AS 'MODULE_PATHNAME', 'sv_api_redo' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION redo(integer, boolean, text, jsonb, text, jsonb) IS 'undo the last revisions and run them again, all or nothing';

CREATE FUNCTION stamp(targets names, purge boolean DEFAULT false)
RETURNS TABLE (revision text, direction text, message text)
AS 'MODULE_PATHNAME', 'sv_api_stamp' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION stamp(names, boolean) IS 'set the version without running anything';

CREATE FUNCTION plan(target reference DEFAULT NULL, direction text DEFAULT 'upgrade',
	variables jsonb DEFAULT NULL, contexts text DEFAULT NULL, options jsonb DEFAULT NULL)
RETURNS TABLE ("position" integer, revision text, direction text, message text, transactional boolean,
	structure_only text[], loses text[], needs text[], refused text, notes text[])
AS 'MODULE_PATHNAME', 'sv_api_plan' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION plan(reference, text, jsonb, text, jsonb) IS 'what a run would do, in order';

CREATE FUNCTION script(from_ref text DEFAULT 'current', to_ref text DEFAULT 'head',
	variables jsonb DEFAULT NULL, contexts text DEFAULT NULL, standalone boolean DEFAULT false)
RETURNS text AS 'MODULE_PATHNAME', 'sv_api_script' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION script(text, text, jsonb, text, boolean) IS 'a run as one SQL file for psql, with the record of the version';

CREATE FUNCTION script_begin(direction text, target text, expected text[])
RETURNS void AS 'MODULE_PATHNAME', 'sv_api_script_begin' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION script_begin(text, text, text[])
	IS 'for files made by script(): take the lock and check the version';

CREATE FUNCTION script_generated(revision text, direction text, checksum text)
RETURNS void AS 'MODULE_PATHNAME', 'sv_api_script_generated' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION script_generated(text, text, text)
	IS 'for files made by script(): execute what schemaver wrote, with the rights that are due';

CREATE FUNCTION script_step(revision text, direction text, checksum text, statements integer)
RETURNS void AS 'MODULE_PATHNAME', 'sv_api_script_step' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION script_step(text, text, text, integer)
	IS 'for files made by script(): check deferred constraints and record a revision';

-- Looking

CREATE FUNCTION "current"()
RETURNS TABLE (revision text, message text, applied_at timestamptz, applied_by text)
AS 'MODULE_PATHNAME', 'sv_api_current' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION "current"() IS 'the heads of what is applied';

CREATE FUNCTION heads()
RETURNS TABLE (revision text, message text, branch_labels text[], applied boolean, effective boolean)
AS 'MODULE_PATHNAME', 'sv_api_heads' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION heads() IS 'the revisions that no other one revises';

CREATE FUNCTION bases()
RETURNS TABLE (revision text, message text, branch_labels text[], applied boolean)
AS 'MODULE_PATHNAME', 'sv_api_bases' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION bases() IS 'the revisions that revise no other one';

CREATE FUNCTION branches()
RETURNS TABLE (revision text, message text, children text[])
AS 'MODULE_PATHNAME', 'sv_api_branches' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION branches() IS 'the revisions that several others revise';

CREATE FUNCTION history(from_ref text DEFAULT NULL, to_ref text DEFAULT NULL)
RETURNS TABLE (revision text, message text, revises text[], notes text, applied_at timestamptz)
AS 'MODULE_PATHNAME', 'sv_api_history' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION history(text, text) IS 'the revisions of a range, newest first';

CREATE FUNCTION show(ref text)
RETURNS TABLE (revision text, message text, revises text[], depends_on text[], branch_labels text[],
	options jsonb, checksum text, up text, down text, verify text, file text,
	created_at timestamptz, created_by text, applied_at timestamptz, applied_by text, elapsed interval,
	down_is_derived boolean, structure_only text[], needs text[])
AS 'MODULE_PATHNAME', 'sv_api_show' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION show(text) IS 'all that is known of the revisions that a reference means';

CREATE FUNCTION status(all_revisions boolean DEFAULT false)
RETURNS TABLE (revision text, message text, state text, transactional boolean,
	reversible boolean, applied_at timestamptz, needs text[])
AS 'MODULE_PATHNAME', 'sv_api_status' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION status(boolean) IS 'the applied heads and all that is pending, changed or interrupted; on request every revision, parents first';

CREATE FUNCTION resolve(ref text)
RETURNS TABLE (revision text, message text, applied boolean)
AS 'MODULE_PATHNAME', 'sv_api_resolve' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION resolve(text) IS 'the revisions that a reference means; none for base';

CREATE FUNCTION graph(format text DEFAULT 'text')
RETURNS SETOF text AS 'MODULE_PATHNAME', 'sv_api_graph' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION graph(text) IS 'the revision graph, drawn as text, mermaid, dot or svg, a row for each line';

CREATE FUNCTION "check"(target names DEFAULT NULL, drift boolean DEFAULT false, schemas names DEFAULT NULL,
	options jsonb DEFAULT NULL)
RETURNS void AS 'MODULE_PATHNAME', 'sv_api_check' LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION "check"(names, boolean, names, jsonb)
	IS 'raise SV014 if a revision up to the target is unknown or not applied, and, when asked, SV015 if the schema drifted';

-- What changes the state, or shows the text of scripts, is granted role by role.
REVOKE ALL ON FUNCTION
	revision(text, text, text, text, names, names, names, boolean, text, jsonb, text),
	merge(names, text, text),
	edit(text, text, text, text, names, names, names, boolean, text, jsonb),
	remove(text),
	load(text, text, text, text, boolean, boolean, text, text, jsonb),
	load_directory(text, text, text, boolean, boolean, text, text, jsonb),
	export(text, text),
	tag(text, text),
	untag(text),
	upgrade(reference, boolean, boolean, text, jsonb, text, jsonb),
	downgrade(reference, boolean, boolean, text, jsonb, text, jsonb),
	redo(integer, boolean, text, jsonb, text, jsonb),
	stamp(names, boolean),
	script(text, text, jsonb, text, boolean),
	script_begin(text, text, text[]),
	script_generated(text, text, text),
	script_step(text, text, text, integer),
	show(text)
FROM PUBLIC;
