# Dump and restore, and a copy of the database, carry the whole state and go on from there.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE original; CREATE ROLE runner LOGIN');
$node->safe_psql('original', q{
	CREATE EXTENSION schemaver;
	SET schemaver.progress = off;
	SELECT schemaver.revision('one', 'CREATE TABLE one (x int)', 'DROP TABLE one', id => 'a1', branch_labels => '{web}', options => '{"irreversible": false}');
	SELECT schemaver.revision('two', 'CREATE TABLE two (x int)', 'DROP TABLE two', id => 'a2', verify => 'SELECT true');
	SELECT schemaver.revision('other', 'CREATE TABLE other (x int)', 'DROP TABLE other', id => $$b'1\ü$$, revises => '{a1}', depends_on => '{web}', splice => true);
	SELECT schemaver.load('c.sql', E'-- schemaver:revision c1\n-- schemaver:revises a2\n-- schemaver:up\nCOPY one FROM stdin;\n1\n\\\\.\n');
	SELECT schemaver.tag('v1', 'a1');
	SELECT schemaver.upgrade('a2');
	SELECT schemaver.redo();
	SELECT schemaver.stamp(ARRAY['a2', $$b'1\ü$$]);
	SELECT schemaver.remove('c1');
	SELECT schemaver.revision('three', 'CREATE TABLE three (x int)', 'DROP TABLE three', id => 'a3', revises => '{a2}');
	CREATE TABLE other (x int);
	GRANT EXECUTE ON FUNCTION schemaver.upgrade TO runner;
	GRANT SELECT ON schemaver.journal TO runner;
	GRANT CREATE ON SCHEMA public TO runner;});

sub state
{
	my $db = shift;
	return join "\n", map { $node->safe_psql($db, "SELECT t FROM $_ t ORDER BY t::text") }
	  qw(schemaver.revision schemaver.script schemaver.revision_child schemaver.branch_label schemaver.tag schemaver.applied schemaver.run schemaver.step
	  schemaver.state_origin schemaver.state schemaver.object_version schemaver.ddl_log
	  schemaver.journal schemaver.status(true) schemaver.history() schemaver.heads() schemaver.current()),
	  map { "(SELECT last_value, is_called FROM schemaver.$_)" } qw(revision_position applied_rank run_number);
}
my $state = state('original');

my $dir = PostgreSQL::Test::Utils::tempdir();
my @databases;
sub restored
{
	my ($db, @command) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$node->command_ok([@command], "restored into $db");
	push @databases, $db;
}
$node->command_ok([ 'pg_dump', '-f', "$dir/plain.sql", 'original' ], 'plain dump');
restored('plain', 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-1', '-f', "$dir/plain.sql", 'plain');
$node->command_ok([ 'pg_dump', '-Fc', '-f', "$dir/custom", 'original' ], 'custom dump');
restored('custom', 'pg_restore', '-j', '2', '-e', '-d', 'custom', "$dir/custom");
$node->safe_psql('postgres', 'CREATE DATABASE inserts');
$node->command_ok([ 'pg_dump', '--column-inserts', '-f', "$dir/inserts.sql", 'original' ], 'dump as inserts');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$dir/inserts.sql", 'inserts' ], 'restored into inserts');
push @databases, 'inserts';
$node->safe_psql('postgres', 'CREATE DATABASE copy TEMPLATE original');
push @databases, 'copy';

for my $db (@databases)
{
	is(state($db), $state, "$db: the same state");
	is($node->safe_psql($db, q{SET schemaver.progress = off; SELECT revision FROM schemaver.upgrade('a3')}), 'a3', "$db: it goes on");
	is($node->safe_psql($db, q{SELECT schemaver.revision('new', 'CREATE TABLE new (x int)', 'DROP TABLE new', id => 'a4', revises => '{a3}')}), 'a4', "$db: revisions can be registered");
	is($node->safe_psql($db, q{SET ROLE runner; SET schemaver.progress = off; SELECT revision FROM schemaver.upgrade('a4')}), 'a4', "$db: grants are there");
	is($node->safe_psql($db, q{SELECT max(run) - 5 FROM schemaver.run}), $node->safe_psql('original', q{SELECT max(run) - 3 FROM schemaver.run}), "$db: numbers go on");
	is($node->safe_psql($db, q{SET schemaver.progress = off; SELECT count(*) FROM schemaver.downgrade('base', allow_data_loss => true)}), '5', "$db: and back");
}

# a dump of a dump is the same
$node->safe_psql('postgres', 'CREATE DATABASE again');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$dir/plain.sql", 'again' ], 'restored again');
$node->command_ok([ 'pg_dump', '-f', "$dir/again.sql", 'again' ], 'dumped again');
my ($first, $second) = map { my $s = slurp_file($_); $s =~ s/^\\(un)?restrict .*$//mg; $s } ("$dir/plain.sql", "$dir/again.sql");
is($second, $first, 'both dumps are equal');

# only the schema: an empty state, which works
$node->safe_psql('postgres', 'CREATE DATABASE schemaonly');
$node->command_ok([ 'pg_dump', '--schema-only', '-f', "$dir/schema.sql", 'original' ], 'schema dump');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$dir/schema.sql", 'schemaonly' ], 'restored into schemaonly');
is($node->safe_psql('schemaonly', 'SELECT count(*) FROM schemaver.history(), schemaver.journal'), '0', 'a schema dump has no revisions');

done_testing();
