# What statements outside of transactions leave when they are stopped half-way,
# and what is done already: the next call finds both.
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
$node->append_conf('postgresql.conf', "autovacuum = off\n");
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION schemaver;
	CREATE TABLE part (i int PRIMARY KEY) PARTITION BY RANGE (i);
	CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (10);
	CREATE TABLE "part %s" PARTITION OF part FOR VALUES FROM (10) TO (20);
	CREATE TABLE part_3 PARTITION OF part FOR VALUES FROM (20) TO (30);
	CREATE TABLE big (i int, t text);
	CREATE INDEX big_i ON big (i);
	CREATE INDEX big_t ON big (t);
	INSERT INTO big SELECT g, g FROM generate_series(1, 100) g;
});

# Wait until the worker waits for a lock, in that phase if it has one; then terminate it.
sub stop_at
{
	my ($run, $phase) = @_;
	ok($node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM schemaver.progress p JOIN pg_stat_activity a ON a.pid = p.worker_pid
		WHERE a.wait_event_type = 'Lock'} . ($phase ? " AND p.phase = '$phase'" : '')), 'waits' . ($phase ? ": $phase" : ''));
	$node->safe_psql('postgres', 'SELECT pg_terminate_backend(worker_pid) FROM schemaver.progress');
	eval { $run->{h}->finish };
	like($run->{err}, qr/terminating background worker/, 'was terminated');
}

sub online
{
	my ($rc, $out, $err) = $node->psql('postgres', 'CALL schemaver.online_upgrade()');
	return $err;
}

my $copies = q{SELECT coalesce(string_agg(relname, ',' ORDER BY relname), '') FROM pg_class WHERE relname ~ '^big.*_cc(new|old)'};

# DETACH PARTITION CONCURRENTLY: what is pending is finalized.
$node->safe_psql('postgres', q{SELECT schemaver.revision('d', 'ALTER TABLE part DETACH PARTITION "part %s" CONCURRENTLY', id => 'd1')});
my $holder = open_session($node, 'BEGIN', 'SELECT FROM part');
stop_at(begin_sql($node, 'CALL schemaver.online_upgrade()'));
is($node->safe_psql('postgres', 'SELECT count(*) FROM pg_inherits WHERE inhdetachpending'), '1', 'DETACH is pending');
close_session($holder);
my $err = online();
like($err, qr/cleaning up: ALTER TABLE public.part DETACH PARTITION public."part %s" FINALIZE/, 'it is finalized');
unlike($err, qr/ERROR/, 'and the run ends well');
is($node->safe_psql('postgres', 'SELECT count(*) FROM pg_inherits'), $node->safe_psql('postgres', 'SELECT 4'), 'the partition and its index are out');

# It was finished by hand.
$node->safe_psql('postgres', q{SELECT schemaver.revision('d', 'ALTER TABLE part DETACH PARTITION part_3 CONCURRENTLY', id => 'd2')});
$holder = open_session($node, 'BEGIN', 'SELECT FROM part');
stop_at(begin_sql($node, 'CALL schemaver.online_upgrade()'));
close_session($holder);
$node->safe_psql('postgres', 'ALTER TABLE part DETACH PARTITION part_3 FINALIZE');
is(online() =~ /ERROR|cleaning/ ? 'no' : 'yes', 'yes', 'a DETACH that was finished by hand counts as done');

# It was edited away: what is pending is finalized all the same, for nothing can take it back.
$node->safe_psql('postgres', q{SELECT schemaver.revision('d', 'ALTER TABLE part DETACH PARTITION part_1 CONCURRENTLY', id => 'd3')});
$holder = open_session($node, 'BEGIN', 'SELECT FROM part');
stop_at(begin_sql($node, 'CALL schemaver.online_upgrade()'));
close_session($holder);
$node->safe_psql('postgres', q{SELECT schemaver.edit('d3', up => 'SELECT 1')});
like(online(), qr/cleaning up: .* FINALIZE/, 'a pending DETACH that was edited away');
is($node->safe_psql('postgres', 'SELECT count(*) FROM pg_inherits'), '0', 'no partition is left');

# REINDEX CONCURRENTLY, stopped before the new indexes took the place of the old ones.
$node->safe_psql('postgres', q{SELECT schemaver.revision('r', 'REINDEX TABLE CONCURRENTLY big', id => 'e1')});
$holder = open_session($node, 'BEGIN', 'INSERT INTO big VALUES (0)');
stop_at(begin_sql($node, 'CALL schemaver.online_upgrade()'), 'waiting for writers before build');
is($node->safe_psql('postgres', $copies), 'big_i_ccnew,big_t_ccnew', 'invalid copies are left');
close_session($holder);
$err = online();
like($err, qr/cleaning up: DROP INDEX CONCURRENTLY public.big_i_ccnew.*cleaning up: DROP INDEX CONCURRENTLY public.big_t_ccnew/s, 'they are dropped');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_class WHERE relname ~ '_cc(new|old)'}), '0', 'none is left, nor of its TOAST table');

# The same, stopped when the new ones had done so.
$node->safe_psql('postgres', q{SELECT schemaver.revision('r', 'REINDEX INDEX CONCURRENTLY big_i', id => 'e2')});
my $first = open_session($node, 'BEGIN', 'INSERT INTO big VALUES (0)');
my $run = begin_sql($node, 'CALL schemaver.online_upgrade()');
my $at = q{SELECT count(*) = 1 FROM schemaver.progress WHERE phase = '%s' AND wait_event = 'virtualxid'};
ok($node->poll_query_until('postgres', sprintf($at, 'waiting for writers before build')), 'waits for a writer');
my $second = open_session($node, 'BEGIN', 'INSERT INTO big VALUES (0)');
close_session($first);
ok($node->poll_query_until('postgres', sprintf($at, 'waiting for writers before validation')), 'waits for another');
my $third = open_session($node, 'BEGIN', 'SELECT FROM big LIMIT 1');
close_session($second);
stop_at($run, 'waiting for readers before marking dead');
like($node->safe_psql('postgres', $copies), qr/^big_i_ccold$/, 'the old index is left');
close_session($third);
$err = online();
like($err, qr/cleaning up: DROP INDEX CONCURRENTLY public.big_i_ccold/, 'it is dropped');
unlike($err, qr/ERROR/, 'and the run ends well');
is($node->safe_psql('postgres', $copies), '', 'none is left');
is($node->safe_psql('postgres', 'SELECT count(*) FROM pg_index WHERE NOT indisvalid'), '0', 'no index is invalid');

# DROP INDEX CONCURRENTLY: stopped half-way it is done again; done by hand it counts as done.
$node->safe_psql('postgres', q{SELECT schemaver.revision('x', E'DROP INDEX CONCURRENTLY big_i;\nDROP INDEX CONCURRENTLY big_t', id => 'x1')});
$holder = open_session($node, 'BEGIN', 'SELECT FROM big LIMIT 1');
stop_at(begin_sql($node, 'CALL schemaver.online_upgrade()'));
close_session($holder);
is($node->safe_psql('postgres', q{SELECT indisvalid FROM pg_index WHERE indexrelid = 'big_i'::regclass}), 'f', 'an index is half dropped');
$holder = open_session($node, 'BEGIN', 'SELECT FROM big LIMIT 1');
stop_at(begin_sql($node, 'CALL schemaver.online_upgrade()'));
close_session($holder);
$node->safe_psql('postgres', 'DROP INDEX CONCURRENTLY big_i');
unlike(online(), qr/ERROR/, 'an index that is gone counts as dropped');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_index WHERE indrelid = 'big'::regclass}), '0', 'no index is left');

# A DROP INDEX that nobody has begun is not guessed to be done.
$node->safe_psql('postgres', q{SELECT schemaver.revision('x', 'DROP INDEX CONCURRENTLY big_i', id => 'x2')});
like(online(), qr/ERROR:  index "big_i" does not exist/, 'an index that never was there is an error');
$node->safe_psql('postgres', q{SELECT schemaver.abandon('x2'); SELECT schemaver.remove('x2')});

# CREATE INDEX CONCURRENTLY under another name since: the invalid one goes.
$node->safe_psql('postgres', q{SELECT schemaver.revision('i', 'CREATE INDEX CONCURRENTLY old_name ON big (i)', id => 'i1')});
$holder = open_session($node, 'BEGIN', 'INSERT INTO big VALUES (0)');
stop_at(begin_sql($node, 'CALL schemaver.online_upgrade()'));
close_session($holder);
$node->safe_psql('postgres', q{SELECT schemaver.edit('i1', up => 'CREATE INDEX CONCURRENTLY new_name ON big (i)')});
like(online(), qr/cleaning up: DROP INDEX CONCURRENTLY public.old_name/, 'the index of the former name is dropped');
is($node->safe_psql('postgres', q{SELECT indexrelid::regclass, indisvalid FROM pg_index WHERE indrelid = 'big'::regclass}), 'new_name|t', 'the other one is there');

# The former statement was executed, though nobody could record it: it stays, and it is said.
$node->safe_psql('postgres', q{SELECT schemaver.revision('i', 'CREATE INDEX CONCURRENTLY old_name ON big (t)', id => 'i2')});
$holder = open_session($node, 'BEGIN', 'INSERT INTO big VALUES (0)');
stop_at(begin_sql($node, 'CALL schemaver.online_upgrade()'));
close_session($holder);
$node->safe_psql('postgres', 'DROP INDEX old_name');
$node->safe_psql('postgres', 'CREATE INDEX old_name ON big (t)');
$node->safe_psql('postgres', q{SELECT schemaver.edit('i2', up => '')});
like(online(), qr/WARNING:  a former statement of revision "i2" was executed, and what it did stays/, 'what was done and edited away is reported');

$node->stop;
done_testing();
