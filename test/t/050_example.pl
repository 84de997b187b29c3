# The revisions of test/example, step by step in both directions: every set of
# applied revisions has one schema, whichever way leads to it.

use strict;
use warnings;

use Cwd;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "schemaver.journal_failures = off\n");
$node->append_conf('postgresql.conf', "fsync = off\nschemaver.progress = off");
$node->start;

my $folder = getcwd() . '/test/example';
my $revisions = 12;

sub new_database
{
	my ($db) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$node->safe_psql($db, 'CREATE EXTENSION schemaver');
}

# The users' schema of a database as pg_dump writes it.
sub schema_of
{
	my ($db) = @_;
	my ($out, $err) =
	  run_command([ 'pg_dump', '-s', '-N', 'schemaver', '-d', $node->connstr($db) ]);

	die "pg_dump: $err" if $err ne '';
	$out =~ s/^\\(un)?restrict .*\n//mg;
	return $out;
}

sub state_of
{
	my ($db) = @_;

	return $node->safe_psql($db,
		"SELECT string_agg(revision, ' ' ORDER BY revision) FROM schemaver.status(true) WHERE state = 'applied'"
	);
}

# What a set of applied revisions looked like when it was reached first.
my %schemas;

# Compare the schema with what it was in the same state; 0 if the state is new.
sub compare
{
	my ($db, $how) = @_;
	my $state = state_of($db);
	my $schema = schema_of($db);

	if (!exists $schemas{$state})
	{
		$schemas{$state} = $schema;
		return 0;
	}
	return 1 if $schemas{$state} eq $schema;
	fail("$how: the schema of [$state]");
	diag($schema);
	return 1;
}

sub run_steps
{
	my ($db, $plan, $command, $how) = @_;
	my @steps = split /\n/, $node->safe_psql($db, $plan);
	my $seen = 0;

	foreach my $step (@steps)
	{
		$node->safe_psql($db, sprintf($command, $step));
		$seen += compare($db, $how);
	}
	return (scalar @steps, $seen);
}

# Registering

new_database('example');
my $load = "SELECT action, count(*) FROM schemaver.load_directory('$folder') GROUP BY action";
is($node->safe_psql('example', $load), "added|$revisions", 'the folder is registered');
is($node->safe_psql('example', $load),
	"unchanged|$revisions", 'registering it again changes nothing');

# Up and down by single steps

my $empty = schema_of('example');
compare('example', 'empty');
my ($steps, $seen) = run_steps('example', 'SELECT revision FROM schemaver.plan()',
	"SELECT schemaver.upgrade('%s')", 'up');
is("$steps $seen", "$revisions 0", 'up, revision by revision');

($steps, $seen) = run_steps('example', "SELECT revision FROM schemaver.plan('base', 'downgrade')",
	"SELECT schemaver.downgrade('-1', allow_data_loss => true)", 'down');
is($steps, $revisions, 'down, revision by revision');
cmp_ok($seen, '>=', 10, 'down meets the states of the way up');
is(schema_of('example'), $empty, 'base leaves an empty schema');

# Another order: one branch first

foreach my $target ('b64e', '7d81', 'e90d', '0c95', '3a7c', 'head', 'f2d8', 'head')
{
	my $command = $target eq 'f2d8' ? 'downgrade' : 'upgrade';

	$node->safe_psql('example', "SELECT schemaver.$command('$target', allow_data_loss => true)");
	compare('example', "$command to $target");
}
my $whole = schema_of('example');
is($schemas{ state_of('example') }, $whole, 'the order of the branches does not matter');
$node->safe_psql('example', "SELECT schemaver.redo($revisions, allow_data_loss => true)");
is(schema_of('example'), $whole, 'redo of everything leads back');

# Elsewhere: exported and loaded, run as a file by psql

my $script = $node->safe_psql('example', "SELECT schemaver.script('base', 'head')");
my $checksums = 'SELECT revision, revises, depends_on, branch_labels, checksum '
  . "FROM schemaver.revision ORDER BY revision";
new_database('copy');
my $files = $node->safe_psql('example', "SELECT string_agg(content, '' ORDER BY name) FROM schemaver.export()");
$node->safe_psql('copy', "SELECT schemaver.load('all', \$files\$$files\$files\$, 'native')");
is($node->safe_psql('copy', $checksums),
	$node->safe_psql('example', $checksums), 'export and load give the same graph');
$node->safe_psql('copy', $script);
is(schema_of('copy'), $whole, 'psql and script() lead to the same schema');
is(state_of('copy'), state_of('example'), '... and to the same version');

$node->stop;
done_testing();
