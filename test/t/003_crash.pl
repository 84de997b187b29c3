# A crash in the middle of a run leaves nothing half-applied and no lock.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "schemaver.journal_failures = off\n");
$node->append_conf('postgresql.conf', 'restart_after_crash = on');
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION schemaver;
	SET schemaver.progress = off;
	SELECT schemaver.revision('one', 'CREATE TABLE one (x int); INSERT INTO one SELECT generate_series(1, 1000)', 'DROP TABLE one', id => 'a1');
	SELECT schemaver.revision('two', 'CREATE TABLE two (x int); ALTER TABLE one ADD y int; SELECT pg_sleep(current_setting(''my.sleep'', true)::float)', 'DROP TABLE two; ALTER TABLE one DROP y', id => 'a2');
	SELECT schemaver.revision('three', 'CREATE TABLE three (x int)', 'DROP TABLE three', id => 'a3');
	SELECT schemaver.upgrade('a1');});
my $before = state();

sub state
{
	return $node->safe_psql('postgres', q{
		SELECT revision, state FROM schemaver.status(true);
		SELECT run, position, revision, direction, outcome, run_outcome FROM schemaver.journal;
		SELECT relname, (SELECT count(*) FROM pg_attribute a WHERE a.attrelid = c.oid AND attnum > 0) FROM pg_class c WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1;
		SELECT count(*) FROM one;
		SELECT count(*) FROM pg_locks WHERE relation = 'schemaver.journal'::regclass;});
}

# Begin a run that sleeps in its second step; return the session and its process id.
sub begin_run
{
	my $call = shift;
	my $err = '';
	my $run = IPC::Run::start(
		[ 'psql', '-X', '-q', '-d', $node->connstr('postgres'), '-c', q{SET my.sleep = 600}, '-c', "SELECT count(*) FROM schemaver.$call" ],
		'<', \undef, '>', \my $out, '2>', \$err);
	$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE '%schemaver%' AND pid <> pg_backend_pid()})
	  or die 'the run does not sleep';
	return ($run, $node->safe_psql('postgres', q{SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'}));
}

# kill -9 of the backend: the server restarts by itself
my ($run, $pid) = begin_run('upgrade()');
kill 'KILL', $pid;
$run->finish;
$node->poll_query_until('postgres', 'SELECT true');
is(state(), $before, 'kill -9 of the backend: nothing of the run is left');

# the server goes down at once
($run, $pid) = begin_run('upgrade()');
$node->stop('immediate');
$run->finish;
$node->start;
is(state(), $before, 'immediate shutdown: nothing of the run is left');

# the session is terminated; the client goes away
($run, $pid) = begin_run('upgrade()');
$node->safe_psql('postgres', "SELECT pg_terminate_backend($pid)");
$run->finish;
$node->poll_query_until('postgres', "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $pid)");
is(state(), $before, 'terminated session: nothing of the run is left');

# a waiter takes over as soon as the first one is gone
($run, $pid) = begin_run('upgrade()');
my $waiter = IPC::Run::start(
	[ 'psql', '-X', '-q', '-A', '-t', '-d', $node->connstr('postgres'), '-c', q{SET schemaver.progress = off}, '-c', q{SELECT revision FROM schemaver.upgrade()} ],
	'<', \undef, '>', \my $out, '2>', \my $err);
$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_locks WHERE relation = 'schemaver.journal'::regclass AND NOT granted});
$node->safe_psql('postgres', "SELECT pg_terminate_backend($pid)");
$run->finish;
$waiter->finish;
is($out, "a2\na3\n", 'the waiter runs it');

# crash after commit: everything is there
$node->stop('immediate');
$node->start;
is($node->safe_psql('postgres', q{SELECT string_agg(revision, ' ') FROM schemaver.current()}), 'a3', 'what was committed survives a crash');
is($node->safe_psql('postgres', q{SET schemaver.progress = off; SELECT count(*) FROM schemaver.downgrade('base', allow_data_loss => true)}), '3', 'and can be undone');

done_testing();
