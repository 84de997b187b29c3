# Does each command of the client do what its help says, with the right exit code?
use strict;
use warnings;
use FindBin;
use File::Basename;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $client = "$FindBin::RealBin/../../bin/schemaver";
my $node = PostgreSQL::Test::Cluster->new('client');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE app; CREATE DATABASE fresh; CREATE DATABASE other');
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
$ENV{PGDATABASE} = 'app';
my $folder = PostgreSQL::Test::Utils::tempdir() . '/db';

# Run the client; returns exit code, standard output and standard error.
sub client
{
	my @arguments = @_;
	my ($out, $err) = ('', '');
	IPC::Run::run([$client, @arguments], '>', \$out, '2>', \$err);
	return ($? >> 8, $out, $err);
}

sub file
{
	my ($name, $text) = @_;
	append_to_file("$folder/$name", $text);
}

my ($code, $out, $err);

# without a database
is_deeply([ (client('--help'))[0], (client('help', 'deploy'))[0], (client('deploy', '--help'))[0] ], [ 0, 0, 0 ], 'help');
like((client('help'))[1], qr/Exit codes: 0 done/, 'the help tells the exit codes');
my %commands = map { $_ => 1 } qw(init new push pull status plan deploy upgrade downgrade redo test history graph diff check drift dump load clean shell-completion);
is((client('help', $_))[0], 0, "help $_") for sort keys %commands;
is((client('frobnicate'))[0], 2, 'an unknown command is refused');
is((client('--frobnicate', 'status'))[0], 2, 'an unknown option is refused');
is((client())[0], 2, 'no command is refused');
is((client('shell-completion', 'bash'))[0], 0, 'completion for bash');
is((client('shell-completion', 'fish'))[0], 2, 'and for nothing unknown');
is((client('-d', 'nowhere', 'status'))[0], 1, 'no connection is a failure');
($code, $out) = client('-d', 'nowhere', 'status', '--json');
like($out, qr/^\{"exit": 1, "sqlstate": "[^"]*", "error": "psql: .*"\}$/, 'as JSON');
is((client('status'))[0], 1, 'no extension is a failure');

# the first day
is((client('init', $folder))[0], 0, 'init');
ok(-d $folder, 'made the folder');
is((client('init', $folder))[0], 0, 'init again');
($code, $out) = client('new', "Add 'the' \"users\"; \$(id)", $folder);
is($code, 0, 'new');
my ($refused, undef, $why) = client('new', $folder, 'Add users');
is($refused, 2, 'new with its arguments in the wrong order is refused');
like($why, qr/the message comes first/, 'and says so');
ok(!-e 'Add users', 'and makes no folder');
chomp $out;
ok(-f $out, "made a file: $out");
my $begun = slurp_file($out);
ok($begun =~ s/^-- schemaver:up\n/-- schemaver:up\nCREATE TABLE users (id int, name text);\n/m, 'with a section for the upgrade');
unlink $out;
append_to_file($out, $begun);
($code, $out) = client('status', '--all');
is($code, 0, 'status of every revision');
($code, $out) = client('status', $folder);
is($code, 0, 'status of a folder');
like($out, qr/added/, 'shows what is new');
($code, $out) = client('push', $folder, '--validate', '--json');
is($code, 0, 'push --validate');
is($node->safe_psql('app', 'SELECT count(*) FROM schemaver.revision'), '0', 'registers nothing');
($code, $out, $err) = client('deploy', $folder);
is($code, 0, 'deploy');
like($err, qr/^\[1\/1\] upgrade/m, 'shows its progress');
like($err, qr/^deployed from base to \w+: 1 revision in one transaction/m, 'and what it did');
{
	my $terminal = '';
	IPC::Run::run([ $client, 'redo', '1', '--allow-data-loss' ], '>pty>', \$terminal, '2>&1');
	like($terminal, qr/\r\[#{10}\.{10}\] 50 % \[1\/2\] downgrade .*\r\[#{20}\] 100 % \[2\/2\] upgrade /s, 'on a terminal as a bar');
}
($code, $out, $err) = client('deploy', $folder);
like($err, qr/^nothing to deploy/m, 'deploy again finds nothing to do');
is_deeply([ client('deploy', $folder, '-q') ], [ 0, '', '' ], 'quiet is silent');
like((client('deploy', $folder, '--json'))[1], qr/^\{"exit" : 0, "current" : \["\w+"\]\}$/, 'deploy --json');
is((client('check'))[0], 0, 'check');
is((client('check', 'nowhere'))[0], 2, 'check of what is not known');
like((client('check', 'nowhere', '--json'))[1], qr/"exit": 2, "sqlstate": "SV014"/, 'as JSON');

# each file's bytes arrive unchanged
my $id = $node->safe_psql('app', 'SELECT revision FROM schemaver.current()');
my $text = "-- schemaver:revision b1\n-- schemaver:revises $id\n-- schemaver:up\nCREATE TABLE r\xc3\xa4ume (t text DEFAULT 'back\\slash \$1 `id` :x ''q''\t\r\n');\r\nINSERT INTO r\xc3\xa4ume DEFAULT VALUES;";
append_to_file("$folder/a file.sql", $text);
mkdir "$folder/.hidden";
append_to_file("$folder/.hidden/no.sql", 'nonsense');
append_to_file("$folder/picture.png", "\xff\x00\xfe");
append_to_file("$folder/README.md", 'notes');
($code, $out, $err) = client('deploy', $folder);
is($code, 0, 'a file with blanks in its name and no line end') or diag $err;
is($node->safe_psql('app', "SELECT encode(convert_to(t, 'UTF8'), 'hex') FROM r\xc3\xa4ume"),
	unpack('H*', "back\\slash \$1 `id` :x 'q'\t\r\n"), 'holds what it held');
is($node->safe_psql('app', q{SELECT file FROM schemaver.loaded WHERE revision = 'b1'}), 'a file.sql', 'its name is known');

# exit codes of runs
file('c1.sql', "-- schemaver:revision c1\n-- schemaver:revises b1\n-- schemaver:up\nSELECT 1/0;\n");
($code, $out, $err) = client('deploy', $folder);
is($code, 1, 'a script that fails');
like($err, qr/division by zero/, 'says why');
is($node->safe_psql('app', q{SELECT count(*) FROM schemaver.revision WHERE revision = 'c1'}), '0', 'nothing of it stays');
unlink "$folder/c1.sql";
file('c1.sql', "-- schemaver:revision c1\n-- schemaver:revises b1\n-- schemaver:up\nCREATE INDEX CONCURRENTLY users_id ON users (id);\n");
$node->safe_psql('app', 'INSERT INTO users VALUES (1)');
is((client('push', $folder))[0], 0, 'push');
is((client('plan'))[0], 0, 'plan');
like((client('plan', '--json'))[1], qr/"transactional":false/, 'plan --json');
is((client('upgrade'))[0], 2, 'upgrade refuses what needs commits');
($code, $out, $err) = client('upgrade', '--online', '--note', 'at night');
is($code, 0, 'upgrade --online') or diag $err;
is($node->safe_psql('app', 'SELECT note FROM schemaver.run ORDER BY run DESC LIMIT 1'), 'at night', 'with a note');
is((client('downgrade', '-2'))[0], 2, 'downgrade refuses to lose rows');
is((client('downgrade', '--online'))[0], 0, 'downgrade --online');
is((client('upgrade', '--online', '--json'))[0], 0, 'and up again');
is((client('test', 'b1'))[0], 0, 'test');
is((client('downgrade', 'b1'))[0], 0, 'downgrade to a revision') if 0;
($code, $out) = client('history', '--json');
like($out, qr/"revision":"c1"/, 'history');
is((client('graph'))[0], 0, 'graph');
like((client('graph', 'mermaid'))[1], qr/c1/, 'graph mermaid');

# drift
is((client('drift'))[0], 0, 'no drift');
$node->safe_psql('app', 'CREATE TABLE by_hand (i int)');
($code, $out) = client('drift');
is($code, 3, 'drift has an exit code');
like($out, qr/created table public\.by_hand/, 'and says what');
is((client('drift', '--json'))[0], 3, 'drift --json');
is((client('check', '--drift'))[0], 3, 'check --drift');
is((client('check'))[0], 0, 'check without it');
$node->safe_psql('app', 'DROP TABLE by_hand');

# wanted schema
append_to_file("$folder/../wanted.txt", "CREATE TABLE users (id int, name text, mail text); CREATE INDEX users_id ON users (id); CREATE TABLE r\xc3\xa4ume (t text);");
($code, $out, $err) = client('diff', "$folder/../wanted.txt");
is($code, 0, 'diff') or diag $err;
like($out, qr/ADD COLUMN mail text/, 'shows statements');
($code, $out, $err) = client('new', 'Add mail', $folder, '--autogenerate', "$folder/../wanted.txt");
is($code, 0, 'new --autogenerate') or diag $err;
chomp $out;
like(slurp_file($out), qr/ADD COLUMN mail text/, 'wrote the proven statements');
is($node->safe_psql('app', 'SELECT count(*) FROM schemaver.revision'), '3', 'and registered nothing');
is((client('deploy', $folder, '--dry-run'))[0], 0, 'deploy --dry-run');
($code, $out, $err) = client('deploy', $folder);
is($code, 0, 'deploy of it') or diag $err;

# files of what is registered
my $copy = "$folder/../copy";
is((client('pull', $copy))[0], 0, 'pull');
is(scalar(my @files = glob "$copy/*.sql"), 4, 'wrote a file for each revision');
($code, $out) = client('pull', $copy);
is($out, "0 files written\n", 'and none twice');
is((client('-d', 'other', 'init', $copy))[0], 0, 'another database');
is((client('-d', 'other', 'deploy', $copy))[0], 0, 'is deployed from them');
is($node->safe_psql('other', 'SELECT schemaver.fingerprint()'), $node->safe_psql('app', 'SELECT schemaver.fingerprint()'), 'and has the same schema');

# what a deployment leaves out has a name
my $misnamed = "$folder/../misnamed";
mkdir $misnamed;
append_to_file("$misnamed/V1__one.sql", "CREATE TABLE one ();\n");
append_to_file("$misnamed/V2_two.sql", "CREATE TABLE two ();\n");
$node->safe_psql('postgres', 'CREATE DATABASE misnamed');
$node->safe_psql('misnamed', 'CREATE EXTENSION schemaver');
($code, $out, $err) = client('-d', 'misnamed', 'deploy', $misnamed);
is($code, 0, 'deploy of a folder with a file that Flyway passes over');
like($err, qr/^DETAIL:  Revisions: 1 added\.\nFiles left out: \S*V2_two\.sql \(its name is none of Flyway's/m, 'names the file');

# dump and load
is((client('dump', "$folder/../dump"))[0], 0, 'dump');
($code, $out, $err) = client('-d', 'dbname=fresh', 'load', "$folder/../dump");
is($code, 0, 'load') or diag $err;
is($node->safe_psql('fresh', 'SELECT schemaver.fingerprint()'), $node->safe_psql('app', 'SELECT schemaver.fingerprint()'), 'the schema is the same');
is((client('-d', 'fresh', 'check', '--drift'))[0], 0, 'with its version');
is((client('-d', 'fresh', 'deploy', $folder))[0], 0, 'a deployment goes on from there');
is((client('-d', 'fresh', 'load', "$folder/../dump"))[0], 2, 'but not over what is applied');

# what is withdrawn
file('d1.sql', "-- schemaver:revision d1\n-- schemaver:revises " . $node->safe_psql('app', 'SELECT revision FROM schemaver.current()') . "\n-- schemaver:up\nCREATE TABLE d (i int);\n");
is((client('push', $folder))[0], 0, 'push of one more');
unlink "$folder/d1.sql";
is((client('deploy', $folder))[0], 2, 'deploy refuses to run what is gone');
is((client('deploy', $folder, '--prune'))[0], 0, 'deploy --prune');
is((client('deploy', "$folder/.hidden/nothing"))[0], 2, 'no folder is refused');
mkdir "$folder/../empty";
is((client('deploy', "$folder/../empty"))[0], 2, 'and an empty one');

# rights
$node->safe_psql('app', 'CREATE ROLE somebody LOGIN');
($code, $out, $err) = client('-U', 'somebody', 'upgrade');
is($code, 1, 'nobody may run without a grant');
like($err, qr/grant_set\('deployer', 'somebody'\)/, 'and the set that has it is named');
$node->safe_psql('app', q{SELECT schemaver.grant_set('deployer', 'somebody')});
is((client('-U', 'somebody', 'upgrade'))[0], 0, 'with it one may');
($code, $out) = client('history', '--runs');
is($code, 0, 'history --runs');
unlike($out, qr/revises/, 'lists the runs alone');
($code, $out) = client('status', $folder);
is(() = $out =~ /\bstate\b/g, 1, 'status of a folder shows the database once');
is_deeply([ grep { length > 100 } map { split /\n/ } map { (client(@$_))[1] } [ 'status', '--all' ], ['plan'], [ 'plan', '--downgrade' ] ],
	[], 'status and plan fit into 100 columns');

SKIP:
{
	skip 'no shellcheck', 1 if system('shellcheck --version >/dev/null 2>&1') != 0;
	is(system('shellcheck', $client), 0, 'shellcheck has nothing to say');
}

done_testing();
