# A run that writes many managed rows ends at some moment: all rows are as before, and the server lives.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\nschemaver.journal_failures = off\nwork_mem = '64kB'\n");
$node->start;
my $rows = q{SELECT schemaver.managed_rows('c', 'k', 'VALUES ' || string_agg(format('(%s, %L)', i, i + N), ', ')) FROM generate_series(1, 20000) i};
(my $first = $rows) =~ s/N/0/;
(my $second = $rows) =~ s/N/1/;
$node->safe_psql('postgres', "CREATE EXTENSION schemaver; CREATE TABLE c (k int PRIMARY KEY, v text); $first; SELECT schemaver.upgrade(); $second");
my ($ended, $odd) = (0, 0);
for my $i (1 .. 20)
{
	my $stderr = '';
	$node->psql('postgres', 'SET statement_timeout = ' . 15 * $i . '; BEGIN; SELECT schemaver.upgrade(); ROLLBACK', stderr => \$stderr, on_error_stop => 1);
	$ended++ if $stderr =~ /canceling statement due to statement timeout/;
	$odd++ if $stderr =~ /ERROR/ && $stderr !~ /canceling statement/ || $stderr =~ /server closed/;
}
cmp_ok($ended, '>', 0, 'runs were ended');
is($odd, 0, 'by nothing else');
is($node->safe_psql('postgres', 'SELECT count(*), sum(v::bigint) = sum(k) FROM c'), '20000|t', 'all rows are as before');
is($node->safe_psql('postgres', 'SELECT count(*) FROM schemaver.upgrade()'), '1', 'the run can be made');
is($node->safe_psql('postgres', 'SELECT sum(v::bigint) - sum(k) FROM c'), '20000', 'and writes them');
unlike(slurp_file($node->logfile), qr/terminated by signal/, 'no process has crashed');
$node->stop;
done_testing();
