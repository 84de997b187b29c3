# A new class of objects is one file and one line: a build with a class for large objects reads, compares, creates
# and drops them.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $class = <<'C';
#include "postgres.h"

#include "catalog/pg_largeobject.h"
#include "model/model.h"

static void
create(Writer *w, const Object *o)
{
	sv_emit(w, 0, "SELECT pg_catalog.lo_create(%s)", o->identity);
}

static void
drop(Writer *w, const Object *o)
{
	sv_emit(w, SV_HAZARD_DATA_LOSS, "SELECT pg_catalog.lo_unlink(%s)", o->identity);
}

const ModelClass sv_class_large_object = {
	.name = "large object", .keyword = "LARGE OBJECT", .catalog = LargeObjectRelationId, .rank = 900,
	.style = SV_ID_GIVEN, .traits = SV_HOLDS_DATA,
	.query = "SELECT oid AS _oid, oid::text AS _identity, lomowner AS owner "
	"FROM pg_catalog.pg_largeobject_metadata WHERE $2 AND $1 IS NOT NULL",
	.create = create,
	.drop = drop,
};
C

my $build = PostgreSQL::Test::Utils::tempdir();
system_or_bail('cp', '-rp', 'src', 'Makefile', 'META.json', 'schemaver.control', $build);
append_to_file("$build/src/model/class_large_object.c", $class);
append_to_file("$build/src/model/classes.def", "SV_CLASS(large_object)\n");
# the objects of the other files, if they are there, need no change
utime undef, undef, "$build/src/model/classes.c";
$ENV{CCACHE_DISABLE} = 1;
system_or_bail('make', '-C', $build, '-s', '-o', 'src/model/classes.def', 'with_llvm=no',
	'PG_CONFIG=' . ($ENV{PG_CONFIG} || 'pg_config'), 'schemaver.so');
chmod 0755, $build;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION schemaver');
$node->safe_psql('postgres', "UPDATE pg_proc SET probin = '$build/schemaver' WHERE probin = '\$libdir/schemaver'");
$node->safe_psql('postgres', 'CREATE TABLE before AS SELECT schemaver.snapshot() AS state');
$node->safe_psql('postgres', "SELECT lo_create(4711); COMMENT ON LARGE OBJECT 4711 IS 'it''s'");

like($node->safe_psql('postgres', "SELECT jsonb_path_query(schemaver.snapshot(), '\$.objects[*] ? (\@.class == \"large object\")')"),
	qr/"identity": "4711".*"comment": "it's"/, 'it is read');
my $there = $node->safe_psql('postgres', 'SELECT sql FROM before, schemaver.diff(state, schemaver.snapshot())');
is($there, "SELECT pg_catalog.lo_create(4711);\nCOMMENT ON LARGE OBJECT 4711 IS 'it''s';",
	'it is created, with its comment');
is($node->safe_psql('postgres', 'SELECT hazard, sql FROM before, schemaver.diff(schemaver.snapshot(), state)'),
	'data loss|SELECT pg_catalog.lo_unlink(4711);', 'it is dropped, and data with it');
$node->safe_psql('postgres', 'SELECT lo_unlink(4711)');
$node->safe_psql('postgres', $there);
is($node->safe_psql('postgres', 'SELECT sql FROM before, schemaver.diff(state, schemaver.snapshot())'), $there,
	'the statements make what was there');

$node->stop;
done_testing();
