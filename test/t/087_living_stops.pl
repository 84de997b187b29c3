# The server, or the session, ends at each point of an online run that has living objects in its
# way, makes their new texts, and writes managed rows and seeds.  What the next call leaves is
# what a run leaves that nothing disturbed.
#
# The points are held by locks of another session on the table that the point needs.
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
$node->append_conf('postgresql.conf', "autovacuum = off\nfsync = off\nschemaver.progress = off\nschemaver.journal_failures = off\n");
$node->start;

# table that is locked => what waits for it
my %points = (
	type => 'a revision, with the views over its table put aside',
	idx => 'a concurrent index, behind that revision',
	late => 'the last revision',
	in_view => 'the new text of a view',
	country => 'managed rows',
	city => 'managed rows of a second table, behind those of the first',
	seeded => 'a seed, behind all others');

$node->safe_psql('postgres', 'CREATE DATABASE prepared');
$node->safe_psql('prepared', q{
	CREATE EXTENSION schemaver;
	SELECT schemaver.revision('base', 'CREATE TABLE type (id int PRIMARY KEY, a varchar(10)); CREATE TABLE idx (a int);
		CREATE TABLE late (a int); CREATE TABLE in_view (a int, b int); CREATE TABLE seeded (x text);
		CREATE TABLE country (code text PRIMARY KEY, name text);
		CREATE TABLE city (name text PRIMARY KEY, country text REFERENCES country, people int DEFAULT 7);
		CREATE TABLE log (what text)', id => 'r1');
	SELECT schemaver.repeatable('v', 'CREATE OR REPLACE VIEW v AS SELECT id, a FROM type; COMMENT ON VIEW v IS ''v''');
	SELECT schemaver.repeatable('m', 'CREATE MATERIALIZED VIEW m AS SELECT a, count(*) AS n FROM v GROUP BY a; CREATE UNIQUE INDEX m_a ON m (a)');
	SELECT schemaver.repeatable('w', 'CREATE OR REPLACE VIEW w AS SELECT a FROM in_view');
	SELECT schemaver.repeatable('over_w', 'CREATE OR REPLACE VIEW over_w AS SELECT * FROM w');
	SELECT schemaver.managed_rows('country', 'code', $$(code, name) VALUES ('de', 'Germany'), ('fr', 'France')$$);
	SELECT schemaver.managed_rows('city', 'name', $$(name, country) VALUES ('Bonn', 'de'), ('Lyon', 'fr')$$);
	SELECT schemaver.seed('seed', $$INSERT INTO seeded VALUES ('first')$$);
	SELECT schemaver.upgrade();
	GRANT SELECT ON v, w TO PUBLIC;
	COMMENT ON VIEW over_w IS 'by hand';
	INSERT INTO type VALUES (1, 'x'), (2, 'y');
	UPDATE city SET people = 100 WHERE name = 'Bonn';
	SELECT schemaver.revision('type', $$INSERT INTO log VALUES ('r2'); ALTER TABLE type ALTER COLUMN a TYPE text$$, id => 'r2');
	SELECT schemaver.revision('index', $$INSERT INTO log VALUES ('r3'); CREATE INDEX CONCURRENTLY idx_a ON idx (a); INSERT INTO log VALUES ('r3 again')$$, id => 'r3');
	SELECT schemaver.revision('late', $$INSERT INTO log VALUES ('r4'); ALTER TABLE late ADD COLUMN b int$$, id => 'r4');
	SELECT schemaver.repeatable('v', 'CREATE OR REPLACE VIEW v AS SELECT id, a, 1 AS one FROM type; COMMENT ON VIEW v IS ''new''');
	SELECT schemaver.repeatable('w', 'CREATE OR REPLACE VIEW w AS SELECT b, a FROM in_view; INSERT INTO log VALUES (''w'')');
	SELECT schemaver.managed_rows('country', 'code', $$(code, name) VALUES ('de', 'Deutschland'), ('fr', 'France'), ('pl', 'Poland')$$);
	SELECT schemaver.managed_rows('city', 'name', $$(name, country) VALUES ('Bonn', 'de'), ('Gdynia', 'pl')$$, delete => true);
	SELECT schemaver.seed('seed', $$INSERT INTO log VALUES ('seed'); INSERT INTO seeded VALUES ('second')$$)});

# All that a run leaves.
sub left
{
	my ($db) = @_;
	my ($dump, $err);

	IPC::Run::run([ 'pg_dump', '-N', 'schemaver', '-d', $node->connstr($db) ], '>', \$dump, '2>', \$err) or die $err;
	$dump =~ s/^\\(un)?restrict.*$//mg;
	return $dump . $node->safe_psql($db, q{
		SELECT revision, state FROM schemaver.status(true);
		SELECT kind, identity, change FROM schemaver.drift();
		SELECT revision, direction, outcome FROM schemaver.journal ORDER BY run, position;
		SELECT down, structure_only FROM schemaver.show('r2');
		SELECT count(*) FROM schemaver.part;
		SELECT count(*) FROM pg_index WHERE NOT indisvalid});
}

sub upgraded
{
	my ($db) = @_;
	my ($code, $out, $err) = $node->psql($db, 'CALL schemaver.online_upgrade()');
	return $code == 0 ? '' : $err || 'failed';
}

# Have a run wait for the table; returns the session, and the one that holds the table.
sub reach
{
	my ($db, $table) = @_;
	my $holder = open_session_in($node, $db, 'BEGIN');

	say_to($holder, "LOCK TABLE $table IN " . ($table eq 'idx' ? 'ROW EXCLUSIVE' : 'ACCESS EXCLUSIVE') . ' MODE');
	my $run = begin_sql_in($node, $db, 'CALL schemaver.online_upgrade()');
	$node->poll_query_until($db, "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND (relation = '$table'::regclass
		OR locktype = 'virtualxid'))") or die "$db does not wait for $table";
	return ($run, $holder);
}

sub end_session
{
	my ($db) = @_;
	my $who = "FROM pg_stat_activity WHERE datname = '$db' AND query LIKE 'CALL schemaver%'";

	$node->safe_psql('postgres', "SELECT pg_terminate_backend(pid) $who");
	$node->poll_query_until('postgres', "SELECT NOT EXISTS (SELECT $who)") or die 'it does not end';
}

$node->safe_psql('postgres', 'CREATE DATABASE calm TEMPLATE prepared');
is(upgraded('calm'), '', 'undisturbed');
my $wanted = left('calm');
like($wanted, qr/Deutschland/, 'it has done its work');

for my $table (sort keys %points)
{
	for my $end ('server', 'session')
	{
		my $db = "${table}_$end";
		$node->safe_psql('postgres', "CREATE DATABASE $db TEMPLATE prepared");
		my ($run, $holder) = reach($db, $table);
		if ($end eq 'server')
		{
			$node->stop('immediate');
			$node->start;
		}
		else
		{
			end_session($db);
		}
		finish($run);
		close_session($holder);
		is(upgraded($db), '', "the $end ends at $points{$table}: the next call goes on");
		is(left($db), $wanted, 'and leaves what an undisturbed run leaves');
		$node->safe_psql('postgres', "DROP DATABASE $db");
	}
}
$node->stop;
done_testing();
