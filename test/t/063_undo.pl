# Each change of a schema with something of every class, as a revision without a down: the state kept after it is
# the schema (nothing has drifted), and the derived down leads back to exactly what was before.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Changes;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "wal_level = logical\nmax_prepared_transactions = 5");
$node->start;
$node->safe_psql('postgres', 'CREATE ROLE alice');
$node->safe_psql('postgres', "CREATE EXTENSION schemaver; SET schemaver.progress = off;
	SELECT schemaver.revision('all', \$all\$$schema\$all\$, '', id => 'a1'); SELECT schemaver.upgrade()");

# What drift is not asked about: several objects in one step, and what no hook of the server is told of.
my @more = grep { /\S/ } split /\n/, <<'MORE';
DROP SCHEMA s CASCADE
DROP SCHEMA other
DROP OWNED BY alice
DROP SERVER srv CASCADE
DROP TYPE s.mood CASCADE
DROP TABLE s.t CASCADE
DROP TABLE s.part
DROP TABLE s.base CASCADE
ALTER TABLE s.t DROP COLUMN a CASCADE
DROP FUNCTION s.add(int, int) CASCADE
DROP TABLE s.fast; CREATE TABLE s.fast (x text, y int)
DROP VIEW s.v2; CREATE TABLE s.v2 (id int, b text)
DROP TABLE s.loose; CREATE VIEW s.loose AS SELECT 1 AS k
DROP SEQUENCE s.seq; CREATE TABLE s.seq (a int)
DROP INDEX s.t_a; CREATE INDEX t_a ON s.t (c)
ALTER TABLE s.t RENAME a TO z; ALTER TABLE s.t RENAME b TO a; ALTER TABLE s.t RENAME z TO b
ALTER TABLE s.fast RENAME TO loose2; ALTER TABLE s.loose RENAME TO fast; ALTER TABLE s.loose2 RENAME TO loose
ALTER TABLE s.t SET SCHEMA other; ALTER TABLE other.t RENAME TO u; ALTER TABLE other.u DROP COLUMN last
ALTER SCHEMA s RENAME TO q; CREATE TABLE q.inside (x int); CREATE SCHEMA s; CREATE TABLE s.again (x int)
GRANT SELECT ON ALL TABLES IN SCHEMA s TO PUBLIC
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA s FROM PUBLIC
GRANT USAGE ON ALL SEQUENCES IN SCHEMA s TO alice WITH GRANT OPTION
ALTER DEFAULT PRIVILEGES GRANT INSERT ON TABLES TO alice; CREATE TABLE s.given (x int)
ALTER DEFAULT PRIVILEGES IN SCHEMA s REVOKE SELECT ON TABLES FROM alice; CREATE TABLE s.given (x int)
ALTER DEFAULT PRIVILEGES IN SCHEMA other GRANT SELECT ON TABLES TO alice; ALTER TABLE s.fast SET SCHEMA other
DROP TABLE s.fast; ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT DELETE ON TABLES TO PUBLIC
ALTER TABLE s.t ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY
ALTER TABLE s.child ALTER id SET START 7 SET CACHE 5 SET CYCLE
ALTER SEQUENCE s.child_id_seq MAXVALUE 900
ALTER SEQUENCE s.child_id_seq RENAME TO ids
ALTER TABLE s.child ALTER g DROP EXPRESSION
ALTER TABLE s.part DETACH PARTITION s.part2; DROP TABLE s.part1
ALTER TABLE s.part RENAME v TO w
ALTER TABLE s.part ADD PRIMARY KEY (k)
ALTER TABLE s.part ADD FOREIGN KEY (k) REFERENCES s.t
CREATE INDEX part_v ON ONLY s.part (v); CREATE INDEX p1_v ON s.part1 (v); ALTER INDEX s.part_v ATTACH PARTITION s.p1_v
ALTER TABLE s.derived NO INHERIT s.base
ALTER TABLE s.derived NO INHERIT s.base; ALTER TABLE s.derived ADD COLUMN own int; CREATE INDEX ON s.derived (own)
ALTER TABLE s.base DROP COLUMN y; ALTER TABLE s.derived NO INHERIT s.base
CREATE TABLE s.heir (y int, x int); ALTER TABLE s.heir INHERIT s.base; CREATE TABLE s.nothing ()
CREATE TYPE s.row AS (k int, v text); ALTER TABLE s.loose OF s.row
CREATE TABLE s.typed OF s.pair (PRIMARY KEY (a)); ALTER TYPE s.pair ADD ATTRIBUTE c int CASCADE
ALTER TABLE s.t REPLICA IDENTITY USING INDEX t_pkey
ALTER TABLE s.fast SET ACCESS METHOD heap2
ALTER TABLE s.t DISABLE TRIGGER ALL; ALTER TABLE s.t NO FORCE ROW LEVEL SECURITY
ALTER FOREIGN TABLE s.ft ALTER x SET NOT NULL, ALTER y SET DEFAULT 'd'
ALTER TEXT SEARCH CONFIGURATION s.conf ALTER MAPPING FOR asciiword WITH s.dict
ALTER OPERATOR FAMILY s.fam USING btree ADD OPERATOR 1 <(int, bigint), FUNCTION 1 (int, bigint) btint48cmp(int, bigint)
ALTER OPERATOR s.&+& (int, int) SET SCHEMA other
CREATE OR REPLACE FUNCTION s.add(a int, b int) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN a - b; END'
DROP FUNCTION s.one(); CREATE FUNCTION s.one() RETURNS text LANGUAGE sql AS $$SELECT 'x'$$
SELECT 1 INTO s.made
DO $$BEGIN EXECUTE 'ALTER TABLE s.t REPLICA IDENTITY NOTHING'; EXECUTE 'CREATE TABLE s.dynamic (x int)'; END$$
UPDATE pg_catalog.pg_attribute SET attstattarget = 31 WHERE attrelid = 's.t'::regclass AND attname = 'a'
UPDATE pg_catalog.pg_description SET description = 'else' WHERE objoid = 's.t'::regclass AND objsubid = 0
MORE


sub attempt
{
	my $sql = shift;
	my ($code, $out, $err) = $node->psql('postgres', qq{SET client_min_messages = error; SET schemaver.progress = off; BEGIN;
		SELECT schemaver.fingerprint() AS before \\gset
		SELECT schemaver.revision('change', \$up\$$sql\$up\$, id => 'b2') \\g /dev/null
		SELECT count(*) FROM schemaver.upgrade() \\g /dev/null
		SELECT 'changed' WHERE schemaver.fingerprint() <> :'before';
		SELECT 'drift: ' || change || ' ' || kind || ' ' || identity FROM schemaver.drift();
		SELECT count(*) FROM schemaver.downgrade('a1', allow_data_loss => true) \\g /dev/null
		SELECT 'not as before' WHERE schemaver.fingerprint() <> :'before';
		SELECT 'drift on the way back: ' || change || ' ' || kind || ' ' || identity FROM schemaver.drift();
		ROLLBACK});
	return "$out$err";
}

my $count = 0;
for my $sql ((map { (split / => /)[0] } @changes), @more)
{
	is(attempt($sql), 'changed', $sql);
	$count++;
}
cmp_ok($count, '>=', 290, "$count changes");

done_testing();
