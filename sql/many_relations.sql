-- Of a schema with many tables whole catalogs are read: are definitions those that the server prints?
CREATE EXTENSION schemaver;
DO $$
BEGIN
	FOR i IN 1 .. 300 LOOP
		EXECUTE format('CREATE TABLE many_%s (id int PRIMARY KEY, a text, b int CHECK (b > 0))', i);
	END LOOP;
END $$;
CREATE TYPE pair AS (x int, y int);
CREATE TABLE "Odd ones" (id int, "a b" text COLLATE "C", c varchar(10), d int[], e numeric, f pair, at tstzrange,
	CONSTRAINT "key's" UNIQUE (id, "a b"), CONSTRAINT with_more UNIQUE (id) INCLUDE (c),
	CONSTRAINT same_nulls UNIQUE NULLS NOT DISTINCT (c), CONSTRAINT late UNIQUE (e) DEFERRABLE,
	CONSTRAINT filled UNIQUE (c, e) WITH (fillfactor = 70), EXCLUDE USING gist (at WITH &&),
	CONSTRAINT looks CHECK (CASE WHEN id > 1 THEN e > 0 ELSE c IS NULL END));
CREATE INDEX plain ON "Odd ones" (id, c);
CREATE INDEX own_collation ON "Odd ones" ("a b");
CREATE INDEX other_collation ON "Odd ones" (c COLLATE "POSIX");
CREATE INDEX other_class ON "Odd ones" (c varchar_pattern_ops);
CREATE INDEX class_options ON "Odd ones" USING gist (d);
CREATE INDEX backwards ON "Odd ones" (id DESC, c NULLS FIRST);
CREATE INDEX hashed ON "Odd ones" USING hash (e);
CREATE INDEX composite ON "Odd ones" (f);
CREATE INDEX expression ON "Odd ones" (lower("a b"), id);
CREATE UNIQUE INDEX some_rows ON "Odd ones" (id) WHERE e > 1.5 AND "a b" ~ '^a' AND d[1] IN (1, 2);
CREATE INDEX lines ON "Odd ones" (id) WHERE CASE WHEN id > 1 THEN e > 0 ELSE c IS NULL END;
CREATE INDEX text_with_a_line ON "Odd ones" (id) WHERE c = 'a
b';
CREATE INDEX "Included" ON "Odd ones" (id) INCLUDE (c);
CREATE INDEX filled_less ON "Odd ones" (id) WITH (fillfactor = 50);
ALTER INDEX plain RENAME TO "Plain";
CREATE TABLE parted (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE INDEX parted_id ON parted (id);
CREATE MATERIALIZED VIEW seen AS SELECT id, c FROM "Odd ones";
CREATE UNIQUE INDEX seen_id ON seen (id) WHERE c <> '';
CREATE TABLE child () INHERITS ("Odd ones");
CREATE INDEX child_c ON child (c);

CREATE TEMP TABLE object AS
	SELECT o->>'class' AS class, o->>'schema' AS schema, o->>'name' AS name, o->>'parent' AS parent, o->'properties' AS p
	FROM jsonb_array_elements(schemaver.snapshot('{public}')->'objects') o;

SELECT count(*) AS indexes, count(*) FILTER (WHERE p->>'definition' IS DISTINCT FROM
		pg_get_indexdef(format('%I.%I', schema, name)::regclass)) AS definitions_differ,
	count(*) FILTER (WHERE p->>'predicate' IS DISTINCT FROM
		(SELECT pg_get_expr(indpred, indrelid) FROM pg_index WHERE indexrelid = format('%I.%I', schema, name)::regclass))
		AS predicates_differ
FROM object WHERE class = 'index';

SELECT count(*) AS constraints, count(*) FILTER (WHERE NOT EXISTS (SELECT FROM pg_constraint
	WHERE conname = name AND 'table:' || conrelid::regclass = replace(parent, 'public.', '') AND (p->>'definition' = pg_get_constraintdef(oid)
		OR p ? 'options'))) AS definitions_differ
FROM object WHERE class = 'constraint';

-- the same, read by itself
CREATE SCHEMA few;
ALTER TABLE child NO INHERIT "Odd ones";
DROP MATERIALIZED VIEW seen;
CREATE TEMP TABLE many AS SELECT o - 'schema' - 'identity' - 'needs' - 'parent' - 'vanishes_with' AS o FROM jsonb_array_elements(schemaver.snapshot('{public}')->'objects') o
	WHERE o->>'parent' LIKE '%Odd%' AND o->>'class' NOT IN ('index', 'inheritance', 'default');
ALTER TABLE "Odd ones" SET SCHEMA few;
CREATE TEMP TABLE alone AS SELECT o - 'schema' - 'identity' - 'needs' - 'parent' - 'vanishes_with' AS o FROM jsonb_array_elements(schemaver.snapshot('{few}')->'objects') o
	WHERE o->>'parent' LIKE '%Odd%' AND o->>'class' NOT IN ('index', 'inheritance', 'default');
SELECT (SELECT count(*) FROM many) = (SELECT count(*) FROM alone) AS as_many, count(*) AS differ
FROM (TABLE many EXCEPT TABLE alone) x;

DROP EXTENSION schemaver;
SET client_min_messages = warning;
DROP TABLE child, parted;
DROP SCHEMA few CASCADE;
DROP TYPE pair;
DO $$
BEGIN
	FOR i IN 1 .. 300 LOOP
		EXECUTE format('DROP TABLE many_%s CASCADE', i);
	END LOOP;
END $$;
