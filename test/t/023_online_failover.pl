# Failover in the middle of an online run: the next call, on the new primary, continues.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use IPC::Run qw(start);
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', "autovacuum = off\n");
$primary->start;
$primary->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'copy', has_streaming => 1);
$standby->start;

$primary->safe_psql('postgres', q{
	CREATE EXTENSION schemaver;
	CREATE TABLE item (id int PRIMARY KEY, n int NOT NULL DEFAULT 0);
	INSERT INTO item SELECT g FROM generate_series(1, 20000) g;
	SELECT schemaver.revision('batches', E'CREATE INDEX CONCURRENTLY item_n ON item (n);
-- schemaver:batch table=item key=id size=100 target=1ms pause=20ms
UPDATE item SET n = n + 1 WHERE true /* schemaver:range */;
CREATE TABLE done (i int)', id => 'r1');
});

my ($out, $err) = ('', '');
my $run = start(['psql', '-XqAt', '-d', $primary->connstr('postgres'), '-c', 'CALL schemaver.online_upgrade()'],
	'<', \undef, '>', \$out, '2>', \$err);
ok($primary->poll_query_until('postgres', 'SELECT count(*) > 0 FROM schemaver.part WHERE batches > 20'), 'in the middle of the batches');
ok($standby->poll_query_until('postgres', 'SELECT count(*) > 0 FROM schemaver.part WHERE batches > 20'), 'the standby follows');
my ($rc, $o, $e) = $standby->psql('postgres', 'CALL schemaver.online_upgrade()');
like($e, qr/cannot execute schemaver.online_upgrade\(\) during recovery/, 'a standby refuses');
is($standby->safe_psql('postgres', 'SELECT state FROM schemaver.status(true)'), 'interrupted', 'and shows how far it is');

$primary->stop('immediate');
eval { $run->finish };
$standby->promote;
($rc, $o, $e) = $standby->psql('postgres', 'CALL schemaver.online_upgrade()');
is($rc, 0, 'the new primary continues') or diag $e;
like($e, qr/continuing revision "r1" behind statement 1 of 3/, 'behind what was done');
is($standby->safe_psql('postgres', 'SELECT min(n), max(n), count(*) FROM item'), '1|1|20000', 'each row was changed once');
is($standby->safe_psql('postgres', 'SELECT string_agg(run_outcome, \',\' ORDER BY run) FROM schemaver.journal'), 'interrupted,done', 'the journal tells both');

$standby->stop;
done_testing();
