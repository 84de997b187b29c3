-- Where does a new value of an enum type need a commit before its use?
\set VERBOSITY terse
SET client_min_messages = warning;
SET schemaver.progress = off;
CREATE EXTENSION schemaver;

CREATE FUNCTION planned(VARIADIC ups text[]) RETURNS TABLE (revision text, transactional boolean, notes text[]) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM schemaver.revision('r', u, id => 'r' || n) FROM unnest(ups) WITH ORDINALITY x(u, n);
	RETURN QUERY SELECT p.revision, p.transactional, p.notes FROM schemaver.plan() p;
	PERFORM schemaver.remove(r) FROM (SELECT 'r' || n r FROM generate_series(cardinality(ups), 1, -1) n) x;
END $$;

-- plan(): a later statement contains the label as a string constant
SELECT * FROM planned($$CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (x e)$$, $$ALTER TYPE e ADD VALUE 'b'; INSERT INTO t VALUES ('b')$$);
SELECT * FROM planned($$CREATE TYPE e AS ENUM ('a')$$, $$ALTER TYPE e ADD VALUE 'b'$$, $$ALTER TYPE e ADD VALUE 'c' AFTER 'b'; COMMENT ON TYPE e IS 'b'$$, $$CREATE TABLE t (x e DEFAULT E'\x62')$$);
SELECT * FROM planned($$ALTER TYPE e ADD VALUE 'b'$$, $$SELECT 'bb', "b", $x$'b'$x$ FROM b$$, $$DO 'BEGIN EXECUTE $x$INSERT INTO t VALUES (''b'')$x$; END'$$);
SELECT * FROM planned($$ALTER TYPE e ADD VALUE 'b'$$, E'COPY t FROM STDIN;\nbb\n\\.\n', E'COPY t FROM STDIN;\na\tb\n\\.\n');
SELECT * FROM planned($$CREATE TYPE s1.e AS ENUM ('a'); CREATE TYPE s2.e AS ENUM ('b')$$, $$ALTER TYPE s1.e ADD VALUE 'c'$$, $$INSERT INTO t VALUES ('d')$$);

-- upgrade() runs all the same, and the server decides: both tables are called t
CREATE SCHEMA s1;
CREATE SCHEMA s2;
SELECT schemaver.revision('1', $$CREATE TYPE e AS ENUM ('a'); CREATE TABLE s1.t (x e); CREATE TABLE s2.t (x text)$$, id => 'u1'),
	schemaver.revision('2', $$ALTER TYPE e ADD VALUE 'b'; INSERT INTO s2.t VALUES ('b')$$, id => 'u2');
SELECT revision, transactional, notes FROM schemaver.plan();
SELECT revision FROM schemaver.upgrade();

-- script(): the value is committed before anything else runs
SELECT schemaver.revision('3', $$ALTER TYPE e ADD VALUE 'c'; ALTER TYPE e ADD VALUE 'd'; INSERT INTO s1.t VALUES ('c'); INSERT INTO s1.t VALUES ('d')$$, id => 'u3');
SELECT line FROM regexp_split_to_table(schemaver.script(), '\n') WITH ORDINALITY s(line, n) WHERE line ~ '^(BEGIN|COMMIT|ALTER|INSERT)' ORDER BY n;
SELECT schemaver.remove('u3');

-- online_upgrade(): also where no text shows the use
SELECT schemaver.revision('4', $$ALTER TYPE e ADD VALUE 'f'; INSERT INTO s1.t SELECT max(x) FROM unnest(enum_range(NULL::e)) x$$, id => 'u4');
CALL schemaver.online_upgrade();
SELECT * FROM s1.t;

DROP EXTENSION schemaver;
DROP SCHEMA s1, s2 CASCADE;
DROP TYPE e;
DROP FUNCTION planned;
