# Mutated folders of every format: each is registered, or refused with an error that
# has a code of schemaver's and names the file; the server lives on, and what was
# refused has left nothing.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Folders;
use Mutations;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $mutations = $ENV{SCHEMAVER_MUTATIONS} || 2000;

my @folders = folders();
my @pieces = (
	"\n", "\r\n", "\r", ' ', "\t", "'", '"', '$$', '${', '${a}', '}', '{{', '}}', '{', '[', ']', '(', ',', ':', ';', '--', '-- ', '/*', '*/',
	'<', '>', '=', '/', '../', '@', '#', '!', '%', '\\', '\\n', "\x01", "\xC3\xA4", '0', '99999999999999999999', 'x' x 300, '&#', '&amp;', "\n\\i a.sql\n", "\n\\set a ",
	"-- schemaver:file x.sql\n", "-- schemaver:file:3 x.sql\n", "-- schemaver:file \n", "\n-- +goose Down\n", "\n-- migrate:down\n",
	"\n--changeset a:b\n", "\n--rollback ", "\n-- Running upgrade ", "\nCOMMIT;\n", "\nBEGIN;\n", 'null', 'true', '""');

seed($ENV{SCHEMAVER_SEED} || 20261130);
my $node = PostgreSQL::Test::Cluster->new('formats_mutation');
$node->init(extra => [ '--encoding', 'UTF8', '--locale', 'C' ]);
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION schemaver; CREATE TABLE input (id serial, content bytea);');

my $input = $node->basedir . '/input.copy';
open(my $out, '>', $input) or die "$input: $!";
binmode $out;
print $out copy_bytes($_) for @folders;
for (1 .. $mutations)
{
	print $out copy_bytes(mutate($folders[ pick(scalar @folders) ], $folders[ pick(scalar @folders) ], 5, @pieces));
}
close $out;
$node->safe_psql('postgres', "\\copy input (content) FROM '$input'");

(my $sql = <<'SQL') =~ s/FOLDERS/scalar @folders/ge;
SET client_min_messages = error;
CREATE TEMP TABLE answer (id int, sqlstate text, message text);
DO $do$
DECLARE
	one record;
	txt text;
BEGIN
	FOR one IN SELECT id, content FROM input ORDER BY id LOOP
		BEGIN
			BEGIN
				txt := convert_from(one.content, 'UTF8');
			EXCEPTION WHEN OTHERS THEN
				CONTINUE;
			END;
			PERFORM schemaver.load('folder', txt, variables => '{"N": "n", "p": "p"}', validate => one.id % 2 = 0);
			IF one.id % 2 = 0 AND (EXISTS (SELECT FROM schemaver.revision) OR EXISTS (SELECT FROM schemaver.living)) THEN
				RAISE 'validate has registered something';
			END IF;
			RAISE EXCEPTION SQLSTATE 'ZZ001';
		EXCEPTION WHEN OTHERS THEN
			INSERT INTO answer VALUES (one.id, SQLSTATE, SQLERRM);
		END;
	END LOOP;
END
$do$;
SELECT sqlstate || ': ' || id || ': ' || message FROM answer WHERE sqlstate NOT LIKE 'SV%' AND sqlstate NOT IN ('ZZ001', '22023', '54001')
	OR sqlstate = 'SV018' AND message !~ '(file "|no migration was found|files are in two formats)' ORDER BY id LIMIT 20;
SELECT 'SV: ' || (count(*) FILTER (WHERE sqlstate LIKE 'SV%') > 0) || ', good: ' || (count(*) FILTER (WHERE sqlstate = 'ZZ001') > 0)
	FROM answer;
SELECT 'as they are: ' || string_agg(id::text, ',' ORDER BY id) FROM answer WHERE sqlstate <> 'ZZ001' AND id <= FOLDERS;
SQL
my $answers = $node->safe_psql('postgres', $sql);
# the one whose sum is wrong is refused, 22023 is of an expression of contexts
is($answers, "SV: true, good: true\nas they are: 27", 'each folder is registered or refused with a code of schemaver\'s and the file');
is($node->safe_psql('postgres', 'SELECT count(*) FROM schemaver.revision'), '0', 'nothing was left');
$node->stop;
done_testing();
