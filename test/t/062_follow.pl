# Do runs find their way back while twenty sessions do ordinary DDL elsewhere?

use strict;
use warnings;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "max_connections = 60\nfsync = off\nmax_locks_per_transaction = 256\n");
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION schemaver;
	CREATE SCHEMA app;
	CREATE TABLE app.base (id int PRIMARY KEY, s text);
	SELECT count(schemaver.revision('r' || i, format('CREATE TABLE app.t%s (id int PRIMARY KEY, p int REFERENCES app.base);
		ALTER TABLE app.base ADD COLUMN c%1$s int; ALTER TABLE app.t%1$s RENAME TO u%1$s', i))) FROM generate_series(1, 15) i;});

my $script = $node->basedir . '/ddl.sql';
append_to_file($script, q{
CREATE TABLE d:client_id (id serial PRIMARY KEY, a int DEFAULT 1 CHECK (a > 0), b text);
CREATE INDEX ON d:client_id (lower(b));
CREATE VIEW v:client_id AS SELECT a, b FROM d:client_id;
CREATE OR REPLACE FUNCTION f:client_id() RETURNS int LANGUAGE sql AS 'SELECT 1';
ALTER TABLE d:client_id RENAME TO e:client_id;
ALTER TABLE e:client_id ADD COLUMN c int;
DROP VIEW v:client_id;
DROP TABLE e:client_id;
});
my ($out, $err) = ('', '');
my $others = IPC::Run::start(['pgbench', '--no-vacuum', '--client=20', '--jobs=1', '--transactions=40', "--file=$script",
	'--host=' . $node->host, '--port=' . $node->port, 'postgres'], '<', \'', '>', \$out, '2>', \$err);

my $quiet = 'SET client_min_messages = error; SET schemaver.progress = off;';
my (%print, $done);
for my $i (1 .. 15)
{
	$print{$i} = $node->safe_psql('postgres', "$quiet SELECT schemaver.fingerprint('{app}')");
	$done += $node->psql('postgres', "$quiet SELECT schemaver.upgrade('+1')") == 0;
}
is($done, 15, 'all upgrades');
is($node->safe_psql('postgres', q{SELECT count(*) FROM schemaver.drift('{app}')}), '0', 'no drift');
$done = 0;
for my $i (reverse 1 .. 15)
{
	$node->safe_psql('postgres', "$quiet SELECT schemaver.downgrade('-1', allow_data_loss => true)");
	$done += $node->safe_psql('postgres', "$quiet SELECT schemaver.fingerprint('{app}')") eq $print{$i};
}
is($done, 15, 'each point is what it was');
$others->finish;
like($out, qr{actually processed: 800/800}, 'the others did their work') or diag $err;
$node->stop;
done_testing();
