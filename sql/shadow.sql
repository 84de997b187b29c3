-- Can objects of a hostile role be run by schemaver's own queries?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE ROLE regress_schemaver_mallory;
CREATE SCHEMA evil AUTHORIZATION regress_schemaver_mallory;
GRANT CREATE ON SCHEMA public TO regress_schemaver_mallory;
CREATE TABLE public.hits (what text, who text);
GRANT INSERT ON hits TO PUBLIC;

-- tables, types, functions, operators and casts of every name that a query could find instead of the right one
SET ROLE regress_schemaver_mallory;
SELECT format('CREATE TABLE %I.%I (revision text, tag text, run bigint, oid oid, junk int)', s, t) FROM
	unnest(ARRAY['evil', 'public']) s, unnest(ARRAY['revision', 'script', 'applied', 'run', 'step', 'tag', 'branch_label', 'revision_child', 'pg_class', 'pg_extension', 'pg_constraint', 'pg_trigger', 'pg_namespace', 'pg_depend']) t \gexec
CREATE FUNCTION evil.hit(what text) RETURNS void LANGUAGE plpgsql AS $$BEGIN
	IF current_user <> 'regress_schemaver_mallory' THEN
		INSERT INTO public.hits VALUES (what, current_user);
	END IF;
END$$;
CREATE FUNCTION evil.nextval(text) RETURNS bigint LANGUAGE plpgsql AS $$BEGIN PERFORM evil.hit('nextval'); RETURN 1; END$$;
CREATE FUNCTION evil.max(bigint) RETURNS bigint LANGUAGE plpgsql AS $$BEGIN PERFORM evil.hit('max'); RETURN 1; END$$;
CREATE FUNCTION evil.md5(text) RETURNS text LANGUAGE plpgsql AS $$BEGIN PERFORM evil.hit('md5'); RETURN ''; END$$;
CREATE FUNCTION evil.format(text, VARIADIC text[]) RETURNS text LANGUAGE plpgsql AS $$BEGIN PERFORM evil.hit('format'); RETURN ''; END$$;
CREATE FUNCTION evil.inet_client_addr() RETURNS inet LANGUAGE plpgsql AS $$BEGIN PERFORM evil.hit('inet_client_addr'); RETURN NULL; END$$;
CREATE FUNCTION evil.has_schema_privilege(oid, oid, text) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN PERFORM evil.hit('has_schema_privilege'); RETURN true; END$$;
CREATE FUNCTION evil.texteq(text, text) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN PERFORM evil.hit('= text'); RETURN true; END$$;
CREATE FUNCTION evil.int8eq(bigint, bigint) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN PERFORM evil.hit('= bigint'); RETURN true; END$$;
CREATE FUNCTION evil.int4ne(int, int) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN PERFORM evil.hit('<> int'); RETURN true; END$$;
CREATE FUNCTION evil.oideq(oid, oid) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN PERFORM evil.hit('= oid'); RETURN true; END$$;
CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.texteq);
CREATE OPERATOR evil.<> (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.texteq);
CREATE OPERATOR evil.|| (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.texteq);
CREATE OPERATOR evil.= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = evil.int8eq);
CREATE OPERATOR evil.<> (LEFTARG = int, RIGHTARG = int, FUNCTION = evil.int4ne);
CREATE OPERATOR evil.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = evil.oideq);
CREATE DOMAIN evil.text AS pg_catalog.text CHECK (evil.hit('domain text') IS NOT NULL);
CREATE DOMAIN evil.int4 AS pg_catalog.int4 CHECK (evil.hit('domain int4') IS NOT NULL);
CREATE FUNCTION evil.to_text(name) RETURNS pg_catalog.text LANGUAGE plpgsql AS $$BEGIN PERFORM evil.hit('cast'); RETURN ''; END$$;
GRANT USAGE ON SCHEMA evil TO PUBLIC;
RESET ROLE;

-- everything of schemaver, called by a superuser with that on the path before pg_catalog, and with temporary tables of such names
SET search_path = evil, public, pg_catalog;
CREATE TEMP TABLE revision (x int);
CREATE TEMP TABLE applied (x int);
CREATE TEMP TABLE pg_class (x int);
SELECT schemaver.revision('m', 'CREATE TABLE public.t1 (x pg_catalog.int4 UNIQUE DEFERRABLE INITIALLY DEFERRED); INSERT INTO public.t1 VALUES (1)', 'DROP TABLE public.t1', id => 'a1', branch_labels => '{web}');
SELECT schemaver.revision('m', 'CREATE TEMP TABLE x1 (x pg_catalog.int4); CREATE TYPE public.mood AS ENUM (''a''); ALTER TYPE public.mood ADD VALUE ''b''', 'DROP TYPE public.mood', id => 'a2', depends_on => '{web}', verify => 'SELECT true');
SELECT revision FROM schemaver.load('x.sql', E'-- schemaver:revision a3\n-- schemaver:up\nINSERT INTO public.t1 VALUES (2);\n-- schemaver:down\nDELETE FROM public.t1 WHERE x OPERATOR(pg_catalog.=) 2;\n');
SELECT revision FROM schemaver.load('x.sql', E'-- schemaver:revision a3\n-- schemaver:up\nINSERT INTO public.t1 VALUES (2), (3);\n-- schemaver:down\nDELETE FROM public.t1 WHERE x OPERATOR(pg_catalog.>) 1;\n');
SELECT schemaver.edit('a3', message => 'm3');
SELECT schemaver.tag('v1', 'a1');
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT schemaver.merge() \g /dev/null
ROLLBACK;
SELECT revision FROM schemaver.plan();
SELECT revision FROM schemaver.upgrade(dry_run => true);
SELECT revision FROM schemaver.upgrade();
SELECT revision FROM schemaver.redo(2);
SELECT revision FROM schemaver.downgrade('tag:v1');
SELECT revision FROM schemaver.stamp('{head}');
SELECT revision FROM schemaver.stamp('{a1}');
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT revision FROM schemaver.upgrade();
COMMIT;
SELECT pg_catalog.count(*) FROM schemaver.history(), schemaver.status(true), schemaver.heads(), schemaver.bases(), schemaver.current(), schemaver.show('a1'), schemaver.resolve('a1'), schemaver.export();
SELECT (SELECT pg_catalog.count(*) FROM schemaver.graph()) OPERATOR(pg_catalog.>) 0 AS graph, pg_catalog.length(schemaver.script('base', 'head')) OPERATOR(pg_catalog.>) 0 AS script, schemaver.check();
SELECT pg_catalog.count(*) FROM schemaver.journal;
SELECT schemaver.untag('v1');

-- what it ran must be nothing
SELECT * FROM public.hits;
-- the trap itself works
SELECT evil.md5('x') IS NOT NULL AS trap_works;
SELECT what FROM public.hits;

RESET search_path;
SET client_min_messages = warning;
DROP EXTENSION schemaver;
DROP OWNED BY regress_schemaver_mallory CASCADE;
DROP ROLE regress_schemaver_mallory;
DROP TABLE hits, public.t1;
DROP TYPE mood;
DROP TABLE pg_temp.revision, pg_temp.applied, pg_temp.pg_class;
