# A file of script(standalone => true) in a database without the extension: it leaves what upgrade() leaves, refuses to run
# where it does not belong before anything ran, comes with downs that were derived, and can be adopted later.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->start;
my $dir = $PostgreSQL::Test::Utils::tmp_check;
$node->safe_psql('postgres', "CREATE DATABASE $_") for qw(here there wrong grown odd);
$node->safe_psql('here', 'CREATE EXTENSION schemaver');

my @revisions = (
	q{'users', 'CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL); COMMENT ON TABLE users IS $$it''s "users"$$', id => 'r1'},
	q{'data', E'COPY users FROM stdin;\n1\tone\n2\ttwo\n\\\\.\nCREATE TEMP TABLE scratch (x int); SET search_path = nowhere', 'DELETE FROM users', id => 'r2', verify => 'SELECT count(*) = 2 FROM public.users'},
	q{'function', 'CREATE FUNCTION one() RETURNS int LANGUAGE sql AS $f$SELECT 1; SELECT 1$f$; CREATE VIEW v AS SELECT * FROM users', id => 'r3'},
	q{'index', 'CREATE INDEX CONCURRENTLY users_name ON users (name)', 'DROP INDEX users_name', id => 'r4'},
	q{'column', 'ALTER TABLE users ADD mail text; CREATE OR REPLACE VIEW v AS SELECT * FROM users', id => 'r5'});
$node->safe_psql('here', "SELECT schemaver.revision($_)") for @revisions[ 0 .. 2 ];

# psql as the file says
sub run_file
{
	my ($db, $file) = @_;
	my ($out, $err) = ('', '');
	my $ok = IPC::Run::run([ 'psql', '-X', '-q', '-f', $file, '-d', $node->connstr($db) ], '>', \$out, '2>', \$err);
	return $ok ? '' : $err;
}

sub write_file
{
	my ($name, $call) = @_;
	append_to_file("$dir/$name", $node->safe_psql('here', "SELECT schemaver.script($call, standalone => true)") . "\n");
	return "$dir/$name";
}

sub dump_of
{
	my ($db) = @_;
	my ($out, $err) = ('', '');
	IPC::Run::run([ 'pg_dump', '-d', $node->connstr($db), '--exclude-schema=schemaver*', '--exclude-extension=schemaver', '--no-owner' ], '>', \$out, '2>', \$err)
	  or IPC::Run::run([ 'pg_dump', '-d', $node->connstr($db), '--exclude-schema=schemaver*', '--no-owner' ], '>', \$out, '2>', \$err);
	die $err if $out eq '';
	return join("\n", grep { !/^(\\(un)?restrict|--|CREATE EXTENSION|COMMENT ON EXTENSION|$)/ } split(/\n/, $out));
}

my $up = write_file('up.sql', q{'base', 'r3'});
my $down = write_file('down.sql', q{'r3', 'base'});
like(slurp_file($up), qr/^-- schemaver: standalone upgrade from base to r3, 3 revision/, 'the file says what it is');
unlike(slurp_file($up) . slurp_file($down), qr/schemaver\.\w+\(/, 'it calls nothing of schemaver');
is($node->safe_psql('here', 'SELECT count(*) FROM schemaver.current()'), '0', 'writing it applies nothing');
is( $node->safe_psql('here', q{
	SELECT FROM schemaver.script('r3', 'base', standalone => true);
	SELECT 'no run', current_setting('schemaver.current_run') || current_setting('schemaver.current_revision')}), "no run|", 'and no run is under way after it');

# it must begin where the database is
like(run_file('there', $down), qr/SV008|no revision is applied here/, 'downs are refused where nothing is applied');
is($node->safe_psql('there', "SELECT to_regnamespace('schemaver_standalone') IS NULL"), 't', 'and leave nothing');
like(run_file('here', $up), qr/has the extension schemaver/, 'refused where schemaver is');
is(run_file('there', $up), '', 'it runs');
$node->safe_psql('here', "SELECT * FROM schemaver.upgrade('r3')");
is(dump_of('there'), dump_of('here'), 'it leaves what upgrade() leaves');
is($node->safe_psql('there', "SELECT string_agg(revision, ' ' ORDER BY position) FROM schemaver_standalone.applied"), 'r1 r2 r3', 'and records it');
my $before = dump_of('there');
like(run_file('there', $up), qr/goes on from base, with 0 revisions applied, but 3 are applied here, the last one of them r3/, 'a second time is refused');
is(dump_of('there'), $before, 'before anything ran');
$node->safe_psql('wrong', 'CREATE TABLE users ()');
like(run_file('wrong', $up), qr/already exists/, 'a failure stops it');
is($node->safe_psql('wrong', "SELECT to_regnamespace('schemaver_standalone') IS NULL"), 't', 'and rolls it back');

# one at a time
my $session = $node->background_psql('there');
$session->query_safe('SELECT pg_advisory_lock(8314880513911174757)');
like(run_file('there', $down), qr/another run is active/, 'one run at a time');
$session->quit;

# what cannot be one transaction
$node->safe_psql('here', "SELECT schemaver.revision($_)") for @revisions[ 3 .. 4 ];
my $more = write_file('more.sql', q{'r3', 'head'});
is(run_file('there', $more), '', 'commit by commit');
$node->safe_psql('here', 'CALL schemaver.online_upgrade()');
is(dump_of('there'), dump_of('here'), 'it leaves what online_upgrade() leaves');

# a verify script counts
$node->safe_psql('here', q{SELECT schemaver.revision('wrong', 'CREATE TABLE w ()', id => 'r6', verify => 'SELECT count(*) = 1 FROM users')});
my ($code, $out, $err) = $node->psql('here', "SELECT schemaver.script('r5', 'r6', standalone => true)");
like($err, qr/revision "r6" cannot be proven: up fails/, 'what fails here is refused');
$node->safe_psql('here', q{SELECT schemaver.edit('r6', verify => 'SELECT count(*) = 2 FROM users')});
my $verified = write_file('verified.sql', q{'r5', 'r6'});
$node->safe_psql('there', "INSERT INTO users (id, name) VALUES (3, 'three')");
like(run_file('there', $verified), qr/verification of revision "r6" failed/, 'what fails there stops the file');
is($node->safe_psql('there', "SELECT to_regclass('w') IS NULL"), 't', 'and is rolled back');
$node->safe_psql('there', 'DELETE FROM users WHERE id = 3');
is(run_file('there', $verified), '', 'what holds does not');

# down again
is(run_file('there', write_file('back.sql', q{'r6', 'r3'})), '', 'derived downs run');
is(dump_of('there'), $before, 'and lead back');
is(run_file('there', $down), '', 'down to the end');
is($node->safe_psql('there', "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"), '0', 'nothing is left');

# ids that look like quotes and formats
$node->safe_psql('postgres', 'CREATE DATABASE odd_here');
$node->safe_psql('odd_here', q{
	CREATE EXTENSION schemaver;
	SELECT schemaver.revision('one', 'CREATE TABLE one ()', id => '100%s$schemaver$'), schemaver.revision('two', 'CREATE TABLE two ()', id => 'two')});
for my $part (q{'base', '100%s$schemaver$'}, q{'100%s$schemaver$', 'two'})
{
	my $file = "$dir/odd.sql";
	unlink $file;
	append_to_file($file, $node->safe_psql('odd_here', "SELECT schemaver.script($part, standalone => true)") . "\n");
	is(run_file('odd', $file), '', "an odd id: $part");
}
like(run_file('odd', "$dir/odd.sql"), qr/goes on from 100%s\$schemaver\$, with 1 revisions applied, but 2 are applied here/, 'the message has it as it is');

# taken over later
is(run_file('grown', $up), '', 'another database');
$node->safe_psql('grown', 'CREATE EXTENSION schemaver');
$node->safe_psql('grown', "SELECT schemaver.revision($_)") for @revisions[ 0 .. 3 ];
is($node->safe_psql('grown', q{SELECT string_agg(migration || ' ' || state, ', ' ORDER BY migration) FROM schemaver.adopt('schemaver', dry_run => false)}),
	'r1 matched, r2 matched, r3 matched', 'adopt() reads the table');
is($node->safe_psql('grown', 'SELECT revision FROM schemaver.current()'), 'r3', 'and records it');

done_testing();
