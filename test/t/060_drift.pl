# Two hundred changes by hand, one after the other: each is found, named and undone; what is no change is not reported.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Changes;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "wal_level = logical\nmax_prepared_transactions = 5");
$node->start;

sub database
{
	my $db = shift;
	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$node->safe_psql($db, "CREATE EXTENSION schemaver; SET schemaver.progress = off;
		SELECT schemaver.revision('all', \$all\$$schema\$all\$, '', id => 'a1'); SELECT schemaver.upgrade()");
}

sub dump_of
{
	my $db = shift;
	my ($out) = run_command([ 'pg_dump', '-h', $node->host, '-p', $node->port, '--schema-only', '-N', 'schemaver', '-d', $db ]);
	$out =~ s/^\\(un)?restrict .*$//mg;
	return $out;
}

$node->safe_psql('postgres', 'CREATE ROLE alice');
database('app');
my $found = q{SELECT coalesce(string_agg(change || ' ' || kind || ' ' || identity, ', '), '') FROM schemaver.drift()};
is($node->safe_psql('app', $found), '', 'nothing has drifted at first');

# each in a transaction of its own that stays
my $dump = dump_of('app');
my $count = 0;
for my $line (@changes)
{
	my ($sql, $expected) = split / => /, $line;
	my ($code, $out, $err) = $node->psql('app', qq{SET client_min_messages = error; SET schemaver.progress = off; BEGIN;
		$sql;
		$found;
		SELECT count(*) > 0 FROM schemaver.revert_drift(allow_data_loss => true);
		COMMIT});
	is("$err$out", "$expected\nt", $sql);
	is(dump_of('app'), $dump, "the dump is as before up to: $sql") if ++$count % 25 == 0 || $count == @changes;
}
cmp_ok($count, '>=', 200, "$count changes");

done_testing();
