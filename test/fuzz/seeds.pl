#!/usr/bin/perl
# seeds.pl FOLDER: inputs for the harness, made of the texts of the other tests.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../t";
use Folders;

my ($to) = @ARGV or die "seeds.pl FOLDER\n";
my $count = 0;

sub seed
{
	my ($letter, $text) = @_;

	open(my $out, '>', sprintf('%s/%s%04d', $to, $letter, $count++)) or die "$to: $!";
	print $out $letter . $text;
	close $out;
	return;
}

sub text_of
{
	my ($file) = @_;

	open(my $in, '<', $file) or die "$file: $!";
	local $/;
	return scalar <$in>;
}

my @formats = qw(native sqitch drizzle liquibase goose dbmate sql-migrate tern node-pg-migrate rambler mybatis play graphile
	alembic rails prisma pairs flyway refinery folders plain);
my $root = "$FindBin::RealBin/../..";

for my $folder (folders())
{
	seed('F', $folder);
	seed('T', "$_\n$folder") for @formats;
}
for my $file (glob "$root/sql/*.sql")
{
	my $text = text_of($file);

	# each paragraph is a script; each native file in it is one
	seed('S', $_) for grep { length $_ < 3000 } split /\n\n+/, $text;
	seed('N', "-- schemaver:$_") for grep { length $_ < 3000 } $text =~ /-- schemaver:((?:revision|repeatable|seed|rows)\b.*?)\$\w*\$/sg;
}
for my $file (glob "$root/test/example/*.sql")
{
	seed('N', text_of($file));
}
seed('N', "-- schemaver:revision a1\n-- schemaver:message one\n-- schemaver:revises b1, b2\n-- schemaver:depends_on c\n"
	  . "-- schemaver:branch_labels x\n-- schemaver:options {\"data\": \"elide\"}\n-- schemaver:up\nSELECT 1;\n-- schemaver:down\nSELECT 2;\n"
	  . "-- schemaver:verify\nSELECT true;\n");
seed('R', $_) for map { my $way = $_; map { "$way$_" } 'head', 'heads', 'base', 'current', 'a1', 'a', '+1', '-2', 'a1+2', 'm4-1', 'fees@head', 'fees@+1',
	'fees@base', 'tag:v1', 'date:2026-01-02', 'run:3', 'a1:m4', ':', 'a1:', ':+2', 'steps:1' } qw(u d g s h 1 n);
seed('E', $_) for 'test', 'a and (b or not c)', '!a, @b', 'a AND B OR ()', 'not not dev', '@test';
seed('O', $_) for '{"data": "elide"}', '{"keep": true, "dependents": "rebuild"}', '{"irreversible": "why"}', '{"transaction": false}',
	'{"variables": "flyway", "context": "a and b", "labels": "x,y"}', '{"replaces": ["a", "b"]}', '{"external": "what"}',
	'{"preconditions": [{"sql": "SELECT 1", "expect": "1", "on_fail": "mark", "on_error": "skip", "message": "m"}]}';
seed('M', $_) for '{"schemaver": 1, "objects": []}',
	'{"schemaver": 1, "objects": [{"class": "schema", "identity": "z", "name": "z"}, {"class": "table", "identity": "z.t", "schema": "z",'
	  . ' "name": "t", "owner": "o", "acl": ["o=r/o"], "comment": "c", "persistence": "p"}, {"class": "column", "identity": "z.t.a", "name": "a",'
	  . ' "parent": "table z.t", "type": "integer", "not_null": "true", "needs": ["type z.m"]}]}';
seed('V', "$_\${n} '\${p}' \"\${n:-x}\" :n :'p' :\"n\" \$\$ :n \${p} \$\$ -- :n\n\${x} a::int") for qw(a b c d);
seed('W', $_) for "v(id, a) VALUES (1, 'x'), (2, DEFAULT), (-1.5e3, 'a'::text), (NULL, E'\\n')", "cid,a\n1,\"x \"\"y\"\"\n2,\n", "oid\ta\n1\t\\N\n\\.\n";
print "$count seeds\n";
