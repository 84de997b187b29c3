# Mutated migration files: load() registers them or refuses them with an error
# of class SV, and the server lives on.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Mutations;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $mutations = $ENV{SCHEMAVER_MUTATIONS} || 3000;
my @pieces = (
	"'", '"', '$$', '$x$', '/*', '*/', '--', ';', "\n", "\r\n", '\\', "\\.\n", '(', ')', '@', ':',
	'-- schemaver:up', '-- schemaver:down', '-- schemaver:revision ', '-- schemaver:revises ',
	'BEGIN;', 'COMMIT;', 'BEGIN ATOMIC ', 'END', "COPY t FROM stdin;\n", 'SAVEPOINT a;', "E'\\", 'U&"\\00',
	'\\restrict x', 'SET standard_conforming_strings = off;', 'CREATE INDEX CONCURRENTLY ON t (a);',
	"ALTER TYPE e ADD VALUE 'x';", 'DO $a$', "\x01", 'x' x 300);

seed(20261121);
my @files = map { slurp_file($_) } sort glob('test/example/*.sql');
cmp_ok(scalar @files, '>=', 10, 'there are files to mutate');

my $node = PostgreSQL::Test::Cluster->new('mutation');
$node->init(extra => [ '--encoding', 'UTF8', '--locale', 'C' ]);
$node->append_conf('postgresql.conf', "schemaver.journal_failures = off\n");
$node->start;
$node->safe_psql('postgres',
	'CREATE EXTENSION schemaver; CREATE TABLE bytes (id serial, content bytea);');

my $input = $node->basedir . '/input.copy';
open(my $out, '>', $input) or die "$input: $!";
binmode $out;
print $out copy_bytes($_) for @files;
for (1 .. $mutations)
{
	print $out copy_bytes(mutate($files[ pick(scalar @files) ], $files[ pick(scalar @files) ], 4, @pieces));
}
close $out;
$node->safe_psql('postgres', "\\copy bytes (content) FROM '$input'");

(my $sql = <<'SQL') =~ s/FILES/scalar @files/ge;
CREATE TEMP TABLE answer (sqlstate text);
CREATE TEMP VIEW input AS SELECT id, convert_from(content, 'UTF8') AS content FROM bytes;
-- the files as they are, so that what a mutated one revises is there
SELECT count(*) FROM (SELECT schemaver.load('all.sql', string_agg(content, E'\n')) FROM input WHERE id <= FILES) x;
DO $do$
DECLARE
	one record;
	code text;
BEGIN
	FOR one IN SELECT content FROM input WHERE id > FILES ORDER BY id LOOP
		code := '00000';
		BEGIN
			PERFORM schemaver.load('mutated.sql', one.content);
			-- so that the next one meets the same state
			RAISE EXCEPTION USING ERRCODE = 'UT000';
		EXCEPTION WHEN OTHERS THEN
			code := SQLSTATE;
		END;
		INSERT INTO answer VALUES (code);
	END LOOP;
END
$do$;
SELECT sqlstate, count(*) FROM answer GROUP BY 1 ORDER BY 1;
SQL
my $answers = $node->safe_psql('postgres', $sql);
note($answers);

my %count = map { split /\|/ } grep { /\|/ } split /\n/, $answers;
my $sum = 0;
$sum += $_ for values %count;
is($sum, $mutations, 'every file was answered');
cmp_ok($count{UT000} // 0, '>', 0, 'some of them can be registered');
cmp_ok($count{SV007} // 0, '>', 0, 'some hold an invalid script');
cmp_ok($count{SV018} // 0, '>', 0, 'some are no files of the format');
# 22P02: options that are no JSON; 22023: options that are not known
is(join(' ', grep { !/^(SV00[1-8]|SV018|UT000|22P02|22023)$/ } sort keys %count), '', 'no other error is raised');
is($node->safe_psql('postgres', 'SELECT count(*) FROM schemaver.revision'), scalar @files, 'nothing is left of them');

$node->stop;
done_testing();
