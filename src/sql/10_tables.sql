-- The state of schemaver.  Only the C code in src/store writes here, as the
-- owner of the extension; every table and sequence is marked for pg_dump at
-- the end of this part, so that a dump carries the whole state.
--
-- No foreign keys: they exist before pg_restore loads the rows of an extension,
-- and with --jobs it loads them in any order.  src/register keeps what they
-- would: nothing is removed that is applied, tagged or needed.
--
-- Constraints and indexes have names that no script takes for its own when it
-- looks for patterns like %_pkey or %_idx in the catalogs.

CREATE SEQUENCE revision_position;
CREATE SEQUENCE applied_rank;
CREATE SEQUENCE run_number;
CREATE SEQUENCE state_number;
CREATE SEQUENCE ddl_log_entry;

-- One row per registered revision: its place in the graph and what a plan
-- needs to know.  The bodies stand in "script", so that reading the graph
-- reads no body.
CREATE TABLE revision (
	revision		text COLLATE "C" CONSTRAINT one_revision PRIMARY KEY,
	position		bigint NOT NULL CONSTRAINT one_revision_position UNIQUE DEFAULT pg_catalog.nextval('schemaver.revision_position'),
	revises			text[] NOT NULL,
	depends_on		text[] NOT NULL,
	branch_labels	text[] NOT NULL,
	message			text NOT NULL,
	options			jsonb NOT NULL,
	checksum		text COLLATE "C" NOT NULL,
	has_down		boolean NOT NULL,
	up_blocker		text,
	down_blocker	text,
	adds_enum_value	boolean NOT NULL,
	heads_after		integer NOT NULL,
	created_at		timestamptz NOT NULL,
	created_by		text NOT NULL
);
COMMENT ON TABLE revision IS 'every registered revision and its place in the graph';
COMMENT ON COLUMN revision.position IS 'order of registration';
COMMENT ON COLUMN revision.depends_on IS 'ids or branch labels, as they were given';
COMMENT ON COLUMN revision.checksum IS 'sha256 of the statements of up, down and verify and of the options';
COMMENT ON COLUMN revision.up_blocker IS 'first command of up that PostgreSQL refuses in a transaction block, with its line';
COMMENT ON COLUMN revision.heads_after IS 'number of heads of the graph; right on the revision registered last';

CREATE TABLE script (
	revision	text COLLATE "C" CONSTRAINT one_script PRIMARY KEY,
	up			text NOT NULL,
	down		text,
	verify		text,
	source		text,
	up_line		integer NOT NULL,
	down_source	text,
	down_line	integer NOT NULL,
	verify_source	text,
	verify_line	integer NOT NULL,
	up_generated	boolean NOT NULL DEFAULT false,
	down_generated	boolean NOT NULL DEFAULT false
);
COMMENT ON COLUMN script.up_generated IS 'schemaver wrote it, and nobody has edited it';
COMMENT ON COLUMN script.down_generated IS 'the same of down';
COMMENT ON TABLE script IS 'the bodies of the revisions, and the files and lines where they stood';

-- The reverse of revision.revises: tells at the cost of one look-up whether a
-- revision is a head.
CREATE TABLE revision_child (
	parent	text COLLATE "C" NOT NULL,
	child	text COLLATE "C" NOT NULL,
	CONSTRAINT one_revision_child PRIMARY KEY (parent, child)
);
COMMENT ON TABLE revision_child IS 'which revision is revised by which';

CREATE TABLE branch_label (
	label		text COLLATE "C" CONSTRAINT one_branch_label PRIMARY KEY,
	revision	text COLLATE "C" NOT NULL
);
COMMENT ON TABLE branch_label IS 'branch labels; they share one name space with the ids';

CREATE TABLE tag (
	tag			text COLLATE "C" CONSTRAINT one_tag PRIMARY KEY,
	revision	text COLLATE "C" NOT NULL,
	created_at	timestamptz NOT NULL,
	created_by	text NOT NULL
);
COMMENT ON TABLE tag IS 'names for points of the graph, used as tag:NAME';

-- Where a revision came from.  Source "" is that of files loaded without one.
CREATE TABLE loaded (
	revision	text COLLATE "C" CONSTRAINT one_loaded PRIMARY KEY,
	source		text COLLATE "C" NOT NULL,
	file		text NOT NULL,
	format		text,
	details		jsonb
);
CREATE INDEX loaded_from ON loaded (source);
COMMENT ON TABLE loaded IS 'the file and the source that revisions were loaded from';
COMMENT ON COLUMN loaded.details IS 'what the tool of the format knows the revision by';

-- Tables of other migration tools that adopt() took over, with what is theirs:
-- no part of baselines, snapshots and drift.  An OID means something only in the
-- database named.
CREATE TABLE adopted (
	schema_name			name NOT NULL,
	name				name NOT NULL,
	kind				text NOT NULL,
	tool				text NOT NULL,
	source				text NOT NULL,
	oid					oid NOT NULL,
	system_identifier	bigint NOT NULL,
	database			oid NOT NULL,
	locked_out			boolean NOT NULL DEFAULT false,
	keys				text[] NOT NULL DEFAULT '{}',
	adopted_at			timestamptz NOT NULL,
	adopted_by			text NOT NULL,
	CONSTRAINT one_adopted PRIMARY KEY (schema_name, name, kind)
);
COMMENT ON TABLE adopted IS 'tables of other migration tools that were taken over';
COMMENT ON COLUMN adopted.kind IS '"state" (the list of what was applied), "companion", "sequence", "schema" or "lock"';
COMMENT ON COLUMN adopted.keys IS 'what the tool had applied when it was taken over';

CREATE TABLE replaced (
	revision	text COLLATE "C" CONSTRAINT one_replaced PRIMARY KEY,
	squash		text COLLATE "C" NOT NULL
);
COMMENT ON TABLE replaced IS 'ids of revisions that a squashed one has replaced; they mean that one';

CREATE TABLE applied (
	revision	text COLLATE "C" CONSTRAINT one_applied PRIMARY KEY,
	rank		bigint NOT NULL CONSTRAINT one_applied_rank UNIQUE DEFAULT pg_catalog.nextval('schemaver.applied_rank'),
	checksum	text COLLATE "C" NOT NULL,
	run			bigint NOT NULL,
	applied_at	timestamptz NOT NULL,
	applied_by	text NOT NULL,
	elapsed		interval
);
COMMENT ON TABLE applied IS 'the revisions that this database has; its heads are derived from it';
COMMENT ON COLUMN applied.rank IS 'order of application';
COMMENT ON COLUMN applied.elapsed IS 'how long the script took; NULL when it was stamped';

-- At most one row.  It lets an upgrade leave the history below unread.
CREATE TABLE reached (
	one			boolean CONSTRAINT one_reached PRIMARY KEY CONSTRAINT only_one_reached CHECK (one),
	position	bigint NOT NULL,
	run			bigint NOT NULL,
	holds		boolean NOT NULL,
	edits		bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE reached IS 'up to which position every registered revision is applied, with the text that is registered';
COMMENT ON COLUMN reached.run IS 'the last run that was looked at for it';
COMMENT ON COLUMN reached.holds IS 'false: a revision was undone, or a row changed by hand, since';
COMMENT ON COLUMN reached.edits IS 'how often the tables were changed by hand';

-- What is known of the history ends where somebody changes its tables by hand.  ALWAYS: also where
-- session_replication_role is "replica".
CREATE FUNCTION edited_by_hand()
RETURNS trigger AS 'MODULE_PATHNAME', 'sv_api_edited_by_hand' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION edited_by_hand() IS 'for triggers on schemaver''s own tables: what is known of the history ends';
REVOKE ALL ON FUNCTION edited_by_hand() FROM PUBLIC;
CREATE TRIGGER edited_by_hand AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON revision
	FOR EACH STATEMENT EXECUTE FUNCTION edited_by_hand();
CREATE TRIGGER edited_by_hand AFTER UPDATE OR DELETE OR TRUNCATE ON applied
	FOR EACH STATEMENT EXECUTE FUNCTION edited_by_hand();
ALTER TABLE revision ENABLE ALWAYS TRIGGER edited_by_hand;
ALTER TABLE applied ENABLE ALWAYS TRIGGER edited_by_hand;

CREATE TABLE derived (
	revision	text COLLATE "C" CONSTRAINT one_derived PRIMARY KEY,
	down		text NOT NULL,
	lost		text[] NOT NULL,
	last		text,
	ordered		text[]
);
COMMENT ON TABLE derived IS 'down scripts that were derived when their revisions were applied';
COMMENT ON COLUMN derived.lost IS 'what the script cannot bring back: rows, values';
COMMENT ON COLUMN derived.last IS 'the script in which columns come back as the last ones; NULL: there is but one';
COMMENT ON COLUMN derived.ordered IS 'the tables that "down" copies and "last" does not, for the order of their columns';

CREATE TABLE run (
	run				bigint CONSTRAINT one_run PRIMARY KEY,
	command			text NOT NULL,
	target			text,
	role			text NOT NULL,
	session_role	text NOT NULL,
	pid				integer NOT NULL,
	application		text,
	client			inet,
	version			text NOT NULL,
	started_at		timestamptz NOT NULL,
	elapsed			interval,
	outcome			text NOT NULL,
	note			text,
	change			text
);
COMMENT ON COLUMN run.change IS 'from which revision to which one, known when it ended; NULL: none';
COMMENT ON TABLE run IS 'every run that committed, or failed: who, when, what for';

CREATE TABLE step (
	run			bigint NOT NULL,
	position	integer NOT NULL,
	revision	text COLLATE "C" NOT NULL,
	direction	text NOT NULL,
	checksum	text NOT NULL,
	started_at	timestamptz NOT NULL,
	elapsed		interval NOT NULL,
	statements	integer NOT NULL,
	outcome		text NOT NULL,
	statement	integer,
	line		integer,
	sqlstate	text,
	error		text,
	state		bigint,
	state_before	bigint,
	variables	jsonb,
	CONSTRAINT one_step PRIMARY KEY (run, position)
);
CREATE INDEX step_state ON step (revision, run, position) WHERE state IS NOT NULL;
COMMENT ON TABLE step IS 'every revision that a run applied, undid or stamped, or failed at';
COMMENT ON COLUMN step.state IS 'the kept state of the schema after it; NULL when it was not kept';
COMMENT ON COLUMN step.state_before IS 'the one before it: the step changed what is different between both';
COMMENT ON COLUMN step.variables IS 'the variables that the up of the revision was given, without secret ones; its down has them, too';
COMMENT ON COLUMN step.statement IS 'where an online run failed: number of the statement, from 1';

CREATE VIEW journal AS
	SELECT r.run, s.position, r.command, r.target, s.revision, s.direction, s.checksum,
		   r.role, r.session_role, r.pid, r.application, r.client, r.version,
		   r.started_at AS run_started_at, r.elapsed AS run_elapsed, r.outcome AS run_outcome,
		   s.started_at, s.elapsed, s.statements, s.outcome,
		   s.statement, s.line, s.sqlstate, s.error, r.note
	FROM run r LEFT JOIN step s ON s.run OPERATOR(pg_catalog.=) r.run
	ORDER BY r.run, s.position;
COMMENT ON VIEW journal IS 'every run and step: who, when, which direction, how long, how many statements, outcome';

-- What online runs did of revisions that are not finished.  One row for each
-- part of a script: statements of one transaction, one statement outside of
-- transactions, or one statement in batches.
CREATE TABLE part (
	revision	text COLLATE "C" NOT NULL CONSTRAINT part_of_revision REFERENCES revision,
	direction	text NOT NULL,
	statement	integer NOT NULL,
	statements	integer NOT NULL,
	line		integer NOT NULL,
	kind		text NOT NULL,
	checksum	text NOT NULL,
	run			bigint NOT NULL,
	started_at	timestamptz NOT NULL,
	finished_at	timestamptz,
	total		bigint,
	done		bigint,
	batches		integer,
	size		integer,
	cursor		text,
	last_key	text,
	pass		integer,
	longest		integer,
	body		text,
	note		text,
	state		bigint,
	CONSTRAINT one_part PRIMARY KEY (revision, statement)
);
COMMENT ON TABLE part IS 'the parts of revisions that an online run has begun and not finished';
COMMENT ON COLUMN part.statement IS 'number of its first statement, from 1';
COMMENT ON COLUMN part.kind IS '"transaction", "alone" (outside of transactions) or "batches"';
COMMENT ON COLUMN part.total IS 'batches: estimate of the rows of the table';
COMMENT ON COLUMN part.done IS 'batches: rows changed so far';
COMMENT ON COLUMN part.cursor IS 'batches: the last key that is done';
COMMENT ON COLUMN part.last_key IS 'batches: the last key there was when they began';
COMMENT ON COLUMN part.pass IS 'batches: which pass over the table; later ones look for rows that are left';
COMMENT ON COLUMN part.longest IS 'batches: the ms that the longest one took';
COMMENT ON COLUMN part.body IS 'alone: the statement, to find what it left when it has been edited away; batches: table and key';
COMMENT ON COLUMN part.note IS 'why it waits';
COMMENT ON COLUMN part.state IS 'the kept state of the schema before it was first begun';

-- Kept states of the schema.  A state is a number; each version of an object
-- says from which state to before which one it was so.  So a step that changes
-- one object adds one row, and every state can be put together again.
CREATE TABLE state_origin (
	origin				integer CONSTRAINT one_state_origin PRIMARY KEY,
	system_identifier	bigint NOT NULL,
	database			oid NOT NULL,
	major				integer NOT NULL
);
COMMENT ON TABLE state_origin IS 'databases in which states were kept: OIDs mean something only there';

CREATE TABLE state (
	state		bigint CONSTRAINT one_state PRIMARY KEY,
	origin		integer NOT NULL,
	complete	boolean NOT NULL,
	damage		text
);
COMMENT ON TABLE state IS 'the kept states of the schema; the last one is what the revisions left';
COMMENT ON COLUMN state.complete IS 'false: a run changed the schema and did not keep how it is';
COMMENT ON COLUMN state.damage IS 'why a run could not keep it; nothing is kept from then on until rebase_state()';

CREATE TABLE object_version (
	from_state	bigint NOT NULL,
	to_state	bigint,
	oid			oid NOT NULL,
	origin		integer NOT NULL,
	place		smallint NOT NULL,
	class		text COLLATE "C" NOT NULL,
	identity	text COLLATE "C" NOT NULL,
	description	jsonb NOT NULL
) WITH (toast_tuple_target = 256);
-- compressed in place: a description is small, and never looked for by itself
ALTER TABLE object_version ALTER COLUMN description SET STORAGE MAIN;
-- without a key, a publication FOR ALL TABLES would forbid to change it
ALTER TABLE object_version REPLICA IDENTITY FULL;
-- identities can be longer than an index may hold
CREATE INDEX object_version_present ON object_version (pg_catalog.hashtextextended(identity, 0)) WHERE to_state IS NULL;
CREATE INDEX object_version_parts ON object_version
	(pg_catalog.hashtextextended((description OPERATOR(pg_catalog.->>) 'parent') COLLATE "C", 0)) WHERE to_state IS NULL;
COMMENT ON TABLE object_version IS 'the objects of the kept states, one row for each time that one changed';
COMMENT ON COLUMN object_version.to_state IS 'first state in which it is not so any more; NULL: it still is';
COMMENT ON COLUMN object_version.oid IS 'of the object in its catalog, in the database that "origin" names';
COMMENT ON COLUMN object_version.place IS 'of a column in its table, else 0';

-- Who changed the schema outside of runs, where the event triggers are enabled.
-- Objects are addresses, which mean something only in the database named.
CREATE TABLE ddl_log (
	entry				bigint NOT NULL DEFAULT pg_catalog.nextval('schemaver.ddl_log_entry'),
	logged_at			timestamptz NOT NULL,
	role				text NOT NULL,
	session_role		text NOT NULL,
	application			text,
	client				inet,
	pid					integer NOT NULL,
	tag					text NOT NULL,
	statement			text,
	objects				text[] NOT NULL,
	catalogs			oid[] NOT NULL,
	oids				oid[] NOT NULL,
	places				integer[] NOT NULL,
	system_identifier	bigint NOT NULL,
	database			oid NOT NULL,
	CONSTRAINT one_ddl_log PRIMARY KEY (entry)
);
CREATE INDEX ddl_log_oids ON ddl_log USING gin (oids);
CREATE INDEX ddl_log_logged_at ON ddl_log (logged_at);
COMMENT ON TABLE ddl_log IS 'statements that changed the schema outside of runs, while watch() is on';
COMMENT ON COLUMN ddl_log.statement IS 'NULL where it may hold a password';

SELECT pg_catalog.pg_extension_config_dump('schemaver.revision_position', '');
SELECT pg_catalog.pg_extension_config_dump('schemaver.applied_rank', '');
SELECT pg_catalog.pg_extension_config_dump('schemaver.run_number', '');
SELECT pg_catalog.pg_extension_config_dump('schemaver.revision', '');
SELECT pg_catalog.pg_extension_config_dump('schemaver.script', '');
SELECT pg_catalog.pg_extension_config_dump('schemaver.revision_child', '');
SELECT pg_catalog.pg_extension_config_dump('schemaver.branch_label', '');
SELECT pg_catalog.pg_extension_config_dump('schemaver.tag', '');
SELECT pg_catalog.pg_extension_config_dump('schemaver.replaced', '');
SELECT pg_catalog.pg_extension_config_dump('schemaver.loaded', '');
SELECT pg_catalog.pg_extension_config_dump('schemaver.adopted', '');
SELECT pg_catalog.pg_extension_config_dump('schemaver.applied', '');
SELECT pg_catalog.pg_extension_config_dump('schemaver.reached', '');
SELECT pg_catalog.pg_extension_config_dump('schemaver.derived', '');
SELECT pg_catalog.pg_extension_config_dump('schemaver.run', '');
SELECT pg_catalog.pg_extension_config_dump('schemaver.step', '');
SELECT pg_catalog.pg_extension_config_dump('schemaver.part', '');
SELECT pg_catalog.pg_extension_config_dump('schemaver.state_number', '');
SELECT pg_catalog.pg_extension_config_dump('schemaver.state_origin', '');
SELECT pg_catalog.pg_extension_config_dump('schemaver.state', '');
SELECT pg_catalog.pg_extension_config_dump('schemaver.object_version', '');
SELECT pg_catalog.pg_extension_config_dump('schemaver.ddl_log_entry', '');
SELECT pg_catalog.pg_extension_config_dump('schemaver.ddl_log', '');
