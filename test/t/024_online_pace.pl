# How fast batches go: no longer than their target, no faster than WAL and standbys
# allow, and smaller when somebody waits.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Sessions;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', "autovacuum = off\n");
$primary->start;
$primary->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'copy', has_streaming => 1);
$standby->start;

$primary->safe_psql('postgres', q{
	CREATE EXTENSION schemaver;
	CREATE TABLE item (id int PRIMARY KEY, n int NOT NULL DEFAULT 0, at timestamptz);
	INSERT INTO item SELECT g FROM generate_series(1, 300) g;
});

# Register a batched UPDATE.
sub revision
{
	my ($id, $options, $where) = @_;
	$where ||= 'true';
	$primary->safe_psql('postgres', "SELECT schemaver.revision('$id', \$\$
-- schemaver:batch table=item key=id vacuum=off $options
UPDATE item SET n = n + 1, at = now() WHERE $where /* schemaver:range */ \$\$, id => '$id')");
}

# Each row takes 5 ms: 300 of them are not to be had in 100 ms.
$primary->safe_psql('postgres', q{
	CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.005); RETURN new; END $$;
	CREATE TRIGGER slow BEFORE UPDATE ON item FOR EACH ROW EXECUTE FUNCTION slow()});
revision('r1', 'size=1000 target=100ms');
my $run = finish(begin_sql($primary, 'CALL schemaver.online_upgrade()'));
unlike($run->{err}, qr/ERROR|attempt/, 'a batch that is too large is tried again');
like($run->{err}, qr/300 rows in \d+ batches, the longest of \d+ ms/, 'in smaller pieces');
is($primary->safe_psql('postgres', 'SELECT min(n), max(n) FROM item'), '1|1', 'each row was changed once');
cmp_ok($primary->safe_psql('postgres', 'SELECT max(c) FROM (SELECT count(*) AS c FROM item GROUP BY at) s'), '<=', 20,
	'none of more rows than fit into the target');

# It catches what stops it: the run is cancelled all the same, by nobody else's leave.
$primary->safe_psql('postgres', q{CREATE OR REPLACE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN PERFORM pg_sleep(0.005); RETURN new; EXCEPTION WHEN query_canceled THEN RETURN new; END $$});
revision('r2', 'size=1000 target=100ms');
$run = finish(begin_sql($primary, 'CALL schemaver.online_upgrade()'));
unlike($run->{err}, qr/ERROR/, 'the same with a trigger that catches the cancel');
is($primary->safe_psql('postgres', 'SELECT min(n), max(n) FROM item'), '2|2', 'each row was changed once');
$primary->safe_psql('postgres', 'DROP TRIGGER slow ON item');

# Somebody cancels while a deadline runs.
$primary->safe_psql('postgres', q{
	CREATE OR REPLACE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(600); RETURN new; END $$;
	CREATE TRIGGER slow BEFORE UPDATE ON item FOR EACH ROW WHEN (old.id = 100) EXECUTE FUNCTION slow()});
revision('r3', 'size=50 target=1000s');
$run = begin_sql($primary, 'CALL schemaver.online_upgrade()');
ok($primary->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE 'CALL%'}), 'in a batch');
$primary->safe_psql('postgres', 'SELECT pg_cancel_backend(pid) FROM schemaver.progress');
like(finish($run)->{err}, qr/canceling statement due to user request/, 'a cancel ends the run');
is($primary->safe_psql('postgres', 'SELECT sqlstate FROM schemaver.journal ORDER BY run DESC LIMIT 1'), '57014', 'which is in the journal');
$primary->safe_psql('postgres', 'DROP TRIGGER slow ON item');
finish(begin_sql($primary, 'CALL schemaver.online_upgrade()'));
is($primary->safe_psql('postgres', 'SELECT min(n), max(n) FROM item'), '3|3', 'another call continues');

# Somebody waits for a row of a batch, which waits until that is so.
$primary->safe_psql('postgres', q{
	CREATE OR REPLACE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN
		PERFORM pg_advisory_lock(1);
		WHILE NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid) LOOP
			PERFORM pg_sleep(0.01);
		END LOOP;
		RETURN new;
	END $$;
	CREATE TRIGGER slow BEFORE UPDATE ON item FOR EACH ROW WHEN (old.id = 100 AND new.n = 4) EXECUTE FUNCTION slow()});
revision('r4', 'size=100 target=1000s');
$run = begin_sql($primary, 'CALL schemaver.online_upgrade()');
ok($primary->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 1}), 'a batch holds its rows');
finish(begin_sql($primary, 'UPDATE item SET n = n WHERE id = 1'));
unlike(finish($run)->{err}, qr/ERROR/, 'the run ends well');
is($primary->safe_psql('postgres', 'SELECT c FROM (SELECT at, count(*) AS c FROM item GROUP BY at ORDER BY at LIMIT 2) s ORDER BY at'),
	"100\n50", 'the next batch is half as large');
is($primary->safe_psql('postgres', 'SELECT min(n), max(n) FROM item'), '4|4', 'each row was changed once');
$primary->safe_psql('postgres', 'DROP TRIGGER slow ON item');

# No more WAL than allowed: as the setting says, or the script.
revision('r5', 'size=10');
$run = begin_sql($primary, 'SET schemaver.batch_max_wal_rate = 1', 'CALL schemaver.online_upgrade()');
ok($primary->poll_query_until('postgres', q{SELECT count(*) = 1 FROM schemaver.progress WHERE note LIKE 'pausing so that WAL%'}), 'batches pause for the rate of WAL');
$primary->safe_psql('postgres', 'SELECT pg_cancel_backend(pid) FROM schemaver.progress');
like(finish($run)->{err}, qr/canceling statement due to user request/, 'a pause can be cancelled');
finish(begin_sql($primary, 'CALL schemaver.online_upgrade()'));
revision('r6', 'size=10 wal=1kB');
$run = begin_sql($primary, 'CALL schemaver.online_upgrade()');
ok($primary->poll_query_until('postgres', q{SELECT count(*) = 1 FROM schemaver.progress WHERE note LIKE 'pausing so that WAL%'}), 'the same by an option');
$primary->safe_psql('postgres', 'SELECT pg_cancel_backend(pid) FROM schemaver.progress');
finish($run);
$primary->safe_psql('postgres', q{SELECT schemaver.edit('r6', up => replace(up, 'wal=1kB', 'wal=off')) FROM schemaver.show('r6')});
finish(begin_sql($primary, 'SET schemaver.batch_max_wal_rate = 1', 'CALL schemaver.online_upgrade()'));
is($primary->safe_psql('postgres', 'SELECT min(n), max(n) FROM item'), '6|6', 'wal=off wins over the setting');

# A standby that stands still.  Its replay_lag does, too.
$primary->wait_for_catchup($standby);
$standby->safe_psql('postgres', 'SELECT pg_wal_replay_pause()');
revision('r7', 'size=2 target=1ms pause=20ms');
$run = begin_sql($primary, 'SET schemaver.batch_max_lag = 300', 'CALL schemaver.online_upgrade()');
ok($primary->poll_query_until('postgres', q{SELECT count(*) = 1 FROM schemaver.progress WHERE note LIKE 'waiting for standby "standby"%'}), 'batches wait for a standby');
my $done = $primary->safe_psql('postgres', 'SELECT done FROM schemaver.progress');
my $note = $primary->safe_psql('postgres', 'SELECT note FROM schemaver.progress');
$primary->poll_query_until('postgres', "SELECT note <> \$\$$note\$\$ FROM schemaver.progress");
is($primary->safe_psql('postgres', 'SELECT done FROM schemaver.progress'), $done, 'none is executed meanwhile');
cmp_ok($done, '<', 300, 'there are rows left');
$standby->safe_psql('postgres', 'SELECT pg_wal_replay_resume()');
finish($run);
like($run->{err}, qr/batches wait for standby "standby", which is \d+ ms behind/, 'it says for whom');
unlike($run->{err}, qr/ERROR/, 'and goes on when the standby does');
is($primary->safe_psql('postgres', 'SELECT min(n), max(n) FROM item'), '7|7', 'each row was changed once');

# Nobody cares for standbys.
$standby->safe_psql('postgres', 'SELECT pg_wal_replay_pause()');
revision('r8', 'size=2 target=1ms pause=20ms');
$run = finish(begin_sql($primary, 'SET schemaver.batch_max_lag = 0', 'CALL schemaver.online_upgrade()'));
unlike($run->{err}, qr/standby|ERROR/, 'without the setting nothing waits');
$standby->safe_psql('postgres', 'SELECT pg_wal_replay_resume()');

# No slot for the worker that is to vacuum: batches go on.
$primary->append_conf('postgresql.conf', "max_worker_processes = 0\nhot_standby = off\n");
$standby->stop;
$primary->restart;
$primary->safe_psql('postgres', "SELECT schemaver.revision('r9', E'-- schemaver:batch table=item key=id size=10 target=1ms vacuum=50\nUPDATE item SET n = n + 1 WHERE true /* schemaver:range */', id => 'r9')");
$run = finish(begin_sql($primary, 'CALL schemaver.online_upgrade()'));
like($run->{err}, qr/WARNING:  53000: could not vacuum table "item" between batches: could not start a background worker/, 'a vacuum that cannot be is a warning');
is($primary->safe_psql('postgres', 'SELECT min(n), max(n) FROM item'), '9|9', 'each row was changed once');

$primary->stop;
done_testing();
