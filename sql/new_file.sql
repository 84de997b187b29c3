-- Which name has the next file?
CREATE EXTENSION schemaver;
SET timezone = 'UTC';
CREATE FUNCTION pg_temp.next(file text, content text, fmt text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	PERFORM * FROM schemaver.load('x', format(E'-- schemaver:file %s\n%s', file, content), fmt, 's');
	SELECT string_agg(regexp_replace(n.name, '^\d{9,}|\d{4}-\d{2}-\d{2}-\d{6}', 'NOW') || ': ' || replace(n.content, E'\n', '|'), ' ' ORDER BY n.name DESC) INTO result FROM schemaver.new_file('Add users, twice', source => 's') n;
	PERFORM schemaver.remove(revision) FROM schemaver.history();
	RETURN result;
END $$;
SELECT regexp_replace(name, '\d+', 'N'), content FROM schemaver.new_file('first');
SELECT pg_temp.next('0041_a.sql', 'SELECT 1');
SELECT pg_temp.next('0041_a.sql', E'-- schemaver:revision a1\n-- schemaver:up\nSELECT 1');
SELECT pg_temp.next('db/000041_a.up.sql', 'SELECT 1');
SELECT pg_temp.next('V2.1__a.sql', 'SELECT 1');
SELECT pg_temp.next('20260101000000_a.sql', E'-- migrate:up\nSELECT 1;\n-- migrate:down\n');
SELECT pg_temp.next('00009_a.sql', E'-- +goose Up\nSELECT 1;\n');
SELECT pg_temp.next('007_a.sql', E'SELECT 1;\n---- create above / drop below ----\n');
SELECT pg_temp.next('20260101000000_a/migration.sql', 'SELECT 1');
SELECT pg_temp.next('1767225600000_a.sql', E'-- Up Migration\nSELECT 1;\n');
SELECT pg_temp.next('2026-01-01-000000_a/up.sql', 'SELECT 1');
-- a format that is asked for
SELECT regexp_replace(name, '\d{9,}|[0-9a-f]{12}', 'N') FROM unnest('{sqlx,rails,django,alembic,knex,typeorm,prisma,drizzle,graphile-migrate,liquibase,golang-migrate,tern,goose,flyway,refinery,sqitch}'::text[]) f, schemaver.new_file('add it', f);
SELECT * FROM schemaver.new_file('x', 'mybatis');
-- numbers go on behind the greatest, also where the clock is behind
SELECT count(*) FROM schemaver.load('x', E'-- schemaver:file 99991231235959_a.sql\n-- migrate:up\nSELECT 1;\n-- migrate:down\n');
SELECT * FROM schemaver.new_file('later');
DROP EXTENSION schemaver;
