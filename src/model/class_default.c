/*
 * class_default.c
 *		Defaults of columns.
 */
#include "postgres.h"

#include "catalog/pg_attrdef.h"
#include "catalog/pg_class.h"
#include "model/model.h"
#include "model/model_private.h"
#include "utils/builtins.h"

/* A column that CREATE TABLE ... INHERITS brings is not written there. */
static bool
default_folds(const Object *o)
{
	ListCell   *cell;

	if (!sv_column_of_table(o->parent))
		return false;
	if (!sv_is(o->parent, "inherited"))
		return true;
	foreach(cell, o->parent->parent->parts)
	{
		if (sv_class_is(lfirst(cell), inheritance) && !sv_is(lfirst(cell), "bound"))
			return false;
	}
	return true;
}

/* Does the default come with the column of a parent? */
static bool
default_follows(Writer *w, const Object *o)
{
	const Object *leading = sv_column_of_table(o->parent) ? sv_leading_column(w, o->parent) : NULL;
	ListCell   *cell;

	if (leading == NULL || !sv_writer_created(w, o->parent))
		return false;
	if (sv_writer_existed(w, leading->parent) && !sv_writer_created(w, leading) &&
		sv_writer_existed(w, o->parent->parent))
		return false;
	foreach(cell, leading->parts)
	{
		if (sv_class_is(lfirst(cell), default) && sv_same(lfirst(cell), o, "expression"))
			return sv_writer_comes_along(w, lfirst(cell));
	}
	return false;
}

static void
create_default(Writer *w, const Object *o)
{
	const Object *column = o->parent;

	if (default_follows(w, o))
		return;
	if (sv_class_is(column->parent, view))
		sv_emit(w, 0, "ALTER VIEW %s ALTER COLUMN %s SET DEFAULT %s", column->parent->identity,
				quote_identifier(column->name), sv_text(o, "expression"));
	else
		sv_emit(w, 0, "%s SET DEFAULT %s", sv_alter_column(column), sv_text(o, "expression"));
}

static void
drop_default(Writer *w, const Object *o)
{
	const Object *column = o->parent;

	if (sv_class_is(column->parent, view))
		sv_emit(w, 0, "ALTER VIEW %s ALTER COLUMN %s DROP DEFAULT", column->parent->identity,
				quote_identifier(column->name));
	else
		sv_emit(w, 0, "%s DROP DEFAULT", sv_alter_column(column));
}

static void
alter_default(Writer *w, const Object *a, const Object *b)
{
	create_default(w, b);
}

static const Alterer default_alterers[] = {
	{"expression", alter_default},
	{NULL}
};

const ModelClass sv_class_default = {
	.name = "default", .keyword = "DEFAULT", .catalog = AttrDefaultRelationId, .rank = 220,
	.traits = SV_USES_COLUMN_TYPES,
	.style = SV_ID_AS_PARENT, .parent_catalog = RelationRelationId, .is_part = true,
	.query = "SELECT d.oid AS _oid, adrelid AS _parent, adnum AS _parentsub, "
	"pg_catalog.pg_get_expr(adbin, adrelid) AS expression "
	"FROM pg_catalog.pg_attrdef d JOIN pg_catalog.pg_attribute a ON attrelid = adrelid AND attnum "
	"= adnum "
	"JOIN pg_catalog.pg_class c ON c.oid = adrelid WHERE attgenerated = '' AND "
	IN_SCHEMAS("c.relnamespace"),
	.scan = sv_scan_defaults,
	.create = create_default,
	.drop = drop_default,
	.alterers = default_alterers,
	.folds = default_folds,
};
