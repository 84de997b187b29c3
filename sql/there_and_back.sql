-- Do the statements of a diff lead from one schema to the other, and those of the reverse diff back?
CREATE EXTENSION schemaver;
SET client_min_messages = warning;
SET schemaver.progress = off;
CREATE TABLE public.pairs (pair serial, question text, a text, b text);
INSERT INTO public.pairs (question, a, b) VALUES
('partitions that keys of others refer to come when their checks are there',
'CREATE SCHEMA IF NOT EXISTS public',
 'CREATE TABLE p (k int, n int CHECK (n > 0), UNIQUE (k)) PARTITION BY LIST (k);
  CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
  CREATE UNIQUE INDEX p1_n ON p1 (n);
  CREATE TABLE r (k int REFERENCES p (k), n int REFERENCES p1 (n))'),
('a column of the table and of its parent changes with that of the parent',
 'CREATE TABLE p (b int); CREATE TABLE c (d int) INHERITS (p)',
 'CREATE TABLE p (a text, b numeric(10,4)); CREATE TABLE c (a text, b numeric(10,4)) INHERITS (p)'),
('a column of the parent goes and that of a child stays',
 'CREATE TABLE p (a int, x int); CREATE TABLE c (d int) INHERITS (p); CREATE TABLE e () INHERITS (p)',
 'CREATE TABLE p (a int); CREATE TABLE c (x bigint, d int) INHERITS (p); CREATE TABLE e () INHERITS (p)'),
('a column gets a row type when its attributes are as they shall be',
 'CREATE TYPE pair AS (a int)',
 'CREATE TYPE pair AS (a text); CREATE TABLE t (p pair)'),
('a column gets a row type inside of which a table is that changes',
 'CREATE TABLE u (a int); CREATE TYPE pair AS (u u)',
 'CREATE TABLE u (a bigint); CREATE TYPE pair AS (u u); CREATE TABLE a (p pair)'),
('partitions keep a NOT NULL that the partitioned table loses',
 'CREATE TABLE p (k int NOT NULL, v int NOT NULL) PARTITION BY LIST (k); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
  CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2)',
 'CREATE TABLE p (k int, v int) PARTITION BY LIST (k); CREATE TABLE p1 PARTITION OF p (PRIMARY KEY (k)) FOR VALUES IN (1);
  CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2)'),
('a column leaves a type that needs another one that is re-created',
 'CREATE DOMAIN d AS int; CREATE TYPE r AS RANGE (subtype = d); CREATE TABLE t (x r)',
 'CREATE DOMAIN d AS int CHECK (VALUE > 0); CREATE DOMAIN e AS d CHECK (VALUE > 1); CREATE TABLE t (x e)'),
('what CREATE MATERIALIZED VIEW cannot say of columns',
'CREATE SCHEMA IF NOT EXISTS public',
 'CREATE MATERIALIZED VIEW v AS SELECT ''x''::text AS a; ALTER MATERIALIZED VIEW v ALTER a SET COMPRESSION pglz'),
('the tags of an event trigger stand in their order',
 'CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS ''BEGIN END'';
  CREATE EVENT TRIGGER et ON sql_drop WHEN TAG IN (''DROP VIEW'', ''ALTER TABLE'') EXECUTE FUNCTION f()',
 'CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS ''BEGIN END'';
  CREATE EVENT TRIGGER et ON sql_drop WHEN TAG IN (''ALTER TABLE'', ''DROP VIEW'') EXECUTE FUNCTION f()'),
('triggers of partitions that are enabled otherwise than those of the parent',
 'CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN RETURN new; END'';
  CREATE TABLE p (k int) PARTITION BY LIST (k);
  CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
  CREATE TRIGGER t AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION f();
  ALTER TABLE p1 DISABLE TRIGGER t',
 'CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN RETURN new; END'';
  CREATE TABLE p (k int) PARTITION BY LIST (k);
  CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
  CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2);
  CREATE TRIGGER t AFTER UPDATE ON p FOR EACH ROW EXECUTE FUNCTION f();
  ALTER TABLE p DISABLE TRIGGER t;
  ALTER TABLE p1 ENABLE ALWAYS TRIGGER t;
  CREATE TRIGGER u AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION f();
  ALTER TABLE p2 ENABLE REPLICA TRIGGER u'),
('parents in their order, and a column that is generated as that of the parent is',
'CREATE SCHEMA IF NOT EXISTS public',
 'CREATE TABLE a (x int); CREATE TABLE b (y int); CREATE TABLE c (z int, g int GENERATED ALWAYS AS (z * 2) STORED);
  CREATE TABLE d (g int) INHERITS (c, a, b)'),
('a partition that is one no longer keeps no foreign key',
 'CREATE TABLE r (k int PRIMARY KEY); CREATE TABLE p (k int REFERENCES r, CONSTRAINT own FOREIGN KEY (k) REFERENCES r) PARTITION BY LIST (k);
  CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)',
 'CREATE TABLE r (k int PRIMARY KEY); CREATE TABLE p (k int REFERENCES r, CONSTRAINT own FOREIGN KEY (k) REFERENCES r) PARTITION BY LIST (k);
  CREATE TABLE p1 (k int, CONSTRAINT own FOREIGN KEY (k) REFERENCES r)'),
('a partition with partitions is attached when its index is complete',
 'CREATE TABLE p (k int PRIMARY KEY) PARTITION BY LIST (k); CREATE TABLE q (k int NOT NULL) PARTITION BY LIST (k);
  CREATE TABLE q1 PARTITION OF q FOR VALUES IN (1)',
 'CREATE TABLE p (k int PRIMARY KEY) PARTITION BY LIST (k); CREATE TABLE q (k int NOT NULL) PARTITION BY LIST (k);
  CREATE TABLE q1 PARTITION OF q FOR VALUES IN (1); ALTER TABLE p ATTACH PARTITION q FOR VALUES IN (1)'),
('an operator family has functions that are there before',
'CREATE SCHEMA IF NOT EXISTS public',
 'CREATE FUNCTION h(int, bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS ''SELECT 1::bigint'';
  CREATE OPERATOR FAMILY fam USING hash; ALTER OPERATOR FAMILY fam USING hash ADD FUNCTION 2 (int, int) h(int, bigint)'),
('a check of a parent that is one no longer',
 'CREATE TABLE p (a int); CREATE TABLE q (b int CONSTRAINT pos CHECK (b > 0)); CREATE TABLE c () INHERITS (p, q)',
 'CREATE TABLE p (a int); CREATE TABLE q (b int CONSTRAINT pos CHECK (b > 0)); CREATE TABLE c (b boolean) INHERITS (p)'),
('a column that is merged with one of the parent and takes its values from the sequence of that',
 'CREATE TABLE p (id serial, a int); CREATE TABLE c (id int DEFAULT nextval(''p_id_seq'')) INHERITS (p)',
 'CREATE TABLE p (a int); CREATE TABLE c () INHERITS (p)'),
('the default of a domain has names that do not depend on the path it was made with',
 'CREATE SCHEMA s; CREATE SEQUENCE s.q; SET search_path = s; CREATE DOMAIN s.d AS bigint DEFAULT nextval(''q''); RESET search_path',
 'CREATE SCHEMA s; CREATE SEQUENCE s.q; CREATE DOMAIN s.d AS bigint DEFAULT nextval(''s.q'')'),
('columns of typed tables follow their type',
 'CREATE TYPE c AS (a int, b int[]); CREATE TABLE t OF c',
 'CREATE TYPE c AS (a int, d text); CREATE TABLE t OF c'),
('a column of a parent that is its own, too',
 'CREATE TABLE p (a int); CREATE TABLE t (a int) INHERITS (p)',
 'CREATE TABLE p (b int); CREATE TABLE t (a int) INHERITS (p)'),
('columns of two parents',
 'CREATE TABLE p (a int); CREATE TABLE q (c text); CREATE TABLE t () INHERITS (q, p)',
 'CREATE TABLE p (a int); CREATE TABLE q (c text) INHERITS (p); CREATE TABLE t () INHERITS (q, p)'),
('what a child has besides its parent',
 'CREATE TABLE p (a int); CREATE TABLE t () INHERITS (p)',
 'CREATE TABLE p (a int, b text DEFAULT ''x''); CREATE TABLE t () INHERITS (p); ALTER TABLE t ALTER b SET NOT NULL, ALTER b SET STATISTICS 7;
  CREATE TABLE u (c int) INHERITS (p); ALTER TABLE u ALTER b SET NOT NULL'),
('an identity of a parent',
 'CREATE TABLE p (a int); CREATE TABLE t () INHERITS (p)',
 'CREATE TABLE p (a int, b int GENERATED ALWAYS AS IDENTITY); CREATE TABLE t () INHERITS (p)'),
('rules of a domain inside of a column''s type',
 'CREATE FUNCTION f(int) RETURNS boolean IMMUTABLE LANGUAGE sql RETURN $1 > 0;
  CREATE DOMAIN d AS int CHECK (f(VALUE)); CREATE TABLE t (d d[])',
 'CREATE FUNCTION f(bigint) RETURNS boolean IMMUTABLE LANGUAGE sql RETURN $1 > 0;
  CREATE DOMAIN d AS int CHECK (f(VALUE)); CREATE TABLE t (d d[])'),
('a generated column without a cast between its types',
 'CREATE TABLE t (a int, g text GENERATED ALWAYS AS (a * 2) STORED)',
 'CREATE TABLE t (a int, g double precision GENERATED ALWAYS AS (a * 2) STORED)'),
('a sequence that descends',
 'CREATE SEQUENCE s AS integer',
 'CREATE SEQUENCE s INCREMENT -1'),
('checks of a partitioned table and a key of a partition',
 'CREATE TABLE r (k int)',
 'CREATE TABLE p (k int, a int, CONSTRAINT ck CHECK (k > 0)) PARTITION BY LIST (k); CREATE INDEX ON p (a);
  CREATE TABLE t PARTITION OF p FOR VALUES IN (1); ALTER TABLE t ADD UNIQUE (k); CREATE TABLE r (k int REFERENCES t (k))'),
('an index of a partition''s partition',
 'CREATE TABLE m (k int) PARTITION BY LIST (k); CREATE TABLE t PARTITION OF m FOR VALUES IN (1)',
 'CREATE TABLE p (k int) PARTITION BY LIST (k); CREATE TABLE m PARTITION OF p FOR VALUES IN (1) PARTITION BY LIST (k);
  CREATE TABLE t PARTITION OF m FOR VALUES IN (1); CREATE INDEX ON p (k)'),
('a base type in columns is re-created',
 'CREATE TYPE b; CREATE FUNCTION b_in(cstring) RETURNS b LANGUAGE internal IMMUTABLE STRICT AS ''int4in'';
  CREATE FUNCTION b_out(b) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS ''int4out'';
  CREATE TYPE b (INPUT = b_in, OUTPUT = b_out, LIKE = int4); CREATE TABLE t (b b)',
 'CREATE TYPE b; CREATE FUNCTION b_in(cstring) RETURNS b LANGUAGE internal IMMUTABLE STRICT AS ''textin'';
  CREATE FUNCTION b_out(b) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS ''textout'';
  CREATE TYPE b (INPUT = b_in, OUTPUT = b_out, LIKE = text); CREATE TABLE t (b b)'),
('a function of a row type whose table is rewritten',
 'CREATE TABLE t (a int); CREATE FUNCTION f() RETURNS t STABLE LANGUAGE sql BEGIN ATOMIC SELECT NULL::t; END',
 'CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) STORED); CREATE FUNCTION f() RETURNS t STABLE LANGUAGE sql BEGIN ATOMIC SELECT NULL::t; END'),
('a type that goes while others need it',
 'CREATE DOMAIN d AS int; CREATE TYPE c AS (d d); CREATE TYPE e AS (c c, x int); CREATE TABLE t (e e[])',
 'CREATE DOMAIN d AS bigint; CREATE TYPE c AS (d d); CREATE TYPE e AS (c c); CREATE TABLE t (e e[])'),
('what the server forgets when the type of a column changes',
 'CREATE TABLE t (a int, b int); CREATE INDEX i ON t ((a + 1)); ALTER INDEX i ALTER COLUMN 1 SET STATISTICS 7;
  CREATE STATISTICS s ON a, b FROM t; ALTER STATISTICS s SET STATISTICS 5',
 'CREATE TABLE t (a bigint, b int); CREATE INDEX i ON t ((a + 1)); ALTER INDEX i ALTER COLUMN 1 SET STATISTICS 7;
  CREATE STATISTICS s ON a, b FROM t; ALTER STATISTICS s SET STATISTICS 5'),
('options of a TOAST table that is not there before',
 'CREATE TABLE t (a int)',
 'CREATE TABLE t (a int, b text) WITH (toast.autovacuum_enabled = false)'),
('a type gives its name to a sequence',
 'CREATE DOMAIN d AS int; CREATE TABLE t (a d)',
 'CREATE SEQUENCE d; CREATE TABLE t (a int)'),
('a table gives its name to a type while others need its rows',
 'CREATE TABLE x (a int); CREATE TYPE c AS (x x); CREATE TABLE t (c c[])',
 'CREATE DOMAIN x AS int; CREATE TYPE c AS (x x); CREATE TABLE t (c c[])'),
('NOT NULL of a child outlives that of its parent',
 'CREATE TABLE p (a int NOT NULL); CREATE TABLE t (PRIMARY KEY (a)) INHERITS (p); CREATE TABLE u () INHERITS (p)',
 'CREATE TABLE p (a int); CREATE TABLE t (PRIMARY KEY (a)) INHERITS (p); CREATE TABLE u () INHERITS (p)'),
('a default of a parent needs the sequence of a child',
 'CREATE SEQUENCE s; CREATE TABLE p (a int DEFAULT nextval(''s'')); CREATE TABLE t () INHERITS (p); ALTER SEQUENCE s OWNED BY t.a',
'CREATE SCHEMA IF NOT EXISTS public'),
('tables that get a type, another one, or none',
 'CREATE TYPE c AS (a int, b text); CREATE TABLE t OF c; CREATE TABLE u (a bigint); CREATE TABLE w (b text, a int); CREATE TABLE z OF c',
 'CREATE TYPE c AS (a int, b text); CREATE TABLE t (a int, b text, c int); CREATE TABLE u OF c; CREATE TABLE w OF c;
  CREATE TYPE d AS (a int, b text, x int); CREATE TABLE z OF d'),
('privileges on a column outlive those on the table',
 'CREATE TABLE t (a int); GRANT SELECT, UPDATE ON t TO PUBLIC; GRANT SELECT (a) ON t TO PUBLIC',
 'CREATE TABLE t (a int); GRANT UPDATE ON t TO PUBLIC; GRANT SELECT (a) ON t TO PUBLIC'),
('a column that comes from two parents changes its type',
 'CREATE TABLE p (x int); CREATE TABLE q (x int); CREATE TABLE c (z int) INHERITS (p, q)',
 'CREATE TABLE p (x bigint); CREATE TABLE q (x bigint); CREATE TABLE c (z int) INHERITS (p, q)'),
('and the second parent gives others, too',
 'CREATE TABLE p (x int); CREATE TABLE q (x int, y text); CREATE TABLE c (z int) INHERITS (p, q); CREATE TABLE d () INHERITS (q)',
 'CREATE TABLE p (x bigint); CREATE TABLE q (x bigint, y text); CREATE TABLE c (z int) INHERITS (p, q); CREATE TABLE d () INHERITS (q)'),
('and the parents have one in common',
 'CREATE TABLE r (x int); CREATE TABLE p () INHERITS (r); CREATE TABLE q () INHERITS (r); CREATE TABLE c (z int) INHERITS (p, q)',
 'CREATE TABLE r (x bigint); CREATE TABLE p () INHERITS (r); CREATE TABLE q () INHERITS (r); CREATE TABLE c (z int) INHERITS (p, q)'),
('a foreign key of a parent, and a check of the same name',
 'CREATE TABLE k (x int UNIQUE); CREATE TABLE p (x int CONSTRAINT con REFERENCES k (x)); CREATE TABLE q (x int); CREATE TABLE c () INHERITS (q, p)',
 'CREATE TABLE k (x bigint UNIQUE); CREATE TABLE p (x bigint CONSTRAINT con CHECK (x > 0)); CREATE TABLE q (x bigint); CREATE TABLE c () INHERITS (q, p)'),
('a domain goes that keys partitions which stay, and its schema changes',
 'CREATE TYPE e AS ENUM (''a''); CREATE DOMAIN d AS e NOT NULL; CREATE TABLE t (s d, at int) PARTITION BY RANGE (at);
  CREATE TABLE p PARTITION OF t FOR VALUES FROM (1) TO (2) PARTITION BY LIST (s); CREATE TABLE pa PARTITION OF p FOR VALUES IN (''a'')',
 'GRANT CREATE ON SCHEMA public TO PUBLIC; CREATE TYPE e AS ENUM (''a''); CREATE TABLE t (s text, at int) PARTITION BY LIST (s);
  CREATE TABLE pa PARTITION OF t FOR VALUES IN (''a'')'),
('defaults of arguments and of domains that are built of a row type',
 'CREATE TYPE pair AS (a int); CREATE FUNCTION f(x pair DEFAULT ROW(1)) RETURNS int LANGUAGE sql AS ''SELECT 1''; CREATE DOMAIN d AS pair DEFAULT ROW(1)',
 'CREATE TYPE pair AS (a int, b int); CREATE FUNCTION f(x pair DEFAULT ROW(1, 2)) RETURNS int LANGUAGE sql AS ''SELECT 1''; CREATE DOMAIN d AS pair DEFAULT ROW(1, 2);
  CREATE FUNCTION g(x pair DEFAULT ROW(3, 4)) RETURNS int LANGUAGE sql AS ''SELECT 1'''),
('a new attribute that must not be null in a table of the type',
 'CREATE TYPE pair AS (a int); CREATE TABLE t OF pair; CREATE TABLE u OF pair',
 'CREATE TYPE pair AS (a int, b int); CREATE TABLE t OF pair (b WITH OPTIONS NOT NULL DEFAULT 1); CREATE TABLE u OF pair'),
('a function looks into rows of a type that changes',
 'CREATE TYPE pair AS (a int, b int); CREATE FUNCTION f(pair) RETURNS int LANGUAGE sql RETURN ($1).b;
  CREATE FUNCTION g() RETURNS int LANGUAGE sql IMMUTABLE RETURN (ROW(1, 2)::pair).b',
 'CREATE TYPE pair AS (a bigint, b int); CREATE FUNCTION f(pair) RETURNS int LANGUAGE sql RETURN ($1).b + 1;
  CREATE FUNCTION g() RETURNS int LANGUAGE sql STABLE RETURN (ROW(1, 2)::pair).b'),
('views and indexes are printed as before, but a type gets an order of its own',
 'CREATE TYPE x AS (a int); CREATE FUNCTION cmp(x, x) RETURNS int LANGUAGE sql IMMUTABLE AS ''SELECT $2.a - $1.a'';
  CREATE FUNCTION lt(x, x) RETURNS boolean LANGUAGE sql IMMUTABLE AS ''SELECT $1.a > $2.a'';
  CREATE FUNCTION gt(x, x) RETURNS boolean LANGUAGE sql IMMUTABLE AS ''SELECT $1.a < $2.a'';
  CREATE OPERATOR #< (LEFTARG = x, RIGHTARG = x, FUNCTION = lt); CREATE OPERATOR #> (LEFTARG = x, RIGHTARG = x, FUNCTION = gt);
  CREATE DOMAIN dx AS x; CREATE TABLE t (c x, d dx, n int); CREATE VIEW v AS SELECT c FROM t ORDER BY c DESC;
  CREATE VIEW w AS SELECT DISTINCT ON (d) d, n FROM t ORDER BY d; CREATE INDEX i ON t (c); CREATE INDEX j ON t (n)',
 'CREATE TYPE x AS (a int); CREATE FUNCTION cmp(x, x) RETURNS int LANGUAGE sql IMMUTABLE AS ''SELECT $2.a - $1.a'';
  CREATE FUNCTION lt(x, x) RETURNS boolean LANGUAGE sql IMMUTABLE AS ''SELECT $1.a > $2.a'';
  CREATE FUNCTION gt(x, x) RETURNS boolean LANGUAGE sql IMMUTABLE AS ''SELECT $1.a < $2.a'';
  CREATE OPERATOR #< (LEFTARG = x, RIGHTARG = x, FUNCTION = lt); CREATE OPERATOR #> (LEFTARG = x, RIGHTARG = x, FUNCTION = gt);
  CREATE OPERATOR CLASS oc DEFAULT FOR TYPE x USING btree AS OPERATOR 1 #<, OPERATOR 5 #>, FUNCTION 1 cmp(x, x);
  CREATE DOMAIN dx AS x; CREATE TABLE t (c x, d dx, n int); CREATE VIEW v AS SELECT c FROM t ORDER BY c DESC;
  CREATE VIEW w AS SELECT DISTINCT ON (d) d, n FROM t ORDER BY d; CREATE INDEX i ON t (c); CREATE INDEX j ON t (n)');

-- All statements in order, or what they were when one fails.
CREATE PROCEDURE public.run(statements text[]) LANGUAGE plpgsql AS $$
DECLARE
    statement text;
BEGIN
    FOREACH statement IN ARRAY statements LOOP
        EXECUTE statement;
    END LOOP;
END $$;
CREATE FUNCTION public.ways(wanted text, reverse boolean) RETURNS text[] LANGUAGE sql AS $$
    SELECT coalesce(array_agg(sql ORDER BY position), '{}')
    FROM schemaver.diff($1, $2, options => '{"exclude": ["* public.pairs*", "* public.ways(*", "* public.run(*", "* public.rest(*"]}') WHERE sql IS NOT NULL
$$;
CREATE FUNCTION public.rest(wanted text) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(statement, E'\n'), 'none') FROM unnest(public.ways(wanted, false)) statement
$$;
DO $$
DECLARE
    p record;
    up text[];
    down text[];
BEGIN
    FOR p IN SELECT * FROM public.pairs ORDER BY pair LOOP
        RAISE WARNING '%', p.question;
        BEGIN
            EXECUTE p.a;
            RAISE WARNING '  already there, left to do: %', public.rest(p.a);
            up := public.ways(p.b, false);
            down := public.ways(p.b, true);
            CALL public.run(up);
            RAISE WARNING '  there, left to do: %', public.rest(p.b);
            CALL public.run(down);
            RAISE WARNING '  back, left to do: %', public.rest(p.a);
            RAISE EXCEPTION SQLSTATE 'XX999';
        EXCEPTION WHEN SQLSTATE 'XX999' THEN
            NULL;
        WHEN OTHERS THEN
            RAISE WARNING '  %', SQLERRM;
        END;
    END LOOP;
END $$;
-- rows of a table in a column of another one wait while that table is rewritten
CREATE TABLE x (a int, b text);
CREATE TABLE y (id int, r x);
CREATE TABLE z () INHERITS (y);
INSERT INTO x VALUES (1, 'one');
INSERT INTO y SELECT 1, x FROM x;
INSERT INTO z SELECT 2, x FROM x;
CALL public.run(public.ways('CREATE TABLE x (a bigint, b text, c int DEFAULT 3); CREATE TABLE y (id int, r x); CREATE TABLE z () INHERITS (y)', false));
SELECT * FROM y ORDER BY id;
DROP TABLE x, y, z CASCADE;
-- and those of a table that has its columns from a type
CREATE TYPE e AS ENUM ('a', 'b');
CREATE TYPE c AS (x text, e e, n int);
CREATE TABLE t OF c (PRIMARY KEY (n));
INSERT INTO t VALUES ('2020-01-01', 'a', 1);
CALL public.run(public.ways($$CREATE TYPE e AS ENUM ('b', 'a'); CREATE TYPE c AS (x date, e e, n bigint, z int); CREATE TABLE t OF c (PRIMARY KEY (n))$$, false));
SELECT * FROM t;
DROP TABLE t;
DROP TYPE c, e;
DROP TABLE public.pairs;
DROP FUNCTION public.ways, public.rest;
DROP PROCEDURE public.run;
DROP EXTENSION schemaver;
