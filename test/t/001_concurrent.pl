# Fifty sessions upgrade at once: exactly one runs each revision, none fails.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "schemaver.journal_failures = off\n");
$node->append_conf('postgresql.conf', "max_connections = 80\nlog_min_messages = warning");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION schemaver');

# Registering at once with the default parent gives one chain.
$node->safe_psql('postgres', 'CREATE SEQUENCE n');
$node->pgbench(
	'--no-vacuum --client=20 --jobs=2 --transactions=5',
	0, [qr{actually processed: 100/100}], [qr{^((?!ERROR).)*$}s],
	'20 sessions register 5 revisions each',
	{ '001_register' => q{
		SELECT schemaver.revision('m', format('CREATE TABLE t%s (x int); INSERT INTO t%s VALUES (1)', i, i), format('DROP TABLE t%s', i), 'r' || i)
		FROM (SELECT nextval('n') AS i OFFSET 0) s;
	} });
is($node->safe_psql('postgres', 'SELECT count(*) FROM schemaver.history()'), '100', 'all are registered');
is($node->safe_psql('postgres', 'SELECT count(*) FROM schemaver.heads()'), '1', 'they are one chain');
is($node->safe_psql('postgres', 'SELECT max(cardinality(revises)) FROM schemaver.history()'), '1', 'each has one parent');

# All run at once.
$node->pgbench(
	'--no-vacuum --client=50 --jobs=2 --transactions=2',
	0, [qr{actually processed: 100/100}], [qr{^((?!ERROR).)*$}s],
	'50 sessions upgrade at once',
	{ '001_upgrade' => q{
		SET schemaver.progress = off;
		SELECT count(*) FROM schemaver.upgrade('head');
	} });
is($node->safe_psql('postgres', 'SELECT count(*), count(DISTINCT revision), count(DISTINCT run) FROM schemaver.journal'),
	'100|100|1', 'one run did each revision once');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_class WHERE relname ~ '^t\d+$' AND relkind = 'r'}), '100', 'all tables are there');

# Up and down against each other: the state is one of both, and complete.
$node->pgbench(
	'--no-vacuum --client=20 --jobs=2 --transactions=3',
	0, [qr{actually processed: 60/60}], [qr{^((?!ERROR).)*$}s],
	'sessions upgrade, downgrade, register and look at once',
	{
		'001_up@4' => q{SET schemaver.progress = off; SELECT count(*) FROM schemaver.upgrade('head');},
		'001_down@3' => q{SET schemaver.progress = off; SELECT count(*) FROM schemaver.downgrade('base', allow_data_loss => true);},
		'001_look@4' => q{SELECT count(*) FROM schemaver.status(true), schemaver.heads(); SELECT count(*) FROM schemaver.current(); SELECT count(*) FROM schemaver.graph();},
		'001_add@2' => q{SELECT schemaver.revision('m', 'SELECT 1', 'SELECT 2');},
	});
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_class WHERE relname ~ '^t\d+$' AND relkind = 'r'}),
	$node->safe_psql('postgres', q{SELECT count(*) FROM schemaver.status(true) WHERE state = 'applied' AND revision ~ '^r\d+$'}),
	'the tables are those of the applied revisions');
is($node->safe_psql('postgres', q{
	SELECT count(*) FROM (SELECT revision, sum(CASE direction WHEN 'upgrade' THEN 1 ELSE -1 END) AS net FROM schemaver.journal GROUP BY 1) j
	WHERE net <> (SELECT count(*) FROM schemaver.applied a WHERE a.revision = j.revision)}),
	'0', 'the journal adds up to what is applied');
is($node->safe_psql('postgres', q{SELECT count(*) FROM schemaver.journal WHERE run_outcome <> 'done'}), '0', 'every run that committed is done');

# Told not to wait: all but one fail with SV010, at once.
$node->safe_psql('postgres', q{SELECT schemaver.revision('slow', 'SELECT pg_sleep(0.5)', id => 'slow1')});
my ($ok, $busy, @runs) = (0, 0);
for my $i (1 .. 5)
{
	my ($out, $err) = ('', '');
	my $run = IPC::Run::start(
		[ 'psql', '-X', '-q', '-d', $node->connstr('postgres'), '-v', 'VERBOSITY=verbose',
			'-c', q{SET schemaver.run_lock_timeout = 0}, '-c', q{SELECT revision FROM schemaver.upgrade() WHERE revision = 'slow1'} ],
		'<', \undef, '>', \$out, '2>', \$err);
	push @runs, [ $run, \$out, \$err ];
}
for my $r (@runs)
{
	$r->[0]->finish;
	$ok++ if ${ $r->[1] } =~ /slow1/;
	$busy++ if ${ $r->[2] } =~ /SV010: another run is active in this database/;
}
is($ok, 1, 'one session ran it');
cmp_ok($busy, '>=', 1, 'others were told that a run is active');
is($node->safe_psql('postgres', q{SELECT count(*) FROM schemaver.journal WHERE revision = 'slow1'}), '1', 'it ran once');
unlike(slurp_file($node->logfile), qr/deadlock detected/, 'nobody deadlocked');

$node->stop;
done_testing();
