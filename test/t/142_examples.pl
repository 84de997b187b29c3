# docs/examples: the jobs are YAML whose commands a shell can read, the unit is one, and the code for the
# application's start can be read by its language.

use strict;
use warnings;
use FindBin;
use PostgreSQL::Test::Utils;
use Test::More;

my $folder = "$FindBin::RealBin/../../docs/examples";
my $scratch = PostgreSQL::Test::Utils::tempdir();

sub can_run { return system("$_[0] >/dev/null 2>&1 </dev/null") == 0 }

# Each command of a job, as YAML has it, in a line.
my $commands = <<'END';
import sys, yaml
def walk(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "run":
                print(value)
            elif key in ("script", "before_script"):
                print("\n".join(value))
            else:
                walk(value)
    elif isinstance(node, list):
        for value in node:
            walk(value)
walk(yaml.safe_load(open(sys.argv[1])))
END

SKIP: {
	skip 'Python has no module yaml here', 6 if !can_run('python3 -c "import yaml"');
	append_to_file("$scratch/commands.py", $commands);
	foreach my $job (qw(github.yml gitlab-ci.yml))
	{
		my ($out, $err) = run_command([ 'python3', "$scratch/commands.py", "$folder/$job" ]);

		is($err, '', "$job is YAML");
		like($out, qr/schemaver .*deploy migrations/, "$job deploys");
		append_to_file("$scratch/$job.sh", $out);
		command_ok([ 'sh', '-n', "$scratch/$job.sh" ], "$job: a shell can read its commands");
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
