# Schemas are read while others create, rename and drop what is in them: no error
# but the one that says so, and a true picture when all is quiet again.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "schemaver.journal_failures = off\n");
$node->append_conf('postgresql.conf', "max_connections = 40\nlog_min_messages = warning\nautovacuum = off");
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION schemaver;
	CREATE TABLE kept (id int PRIMARY KEY, n int CHECK (n > 0));
	CREATE VIEW kept_view AS SELECT n FROM kept;
	CREATE TABLE calls (what text, code text);
	CREATE FUNCTION try(what text) RETURNS void LANGUAGE plpgsql AS $$
	BEGIN
		EXECUTE what;
		INSERT INTO calls VALUES (what, '00000');
	EXCEPTION WHEN OTHERS THEN
		INSERT INTO calls VALUES (what, sqlstate || ' ' || sqlerrm);
	END $$;
});

my $ddl = q{
	CREATE TYPE e:client_id AS ENUM ('a', 'b');
	CREATE DOMAIN d:client_id AS int CHECK (VALUE > 0);
	CREATE TABLE t:client_id (id serial PRIMARY KEY, e e:client_id DEFAULT 'a', d d:client_id, CHECK (id > 0));
	CREATE INDEX i:client_id ON t:client_id ((id + 1)) WHERE id > 5;
	CREATE VIEW v:client_id AS SELECT id, e FROM t:client_id WHERE e = 'a';
	CREATE FUNCTION f:client_id(x e:client_id) RETURNS e:client_id LANGUAGE sql AS 'SELECT x';
	CREATE POLICY p ON t:client_id USING (id > 0);
	ALTER TABLE t:client_id RENAME TO u:client_id;
	ALTER TABLE u:client_id RENAME COLUMN id TO nr;
	DROP FUNCTION f:client_id;
	DROP VIEW v:client_id;
	DROP TABLE u:client_id;
	DROP DOMAIN d:client_id;
	DROP TYPE e:client_id;
};
my $read = q{
	SELECT try('SELECT schemaver.snapshot()');
	SELECT try('SELECT schemaver.fingerprint(''{public}'')');
	SELECT try('SELECT count(*) FROM schemaver.diff(''CREATE TABLE kept (id int)'')');
};
my $old = q{
	BEGIN ISOLATION LEVEL REPEATABLE READ;
	SELECT try('SELECT schemaver.snapshot()');
	SELECT try('SELECT schemaver.snapshot()');
	COMMIT;
};
$node->pgbench('--no-vacuum --client=8 --jobs=2 --transactions=25', 0,
	[qr{actually processed: 200/200}], [qr{^((?!ERROR).)*$}s],
	'eight sessions change and read',
	{ 'ddl@4' => $ddl, 'read@3' => $read, 'old@1' => $old });

is($node->safe_psql('postgres', q{SELECT DISTINCT code FROM calls WHERE code NOT LIKE '00000%' AND code NOT LIKE '40001 the schema was changed by others%'}),
	'', 'no other error');
cmp_ok($node->safe_psql('postgres', q{SELECT count(*) FROM calls WHERE code = '00000'}), '>', 0, 'schemas were read');
is($node->safe_psql('postgres', 'DROP TABLE calls; DROP FUNCTION try; CREATE TABLE calls (what text, code text); DROP TABLE calls; SELECT count(*) FROM pg_class WHERE relnamespace = 2200::oid'),
	$node->safe_psql('postgres', q{SELECT count(*) FROM pg_class WHERE relname LIKE 'kept%' AND relnamespace = 2200::oid}), 'nothing but what was there is left');
is($node->safe_psql('postgres', q{SELECT count(*) FROM schemaver.diff('CREATE TABLE kept (id int PRIMARY KEY, n int CHECK (n > 0)); CREATE VIEW kept_view AS SELECT n FROM kept;')}),
	'0', 'and that is what is read');
$node->stop;
done_testing();
