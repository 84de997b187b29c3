# Random ends of an online run that mixes DDL, concurrent indexes and batches:
# calling again always leads to the same schema and the same data.
#
# SV_KILLS=300 prove ... tries 300 moments instead of a sample.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Sessions;
use Test::More;

my $kills = $ENV{SV_KILLS} || 6;
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "autovacuum = off\nrestart_after_crash = on\nmax_worker_processes = 16\n");
$node->start;

my $seed = $ENV{SV_SEED} || time;
srand($seed);
note "SV_SEED=$seed";

$node->safe_psql('postgres', 'CREATE DATABASE prepared');
$node->safe_psql('prepared', q{
	CREATE EXTENSION schemaver;
	CREATE TABLE item (id int PRIMARY KEY, name text, low text, n int NOT NULL DEFAULT 0);
	INSERT INTO item SELECT g, 'Name ' || g FROM generate_series(1, 6000) g;
	CREATE TABLE log (what text);
	CREATE TYPE mood AS ENUM ('a');
	SELECT schemaver.revision('one', E'INSERT INTO log VALUES (\'one\'); ALTER TABLE item ADD COLUMN one int', id => 'r1');
	SELECT schemaver.revision('two', E'INSERT INTO log VALUES (\'two\');
CREATE INDEX CONCURRENTLY item_name ON item (name);
ALTER TYPE mood ADD VALUE \'b\';
ALTER TABLE item ADD COLUMN m mood DEFAULT \'b\';
-- schemaver:batch table=item key=id size=100 target=20ms vacuum=off
-- schemaver:batch-left low IS NULL
UPDATE item SET low = lower(name), n = n + 1 WHERE low IS NULL /* schemaver:range */;
INSERT INTO log VALUES (\'two again\');
CREATE UNIQUE INDEX CONCURRENTLY ON item (low);', id => 'r2');
	SELECT schemaver.revision('three', E'
-- schemaver:batch table=item key=id size=100 target=20ms vacuum=off
UPDATE item SET n = n + 10 WHERE true /* schemaver:range */;
REINDEX TABLE CONCURRENTLY item;
DROP INDEX CONCURRENTLY item_name;
INSERT INTO log VALUES (\'three\')', id => 'r3');
	SELECT schemaver.revision('four', E'INSERT INTO log VALUES (\'four\')', id => 'r4');
});

sub state_of
{
	my ($db) = @_;
	my ($dump, $err);

	IPC::Run::run(['pg_dump', '-s', '-N', 'schemaver', '-d', $node->connstr($db)], '>', \$dump, '2>', \$err) or die $err;
	$dump =~ s/^\\(un)?restrict.*$//mg;
	return $dump . $node->safe_psql($db, q{
		SELECT md5(string_agg(item::text, ',' ORDER BY id)) FROM item;
		SELECT string_agg(what, ',' ORDER BY what) FROM log;
		SELECT count(*) FROM pg_index WHERE NOT indisvalid;
		SELECT string_agg(revision, ',' ORDER BY rank) FROM schemaver.applied;
		SELECT count(*) FROM schemaver.part});
}

# The undisturbed run.
$node->safe_psql('postgres', 'CREATE DATABASE wanted TEMPLATE prepared');
my $wal = q{SELECT pg_current_wal_insert_lsn() - '0/0'};
my $from = $node->safe_psql('postgres', $wal);
$node->safe_psql('wanted', 'CALL schemaver.online_upgrade()');
my $written = $node->safe_psql('postgres', $wal) - $from;
my $wanted = state_of('wanted');
like($wanted, qr/four,one,three,two,two again\n0\nr1,r2,r3,r4\n0/, 'undisturbed run');

my %ends = (
	'SIGKILL of the caller' => sub { pid_of('caller', 'KILL') },
	'SIGKILL of the worker' => sub { pid_of('worker', 'KILL') },
	'termination of the caller' => sub { pid_of('caller', 'TERM') },
	'termination of the worker' => sub { pid_of('worker', 'TERM') },
	'cancel of the caller' => sub { pid_of('caller', 'INT') },
	'SIGKILL of the postmaster' => sub { kill_postmaster() },
	'immediate shutdown' => sub { $node->stop('immediate'); $node->start; 1 },
);

# SIGKILL the postmaster, wait until no process of it works in the data
# directory any more, and start another.  In a container nobody may ask for the
# dead one's exit status, so that it seems to be alive: then its lock files go.
sub kill_postmaster
{
	my $folder = $node->data_dir;

	$node->kill9;
	wait_until(sub { !grep { (readlink($_) || '') eq $folder } glob('/proc/[0-9]*/cwd') });
	unlink "$folder/postmaster.pid", $node->host . '/.s.PGSQL.' . $node->port . '.lock';
	$node->start;
	return 1;
}

sub pid_of
{
	my ($who, $signal) = @_;
	my ($rc, $out) = $node->psql('postgres', $who eq 'caller' ?
		q{SELECT pid FROM pg_stat_activity WHERE query LIKE 'CALL schemaver%'} :
		q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'schemaver worker'});

	return $out && $out =~ /^\d+$/ ? kill($signal, $out) : 0;
}

# Wait until so much WAL was written, or until the run is over.
sub wait_for_wal
{
	my ($bytes) = @_;
	$node->safe_psql('postgres', qq{DO \$\$
		BEGIN
			FOR i IN 1 .. 60000 LOOP
				EXIT WHEN pg_current_wal_insert_lsn() - '0/0' >= $bytes;
				PERFORM pg_stat_clear_snapshot();
				EXIT WHEN i > 200 AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE 'CALL schemaver%');
				PERFORM pg_sleep(0.001);
			END LOOP;
		END \$\$});
	return;
}

my %tried;
my ($hits, $differ) = (0, 0);
for my $i (1 .. $kills)
{
	my @names = sort keys %ends;
	my $name = $names[int rand @names];

	$node->safe_psql('postgres', "CREATE DATABASE run$i TEMPLATE prepared");
	my $begin = $node->safe_psql('postgres', $wal);
	my $run = begin_sql_in($node, "run$i", 'CALL schemaver.online_upgrade()');
	wait_for_wal($begin + int rand $written);
	$hits++ if $ends{$name}->();
	finish($run);
	$node->poll_query_until('postgres', 'SELECT true');
	my ($rc, $out, $err) = $node->psql("run$i", 'CALL schemaver.online_upgrade()');
	my $got = $rc == 0 ? state_of("run$i") : "error: $err";
	$tried{$name}++;
	if ($got ne $wanted)
	{
		$differ++;
		is($got, $wanted, "run $i: $name");
		diag $run->{err};
		next;
	}
	$node->safe_psql('postgres', "DROP DATABASE run$i");
}
is($differ, 0, "after $kills ends everything is as wanted: " . join(', ', map { "$tried{$_} x $_" } sort keys %tried));
cmp_ok($hits, '>', 0, "$hits of them met their process");

$node->stop;
done_testing();
