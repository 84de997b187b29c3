/*
 * class_identity.c
 *		The sequences of identity columns.
 *
 * Such a sequence is a part of its column: it comes with GENERATED AS IDENTITY,
 * goes with DROP IDENTITY, and has the owner and the schema of the table.  Its
 * options, privileges, comment and persistence are its own.  The partitions of
 * a table have none: they use that of the table.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "model/model.h"
#include "utils/builtins.h"

/* The sequence of an identity column, or NULL. */
const Object *
sv_sequence_of_identity(const Object *column)
{
	ListCell   *cell;

	foreach(cell, column->parts)
	{
		if (sv_class_is(lfirst(cell), identity_sequence))
			return lfirst(cell);
	}
	return NULL;
}

/* Its name, neither qualified nor quoted. */
const char *
sv_identity_sequence_name(const Object *column)
{
	const Object *sequence = sv_sequence_of_identity(column);

	if (sequence != NULL && sv_is(sequence, "sequence"))
		return sv_text(sequence, "sequence");
	return sv_usual_sequence(column->parent->name, column->name);
}

/* Its name, qualified and quoted. */
const char *
sv_identity_sequence(const Object *column)
{
	return quote_qualified_identifier(column->parent->schema, sv_identity_sequence_name(column));
}

static const char *
sql_name(const Object *o, bool in_grant)
{
	return sv_identity_sequence(o->parent);
}

/* Write GENERATED AS IDENTITY with the options of the sequence. */
void
sv_write_identity(StringInfo out, const Object *column)
{
	const Object *sequence = sv_sequence_of_identity(column);
	StringInfoData options;

	appendStringInfo(out, " GENERATED %s AS IDENTITY", sv_text(column, "identity"));
	if (sequence == NULL)
		return;
	initStringInfo(&options);
	if (sv_is(sequence, "sequence"))
		appendStringInfo(&options, " SEQUENCE NAME %s", sv_identity_sequence(column));
	sv_sequence_write_options(&options, sequence, " ");
	if (options.len > 0)
		appendStringInfo(out, " (%s)", options.data + 1);
}

/*
 * Write what GENERATED AS IDENTITY cannot say: a new sequence is logged as its table
 * is, and of its column's type.
 */
void
sv_write_identity_extras(Writer *w, const Object *column)
{
	const Object *sequence = sv_sequence_of_identity(column);

	if (sequence != NULL && sv_is(sequence, "unlogged") != sv_is(column->parent, "unlogged"))
		sv_sequence_alter_persistence(w, NULL, sequence);
	if (sequence != NULL && sv_is(sequence, "type"))
		sv_sequence_alter_inner_type(w, NULL, sequence);
}

static const char *
alter_identity_column(const Object *column)
{
	return psprintf("ALTER TABLE %s ALTER COLUMN %s", column->parent->identity,
					quote_identifier(column->name));
}

static void
create_identity(Writer *w, const Object *o)
{
	StringInfoData out;

	initStringInfo(&out);
	sv_write_identity(&out, o->parent);
	sv_emit(w, SV_HAZARD_BLOCKS_ALL, "%s ADD%s", alter_identity_column(o->parent), out.data);
	sv_write_identity_extras(w, o->parent);
}

static void
drop_identity(Writer *w, const Object *o)
{
	sv_emit(w, SV_HAZARD_BLOCKS_ALL, "%s DROP IDENTITY", alter_identity_column(o->parent));
}

static void
rename_sequence(Writer *w, const Object *a, const Object *b)
{
	const char *old = sv_identity_sequence_name(a->parent);
	const char *new = sv_identity_sequence_name(b->parent);

	if (strcmp(old, new) != 0)
		sv_emit(w, SV_HAZARD_BLOCKS_ALL, "ALTER SEQUENCE %s RENAME TO %s",
				quote_qualified_identifier(b->parent->schema, old), quote_identifier(new));
}

static bool
identity_folds(const Object *o)
{
	return true;
}

static const char *
identity_name_space(const Object *o)
{
	return "relation";
}

static const Alterer identity_alterers[] = {
	{"sequence", rename_sequence},
	{"increment", sv_sequence_alter},
	{"min", sv_sequence_alter},
	{"max", sv_sequence_alter},
	{"start", sv_sequence_alter},
	{"cache", sv_sequence_alter},
	{"cycle", sv_sequence_alter},
	{"unlogged", sv_sequence_alter_persistence},
	/* a dump and its restore do not keep it */
	{"type", sv_sequence_alter_inner_type, SV_ALTER_RUNTIME},
	{NULL}
};

const ModelClass sv_class_identity_sequence = {
	.name = "identity sequence", .keyword = "SEQUENCE", .catalog = RelationRelationId, .rank = 221,
	.style = SV_ID_AS_PARENT, .parent_catalog = RelationRelationId, .is_part = true,
	.acl_type = 's', .no_owner_change = true,
	.rename = {3, SV_SPACE_RELATION, SV_RENAME_PLAIN, false, SV_HAZARD_BLOCKS_ALL},
	.query = "SELECT s.oid AS _oid, d.refobjid AS _parent, d.refobjsubid::int2 AS _parentsub, "
	"s.relowner AS owner, s.relacl AS acl, "
	"CASE WHEN s.relname <> left(c.relname || '_' || a.attname, 59) || '_seq' THEN s.relname END "
	"AS sequence, "
	"CASE WHEN seqtypid <> a.atttypid THEN format_type(seqtypid, NULL) END AS type, "
	SV_SEQUENCE_OPTIONS("a.atttypid") ", " FLAG("s.relpersistence = 'u'", "unlogged") " "
	"FROM pg_catalog.pg_class s JOIN pg_catalog.pg_sequence ON seqrelid = s.oid "
	"JOIN pg_catalog.pg_depend d ON d.classid = 1259 AND d.objid = s.oid AND d.deptype = 'i' AND "
	"d.refclassid = 1259 AND d.refobjsubid > 0 "
	"JOIN pg_catalog.pg_class c ON c.oid = d.refobjid "
	"JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid "
	"WHERE s.relkind = 'S' AND s.relpersistence <> 't' AND " IN_SCHEMAS("s.relnamespace"),
	.create = create_identity,
	.drop = drop_identity,
	.alterers = identity_alterers,
	.folds = identity_folds,
	.name_space = identity_name_space,
	.sql_name = sql_name,
};
