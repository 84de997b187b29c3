# Ways in which code of a role comes to run: each carrier is made by "mallory" in schema app, her code is app.canary().
package Carriers;
use strict;
use warnings;
use Exporter 'import';
our @EXPORT = qw($canary $table @carriers);

# The canary tells the server's log as whom it runs, and whether it could become who began the session.
sub canary_in
{
	my $schema = shift;
	return "CREATE FUNCTION $schema.canary(" . q{x int DEFAULT 1) RETURNS int LANGUAGE plpgsql AS $c$
	DECLARE
		free boolean := false;
	BEGIN
		BEGIN
			PERFORM pg_catalog.set_config('role', 'none', true);
			free := true;
			RAISE EXCEPTION USING ERRCODE = 'ZZ001';
		EXCEPTION WHEN OTHERS THEN
			NULL;
		END;
		RAISE LOG 'canary|%|%|%|%|', pg_catalog.current_setting('application_name'), current_user, session_user, free;
		RETURN x;
	END $c$;
	};
}

our $canary = canary_in('app') . q{
	CREATE FUNCTION app.quiet(x int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN app.canary(x); END';
	CREATE FUNCTION app.yes(x int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN app.canary(x) IS NOT NULL; END';
	CREATE FUNCTION app.fires() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM app.canary(); RETURN coalesce(NEW, OLD); END';
	GRANT ALL ON ALL FUNCTIONS IN SCHEMA app TO PUBLIC;
};

our $table = q{
	CREATE TABLE app.t (id int PRIMARY KEY, a int, b int);
	INSERT INTO app.t SELECT i, i, i FROM generate_series(1, 3) i;
	GRANT ALL ON app.t TO PUBLIC;
};

# Functions and operators of the system's names, in a schema that stands before pg_catalog in the caller's search_path.
my $shadow = 'CREATE SCHEMA evil;' . canary_in('evil') . q{
	GRANT USAGE ON SCHEMA evil TO PUBLIC;
	DO $do$
	DECLARE
		r record;
	BEGIN
		FOR r IN SELECT DISTINCT p.oid, p.proname, p.prorettype::regtype AS result, oidvectortypes(p.proargtypes) AS arguments
			FROM pg_proc p JOIN pg_type t ON t.oid = p.prorettype
			WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f' AND NOT p.proretset AND t.typtype <> 'p'
			AND NOT EXISTS (SELECT FROM unnest(p.proargtypes) a (type) JOIN pg_type t ON t.oid = a.type WHERE t.typtype = 'p') LOOP
			EXECUTE format('CREATE FUNCTION evil.%I (%s) RETURNS %s LANGUAGE plpgsql AS %L', r.proname, r.arguments, r.result,
				'BEGIN PERFORM evil.canary(); RETURN NULL; END');
		END LOOP;
		FOR r IN SELECT o.oprname, o.oprleft::regtype AS l, o.oprright::regtype AS r, o.oprcode::regproc AS code
			FROM pg_operator o JOIN pg_type tl ON tl.oid = o.oprleft JOIN pg_type tr ON tr.oid = o.oprright JOIN pg_type t ON t.oid = o.oprresult
			WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND 'p' NOT IN (tl.typtype, tr.typtype, t.typtype) LOOP
			EXECUTE format('CREATE OPERATOR evil.%s (leftarg = %s, rightarg = %s, function = evil.%s)', r.oprname, r.l, r.r,
				(SELECT quote_ident(proname) FROM pg_catalog.pg_proc WHERE oid = r.code));
		END LOOP;
	END $do$;
};

# What the manual shows: the superuser's own function, with a name that is not qualified.
my $event_trigger = q{
	CREATE SCHEMA audit;
	GRANT USAGE ON SCHEMA audit TO PUBLIC;
	CREATE FUNCTION audit.note() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM lower(tg_tag); END $$;
	CREATE EVENT TRIGGER note ON ddl_command_start EXECUTE FUNCTION audit.note();
	CREATE EVENT TRIGGER note_end ON ddl_command_end EXECUTE FUNCTION audit.note();
};

my $path = 'evil, pg_catalog, public';

# name; SQL that makes it; SQL that a superuser types to see it fire; SQL before its table is made; whose it is: what
# other roles make, the path of the caller, the role as which it may run.  Each table loses b, then goes.
our @carriers = (
	[ 'materialized view', 'CREATE MATERIALIZED VIEW app.m AS SELECT app.canary() AS e, count(b) FROM app.t', 'REFRESH MATERIALIZED VIEW app.m' ],
	[ 'index of a materialized view', 'CREATE MATERIALIZED VIEW app.m AS SELECT id, b FROM app.t; CREATE INDEX m_i ON app.m (app.quiet(id))', 'REFRESH MATERIALIZED VIEW app.m' ],
	[ 'view', 'CREATE VIEW app.v AS SELECT app.canary(b) AS e FROM app.t; CREATE MATERIALIZED VIEW app.m AS SELECT * FROM app.v', 'REFRESH MATERIALIZED VIEW app.m' ],
	[ 'index expression', 'CREATE INDEX t_i ON app.t (app.quiet(id))', 'INSERT INTO app.t VALUES (9)' ],
	[ 'constant in an index', 'CREATE INDEX t_i ON app.t ((id + app.quiet(1)))', 'SELECT FROM app.t WHERE id = 1' ],
	[ 'index on the column', 'CREATE INDEX t_i ON app.t ((b + app.quiet(a)))', 'INSERT INTO app.t VALUES (9)' ],
	[ 'index predicate', 'CREATE INDEX t_i ON app.t (id) WHERE app.yes(id)', 'INSERT INTO app.t VALUES (9)' ],
	[ 'CHECK', 'ALTER TABLE app.t ADD CHECK (app.yes(id))', 'INSERT INTO app.t VALUES (9)' ],
	[ 'CHECK of the column', 'ALTER TABLE app.t ADD CHECK (app.yes(b))', 'INSERT INTO app.t VALUES (9)' ],
	[ 'CHECK NOT VALID', 'ALTER TABLE app.t ADD CHECK (app.yes(a)) NOT VALID', 'INSERT INTO app.t VALUES (9)' ],
	[ 'default', 'ALTER TABLE app.t ALTER b SET DEFAULT app.canary(5)', 'INSERT INTO app.t VALUES (9)' ],
	[ 'default of a new column', 'ALTER TABLE app.t ADD c int NOT NULL DEFAULT app.canary(5)', 'INSERT INTO app.t VALUES (9)' ],
	[ 'generated column', 'ALTER TABLE app.t ADD g int GENERATED ALWAYS AS (app.quiet(id)) STORED', 'INSERT INTO app.t VALUES (9)' ],
	[ 'generated of the column', 'ALTER TABLE app.t ADD g int GENERATED ALWAYS AS (app.quiet(b)) STORED', 'INSERT INTO app.t VALUES (9)' ],
	[ 'domain', 'CREATE DOMAIN app.d AS int CHECK (VALUE IS NULL OR app.yes(VALUE)); ALTER TABLE app.t ADD c app.d; UPDATE app.t SET c = 1; ALTER TABLE app.t ALTER b TYPE app.d', 'INSERT INTO app.t VALUES (9, 9, 9, 9)' ],
	[ 'domain default', 'CREATE DOMAIN app.d AS int DEFAULT app.canary(3); ALTER TABLE app.t ADD c app.d NOT NULL', 'INSERT INTO app.t VALUES (9)' ],
	[ 'composite type', 'CREATE DOMAIN app.d AS int CHECK (app.yes(VALUE)); CREATE TYPE app.pair AS (x app.d); ALTER TABLE app.t ADD c app.pair; UPDATE app.t SET c = ROW(1)', 'UPDATE app.t SET c = ROW(2)' ],
	[ 'range type', 'CREATE FUNCTION app.distance(int, int) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$SELECT app.canary($1 - $2)::float8$$;'
		. ' CREATE TYPE app.r AS RANGE (subtype = int, subtype_diff = app.distance); ALTER TABLE app.t ADD c app.r;'
		. " UPDATE app.t SET c = app.r(id, id + 4); CREATE INDEX t_c ON app.t USING gist (c)", 'ANALYZE app.t' ],
	[ 'operator', 'CREATE FUNCTION app.same(int, int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN app.yes($1); END$$;'
		. ' CREATE OPERATOR app.=== (leftarg = int, rightarg = int, function = app.same, commutator = OPERATOR(app.===));'
		. ' ALTER TABLE app.t ADD CHECK (id OPERATOR(app.===) b)', 'INSERT INTO app.t VALUES (9)' ],
	[ 'operator in an index', 'CREATE FUNCTION app.same(int, int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN app.yes($1); END$$;'
		. ' CREATE OPERATOR app.=== (leftarg = int, rightarg = int, function = app.same, commutator = OPERATOR(app.===));'
		. ' CREATE INDEX t_i ON app.t (id) WHERE id OPERATOR(app.===) a', 'INSERT INTO app.t VALUES (9)' ],
	[ 'cast', "CREATE TYPE app.e AS ENUM ('1', '2', '3'); CREATE FUNCTION app.of(app.e) RETURNS int LANGUAGE plpgsql IMMUTABLE AS \$\$BEGIN RETURN app.quiet(1); END\$\$;"
		. ' CREATE CAST (app.e AS int) WITH FUNCTION app.of(app.e) AS ASSIGNMENT; ALTER TABLE app.t ALTER b TYPE app.e USING b::text::app.e', "SELECT '1'::app.e::int" ],
	[ 'cast to the type', "CREATE TYPE app.e AS ENUM ('1', '2', '3'); CREATE FUNCTION app.of(int) RETURNS app.e LANGUAGE plpgsql IMMUTABLE AS \$\$BEGIN PERFORM app.quiet(1); RETURN \$1::text; END\$\$;"
		. ' CREATE CAST (int AS app.e) WITH FUNCTION app.of(int) AS ASSIGNMENT; ALTER TABLE app.t ALTER b TYPE app.e USING b::text::app.e', 'SELECT 1::app.e' ],
	[ 'aggregate', 'CREATE AGGREGATE app.total(int) (sfunc = app.add, stype = int, initcond = 0); CREATE MATERIALIZED VIEW app.m AS SELECT app.total(b) FROM app.t',
		'REFRESH MATERIALIZED VIEW app.m', 'CREATE FUNCTION app.add(int, int) RETURNS int LANGUAGE plpgsql AS $$BEGIN RETURN app.canary($1); END$$' ],
	[ 'rule', 'CREATE RULE r AS ON INSERT TO app.t DO ALSO SELECT app.canary(); CREATE RULE r2 AS ON UPDATE TO app.t DO ALSO SELECT app.canary()', 'UPDATE app.t SET b = 1' ],
	[ 'trigger', join('; ', map { "CREATE TRIGGER t_$_ BEFORE $_ ON app.t FOR EACH ROW EXECUTE FUNCTION app.fires(); CREATE TRIGGER s_$_ AFTER $_ ON app.t EXECUTE FUNCTION app.fires()" } qw(INSERT UPDATE DELETE)),
		'UPDATE app.t SET b = 1' ],
	[ 'trigger of TRUNCATE', 'CREATE TRIGGER s BEFORE TRUNCATE ON app.t EXECUTE FUNCTION app.fires()', 'TRUNCATE app.t' ],
	[ 'always trigger', 'CREATE TRIGGER t BEFORE INSERT OR UPDATE ON app.t FOR EACH ROW EXECUTE FUNCTION app.fires(); ALTER TABLE app.t ENABLE ALWAYS TRIGGER t', 'UPDATE app.t SET b = 1' ],
	[ 'deferred trigger', 'CREATE CONSTRAINT TRIGGER t AFTER INSERT OR UPDATE OR DELETE ON app.t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.fires()',
		'UPDATE app.t SET b = 1; SET CONSTRAINTS ALL IMMEDIATE' ],
	[ 'trigger of a column', 'CREATE TRIGGER t BEFORE UPDATE OF b ON app.t FOR EACH ROW WHEN (app.yes(NEW.b)) EXECUTE FUNCTION app.fires()', 'UPDATE app.t SET b = 1' ],
	[ 'policy', 'ALTER TABLE app.t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY p ON app.t USING (app.yes(id))', 'SET ROLE deployer; SELECT * FROM app.t' ],
	[ 'policy on the column', 'ALTER TABLE app.t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON app.t USING (app.yes(b)); GRANT SELECT ON app.t TO dbo', 'SET ROLE dbo; SELECT * FROM app.t' ],
	[ 'statistics', 'CREATE STATISTICS app.s ON (app.quiet(id)), (app.quiet(b)) FROM app.t', 'ANALYZE app.t' ],
	[ 'partition key', 'CREATE TABLE app.p (id int, b int) PARTITION BY RANGE (app.quiet(id)); CREATE TABLE app.p1 PARTITION OF app.p FOR VALUES FROM (1) TO (9); INSERT INTO app.p VALUES (2, 2)',
		'INSERT INTO app.p VALUES (3)' ],
	[ 'partition', 'CREATE TABLE app.p (id int, b int CHECK (app.yes(b))) PARTITION BY LIST (id); CREATE TABLE app.p1 PARTITION OF app.p (CHECK (app.yes(id))) FOR VALUES IN (2);'
		. ' INSERT INTO app.p VALUES (2, 2); CREATE INDEX p_i ON app.p (app.quiet(id))', 'INSERT INTO app.p VALUES (2)' ],
	[ 'child', 'CREATE TABLE app.p (PRIMARY KEY (id), CHECK (app.yes(b))) INHERITS (app.t); CREATE INDEX p_i ON app.p (app.quiet(b)); INSERT INTO app.p VALUES (7, 7, 7)', 'INSERT INTO app.p VALUES (2)' ],
	[ 'exclusion constraint', 'ALTER TABLE app.t ADD EXCLUDE ((app.quiet(b)) WITH =)', 'INSERT INTO app.t VALUES (9)' ],
	[ 'foreign key', 'CREATE TABLE app.f (x int REFERENCES app.t); CREATE TRIGGER s BEFORE INSERT OR UPDATE ON app.f FOR EACH ROW EXECUTE FUNCTION app.fires(); ALTER TABLE app.f ENABLE ALWAYS TRIGGER s; '
		. 'INSERT INTO app.f VALUES (1)', 'INSERT INTO app.f VALUES (2)' ],
	[ 'SQL function', 'CREATE FUNCTION app.body() RETURNS int BEGIN ATOMIC SELECT app.canary(b) FROM app.t; END; CREATE MATERIALIZED VIEW app.m AS SELECT app.body()', 'SELECT app.body()' ],
	[ 'index that depends on an extension', 'CREATE INDEX t_i ON app.t (app.quiet(b)); ALTER INDEX app.t_i DEPENDS ON EXTENSION postgres_fdw', 'INSERT INTO app.t VALUES (9)' ],
	[ 'trigger that depends on an extension', 'CREATE TRIGGER t BEFORE UPDATE OF b ON app.t FOR EACH ROW EXECUTE FUNCTION app.fires(); ALTER TRIGGER t ON app.t DEPENDS ON EXTENSION postgres_fdw; '
		. 'ALTER FUNCTION app.fires() DEPENDS ON EXTENSION postgres_fdw', 'UPDATE app.t SET b = 1' ],
	[ 'materialized view that depends on an extension', 'CREATE MATERIALIZED VIEW app.m AS SELECT app.canary() AS e, count(b) FROM app.t; ALTER MATERIALIZED VIEW app.m DEPENDS ON EXTENSION postgres_fdw',
		'REFRESH MATERIALIZED VIEW app.m' ],
	[ 'shadowed names', '', "SELECT lower('x')", '', { also => [ [ 'schemer', $shadow ] ], path => $path, owner => 'schemer' } ],
	[ 'event trigger', '', 'CREATE TABLE app.made ()', '', { also => [ [ 'schemer', $shadow ], [ 'postgres', $event_trigger ] ], path => $path, owner => 'caller' } ],
	[ 'foreign table', 'CREATE VIEW app.far AS SELECT app.canary(id) AS id, 2 AS b FROM app.t; GRANT ALL ON app.far TO PUBLIC;'
		. " CREATE FOREIGN TABLE app.ft (id int, b int, CHECK (app.yes(id))) SERVER loop OPTIONS (schema_name 'app', table_name 'far');"
		. ' CREATE MATERIALIZED VIEW app.m AS SELECT id FROM app.t', 'SELECT * FROM app.ft' ],
);

1;
