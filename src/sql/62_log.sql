-- Runs and figures for people, roles and monitoring

CREATE FUNCTION log(runs integer DEFAULT 20)
RETURNS TABLE (run bigint, started text, who text, change text, steps integer, took text, outcome text)
AS 'MODULE_PATHNAME', 'sv_api_log' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION log(integer) IS 'the last runs, newest first, one line each';

-- One row for each number that a monitor wants; "drift" reads the whole schema, so
-- leave it out where you ask often: WHERE name <> 'drift'.
CREATE FUNCTION drift_count()
RETURNS bigint AS 'MODULE_PATHNAME', 'sv_api_drift_count' LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION drift_count() IS 'how many objects were changed outside of revisions; NULL if that is not known';

CREATE VIEW metrics AS
	WITH RECURSIVE behind AS (
		SELECT c.parent AS revision FROM revision_child c JOIN applied a ON a.revision = c.child
			WHERE NOT EXISTS (SELECT FROM applied b WHERE b.revision = c.parent)
		UNION SELECT p.parent FROM behind b JOIN revision r ON r.revision = b.revision,
			unnest(r.revises) AS p (parent) WHERE NOT EXISTS (SELECT FROM applied a WHERE a.revision = p.parent)
	)
	SELECT m.name, m.value FROM (
		SELECT 'registered' AS name, count(*)::double precision AS value, 1 AS place FROM revision
		UNION ALL SELECT 'applied', count(*), 2 FROM applied
		UNION ALL SELECT 'pending', count(*), 3 FROM revision r
			WHERE NOT EXISTS (SELECT FROM applied a WHERE a.revision = r.revision)
		UNION ALL SELECT 'behind', count(*), 4 FROM behind
		UNION ALL SELECT 'interrupted', count(DISTINCT p.revision), 5 FROM part p
			WHERE p.finished_at IS NOT NULL OR p.kind <> 'transaction'
		UNION ALL SELECT 'runs', count(*), 6 FROM run
		UNION ALL SELECT 'failed_runs', count(*), 7 FROM run WHERE outcome = 'failed'
		UNION ALL SELECT 'last_run', max(run), 8 FROM run
		UNION ALL SELECT 'last_run_age_seconds',
			EXTRACT(epoch FROM pg_catalog.clock_timestamp() - max(started_at))::double precision, 9 FROM run
		UNION ALL SELECT 'last_run_failed',
			(SELECT CASE WHEN r.outcome = 'failed' THEN 1 ELSE 0 END FROM run r ORDER BY r.run DESC LIMIT 1), 10
		UNION ALL SELECT 'drift', drift_count(), 11
	) m ORDER BY m.place;
COMMENT ON VIEW metrics IS 'numbers by name, for monitoring';
GRANT SELECT ON metrics TO PUBLIC;

-- Signature and purpose of a function, as \h has them of a command.
CREATE FUNCTION help(name text DEFAULT NULL)
RETURNS SETOF text LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
	SELECT line FROM (
		SELECT rpad(p.proname, 18) || coalesce(obj_description(p.oid, 'pg_proc'), '') AS line, p.proname, p.oid AS routine, 0 AS place
		FROM pg_proc p
		WHERE help.name IS NULL AND p.pronamespace = 'schemaver'::regnamespace AND p.proname !~ '^(names|reference)(_|$)|^script_|^log_ddl$|^edited_by_hand$'
		UNION ALL
		SELECT l.line, p.proname, p.oid, l.place::integer
		FROM pg_proc p, unnest(
			ARRAY[CASE p.prokind WHEN 'p' THEN 'Procedure:   ' ELSE 'Function:    ' END || p.proname,
				'Description: ' || coalesce(obj_description(p.oid, 'pg_proc'), ''),
				CASE WHEN p.prokind = 'p' THEN 'Call:        CALL schemaver.' WHEN p.proretset THEN 'Call:        SELECT * FROM schemaver.'
					ELSE 'Call:        SELECT schemaver.' END || quote_ident(p.proname) || '('
					|| CASE WHEN p.pronargs = 0 THEN ')' ELSE '' END]
			|| ARRAY(SELECT '    ' || trim(a) || CASE WHEN n = p.pronargs THEN ')' ELSE ',' END
				FROM regexp_split_to_table(regexp_replace(regexp_replace(pg_get_function_arguments(p.oid), '::[a-z_."]+(\[\])?', '', 'g'), '\mIN (?=\w+ )', '', 'g'), ',\s+(?=\w+ [a-z])')
					WITH ORDINALITY s (a, n) WHERE p.pronargs > 0)
			|| CASE WHEN p.prokind = 'p' THEN '{}'::text[] ELSE ARRAY['Returns:     ' || pg_get_function_result(p.oid)] END
			|| ARRAY['Grant:       ' || CASE WHEN has_function_privilege('public', p.oid, 'EXECUTE') THEN 'everybody may call it'
				ELSE coalesce((SELECT 'part of the set "' || g.set || '": SELECT schemaver.grant_set(''' || g.set || ''', ''ROLE'')'
					FROM schemaver.grant_sets() g WHERE g.routine = p.oid::regprocedure::text LIMIT 1), 'the owner of the extension may call it') END])
			WITH ORDINALITY l (line, place)
		WHERE p.pronamespace = 'schemaver'::regnamespace AND p.proname = lower(trim(help.name))
		UNION ALL
		SELECT 'There is no function "' || left(help.name, 63) || '"; SELECT schemaver.help() lists them.', '', 0, 0
		WHERE NOT EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = 'schemaver'::regnamespace AND p.proname = lower(trim(help.name)))
			AND help.name IS NOT NULL
	) lines
	ORDER BY proname, routine, place
$$;
COMMENT ON FUNCTION help(text) IS 'signature and purpose of a function; without a name the list of them';

-- The sets of grants: each holds the sets before it, but that "deployer" holds no "author".
CREATE FUNCTION grant_sets()
RETURNS TABLE (set text, routine text)
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
	SELECT s.set, p.oid::regprocedure::text
	FROM (VALUES
		('reader', '{show,log,export,script,diff_revisions,show_schema,snapshot_at,drift,er,report,hooks}'::text[]),
		('author', '{revision,merge,edit,remove,load,load_directory,new_file,repeatable,seed,managed_rows,autogenerate,diff,test,tag,untag}'),
		('deployer', '{load,load_directory,upgrade,online_upgrade,deploy,done,verify,script_begin,script_step,script_generated,script_hook}'),
		('operator', '{downgrade,online_downgrade,redo,undo,goto,stamp,abandon,capture,revert_drift,tag,untag,kept_rows,purge_kept}')
	) s (set, names)
	JOIN pg_proc p ON p.pronamespace = 'schemaver'::regnamespace AND p.proname::text = ANY (s.names)
	WHERE NOT has_function_privilege('public', p.oid, 'EXECUTE')
	ORDER BY array_position('{reader,author,deployer,operator}'::text[], s.set), p.proname, p.oid
$$;
COMMENT ON FUNCTION grant_sets() IS 'the ready sets of grants: which functions each of them adds';

CREATE FUNCTION grant_set(name text, role text)
RETURNS SETOF text AS 'MODULE_PATHNAME', 'sv_api_grant_set' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION grant_set(text, text)
	IS 'grant a role what readers, authors, deployers or operators need, and return the statements';

CREATE FUNCTION revoke_set(name text, role text)
RETURNS SETOF text AS 'MODULE_PATHNAME', 'sv_api_revoke_set' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION revoke_set(text, text)
	IS 'take away from a role what a set grants and return the statements';

REVOKE ALL ON FUNCTION log(integer), grant_set(text, text), revoke_set(text, text) FROM PUBLIC;
