# A run answers a cancel and statement_timeout at once, in and between statements.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "schemaver.journal_failures = off\n");
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION schemaver;
	SELECT schemaver.revision('one', 'CREATE TABLE one (x int)', id => 'a1');
	SELECT schemaver.revision('slow', 'SELECT 1', id => 'a2');});

# Without an answer each of these would take minutes.
my %slow = (
	'a long statement' => q{edit('a2', 'SELECT pg_sleep(600)')},
	'many short statements' => q{edit('a2', repeat('SELECT pg_sleep(0.01);', 60000))},
	'a long verify script' => q{edit('a2', 'SELECT 1', verify => 'SELECT pg_sleep(600)')},
	'a deferred trigger' => q{edit('a2', 'CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(600); RETURN NULL; END$$;
		CREATE CONSTRAINT TRIGGER t AFTER INSERT ON one DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f(); INSERT INTO one VALUES (1)', verify => 'SELECT true')},
	'a statement that catches errors' => q{edit('a2', 'DO $$BEGIN PERFORM pg_sleep(600); EXCEPTION WHEN OTHERS THEN NULL; END$$', verify => 'SELECT true')});

for my $name (sort keys %slow)
{
	$node->safe_psql('postgres', "SELECT schemaver.$slow{$name}");
	for my $call ('upgrade()', 'upgrade(dry_run => true)')
	{
		my $run = IPC::Run::start(
			[ 'psql', '-X', '-q', '-d', $node->connstr('postgres'), '-v', 'VERBOSITY=verbose', '-c', "SELECT count(*) FROM schemaver.$call" ],
			'<', \undef, '>', \my $out, '2>', \my $err);
		$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'});
		$node->safe_psql('postgres', q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE '%FROM schemaver.upgrade%' AND pid <> pg_backend_pid()});
		$run->finish;
		like($err, qr/ERROR:  57014: canceling statement due to user request/, "cancelled in $name: $call");
		is($node->safe_psql('postgres', q{SELECT count(*) FROM schemaver.current()}) . ($node->safe_psql('postgres', q{SELECT to_regclass('one') IS NULL})), '0t', 'nothing is left');
	}
	my ($rc, $out, $err) = $node->psql('postgres', q{SET statement_timeout = '200ms'; SELECT count(*) FROM schemaver.upgrade()}, extra_params => [ '-v', 'VERBOSITY=verbose' ]);
	like($err, qr/ERROR:  57014: canceling statement due to statement timeout/, "statement_timeout in $name");
}

# The session is good for another run afterwards.
my ($rc, $out, $err) = $node->psql('postgres', q{
	SET statement_timeout = '200ms';
	SELECT count(*) FROM schemaver.upgrade();
	RESET statement_timeout;
	SELECT schemaver.edit('a2', 'SELECT 1');
	SET schemaver.progress = off;
	SELECT revision FROM schemaver.upgrade();}, on_error_stop => 0);
like($out, qr/^a2\na1\na2$/m, 'the session can run again');

# Progress reaches the client while the run goes on.
$node->safe_psql('postgres', q{SELECT schemaver.revision('first', 'SELECT 1', id => 'b1'), schemaver.revision(E'then\n50% sleeps', 'SELECT pg_sleep(600)', id => 'b2')});
my $run = IPC::Run::start([ 'psql', '-X', '-q', '-d', $node->connstr('postgres'), '-c', 'SELECT count(*) FROM schemaver.upgrade()' ],
	'<', \undef, '>', \$out, '2>', \my $progress, my $timer = IPC::Run::timeout(180));
$run->pump until $progress =~ /INFO:  \[1\/2\] upgrade b1 first \(\d+ ms\)\n/;
pass('INFO of the first step comes before the end of the second');
$node->safe_psql('postgres', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%FROM schemaver.upgrade%' AND pid <> pg_backend_pid()});
$run->finish;

done_testing();
