# What schemaver wrote by itself never runs the code of a role with more rights
# than that role has.
#
# A role owns objects that carry code; a superuser lets schemaver re-create them
# in every way that it has.  The code reports as whom it runs, in the server's log.

use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "log_statement = none\nfsync = off");
$node->start;

$node->safe_psql('postgres', <<'SQL');
CREATE ROLE mallory LOGIN;
CREATE DATABASE origin;
\c origin
CREATE EXTENSION schemaver;
CREATE SCHEMA app;
GRANT USAGE, CREATE ON SCHEMA app TO mallory;
SET ROLE mallory;
-- says that it is immutable, so that it may stand anywhere
CREATE FUNCTION app.fire(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
$$ BEGIN RAISE LOG 'canary %, %.', current_user, session_user; RETURN 1; END $$;
CREATE FUNCTION app.report() RETURNS int LANGUAGE plpgsql AS
$$ BEGIN RAISE LOG 'canary %, %.', current_user, session_user; RETURN 1; END $$;
SQL

# How the objects of mallory are made, and how a superuser takes them away.
my @carriers = (
	{   name => 'materialized view',
		make => 'CREATE MATERIALIZED VIEW app.m AS SELECT app.fire(1) AS x',
		drop => 'DROP MATERIALIZED VIEW app.m' },
	{   name => 'materialized view that the server fills by a built-in function',
		make => q{CREATE MATERIALIZED VIEW app.m AS SELECT query_to_xml('SELECT app.fire(1)', true, true, '')::text AS x},
		drop => 'DROP MATERIALIZED VIEW app.m', hidden => 1 },
	{   name => 'check of a table with rows',
		make => 'CREATE TABLE app.t (x int CONSTRAINT c CHECK (app.fire(x) > 0)); INSERT INTO app.t VALUES (1)',
		drop => 'ALTER TABLE app.t DROP CONSTRAINT c' },
	{   name => 'check that calls a built-in function',
		make => q{CREATE TABLE app.t (x int CONSTRAINT c CHECK (query_to_xml('SELECT app.fire(1)', true, true, '') IS NOT NULL));
			INSERT INTO app.t VALUES (1)},
		drop => 'ALTER TABLE app.t DROP CONSTRAINT c' },
	{   name => 'check with a constant',
		make => 'CREATE TABLE app.t (x int CONSTRAINT c CHECK (x > app.fire(-5)))',
		drop => 'ALTER TABLE app.t DROP CONSTRAINT c' },
	{   name => 'check of another column',
		make => 'CREATE TABLE app.t (x int CHECK (app.fire(x) > 0), y int NOT NULL DEFAULT 1); INSERT INTO app.t VALUES (1)',
		drop => 'ALTER TABLE app.t ALTER y TYPE text' },
	{   name => 'default',
		make => 'CREATE TABLE app.t (x int, y int DEFAULT app.report()); INSERT INTO app.t VALUES (1)',
		drop => 'ALTER TABLE app.t DROP COLUMN y' },
	{   name => 'generated column',
		make => 'CREATE TABLE app.t (x int, y int GENERATED ALWAYS AS (app.fire(x)) STORED); INSERT INTO app.t VALUES (1)',
		drop => 'ALTER TABLE app.t DROP COLUMN y' },
	{   name => 'generated column of a new table',
		make => 'CREATE TABLE app.t (x int, y int GENERATED ALWAYS AS (x + app.fire(1)) STORED)',
		drop => 'DROP TABLE app.t' },
	{   name => 'index expression',
		make => 'CREATE TABLE app.t (x int); CREATE INDEX i ON app.t ((x + app.fire(1))); INSERT INTO app.t VALUES (1)',
		drop => 'DROP INDEX app.i' },
	{   name => 'index predicate',
		make => 'CREATE TABLE app.t (x int); CREATE INDEX i ON app.t (x) WHERE app.fire(x) > 0; INSERT INTO app.t VALUES (1)',
		drop => 'DROP INDEX app.i' },
	{   name => 'index expression, copied table',
		make => 'CREATE TABLE app.t (a int, b int, c int); CREATE INDEX i ON app.t ((c + app.fire(1))); INSERT INTO app.t VALUES (1, 1, 1)',
		drop => 'ALTER TABLE app.t DROP COLUMN b' },
	{   name => 'exclusion constraint',
		make => 'CREATE TABLE app.t (x int, EXCLUDE ((x + app.fire(1)) WITH =)); INSERT INTO app.t VALUES (1)',
		drop => 'DROP TABLE app.t' },
	{   name => 'foreign key on a table with an index expression',
		make => 'CREATE TABLE app.p (x int PRIMARY KEY); CREATE INDEX ON app.p ((x + app.fire(1)));
			CREATE TABLE app.t (x int CONSTRAINT f REFERENCES app.p); INSERT INTO app.p VALUES (1); INSERT INTO app.t VALUES (1)',
		drop => 'ALTER TABLE app.t DROP CONSTRAINT f' },
	{   name => 'domain of a constant',
		make => q{CREATE DOMAIN app.d AS int CHECK (app.fire(VALUE) > 0); CREATE VIEW app.v AS SELECT '{1}'::app.d[] AS x},
		drop => 'DROP VIEW app.v' },
	{   name => 'domain of a default',
		make => q{CREATE DOMAIN app.d AS int CHECK (app.fire(VALUE) > 0); CREATE TABLE app.t (x app.d[] DEFAULT '{1}'::app.d[])},
		drop => 'DROP TABLE app.t' },
	{   name => 'domain of a row in a constant',
		make => q{CREATE DOMAIN app.d AS int CHECK (app.fire(VALUE) > 0); CREATE TYPE app.c AS (x app.d);
			CREATE VIEW app.v AS SELECT '(1)'::app.c AS x},
		drop => 'DROP VIEW app.v' },
	{   name => 'domain of a parameter',
		make => q{CREATE DOMAIN app.d AS int CHECK (app.fire(VALUE) > 0);
			CREATE FUNCTION app.f(x app.d[] DEFAULT '{1}'::app.d[]) RETURNS int LANGUAGE sql AS 'SELECT 1'},
		drop => 'DROP FUNCTION app.f' },
	{   name => 'domain of a trigger condition',
		make => q{CREATE DOMAIN app.d AS int CHECK (app.fire(VALUE) > 0); CREATE TABLE app.t (x app.d[]);
			CREATE FUNCTION app.g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
			CREATE TRIGGER g BEFORE INSERT ON app.t FOR EACH ROW WHEN (NEW.x = '{1}'::app.d[]) EXECUTE FUNCTION app.g()},
		drop => 'DROP TRIGGER g ON app.t' },
	{   name => 'domain of a policy',
		make => q{CREATE DOMAIN app.d AS int CHECK (app.fire(VALUE) > 0); CREATE TABLE app.t (x app.d[]);
			CREATE POLICY p ON app.t USING (x = '{1}'::app.d[])},
		drop => 'DROP POLICY p ON app.t' },
	{   name => 'domain of a rule',
		make => q{CREATE DOMAIN app.d AS int CHECK (app.fire(VALUE) > 0); CREATE TABLE app.t (x app.d[]);
			CREATE RULE r AS ON INSERT TO app.t WHERE NEW.x = '{1}'::app.d[] DO INSTEAD NOTHING},
		drop => 'DROP RULE r ON app.t' },
	{   name => 'domain of statistics',
		make => q{CREATE DOMAIN app.d AS int CHECK (app.fire(VALUE) > 0); CREATE TABLE app.t (x app.d[]);
			CREATE STATISTICS app.s ON (x || '{1}'::app.d[]) FROM app.t},
		drop => 'DROP STATISTICS app.s' },
	{   name => 'domain of an initial condition',
		make => q{CREATE DOMAIN app.d AS int CHECK (app.fire(VALUE) > 0);
			CREATE FUNCTION app.s(app.d, int) RETURNS app.d LANGUAGE sql AS 'SELECT $1';
			CREATE AGGREGATE app.a (int) (SFUNC = app.s, STYPE = app.d, INITCOND = '1')},
		drop => 'DROP AGGREGATE app.a (int)' },
	{   name => 'constraint of a domain',
		make => 'CREATE DOMAIN app.d AS int CONSTRAINT c CHECK (app.fire(VALUE) > 0);
			CREATE TABLE app.t (x app.d); INSERT INTO app.t VALUES (1)',
		drop => 'ALTER DOMAIN app.d DROP CONSTRAINT c' },
	{   name => 'type of a column',
		make => 'CREATE DOMAIN app.d AS int CHECK (app.fire(VALUE) > 0); CREATE TABLE app.t (x app.d); INSERT INTO app.t VALUES (1)',
		drop => 'ALTER TABLE app.t ALTER x TYPE int' },
	{   name => 'cast',
		make => q{CREATE TYPE app.e AS ENUM ('a'); CREATE FUNCTION app.c(text) RETURNS app.e LANGUAGE plpgsql AS
				$$ BEGIN PERFORM app.report(); RETURN 'a'; END $$;
			CREATE CAST (text AS app.e) WITH FUNCTION app.c(text); CREATE TABLE app.t (x app.e); INSERT INTO app.t VALUES ('a')},
		drop => 'ALTER TABLE app.t ALTER x TYPE text' },
	{   name => 'partition key',
		make => 'CREATE TABLE app.t (x int) PARTITION BY RANGE ((x + app.fire(1)))',
		drop => 'DROP TABLE app.t' },
	{   name => 'partition',
		make => 'CREATE TABLE app.t (x int) PARTITION BY RANGE ((x + app.fire(1)));
			CREATE TABLE app.t1 PARTITION OF app.t FOR VALUES FROM (1) TO (10); INSERT INTO app.t VALUES (1)',
		drop => 'ALTER TABLE app.t DETACH PARTITION app.t1' },
	{   name => 'partition with an index expression',
		make => 'CREATE TABLE app.t (x int) PARTITION BY RANGE (x); CREATE INDEX ON app.t ((x + app.fire(1)));
			CREATE TABLE app.t1 PARTITION OF app.t FOR VALUES FROM (1) TO (10)',
		drop => 'DROP TABLE app.t1' },
	{   name => 'trigger of a copied table',
		make => 'CREATE TABLE app.t (a int, b int, c int); INSERT INTO app.t VALUES (1, 1, 1);
			CREATE FUNCTION app.g() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM app.report(); RETURN NEW; END $$;
			CREATE TRIGGER g BEFORE INSERT ON app.t FOR EACH ROW EXECUTE FUNCTION app.g()',
		drop => 'ALTER TABLE app.t DROP COLUMN b' },);

my $dropped = 'SELECT schemaver.revision(\'drop\', $x${drop}$x$, id => \'r1\'); SELECT schemaver.upgrade();';
my $drifted = 'SELECT schemaver.revision(\'nothing\', \'SELECT 1\', id => \'r1\'); SELECT schemaver.upgrade(); {drop};';

# What makes the objects again.  {drop} stands for the statements that take them away.
my @ways = (
	{   name => 'derived down',
		before => $dropped,
		sql => 'SELECT schemaver.downgrade();' },
	{   name => 'derived down, online',
		before => $dropped,
		sql => 'CALL schemaver.online_downgrade();' },
	{   name => 'revert_drift()',
		before => $drifted,
		sql => 'SELECT count(*) FROM schemaver.revert_drift(allow_data_loss => true);' },
	{   name => 'revert_drift(), tried out',
		before => $drifted,
		sql => 'SELECT count(*) FROM schemaver.revert_drift(dry_run => true);' },
	{   name => 'capture()',
		before => $drifted,
		sql => 'SELECT schemaver.capture(\'by hand\', allow_data_loss => true);' },
	{   name => 'autogenerate()', copies => 1,
		sql => 'SELECT schemaver.autogenerate(\'one more\', $x$CREATE TABLE public.t1 (id int)$x$, schemas => \'{app,public}\',
			allow_data_loss => true);' },
	{   name => 'baseline()', copies => 1,
		sql => 'SELECT schemaver.baseline(\'first\');' },);

# As whom did the canary run since the place in the log?
sub reports
{
	my $offset = shift;
	my $log = slurp_file($node->logfile, $offset);
	my %who = map { $_ => 1 } $log =~ /canary (.*?)\./g;

	return sort keys %who;
}

my $n = 0;
foreach my $carrier (@carriers)
{
	my $base = 'base' . $n;

	$node->safe_psql('postgres', "CREATE DATABASE $base TEMPLATE origin");
	$node->safe_psql($base, "SET ROLE mallory; $carrier->{make}");
	foreach my $way (@ways)
	{
		# a copy is made in an order that a call inside of a string cannot tell
		next if $way->{copies} && $carrier->{hidden};
		my $db = 'd' . $n++;
		my $before = ($way->{before} // '') =~ s/\{drop\}/$carrier->{drop}/r;
		my $offset;
		my ($out, $err);

		$node->safe_psql('postgres', "CREATE DATABASE $db TEMPLATE $base");
		$node->safe_psql($db, "SET schemaver.progress = off;\n$before");
		$offset = -s $node->logfile;
		$node->psql($db, "SET schemaver.progress = off;\n$way->{sql}", stdout => \$out, stderr => \$err);
		my @who = reports($offset);
		my @others = grep { !/^mallory, / } @who;

		is("@others", '', "$carrier->{name}, $way->{name}: nobody else runs the code");
		like($err, qr/^(?!.*ERROR)/s, "$carrier->{name}, $way->{name}: no error");
		note("$carrier->{name}, $way->{name}: " . (@who ? 'fired' : 'did not fire'));
		$node->safe_psql('postgres', "DROP DATABASE $db");
	}
	$node->safe_psql('postgres', "DROP DATABASE $base");
}

$node->stop;
done_testing();
