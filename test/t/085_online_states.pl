# The server stops at each point of a statement outside of transactions.  What the run that
# continues leaves (state, drift, derived down) is what a run leaves that nothing disturbed.
#
# The points are held by locks of other sessions, so that each is reached surely:
#	announced	the statement waits for its table, and has not begun
#	half		a build, or a detachment, waits for a session that uses the table
#	done		it is done, and its record waits for the row of schemaver.part
#	recorded	its record is committed, and the next part cannot be announced
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Sessions;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "autovacuum = off\nfsync = off\n");
$node->start;

my $base = q{CREATE TABLE t (k int, v text); CREATE INDEX old ON t (v);
	CREATE TABLE p (k int PRIMARY KEY) PARTITION BY LIST (k); CREATE INDEX on_p ON p ((k + 1));
	CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1); CREATE TABLE other (x int); CREATE TABLE quiet (x int);
	CREATE TABLE n (k int PRIMARY KEY, CHECK (k > 0)); CREATE VIEW sees_n AS SELECT k FROM n};
my $by_hand = q{ALTER TABLE t ADD COLUMN by_hand int; CREATE INDEX by_hand ON t (by_hand);
	ALTER TABLE other ADD COLUMN by_hand int; ALTER TABLE p1 ALTER k SET DEFAULT 5};

my $valid = sub { "EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('$_[0]') AND indisvalid)" };
my @all = qw(announced half done recorded);

# up, number of the statement to stop at, the table that it waits for, when it is done, points
my %scripts = (
	'create index' => ['CREATE INDEX CONCURRENTLY new ON t (k)', 1, 't', $valid->('new'), 'announced', 'done'],
	'unnamed index' => ['CREATE INDEX CONCURRENTLY ON t (k)', 1, 't', $valid->('t_k_idx'), 'half', 'done'],
	'drop index' =>
		['DROP INDEX CONCURRENTLY old', 1, 't', q{to_regclass('old') IS NULL}, 'half', 'done'],
	'detach' => ['ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY', 1, 'p',
		q{NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = 'p1'::regclass)}, 'half', 'done'],
	'second of three' => ['ALTER TABLE other ADD COLUMN c int; CREATE INDEX CONCURRENTLY new ON t (k);
		ALTER TABLE t ALTER v SET DEFAULT 7', 2, 't', $valid->('new'), @all],
	'then a new name' => ['CREATE INDEX CONCURRENTLY new ON quiet (x); CREATE INDEX CONCURRENTLY newer ON n ((k + 2));
		ALTER TABLE n RENAME TO m; ALTER TABLE m RENAME k TO i', 2, 'n', $valid->('newer'), 'done'],
	'vacuum between' => ['CREATE TABLE made (a int); VACUUM t; ALTER TABLE made ADD COLUMN b int', 2, 't', 'true',
		'announced', 'recorded']);

sub database
{
	my ($db, $up) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$node->safe_psql($db, qq{CREATE EXTENSION schemaver; SET schemaver.progress = off;
		SELECT schemaver.revision('base', \$x\$$base\$x\$, id => 'a1'); SELECT count(*) FROM schemaver.upgrade();
		$by_hand; SELECT schemaver.revision('online', \$x\$$up\$x\$, id => 'a2')});
}

sub upgrade
{
	my ($db) = @_;
	my ($code, $out, $err) = $node->psql($db, 'SET schemaver.progress = off; CALL schemaver.online_upgrade()');
	return $code == 0 ? '' : $err || 'failed';
}

# All that a run leaves.
sub left
{
	return $node->safe_psql(shift, q{
		SELECT schemaver.show_schema('a2'); SELECT kind, identity, change FROM schemaver.drift();
		SELECT down, structure_only FROM schemaver.show('a2'); SELECT count(*) FROM schemaver.part;
		SELECT i.indexrelid::regclass FROM pg_index i WHERE NOT indisvalid});
}

# Have a run wait at the point.
sub reach
{
	my ($db, $point, $statement, $table, $done) = @_;
	my $holder = open_session_in($node, $db, 'BEGIN');
	my $user = open_session_in($node, $db, 'BEGIN');
	my $row = "revision = 'a2' AND statement = $statement";
	my $next = $statement + 1;

	say_to($user, 'LOCK TABLE ' . ($point eq 'announced' ? "$table IN ACCESS EXCLUSIVE MODE" :
			"$table IN ROW EXCLUSIVE MODE"));
	say_to($holder, "INSERT INTO schemaver.part SELECT 'a2', 'upgrade', $next, 1, 1, 'alone', 'x', 0, now()")
		if $point eq 'recorded';
	my $run = begin_sql_in($node, $db, 'SET schemaver.progress = off', 'CALL schemaver.online_upgrade()');
	$node->poll_query_until($db, "SELECT count(*) = 1 FROM schemaver.part WHERE $row") or die 'not announced';
	$point eq 'recorded' or $node->poll_query_until($db, q{SELECT EXISTS (SELECT FROM pg_locks
		WHERE NOT granted AND locktype IN ('relation', 'virtualxid'))}) or die "$db does not wait for the table";
	say_to($holder, "SELECT FROM schemaver.part WHERE $row FOR UPDATE") if $point eq 'done';
	if ($point eq 'done' || $point eq 'recorded')
	{
		say_to($user, 'COMMIT');
		my $waits = q{EXISTS (SELECT FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'tuple'))};
		my $recorded = "(SELECT finished_at IS NOT NULL FROM schemaver.part WHERE $row)";
		$node->poll_query_until($db, "SELECT $done AND $waits AND $recorded = " .
				($point eq 'done' ? 'false' : 'true')) or die "$db does not wait for its record";
	}
	return ($run, $holder, $user);
}

sub stop_at
{
	my ($run, @sessions) = reach(@_);
	$node->stop('immediate');
	finish($run);
	close_session($_) for @sessions;
	$node->start;
}

my $n = 0;
for my $what (sort keys %scripts)
{
	my ($up, $statement, $table, $done, @points) = @{ $scripts{$what} };
	my $calm = 'calm' . ++$n;
	database($calm, $up);
	is(upgrade($calm), '', "$what: undisturbed");
	my $wanted = left($calm);
	my $before = $node->safe_psql($calm, q{SELECT schemaver.show_schema('a1')});
	for my $point (@points)
	{
		my $hurt = "hurt${n}_$point";
		database($hurt, $up);
		stop_at($hurt, $point, $statement, $table, $done);
		is(upgrade($hurt), '', "$what, $point: continued");
		is(left($hurt), $wanted, "$what, $point: as if nothing had happened");
		my ($code, $out, $err) =
			$node->psql($hurt, 'SET schemaver.progress = off; CALL schemaver.online_downgrade()');
		is($code, 0, "$what, $point: undone") or diag($err);
		is($node->safe_psql($hurt, q{SELECT schemaver.show_schema((SELECT revision FROM schemaver.current()))}),
			$before, "$what, $point: the schema before it");
	}
}

# An error instead of a stop: the invalid index that it leaves is nobody's work.
database($_, 'CREATE UNIQUE INDEX CONCURRENTLY new ON t (k)') for ('calm', 'hurt');
$node->safe_psql('hurt', 'INSERT INTO t VALUES (1), (1)');
isnt(upgrade('hurt'), '', 'an index that cannot be unique');
$node->safe_psql('hurt', 'TRUNCATE t');
is(upgrade($_), '', "$_ is upgraded") for ('calm', 'hurt');
is(left('hurt'), left('calm'), 'a failed build: as if nothing had happened');

$node->stop;
done_testing();
