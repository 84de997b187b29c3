/*
 * load.c
 *		Registering what a file says: one draft, known or new.
 *
 * Loading the same again changes nothing.  A revision that is registered but
 * not applied follows its file; of an applied one only what was not executed
 * may change: message, labels, dependencies, and what it revises (so that a
 * revision inserted below it becomes pending).
 */
#include "postgres.h"

#include "miscadmin.h"
#include "register/register.h"
#include "utils/builtins.h"

/* Raise SV013: the file of an applied revision says something else. */
static void
refuse_changed(const StoredRevision *stored, const StoredRevision *wanted, const char *file)
{
	ereport(ERROR,
			(errcode(ERRCODE_SV_CHECKSUM_MISMATCH),
			 errmsg("revision \"%s\" is applied with another text", stored->id),
			 errdetail(
					   "The checksum of what is applied begins with %.12s, that of file \"%s\" "
					   "with %.12s.",
					   stored->checksum, file, wanted->checksum),
			 errhint("Restore the file, or register the change as a new revision. If the new text does what ran, "
					 "record it: SELECT schemaver.accept(%s, 'the reason', content => '...').",
					 quote_literal_cstr(stored->id))));
}

static bool
same_script(const StoredScript *a, const StoredScript *b)
{
	return sv_base_same_text(a->up, b->up) && sv_base_same_text(a->down, b->down) &&
		sv_base_same_text(a->verify, b->verify);
}

/*
 * A text that nobody has changed is still one that schemaver wrote, also where
 * the file does not say so.
 */
static void
keep_generated(StoredScript *script, const StoredScript *stored)
{
	script->up_generated |= stored->up_generated && sv_base_same_text(script->up, stored->up);
	script->down_generated |= stored->down_generated &&
		sv_base_same_text(script->down, stored->down);
}

/* A down that came alone joins the up that is registered, and the reverse. */
static void
complete_draft(RevisionDraft *draft, const StoredScript *stored)
{
	if (draft->up == NULL)
	{
		draft->up = stored->up;
		draft->source = stored->source;
		draft->up_line = stored->up_line;
	}
	else if (draft->down == NULL && draft->down_source == NULL && stored->down_source != NULL &&
			 draft->source != NULL && strcmp(draft->source, stored->down_source) != 0)
	{
		draft->down = stored->down;
		draft->down_source = stored->down_source;
		draft->down_line = stored->down_line;
	}
}

/*
 * Bring a registered revision in line with its draft.  *reshaped is set if the
 * graph has other edges or labels now.
 */
static RegisterAction
update_from_draft(RevisionDraft *draft, bool *reshaped)
{
	StoredRevision *stored = sv_store_revision(SV_STORE_WRITE, draft->id);
	StoredScript *old_script = sv_store_script(SV_STORE_WRITE, draft->id);
	StoredRevision wanted = *stored;
	StoredScript *script;
	const char *irreversible;
	int			closed;
	bool		same_graph;

	complete_draft(draft, old_script);
	script = sv_register_script(draft);
	keep_generated(script, old_script);
	wanted.options = sv_store_options(draft->options, &irreversible);
	sv_register_refuse_other_replaced(stored, wanted.options);
	wanted.message = (char *) (draft->message ? draft->message : stored->message);
	if (draft->revises_given)
		wanted.revises = sv_base_same_strings(draft->revises, stored->revises) ? stored->revises :
			sv_register_parents(draft->revises, true, true, draft->id, &closed);
	if (draft->depends_on_given && !sv_base_same_strings(draft->depends_on, stored->depends_on))
		wanted.depends_on = sv_register_depends(draft->depends_on, draft->id);
	if (draft->branch_labels_given)
		wanted.branch_labels = draft->branch_labels;
	same_graph = sv_base_same_strings(wanted.revises, stored->revises) &&
		sv_base_same_strings(wanted.depends_on, stored->depends_on) &&
		sv_base_same_strings(wanted.branch_labels, stored->branch_labels);

	if (same_graph && same_script(script, old_script) &&
		sv_base_same_text(wanted.message, stored->message) &&
		sv_base_same_text(wanted.options, stored->options))
		return SV_REGISTER_UNCHANGED;
	if (!same_graph)
		sv_register_check_labels(wanted.branch_labels, draft->id);
	sv_register_check_bodies(&wanted, script, draft->id);
	if (!stored->applied)
	{
		/* no run may be executing what is about to change */
		sv_lock_run("schemaver.load()");
		stored = sv_store_revision(SV_STORE_WRITE, draft->id);
	}
	if (stored->applied && strcmp(wanted.checksum, stored->checksum) != 0 && !draft->accepted)
		refuse_changed(stored, &wanted, draft->source ? draft->source : draft->down_source);
	sv_register_check_parts(wanted.id, script);
	sv_store_update_revision(&wanted, script);
	*reshaped |= !same_graph;
	return SV_REGISTER_UPDATED;
}

/* Is the text that the draft brings the registered one? */
static bool
same_bodies(const RevisionDraft *draft, const StoredScript *stored)
{
	return (draft->up == NULL || sv_base_same_text(draft->up, stored->up)) &&
		(draft->down == NULL || sv_base_same_text(draft->down, stored->down));
}

/*
 * Raise SV006 if the registered revision of that id is somebody else's: of
 * another source, or, where ids are made of file names, of another file with
 * another text.
 */
static void
check_draft_owner(const RevisionDraft *draft, const char *source)
{
	const char *file = draft->source ? draft->source : draft->down_source;
	char	   *stored_source;
	char	   *stored_file;

	if (!sv_store_loaded(draft->id, &stored_source, &stored_file))
		return;
	if (strcmp(stored_source, source) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_SV_DUPLICATE),
				 errmsg("revision \"%s\" is registered from another source", draft->id),
				 errdetail("It came from file \"%s\" of source \"%s\".", stored_file,
						   stored_source),
				 errhint("Load the files with source => 'NAME', which makes their ids NAME/ID.")));
	if (draft->named_by_file && draft->up != NULL && file != NULL &&
		strcmp(stored_file, file) != 0 &&
		!(draft->down_source != NULL && strcmp(stored_file, draft->down_source) == 0) &&
		!same_bodies(draft, sv_store_script(SV_STORE_WRITE, draft->id)))
		ereport(ERROR,
				(errcode(ERRCODE_SV_DUPLICATE),
				 errmsg("revision \"%s\" is registered from another file", draft->id),
				 errdetail("It came from file \"%s\", and file \"%s\" has another text.",
						   stored_file, file),
				 errhint("If the file was renamed, remove the revision first: SELECT schemaver.remove(%s). "
						 "If it is another folder's, load that with source => 'NAME'.",
						 quote_literal_cstr(draft->id))));
}

/* Is the draft applied, or contained in what took its place? */
static bool
is_registered(const RevisionDraft *draft)
{
	return sv_store_revision_exists(draft->id) ?
		sv_store_revision(SV_STORE_WRITE, draft->id)->applied :
		sv_store_replaced_by(draft->id) != NULL;
}

/*
 * Raise SV004 if something is registered with which the draft conflicts.  One that is
 * there already was first.
 */
static void
check_conflicts(const RevisionDraft *draft)
{
	if (draft->conflicts == NIL || is_registered(draft))
		return;
	foreach_ptr(const DraftConflict, conflict, draft->conflicts)
	{
		if (!sv_store_revision_exists(conflict->id) && sv_store_replaced_by(conflict->id) == NULL)
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_SV_BAD_PARENT),
				 errmsg("file \"%s\", line %d: revision \"%s\" conflicts with revision \"%s\", which is registered",
						conflict->file, conflict->line, draft->id, conflict->id),
				 errhint("Remove the registered one, after a downgrade if it is applied: SELECT schemaver.remove(%s). "
						 "Or take the conflict out of the file.",
						 quote_literal_cstr(conflict->id))));
	}
}

/* An error context callback for errors that know a draft's id, parents or options only. */
void
sv_register_file_context(void *arg)
{
	const RevisionDraft *draft = arg;
	const char *file = draft->source != NULL ? draft->source : draft->down_source;
	int			line = draft->source != NULL ? draft->up_line : draft->down_line;

	if (file != NULL && line > 1)
		errcontext("file \"%s\", text from line %d on", file, line);
	else if (file != NULL)
		errcontext("file \"%s\"", file);
}

static RegisterResult *
register_draft(RevisionDraft *draft, const char *source, bool *reshaped)
{
	RegisterResult *result = palloc0(sizeof(RegisterResult));

	result->file = draft->source ? draft->source : draft->down_source;
	if (draft->runs != SV_RUNS_ONCE)
	{
		result->id = pstrdup(draft->id);
		result->action = sv_register_living_draft(draft, source);
		return result;
	}
	check_conflicts(draft);
	if (draft->id != NULL && sv_store_revision_exists(draft->id))
	{
		check_draft_owner(draft, source);
		result->action = update_from_draft(draft, reshaped);
		result->id = pstrdup(draft->id);
	}
	else if (draft->id != NULL && sv_store_replaced_by(draft->id) != NULL)
	{
		result->action = SV_REGISTER_REPLACED;
		result->id = pstrdup(draft->id);
		return result;
	}
	else
	{
		if (draft->up == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_SV_UNREADABLE_FILE),
					 errmsg("file \"%s\" is the down of a revision that has no up",
							draft->down_source),
					 errhint("Load the file with its up first, or both at once.")));
		result->id = sv_register_add(draft, true);
		result->action = SV_REGISTER_ADDED;
	}
	if (result->file != NULL)
		sv_store_set_loaded(result->id, source, result->file, draft->format, draft->details);
	foreach_ptr(const char, tag, draft->tags)
		(void) sv_store_set_tag(tag, result->id);
	return result;
}

/*
 * Register one draft, whose parents are registered.  *reshaped is set if edges
 * or labels of a revision that was there have changed.  Each error says the file.
 */
RegisterResult *
sv_register_draft(RevisionDraft *draft, const char *source, bool *reshaped)
{
	ErrorContextCallback callback = {error_context_stack, sv_register_file_context, draft};
	RegisterResult *result;

	error_context_stack = &callback;
	result = register_draft(draft, source, reshaped);
	error_context_stack = callback.previous;
	return result;
}
