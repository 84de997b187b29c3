# undo() and goto() beside other sessions, cancelled, and in a database that came from a dump.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('undo');
$node->init;
$node->append_conf('postgresql.conf', "schemaver.journal_failures = off\n");
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION schemaver;
	SELECT schemaver.revision('a', 'CREATE TABLE t (a int)', id => 'a1'),
		schemaver.revision('b', 'ALTER TABLE t ADD b int', 'SELECT pg_advisory_lock(1); ALTER TABLE t DROP b', id => 'b1'),
		schemaver.revision('c', 'ALTER TABLE t ADD c int', id => 'c1'),
		schemaver.revision('d', 'CREATE VIEW v AS SELECT c FROM t', id => 'd1'),
		schemaver.revision('e', 'CREATE VIEW w AS SELECT b FROM t', id => 'e1');
	SELECT schemaver.upgrade('d1')});

my $state = q{SELECT schemaver.fingerprint(), (SELECT string_agg(revision, ' ' ORDER BY revision) FROM schemaver.applied),
	(SELECT count(*) FROM schemaver.step), (SELECT count(*) FROM schemaver.run), (SELECT count(*) FROM schemaver.state)};
my $before = $node->safe_psql('postgres', $state);
my $waits = q{FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%schemaver.%' AND pid <> pg_backend_pid()};

sub started
{
	my ($sql) = @_;
	my $session = $node->background_psql('postgres', on_error_stop => 0);
	$session->query_until(qr/begun/, "\\echo begun\n$sql;\n");
	ok($node->poll_query_until('postgres', "SELECT count(*) = 1 $waits"), "$sql is under way");
	return $session;
}

# cancelled in the middle: nothing has happened
my $holder = $node->background_psql('postgres');
$holder->query_safe('SELECT pg_advisory_lock(1)');
for my $call ("schemaver.undo('b1')", "schemaver.goto('a1')")
{
	my $session = started("SELECT $call");
	$node->safe_psql('postgres', "SELECT pg_cancel_backend(pid) $waits");
	ok($node->poll_query_until('postgres', "SELECT count(*) = 0 $waits"), "$call is cancelled");
	is($node->safe_psql('postgres', $state), $before, 'and nothing has happened');
	$session->quit;
}
$holder->query_safe('SELECT pg_advisory_unlock(1)');

# who waits for another run sees what it has applied
$holder->query_safe(q{SET schemaver.progress = off; BEGIN; SELECT schemaver.upgrade('e1')});
my ($code, $out, $err) = $node->psql('postgres', q{SET schemaver.run_lock_timeout = 0; SELECT schemaver.undo('b1')});
like($err, qr/another run is active/, 'one that does not wait is refused');
my $session = started(q{SELECT schemaver.undo('b1')});
$holder->query_safe('COMMIT');
ok($node->poll_query_until('postgres', "SELECT count(*) = 0 $waits"), 'the undo goes on');
$session->quit;
is($node->safe_psql('postgres', q{SELECT count(*) FROM schemaver.applied}), '5', 'and sees that the other one needs it');
($code, $out, $err) = $node->psql('postgres', q{SELECT schemaver.undo('b1')});
like($err, qr/view public.w depends on column b of table t and was made by revision "e1"/, 'which is named');

# in a database that came from a dump, addresses are not known until a run has looked for them
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->run_log([ 'pg_dump', '-Fc', '-f', $node->basedir . '/dump', $node->connstr('postgres') ]);
$node->run_log([ 'pg_restore', '-d', $node->connstr('restored'), $node->basedir . '/dump' ]);
($code, $out, $err) = $node->psql('restored', q{SELECT schemaver.undo('b1')});
like($err, qr/ERROR: .*(cannot drop|cannot be undone)/, 'refused there, too');
$node->safe_psql('restored', q{SELECT schemaver.undo('e1')});
$node->safe_psql('restored', q{SELECT schemaver.undo('b1')});
is($node->safe_psql('restored', q{SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0 AND NOT attisdropped}),
	'a c', 'and done, where nothing needs it');
is($node->safe_psql('restored', 'SELECT count(*) FROM schemaver.drift()'), '0', 'without drift');

# a mark of clean() does not travel
$node->safe_psql('postgres', 'SELECT schemaver.allow_clean(); CREATE DATABASE copy TEMPLATE template0');
$node->run_log([ 'pg_dump', '-Fc', '-f', $node->basedir . '/dump', $node->connstr('postgres') ]);
$node->run_log([ 'pg_restore', '-d', $node->connstr('copy'), $node->basedir . '/dump' ]);
($code, $out, $err) = $node->psql('copy', 'SELECT schemaver.clean()');
like($err, qr/database "copy" may not be emptied/, 'a restored database may not be emptied');
$holder->quit;
$node->safe_psql('template1', 'CREATE DATABASE clone TEMPLATE postgres');
($code, $out, $err) = $node->psql('clone', 'SELECT schemaver.clean()');
like($err, qr/database "clone" may not be emptied/, 'nor a clone');
is($node->safe_psql('postgres', 'SELECT count(*) > 0 FROM schemaver.clean()'), 't', 'the one that was marked is');

done_testing();
