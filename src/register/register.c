/*
 * register.c
 *		Adding, changing and removing one revision.
 *
 * All of it happens under a lock on the table "revision" that allows readers
 * and runs, but one registration at a time.  (A stronger one could be kept away
 * by a role without rights: PREPARE of an INSERT locks before it checks.)
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "common/string.h"
#include "port.h"
#include "register/register.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#define GENERATED_ID_BYTES 6

/*
 * Become the only registration of this database until the transaction ends.
 * Under REPEATABLE READ this transaction cannot see what others registered
 * since it began: 40001 if there is anything.
 */
void
sv_register_lock(const char *what)
{
	Relation	relation;
	bool		held;

	sv_store_check_writable(what);
	sv_lock_refuse_nested(what);
	relation = table_open(sv_store_relation("revision"), AccessShareLock);
	held = CheckRelationLockedByMe(relation, ShareUpdateExclusiveLock, true);
	table_close(relation, NoLock);
	if (held)
		return;
	LockRelationOid(sv_store_relation("revision"), ShareUpdateExclusiveLock);
	sv_store_check_replicated();
	if (IsolationUsesXactSnapshot())
		sv_store_check_registrations_seen();
}

/* A new id: 12 hexadecimal digits, as Alembic's. */
static char *
generate_id(void)
{
	uint8		bytes[GENERATED_ID_BYTES];
	char	   *id = palloc(GENERATED_ID_BYTES * 2 + 1);

	do
	{
		if (!pg_strong_random(bytes, sizeof(bytes)))
			ereport(ERROR,
					(errcode(ERRCODE_INTERNAL_ERROR),
					 errmsg("could not generate a revision id")));
		for (int i = 0; i < GENERATED_ID_BYTES; i++)
			snprintf(id + 2 * i, 3, "%02x", bytes[i]);
	} while (sv_store_revision_exists(id) || sv_store_label_owner(id) != NULL);
	return id;
}

static void
check_new_id(const char *id)
{
	char	   *owner;

	sv_graph_check_name(id, "revision id");
	if (sv_store_revision_exists(id))
		ereport(ERROR,
				(errcode(ERRCODE_SV_DUPLICATE),
				 errmsg("revision \"%s\" already exists", id)));
	owner = sv_store_id_like_steps(id);
	if (owner != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SV_INVALID_ID),
				 errmsg("invalid revision id: \"%s\"", id),
				 errdetail("Beside revision \"%s\" one of both would read as a number of steps from the other.", owner),
				 errhint("Choose an id that is not another one with a dash and a number behind it.")));
	owner = sv_store_label_owner(id);
	if (owner != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SV_DUPLICATE),
				 errmsg("revision id \"%s\" is a branch label of revision \"%s\"", id, owner),
				 errhint("Ids and branch labels share one name space.")));
	owner = sv_store_replaced_by(id);
	if (owner != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SV_DUPLICATE),
				 errmsg("revision \"%s\" was replaced by revision \"%s\"", id, owner)));
}

/* A new revision that is ready but for the checks that need it to have its place. */
typedef struct Insertion
{
	const RevisionDraft *draft;
	StoredRevision *revision;
	StoredScript *script;
	int			heads;			/* with it */
} Insertion;

static const char *
insert(void *arg)
{
	Insertion  *insertion = arg;

	sv_register_check_labels(insertion->revision->branch_labels, insertion->revision->id);
	sv_register_check_bodies(insertion->revision, insertion->script, insertion->draft->id);
	sv_store_insert_revision(insertion->revision, insertion->script, insertion->heads);
	return insertion->revision->checksum;
}

static void
check_reversible(const char *irreversible, const char *down, const char *id)
{
	if (irreversible != NULL && down != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("revision \"%s\" is irreversible and has a down script", id),
				 errhint("Leave out the option or the down script.")));
}

/* The scripts of a draft, as they are stored. */
StoredScript *
sv_register_script(const RevisionDraft *draft)
{
	StoredScript *script = palloc0(sizeof(StoredScript));

	script->up = (char *) draft->up;
	script->down = (char *) draft->down;
	script->verify = (char *) draft->verify;
	script->source = (char *) draft->source;
	script->down_source = (char *) draft->down_source;
	script->up_line = Max(draft->up_line, 1);
	script->down_line = Max(draft->down_line, 1);
	script->verify_source = (char *) draft->verify_source;
	script->verify_line = Max(draft->verify_line, 1);
	script->up_generated = draft->up_generated;
	script->down_generated = draft->down_generated && draft->down != NULL;
	return script;
}

/*
 * Register a new revision.  Returns its id.
 *
 * Its own checks are made in the order in which a reader of the draft meets
 * them: id, options, parents, dependencies, labels, bodies.
 */
char *
sv_register_add(const RevisionDraft *draft, bool splice)
{
	StoredRevision revision = {0};
	Insertion	insertion = {draft, &revision, sv_register_script(draft)};
	const char *irreversible;
	int			heads;
	int			closed;

	if (draft->id != NULL)
		check_new_id(draft->id);
	revision.id = draft->id != NULL ? pstrdup(draft->id) : generate_id();
	(void) sv_store_newest_revision(&heads);
	revision.options = sv_store_options(draft->options, &irreversible);
	splice |= sv_store_option_list(revision.options, "replaces") != NIL;
	revision.revises = sv_register_parents(draft->revises, draft->revises_given, splice,
										   revision.id, &closed);
	revision.depends_on = sv_register_depends(draft->depends_on, revision.id);
	revision.branch_labels = draft->branch_labels;
	revision.message = pstrdup(draft->message ? draft->message : "");
	check_reversible(irreversible, draft->down, revision.id);

	insertion.heads = heads - closed + 1;
	sv_register_replacing(&revision, insert, &insertion);
	return revision.id;
}

static void
refuse_applied(const StoredRevision *revision, const char *what)
{
	if (revision->applied)
		ereport(ERROR,
				(errcode(ERRCODE_SV_REFUSED),
				 errmsg("cannot %s revision \"%s\" because it is applied", what, revision->id),
				 errdetail("%s applied it at %s.", revision->applied_by,
						   timestamptz_to_str(revision->applied_at)),
				 errhint("Register a new revision that makes the change, or undo it first: SELECT * FROM schemaver.downgrade(...).")));
}

/* Does the edit change what was executed, or where it stands? */
static bool
edits_more_than_names(const RevisionEdit *edit)
{
	return edit->up != NULL || edit->down != NULL || edit->verify != NULL ||
		edit->options != NULL || edit->revises_given || edit->depends_on_given;
}

/* What an edit of an applied revision has changed goes into the journal. */
static void
note_edit(const StoredRevision *old, const RevisionEdit *edit)
{
	TimestampTz now = GetCurrentTimestamp();
	int64		run = sv_store_begin_run("edit", old->id);
	StringInfoData note;

	initStringInfo(&note);
	if (edit->message != NULL)
		appendStringInfo(&note, "message was: %s", old->message);
	if (edit->branch_labels_given)
	{
		appendStringInfo(&note, "%slabels were:", note.len > 0 ? "; " : "");
		foreach_ptr(const char, label, old->branch_labels)
			appendStringInfo(&note, " %s", label);
	}
	sv_store_note_run(run, note.data);
	sv_store_end_run(run, now);
}

/*
 * Change a revision; of one that is applied, its message and its labels, and the journal
 * tells of it.
 *
 * Takes the lock of runs too, so that no run executes what is being changed.
 */
void
sv_register_edit(const char *id, const RevisionEdit *edit)
{
	StoredRevision *revision = sv_store_revision(SV_STORE_WRITE, id);
	StoredScript *script = sv_store_script(SV_STORE_WRITE, id);
	const char *irreversible;
	RevisionGraph *graph;
	int			closed;

	if (edits_more_than_names(edit))
		refuse_applied(revision, "edit");
	else if (revision->applied && (edit->message != NULL || edit->branch_labels_given))
		note_edit(revision, edit);
	if (edit->revises_given)
		revision->revises = sv_register_parents(edit->revises, true, edit->splice, id, &closed);
	if (edit->depends_on_given)
		revision->depends_on = sv_register_depends(edit->depends_on, id);
	if (edit->branch_labels_given)
	{
		sv_register_check_labels(edit->branch_labels, id);
		revision->branch_labels = edit->branch_labels;
	}
	if (edit->message != NULL)
		revision->message = pstrdup(edit->message);
	if (edit->options != NULL)
		sv_register_refuse_other_replaced(revision, edit->options);
	revision->options = sv_store_options(edit->options ? edit->options :
										 revision->options, &irreversible);
	if (edit->up != NULL)
	{
		script->up = pstrdup(edit->up);
		script->source = NULL;
		script->up_line = 1;
		script->up_generated = false;
	}
	if (edit->down != NULL)
	{
		script->down = pstrdup(edit->down);
		script->down_source = NULL;
		script->down_line = 1;
		script->down_generated = false;
	}
	if (edit->verify != NULL)
	{
		script->verify = pstrdup(edit->verify);
		script->verify_source = NULL;
		script->verify_line = 1;
	}
	if (!revision->applied)
	{
		check_reversible(irreversible, script->down, id);
		sv_register_check_bodies(revision, script, id);
		sv_register_check_parts(id, script);
	}
	else
		revision->has_down = script->down != NULL;	/* not the derived one */
	sv_store_update_revision(revision, script);

	/* cycles and labels are checked where the whole graph is put together */
	graph = sv_store_graph(SV_STORE_WRITE);
	sv_store_set_heads(sv_graph_heads(graph).n);
}

static void
refuse_if_used(const RevisionGraph *graph, int index)
{
	const GraphRevision *revision = &graph->revisions[index];
	int			user;

	if (revision->nchildren + revision->ndependents == 0)
		return;
	user = revision->nchildren > 0 ? revision->children[0] : revision->dependents[0];
	ereport(ERROR,
			(errcode(ERRCODE_SV_REFUSED),
			 errmsg("cannot remove revision \"%s\" because revision \"%s\" %s it",
					revision->id, graph->revisions[user].id,
					revision->nchildren > 0 ? "revises" : "depends on"),
			 errhint("Remove \"%s\" first.", graph->revisions[user].id)));
}

/* Remove a revision that is not applied and that no other one needs. */
void
sv_register_remove(const char *id)
{
	StoredRevision *revision = sv_store_revision(SV_STORE_WRITE, id);
	RevisionGraph *graph = sv_store_graph(SV_STORE_WRITE);
	char	   *tag;

	refuse_applied(revision, "remove");
	if (sv_store_parts(SV_STORE_WRITE, id) != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_SV_INTERRUPTED_RUN),
				 errmsg("cannot remove revision \"%s\" because an online run has done a part of it", id),
				 errhint("Run SELECT schemaver.abandon(%s) first.", quote_literal_cstr(id))));
	refuse_if_used(graph, sv_graph_find(graph, id));
	tag = sv_store_tag_of(id);
	if (tag != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SV_REFUSED),
				 errmsg("cannot remove revision \"%s\" because it is tagged \"%s\"", id, tag),
				 errhint("Run SELECT schemaver.untag(%s) first.", quote_literal_cstr(tag))));
	sv_store_remove_revision(id);
	sv_store_set_heads(sv_graph_heads(sv_store_graph(SV_STORE_WRITE)).n);
}
