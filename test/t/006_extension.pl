# While another extension is being created, nothing can run: it would make members of that one.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
plan skip_all => 'extension hstore is not installed here'
  if $node->safe_psql('postgres', q{SELECT count(*) FROM pg_available_extensions WHERE name = 'hstore'}) eq '0';

$node->safe_psql('postgres', q{
	CREATE EXTENSION schemaver;
	SELECT schemaver.revision('one', 'CREATE TABLE one (x int)', 'DROP TABLE one', id => 'a1');
	CREATE FUNCTION call() RETURNS event_trigger LANGUAGE plpgsql AS $$
	BEGIN
		IF tg_tag <> 'CREATE EXTENSION' THEN
			EXECUTE current_setting('my.call');
		END IF;
	END$$;
	CREATE EVENT TRIGGER call ON ddl_command_end WHEN TAG IN ('CREATE FUNCTION', 'CREATE TYPE') EXECUTE FUNCTION call();});

for my $call (q{upgrade()}, q{revision('m', '')}, q{stamp('{a1}')}, q{tag('x', 'a1')}, q{edit('a1')})
{
	my ($name) = $call =~ /^(\w+)/;
	my ($rc, $out, $err) = $node->psql('postgres', "SET my.call = \$\$SELECT schemaver.$call\$\$; CREATE EXTENSION hstore", extra_params => [ '-v', 'VERBOSITY=verbose' ]);
	like($err, qr/ERROR:  55000: cannot execute schemaver\.$name\(\) while an extension is being created or updated\nDETAIL:  Objects created now would become members of that extension\./, "$name() is refused");
}
is($node->safe_psql('postgres', q{SET my.call = 'SELECT count(*) FROM schemaver.status(true)'; CREATE EXTENSION hstore; SELECT count(*) FROM pg_extension WHERE extname = 'hstore'}), '1', 'looking is allowed');

# A revision may create extensions, and event triggers see its commands.
$node->safe_psql('postgres', q{
	DROP EVENT TRIGGER call;
	DROP EXTENSION hstore;
	CREATE TABLE seen (tag text);
	CREATE FUNCTION see() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO seen SELECT command_tag FROM pg_event_trigger_ddl_commands(); END$$;
	CREATE EVENT TRIGGER see ON ddl_command_end EXECUTE FUNCTION see();
	SELECT schemaver.edit('a1', 'CREATE EXTENSION hstore; CREATE TABLE one (h hstore); CREATE TEMP TABLE t (x int)', 'DROP TABLE one; DROP EXTENSION hstore');
	SET schemaver.progress = off;
	SELECT schemaver.upgrade();
	SELECT schemaver.redo();});
is($node->safe_psql('postgres', q{SELECT string_agg(DISTINCT tag, ', ') FROM seen WHERE tag IN ('CREATE EXTENSION', 'CREATE TABLE')}), 'CREATE EXTENSION, CREATE TABLE', 'event triggers fire for the commands of a script');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e' AND objid = 'one'::regclass}), '0', 'a table of a script belongs to no extension');

done_testing();
