# A run of one transaction that failed: in the server's log at once, in the journal soon.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

delete $ENV{PGOPTIONS};    # make installcheck turns off what is tested here

my $node = PostgreSQL::Test::Cluster->new('failed');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->append_conf('postgresql.conf', "max_worker_processes = 4\nlog_min_messages = warning\n");
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION schemaver;
	SELECT schemaver.revision('a', 'CREATE TABLE a ()', id => 'a1'),
		schemaver.revision('b', E'CREATE TABLE b ();\nCREATE TABLE b ();', 'DROP TABLE b', id => 'b1')});

sub failed { return $node->safe_psql('postgres', q{SELECT count(*) FROM schemaver.run WHERE outcome = 'failed'}) }

sub wait_for
{
	my ($count, $what) = @_;
	ok($node->poll_query_until('postgres', "SELECT count(*) = $count FROM schemaver.run WHERE outcome = 'failed'"), $what);
	return;
}

my ($code, $out, $err) = $node->psql('postgres', q{SELECT schemaver.upgrade(note => 'ticket 1')});
isnt($code, 0, 'it fails');
like($err, qr/relation "b" already exists/, 'with its own error');
like($err, qr/statement 2, line 2/, 'and its own place');
like(slurp_file($node->logfile), qr/schemaver run \d+: failed in revision "b1" with SQLSTATE 42P07/, 'the log has it');
wait_for(1, 'the journal has it');
is( $node->safe_psql('postgres', q{
	SELECT command, target, revision, direction, position, outcome, statement, line, sqlstate, error, role, run_outcome, note
	FROM schemaver.journal WHERE run_outcome = 'failed'}),
	'upgrade|head|b1|upgrade|2|failed|2|2|42P07|relation "b" already exists|' . $node->safe_psql('postgres', 'SELECT current_user')
	  . '|failed|ticket 1', 'with all that is known of it');
is($node->safe_psql('postgres', 'SELECT change, outcome FROM schemaver.log(1)'), 'base -> b1|failed', 'log() shows it, and from where it began');
is($node->safe_psql('postgres', q{SELECT value FROM schemaver.metrics WHERE name = 'last_run_failed'}), '1', 'so do the metrics');
is($node->safe_psql('postgres', 'SELECT count(*) FROM schemaver.applied'), '0', 'nothing is applied');

# caught by the caller, in a transaction that commits
$node->safe_psql('postgres', q{
	DO $$ BEGIN PERFORM schemaver.upgrade(); EXCEPTION WHEN OTHERS THEN NULL; END $$});
wait_for(2, 'an error that the caller caught is in the journal, too');

# where it is not wanted, and a dry run
$node->psql('postgres', q{SET schemaver.journal_failures = off; SELECT schemaver.upgrade()});
$node->psql('postgres', q{SELECT schemaver.upgrade(dry_run => true)});
$node->psql('postgres', q{SELECT schemaver.upgrade()});
wait_for(3, 'the setting turns it off, and a dry run is none');

# what has no room is cut between characters
$node->psql('postgres', q{SELECT schemaver.upgrade(note => repeat(chr(233), 400))});
wait_for(4, 'a run with a long note is in the journal');
is($node->safe_psql('postgres', q{SELECT count(*) FROM schemaver.run WHERE note = repeat(chr(233), 255)}), '1', 'with as much of it as there is room for');

# its revision is rolled back with it
$node->safe_psql('postgres', 'CREATE DATABASE deployed');
my $file = q{E'-- schemaver:file V1__a.sql\nCREATE TABLE p ();\n'};
$node->safe_psql('deployed', "CREATE EXTENSION schemaver; CALL schemaver.deploy($file, format => 'flyway')");
my (undef, undef, $why) = $node->psql('deployed', qq{CALL schemaver.deploy($file
	'-- schemaver:file V2__b.sql\\nSELECT 1;\\n-- schemaver:file V3__c.sql\\nCREATE TABLE p ();\\n', format => 'flyway')});
like($why, qr/relation "p" already exists/, 'a deployment fails');
ok($node->poll_query_until('deployed', q{SELECT count(*) > 0 FROM schemaver.run WHERE outcome = 'failed'}), 'a deployment that failed is in the journal');
is($node->safe_psql('deployed', 'SELECT change FROM schemaver.log(1)'), '1 -> 3', 'log() says from where to where it led');

# what script() rehearses is no run
$node->safe_psql('postgres', 'CREATE DATABASE rehearsed');
$node->safe_psql('rehearsed', q{
	CREATE EXTENSION schemaver;
	SELECT schemaver.revision('p', 'CREATE TABLE p ()', id => 'p1', options => '{"preconditions": [{"sql": "SELECT false"}]}')});
($code, $out, $err) = $node->psql('rehearsed', q{SELECT schemaver.script('p1', 'base', standalone => true)});
like($err, qr/precondition/, 'a rehearsal fails');
$node->psql('rehearsed', q{SELECT schemaver.upgrade()});
ok($node->poll_query_until('rehearsed', q{SELECT count(*) > 0 AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'schemaver journal')
	FROM schemaver.run WHERE outcome = 'failed'}), 'a run that fails so is in the journal');
is($node->safe_psql('rehearsed', q{SELECT count(*) FROM schemaver.run WHERE outcome = 'failed'}), '1', 'the rehearsal is not');

# a secret stays one
$node->safe_psql('postgres', q{
	SELECT schemaver.edit('b1', up => 'SELECT ${secret}::int', options => '{"variables": "flyway"}')});
my $variables = q{'{"secret": {"value": "hunter2", "secret": true}}'};
($code, $out, $err) = $node->psql('postgres', "SELECT schemaver.upgrade(variables => $variables)");
isnt($code, 0, 'a run with a secret fails');
wait_for(5, 'that is in the journal, too');
is($node->safe_psql('postgres', q{SELECT count(*) FROM schemaver.step WHERE error LIKE '%hunter2%'}), '0', 'and does not tell it');

# cancelled and terminated
$node->safe_psql('postgres', q{SELECT schemaver.edit('b1', up => 'SELECT pg_sleep(600)', options => '{}')});
my $before = failed();
my $session = $node->background_psql('postgres', on_error_stop => 0);
$session->query_until(qr/begun/, "\\echo begun\nSELECT schemaver.upgrade();\n");
my $sleeping = q{FROM pg_stat_activity WHERE wait_event = 'PgSleep'};
ok($node->poll_query_until('postgres', "SELECT count(*) = 1 $sleeping"), 'a run is under way');
$node->safe_psql('postgres', "SELECT pg_cancel_backend(pid) $sleeping");
ok($node->poll_query_until('postgres', q{SELECT count(*) > 0 FROM schemaver.step WHERE sqlstate = '57014'}), 'a cancelled run is in the journal');
$session->query_until(qr/again/, "\\echo again\nSELECT schemaver.upgrade();\n");
ok($node->poll_query_until('postgres', "SELECT count(*) = 1 $sleeping"), 'a run is under way again');
$node->safe_psql('postgres', "SELECT pg_terminate_backend(pid) $sleeping");
ok($node->poll_query_until('postgres', "SELECT count(*) = 0 $sleeping"), 'one that is terminated ends');
eval { $session->quit };

# no worker is free: nobody waits
$node->append_conf('postgresql.conf', "max_worker_processes = 0\n");
$node->restart;
$node->safe_psql('postgres', q{SELECT schemaver.edit('b1', up => 'SELECT 1/0')});
$before = failed();
($code, $out, $err) = $node->psql('postgres', q{SELECT schemaver.upgrade()});
like($err, qr/division by zero/, 'the error without a worker');
is(failed(), $before, 'the log alone has it');
like(slurp_file($node->logfile), qr/failed in revision "b1" with SQLSTATE 22012/, 'which it has');
is($node->safe_psql('postgres', 'SELECT count(*) FROM pg_stat_activity WHERE backend_type = $$schemaver journal$$'), '0', 'no worker stays');

# an error that was raised again when the memory of the run was gone: with the place in the server where it arose
$node->safe_psql('postgres', q{SELECT schemaver.edit('b1', 'CREATE TABLE b ()'), setval('schemaver.state_number', 9223372036854775807)});
($code, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\nSELECT schemaver.upgrade()");
like($err, qr/LOCATION:  nextval_internal, sequence\.c:\d/, 'the place of an error outlives the memory of its run');

done_testing();
