# Many at once: online runs, runs of one transaction, and sessions in the way.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Sessions;
use Test::More;

my $callers = 50;
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "max_connections = 100\n");
$node->start;

$node->safe_psql('postgres', q{
	CREATE EXTENSION schemaver;
	CREATE TABLE big (i int, v int);
	INSERT INTO big SELECT g, g FROM generate_series(1, 50000) g;
	CREATE TABLE count (n int);
	SELECT schemaver.revision('a', 'INSERT INTO count VALUES (1)', 'SELECT 1', 'r1');
	SELECT schemaver.revision('b', E'INSERT INTO count VALUES (2);\nCREATE INDEX CONCURRENTLY big_i ON big (i);\nINSERT INTO count VALUES (3)', 'DROP INDEX CONCURRENTLY big_i', 'r2');
	SELECT schemaver.revision('c', 'INSERT INTO count VALUES (4); CREATE INDEX CONCURRENTLY big_v ON big (v)', 'DROP INDEX CONCURRENTLY big_v', 'r3');
});

# 50 online runs, and runs of one transaction among them.
my @online = map { begin_sql($node, 'CALL schemaver.online_upgrade()') } 1 .. $callers;
my @plain = map { begin_sql($node, "SELECT schemaver.upgrade('r1')") } 1 .. 10;
finish($_) for @online, @plain;
is(scalar(grep { $_->{err} =~ /ERROR/ } @online), 0, "$callers online runs succeed");
is(scalar(grep { $_->{err} =~ /ERROR/ && $_->{err} !~ /SV010|SV019/ } @plain), 0, 'runs of one transaction succeed or say SV010');
is($node->safe_psql('postgres', 'SELECT string_agg(n::text, \' \' ORDER BY n) FROM count'), '1 2 3 4', 'each step was executed once');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_index WHERE indrelid = 'big'::regclass AND indisvalid}), '2', 'two valid indexes');

# An online run that waits for somebody's snapshot; meanwhile others.
$node->safe_psql('postgres', "SELECT schemaver.revision('d', 'CREATE INDEX CONCURRENTLY big_d ON big (i, v)', 'DROP INDEX CONCURRENTLY big_d', 'r4')");
my $reader = open_session($node, 'BEGIN ISOLATION LEVEL REPEATABLE READ', 'SELECT i FROM big LIMIT 1');
my $run = begin_sql($node, 'CALL schemaver.online_upgrade()');
ok($node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'schemaver worker' AND wait_event = 'virtualxid'}),
	'an idle REPEATABLE READ session delays the build');
for my $sql (q{SELECT schemaver.upgrade()}, q{SELECT schemaver.downgrade()}, q{SELECT schemaver.stamp('{r3}')},
	q{SELECT schemaver.edit('r4', message => 'x')}, q{SET schemaver.run_lock_timeout = 200; CALL schemaver.online_upgrade()})
{
	my ($rc, $out, $err) = $node->psql('postgres', $sql, extra_params => ['-v', 'VERBOSITY=verbose']);

	like($err, qr/SV010|applied/, "refused meanwhile: $sql");
}
is($node->safe_psql('postgres', q{SELECT state || ' ' || wait_event FROM schemaver.progress}), 'running virtualxid', 'none of them waited for the run, nor the run for them');
my $second = begin_sql($node, 'CALL schemaver.online_upgrade()');
ok($node->poll_query_until('postgres', q{SELECT count(*) = 2 FROM pg_stat_activity WHERE query LIKE 'CALL%' AND backend_xmin IS NULL}),
	'a second online run waits without a snapshot');
close_session($reader);
finish($_) for $run, $second;
unlike($run->{err} . $second->{err}, qr/ERROR/, 'both end well');

# Somebody else builds the same index at this moment: wait for it, and take it.
$node->safe_psql('postgres', "SELECT schemaver.revision('h', 'CREATE INDEX CONCURRENTLY big_h ON big (v)', id => 'r4h', revises => '{r4}')");
$reader = open_session($node, 'BEGIN ISOLATION LEVEL REPEATABLE READ', 'SELECT i FROM big LIMIT 1');
my $other = begin_sql($node, 'CREATE INDEX CONCURRENTLY big_h ON big (v)');
ok($node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_index WHERE indexrelid = to_regclass('big_h') AND indisready AND NOT indisvalid}),
	'somebody builds the same index');
$run = begin_sql($node, 'CALL schemaver.online_upgrade()');
ok($node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM schemaver.progress WHERE state = 'running' AND worker_pid IS NULL AND revision = 'r4h'}),
	'the run waits for that');
close_session($reader);
finish($_) for $other, $run;
unlike($other->{err} . $run->{err}, qr/ERROR|cleaning/, 'and nobody builds it again');
is($node->safe_psql('postgres', q{SELECT indisvalid FROM pg_index WHERE indexrelid = 'big_h'::regclass}), 't', 'one valid index');

# A transaction that has a lock on the table: a build outside waits, one in a transaction tries again.
$node->safe_psql('postgres', "SELECT schemaver.revision('e', 'ALTER TABLE big ADD COLUMN e int', 'ALTER TABLE big DROP COLUMN e', 'r5')");
$reader = open_session($node, 'BEGIN', 'SELECT i FROM big LIMIT 1');
$run = begin_sql($node, 'SET schemaver.lock_timeout = 100', 'SET schemaver.lock_retry_delay = 50', 'CALL schemaver.online_upgrade()');
ok(wait_for($run, qr/attempt 1 of 30/), 'it tries');
$node->safe_psql('postgres', 'SELECT i FROM big LIMIT 1; INSERT INTO big VALUES (0, 0)');
is($node->safe_psql('postgres', 'SELECT state FROM schemaver.progress'), 'running', 'others get through while it tries');
close_session($reader);
finish($run);
like($run->{err}, qr/attempt 1 of 30 to lock failed in revision "r5" at line 1: canceling statement due to lock timeout/, 'each retry is reported');
like($run->{err}, qr/In the way: PID \d+ \(\S+, idle in transaction since [\d:]+\): SELECT i FROM big/, 'with those who are in the way');
unlike($run->{err}, qr/ERROR/, 'and it succeeds in the end');

$reader = open_session($node, 'BEGIN', 'SELECT i FROM big LIMIT 1');
$node->safe_psql('postgres', "SELECT schemaver.revision('f', 'ALTER TABLE big ADD COLUMN f int', 'ALTER TABLE big DROP COLUMN f', 'r6')");
$run = finish(begin_sql($node, 'SET schemaver.lock_timeout = 50', 'SET schemaver.lock_retry_delay = 10', 'SET schemaver.lock_attempts = 3', 'CALL schemaver.online_upgrade()'));
like($run->{err}, qr/55P03: canceling statement due to lock timeout/, 'until there are no attempts left');
is($node->safe_psql('postgres', q{SELECT revision, outcome, statement, sqlstate FROM schemaver.journal ORDER BY run DESC LIMIT 1}), 'r6|failed|1|55P03', 'which is in the journal');
close_session($reader);

# A row that somebody has locked: the batch is tried again, in the end all are done once.
$node->safe_psql('postgres', q{
	CREATE TABLE item (id int PRIMARY KEY, n int NOT NULL DEFAULT 0);
	INSERT INTO item SELECT g FROM generate_series(1, 5000) g;
	SELECT schemaver.edit('r6', up => E'-- schemaver:batch table=item key=id size=1000\nUPDATE item SET n = n + 1 WHERE true /* schemaver:range */')});
$reader = open_session($node, 'BEGIN', 'UPDATE item SET n = n WHERE id = 2500');
$run = begin_sql($node, 'SET schemaver.lock_timeout = 100', 'SET schemaver.lock_retry_delay = 50', 'CALL schemaver.online_upgrade()');
ok($node->poll_query_until('postgres', q{SELECT done > 0 AND state = 'running' FROM schemaver.progress}), 'batches before a locked row are done');
wait_for($run, qr/attempt 1 of 30/);
close_session($reader);
finish($run);
like($run->{err}, qr/attempt 1 of 30 to lock failed in revision "r6" at line 2/, 'the batch is tried again');
is($node->safe_psql('postgres', 'SELECT min(n), max(n) FROM item'), '1|1', 'each row was changed once');

# An autovacuum on the table gives way although lock_timeout is below deadlock_timeout.
$node->safe_psql('postgres', q{ALTER TABLE big SET (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)});
$node->append_conf('postgresql.conf', "autovacuum_naptime = 1\nlog_autovacuum_min_duration = 0\n");
$node->reload;
$node->safe_psql('postgres', 'UPDATE big SET v = v + 1');
ok($node->poll_query_until('postgres', q{SELECT count(*) > 0 FROM pg_stat_progress_vacuum WHERE relid = 'big'::regclass}), 'autovacuum is at work');
$node->safe_psql('postgres', "SELECT schemaver.revision('g', 'ALTER TABLE big ADD COLUMN g int', id => 'r7')");
my $vacuums = q{SELECT autovacuum_count FROM pg_stat_user_tables WHERE relname = 'big'};
my $before = $node->safe_psql('postgres', $vacuums);
$run = finish(begin_sql($node, 'SET schemaver.lock_timeout = 500', 'CALL schemaver.online_upgrade()'));
unlike($run->{err}, qr/ERROR/, 'the run gets past it');
is($node->safe_psql('postgres', $vacuums), $before, 'before the vacuum is done');

$node->stop;
done_testing();
