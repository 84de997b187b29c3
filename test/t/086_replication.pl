# A subscriber that has schemaver's tables by FOR ALL TABLES runs nothing by the publisher's version, and goes on as the
# new primary.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 'logical');
$node->append_conf('postgresql.conf', "fsync = off\n");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE pub; CREATE DATABASE sub');
$node->safe_psql('pub', q{
	CREATE EXTENSION schemaver;
	SELECT schemaver.revision('a', 'CREATE TABLE m (id int PRIMARY KEY, name text)', id => 'l1');
	SELECT count(*) FROM schemaver.upgrade();
	CREATE PUBLICATION p FOR ALL TABLES;
	SELECT pg_create_logical_replication_slot('slot', 'pgoutput')});
$node->safe_psql('sub', 'CREATE EXTENSION schemaver; CREATE TABLE m (id int PRIMARY KEY, name text)');
my $pub = $node->connstr('pub');
$node->safe_psql('sub', "CREATE SUBSCRIPTION s CONNECTION \$x\$$pub\$x\$ PUBLICATION p WITH (create_slot = false, slot_name = slot)");
$node->poll_query_until('sub', q{SELECT count(*) = 0 FROM pg_subscription_rel WHERE srsubstate NOT IN ('r', 's')});
$node->poll_query_until('sub', q{SELECT count(*) = 1 FROM schemaver.applied});

for my $call (q{SELECT schemaver.upgrade()}, q{SELECT schemaver.check()}, q{CALL schemaver.online_upgrade()},
	q{SELECT schemaver.stamp('base')}, q{SELECT schemaver.revision('x', 'SELECT 1')})
{
	my ($code, $out, $err) = $node->psql('sub', $call, extra_params => ['-v', 'VERBOSITY=verbose']);
	like($err, qr/55000: .*written by subscription "s".*HINT: .*ALTER SUBSCRIPTION s SET PUBLICATION/s, $call);
}
is($node->safe_psql('sub', 'SELECT revision FROM schemaver.current()'), 'l1', 'looking is allowed');
is($node->safe_psql('pub', q{SELECT schemaver.check(); SELECT schemaver.revision('b', 'ALTER TABLE m ADD COLUMN y int', id => 'l2')}),
	"\nl2", 'the publisher is not concerned');
$node->poll_query_until('sub', q{SELECT count(*) = 2 FROM schemaver.revision});

# the subscriber becomes the primary
$node->safe_psql('sub', 'ALTER SUBSCRIPTION s DISABLE; ALTER SUBSCRIPTION s SET (slot_name = NONE); DROP SUBSCRIPTION s');
is($node->safe_psql('sub', 'SELECT revision FROM schemaver.upgrade()'), 'l2', 'a run with numbers of its own');
is($node->safe_psql('sub', q{SELECT schemaver.revision('c', 'CREATE TABLE n ()', id => 'l3'); CALL schemaver.online_upgrade();
	SELECT string_agg(revision, ',') FROM schemaver.current(); SELECT count(*) FROM schemaver.drift()}), "l3\nl3\n0", 'and others');
$node->stop;
done_testing();
