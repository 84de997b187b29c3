/*
 * class_sequence.c
 *		Sequences that stand by themselves, and the columns that own them.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_sequence.h"
#include "model/model.h"
#include "utils/builtins.h"

/* Write the options that differ from the usual ones, each after the separator. */
void
sv_sequence_write_options(StringInfo out, const Object *o, const char *separator)
{
	static const char *const names[][2] = {
		{"increment", "INCREMENT BY"}, {"min", "MINVALUE"}, {"max", "MAXVALUE"},
		{"start", "START WITH"}, {"cache", "CACHE"}
	};

	for (int i = 0; i < lengthof(names); i++)
		if (sv_is(o, names[i][0]))
			appendStringInfo(out, "%s%s %s", separator, names[i][1], sv_text(o, names[i][0]));
	if (sv_is(o, "cycle"))
		appendStringInfo(out, "%sCYCLE", separator);
}

static void
create_sequence(Writer *w, const Object *o)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "CREATE %sSEQUENCE %s", sv_is(o, "unlogged") ? "UNLOGGED " :
					 "", o->identity);
	if (sv_is(o, "type"))
		appendStringInfo(&out, " AS %s", sv_text(o, "type"));
	sv_sequence_write_options(&out, o, "\n    ");
	sv_emit(w, 0, "%s", out.data);
}

/* The sequence of an identity column has the column's type. */
static const char *
type_of(const Object *o)
{
	if (o->parent != NULL)
		return sv_text(o->parent, "type");
	return sv_is(o, "type") ? sv_text(o, "type") : "bigint";
}

static bool
has_same_type(const Object *a, const Object *b)
{
	return strcmp(type_of(a), type_of(b)) == 0;
}

static bool
descends(const Object *o)
{
	return sv_is(o, "increment") && sv_text(o, "increment")[0] == '-';
}

/* The least or the greatest value, given or not. */
static int64
bound(const Object *o, bool upper)
{
	const char *given = sv_text(o, upper ? "max" : "min");
	const char *type = type_of(o);
	bool		down = descends(o);

	if (*given)
		return strtoi64(given, NULL, 10);
	if (upper)
		return down ? -1 : strcmp(type, "smallint") == 0 ? PG_INT16_MAX :
			strcmp(type, "integer") == 0 ? PG_INT32_MAX : PG_INT64_MAX;
	return !down ? 1 : strcmp(type, "smallint") == 0 ? PG_INT16_MIN :
		strcmp(type, "integer") == 0 ? PG_INT32_MIN : PG_INT64_MIN;
}

static int64
first_value(const Object *o)
{
	return sv_is(o, "start") ? strtoi64(sv_text(o, "start"), NULL, 10) : bound(o, descends(o));
}

/*
 * Does a column's identity get a type with fewer values? Then its bounds
 * change before the column's type does.
 */
bool
sv_sequence_narrows(const Object *a, const Object *b)
{
	return strcmp(type_of(b), "smallint") == 0 ? !has_same_type(a, b) :
		strcmp(type_of(b), "integer") == 0 && strcmp(type_of(a), "bigint") == 0;
}

/* What the bounds are if they are not given follows from the type and the direction. */
static bool
has_other_bounds(const Object *a, const Object *b)
{
	return !has_same_type(a, b) || descends(a) != descends(b);
}

/* Is one the sequence of an identity column that has another type than it? */
static bool
has_inner_type(const Object *a, const Object *b)
{
	return b->parent != NULL && (sv_is(a, "type") || sv_is(b, "type"));
}

/*
 * With another type, NO MAXVALUE may mean the end of the type also for a
 * sequence that descends: a number does not.
 */
static void
write_bound(StringInfo out, const Object *a, const Object *b, bool upper)
{
	const char *name = upper ? "max" : "min";

	if (sv_same(a, b, name) && !has_other_bounds(a, b))
		return;
	if (sv_is(b, name) || !has_same_type(a, b) || has_inner_type(a, b))
		appendStringInfo(out, " %sVALUE " INT64_FORMAT, upper ? "MAX" : "MIN", bound(b, upper));
	else
		appendStringInfo(out, " NO %sVALUE", upper ? "MAX" : "MIN");
}

/* A position that would be outside of the new bounds moves to the nearest of them. */
static void
write_position(Writer *w, const Object *a, const Object *b, const char *name)
{
	if (bound(b, false) > bound(a, false))
		sv_emit(w, 0,
				"SELECT pg_catalog.setval(%s, " INT64_FORMAT ", false) FROM %s WHERE last_value < "
				INT64_FORMAT,
				sv_quote(name), bound(b, false), name, bound(b, false));
	if (bound(b, true) < bound(a, true))
		sv_emit(w, 0,
				"SELECT pg_catalog.setval(%s, " INT64_FORMAT ") FROM %s WHERE last_value > "
				INT64_FORMAT,
				sv_quote(name), bound(b, true), name, bound(b, true));
}

/* Change all options in one statement, since some of them only fit together. */
void
sv_sequence_alter(Writer *w, const Object *a, const Object *b)
{
	const char *name = sv_sql_name(b, false);
	StringInfoData out;

	initStringInfo(&out);
	if (!has_same_type(a, b) && (b->parent == NULL || sv_sequence_narrows(a, b)))
		appendStringInfo(&out, " AS %s", type_of(b));
	if (!sv_same(a, b, "increment"))
		appendStringInfo(&out, " INCREMENT BY %s", sv_is(b, "increment") ?
						 sv_text(b, "increment") : "1");
	write_bound(&out, a, b, false);
	write_bound(&out, a, b, true);
	if (first_value(a) != first_value(b))
		appendStringInfo(&out, " START WITH " INT64_FORMAT, first_value(b));
	if (!sv_same(a, b, "cache"))
		appendStringInfo(&out, " CACHE %s", sv_is(b, "cache") ? sv_text(b, "cache") : "1");
	if (!sv_same(a, b, "cycle"))
		appendStringInfo(&out, sv_is(b, "cycle") ? " CYCLE" : " NO CYCLE");
	if (bound(b, false) > bound(a, true) || bound(b, true) < bound(a, false))
		appendStringInfo(&out, " RESTART WITH " INT64_FORMAT, first_value(b));
	else
		write_position(w, a, b, name);
	if (out.len > 0)
		sv_emit(w, 0, "ALTER SEQUENCE %s%s", name, out.data);
}

/* "a" may be NULL. */
void
sv_sequence_alter_persistence(Writer *w, const Object *a, const Object *b)
{
	sv_emit(w, 0, "ALTER SEQUENCE %s SET %s", sv_sql_name(b, false), sv_is(b, "unlogged") ?
			"UNLOGGED" : "LOGGED");
}

/*
 * Of an identity column: LIKE ... INCLUDING IDENTITY makes a bigint sequence with the bounds of
 * the column's type.  "a" may be NULL.
 */
void
sv_sequence_alter_inner_type(Writer *w, const Object *a, const Object *b)
{
	sv_emit(w, 0, "ALTER SEQUENCE %s AS %s MINVALUE " INT64_FORMAT " MAXVALUE " INT64_FORMAT,
			sv_sql_name(b, false), sv_is(b, "type") ? sv_text(b, "type") : type_of(b),
			bound(b, false), bound(b, true));
}

static const Alterer sequence_alterers[] = {
	{"type", sv_sequence_alter},
	{"increment", sv_sequence_alter},
	{"min", sv_sequence_alter},
	{"max", sv_sequence_alter},
	{"start", NULL, SV_ALTER_IGNORED | SV_ALTER_FOLLOWS},	/* "first" decides */
	{"first", sv_sequence_alter},
	{"cache", sv_sequence_alter},
	{"cycle", sv_sequence_alter},
	{"unlogged", sv_sequence_alter_persistence},
	{NULL}
};

static void
drop_sequence(Writer *w, const Object *o)
{
	sv_emit(w, SV_HAZARD_DATA_LOSS, "DROP SEQUENCE %s", o->identity);
}

const ModelClass sv_class_sequence = {
	.name = "sequence", .keyword = "SEQUENCE", .catalog = RelationRelationId, .rank = 150,
	.traits = SV_HOLDS_DATA,
	.rename = {3, SV_SPACE_RELATION, SV_RENAME_PLAIN, true, SV_HAZARD_BLOCKS_ALL},
	.style = SV_ID_QUALIFIED, .acl_type = 's',
	.query = "SELECT c.oid AS _oid, relnamespace AS _schema, relname AS _name, relowner AS owner, "
	"relacl AS acl, "
	"CASE WHEN seqtypid <> 20 THEN format_type(seqtypid, NULL) END AS type, "
	SV_SEQUENCE_OPTIONS("seqtypid") ", seqstart AS first, "
	FLAG("relpersistence = 'u'", "unlogged") " "
	"FROM pg_catalog.pg_class c JOIN pg_catalog.pg_sequence s ON seqrelid = c.oid "
	"WHERE relkind = 'S' AND relpersistence <> 't' AND " IN_SCHEMAS("relnamespace")
	" AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend WHERE classid = 1259 AND objid = c.oid AND "
	"deptype = 'i')",
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
	"s.oid::regclass::text AS _identity, d.refobjid::regclass::text || '.' || "
	"quote_ident(a.attname) AS \"column\" "
	"FROM pg_catalog.pg_class s JOIN pg_catalog.pg_depend d ON d.classid = 1259 AND d.objid = "
	"s.oid AND d.deptype = 'a' "
	"AND d.refclassid = 1259 AND d.refobjsubid > 0 "
	"JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid "
	"WHERE s.relkind = 'S' AND " IN_SCHEMAS("s.relnamespace"),
	.create = create_owner,
	.drop = drop_owner,
};
