# docs/examples: the jobs are YAML whose commands do what they should, for a role that is no superuser; the
# unit is one; and the code for the application's start can be read by its language.

use strict;
use warnings;
use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "schemaver.journal_failures = off\n");
$node->append_conf('postgresql.conf', "fsync = off\n");
$node->start;
$node->safe_psql('postgres', 'CREATE ROLE deploy LOGIN');

# A database in which "deploy" has the rights that docs/team.md gives; returns its connection string for the role.
sub new_database
{
	my ($name) = @_;
	my ($grants) = slurp_file("$FindBin::RealBin/../../docs/team.md") =~ /^(GRANT EXECUTE ON FUNCTION .*? TO deploy;)$/ms;
	my ($calls) = slurp_file("$FindBin::RealBin/../../docs/team.md") =~ /^(GRANT EXECUTE ON PROCEDURE .* TO deploy;)$/m;

	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$node->safe_psql($name, "CREATE EXTENSION schemaver; GRANT CREATE ON DATABASE $name TO deploy;
		GRANT EXECUTE ON FUNCTION schemaver.test, schemaver.report TO deploy; $grants $calls");
	return $node->connstr($name) . ' user=deploy';
}

my $folder = "$FindBin::RealBin/../../docs/examples";
my $scratch = PostgreSQL::Test::Utils::tempdir();

sub can_run { return system("$_[0] >/dev/null 2>&1 </dev/null") == 0 }

SKIP: {
	skip 'Python has no module yaml here', 10 if !can_run('python3 -c "import yaml"');
	foreach my $job (qw(github.yml gitlab-ci.yml))
	{
		my ($out, $err) = run_command([ 'python3', "$FindBin::RealBin/../yaml_commands.py", "$folder/$job" ]);

		is($err, '', "$job is YAML");
		like($out, qr/schemaver .*deploy migrations/, "$job deploys");
		append_to_file("$scratch/$job.sh", $out);
		command_ok([ 'sh', '-n', "$scratch/$job.sh" ], "$job: a shell can read its commands");

		my ($name) = $job =~ /^(\w+)/;
		my $place = "$scratch/$name";
		mkdir $place;
		symlink "$FindBin::RealBin/../../bin/schemaver", "$place/schemaver";
		symlink "$FindBin::RealBin/../example", "$place/migrations";
		local $ENV{DATABASE_URL} = new_database($name);
		local $ENV{PRODUCTION_URL} = $ENV{DATABASE_URL};
		my $script = "set -e\ncd $place\n" . $out =~ s/^apt-get .*\n//mgr;
		command_ok([ 'sh', '-c', $script ], "$job: its commands run");
		is($node->safe_psql($name, 'SELECT string_agg(revision, chr(32)) FROM schemaver.current()'), '4e60a8d7b312',
			"$job: the database is at the head");
	}
}

SKIP: {
	skip 'systemd-analyze is not here', 1 if !can_run('systemd-analyze --version');
	my ($out, $err) = run_command([ 'systemd-analyze', 'verify', '--man=no', "$folder/app-migrate.service" ]);
	unlike("$out$err", qr/app-migrate\.service:\d+:|Unknown|Failed to parse/, 'the unit is one');
}

my %reader = (
	ruby => [ 'ruby --version', 'ruby', '-c' ],
	python => [ 'python3 --version', 'python3', '-m', 'py_compile' ],
	javascript => [ 'node --version', 'node', '--check' ]);
my %suffix = (ruby => 'rb', python => 'py', javascript => 'js');
my $page = slurp_file("$folder/start.md");
foreach my $language (sort keys %reader)
{
	my ($try, @command) = @{ $reader{$language} };
	my ($code) = $page =~ /^```$language\n(.*?)^```/ms;
	my $file = "$scratch/start.$suffix{$language}";

	like($code, qr/schemaver\.check/, "$language calls check()");
	append_to_file($file, $code);
  SKIP: {
		skip "no $language here", 1 if !can_run($try);
		command_ok([ @command, $file ], "$language can be read");
	}
}
like($page, qr/^```java\n.*?schemaver\.check.*?^```/ms, 'java calls check()');

done_testing();
