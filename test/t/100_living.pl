# Living objects: whatever changes, after upgrade() the schema is the one that a new
# database gets from the same texts, as pg_dump sees it.
#
# Sets of types, domains, functions, aggregates, views over views, materialized views with
# indexes, policies and triggers are made at random, changed at random, and registered in an
# order of chance.  LIVING_SETS: how many sets (20; 100 in test/long); LIVING_SEED: the first one.

use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $sets = $ENV{LIVING_SETS} // 20;
my $seed = $ENV{LIVING_SEED} // 1;
my $node = PostgreSQL::Test::Cluster->new('living');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\njit = off\nschemaver.progress = off\n");
$node->start;
$node->safe_psql('postgres', 'CREATE ROLE reader; CREATE ROLE writer');

for my $number ($seed .. $seed + $sets - 1)
{
	srand($number);
	my @columns = map { [ "c$_", pick('int', 'text', 'numeric') ] } 1 .. 3 + int rand 2;
	my %texts = texts(\@columns);
	my $table = 'CREATE TABLE base (id int PRIMARY KEY, ' . join(', ', map { "$_->[0] $_->[1]" } @columns) . ')';
	$node->safe_psql('postgres', "CREATE DATABASE a$number");
	$node->safe_psql("a$number", 'CREATE EXTENSION schemaver');
	my $ok = register("a$number", 'r1', $table, %texts);
	my ($dump, $wanted);

	for my $round (1 .. 3)
	{
		last if !$ok;
		$dump = dump_of("a$number");
		$wanted = fresh("b${number}_$round", $table, %texts);
		$ok = same($dump, $wanted, "set $number, round $round");
		last if !$ok || $round == 3;
		my $change = '';
		if ($round == 2)
		{
			# below them: another type, another column
			my $column = $columns[rand @columns];
			my $type = $column->[1] eq 'int' ? 'bigint' : $column->[1] eq 'text' ? 'varchar(90)' : 'numeric(12,3)';
			$column->[1] = $type;
			push @columns, [ 'more', 'date' ];
			$change = "ALTER TABLE base ALTER COLUMN $column->[0] TYPE $type; ALTER TABLE base ADD COLUMN more date";
			$table = 'CREATE TABLE base (id int PRIMARY KEY, ' . join(', ', map { "$_->[0] $_->[1]" } @columns) . ')';
		}
		my %new = texts(\@columns);
		for my $name (sort keys %texts)
		{
			$texts{$name} = $new{$name} if rand() < 0.5;
		}
		$ok = register("a$number", "r" . ($round + 1), $change, %texts);
	}
	$node->safe_psql('postgres', "DROP DATABASE IF EXISTS a$number");
	$node->safe_psql('postgres', "DROP DATABASE IF EXISTS b${number}_$_") for 1 .. 3;
}

# what somebody gave by hand stays, whatever is dropped on the way
$node->safe_psql('postgres', 'CREATE DATABASE hand');
$node->safe_psql('hand', <<'SQL');
CREATE EXTENSION schemaver;
SELECT schemaver.revision('t', 'CREATE TABLE t (a int, b int)', id => 'r1');
SELECT schemaver.repeatable('f', 'CREATE OR REPLACE FUNCTION f(int) RETURNS int LANGUAGE sql AS ''SELECT 1''; COMMENT ON FUNCTION f(int) IS ''text''; GRANT EXECUTE ON FUNCTION f(int) TO writer');
SELECT schemaver.repeatable('v', 'CREATE OR REPLACE VIEW v AS SELECT a, f(b) FROM t; COMMENT ON VIEW v IS ''text''');
SELECT schemaver.repeatable('w', 'CREATE OR REPLACE VIEW w AS SELECT * FROM v');
SELECT schemaver.upgrade();
GRANT SELECT (a), UPDATE (a) ON w TO reader;
GRANT SELECT ON v TO reader WITH GRANT OPTION;
COMMENT ON VIEW w IS 'hand';
COMMENT ON COLUMN v.a IS 'hand';
REVOKE EXECUTE ON FUNCTION f(int) FROM PUBLIC;
ALTER VIEW w OWNER TO writer;
SELECT schemaver.repeatable('f', 'CREATE OR REPLACE FUNCTION f(int) RETURNS bigint LANGUAGE sql AS ''SELECT 1::bigint''');
SELECT schemaver.revision('type', 'ALTER TABLE t ALTER COLUMN a TYPE bigint', id => 'r2');
SELECT schemaver.upgrade();
SQL
is($node->safe_psql('hand', q{
	SELECT relname, pg_get_userbyid(relowner), relacl, obj_description(oid),
		(SELECT string_agg(concat(attname, attacl, col_description(attrelid, attnum)), ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0)
	FROM pg_class c WHERE relname IN ('v', 'w') ORDER BY 1}),
	"v|" . owner() . "|{" . owner() . "=arwdDxt/" . owner() . ",reader=r*/" . owner() . "}|text|ahand f\n"
	  . "w|writer||hand|a{reader=rw/writer} f", 'views keep what was given by hand')
  if $node->pg_version < 17;
is($node->safe_psql('hand', q{SELECT array_to_string(proacl, ' ') LIKE '=X%', obj_description(oid), proacl::text LIKE '%writer%' FROM pg_proc WHERE proname = 'f'}),
	'f||f', 'a privilege that was revoked by hand stays revoked; what the former text gave is gone');
$node->stop;
done_testing();

sub owner { return $node->safe_psql('postgres', 'SELECT current_user'); }

sub pick { return $_[ rand @_ ]; }

# Texts of random objects on the table "base" with these columns.
sub texts
{
	my ($columns) = @_;
	my @names = map { $_->[0] } @$columns;
	my %texts;
	my $result = pick('int', 'bigint', 'text', 'numeric');

	$texts{mood} = 'CREATE TYPE mood AS ENUM (' . join(', ', map { "'$_'" } pick([qw(a b)], [qw(a b c)], [qw(b c d)])->@*) . ');'
	  . (rand() < 0.5 ? "COMMENT ON TYPE mood IS 'mood';" : '');
	$texts{pair} = 'CREATE TYPE pair AS (x ' . pick('int', 'bigint') . ', y ' . pick('mood', 'text') . ')';
	$texts{plus} = "CREATE OR REPLACE FUNCTION plus(i int) RETURNS $result LANGUAGE sql IMMUTABLE AS 'SELECT (i + 1)::$result';"
	  . pick('', 'REVOKE EXECUTE ON FUNCTION plus(int) FROM PUBLIC;', 'GRANT EXECUTE ON FUNCTION plus(int) TO reader;')
	  . pick('', "COMMENT ON FUNCTION plus(int) IS 'plus';");
	$texts{feel} = 'CREATE OR REPLACE FUNCTION feel(' . pick('m', 'n') . ' mood) RETURNS ' . pick('mood', 'text')
	  . ' LANGUAGE sql IMMUTABLE AS $$SELECT $1$$';
	$texts{feel} =~ s/\$1\$\$/\$1::text\$\$/ if $texts{feel} =~ /RETURNS text/;
	my @chosen = grep { rand() < 0.7 } @names;
	$texts{v1} = 'CREATE ' . pick('', 'OR REPLACE ') . 'VIEW v1 AS SELECT ' . join(', ', 'id', @chosen, 'plus(id) AS p') . ' FROM base;'
	  . pick('', 'GRANT SELECT ON v1 TO reader;', 'GRANT SELECT, UPDATE ON v1 TO writer;') . pick('', "COMMENT ON VIEW v1 IS 'v1';");
	$texts{v2} = 'CREATE OR REPLACE VIEW v2 AS SELECT ' . pick('*', 'v1.*', 'id, p', 'p, id') . ' FROM v1;' . pick('', "COMMENT ON COLUMN v2.id IS 'id';");
	$texts{v3} = "CREATE OR REPLACE VIEW v3 AS SELECT v2.id, " . pick("feel('b'::mood) AS f", "'b'::mood AS m, v2.p", 'v2.p') . ' FROM v2'
	  . pick('', ' JOIN v1 ON v1.id = v2.id');
	$texts{m1} = 'CREATE MATERIALIZED VIEW m1 AS SELECT ' . pick('*', 'id, p', 'p AS q, id') . ' FROM v2;'
	  . 'CREATE ' . pick('', 'UNIQUE ') . 'INDEX m1_id ON m1 (id);' . pick('', 'CREATE INDEX m1_more ON m1 ((id + 1));') . pick('', 'GRANT SELECT ON m1 TO reader;');
	$texts{m2} = 'CREATE MATERIALIZED VIEW m2 AS SELECT count(*) AS n' . pick('', ', max(id) AS m') . ' FROM m1';
	$texts{access} = 'CREATE POLICY access ON base FOR ' . pick('ALL', 'SELECT') . ' USING (' . pick('plus(id)::text <> \'0\'', 'id > 0', 'id IN (SELECT id FROM v1)') . ');';
	$texts{check} = 'CREATE OR REPLACE FUNCTION on_base() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN ' . pick('new', 'old') . '; END$$;'
	  . 'CREATE OR REPLACE TRIGGER on_base ' . pick('BEFORE', 'AFTER') . ' INSERT' . pick('', ' OR UPDATE') . ' ON base FOR EACH ROW EXECUTE FUNCTION on_base();';
	$texts{rows} = 'CREATE OR REPLACE FUNCTION rows_of() RETURNS SETOF v2 LANGUAGE sql AS $$SELECT * FROM v2$$';
	$texts{body} = 'CREATE OR REPLACE FUNCTION body_of() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM v3; END';
	$texts{amount} = 'CREATE DOMAIN amount AS ' . pick('int', 'bigint') . ' CHECK (VALUE ' . pick('> 0', '<> 7') . ');' . pick('', "COMMENT ON DOMAIN amount IS 'amount';");
	$texts{v4} = 'CREATE OR REPLACE VIEW v4 ' . pick('', 'WITH (security_barrier) ') . 'AS SELECT id::' . pick('amount', 'int') . ' AS i, row(1, NULL)::pair AS r FROM v3;'
	  . pick('', 'GRANT SELECT (i) ON v4 TO reader;') . pick('', "ALTER VIEW v4 ALTER COLUMN i SET DEFAULT 5;");
	$texts{instead} = 'CREATE OR REPLACE FUNCTION on_v1() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN new; END$$;'
	  . 'CREATE OR REPLACE TRIGGER on_v1 INSTEAD OF ' . pick('INSERT', 'UPDATE') . " ON v1 FOR EACH ROW EXECUTE FUNCTION on_v1();"
	  . pick('', "COMMENT ON TRIGGER on_v1 ON v1 IS 'on v1';");
	$texts{total} = 'CREATE OR REPLACE AGGREGATE total (int) (SFUNC = ' . pick('int4pl', 'int4larger') . ', STYPE = int, INITCOND = 0);'
	  . pick('', 'GRANT EXECUTE ON FUNCTION total(int) TO writer;');
	$texts{v5} = 'CREATE OR REPLACE VIEW v5 AS SELECT total(id) AS t' . pick('', ', count(*) AS n') . ' FROM base;';
	$texts{run} = 'CREATE OR REPLACE PROCEDURE run(' . pick('INOUT a int', 'a amount') . ') LANGUAGE plpgsql AS $$BEGIN NULL; END$$;';
	return %texts;
}

# Register a revision and all texts in an order of chance, and upgrade.
sub register
{
	my ($database, $id, $up, %texts) = @_;
	my @names = sort keys %texts;
	my $sql = '';

	for (my $i = @names - 1; $i > 0; $i--)
	{
		my $j = int rand($i + 1);
		@names[ $i, $j ] = @names[ $j, $i ];
	}
	$sql .= "SELECT schemaver.revision('$id', \$r\$$up\$r\$, id => '$id');\n" if $up ne '';
	$sql .= "SELECT schemaver.repeatable('$_', \$r\$$texts{$_}\$r\$);\n" for @names;
	$sql .= "SELECT schemaver.upgrade();\nSELECT schemaver.check(drift => true);\n";
	my ($code, $out, $err) = $node->psql($database, $sql, on_error_stop => 1);
	ok($code == 0, "$database, $id is applied") or diag("$err\n$sql");
	return $code == 0;
}

# The same texts in a new database, tried until all are there.
sub fresh
{
	my ($database, $table, %texts) = @_;
	my $list = join ', ', map { "\$text\$$texts{$_}\$text\$" } sort keys %texts;

	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, $table);
	$node->safe_psql($database, <<"SQL");
DO \$do\$
DECLARE
	texts text[] := ARRAY[$list];
	failed text[];
	one text;
BEGIN
	WHILE texts <> '{}'
	LOOP
		failed := '{}';
		FOREACH one IN ARRAY texts
		LOOP
			BEGIN
				EXECUTE one;
			EXCEPTION WHEN OTHERS THEN
				failed := failed || one;
			END;
		END LOOP;
		IF cardinality(failed) = cardinality(texts) THEN
			RAISE 'not built: %', failed;
		END IF;
		texts := failed;
	END LOOP;
END\$do\$
SQL
	return dump_of($database);
}

sub dump_of
{
	my ($database) = @_;
	my ($out, $err);

	run_command_into(\$out, [ 'pg_dump', '-d', $node->connstr($database), '-n', 'public', '--schema-only' ]);
	$out =~ s/^\\(?:un)?restrict .*\n//mg;
	return join "\n;\n", sort split /\n\n\n/, $out;
}

sub run_command_into
{
	my ($out, $command) = @_;

	IPC::Run::run($command, '>', $out) or die "@$command failed";
	return;
}

sub same
{
	my ($got, $wanted, $name) = @_;
	my %got = map { $_ => 1 } split /\n;\n/, $got;
	my %wanted = map { $_ => 1 } split /\n;\n/, $wanted;
	my @more = grep { !$wanted{$_} } sort keys %got;
	my @less = grep { !$got{$_} } sort keys %wanted;

	return ok(!@more && !@less, $name) || (diag(join "\n", 'only after upgrade():', @more, 'only in the new one:', @less), 0)[1];
}
