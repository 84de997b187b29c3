# test() and squash() hide the live schema: does anybody else notice, and is all of it back after a cancel or a kill?
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', 'restart_after_crash = on');
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION schemaver;
	SELECT schemaver.revision('one', 'CREATE TABLE one (x int PRIMARY KEY); INSERT INTO one VALUES (1)', 'DROP TABLE one', id => 'a1');
	SELECT schemaver.revision('slow', 'CREATE TABLE two (x int)', 'DROP TABLE two; SELECT pg_sleep(600)', id => 'a2');
	SELECT schemaver.upgrade();
	SELECT schemaver.revision('slower', 'ALTER TABLE one ADD y int; SELECT pg_sleep(600)', 'ALTER TABLE one DROP y', id => 'a3');
	SELECT schemaver.revision('last', 'SELECT 1', 'SELECT 1', id => 'a4');});
my $before = $node->safe_psql('postgres', 'SELECT schemaver.fingerprint()');

# Start a call that sleeps in the middle; returns it.
sub begin_call
{
	my ($call, $out, $err) = @_;
	my $run = IPC::Run::start(
		[ 'psql', '-X', '-q', '-d', $node->connstr('postgres'), '-v', 'VERBOSITY=verbose', '-c', "SELECT schemaver.$call" ],
		'<', \undef, '>', $out, '2>', $err);
	$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'});
	return $run;
}

sub end_sleeper
{
	my ($function) = @_;
	$node->safe_psql('postgres', "SELECT $function(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
}

sub nothing_is_left
{
	my ($what) = @_;
	is($node->safe_psql('postgres', 'SELECT schemaver.fingerprint()'), $before, "$what: the schema is what it was");
	is($node->safe_psql('postgres', q{SELECT string_agg(revision, ' ' ORDER BY revision) FROM schemaver.history()}), 'a1 a2 a3 a4', "$what: so are the revisions");
	is($node->safe_psql('postgres', q{SELECT revision FROM schemaver.current()}), 'a2', "$what: and the version");
}

my %calls = (
	q{test('a2')} => 'a test with the live schema hidden',
	q{test('a3')} => 'a test on top of the live schema',
	q{squash('a3:a4', 'm')} => 'a squash');

for my $call (sort keys %calls)
{
	my ($out, $err) = ('', '');
	my $run = begin_call($call, \$out, \$err);

	if ($call eq q{test('a2')})
	{
		# one that has to wait would fail
		is($node->safe_psql('postgres', q{SET lock_timeout = 1; INSERT INTO one SELECT max(x) + 1 FROM one; CREATE TABLE other (z int); DROP TABLE other;
			SELECT count(*) FROM one, schemaver.status(true)}), '8', 'others read, write and make tables while the schema is hidden');
	}
	end_sleeper('pg_cancel_backend');
	$run->finish;
	like($err, qr/ERROR:  57014: canceling statement due to user request/, "$calls{$call} is cancelled");
	nothing_is_left($calls{$call});
}

# a process that is killed takes the whole server through recovery
my ($out, $err) = ('', '');
my $run = begin_call(q{test('a2')}, \$out, \$err);
my $pid = $node->safe_psql('postgres', q{SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'});
kill 'KILL', $pid;
$run->finish;
$node->poll_query_until('postgres', 'SELECT true');
nothing_is_left('a killed test');

# two at once: one after the other, as runs do
$node->safe_psql('postgres', q{SELECT schemaver.edit('a3', up => 'ALTER TABLE one ADD y int')});
$node->pgbench(
	'--no-vacuum --client=10 --jobs=2 --transactions=3',
	0, [qr{actually processed: 30/30}], [qr{^((?!ERROR).)*$}s],
	'ten sessions test, squash, look and make tables of their own',
	{
		'010_test@3' => q{SET schemaver.progress = off; SELECT count(*) FROM schemaver.test('a3:a4');},
		'010_hidden@2' => q{SET schemaver.progress = off; SELECT count(*) FROM schemaver.test('a1');},
		'010_squash@2' => q{BEGIN; SELECT schemaver.squash('a3:a4', 'm'); ROLLBACK;},
		'010_ddl@3' => q{CREATE TEMP TABLE mine (x int); INSERT INTO mine SELECT x FROM one; DROP TABLE mine;},
		'010_look@2' => q{SELECT count(*) FROM schemaver.status(true);},
	});
nothing_is_left('after all of it');

done_testing();
