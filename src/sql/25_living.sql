-- Living objects: texts that are run again when they have changed

CREATE SEQUENCE living_position;
CREATE SEQUENCE living_version_number;

CREATE TABLE living (
	name		text COLLATE "C" CONSTRAINT one_living PRIMARY KEY,
	position	bigint NOT NULL CONSTRAINT one_living_position UNIQUE DEFAULT pg_catalog.nextval('schemaver.living_position'),
	kind		text NOT NULL,
	up			text NOT NULL,
	down		text,
	depends_on	text[] NOT NULL,
	run			text NOT NULL,
	contexts	text,
	labels		text,
	checksum	text COLLATE "C" NOT NULL,
	source		text COLLATE "C" NOT NULL,
	file		text,
	line		integer NOT NULL,
	in_force	text COLLATE "C",
	created_at	timestamptz NOT NULL,
	created_by	text NOT NULL
);
COMMENT ON TABLE living IS 'texts that are run again when they have changed';
COMMENT ON COLUMN living.kind IS '"object", "seed" or "rows"';
COMMENT ON COLUMN living.up IS 'the script; of rows, what they shall be, as JSON';
COMMENT ON COLUMN living.run IS '"changed": when the text has changed; "always": at every upgrade';
COMMENT ON COLUMN living.contexts IS 'an expression of contexts for which it runs; NULL: it always does';
COMMENT ON COLUMN living.labels IS 'names, for the expression of labels of a run; NULL: none';
COMMENT ON COLUMN living.checksum IS 'of up, down and depends_on';
COMMENT ON COLUMN living.in_force IS 'the checksum of the text that ran last; NULL: none, or it was taken back';

-- What ran, so that a downgrade to a point in time brings back the text of that time.
CREATE TABLE living_version (
	version		bigint CONSTRAINT one_living_version PRIMARY KEY DEFAULT pg_catalog.nextval('schemaver.living_version_number'),
	name		text COLLATE "C" NOT NULL,
	run			bigint NOT NULL,
	checksum	text COLLATE "C",
	up			text,
	down		text,
	ran_at		timestamptz NOT NULL,
	ran_by		text NOT NULL
);
CREATE INDEX living_version_of ON living_version (name, version);
COMMENT ON TABLE living_version IS 'every text of a living object that ran, in order';
COMMENT ON COLUMN living_version.up IS 'NULL: it was taken back';

-- What the text in force has made, as pg_get_object_address() takes it.
CREATE TABLE living_object (
	name		text COLLATE "C" NOT NULL,
	type		text NOT NULL,
	names		text[] NOT NULL,
	args		text[] NOT NULL
);
CREATE INDEX living_object_of ON living_object (name);
COMMENT ON TABLE living_object IS 'the objects that the texts in force have made';

-- What others did to these objects is what differs from it.
CREATE TABLE living_annotation (
	name		text COLLATE "C" NOT NULL,
	class		text NOT NULL,
	identity	text NOT NULL,
	owner		text,
	comment		text,
	acl			text[] NOT NULL
);
CREATE INDEX living_annotation_of ON living_annotation (name);
COMMENT ON TABLE living_annotation IS 'owner, comment and privileges as the texts in force have left them';

SELECT pg_catalog.pg_extension_config_dump('schemaver.living_annotation', '');
SELECT pg_catalog.pg_extension_config_dump('schemaver.living_position', '');
SELECT pg_catalog.pg_extension_config_dump('schemaver.living_version_number', '');
SELECT pg_catalog.pg_extension_config_dump('schemaver.living', '');
SELECT pg_catalog.pg_extension_config_dump('schemaver.living_version', '');
SELECT pg_catalog.pg_extension_config_dump('schemaver.living_object', '');

CREATE FUNCTION repeatable(name text, up text, down text DEFAULT NULL, depends_on names DEFAULT NULL, run text DEFAULT 'changed',
	contexts text DEFAULT NULL)
RETURNS text AS 'MODULE_PATHNAME', 'sv_api_repeatable' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION repeatable(text, text, text, names, text, text)
	IS 'register a living object, or its new text, which the next upgrade runs, and return its name';

CREATE FUNCTION seed(name text, sql text, run text DEFAULT 'changed', contexts text DEFAULT NULL)
RETURNS text AS 'MODULE_PATHNAME', 'sv_api_seed' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION seed(text, text, text, text)
	IS 'register a script that fills tables, which upgrades run behind the living objects when it has changed, and return its name';

CREATE FUNCTION managed_rows("table" text, key names, rows text, format text DEFAULT 'values',
	delete boolean DEFAULT false, overwrite boolean DEFAULT false, columns names DEFAULT NULL,
	run text DEFAULT 'changed', name text DEFAULT NULL, depends_on names DEFAULT NULL, contexts text DEFAULT NULL)
RETURNS text AS 'MODULE_PATHNAME', 'sv_api_managed_rows' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION managed_rows(text, names, text, text, boolean, boolean, names, text, text, names, text)
	IS 'register the rows that a table shall have, which upgrades write when they have changed, and return their name';

REVOKE ALL ON FUNCTION
	managed_rows(text, names, text, text, boolean, boolean, names, text, text, names, text),
	repeatable(text, text, text, names, text, text),
	seed(text, text, text, text)
FROM PUBLIC;
