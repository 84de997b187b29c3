/*
 * derive.c
 *		Derive the down script of a step from the models before and after it.
 *
 * The statements are those that the comparison of both models gives, from after
 * to before.  What got another name is recognised by its OID, and gets its old
 * name back: that is done in a subtransaction which is rolled back, because only
 * the server can say how everything else reads then.
 *
 * What depends on an object that the way back must re-create, and was not
 * changed by the step itself, is read in addition.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "base/base.h"
#include "catalog/pg_class.h"
#include "catalog/pg_enum.h"
#include "diff/diff.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "model/model.h"
#include "nodes/value.h"
#include "track/track.h"
#include "track/track_private.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

/* Chains of dependents are followed so far. */
#define MAX_DEPTH 16

typedef struct Derivation
{
	const TrackedStep *step;
	DiffOptions options;
	Model	   *after;
	Model	   *before;
	List	   *others;			/* units beside those of the step (ObjectAddress) */
	List	   *renames;		/* Rename */
	List	   *rename_rows;
	Comparison *comparison;		/* of "after" with "before" */
	List	   *ordered;		/* tables that they copy for the order of columns */
	List	   *last_rows;		/* the rows without that; NIL if there are no such tables */
} Derivation;

/* A value of an enum. */
typedef struct LabelNow
{
	Oid			oid;
	float4		place;
	const char *name;
} LabelNow;

static Object *
twin_of(const Model *model, const Object *o)
{
	Object	   *twin =
	sv_model_at(model, o->address.classId, o->address.objectId, o->address.objectSubId);

	return twin != NULL && twin->class == o->class ? twin : NULL;
}

static int
by_oid(const ListCell *a, const ListCell *b)
{
	return oid_cmp(&((const LabelNow *) lfirst(a))->oid, &((const LabelNow *) lfirst(b))->oid);
}

static int
by_place(const ListCell *a, const ListCell *b)
{
	float4		x = ((const LabelNow *) lfirst(a))->place;
	float4		y = ((const LabelNow *) lfirst(b))->place;

	return x < y ? -1 : x > y;
}

/*
 * The "n" oldest values of an enum, in its order: those that it had before others were
 * added.  No value ever leaves an enum or changes its place.
 */
static List *
oldest_values(Oid type, int n)
{
	CatCList   *rows = SearchSysCacheList1(ENUMTYPOIDNAME, ObjectIdGetDatum(type));
	List	   *labels = NIL;
	List	   *names = NIL;

	for (int i = 0; i < rows->n_members; i++)
	{
		Form_pg_enum row = (Form_pg_enum) GETSTRUCT(&rows->members[i]->tuple);
		LabelNow   *label = palloc(sizeof(LabelNow));

		label->oid = row->oid;
		label->place = row->enumsortorder;
		label->name = pstrdup(NameStr(row->enumlabel));
		labels = lappend(labels, label);
	}
	ReleaseSysCacheList(rows);
	list_sort(labels, by_oid);
	labels = list_truncate(labels, n);
	list_sort(labels, by_place);
	foreach_ptr(const LabelNow, now, labels)
		names = lappend(names, (char *) now->name);
	return names;
}

/* Values that ALTER TYPE ... RENAME VALUE changed; others may have been added. */
static List *
renamed_values(List *result, Object *a, const Object *b)
{
	List	   *then = sv_list(b, "values");
	List	   *now;
	ListCell   *x;
	ListCell   *y;

	if (!sv_class_is(a, enum))
		return result;
	now = sv_list(a, "values");
	if (list_length(now) > list_length(then))
		now = oldest_values(a->address.objectId, list_length(then));
	if (list_length(now) != list_length(then))
		return result;
	forboth(x, now, y, then)
	{
		Rename	   *rename;

		if (strcmp(lfirst(x), lfirst(y)) == 0)
			continue;
		rename = palloc0(sizeof(Rename));
		rename->from = a;
		rename->value = lfirst(x);
		rename->name = lfirst(y);
		result = lappend(result, rename);
	}
	return result;
}

/*
 * The objects that have another name after the step than before, apart from
 * that of their parents.
 */
static List *
find_renames(const Derivation *d)
{
	List	   *result = NIL;

	foreach_ptr(Object, a, d->after->objects)
	{
		Object	   *b = a->name != NULL && !a->context ? twin_of(d->before, a) : NULL;
		Rename	   *rename;
		bool		moved;

		if (b == NULL)
			continue;
		result = renamed_values(result, a, b);
		moved = a->parent == NULL && !sv_base_same_text(a->schema, b->schema);
		if (!moved && sv_base_same_text(a->name, b->name))
			continue;
		rename = palloc0(sizeof(Rename));
		rename->from = a;
		rename->schema = moved ? b->schema : NULL;
		rename->name = sv_base_same_text(a->name, b->name) ? NULL : b->name;
		result = lappend(result, rename);
	}
	return result;
}

/* The units of the step and the others. */
static List *
all_units(const Derivation *d)
{
	List	   *units = list_copy(d->others);
	ListCell   *cell;

	foreach(cell, d->step->units)
		units = lappend(units, lfirst(cell));
	return units;
}

static Model *
read_now(const List *units)
{
	Snapshot	snapshot;
	Model	   *model;

	CommandCounterIncrement();
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	model = sv_model_read_units(units, snapshot, NULL);
	UnregisterSnapshot(snapshot);
	return model;
}

/*
 * Read both models again, with "now" as what is after the step; the others are
 * the same in both.
 */
static void
assemble_before(Derivation *d, const Model *now)
{
	List	   *before = NIL;
	List	   *after = NIL;

	foreach_ptr(const ObjectAddress, unit, d->step->units)
	{
		before = lappend(before, sv_unit_state(d->step->before, unit));
		after = lappend(after, sv_unit_state(now, unit));
	}
	foreach_ptr(const ObjectAddress, unit, d->others)
	{
		before = lappend(before, sv_unit_state(now, unit));
		after = lappend(after, sv_unit_state(now, unit));
	}
	sv_model_assemble(before, after, &d->before, &d->after);
}

/* Is an object re-created, or others because of it, that was there before the step already? */
static bool
disturbs(const Comparison *cmp, const Object *o)
{
	const Pair *pair = sv_pair(cmp, o);

	if (pair->b == NULL || o->context)
		return false;
	if (pair->kind != SV_PAIR_AGAIN && !pair->disrupts)
		return false;
	return pair->a->address.objectId == pair->b->address.objectId;
}

/* The units that depend on what the way back disturbs, and are not known yet. */
static List *
find_others(const Derivation *d)
{
	List	   *known = all_units(d);
	List	   *found = NIL;

	foreach_ptr(const Object, o, d->after->objects)
	{
		ObjectAddress unit;

		if (!disturbs(d->comparison, o) || !sv_unit_of(o->address.classId, o->address.objectId,
													   &unit))
			continue;
		foreach_ptr(ObjectAddress, dependent, sv_unit_dependents(&unit))
		{
			if (!sv_base_has_object(known, dependent) && !sv_base_has_object(found, dependent) &&
				sv_unit_is_read(dependent) &&
				!(sv_track_disowned != NULL && sv_track_disowned(dependent)))
				found = lappend(found, dependent);
		}
	}
	return found;
}

/* Compare, and with what the comparison disturbs once more. */
static void
compare_sides(Derivation *d)
{
	for (int depth = 0; depth < MAX_DEPTH; depth++)
	{
		List	   *found;

		d->comparison = sv_diff_compare(d->after, d->before, &d->options);
		found = find_others(d);
		if (found == NIL)
			return;
		d->others = list_concat(d->others, found);
		assemble_before(d, read_now(all_units(d)));
	}
}

/* The tables that are copied for the order of their columns, as the step left them. */
static List *
tables_in_order(const Derivation *d)
{
	List	   *result = NIL;

	foreach_ptr(const Object, now, d->after->objects)
	{
		const Object *table = sv_pair(d->comparison, now)->reordered ?
		twin_of(d->step->after, now) : NULL;

		if (table != NULL)
			result = lappend(result, pstrdup(table->identity));
	}
	return result;
}

/* Compare; where that would copy tables for the order of their columns, also without. */
static void
compare_both_ways(Derivation *d)
{
	compare_sides(d);
	d->ordered = tables_in_order(d);
	if (d->ordered == NIL)
		return;
	d->options.columns_last = true;
	compare_sides(d);
	d->last_rows = d->comparison->rows;
	d->options.columns_last = false;
	compare_sides(d);
}

/* Is it the schema itself that has another name? */
static bool
schema_is_renamed(const Derivation *d, const char *now, const char *then)
{
	foreach_ptr(const Rename, rename, d->renames)
	{
		if (sv_class_is(rename->from, schema) && strcmp(rename->from->name, now) == 0 &&
			rename->name != NULL && strcmp(rename->name, then) == 0)
			return true;
	}
	return false;
}

/* sv_distributing_extension(), looked for once for all steps that are settled together. */
static const char *distributing = NULL;
static bool distributing_is_known = false;

static const char *
distributing_extension(void)
{
	if (!distributing_is_known)
		distributing = sv_distributing_extension();
	distributing_is_known = true;
	return distributing;
}

/* Other statements will be executed before more is derived. */
void
sv_derive_forget(void)
{
	distributing_is_known = false;
}

/* Rows that put extensions back into the schemas that they were moved from. */
static List *
moved_extensions(const Derivation *d)
{
	List	   *rows = NIL;

	foreach_ptr(const Object, a, d->after->objects)
	{
		const Object *b = sv_class_is(a, extension) ? twin_of(d->before, a) : NULL;
		DiffRow    *row;

		if (b == NULL || sv_same(a, b, "schema") ||
			schema_is_renamed(d, sv_text(a, "schema"), sv_text(b, "schema")))
			continue;
		row = palloc0(sizeof(DiffRow));
		row->kind = a->class->name;
		row->identity = a->identity;
		row->action = "alter";
		row->sql =
			psprintf("ALTER EXTENSION %s SET SCHEMA %s", a->identity,
					 quote_identifier(sv_text(b, "schema")));
		rows = lappend(rows, row);
	}
	return rows;
}

/*
 * An extension may have had the rows of a table that is gone: a new one of its name
 * would be a plain one.
 */
static void
refuse_distributed(const List *rows)
{
	const char *extension = distributing_extension();

	if (extension == NULL)
		return;
	foreach_ptr(const DiffRow, row, rows)
	{
		if (strcmp(row->kind, "table") == 0 && strcmp(row->action, "create") == 0)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("the way back creates table %s", row->identity),
					 errdetail("%s may have had the rows of the old one elsewhere.", extension)));
	}
}

/*
 * In a subtransaction that is rolled back: give back the old names, if there
 * are others, and compare then.
 */
static void
rename_and_compare(void *arg)
{
	Derivation *d = arg;
	MemoryContext caller = CurrentMemoryContext;

	d->rename_rows = list_concat(sv_diff_renames(d->after, d->renames),
								 d->step->renamed ? moved_extensions(d) : NIL);
	if (d->rename_rows == NIL)
	{
		compare_both_ways(d);
		refuse_distributed(d->comparison->rows);
		return;
	}
	SPI_connect();
	foreach_ptr(const DiffRow, rename_row, d->rename_rows)
		SPI_execute(rename_row->sql, false, 0);
	SPI_finish();
	MemoryContextSwitchTo(caller);
	assemble_before(d, read_now(all_units(d)));
	compare_both_ways(d);
	refuse_distributed(d->comparison->rows);
}

/* Compare as if nothing had another name and nothing else were disturbed. */
static void
compare_alone(void *arg)
{
	Derivation *d = arg;

	d->rename_rows = sv_diff_renames(d->after, d->renames);
	if (d->rename_rows != NIL)
		return;
	d->comparison = sv_diff_compare(d->after, d->before, &d->options);
	refuse_distributed(d->comparison->rows);
}

/* Was that all?  Nearly always. */
static bool
is_alone(const Derivation *d)
{
	return d->rename_rows == NIL && (!d->step->renamed || moved_extensions(d) == NIL) &&
		find_others(d) == NIL && tables_in_order(d) == NIL;
}

/* ----- the script ----- */

static void
append_rows(StringInfo out, List *rows)
{
	foreach_ptr(const DiffRow, row, rows)
	{
		if (row->sql != NULL)
			appendStringInfo(out, "%s;\n", row->sql);
	}
}

static char *
script_of(const Derivation *d, List *rows)
{
	StringInfoData sql;

	initStringInfo(&sql);
	if (sv_diff_has_bodies(rows))
		appendStringInfoString(&sql, "SET LOCAL check_function_bodies = off;\n");
	append_rows(&sql, d->rename_rows);
	append_rows(&sql, rows);
	return sql.data;
}

/* A way back that cannot be put into an order is none; the step itself is done, and stays. */
static void
warn_underived(const ErrorData *error)
{
	ereport(WARNING,
			(errmsg("no down script could be derived"),
			 errdetail("%s%s%s", error->message, error->detail ? ". " : "", error->detail ?
					   error->detail : ""),
			 errhint("Give the revision a down script with schemaver.edit(), or take it for irreversible.")));
}

bool		(*sv_track_disowned) (const ObjectAddress *unit) = NULL;

/* The step without the units that are not its work. */
static const TrackedStep *
without_disowned(const TrackedStep *step)
{
	TrackedStep *own;
	List	   *before = NIL;
	List	   *after = NIL;
	ListCell   *cell;

	if (sv_track_disowned == NULL)
		return step;
	own = palloc(sizeof(TrackedStep));
	*own = *step;
	own->units = NIL;
	foreach(cell, step->units)
	{
		if (sv_track_disowned(lfirst(cell)))
			continue;
		own->units = lappend(own->units, lfirst(cell));
		before = lappend(before, sv_unit_state(step->before, lfirst(cell)));
		after = lappend(after, sv_unit_state(step->after, lfirst(cell)));
	}
	if (list_length(own->units) == list_length(step->units))
		return step;
	sv_model_assemble(before, after, &own->before, &own->after);
	return own;
}

/* Strings of a list that the current context holds. */
static List *
copy_strings(const List *strings)
{
	List	   *result = NIL;

	foreach_ptr(const char, string, strings)
		result = lappend(result, pstrdup(string));
	return result;
}

static DerivedDown *
copy_result(const DerivedDown *down)
{
	DerivedDown *result;

	if (down == NULL)
		return NULL;
	result = palloc(sizeof(DerivedDown));
	result->sql = pstrdup(down->sql);
	result->last = down->last != NULL ? pstrdup(down->last) : NULL;
	result->ordered = copy_strings(down->ordered);
	result->lost = copy_strings(down->lost);
	return result;
}

/* Derive it in the current context, which holds more than the result. */
static DerivedDown *
derive(const TrackedStep *step)
{
	Derivation	d = {without_disowned(step)};
	DerivedDown *result = palloc0(sizeof(DerivedDown));
	ErrorData  *error = NULL;

	d.options.owners = d.options.privileges = d.options.comments = true;
	/* a table is not copied for its order of columns where its rows may be elsewhere */
	d.options.column_order = distributing_extension() == NULL;
	d.options.by_address = true;
	d.options.drop = "drop";

	/*
	 * Another role may run it.  What belongs to the role that made it must not come back as that
	 * one's, code and all; what a superuser made may.
	 */
	d.options.role = superuser() ? GetUserNameFromId(GetUserId(), false) : NULL;
	d.options.cast_of = sv_model_cast_of;
	d.after = d.step->after;
	d.before = d.step->before;
	if (step->renamed)
		d.renames = find_renames(&d);
	error = sv_catch(compare_alone, &d, ERRCODE_FEATURE_NOT_SUPPORTED);
	if (error == NULL && !is_alone(&d))
		error = sv_subtransaction(rename_and_compare, &d, false);
	if (error != NULL && error->sqlerrcode != ERRCODE_FEATURE_NOT_SUPPORTED)
		ReThrowError(error);
	if (error != NULL)
	{
		warn_underived(error);
		return NULL;
	}
	result->sql = script_of(&d, d.comparison->rows);
	result->ordered = d.ordered;
	if (d.ordered != NIL)
		result->last = script_of(&d, d.last_rows);
	result->lost = sv_derived_lost(d.comparison, step->undone);
	return result;
}

/*
 * Derive the down script of a step, whose changes are the last that were made
 * to its units.  A step that changed nothing gets an empty one; NULL, and a WARNING, if
 * there is no order in which the way back could be gone.
 */
DerivedDown *
sv_derive_down(const TrackedStep *step)
{
	MemoryContext context =
	AllocSetContextCreate(CurrentMemoryContext, "schemaver derivation", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	DerivedDown *derived = derive(step);
	DerivedDown *result;

	MemoryContextSwitchTo(caller);
	result = copy_result(derived);
	MemoryContextDelete(context);
	return result;
}
