# For each kind of entry that pg_dump can write for a schema: what adds one is seen by drift() and by diff(), and
# revert_drift() gives the dump back.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', 'wal_level = logical');
$node->start;

my $schema = q{
	CREATE SCHEMA other;
	CREATE TABLE t (id int PRIMARY KEY, a int, b text);
	CREATE TABLE child () INHERITS (t);
	CREATE TABLE part (k int) PARTITION BY LIST (k);
	CREATE TABLE part1 (k int);
	CREATE TABLE indexed (k int) PARTITION BY LIST (k);
	CREATE TABLE indexed1 PARTITION OF indexed FOR VALUES IN (1);
	CREATE SEQUENCE seq;
	CREATE FUNCTION trg() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
	CREATE FUNCTION evt() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
	CREATE FUNCTION to_sql(internal) RETURNS internal LANGUAGE internal IMMUTABLE STRICT AS 'array_typanalyze';
	CREATE FUNCTION cast_it(point) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
	CREATE FOREIGN DATA WRAPPER wrapper;
	CREATE SERVER server FOREIGN DATA WRAPPER wrapper;
	CREATE PUBLICATION pub;
};

# the kind => what adds an entry of it
my %adds = (
	'ACCESS METHOD' => 'CREATE ACCESS METHOD am TYPE TABLE HANDLER heap_tableam_handler',
	'ACL' => 'GRANT SELECT ON t TO alice',
	'AGGREGATE' => 'CREATE AGGREGATE total (int) (SFUNC = int4_sum, STYPE = bigint)',
	'CAST' => 'CREATE CAST (point AS int) WITH FUNCTION cast_it(point)',
	'CHECK CONSTRAINT' => 'ALTER TABLE t ADD CONSTRAINT positive CHECK (a > 0) NOT VALID',
	'COLLATION' => q{CREATE COLLATION coll (provider = libc, locale = 'C')},
	'COMMENT' => q{COMMENT ON COLUMN t.b IS 'said'},
	'CONSTRAINT' => 'ALTER TABLE t ADD CONSTRAINT one UNIQUE (a)',
	'CONVERSION' => q{CREATE CONVERSION conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8},
	'DEFAULT' => 'ALTER TABLE child ALTER a SET DEFAULT 7',
	'DEFAULT ACL' => 'ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO alice',
	'DOMAIN' => 'CREATE DOMAIN dom AS int',
	'EVENT TRIGGER' => q{CREATE EVENT TRIGGER et ON ddl_command_end WHEN TAG IN ('CREATE CAST') EXECUTE FUNCTION evt()},
	'EXTENSION' => 'CREATE EXTENSION citext',
	'FK CONSTRAINT' => 'ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES t',
	'FOREIGN DATA WRAPPER' => 'CREATE FOREIGN DATA WRAPPER w2',
	'FOREIGN TABLE' => 'CREATE FOREIGN TABLE ft (a int) SERVER server',
	'FUNCTION' => q{CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'},
	'INDEX' => 'CREATE INDEX i ON t (a)',
	'INDEX ATTACH' => 'CREATE INDEX ip ON indexed (k)',
	'MATERIALIZED VIEW' => 'CREATE MATERIALIZED VIEW mv AS SELECT 1 AS a WITH NO DATA',
	'OPERATOR' => 'CREATE OPERATOR === (FUNCTION = int4eq, LEFTARG = int, RIGHTARG = int)',
	'OPERATOR CLASS' => 'CREATE OPERATOR FAMILY ofam USING btree; CREATE OPERATOR CLASS oc FOR TYPE int USING btree FAMILY ofam AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int, int)',
	'OPERATOR FAMILY' => 'CREATE OPERATOR FAMILY fam USING btree',
	'POLICY' => 'CREATE POLICY pol ON t USING (a > 1)',
	'PROCEDURAL LANGUAGE' => 'CREATE LANGUAGE lang HANDLER plpgsql_call_handler',
	'PROCEDURE' => q{CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1'},
	'PUBLICATION' => 'CREATE PUBLICATION pub2',
	'PUBLICATION TABLE' => 'ALTER PUBLICATION pub ADD TABLE t',
	'PUBLICATION TABLES IN SCHEMA' => 'ALTER PUBLICATION pub ADD TABLES IN SCHEMA other',
	'ROW SECURITY' => 'ALTER TABLE t ENABLE ROW LEVEL SECURITY',
	'RULE' => 'CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING',
	'SCHEMA' => 'CREATE SCHEMA third',
	'SEQUENCE' => 'CREATE SEQUENCE seq2',
	'SEQUENCE OWNED BY' => 'ALTER SEQUENCE seq OWNED BY t.a',
	'SERVER' => 'CREATE SERVER s2 FOREIGN DATA WRAPPER wrapper',
	'SHELL TYPE' => q{CREATE TYPE base; CREATE FUNCTION base_in(cstring) RETURNS base LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
		CREATE FUNCTION base_out(base) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
		CREATE TYPE base (INPUT = base_in, OUTPUT = base_out, LIKE = int)},
	'STATISTICS' => 'CREATE STATISTICS st ON a, b FROM t',
	'SUBSCRIPTION' => q{CREATE SUBSCRIPTION sub CONNECTION 'host=nowhere' PUBLICATION p WITH (connect = false, slot_name = NONE)},
	'TABLE' => 'CREATE TABLE t2 (a int)',
	'TABLE ATTACH' => 'ALTER TABLE part ATTACH PARTITION part1 FOR VALUES IN (1)',
	'TEXT SEARCH CONFIGURATION' => 'CREATE TEXT SEARCH CONFIGURATION cfg (COPY = simple)',
	'TEXT SEARCH DICTIONARY' => 'CREATE TEXT SEARCH DICTIONARY dict (TEMPLATE = simple)',
	'TEXT SEARCH PARSER' => 'CREATE TEXT SEARCH PARSER parser (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype)',
	'TEXT SEARCH TEMPLATE' => 'CREATE TEXT SEARCH TEMPLATE template (LEXIZE = dsimple_lexize)',
	'TRANSFORM' => 'CREATE TRANSFORM FOR int LANGUAGE plpgsql (FROM SQL WITH FUNCTION to_sql(internal))',
	'TRIGGER' => 'CREATE TRIGGER trg BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION trg()',
	'TYPE' => q{CREATE TYPE e AS ENUM ('a')},
	'USER MAPPING' => 'CREATE USER MAPPING FOR alice SERVER server',
	'VIEW' => 'CREATE VIEW v AS SELECT 1 AS a',
);

# Entries that are no part of a schema, or that this test cannot have.
my %others = (
	'TABLE DATA' => 'rows', 'SEQUENCE SET' => 'a position', 'MATERIALIZED VIEW DATA' => 'rows', 'STATISTICS DATA' => 'gathered',
	'BLOB' => 'rows', 'BLOB METADATA' => 'rows', 'BLOBS' => 'rows',
	'DATABASE' => 'the database itself', 'DATABASE PROPERTIES' => 'the database itself', 'SUBSCRIPTION TABLE' => 'only for pg_upgrade',
	'SECURITY LABEL' => 'needs the library of a provider');

# {name and kind => text}
sub entries
{
	my ($out) = run_command([ 'pg_dump', '-h', $node->host, '-p', $node->port, '--schema-only', '-N', 'schemaver', '-d', 'app' ]);
	$out =~ s/^\\(un)?restrict .*$//mg;
	my ($head, @parts) = split /^-- (?=Name: )/m, $out;
	my %entries;
	for (@parts)
	{
		my ($name, $kind, $rest) = /^(Name: .*?); Type: ([^;]+);(.*)/s;
		$entries{"$kind|$name"} .= $rest;
	}
	return \%entries;
}

sub text { my $e = shift; return join '', map { "$_$e->{$_}" } sort keys %$e }
sub of_kind { my ($e, $kind) = @_; return join '', map { "$_$e->{$_}" } grep { /^\Q$kind\E\|/ } sort keys %$e }

$node->safe_psql('postgres', 'CREATE ROLE alice; CREATE DATABASE app');
$node->safe_psql('app', "CREATE EXTENSION schemaver; SET schemaver.progress = off;
	SELECT schemaver.revision('all', \$all\$$schema\$all\$, '', id => 'a1'); SELECT schemaver.upgrade()");
my $before = entries();
my %seen = map { /^([^|]+)/; $1 => 1 } keys %$before;

for my $kind (sort keys %adds)
{
	$node->safe_psql('app', "SET client_min_messages = error; $adds{$kind}");
	my $after = entries();
	$seen{$_} = 1 for map { /^([^|]+)/; $1 } keys %$after;
	isnt(of_kind($after, $kind), of_kind($before, $kind), "$kind: pg_dump writes one more");
	is($node->safe_psql('app', 'SELECT count(*) > 0 FROM schemaver.drift()'), 't', "$kind: it is drift");
	is($node->safe_psql('app', 'SELECT count(*) > 0 FROM schemaver.diff(schemaver.snapshot_at(), schemaver.snapshot())'), 't', "$kind: it is a difference");
	$node->safe_psql('app', 'SET client_min_messages = error; SET schemaver.progress = off; SELECT count(*) FROM schemaver.revert_drift(allow_data_loss => true)');
	is(text(entries()), text($before), "$kind: the dump is as before again");
}
is(join(', ', grep { !$adds{$_} && !$others{$_} } sort keys %seen), '', 'each kind that was seen is decided');

done_testing();
