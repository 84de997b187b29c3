# A run of many revisions is killed at random points.  What it leaves is what a run
# that takes one revision a call leaves: its rows are written many at a time.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep time);

my $REVISIONS = 150;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "schemaver.journal_failures = off\n");
$node->append_conf('postgresql.conf', "fsync = off\nrestart_after_crash = on\nschemaver.progress = off");
$node->start;

my $register = 'CREATE EXTENSION schemaver;' . join('', map {
	my $up =
	    $_ % 5 == 1 ? "CREATE TABLE t$_ (id int PRIMARY KEY, a text); COMMENT ON TABLE t$_ IS 'x'"
	  : $_ % 5 == 2 ? 'ALTER TABLE t' . ($_ - 1) . ' ADD COLUMN b int DEFAULT 1'
	  : $_ % 5 == 3 ? 'CREATE INDEX ON t' . ($_ - 2) . ' (a); CREATE VIEW v' . ($_ - 2) . ' AS SELECT a FROM t' . ($_ - 2)
	  : $_ % 5 == 4 ? 'ALTER TABLE t' . ($_ - 3) . ' RENAME COLUMN a TO c'
	  : 'DROP VIEW v' . ($_ - 4) . '; ALTER TABLE t' . ($_ - 4) . ' DROP COLUMN b';
	"SELECT schemaver.revision('m$_', \$u\$$up\$u\$, id => 'r$_');\n"
} 1 .. $REVISIONS);

# All that a run leaves, without what depends on numbers and time.
my $DIGEST = q{
	SELECT concat_ws(' ',
		(SELECT count(*) FROM schemaver.applied),
		(SELECT md5(string_agg(revision || checksum, ' ' ORDER BY rank)) FROM schemaver.applied),
		(SELECT md5(string_agg(concat(revision, down, lost), ' ' ORDER BY revision)) FROM schemaver.derived),
		(SELECT md5(string_agg(concat(revision, direction, outcome, statements), ' ' ORDER BY run, position)) FROM schemaver.step WHERE outcome = 'done'),
		(SELECT count(*) FROM schemaver.step WHERE outcome = 'done' AND state IS NULL),
		(SELECT count(*) FROM schemaver.step s WHERE state IS NOT NULL AND NOT EXISTS (SELECT FROM schemaver.state t WHERE t.state = s.state)),
		(SELECT md5(string_agg(concat(class, identity, description), ' ' ORDER BY class, identity)) FROM schemaver.object_version WHERE to_state IS NULL),
		(SELECT md5(string_agg(concat(class, identity, description), ' ' ORDER BY class, identity, description::text)) FROM schemaver.object_version),
		CASE WHEN EXISTS (SELECT FROM schemaver.state) THEN (SELECT count(*) FROM schemaver.drift()) END,
		schemaver.fingerprint())};

sub make_database
{
	my $name = shift;
	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$node->safe_psql($name, $register);
}

sub digest { return $node->safe_psql(shift, $DIGEST); }

# step by step
make_database('slow');
my @slow = split /\n/, $node->safe_psql('slow', join(';', "\\o /dev/null\nSELECT count(schemaver.fingerprint());\n\\o\n$DIGEST",
	map { ("\n\\o /dev/null\nSELECT count(*) FROM schemaver.upgrade('+1');\n\\o\n$DIGEST") } 1 .. $REVISIONS) . ';');
is(scalar(@slow), $REVISIONS + 1, 'the slow run tells its state after each revision');

# Begin a run in a session of its own; returns it and its process id.
sub begin_run
{
	my ($database, $call) = @_;
	my $out = '';
	my $err = '';
	my $run = IPC::Run::start([ 'psql', '-XqAt', '-d', $node->connstr($database), '-c', 'SELECT pg_backend_pid()', '-c', $call ],
		'<', \undef, '>', \$out, '2>', \$err);
	my $until = time() + 60;
	$run->pump_nb, usleep(200) while $out !~ /(\d+)\n/ && time() < $until;
	$out =~ /(\d+)\n/ or die "the session does not say its process: $err";
	return ($run, $1);
}

sub end_run
{
	my $run = shift;
	eval { $run->finish; };
	$node->poll_query_until('postgres', q{SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE '%_upgrade(%' AND pid <> pg_backend_pid() AND datname <> 'postgres')});
}

# how long it takes, to hit all of it
make_database('whole');
my $began = time();
$node->safe_psql('whole', 'SELECT count(*) FROM schemaver.upgrade()');
my $takes = time() - $began;
is(digest('whole'), $slow[$REVISIONS], 'an undisturbed run leaves what the slow one leaves');

# in one transaction: all or nothing
make_database('once');
my $killed = 0;
for my $round (1 .. 8)
{
	my ($run, $pid) = begin_run('once', "SELECT count(*) FROM schemaver.upgrade('r100')");
	# the first one is early on any machine
	usleep(int($round == 1 ? $takes * 0.05e6 : rand($takes * 0.6e6)));
	kill $round % 4 == 0 ? 'KILL' : 'TERM', $pid;
	end_run($run);
	my $now = digest('once');
	my ($k) = $now =~ /^(\d+)/;
	$killed++ if $k == 0;
	ok(($k == 0 || $k == 100) && $now eq $slow[$k], "round $round: all or nothing, and as the slow run");
	last if $k == 100;
}
ok($killed > 0, 'some of the kills came before the end');
$node->safe_psql('once', 'SELECT count(*) FROM schemaver.upgrade()');
is(digest('once'), $slow[$REVISIONS], 'the next run goes to the end');

# commit by commit: what is committed is whole
make_database('online');
for my $round (1 .. 8)
{
	my ($run, $pid) = begin_run('online', 'CALL schemaver.online_upgrade()');
	usleep(int(rand($takes * 1e6)));
	kill $round % 4 == 0 ? 'KILL' : 'TERM', $pid;
	end_run($run);
	my $now = digest('online');
	my ($k) = $now =~ /^(\d+)/;
	is($now, $slow[$k], "round $round: as the slow run after so many revisions");
}
$node->safe_psql('online', 'CALL schemaver.online_upgrade()');
is(digest('online'), $slow[$REVISIONS], 'the next run goes to the end');

$node->stop;
done_testing();
