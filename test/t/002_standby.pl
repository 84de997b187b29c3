# On a standby: looking works, everything else is refused with a clear error.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->start;
$primary->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
$standby->start;

$primary->safe_psql('postgres', q{
	CREATE EXTENSION schemaver;
	SET schemaver.progress = off;
	SELECT schemaver.revision('one', 'CREATE TABLE one (x int)', 'DROP TABLE one', id => 'a1');
	SELECT schemaver.revision('two', 'CREATE TABLE two (x int)', 'DROP TABLE two', id => 'a2');
	SELECT schemaver.tag('v1', 'a1');
	SELECT schemaver.upgrade('a1');});
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));

for my $look ('revision FROM schemaver.current()', 'revision, state FROM schemaver.status(true)', 'revision, revises FROM schemaver.history()',
	'revision FROM schemaver.heads()', 'revision FROM schemaver.bases()', 'revision FROM schemaver.branches()', q{revision FROM schemaver.resolve('tag:v1')},
	'* FROM schemaver.plan()', q{* FROM schemaver.plan('base', 'downgrade')}, 'schemaver.graph()', q{checksum, up FROM schemaver.show('a2')},
	'* FROM schemaver.export()', 'schemaver.script()', 'revision, outcome FROM schemaver.journal')
{
	is($standby->safe_psql('postgres', "SELECT $look"), $primary->safe_psql('postgres', "SELECT $look"), "same on the standby: $look");
}
my ($rc, $out, $err) = $standby->psql('postgres', 'SELECT schemaver.check()');
like($err, qr/1 revision is not applied/, 'check() tells what is pending');

for my $call (q{upgrade()}, q{upgrade(dry_run => true)}, q{downgrade('base')}, q{redo()}, q{stamp('{a2}')}, q{revision('m', '')}, q{merge()}, q{edit('a2')}, q{remove('a2')},
	q{load('x.sql', '')}, q{load_directory('/nowhere')}, q{tag('v2', 'a2')}, q{untag('v1')}, q{script_begin('upgrade', 'head', '{a1}')})
{
	my ($name) = $call =~ /^(\w+)/;
	($rc, $out, $err) = $standby->psql('postgres', "SELECT schemaver.$call", extra_params => [ '-v', 'VERBOSITY=verbose' ]);
	like($err, $name eq 'load_directory' ? qr/58P01/ : qr/ERROR:  25006: cannot execute schemaver\.$name\(\) during recovery\nHINT:  Run it on the primary server\./, "$name() is refused");
}

# The state goes on from there when the standby becomes the primary.
$standby->promote;
is($standby->safe_psql('postgres', q{SET schemaver.progress = off; SELECT revision FROM schemaver.upgrade()}), 'a2', 'after promotion it can run');

done_testing();
