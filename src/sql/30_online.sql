-- Online runs: they commit step by step.

CREATE PROCEDURE online_upgrade(target reference DEFAULT 'head', allow_data_loss boolean DEFAULT false,
	note text DEFAULT NULL, variables jsonb DEFAULT NULL, contexts text DEFAULT NULL, options jsonb DEFAULT NULL)
AS 'MODULE_PATHNAME', 'sv_api_online_upgrade' LANGUAGE C;
COMMENT ON PROCEDURE online_upgrade(reference, boolean, text, jsonb, text, jsonb)
	IS 'run every missing revision up to the target, with a commit after each; call it again to continue';

CREATE PROCEDURE online_downgrade(target reference DEFAULT '-1', allow_data_loss boolean DEFAULT false,
	note text DEFAULT NULL, variables jsonb DEFAULT NULL, contexts text DEFAULT NULL, options jsonb DEFAULT NULL)
AS 'MODULE_PATHNAME', 'sv_api_online_downgrade' LANGUAGE C;
COMMENT ON PROCEDURE online_downgrade(reference, boolean, text, jsonb, text, jsonb)
	IS 'undo every applied revision above the target, with a commit after each; call it again to continue';

CREATE FUNCTION abandon(ref text)
RETURNS text AS 'MODULE_PATHNAME', 'sv_api_abandon' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION abandon(text)
	IS 'forget what an interrupted online run did of a revision; its objects stay as they are';

-- What online runs are doing, or were doing when they ended.  The process of
-- the run holds the marker of src/run/lock.c; its worker is the only one of this
-- database.
CREATE VIEW progress AS
	SELECT g.run, r.command, r.target, g.revision, g.direction,
		CASE WHEN g.finished_at IS NULL THEN g.statement ELSE g.statement + g.statements END AS statement,
		CASE WHEN g.finished_at IS NULL THEN g.line END AS line,
		CASE WHEN g.finished_at IS NULL THEN g.kind END AS kind,
		CASE WHEN l.pid IS NULL THEN 'interrupted' ELSE 'running' END AS state,
		l.pid, w.pid AS worker_pid,
		coalesce(i.phase, v.phase) AS phase,
		n.done, greatest(n.total, n.done) AS total,	-- totals are estimates
		CASE WHEN g.kind = 'batches' THEN 'rows' WHEN i.blocks_total > 0 THEN 'blocks' WHEN i.tuples_total > 0 THEN 'tuples'
			WHEN i.lockers_total > 0 THEN 'lockers' WHEN v.pid IS NOT NULL THEN 'blocks' END AS unit,
		g.started_at,
		CASE WHEN l.pid IS NOT NULL AND g.kind = 'batches' AND g.done > 0 AND g.total > g.done
			THEN (pg_catalog.clock_timestamp() - g.started_at) * ((g.total - g.done)::double precision / g.done) END AS remaining,
		pg_catalog.pg_blocking_pids(coalesce(w.pid, l.pid)) AS blocked_by,
		coalesce(w.wait_event, c.wait_event) AS wait_event,
		g.batches, g.size AS batch_size, g.longest * interval '1 ms' AS longest_batch, g.note,
		CASE WHEN l.pid IS NULL THEN pg_catalog.format('CALL schemaver.online_%s(%L)', g.direction,
			CASE g.direction WHEN 'upgrade' THEN g.revision ELSE r.target END) END AS next_call
	FROM part g
	JOIN run r ON r.run = g.run
	LEFT JOIN pg_catalog.pg_locks l ON l.locktype = 'object' AND l.mode = 'ExclusiveLock' AND l.granted
		AND l.classid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND l.objsubid = 1
		AND l.objid = (SELECT e.oid FROM pg_catalog.pg_extension e WHERE e.extname = 'schemaver')
		AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
		AND l.pid = r.pid
	LEFT JOIN pg_catalog.pg_stat_activity c ON c.pid = l.pid
	LEFT JOIN pg_catalog.pg_stat_activity w ON l.pid IS NOT NULL AND w.backend_type = 'schemaver worker'
		AND w.datname = pg_catalog.current_database()
	LEFT JOIN pg_catalog.pg_stat_progress_create_index i ON i.pid = w.pid
	LEFT JOIN pg_catalog.pg_stat_progress_vacuum v ON v.pid = w.pid
	CROSS JOIN LATERAL (SELECT
		coalesce(g.done, CASE WHEN i.blocks_total > 0 THEN i.blocks_done WHEN i.tuples_total > 0 THEN i.tuples_done
			WHEN i.lockers_total > 0 THEN i.lockers_done ELSE v.heap_blks_scanned END) AS done,
		coalesce(g.total, CASE WHEN i.blocks_total > 0 THEN i.blocks_total WHEN i.tuples_total > 0 THEN i.tuples_total
			WHEN i.lockers_total > 0 THEN i.lockers_total ELSE v.heap_blks_total END) AS total) n
	WHERE NOT EXISTS (SELECT FROM part later WHERE later.revision = g.revision AND later.statement > g.statement)
	UNION ALL
	SELECT m.found[1]::bigint, m.found[2], NULL, m.found[3] COLLATE "C", m.found[2], NULL, NULL, 'transaction', 'running',
		c.pid, NULL, NULL, m.found[4]::bigint, m.found[5]::bigint, 'revisions', c.query_start, NULL,
		pg_catalog.pg_blocking_pids(c.pid), c.wait_event, NULL, NULL, NULL, NULL, NULL
	FROM pg_catalog.pg_stat_activity c CROSS JOIN LATERAL (SELECT pg_catalog.regexp_match(c.query,
		'^/\* schemaver run ([0-9]{1,18}): (upgrade|downgrade) (\S+), revision ([0-9]{1,9}) of ([0-9]{1,9}) \*/ ') AS found) m
	WHERE c.datname = pg_catalog.current_database() AND c.state = 'active' AND m.found IS NOT NULL;
COMMENT ON VIEW progress IS 'what a run is doing; what an online run was doing when it was interrupted, and how to continue it';
GRANT SELECT ON progress TO PUBLIC;

REVOKE ALL ON PROCEDURE online_upgrade(reference, boolean, text, jsonb, text, jsonb), online_downgrade(reference, boolean, text, jsonb, text, jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION abandon(text) FROM PUBLIC;
