# Mutated migration files: load() registers them or refuses them with an error
# of class SV, and the server lives on.
use strict;
use warnings;

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

# A number below n, the same in every run.
my $state = 20261121;

sub pick
{
	my ($n) = @_;
	$state = ($state * 1103515245 + 12345) % 2147483648;
	return int($state / 65536) % $n;
}

sub mutate
{
	my ($text, $other) = @_;
	for (1 .. 1 + pick(4))
	{
		my $at = pick(length($text) + 1);
		my $way = pick(4);
		if ($way == 0) { substr($text, $at, pick(40)) = ''; }
		elsif ($way == 1) { substr($text, $at, 0) = $pieces[ pick(scalar @pieces) ]; }
		elsif ($way == 2) { substr($text, $at, 1) = chr(1 + pick(127)); }
		else { substr($text, $at, pick(20)) = substr($other, pick(length $other), pick(200)); }
	}
	return $text;
}

sub copy_line
{
	my ($text) = @_;
	$text =~ s/\\/\\\\/g;
	$text =~ s/\n/\\n/g;
	$text =~ s/\r/\\r/g;
	$text =~ s/\t/\\t/g;
	return "$text\n";
}

my @files = map { slurp_file($_) } sort glob('test/example/*.sql');
cmp_ok(scalar @files, '>=', 10, 'there are files to mutate');

my $node = PostgreSQL::Test::Cluster->new('mutation');
$node->init(extra => [ '--encoding', 'UTF8', '--locale', 'C' ]);
$node->append_conf('postgresql.conf', "schemaver.journal_failures = off\n");
$node->start;
$node->safe_psql('postgres',
	'CREATE EXTENSION schemaver; CREATE TABLE input (id serial, content text);');

my $input = $node->basedir . '/input.copy';
open(my $out, '>', $input) or die "$input: $!";
binmode $out;
print $out copy_line($_) for @files;
for (1 .. $mutations)
{
	print $out copy_line(mutate($files[ pick(scalar @files) ], $files[ pick(scalar @files) ]));
}
close $out;
$node->safe_psql('postgres', "\\copy input (content) FROM '$input'");

(my $sql = <<'SQL') =~ s/FILES/scalar @files/ge;
CREATE TEMP TABLE answer (sqlstate text);
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
