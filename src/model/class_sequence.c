/*
 * class_sequence.c
 *		Sequences that stand by themselves, and the columns that own them.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_sequence.h"
#include "model/model.h"
#include "utils/builtins.h"

static void
write_options(StringInfo out, const Object *o, bool all)
{
	static const char *const names[][2] = {
		{"increment", "INCREMENT BY"}, {"min", "MINVALUE"}, {"max", "MAXVALUE"},
		{"start", "START WITH"}, {"cache", "CACHE"}
	};

	for (int i = 0; i < lengthof(names); i++)
		if (sv_is(o, names[i][0]))
			appendStringInfo(out, "\n    %s %s", names[i][1], sv_text(o, names[i][0]));
	if (sv_is(o, "cycle"))
		appendStringInfoString(out, "\n    CYCLE");
}

static void
create_sequence(Writer *w, const Object *o)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "CREATE %sSEQUENCE %s", sv_is(o, "unlogged") ? "UNLOGGED " : "", o->identity);
	if (sv_is(o, "type"))
		appendStringInfo(&out, " AS %s", sv_text(o, "type"));
	write_options(&out, o, false);
	sv_emit(w, 0, "%s", out.data);
}

/* The least or the greatest value, given or not. */
static int64
bound(const Object *o, bool upper)
{
	const char *given = sv_text(o, upper ? "max" : "min");
	const char *type = sv_is(o, "type") ? sv_text(o, "type") : "bigint";
	bool		down = sv_is(o, "increment") && sv_text(o, "increment")[0] == '-';

	if (*given)
		return strtoi64(given, NULL, 10);
	if (upper)
		return down ? -1 : strcmp(type, "smallint") == 0 ? PG_INT16_MAX : strcmp(type, "integer") == 0 ? PG_INT32_MAX : PG_INT64_MAX;
	return !down ? 1 : strcmp(type, "smallint") == 0 ? PG_INT16_MIN : strcmp(type, "integer") == 0 ? PG_INT32_MIN : PG_INT64_MIN;
}

/* What the bounds are if they are not given follows from the type and the direction. */
static bool
has_other_bounds(const Object *a, const Object *b)
{
	bool		down = sv_is(a, "increment") && sv_text(a, "increment")[0] == '-';

	return !sv_same(a, b, "type") || down != (sv_is(b, "increment") && sv_text(b, "increment")[0] == '-');
}

/* With another type, NO MAXVALUE may mean the end of the type also for a sequence that descends: a number does not. */
static void
write_bound(StringInfo out, const Object *a, const Object *b, bool upper)
{
	const char *name = upper ? "max" : "min";

	if (sv_same(a, b, name) && !has_other_bounds(a, b))
		return;
	if (sv_is(b, name) || !sv_same(a, b, "type"))
		appendStringInfo(out, " %sVALUE " INT64_FORMAT, upper ? "MAX" : "MIN", bound(b, upper));
	else
		appendStringInfo(out, " NO %sVALUE", upper ? "MAX" : "MIN");
}

static void
alter_sequence(Writer *w, const Object *a, const Object *b)
{
	StringInfoData out;

	initStringInfo(&out);
	if (!sv_same(a, b, "type"))
		appendStringInfo(&out, " AS %s", sv_is(b, "type") ? sv_text(b, "type") : "bigint");
	if (!sv_same(a, b, "increment"))
		appendStringInfo(&out, " INCREMENT BY %s", sv_is(b, "increment") ? sv_text(b, "increment") : "1");
	write_bound(&out, a, b, false);
	write_bound(&out, a, b, true);
	if (!sv_same(a, b, "first"))
		appendStringInfo(&out, " START WITH %s", sv_text(b, "first"));
	if (!sv_same(a, b, "cache"))
		appendStringInfo(&out, " CACHE %s", sv_is(b, "cache") ? sv_text(b, "cache") : "1");
	if (!sv_same(a, b, "cycle"))
		appendStringInfo(&out, sv_is(b, "cycle") ? " CYCLE" : " NO CYCLE");
	if (bound(b, false) > bound(a, true) || bound(b, true) < bound(a, false))
		appendStringInfo(&out, " RESTART WITH %s", sv_text(b, "first"));
	else
	{
		if (bound(b, false) > bound(a, false))
			sv_emit(w, 0, "SELECT pg_catalog.setval(%s, " INT64_FORMAT ", false) FROM %s WHERE last_value < " INT64_FORMAT,
					sv_quote(b->identity), bound(b, false), b->identity, bound(b, false));
		if (bound(b, true) < bound(a, true))
			sv_emit(w, 0, "SELECT pg_catalog.setval(%s, " INT64_FORMAT ") FROM %s WHERE last_value > " INT64_FORMAT,
					sv_quote(b->identity), bound(b, true), b->identity, bound(b, true));
	}
	if (out.len > 0)
		sv_emit(w, 0, "ALTER SEQUENCE %s%s", b->identity, out.data);
}

static void
alter_persistence(Writer *w, const Object *a, const Object *b)
{
	sv_emit(w, 0, "ALTER SEQUENCE %s SET %s", b->identity, sv_is(b, "unlogged") ? "UNLOGGED" : "LOGGED");
}

static const Alterer sequence_alterers[] = {
	{"type", alter_sequence},
	{"increment", alter_sequence},
	{"min", alter_sequence},
	{"max", alter_sequence},
	{"start", NULL, SV_ALTER_IGNORED},	/* "first" decides */
	{"first", alter_sequence},
	{"cache", alter_sequence},
	{"cycle", alter_sequence},
	{"unlogged", alter_persistence},
	{NULL}
};

static void
drop_sequence(Writer *w, const Object *o)
{
	sv_emit(w, SV_HAZARD_DATA_LOSS, "DROP SEQUENCE %s", o->identity);
}

const ModelClass sv_class_sequence = {
	.name = "sequence", .keyword = "SEQUENCE", .catalog = RelationRelationId, .rank = 150,
	.style = SV_ID_QUALIFIED, .acl_type = 's',
	.query = "SELECT c.oid AS _oid, relnamespace AS _schema, relname AS _name, relowner AS owner, relacl AS acl, "
	"CASE WHEN seqtypid <> 20 THEN format_type(seqtypid, NULL) END AS type, "
	"CASE WHEN seqincrement <> 1 THEN seqincrement END AS increment, "
	"CASE WHEN seqmin <> CASE WHEN seqincrement > 0 THEN 1 WHEN seqtypid = 20 THEN -9223372036854775808 "
	"WHEN seqtypid = 23 THEN -2147483648 ELSE -32768 END THEN seqmin END AS min, "
	"CASE WHEN seqmax <> CASE WHEN seqincrement < 0 THEN -1 WHEN seqtypid = 20 THEN 9223372036854775807 "
	"WHEN seqtypid = 23 THEN 2147483647 ELSE 32767 END THEN seqmax END AS max, "
	"CASE WHEN seqstart <> CASE WHEN seqincrement > 0 THEN seqmin ELSE seqmax END THEN seqstart END AS start, "
	"seqstart AS first, CASE WHEN seqcache <> 1 THEN seqcache END AS cache, " FLAG("seqcycle", "cycle") ", "
	FLAG("relpersistence = 'u'", "unlogged") " "
	"FROM pg_catalog.pg_class c JOIN pg_catalog.pg_sequence s ON seqrelid = c.oid "
	"WHERE relkind = 'S' AND relpersistence <> 't' AND " IN_SCHEMAS("relnamespace")
	" AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend WHERE classid = 1259 AND objid = c.oid AND deptype = 'i')",
	.create = create_sequence,
	.drop = drop_sequence,
	.alterers = sequence_alterers,
	.name_space = sv_relation_name_space,
};

/* ----- ownership by a column ----- */

static void
create_owner(Writer *w, const Object *o)
{
	sv_emit(w, 0, "ALTER SEQUENCE %s OWNED BY %s", o->parent->identity, sv_text(o, "column"));
}

static void
drop_owner(Writer *w, const Object *o)
{
	sv_emit(w, 0, "ALTER SEQUENCE %s OWNED BY NONE", o->parent->identity);
}

const ModelClass sv_class_sequence_owner = {
	.name = "sequence owner", .keyword = "SEQUENCE", .catalog = SequenceRelationId, .rank = 235,
	.style = SV_ID_GIVEN, .parent_catalog = RelationRelationId, .is_part = true,
	.query = "SELECT s.oid AS _oid, s.oid AS _parent, d.refobjid AS _needs, "
	"s.oid::regclass::text AS _identity, d.refobjid::regclass::text || '.' || quote_ident(a.attname) AS \"column\" "
	"FROM pg_catalog.pg_class s JOIN pg_catalog.pg_depend d ON d.classid = 1259 AND d.objid = s.oid AND d.deptype = 'a' "
	"AND d.refclassid = 1259 AND d.refobjsubid > 0 "
	"JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid "
	"WHERE s.relkind = 'S' AND " IN_SCHEMAS("s.relnamespace"),
	.create = create_owner,
	.drop = drop_owner,
};
