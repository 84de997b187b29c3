/*
 * undo.c
 *		May one revision be undone in the middle of the history, and did its down
 *		undo just that?
 *
 * Before the run: what the revision changed must be as it left it, and nothing that
 * came later may need what would be dropped; the kept states tell the former,
 * pg_depend the latter.  After it: the live schema must have changed in just the
 * objects that the revision had changed, and these must be what they were before it.
 * Whatever is wrong is listed; an error takes all of it back.
 */
#include "postgres.h"

#include "catalog/dependency.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_rewrite.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "run/run.h"
#include "track/track.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#define REASONS_SHOWN 20

struct Undo
{
	const StoredRevision *row;
	char	   *way_back;		/* what to call instead, or NULL */
	bool		columns_last;	/* columns that come back are the last of their tables */
	int			ntouched;
	const TouchedObject **touched;	/* by class and identity */
	bool	   *seen;			/* of each: the down has changed it back */
	List	   *reasons;		/* strings: what stands on the revision */
	bool		by_revisions;	/* some of that is the work of others */
	List	   *faults;			/* strings: what its down did not undo */
	MemoryContext context;
};

/* ---------- what is said ---------- */

/* Whose step it was: that of a revision, of a living object, nobody's (NULL). */
static const char *
by_whom(const char *name)
{
	if (name == NULL)
		return "outside of revisions";
	return psprintf(sv_store_living_named(SV_STORE_WRITE, name) != NULL ?
					"by living object \"%s\"" : "by revision \"%s\"", name);
}

/*
 * Note why something stands on the revision, unless another reason was noted before.
 * "by" is whose work that is; NULL: nobody's.
 */
static void
add_reason(Undo *undo, const char *what, const char *by, const char *why)
{
	foreach_ptr(const char, reason, undo->reasons)
	{
		if (strncmp(reason, what, strlen(what)) == 0 && reason[strlen(what)] == ' ')
			return;
	}
	undo->by_revisions |= by != NULL;
	undo->reasons = lappend(undo->reasons, psprintf("%s %s %s", what, why, by_whom(by)));
}

static char *
name_with_class(const char *class, const char *identity)
{
	return psprintf("%s %s", class, identity);
}

static char *
lines_of(const List *strings)
{
	StringInfoData out;

	initStringInfo(&out);
	foreach_ptr(const char, string, strings)
	{
		if (foreach_current_index(string) == REASONS_SHOWN)
		{
			appendStringInfo(&out, "\nand %d more", list_length(strings) - REASONS_SHOWN);
			break;
		}
		appendStringInfo(&out, "%s%s", out.len ? "\n" : "", string);
	}
	return out.data;
}

static void
refuse_if_needed(const Undo *undo)
{
	if (undo->reasons == NIL)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_SV_REFUSED),
			 errmsg("revision \"%s\" cannot be undone by itself", undo->row->id),
			 errdetail_internal("%s", lines_of(undo->reasons)),
			 !undo->by_revisions ?
			 errhint("Take it back; SELECT * FROM schemaver.drift() shows what was changed outside of revisions.") :
			 undo->way_back != NULL ?
			 errhint("Undo what came after it as well: %s", undo->way_back) :
			 errhint("Undo what came after it first, the last one first, with schemaver.downgrade() or schemaver.goto().")));
}

/* ---------- before the run ---------- */

/* The call that undoes the revision and all above it; NULL if several lead below it. */
static char *
way_back(const RevisionGraph *graph, const GraphRevision *revision)
{
	const char *target = revision->nparents == 0 ? "base" :
	revision->nparents == 1 ? graph->revisions[revision->parents[0]].id : NULL;

	return target == NULL ? NULL :
		psprintf("SELECT * FROM schemaver.downgrade(%s);", quote_literal_cstr(target));
}

static void
check_graph(Undo *undo, const RevisionGraph *graph, const GraphRevision *revision)
{
	for (int i = 0; i < revision->ndependents; i++)
	{
		const GraphRevision *other = &graph->revisions[revision->dependents[i]];

		if (!other->applied)
			continue;
		undo->by_revisions = true;
		undo->reasons = lappend(undo->reasons,
								psprintf("revision \"%s\" depends on it", other->id));
	}
}

/* Is everything that counts for the schema the same in both?  NULL: there is none. */
static bool
same_facts(const Object *a, const Object *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	for (int i = 0; i < a->nproperties; i++)
		if (sv_property_counts(a->class, a->properties[i].name) &&
			!sv_property_equal(&a->properties[i], sv_property(b, a->properties[i].name)))
			return false;
	for (int i = 0; i < b->nproperties; i++)
		if (sv_property_counts(b->class, b->properties[i].name) &&
			sv_property(a, b->properties[i].name) == NULL)
			return false;
	return true;
}

static void
check_touched(Undo *undo, const TouchedObject *touched)
{
	if (same_facts(touched->after, touched->now))
		return;
	add_reason(undo, name_with_class(touched->class, touched->identity), touched->by,
			   touched->now == NULL ? "was dropped" :
			   touched->after == NULL ? "was made" : "was changed");
}

static void
check_parts(Undo *undo, const List *parts)
{
	foreach_ptr(const TouchedPart, part, parts)
		add_reason(undo, name_with_class(part->class, part->identity), part->by, "was added");
}

/* What the down brings back must find what it stands on. */
static void
check_needs(Undo *undo, const List *gone)
{
	foreach_ptr(const TouchedPart, part, gone)
		add_reason(undo, name_with_class(part->class, part->identity), part->by,
				   psprintf("is needed by %s, which would come back, and was dropped",
							part->needed_by));
}

/* ---------- what depends on what would be dropped ---------- */

/* The addresses of what the revision has made or changed, and of what is inside of that. */
typedef struct Own
{
	HTAB	   *addresses;		/* ObjectAddress */
	List	   *waiting;		/* those whose dependents are not looked at yet */
} Own;

static bool
is_own(const Own *own, Oid catalog, Oid oid, int sub)
{
	ObjectAddress address;

	memset(&address, 0, sizeof(address));
	ObjectAddressSubSet(address, catalog, oid, sub);
	return hash_search(own->addresses, &address, HASH_FIND, NULL) != NULL;
}

/* Enter an address; "goes": it would be dropped. */
static void
add_own(Own *own, Oid catalog, Oid oid, int sub, bool goes)
{
	ObjectAddress *address = palloc0(sizeof(ObjectAddress));
	bool		found;

	ObjectAddressSubSet(*address, catalog, oid, sub);
	(void) hash_search(own->addresses, address, HASH_ENTER, &found);
	if (!found && goes)
		own->waiting = lappend(own->waiting, address);
}

/* Did the revision only give it this name? */
static bool
is_renamed(const Undo *undo, const TouchedObject *touched)
{
	for (int i = 0; i < undo->ntouched; i++)
	{
		const TouchedObject *other = undo->touched[i];

		if (other->after == NULL && strcmp(other->class, touched->class) == 0 &&
			OidIsValid(other->former_oid) && other->former_oid == touched->address.objectId)
			return true;
	}
	return false;
}

static bool
is_not_null(Oid constraint)
{
	HeapTuple	tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));
	bool		result;

	if (!HeapTupleIsValid(tuple))
		return false;
	result = ((Form_pg_constraint) GETSTRUCT(tuple))->contype == 'n';
	ReleaseSysCache(tuple);
	return result;
}

/* The object that a row of pg_depend is about, as a model has it; false: none. */
static bool
dependent_of(Form_pg_depend row, ObjectAddress *who)
{
	ObjectAddress unit;

	ObjectAddressSubSet(*who, row->classid, row->objid, row->objsubid);
	if (row->classid == ConstraintRelationId)
		return !is_not_null(row->objid);
	if (row->classid == RewriteRelationId)
	{
		/* that of a view is the view */
		if (sv_unit_of(row->classid, row->objid, &unit) &&
			(get_rel_relkind(unit.objectId) == RELKIND_VIEW ||
			 get_rel_relkind(unit.objectId) == RELKIND_MATVIEW))
			*who = unit;
		return true;
	}
	for (int i = 0; sv_object_classes[i] != NULL; i++)
		if (sv_object_classes[i]->catalog == row->classid &&
			!(row->classid == RelationRelationId &&
			  get_rel_relkind(row->objid) == RELKIND_COMPOSITE_TYPE))
			return true;
	if (!sv_unit_of(row->classid, row->objid, &unit))
		return false;
	*who = unit;
	return true;
}

/* A member of an extension that the revision has created goes with it. */
static bool
is_member_of_own(const Own *own, const ObjectAddress *who)
{
	Oid			extension = getExtensionOfObject(who->classId, who->objectId);

	return OidIsValid(extension) && is_own(own, ExtensionRelationId, extension, 0);
}

/*
 * Is it a part of something that the revision made, such as the constraint of a partition
 * or the constructor of a range type?
 */
static bool
is_part_of_own(const Own *own, Form_pg_depend row)
{
	DependScan	scan = sv_depend_begin(row->classid, row->objid, false, NULL);
	bool		result = false;
	Form_pg_depend of;

	while ((of = sv_depend_next(&scan)) != NULL)
		result |= (of->deptype == DEPENDENCY_INTERNAL ||
				   of->deptype == DEPENDENCY_PARTITION_PRI ||
				   of->deptype == DEPENDENCY_PARTITION_SEC) &&
			is_own(own, of->refclassid, of->refobjid, of->refobjsubid);
	return result;
}

/* The index of a TOAST table belongs to it, as that belongs to its table; no model has them. */
static bool
is_toast_table(const ObjectAddress *on)
{
	return on->classId == RelationRelationId &&
		get_rel_relkind(on->objectId) == RELKIND_TOASTVALUE;
}

static void
check_dependent(Undo *undo, Own *own, const ObjectAddress *on, Form_pg_depend row)
{
	ObjectAddress who;
	TouchedPart kept;

	if (on->objectSubId != 0 && row->refobjsubid != on->objectSubId)
		return;
	if (row->deptype == DEPENDENCY_INTERNAL || row->deptype == DEPENDENCY_EXTENSION ||
		row->deptype == DEPENDENCY_PARTITION_PRI || row->deptype == DEPENDENCY_PARTITION_SEC ||
		is_toast_table(on) || is_part_of_own(own, row))
	{
		add_own(own, row->classid, row->objid, row->objsubid, true);
		return;
	}
	if (!dependent_of(row, &who) || is_own(own, who.classId, who.objectId, who.objectSubId) ||
		is_member_of_own(own, &who))
		return;
	kept = sv_store_kept_at(&who);
	add_reason(undo, kept.class != NULL ? name_with_class(kept.class, kept.identity) :
			   getObjectDescription(&who, false), kept.by,
			   psprintf("depends on %s and was made", getObjectDescription(on, false)));
}

/* List what depends on what the revision made, and is not its own. */
static void
check_dependents(Undo *undo)
{
	HASHCTL		control = {0};
	Own			own = {NULL, NIL};

	control.hcxt = CurrentMemoryContext;
	control.keysize = control.entrysize = sizeof(ObjectAddress);
	own.addresses = hash_create("schemaver undone objects", 64, &control,
								HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	for (int i = 0; i < undo->ntouched; i++)
	{
		const TouchedObject *t = undo->touched[i];

		if (t->now != NULL && OidIsValid(t->address.objectId))
			add_own(&own, t->address.classId, t->address.objectId, t->address.objectSubId,
					t->before == NULL && !is_renamed(undo, t));
	}
	for (int i = 0; i < list_length(own.waiting); i++)	/* grows on the way */
	{
		const ObjectAddress *on = list_nth(own.waiting, i);
		DependScan	scan = sv_depend_begin(on->classId, on->objectId, true, NULL);
		Form_pg_depend row;

		CHECK_FOR_INTERRUPTS();
		while ((row = sv_depend_next(&scan)) != NULL)
			check_dependent(undo, &own, on, row);
	}
}

static void
set_touched(Undo *undo, const List *touched)
{
	ListCell   *cell;

	undo->ntouched = list_length(touched);
	undo->touched = palloc(sizeof(TouchedObject *) * Max(undo->ntouched, 1));
	undo->seen = palloc0(sizeof(bool) * Max(undo->ntouched, 1));
	foreach(cell, touched)
		undo->touched[foreach_current_index(cell)] = lfirst(cell);
}

static void
refuse_unknown_changes(const StoredRevision *row, const char *detail, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("what revision \"%s\" has changed is not known", row->id),
			 errdetail_internal("%s", detail),
			 hint != NULL ? errhint("%s", hint) : 0));
}

/*
 * Look whether an applied revision can be undone by itself: SV016 with the list of what
 * stands on it, 55000 where the states of the schema do not tell.
 */
Undo *
sv_undo_begin(const RevisionGraph *graph, const StoredRevision *row)
{
	const GraphRevision *revision = &graph->revisions[sv_graph_find(graph, row->id)];
	Undo	   *undo = palloc0(sizeof(Undo));
	int64		before;
	int64		after;

	undo->row = row;
	undo->context = CurrentMemoryContext;
	undo->way_back = way_back(graph, revision);
	if (!sv_keep_snapshots)
		refuse_unknown_changes(row, "Setting schemaver.keep_snapshots is off.",
							   "SET schemaver.keep_snapshots = on;");
	if (!sv_store_applied_states(row->id, &before, &after))
		refuse_unknown_changes(row,
							   "No run has kept the state of the schema before and after it, "
							   "or a later one has not.",
							   undo->way_back ?
							   psprintf("Undo it with what came after it: %s", undo->way_back) :
							   NULL);
	check_graph(undo, graph, revision);
	set_touched(undo, sv_store_touched(before, after));
	for (int i = 0; i < undo->ntouched; i++)
		check_touched(undo, undo->touched[i]);
	check_parts(undo, sv_store_parts_since(before, after));
	check_needs(undo, sv_store_gone_since(before, after));
	check_dependents(undo);
	undo->columns_last = sv_store_changed_since(after);
	refuse_if_needed(undo);
	return undo;
}

/* ---------- the run ---------- */

static int
compare_touched(const void *key, const void *element)
{
	const Object *o = key;
	const TouchedObject *touched = *(const TouchedObject *const *) element;
	int			order = strcmp(o->class->name, touched->class);

	return order != 0 ? order : strcmp(o->identity, touched->identity);
}

/* What the revision did to the object; -1: nothing. */
static int
find_touched(const Undo *undo, const Object *o)
{
	const TouchedObject **found = bsearch(o, undo->touched, undo->ntouched,
										  sizeof(TouchedObject *), compare_touched);

	return found != NULL ? (int) (found - undo->touched) : -1;
}

static void
judge_other(Undo *undo, const ObjectChange *change)
{
	const Object *o = change->before ? change->before : change->after;
	char	   *name = name_with_class(o->class->name, o->identity);

	if (change->before == NULL)
		undo->faults = lappend(undo->faults, psprintf("%s is new", name));
	else
		add_reason(undo, name, sv_store_maker(o), change->after == NULL ?
				   "would be dropped as well, and was made" :
				   "would be changed as well, and was made");
}

static void
judge_change(Undo *undo, const ObjectChange *change)
{
	const Object *o = change->before ? change->before : change->after;
	int			i = find_touched(undo, o);
	const TouchedObject *touched = i < 0 ? NULL : undo->touched[i];

	if (same_facts(change->before, change->after))
		return;
	if (touched == NULL)
	{
		judge_other(undo, change);
		return;
	}
	undo->seen[i] = true;
	if (!same_facts(change->before, touched->after))
		add_reason(undo, name_with_class(o->class->name, o->identity), NULL, "was changed");
	else if (!same_facts(change->after, touched->before))
		undo->faults = lappend(undo->faults,
							   psprintf("%s %s is not what it was before the revision",
										o->class->name, o->identity));
}

/* FollowJudge: what the down changed */
static void
judge_changes(List *changes, void *arg)
{
	Undo	   *undo = arg;
	MemoryContext caller = MemoryContextSwitchTo(undo->context);

	foreach_ptr(const ObjectChange, change, changes)
	{
		CHECK_FOR_INTERRUPTS();
		judge_change(undo, change);
	}
	MemoryContextSwitchTo(caller);
}

/* The run has begun to follow what changes.  Settings stay until the end of its level. */
void
sv_undo_follow(Undo *undo)
{
	if (!sv_follow_keeps())
		refuse_unknown_changes(undo->row, "The state of the schema cannot be kept.", NULL);
	sv_follow_judge(judge_changes, undo);
	if (undo->columns_last)
		(void) set_config_option("schemaver.reorder_limit", "0", PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
}

/* The down is executed, and judged: raise what is wrong with it. */
void
sv_undo_prove(Undo *undo)
{
	refuse_if_needed(undo);
	for (int i = 0; i < undo->ntouched; i++)
	{
		const TouchedObject *touched = undo->touched[i];

		if (!undo->seen[i] && !same_facts(touched->before, touched->after))
			undo->faults = lappend(undo->faults, psprintf("%s %s is as the revision has left it",
														  touched->class, touched->identity));
	}
	if (undo->faults != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_SV_VERIFY_FAILED),
				 errmsg("the down of revision \"%s\" does not undo it", undo->row->id),
				 errdetail_internal("%s", lines_of(undo->faults)),
				 errhint("Write a revision that does. schemaver.downgrade() runs such a down, too, with all that came after it.")));
}
