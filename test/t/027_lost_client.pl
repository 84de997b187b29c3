# A client dies while a run is under way: does nothing of the run stay?
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "schemaver.journal_failures = off\n");
$node->start;
$node->safe_psql('postgres', q{CREATE EXTENSION schemaver;
	SELECT schemaver.revision('slow', 'CREATE TABLE lost (a int); SELECT pg_sleep(3)', id => 's1');
	SELECT schemaver.revision('long', 'CREATE TABLE longer (a int); SELECT pg_sleep(600)', id => 's2')});

for my $target ('s1', 's2')
{
	my ($in, $out) = ('', '');
	my $run = IPC::Run::start([ 'psql', '-XqAt', '-d', $node->connstr('postgres'), '-c', "SET application_name = run; SELECT * FROM schemaver.upgrade('$target')" ],
		'<', \$in, '>', \$out, '2>', \$out);
	ok($node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'run' AND wait_event = 'PgSleep'}),
		"$target is under way");
	$run->kill_kill(grace => 0);
	ok($node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'run'}), "$target: the backend is gone");
	is($node->safe_psql('postgres', q{SELECT count(*) FROM schemaver.current()}), '0', "$target is not applied");
	is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_class WHERE relname IN ('lost', 'longer')}), '0', "$target left nothing");
}

done_testing();
