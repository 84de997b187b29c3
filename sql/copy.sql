-- Does COPY ... FROM STDIN with its data in the script do what psql does?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'
CREATE TABLE a (id int PRIMARY KEY, t text, d int DEFAULT 7, g int GENERATED ALWAYS AS (id * 2) STORED);
SELECT schemaver.revision('m', E'COPY a (id, t) FROM stdin;\n1\tone\n2\t\\N\n3\ttab\\there; $$ ''quote\n4\t\n\\.\n\nCOPY public.a FROM STDIN WITH (FORMAT csv, HEADER);\nid,t,d\n5,"five, ""5""\nsecond line",50\n6,,\n\\.\nINSERT INTO a VALUES (100);\nCOPY a FROM stdin;\n\\.\nCOPY a (id, t) FROM stdin (DELIMITER ''|'', NULL ''NIX'');\n7|NIX\n8|ü漢\n\\.\n', id => 'a1');
SELECT revision, statements FROM schemaver.upgrade();
SELECT * FROM a ORDER BY id;

-- triggers and constraints are as ever; the error has COPY's context and the place in the script
CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.t := upper(NEW.t); RETURN NEW; END$$;
CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION tf();
SELECT schemaver.revision('m', E'COPY a (id, t) FROM stdin;\n200\tupper\n\\.\n', id => 'a2');
SELECT revision FROM schemaver.upgrade();
SELECT * FROM a WHERE id = 200;
SELECT schemaver.revision('m', E'SELECT 1;\nCOPY a (id, t) FROM stdin;\n300\tx\n200\ty\n\\.\n', id => 'a3');
SELECT revision FROM schemaver.upgrade();
:code
SELECT schemaver.edit('a3', E'COPY a (id, t) FROM stdin;\n300\tx\nno number\ty\n\\.\n');
SELECT revision FROM schemaver.upgrade();
:code
SELECT schemaver.edit('a3', E'COPY a (id, t) FROM stdin;\n300\n\\.\n');
SELECT revision FROM schemaver.upgrade();
:code
SELECT schemaver.edit('a3', E'COPY nowhere FROM stdin;\n300\n\\.\n');
SELECT revision FROM schemaver.upgrade();
:code
SELECT schemaver.edit('a3', E'COPY a (nocolumn) FROM stdin;\n300\n\\.\n');
SELECT revision FROM schemaver.upgrade();
:code
SELECT count(*) FROM a WHERE id = 300;

-- the data ends where the file ends, if it has no end of its own
SELECT schemaver.edit('a3', E'COPY a (id) FROM stdin;\n301\n302');
SELECT revision FROM schemaver.upgrade();
SELECT id FROM a WHERE id > 300 ORDER BY 1;

-- into a partitioned table; FREEZE
SELECT schemaver.revision('m', E'CREATE TABLE p (x int) PARTITION BY LIST (x);\nCREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);\nCOPY p FROM stdin;\n1\n1\n\\.\nCREATE TABLE f (x int);\nCOPY f FROM stdin WITH (FREEZE);\n9\n\\.\n', id => 'a4');
SELECT revision FROM schemaver.upgrade();
SELECT (SELECT count(*) FROM p1) AS p1, (SELECT count(*) FROM f) AS f;

-- row security, rights by column, what is not supported
CREATE ROLE regress_schemaver_copier;
GRANT EXECUTE ON FUNCTION schemaver.upgrade TO regress_schemaver_copier;
CREATE TABLE r (x int, y int);
GRANT INSERT (x) ON r TO regress_schemaver_copier;
SELECT schemaver.revision('m', E'COPY r (x, y) FROM stdin;\n1\t2\n\\.\n', id => 'a5');
SET ROLE regress_schemaver_copier;
SELECT revision FROM schemaver.upgrade();
:code
RESET ROLE;
SELECT schemaver.edit('a5', E'COPY r (x) FROM stdin;\n1\n\\.\n');
SET ROLE regress_schemaver_copier;
SELECT revision FROM schemaver.upgrade();
RESET ROLE;
SELECT * FROM r;
ALTER TABLE r ENABLE ROW LEVEL SECURITY;
SELECT schemaver.revision('m', E'COPY r (x) FROM stdin;\n1\n\\.\n', id => 'a6');
SET ROLE regress_schemaver_copier;
SELECT revision FROM schemaver.upgrade();
:code
RESET ROLE;
SELECT schemaver.edit('a6', E'COPY r (x) FROM stdin WHERE x > 1;\n1\n2\n\\.\n');
:code
SELECT schemaver.edit('a6', E'COPY r (x) FROM stdin (FORMAT binary);\n1\n\\.\n');
:code
-- within a function there is nobody to read from
SELECT schemaver.edit('a6', 'DO $$ BEGIN COPY r FROM stdin; END $$');
SELECT revision FROM schemaver.upgrade();
:code

SET client_min_messages = warning;
DROP EXTENSION schemaver;
DROP TABLE a, p, f, r;
DROP FUNCTION tf;
DROP ROLE regress_schemaver_copier;
