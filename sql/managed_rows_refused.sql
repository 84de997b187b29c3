-- What cannot be managed rows, at registration and when they are written.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE TABLE t (id int PRIMARY KEY, a text, twice int GENERATED ALWAYS AS (id * 2) STORED, n int GENERATED ALWAYS AS IDENTITY, loose int, lower_a text);
CREATE UNIQUE INDEX ON t (lower(a));
CREATE UNIQUE INDEX ON t (lower_a) WHERE lower_a <> '';
SELECT schemaver.managed_rows(' ', 'id', 'VALUES (1)');

SELECT schemaver.managed_rows('t', 'id', $$(id, a) VALUES (1, now()::text)$$);
SELECT schemaver.managed_rows('t', 'id', $$(id, a) VALUES
	(1, 'x' || 'y')$$);
SELECT schemaver.managed_rows('t', 'id', $$(id, a) VALUES (1, (SELECT 'x'))$$);
SELECT schemaver.managed_rows('t', 'id', $$(id, a) VALUES (1, array['x'])$$);
SELECT schemaver.managed_rows('t', 'id', $$(id, a) VALUES (1, B'1')$$);
SELECT schemaver.managed_rows('t', 'id', $$(id, a) SELECT 1, 'x'$$);
SELECT schemaver.managed_rows('t', 'id', $$(id, a) VALUES (1, 'x') ON CONFLICT DO NOTHING$$);
SELECT schemaver.managed_rows('t', 'id', $$(id, a) VALUES (1, 'x') RETURNING id$$);
SELECT schemaver.managed_rows('t', 'id', $$(id, a) VALUES (1, 'x'); DROP TABLE t$$);
SELECT schemaver.managed_rows('t', 'id', $$(id, a[1]) VALUES (1, 'x')$$);
SELECT schemaver.managed_rows('t', 'id', $$(id, a) VALUES (1, $1)$$);
SELECT schemaver.managed_rows('t', 'id', $$(id, a) VALUES (1, 'x'::no_type)$$);
SELECT schemaver.managed_rows('t', 'id', $$(id, a) VALUES (1, 'x'$$);
SELECT schemaver.managed_rows('t', 'id', $$(id, a) VALUES (1, 'x'), (2)$$);
SELECT schemaver.managed_rows('t', 'id', $$(id, a, a) VALUES (1, 'x', 'y')$$);
SELECT schemaver.managed_rows('t', 'id', $$(id, a) VALUES (1, 'x')$$, columns => '{id,loose}');
SELECT schemaver.managed_rows('t', 'id', E'COPY t (id, a) FROM stdin;\n1\tx\n', format => 'copy', columns => '{a,id}');
SELECT schemaver.managed_rows('t', 'id', $$(id, a) VALUES (1, 'x'), (1, 'y')$$);
SELECT schemaver.managed_rows('t', 'id', $$(id, a) VALUES (NULL, 'x')$$);
SELECT schemaver.managed_rows('t', 'id', $$(id, a) VALUES (DEFAULT, 'x')$$);
SELECT schemaver.managed_rows('t', 'id', $$(a) VALUES ('x')$$);
SELECT schemaver.managed_rows('t', '{}', $$(a) VALUES ('x')$$);
SELECT schemaver.managed_rows('not_there', 'id', $$VALUES (1)$$);
SELECT schemaver.managed_rows('a.b.c', 'id', $$(id) VALUES (1)$$);
SELECT schemaver.managed_rows('t', 'id', NULL);
SELECT count(*) FROM schemaver.living;

-- what depends on the table
CREATE FUNCTION try(call text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE detail text;
BEGIN
	EXECUTE 'SELECT schemaver.managed_rows(' || call || ', name => ''x'')';
	PERFORM schemaver.upgrade();
	RAISE EXCEPTION 'it was taken';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RAISE NOTICE '% % %', sqlstate, sqlerrm, detail;
END $$;
SELECT try($$'nowhere', 'id', '(id) VALUES (1)'$$);
SELECT try($$'no_schema.t', 'id', '(id) VALUES (1)'$$);
SELECT try($$'t', 'id', '(id, b) VALUES (1, 2)'$$);
SELECT try($$'t', 'id', '(id, ctid) VALUES (1, ''(0,1)'')'$$);
SELECT try($$'t', 'id', '(id, twice) VALUES (1, 2)'$$);
SELECT try($$'t', 'id', '(id, n) VALUES (1, 2)'$$);
SELECT try($$'t', 'loose', '(id, loose) VALUES (1, 2)'$$);
SELECT try($$'t', 'a', '(a, id) VALUES (1, 2)'$$);
SELECT try($$'t', 'lower_a', '(lower_a, id) VALUES (1, 2)'$$);
SELECT try($$'t', 'id', '(id, loose) VALUES (1, ''x'')'$$);
SELECT try($$'t', 'id', '(id, loose) VALUES (1, date ''2026-01-01'')'$$);
SELECT try($$'t', 'id', '(id, a) VALUES (1, ''x''), (''01'', ''y'')'$$);
SELECT try($$'pg_catalog.pg_am', 'oid', '(oid) VALUES (1)'$$);
SELECT try($$'schemaver.tag', 'tag', '(tag) VALUES (1)'$$);
CREATE VIEW v AS SELECT id FROM t;
SELECT try($$'v', 'id', '(id) VALUES (1)'$$);
CREATE TEMP TABLE temporary (id int PRIMARY KEY);
SELECT try($$'temporary', 'id', '(id) VALUES (1)'$$);

-- a trigger that changes what is written, and a rule that keeps it away
CREATE TABLE changed (id int PRIMARY KEY, a text);
CREATE FUNCTION upper_a() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.a := upper(new.a); RETURN new; END $$;
CREATE TRIGGER upper_a BEFORE INSERT OR UPDATE ON changed FOR EACH ROW EXECUTE FUNCTION upper_a();
SELECT try($$'changed', 'id', '(id, a) VALUES (1, ''x'')'$$);
CREATE TABLE ruled (id int PRIMARY KEY);
CREATE RULE nothing AS ON INSERT TO ruled DO INSTEAD NOTHING;
SELECT try($$'ruled', 'id', '(id) VALUES (1)'$$);
TABLE t;

-- names, and definitions that would fight
SELECT schemaver.repeatable('public.t', 'SELECT 1');
SELECT schemaver.managed_rows('t', 'id', $$(id) VALUES (1)$$);
SELECT schemaver.managed_rows('t', 'id', $$(id) VALUES (1)$$, name => 'one');
SELECT schemaver.repeatable('one', 'SELECT 1');
SELECT schemaver.managed_rows('t', 'id', $$(id) VALUES (2)$$, name => 'two', delete => true);
SELECT schemaver.managed_rows('t', 'id', $$(id) VALUES (2)$$, name => 'two');
SELECT revision, message FROM schemaver.upgrade();
SELECT id FROM t ORDER BY id;
DROP EXTENSION schemaver;
DROP TABLE t, changed, ruled CASCADE;
DROP FUNCTION upper_a(), try(text);
