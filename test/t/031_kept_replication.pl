# What is copied to kept tables and back is nothing for subscribers: they have no such tables.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 'logical');
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION schemaver;
	CREATE TABLE gone (id int PRIMARY KEY, body text);
	CREATE TABLE stays (id int PRIMARY KEY, a text, b numeric);
	INSERT INTO gone SELECT i, repeat(md5(i::text), 1000) FROM generate_series(1, 100) i;
	INSERT INTO stays SELECT i, repeat(md5(i::text), 1000), i / 3.0 FROM generate_series(1, 100) i;
	SELECT schemaver.revision('m', 'DO $$BEGIN DROP TABLE gone; END$$; ALTER TABLE stays DROP COLUMN a; ALTER TABLE stays ALTER b TYPE int',
		'ALTER TABLE stays ALTER b TYPE numeric; ALTER TABLE stays ADD COLUMN a text; CREATE TABLE gone (id bigint PRIMARY KEY, body text)', id => 'a1', options => '{"keep": true}');
	CREATE PUBLICATION everything FOR ALL TABLES;
	SELECT pg_create_logical_replication_slot('slot', 'pgoutput');});
my $sums = 'SELECT (SELECT count(*) FROM gone), (SELECT md5(string_agg(concat(id, a, b), $$,$$ ORDER BY id)) FROM stays)';
my $before = $node->safe_psql('postgres', $sums);

# how many kept tables a subscriber would hear of
sub changes
{
	return $node->safe_psql('postgres', q{SELECT count(*) FROM pg_logical_slot_get_binary_changes('slot', NULL, NULL, 'proto_version', '1', 'publication_names', 'everything')
		WHERE get_byte(data, 0) = ascii('R') AND encode(data, 'escape') LIKE '%schemaver\_kept%'});
}
$node->safe_psql('postgres', q{SELECT schemaver.upgrade(); INSERT INTO stays VALUES (0, 1)});
is(changes(), '0', 'upgrade');
$node->safe_psql('postgres', 'DELETE FROM stays WHERE id = 0; SELECT schemaver.downgrade()');
is(changes(), '0', 'downgrade');
is($node->safe_psql('postgres', q{SELECT count(*) FROM schemaver.kept()}), '1', 'a table of another type is not filled');
is($node->safe_psql('postgres', $sums) =~ s/^0/100/r, $before, 'and all others are');

# the slot does see what is inserted there otherwise
my $kept = $node->safe_psql('postgres', 'SELECT kept_in FROM schemaver.kept()');
$node->safe_psql('postgres', "INSERT INTO $kept DEFAULT VALUES");
is(changes(), '1', 'a change by hand');

done_testing();
