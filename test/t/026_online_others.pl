# Who stands in the way of a lock and what the run says about it; whom the worker
# works for.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Sessions;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', q{
autovacuum_naptime = 1
autovacuum_vacuum_cost_delay = 100
autovacuum_vacuum_cost_limit = 1
autovacuum_freeze_max_age = 100000
max_worker_processes = 4
});
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION schemaver;
	CREATE TABLE big (i int, t text) WITH (autovacuum_enabled = off);
	INSERT INTO big SELECT g, repeat('x', 200) FROM generate_series(1, 20000) g;
	SELECT schemaver.revision('column', 'ALTER TABLE big ADD COLUMN a int', id => 'r1');
	CREATE ROLE deploy LOGIN;
	GRANT CREATE ON SCHEMA public TO deploy;
	GRANT EXECUTE ON PROCEDURE schemaver.online_upgrade TO deploy;
});

my @hurried = ('SET schemaver.lock_timeout = 100', 'SET schemaver.lock_retry_delay = 10', 'SET schemaver.lock_attempts = 2');
my $up = 'CALL schemaver.online_upgrade()';

# A long query.
my $query = begin_sql($node, 'SELECT count(pg_sleep(600)) FROM big');
ok($node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'}), 'a long query reads the table');
my $run = finish(begin_sql($node, @hurried, $up));
like($run->{err}, qr/In the way: PID \d+ \(\S+, active since [\d:]+\): SELECT count\(pg_sleep\(600\)\) FROM big/, 'it is named');
like($run->{err}, qr/55P03: canceling statement due to lock timeout/, 'and ends the run when there are no attempts left');
$node->safe_psql('postgres', q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'});
finish($query);

$run = finish(begin_sql($node, @hurried, $up));
unlike($run->{err}, qr/ERROR/, 'without it the run goes through');

# A vacuum against wraparound does not give way.
$node->safe_psql('postgres', q{
	CREATE TABLE counter (i int);
	INSERT INTO counter VALUES (0);
	SELECT schemaver.revision('column', 'ALTER TABLE big ADD COLUMN b int', id => 'r2')});
$node->safe_psql('postgres', q{DO $$ BEGIN FOR i IN 1..110000 LOOP INSERT INTO counter VALUES (i); COMMIT; END LOOP; END $$});
ok($node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE query ~ 'public.big \(to prevent wraparound\)'}), 'a vacuum against wraparound');
$run = finish(begin_sql($node, @hurried, $up));
like($run->{err}, qr/In the way: .*PID \d+ \(autovacuum worker, active since [\d:]+\): autovacuum: VACUUM (ANALYZE )?public\.big \(to prevent wraparound\)/s, 'it is named') or diag $run->{err};
like($run->{err}, qr/HINT:  A vacuum to prevent wraparound does not give way; let it end first\./, 'and explained');
like($run->{err}, qr/55P03: canceling statement due to lock timeout/, 'the run ends when there are no attempts left');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_stat_activity WHERE query ~ 'public.big \(to prevent wraparound\)'}), '1', 'the vacuum goes on');
$node->safe_psql('postgres', 'ALTER SYSTEM SET autovacuum_freeze_max_age = 200000000');
$node->restart;
$run = finish(begin_sql($node, $up));
unlike($run->{err}, qr/ERROR/, 'afterwards the run goes through');

# The worker has the caller's roles and settings, whichever way it came by them.
$node->safe_psql('postgres', q{
	GRANT EXECUTE ON PROCEDURE schemaver.online_upgrade TO deploy;
	CREATE SCHEMA "odd, %s";
	GRANT ALL ON SCHEMA "odd, %s" TO deploy;
	CREATE FUNCTION seen(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
	BEGIN
		RAISE NOTICE '% % % % %', session_user, current_user, current_setting('search_path'), current_setting('application_name'), current_setting('work_mem');
		RETURN $1;
	END $$;
	SELECT schemaver.revision('as', 'CREATE TABLE mine AS SELECT 1 AS i; SET work_mem = ''7MB''; CREATE INDEX CONCURRENTLY ON mine (public.seen(i))', id => 'r3')});
$run = finish(begin_sql($node, 'SET SESSION AUTHORIZATION deploy', q{SET search_path = "odd, %s"}, q{SET application_name = 'it''s'}, $up));
unlike($run->{err}, qr/ERROR/, 'a run under another session authorization');
# since 17 functions of an index do not see the search_path of the session
like($run->{err}, qr/deploy deploy (?:"odd, %s"|pg_catalog, pg_temp) it's 7MB/, 'the worker has its roles and settings');
$node->safe_psql('postgres', q{
	CREATE ROLE boss LOGIN; GRANT deploy TO boss; ALTER ROLE deploy NOLOGIN CONNECTION LIMIT 0;
	SELECT schemaver.revision('as', 'CREATE TABLE mine_2 AS SELECT 1 AS i; CREATE INDEX CONCURRENTLY ON mine_2 (public.seen(i))', id => 'r4')});
$run = finish(begin_sql($node, 'SET SESSION AUTHORIZATION boss', 'SET ROLE deploy', $up));
unlike($run->{err}, qr/ERROR/, 'a run under SET ROLE, of a role that may not log in');
like($run->{err}, qr/NOTICE:  00000: boss deploy /, 'the worker has both roles');

# What a role loses while its session is open.  The worker is no connection; but
# before 17 no process may have a role that may not log in.
my %losses = (
	'ALTER ROLE boss NOLOGIN' => ['ALTER ROLE boss LOGIN', $node->pg_version >= 17 ? qr/upgrade r\d index/ : qr/ERROR:  role "boss" is not permitted to log in/],
	'ALTER ROLE boss CONNECTION LIMIT 0' => ['ALTER ROLE boss CONNECTION LIMIT -1', qr/upgrade r\d index/],
	'REVOKE CONNECT ON DATABASE postgres FROM PUBLIC' => ['GRANT CONNECT ON DATABASE postgres TO PUBLIC', qr/upgrade r\d index/],
);
my $number = 4;
$node->safe_psql('postgres', q{GRANT EXECUTE ON PROCEDURE schemaver.online_upgrade TO boss; CREATE TABLE bosses (i int); ALTER TABLE bosses OWNER TO boss});
for my $loss (sort keys %losses)
{
	my ($back, $message) = @{ $losses{$loss} };
	my $session;

	$number++;
	$node->safe_psql('postgres', "SELECT schemaver.revision('index', 'CREATE INDEX CONCURRENTLY by_$number ON bosses (i)', id => 'r$number')");
	local $ENV{PGUSER} = 'boss';
	$session = open_session($node, 'SELECT 1');
	delete $ENV{PGUSER};
	$node->safe_psql('postgres', $loss);
	my $err = say_to($session, $up);
	like($err, $message, $loss);
	$node->safe_psql('postgres', $back);
	$session->{err} = '';
	unlike(say_to($session, $up), qr/ERROR/, 'and continues when it may');
	close_session($session);
}
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_index WHERE indrelid = 'bosses'::regclass AND indisvalid}), '3', 'each index is there');

$node->stop;
done_testing();
