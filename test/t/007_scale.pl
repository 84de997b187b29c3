# Registering costs as much for the last of many revisions as for the first, and
# 100,000 of them are no obstacle.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\nschemaver.progress = off\nautovacuum = off\nmax_wal_size = 4GB");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION schemaver');

# The buffers that a statement touches: a measure that no other load disturbs.
sub buffers
{
	my $plan = $node->safe_psql('postgres', "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, SUMMARY OFF, FORMAT JSON) $_[0]");
	my ($hit) = $plan =~ /"Shared Hit Blocks": (\d+)/;
	my ($read) = $plan =~ /"Shared Read Blocks": (\d+)/;
	return $hit + $read;
}
my $register = q{SELECT schemaver.revision('m', '', '', 'r' || i) FROM generate_series(%d, %d) i};
my $first = buffers(sprintf $register, 1, 1000);
$node->safe_psql('postgres', sprintf $register, 1001, 9000);
my $last = buffers(sprintf $register, 9001, 10000);
cmp_ok($last, '<', 2 * $first, "revisions 9001 to 10000 touch $last buffers, 1 to 1000 touch $first");

# The rest as one file, children first.
is($node->safe_psql('postgres', q{
	SELECT count(*) FROM schemaver.load('rest.sql', (
		SELECT string_agg(format(E'-- schemaver:revision n%s\n-- schemaver:revises %s\n-- schemaver:up\n-- schemaver:down\n',
			i, CASE WHEN i = 10001 THEN 'r10000' ELSE 'n' || (i - 1) END), '' ORDER BY i DESC)
		FROM generate_series(10001, 100000) i))}), '90000', '90,000 more are loaded, children first');
is($node->safe_psql('postgres', q{SELECT count(*), max(position), min(revision) FILTER (WHERE position = 1), min(revision) FILTER (WHERE position = 100000) FROM schemaver.plan()}),
	'100000|100000|r1|n100000', 'the plan has all of them, in order');
is($node->safe_psql('postgres', q{SELECT count(*) FROM schemaver.stamp('{head}')}), '100000', 'all are stamped');
is($node->safe_psql('postgres', q{SELECT revision FROM schemaver.current()}), 'n100000', 'the last one is current');
is($node->safe_psql('postgres', q{SELECT count(*) FROM schemaver.upgrade()}), '0', 'nothing is left to do');
is($node->safe_psql('postgres', q{SELECT string_agg(revision, ' ') FROM schemaver.downgrade('-2', allow_data_loss => true)}), 'n100000 n99999', 'the last two are undone');
is($node->safe_psql('postgres', q{SELECT revision FROM schemaver.resolve('base+500')}), 'r500', 'a long walk up');
is($node->safe_psql('postgres', q{SELECT revision FROM schemaver.resolve('-99997')}), 'r1', 'a long walk down');
is($node->safe_psql('postgres', q{SELECT count(*) FROM schemaver.graph()}), '100000', 'and drawn');

# Wide: a merge of 2,000 branches, each with a dependency.
$node->safe_psql('postgres', q{
	SELECT schemaver.revision('m', '', '', 'w' || i, ARRAY['n100000'], ARRAY['r' || i], splice => true) FROM generate_series(1, 2000) i;
	SELECT schemaver.merge(id => 'wide');});
is($node->safe_psql('postgres', q{SELECT count(*) FROM schemaver.heads()}), '1', '2,000 branches are merged');
is($node->safe_psql('postgres', q{SELECT count(*) FROM schemaver.upgrade()}), '2003', 'and run');
is($node->safe_psql('postgres', q{SELECT count(*) FROM schemaver.downgrade('n100000', allow_data_loss => true)}), '2001', 'and undone');

done_testing();
