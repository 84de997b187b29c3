# Who stops an online run, and what is left: cancel and terminate from either
# side, kill -9 of the server, no free worker slot.
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
$node->append_conf('postgresql.conf', "max_prepared_transactions = 2\nrestart_after_crash = on\n");
$node->start;

$node->safe_psql('postgres', q{
	CREATE EXTENSION schemaver;
	CREATE TABLE big (i int, v int);
	INSERT INTO big SELECT g, g FROM generate_series(1, 1000) g;
	SELECT schemaver.revision('before', 'CREATE TABLE before (i int)', id => 'r1');
	SELECT schemaver.revision('index', E'CREATE TABLE made (i int);\nCREATE INDEX CONCURRENTLY big_i ON big (i);\nCREATE TABLE after (i int)', id => 'r2');
});

my $worker = q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'schemaver worker' AND wait_event_type = 'Lock'};
my $caller = q{SELECT pid FROM pg_stat_activity WHERE query LIKE 'CALL schemaver.online%'};

sub wait_for_build
{
	$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM ($worker) w") or die 'no build';
}

my $outcome = q{SELECT revision, outcome, statement, line, sqlstate FROM schemaver.journal ORDER BY run DESC, position DESC LIMIT 1};

my %stops = (
	'cancel of the caller' => [$caller, 'pg_cancel_backend', qr/57014: canceling statement due to user request/, 'r2|failed|2|2|57014'],
	'cancel of the worker' => [$worker, 'pg_cancel_backend', qr/57014: canceling statement due to user request/, 'r2|failed|2|2|57014'],
	'termination of the worker' => [$worker, 'pg_terminate_backend', qr/57P01: terminating background worker/, 'r2|failed|2|2|57P01'],
	'termination of the caller' => [$caller, 'pg_terminate_backend', qr/57P01: terminating connection/, undef],
);

for my $name (sort keys %stops)
{
	my ($who, $how, $message, $journal) = @{ $stops{$name} };
	my $snapshot = open_session($node, 'BEGIN ISOLATION LEVEL REPEATABLE READ', 'SELECT FROM big LIMIT 1');
	my $run = begin_sql($node, 'CALL schemaver.online_upgrade()');

	wait_for_build();
	is($node->safe_psql('postgres', "SELECT backend_xmin IS NULL AND backend_xid IS NULL FROM pg_stat_activity WHERE pid = ($caller)"),
		't', "$name: the caller holds no snapshot");
	$node->safe_psql('postgres', "SELECT $how(pid) FROM ($who) w");
	finish($run);
	like($run->{err}, $message, "$name: message");
	ok($node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'schemaver worker'"),
		"$name: the worker ends");
	is($node->safe_psql('postgres', $outcome), $journal, "$name: journal") if $journal;
	is($node->safe_psql('postgres', q{SELECT indisvalid FROM pg_index WHERE indexrelid = 'big_i'::regclass}), 'f', "$name: invalid index");
	my ($rc, $out, $err) = $node->psql('postgres', 'SELECT schemaver.upgrade()');
	like($err, qr/online upgrade of revision "r2" was interrupted/, "$name: upgrade() is refused");
	close_session($snapshot);
}

# SIGKILL of the worker or the caller restarts the server.
for my $who ([caller => $caller], [worker => $worker])
{
	my $snapshot = open_session($node, 'BEGIN ISOLATION LEVEL REPEATABLE READ', 'SELECT FROM big LIMIT 1');
	my $run = begin_sql($node, 'CALL schemaver.online_upgrade()');

	wait_for_build();
	kill 'KILL', $node->safe_psql('postgres', $who->[1]);
	finish($run);
	close_session($snapshot);
	$node->poll_query_until('postgres', 'SELECT true');
	# none where the leftover of the case before was gone and the build had not begun
	cmp_ok($node->safe_psql('postgres', q{SELECT count(*) FROM pg_index WHERE NOT indisvalid}), '<=', 1, "SIGKILL of the $who->[0]: one leftover at most");
}

# Immediate shutdown.
{
	my $snapshot = open_session($node, 'BEGIN ISOLATION LEVEL REPEATABLE READ', 'SELECT FROM big LIMIT 1');
	my $run = begin_sql($node, 'CALL schemaver.online_upgrade()');

	wait_for_build();
	$node->stop('immediate');
	finish($run);
	close_session($snapshot);
	$node->start;
}

# No slot.
$node->append_conf('postgresql.conf', 'max_worker_processes = 0');
$node->restart;
my ($rc, $out, $err) = $node->psql('postgres', 'CALL schemaver.online_upgrade()');
like($err, qr/could not start a background worker.*max_worker_processes = 0/s, 'no free worker slot');
$node->append_conf('postgresql.conf', 'max_worker_processes = 8');
$node->restart;

# The same call continues.
($rc, $out, $err) = $node->psql('postgres', 'CALL schemaver.online_upgrade()');
is($rc, 0, 'another call continues') or diag $err;
like($err, qr/continuing revision "r2" behind statement 1 of 3/, 'and says so');
is($node->safe_psql('postgres', q{SELECT string_agg(indexrelid::regclass || ' ' || indisvalid, ',') FROM pg_index WHERE indrelid = 'big'::regclass}),
	'big_i true', 'one valid index');
is($node->safe_psql('postgres', 'SELECT revision FROM schemaver.current()'), 'r2', 'at the head');
is($node->safe_psql('postgres', 'SELECT count(*) FROM schemaver.part'), '0', 'nothing is left');

# A revision that several runs did has its way back; a REPEATABLE READ session only delays that.
{
	my $snapshot = open_session($node, 'BEGIN ISOLATION LEVEL REPEATABLE READ', 'SELECT FROM big LIMIT 1');
	my $run = begin_sql($node, 'CALL schemaver.online_downgrade(\'base\', allow_data_loss => true);');
	close_session($snapshot);
	finish($run);
	unlike($run->{err}, qr/ERROR/, 'undone');
}

$node->stop;
done_testing();
