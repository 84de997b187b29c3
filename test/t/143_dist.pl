# META.json is what PGXN takes (https://pgxn.org/spec/), and the zip of "make dist" has what it names.

use strict;
use warnings;
use FindBin;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = "$FindBin::RealBin/../..";
my ($version) = slurp_file("$root/schemaver.control") =~ /^default_version *= *'([^']*)'/m;
my $meta = decode_json(slurp_file("$root/META.json"));
my $number = qr/\A(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[A-Za-z][0-9A-Za-z-]*)?\z/;

is_deeply([ grep { !$meta->{$_} } qw(name version abstract maintainer license provides meta-spec) ], [],
	'what must be there is there');
is_deeply([ grep { !/\A(?:x_.*|name|version|abstract|maintainer|license|provides|meta-spec|description|generated_by
		|tags|no_index|prereqs|release_status|resources)\z/x } keys %$meta ], [], 'nothing else is');
like($meta->{name}, qr/\A[^\s\/\\:]{2,}\z/, 'the name');
like($meta->{version}, $number, 'the version is a semantic one');
is($meta->{version}, $version, 'and that of the control file');
is($meta->{license}, 'postgresql', 'the license is one of the list');
is($meta->{'meta-spec'}{version}, '1.0.0', 'the version of the specification');
like($meta->{release_status}, qr/\A(stable|testing|unstable)\z/, 'the status');
is(ref $meta->{tags}, 'ARRAY', 'tags are a list');
while (my ($name, $extension) = each %{ $meta->{provides} })
{
	is($extension->{version}, $version, "$name: the version");
	ok(-e "$root/$extension->{$_}", "$name: the $_ is there") foreach qw(file docfile);
}
my $requires = $meta->{prereqs}{runtime}{requires};
like($requires->{$_}, $number, "what is required of $_ is a semantic version") foreach keys %$requires;

SKIP: {
	# git refuses the clone of another user, which this may be
	local %ENV = (%ENV, GIT_CONFIG_COUNT => 1, GIT_CONFIG_KEY_0 => 'safe.directory', GIT_CONFIG_VALUE_0 => '*');
	my $zip = PostgreSQL::Test::Utils::tempdir() . '/schemaver.zip';
	skip 'this is no clone of Git', 2 if system("git -C $root rev-parse HEAD >/dev/null 2>&1") != 0;
	skip 'unzip is not here', 2 if system('unzip -v >/dev/null 2>&1') != 0;
	my ($commands) = run_command([ 'make', '-n', 'dist' ]);
	my ($archive) = $commands =~ /^(git archive .*) -o \S+ HEAD$/m;
	command_ok([ 'sh', '-c', "cd $root && $archive -o $zip HEAD" ], 'make dist');
	my ($list) = run_command([ 'unzip', '-l', $zip ]);
	my @missing = grep { $list !~ m{ schemaver-\Q$version\E/\Q$_\E$}m }
	  qw(META.json Makefile schemaver.control src/schemaver.c README.md docs/reference.md sql/upgrade.sql);
	is_deeply(\@missing, [], 'the zip has what is needed to build, to test and to read');
}

done_testing();
