# What is no change is not reported; the kept state is right in a copy of the database; others may run DDL meanwhile.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', 'max_prepared_transactions = 5');
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE app');
$node->safe_psql('app', q{
	CREATE EXTENSION schemaver;
	CREATE EXTENSION lo;
	CREATE TABLE of_extension (k int) PARTITION BY LIST (k);
	ALTER EXTENSION lo ADD TABLE of_extension;
	SET schemaver.progress = off;
	SELECT schemaver.revision('all', $$
		CREATE SCHEMA s;
		CREATE TABLE s.t (gone int, id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, also_gone int, a int, b text);
		ALTER TABLE s.t DROP COLUMN gone, DROP COLUMN also_gone;
		CREATE INDEX t_a ON s.t (a);
		ALTER TABLE s.t CLUSTER ON t_a;
		CREATE TABLE s.part (k int) PARTITION BY LIST (k);
		CREATE TABLE s.part1 PARTITION OF s.part FOR VALUES IN (1);
		CREATE INDEX part_k ON s.part (k);
		CREATE SEQUENCE s.seq;
		CREATE VIEW s.v AS SELECT id, a FROM s.t;
		CREATE MATERIALIZED VIEW s.mv AS SELECT a, count(*) FROM s.t GROUP BY a;
		CREATE UNIQUE INDEX ON s.mv (a);
		CREATE STATISTICS s.stat ON a, b FROM s.t;
		CREATE FUNCTION s.f(int) RETURNS int LANGUAGE sql AS 'SELECT $1'$$, '', id => 'a1');
	SELECT schemaver.upgrade()});
my $found = q{SELECT coalesce(string_agg(change || ' ' || kind || ' ' || identity, ', '), '') FROM schemaver.drift()};

# other sessions' temporary objects stay while all of this is looked at
my $other = $node->background_psql('app');
$other->query_safe(q{CREATE TEMP TABLE temporary (x int PRIMARY KEY); CREATE TEMP VIEW tv AS SELECT 1 AS x; CREATE TEMP SEQUENCE ts;
	CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TYPE pg_temp.e AS ENUM ('x')});
for my $sql (
	'SELECT 1',
	q{INSERT INTO s.t (a, b) SELECT i, 'x' FROM generate_series(1, 1000) i; DELETE FROM s.t WHERE id < 10},
	'ANALYZE', 'ANALYZE s.t', 'VACUUM', 'VACUUM (FREEZE, ANALYZE)', 'VACUUM FULL', 'CLUSTER', 'CLUSTER s.t USING t_a', 'ALTER TABLE s.t SET WITHOUT CLUSTER', 'ALTER TABLE s.t CLUSTER ON t_pkey',
	'REINDEX TABLE s.t', 'REINDEX INDEX s.t_a', 'REINDEX DATABASE app', 'REINDEX INDEX CONCURRENTLY s.t_a', 'REINDEX TABLE CONCURRENTLY s.part',
	'REFRESH MATERIALIZED VIEW s.mv WITH NO DATA', 'REFRESH MATERIALIZED VIEW s.mv', 'REFRESH MATERIALIZED VIEW CONCURRENTLY s.mv',
	q{SELECT nextval('s.seq'), setval('s.seq', 500)}, 'ALTER SEQUENCE s.seq RESTART WITH 7', 'TRUNCATE s.t RESTART IDENTITY',
	'CREATE TEMP TABLE mine (x int); CREATE INDEX ON mine (x)', 'BEGIN; CREATE TABLE s.undone (x int); ROLLBACK',
	q{BEGIN; CREATE TABLE s.prepared (x int); PREPARE TRANSACTION 'p'}, q{ROLLBACK PREPARED 'p'},
	'CREATE TABLE s.twice (x int); DROP TABLE s.twice', 'ALTER TABLE s.t ADD COLUMN x int; ALTER TABLE s.t DROP COLUMN x',
	q{COMMENT ON TABLE s.t IS 'x'; COMMENT ON TABLE s.t IS NULL}, 'GRANT SELECT ON s.t TO PUBLIC; REVOKE SELECT ON s.t FROM PUBLIC',
	'ALTER TABLE s.t RENAME TO u; ALTER TABLE s.u RENAME TO t', 'ALTER TABLE s.t ALTER a SET NOT NULL; ALTER TABLE s.t ALTER a DROP NOT NULL',
	'DROP VIEW s.v; CREATE VIEW s.v AS SELECT id, a FROM s.t', q{CREATE OR REPLACE FUNCTION s.f(int) RETURNS int LANGUAGE sql AS 'SELECT $1'},
	'DROP INDEX s.t_a; CREATE INDEX t_a ON s.t (a); ALTER TABLE s.t CLUSTER ON t_a',
	'CREATE TABLE part_of_extension PARTITION OF of_extension FOR VALUES IN (1); CREATE INDEX ON part_of_extension (k)',
	'CREATE ROLE somebody', 'ALTER ROLE somebody SET work_mem = 1024', q{ALTER DATABASE app SET work_mem = '2MB'}, 'CHECKPOINT', 'SELECT lo_create(0)',
	q{SELECT schemaver.tag('v1')}, q{SELECT schemaver.revision('next', 'CREATE TABLE s.next (x int)', 'DROP TABLE s.next', id => 'a2')},
	q{SET schemaver.progress = off; SELECT schemaver.upgrade()}, q{SET schemaver.progress = off; SELECT schemaver.redo()})
{
	my ($code, $out, $err) = $node->psql('app', $sql);
	is($code, 0, "done: $sql") or diag($err);
	is($node->safe_psql('app', $found), '', "no drift: $sql");
}
$other->quit;

# in a copy and after a restore nothing has drifted, and OIDs of the original mean nothing
$node->safe_psql('app', 'ALTER EXTENSION lo DROP TABLE of_extension; DROP TABLE of_extension');
$node->safe_psql('app', q{SELECT schemaver.revision('three', 'ALTER TABLE s.t ADD COLUMN last int', 'ALTER TABLE s.t DROP COLUMN last', id => 'a3')});
my $state = $node->safe_psql('app', q{SELECT schemaver.show_schema()});
my $dir = PostgreSQL::Test::Utils::tempdir();
$node->safe_psql('postgres', 'CREATE DATABASE copy TEMPLATE app');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'pg_dump', '-Fc', '-f', "$dir/dump", 'app' ], 'dump');
$node->command_ok([ 'pg_restore', '-e', '-d', 'restored', "$dir/dump" ], 'restore');
for my $db ('copy', 'restored')
{
	is($node->safe_psql($db, $found), '', "$db: no drift");
	is($node->safe_psql($db, q{SELECT schemaver.show_schema()}), $state, "$db: the schema as it was");
	$node->safe_psql($db, 'ALTER TABLE s.next RENAME TO other_name');
	is($node->safe_psql($db, $found), 'dropped table s.next, created table s.other_name', "$db: OIDs of elsewhere are not believed");
	$node->safe_psql($db, 'ALTER TABLE s.other_name RENAME TO next');
	is($node->safe_psql($db, q{SET schemaver.progress = off; SELECT revision FROM schemaver.upgrade()}), 'a3', "$db: a run");
	is($node->safe_psql($db, $found), '', "$db: no drift after it");
	$node->safe_psql($db, 'ALTER TABLE s.t RENAME COLUMN last TO latest');
	is($node->safe_psql($db, $found), 'renamed column s.t.last', "$db: from then on they are");
	like($node->safe_psql($db, q{SELECT schemaver.show_schema('a3')}), qr/id integer .*\n.*a integer,\n.*b text,\n.*last integer,/, "$db: the columns in their order");
	is($node->safe_psql($db, q{SELECT count(*) FROM schemaver.revert_drift(); SELECT schemaver.check(drift => true)}), "1\n", "$db: undone");
}

# what a cancel or an error interrupts leaves nothing
$node->safe_psql('app', 'CREATE TABLE s.hot (x int)');
my $before = $node->safe_psql('app', 'SELECT count(*), max(from_state) FROM schemaver.object_version');
my ($code, $out, $err) = $node->psql('app', q{BEGIN; SELECT schemaver.capture('x'); SELECT 1/0; COMMIT});
($code, $out, $err) = $node->psql('app', q{BEGIN; LOCK TABLE s.t; SET LOCAL statement_timeout = 1; SELECT count(*) FROM schemaver.drift(), pg_sleep(1); COMMIT});
like($err, qr/statement timeout/, 'a cancelled look');
is($node->safe_psql('app', 'SELECT count(*), max(from_state) FROM schemaver.object_version'), $before, 'nothing was kept');
is($node->safe_psql('app', $found), 'created table s.hot', 'and it is still found');

# others create and drop objects of their own while the schema is read
my $noise = "$dir/noise.sql";
append_to_file($noise, q{
CREATE TABLE n:client_id (id int PRIMARY KEY, a int DEFAULT 1 CHECK (a > 0), b text);
CREATE INDEX ON n:client_id (lower(b));
CREATE VIEW v:client_id AS SELECT id, a FROM n:client_id;
CREATE FUNCTION f:client_id(int) RETURNS n:client_id LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER trg BEFORE UPDATE ON n:client_id FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
DROP TABLE n:client_id CASCADE;
});
my ($stdout, $stderr) = ('', '');
$ENV{PGOPTIONS} = '-c client_min_messages=error';
my $pgbench = IPC::Run::start([ 'pgbench', '-n', '-c', '6', '-t', '40', '-h', $node->host, '-p', $node->port, '-f', $noise, 'app' ], '>', \$stdout, '2>', \$stderr);
my @seen;
for (1 .. 12)
{
	my ($code, $out, $err) = $node->psql('app', q{SELECT coalesce(string_agg(identity, ', '), '') FROM schemaver.drift() WHERE identity !~ '(public\.|ON public)'});
	push @seen, $code == 0 ? $out : $err;
}
ok($pgbench->finish, 'others were not disturbed') or diag($stderr);
is_deeply([ grep { $_ ne 's.hot' } @seen ], [], 'read while others work');
$node->safe_psql('app', 'SET schemaver.progress = off; SELECT schemaver.upgrade()');
is($node->safe_psql('app', q{SELECT schemaver.capture('what is left', id => 'c1'); SELECT schemaver.check(drift => true)}), "c1\n", 'captured');

done_testing();
