-- More managed rows than fit into memory, of a table whose name is none for a definition.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SET work_mem = '64kB';
CREATE TABLE "T ""q" ("k k" int PRIMARY KEY, v text);
SELECT schemaver.managed_rows('"T ""q"', 'k k', 'VALUES (1, ''one'')');
SELECT schemaver.managed_rows('"T ""q"', 'k k', 'VALUES ' || string_agg(format('(%s, %L)', i, i), ', '), name => 'many')
FROM generate_series(1, 5000) i;
SELECT message FROM schemaver.upgrade();
SELECT count(*), sum(v::int) FROM "T ""q";
UPDATE "T ""q" SET v = 'by hand' WHERE "k k" = 7;
SELECT identity, differs FROM schemaver.drift();
DROP EXTENSION schemaver;
DROP TABLE "T ""q";
