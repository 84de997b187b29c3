-- Do two schemas lead to each other where the server wants a certain order or another way?
CREATE EXTENSION schemaver;
SET client_min_messages = error;
SET schemaver.progress = off;

BEGIN;
CREATE SCHEMA pair;
SET LOCAL search_path = pair;
CREATE TYPE c AS (a int, b int[]); CREATE TABLE t OF c;
SELECT schemaver.autogenerate('pair', $$CREATE SCHEMA pair; SET search_path = pair;
CREATE TYPE c AS (a int, d text); CREATE TABLE t OF c$$, '{pair}') IS NOT NULL AS "columns of typed tables follow their type";
ROLLBACK;

BEGIN;
CREATE SCHEMA pair;
SET LOCAL search_path = pair;
CREATE TABLE p (a int); CREATE TABLE t (a int) INHERITS (p);
SELECT schemaver.autogenerate('pair', $$CREATE SCHEMA pair; SET search_path = pair;
CREATE TABLE p (b int); CREATE TABLE t (a int) INHERITS (p)$$, '{pair}') IS NOT NULL AS "a column of a parent that is its own, too";
ROLLBACK;

BEGIN;
CREATE SCHEMA pair;
SET LOCAL search_path = pair;
CREATE TABLE p (a int); CREATE TABLE q (c text); CREATE TABLE t () INHERITS (q, p);
SELECT schemaver.autogenerate('pair', $$CREATE SCHEMA pair; SET search_path = pair;
CREATE TABLE p (a int); CREATE TABLE q (c text) INHERITS (p); CREATE TABLE t () INHERITS (q, p)$$, '{pair}') IS NOT NULL AS "columns of two parents";
ROLLBACK;

BEGIN;
CREATE SCHEMA pair;
SET LOCAL search_path = pair;
CREATE TABLE p (a int); CREATE TABLE t () INHERITS (p);
SELECT schemaver.autogenerate('pair', $$CREATE SCHEMA pair; SET search_path = pair;
CREATE TABLE p (a int, b text DEFAULT 'x'); CREATE TABLE t () INHERITS (p); ALTER TABLE t ALTER b SET NOT NULL, ALTER b SET STATISTICS 7;
CREATE TABLE u (c int) INHERITS (p); ALTER TABLE u ALTER b SET NOT NULL$$, '{pair}') IS NOT NULL AS "what a child has besides its parent";
ROLLBACK;

BEGIN;
CREATE SCHEMA pair;
SET LOCAL search_path = pair;
CREATE TABLE p (a int); CREATE TABLE t () INHERITS (p);
SELECT schemaver.autogenerate('pair', $$CREATE SCHEMA pair; SET search_path = pair;
CREATE TABLE p (a int, b int GENERATED ALWAYS AS IDENTITY); CREATE TABLE t () INHERITS (p)$$, '{pair}') IS NOT NULL AS "an identity of a parent";
ROLLBACK;

BEGIN;
CREATE SCHEMA pair;
SET LOCAL search_path = pair;
CREATE TYPE c AS (a int);
SELECT schemaver.autogenerate('pair', $$CREATE SCHEMA pair; SET search_path = pair;
CREATE TYPE c AS (a text, b int); CREATE TABLE t (c c[])$$, '{pair}') IS NOT NULL AS "a row type changes before columns have it";
ROLLBACK;

BEGIN;
CREATE SCHEMA pair;
SET LOCAL search_path = pair;
CREATE FUNCTION f(int) RETURNS boolean IMMUTABLE LANGUAGE sql RETURN $1 > 0;
CREATE DOMAIN d AS int CHECK (f(VALUE)); CREATE TABLE t (d d[]);
SELECT schemaver.autogenerate('pair', $$CREATE SCHEMA pair; SET search_path = pair;
CREATE FUNCTION f(bigint) RETURNS boolean IMMUTABLE LANGUAGE sql RETURN $1 > 0;
CREATE DOMAIN d AS int CHECK (f(VALUE)); CREATE TABLE t (d d[])$$, '{pair}') IS NOT NULL AS "rules of a domain inside of a column's type";
ROLLBACK;

BEGIN;
CREATE SCHEMA pair;
SET LOCAL search_path = pair;
CREATE TABLE t (a int, g text GENERATED ALWAYS AS (a * 2) STORED);
SELECT schemaver.autogenerate('pair', $$CREATE SCHEMA pair; SET search_path = pair;
CREATE TABLE t (a int, g double precision GENERATED ALWAYS AS (a * 2) STORED)$$, '{pair}') IS NOT NULL AS "a generated column without a cast between its types";
ROLLBACK;

BEGIN;
CREATE SCHEMA pair;
SET LOCAL search_path = pair;
CREATE SEQUENCE s AS integer;
SELECT schemaver.autogenerate('pair', $$CREATE SCHEMA pair; SET search_path = pair;
CREATE SEQUENCE s INCREMENT -1$$, '{pair}') IS NOT NULL AS "a sequence that descends";
ROLLBACK;

BEGIN;
CREATE SCHEMA pair;
SET LOCAL search_path = pair;
CREATE TABLE r (k int);
SELECT schemaver.autogenerate('pair', $$CREATE SCHEMA pair; SET search_path = pair;
CREATE TABLE p (k int, a int, CONSTRAINT ck CHECK (k > 0)) PARTITION BY LIST (k); CREATE INDEX ON p (a);
CREATE TABLE t PARTITION OF p FOR VALUES IN (1); ALTER TABLE t ADD UNIQUE (k); CREATE TABLE r (k int REFERENCES t (k))$$, '{pair}') IS NOT NULL AS "checks of a partitioned table and a key of a partition";
ROLLBACK;

BEGIN;
CREATE SCHEMA pair;
SET LOCAL search_path = pair;
CREATE TABLE m (k int) PARTITION BY LIST (k); CREATE TABLE t PARTITION OF m FOR VALUES IN (1);
SELECT schemaver.autogenerate('pair', $$CREATE SCHEMA pair; SET search_path = pair;
CREATE TABLE p (k int) PARTITION BY LIST (k); CREATE TABLE m PARTITION OF p FOR VALUES IN (1) PARTITION BY LIST (k);
CREATE TABLE t PARTITION OF m FOR VALUES IN (1); CREATE INDEX ON p (k)$$, '{pair}') IS NOT NULL AS "an index of a partition's partition";
ROLLBACK;

BEGIN;
CREATE SCHEMA pair;
SET LOCAL search_path = pair;
CREATE TYPE b; CREATE FUNCTION b_in(cstring) RETURNS b LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION b_out(b) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE TYPE b (INPUT = b_in, OUTPUT = b_out, LIKE = int4); CREATE TABLE t (b b);
SELECT schemaver.autogenerate('pair', $$CREATE SCHEMA pair; SET search_path = pair;
CREATE TYPE b; CREATE FUNCTION b_in(cstring) RETURNS b LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION b_out(b) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE b (INPUT = b_in, OUTPUT = b_out, LIKE = text); CREATE TABLE t (b b)$$, '{pair}') IS NOT NULL AS "a base type in columns is made anew";
ROLLBACK;

BEGIN;
CREATE SCHEMA pair;
SET LOCAL search_path = pair;
CREATE TABLE t (a int); CREATE FUNCTION f() RETURNS t STABLE LANGUAGE sql BEGIN ATOMIC SELECT NULL::t; END;
SELECT schemaver.autogenerate('pair', $$CREATE SCHEMA pair; SET search_path = pair;
CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) STORED); CREATE FUNCTION f() RETURNS t STABLE LANGUAGE sql BEGIN ATOMIC SELECT NULL::t; END$$, '{pair}') IS NOT NULL AS "a function of a row type whose table is rewritten";
ROLLBACK;

BEGIN;
CREATE SCHEMA pair;
SET LOCAL search_path = pair;
CREATE TABLE t (a int); GRANT SELECT, UPDATE ON t TO PUBLIC; GRANT SELECT (a) ON t TO PUBLIC;
SELECT schemaver.autogenerate('pair', $$CREATE SCHEMA pair; SET search_path = pair;
CREATE TABLE t (a int); GRANT UPDATE ON t TO PUBLIC; GRANT SELECT (a) ON t TO PUBLIC$$, '{pair}') IS NOT NULL AS "privileges on a column outlive those on the table";
ROLLBACK;

-- rows of a table in another one wait while that is rewritten
CREATE SCHEMA pair;
SET search_path = pair;
CREATE TABLE x (a int, b text);
CREATE TABLE y (id int, r x);
CREATE TABLE z () INHERITS (y);
INSERT INTO x VALUES (1, 'one');
INSERT INTO y SELECT 1, x FROM x;
INSERT INTO z SELECT 2, x FROM x;
SELECT schemaver.autogenerate('rewritten', $$CREATE SCHEMA pair; SET search_path = pair;
CREATE TABLE x (a bigint, b text, c int DEFAULT 3);
CREATE TABLE y (id int, r x);
CREATE TABLE z () INHERITS (y)$$, '{pair}') IS NOT NULL AS made;
SELECT count(*) FROM schemaver.upgrade();
SELECT * FROM y ORDER BY id;
SELECT count(*) FROM schemaver.downgrade();
SELECT * FROM y ORDER BY id;
