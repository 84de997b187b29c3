/*
 * load_files.c
 *		Registering the files of a folder, or one file: all of it or nothing.
 *
 * With a source, the id of each draft is SOURCE/ID.  A revision of the source
 * whose file is gone is reported, and removed only if asked for and not applied.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "register/register.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"

#define MAX_FINDINGS 1000

/* A load under way. */
typedef struct Load
{
	const LoadOptions *options;
	List	   *files;			/* of SourceFile */
	FolderDrafts *read;
	List	   *results;		/* of RegisterResult */
	List	   *hooked;			/* of SourceFile: callbacks of another tool that are hooks here */
	List	   *broken;			/* of BrokenDown */
	bool		reshaped;
	/* validate: one attempt */
	RevisionDraft *draft;
	RegisterResult *result;
} Load;

/* A down that does not parse, and why. */
typedef struct BrokenDown
{
	const char *id;
	const char *file;
	ErrorData  *error;
} BrokenDown;

static RegisterResult *
new_result(const char *id, const char *file, RegisterAction action, const char *finding)
{
	RegisterResult *result = palloc0(sizeof(RegisterResult));

	result->id = id != NULL ? pstrdup(id) : NULL;
	result->file = file;
	result->action = action;
	result->finding = finding;
	return result;
}

static char *
finding_of(const ErrorData *error)
{
	return error->detail != NULL ? psprintf("%s: %s", error->message, error->detail) :
		pstrdup(error->message);
}

/* ---------- ids ---------- */

/* An entry of a table from one name of a draft to another. */
typedef struct NameEntry
{
	char		name[NAMEDATALEN * 2 + 2];	/* ids are at most 128 bytes */
	char	   *other;
} NameEntry;

static HTAB *
new_names(int n)
{
	HASHCTL		ctl = {0};

	ctl.keysize = sizeof(((NameEntry *) 0)->name);
	ctl.entrysize = sizeof(NameEntry);
	ctl.hcxt = CurrentMemoryContext;
	return hash_create("names of drafts", Max(n, 8), &ctl, HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
}

static void
remember_name(HTAB *names, const char *name, char *other)
{
	NameEntry  *entry;
	bool		found;

	if (strlen(name) >= sizeof(entry->name))
		return;
	entry = hash_search(names, name, HASH_ENTER, &found);
	entry->other = other;
}

static char *
get_name(HTAB *names, const char *name)
{
	NameEntry  *entry = strlen(name) < sizeof(entry->name) ?
	hash_search(names, name, HASH_FIND, NULL) : NULL;

	return entry != NULL ? entry->other : NULL;
}

static void
rename_all(List *list, HTAB *names)
{
	ListCell   *cell;

	foreach(cell, list)
	{
		char	   *other = get_name(names, lfirst(cell));

		if (other != NULL)
			lfirst(cell) = other;
	}
}

/*
 * Give the drafts the ids under which they are registered: those of the source,
 * and that of the file where it has been registered under another one (which
 * happens when a second file with the same version joins it).
 */
static void
assign_ids(Load *load)
{
	const char *source = load->options->source;
	HTAB	   *names = new_names(list_length(load->read->drafts));
	HTAB	   *by_file = new_names(list_length(load->read->drafts));
	HTAB	   *registered = new_names(list_length(load->read->drafts));
	char	   *last = NULL;

	foreach_ptr(LoadedRevision, row, sv_store_loaded_from(source))
	{
		last = row->id;

		remember_name(by_file, row->file, row->id);
		remember_name(registered, row->id, row->id);
	}
	foreach_ptr(RevisionDraft, draft, load->read->drafts)
	{
		char	   *id;
		char	   *known;

		if (draft->id == NULL)
			continue;
		id = *source != '\0' ? psprintf("%s/%s", source, draft->id) : pstrdup(draft->id);
		known = draft->named_by_file &&
			draft->source != NULL ? get_name(by_file, draft->source) : NULL;
		if (known != NULL && get_name(registered, id) == NULL)
			id = known;
		remember_name(names, draft->id, id);
		draft->id = id;
	}
	foreach_ptr(RevisionDraft, draft, load->read->drafts)
	{
		rename_all(draft->revises, names);
		rename_all(draft->depends_on, names);
		foreach_ptr(DraftConflict, conflict, draft->conflicts)
		{
			if (conflict->is_own && *source != '\0')
				conflict->id = psprintf("%s/%s", source, conflict->id);
		}
		/* a file alone comes behind the last one of its source, not of others */
		if (*source != '\0' && !draft->revises_given && draft->up != NULL &&
			(draft->id == NULL || get_name(registered, draft->id) == NULL))
		{
			draft->revises_given = true;
			draft->revises = last != NULL ? list_make1(last) : NIL;
		}
	}
}

/* ---------- files that are gone ---------- */

/* The registered revisions of the source without a file, and which stay; NULL: there are none. */
static HTAB *
gone_revisions(const Load *load)
{
	HTAB	   *drafted = new_names(list_length(load->read->drafts));
	HTAB	   *gone = NULL;

	foreach_ptr(const RevisionDraft, draft, load->read->drafts)
	{
		char	   *id = unconstify(char *, draft->id);

		if (id != NULL)
			remember_name(drafted, id, id);
	}
	foreach_ptr(const LoadedRevision, row, sv_store_loaded_from(load->options->source))
	{
		if (get_name(drafted, row->id) != NULL || (load->options->prune && !row->applied))
			continue;
		if (gone == NULL)
			gone = new_names(8);
		remember_name(gone, row->id, row->id);
	}
	return gone;
}

/* The one parent of the revision, or -1. */
static int
only_parent(const RevisionGraph *graph, int revision)
{
	const GraphRevision *this = &graph->revisions[revision];

	return this->nparents == 1 ? this->parents[0] : -1;
}

/*
 * Where the order of the files alone says what a draft revises, and the file of
 * what it does revise is gone, nothing else has come between: the edge stays.
 */
static void
keep_edges(Load *load)
{
	HTAB	   *gone = gone_revisions(load);
	RevisionGraph *graph = gone != NULL ? sv_store_graph(SV_STORE_WRITE) : NULL;

	if (gone == NULL)
		return;
	foreach_ptr(RevisionDraft, draft, load->read->drafts)
	{
		int			self = draft->in_chain ? sv_graph_find(graph, draft->id) : -1;
		int			parent = self >= 0 ? only_parent(graph, self) : -1;
		int			above = parent;
		const char *wanted = draft->revises != NIL ? linitial(draft->revises) : NULL;

		while (above >= 0 && get_name(gone, graph->revisions[above].id) != NULL)
			above = only_parent(graph, above);
		if (above == parent)
			continue;
		if (above < 0 ? wanted == NULL :
			wanted != NULL && strcmp(wanted, graph->revisions[above].id) == 0)
			draft->revises = list_make1(pstrdup(graph->revisions[parent].id));
	}
}

/* ---------- what a baseline contains ---------- */

/* Return the draft up to which the baseline contains the files. */
static const RevisionDraft *
last_contained(const Load *load)
{
	const char *id = load->options->contained;
	const char *with_source = psprintf("%s/%s", load->options->source, id);

	foreach_ptr(const RevisionDraft, draft, load->read->drafts)
	{
		if (draft->id != NULL && draft->up != NULL && draft->runs == SV_RUNS_ONCE &&
			(strcmp(draft->id, id) == 0 || strcmp(draft->id, with_source) == 0))
			return draft;
	}
	ereport(ERROR,
			(errcode(ERRCODE_SV_UNKNOWN_REVISION),
			 errmsg("no file gives revision \"%s\", up to which a baseline is to contain them",
					id)));
	return NULL;
}

/* Let the id of the draft mean the base; what it means already must not change. */
static void
note_one_contained(const RevisionDraft *draft, const char *base)
{
	const char *owner;

	if (sv_store_revision_exists(draft->id))
		ereport(ERROR,
				(errcode(ERRCODE_SV_REFUSED),
				 errmsg("revision \"%s\" is registered by itself, so revision \"%s\" cannot contain it",
						draft->id, base),
				 errhint("Remove it first, if it is not applied: SELECT schemaver.remove(%s). "
						 "Or name an earlier file in contained.", quote_literal_cstr(draft->id))));
	owner = sv_store_replaced_by(draft->id);
	if (owner == NULL)
		sv_store_add_replaced(draft->id, base);
	else if (strcmp(owner, base) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_SV_REFUSED),
				 errmsg("revision \"%s\" was replaced by revision \"%s\", so revision \"%s\" cannot contain it",
						draft->id, owner, base)));
}

/*
 * The files up to that id are contained in the graph's base: they mean it.  "Up to" are the
 * file itself and all that it needs, whatever the order in which the files came.
 */
static void
note_contained(Load *load, List *ordered)
{
	const RevisionDraft *last = last_contained(load);
	RevisionGraph *graph = sv_store_graph(SV_STORE_WRITE);
	RevisionList bases = sv_graph_bases(graph);

	if (bases.n != 1)
		ereport(ERROR,
				(errcode(ERRCODE_SV_NOT_IN_RANGE),
				 errmsg("there is no baseline that could contain the files"),
				 errdetail("The graph has %d bases.", bases.n),
				 errhint("Make one with SELECT schemaver.baseline('message').")));
	foreach_ptr(const RevisionDraft, draft, sv_register_needed(ordered, last))
	{
		CHECK_FOR_INTERRUPTS();
		note_one_contained(draft, graph->revisions[bases.members[0]].id);
	}
}

/* ---------- one draft after the other ---------- */

static void
parse_down(void *arg)
{
	const RevisionDraft *draft = arg;
	ScriptOrigin origin = {draft->id, "down", draft->down_source, Max(draft->down_line, 1)};

	VariableSyntax syntax = sv_variable_syntax(sv_store_option_variables(draft->options));

	(void) sv_register_parse(draft->down, syntax, &origin);
}

/* Take a down that does not parse out of the draft, and note it. */
static void
check_down(Load *load, RevisionDraft *draft)
{
	BrokenDown *broken;
	ErrorData  *error;

	if (draft->down == NULL)
		return;
	error = sv_subtransaction(parse_down, draft, false);
	if (error == NULL)
		return;
	broken = palloc(sizeof(BrokenDown));
	broken->id = draft->id;
	broken->file = draft->down_source;
	broken->error = error;
	load->broken = lappend(load->broken, broken);
	draft->down = NULL;
}

static void
attempt_load(void *arg)
{
	Load	   *load = arg;

	load->result = sv_register_draft(load->draft, load->options->source, &load->reshaped);
}

/* Register the draft, or, when validating, find out whether it could be. */
static void
take_draft(Load *load, RevisionDraft *draft)
{
	ErrorData  *error;

	load->draft = draft;
	check_down(load, draft);
	if (!load->options->validate)
		attempt_load(load);
	else
	{
		error = sv_subtransaction(attempt_load, load, true);
		if (error != NULL)
			load->result = new_result(draft->id, draft->source ? draft->source : draft->down_source,
									  SV_REGISTER_INVALID, finding_of(error));
	}
	load->results = lappend(load->results, load->result);
}

static void
refuse_broken(const List *downs)
{
	const BrokenDown *first = linitial(downs);
	StringInfoData list;

	initStringInfo(&list);
	foreach_ptr(const BrokenDown, down, downs)
		appendStringInfo(&list, "%s%s", list.len > 0 ? "\n" :
						 "", finding_of(down->error));
	ereport(ERROR,
			(errcode(ERRCODE_SV_INVALID_SCRIPT),
			 list_length(downs) == 1 ? errmsg_internal("%s", first->error->message) :
			 errmsg("%d down scripts cannot be parsed", list_length(downs)),
			 errdetail_internal("%s", list_length(downs) == 1 ? first->error->detail : list.data),
			 errhint("Correct it, or say broken_downs => 'derive' to have the down derived when the revision is applied.")));
}

static void
report_broken(Load *load)
{
	if (load->broken != NIL && !load->options->validate && !load->options->derive_broken_downs)
		refuse_broken(load->broken);
	foreach_ptr(const BrokenDown, broken, load->broken)
	{
		if (load->options->validate)
			load->results =
				lappend(load->results, new_result(broken->id, broken->file, SV_REGISTER_INVALID,
												  finding_of(broken->error)));
		else
			ereport(WARNING,
					(errcode(ERRCODE_SV_INVALID_SCRIPT),
					 errmsg("the down of revision \"%s\" is not registered, since it cannot be parsed", broken->id),
					 errdetail_internal("%s", finding_of(broken->error))));
	}
}

/* ---------- what is not in the files any more ---------- */

static bool
is_drafted(HTAB *drafted, const char *id)
{
	return get_name(drafted, id) != NULL;
}

static void
report_missing(Load *load)
{
	HTAB	   *drafted = new_names(list_length(load->read->drafts));
	List	   *rows = sv_store_loaded_from(load->options->source);

	foreach_ptr(RegisterResult, result, load->results)
	{
		if (result->id != NULL)
			remember_name(drafted, result->id, result->id);
	}
	/* children first, so that each can be removed */
	for (int i = list_length(rows) - 1; i >= 0; i--)
	{
		LoadedRevision *row = list_nth(rows, i);
		RegisterAction action = SV_REGISTER_MISSING;

		if (is_drafted(drafted, row->id) || !sv_store_revision_exists(row->id))
			continue;
		if (load->options->prune && !row->applied)
		{
			sv_register_remove(row->id);
			action = SV_REGISTER_REMOVED;
		}
		load->results = lappend(load->results,
								new_result(row->id, row->file, action,
										   action == SV_REGISTER_REMOVED ? NULL :
										   row->applied ? "its file is gone, and it is applied" :
										   "its file is gone"));
	}
}

/* The same of living objects; what one has made stays, also where it is forgotten. */
static void
report_missing_living(Load *load)
{
	foreach_ptr(const StoredLiving, living, sv_store_living(SV_STORE_WRITE))
	{
		bool		found = living->file == NULL ||
		strcmp(living->source, load->options->source) != 0;

		foreach_ptr(const RegisterResult, result, load->results)
			found |= result->id != NULL && strcmp(result->id, living->name) == 0;
		if (found)
			continue;
		if (load->options->prune)
			(void) sv_store_forget_living(living->name);
		load->results = lappend(load->results,
								new_result(living->name, living->file,
										   load->options->prune ? SV_REGISTER_REMOVED :
										   SV_REGISTER_MISSING,
										   load->options->prune ?
										   "what it made is still there" : "its file is gone"));
	}
}

static void
report_ignored(Load *load)
{
	foreach_ptr(const IgnoredFile, ignored, load->read->ignored)
		load->results = lappend(load->results,
								new_result(NULL, ignored->file->name, SV_REGISTER_IGNORED,
										   ignored->reason));
	foreach_ptr(const SourceFile, file, load->hooked)
		load->results = lappend(load->results,
								new_result(NULL, file->name, SV_REGISTER_IGNORED,
										   "the hook of its name has its text"));
}

/* ---------- the whole ---------- */

/* Are the texts the same but for blanks and line ends behind them, which psql's backquotes drop? */
static bool
is_same_text(const char *a, const char *b)
{
	size_t		n = strlen(a);
	size_t		m = strlen(b);

	while (n > 0 && strchr(" \t\r\n", a[n - 1]) != NULL)
		n--;
	while (m > 0 && strchr(" \t\r\n", b[m - 1]) != NULL)
		m--;
	return n == m && memcmp(a, b, n) == 0;
}

static bool
is_hook(const List *hooks, const SourceFile *file)
{
	const char *slash = strrchr(file->name, '/');
	const char *name = slash != NULL ? slash + 1 : file->name;

	foreach_ptr(const StoredHook, hook, hooks)
	{
		if (strcmp(hook->name, name) == 0 && sv_formats_is_callback(file))
			return is_same_text(hook->sql, file->content);
	}
	return false;
}

/*
 * Set the callbacks aside whose text runs as the hook of their name, and return the
 * other files.  One with another text stays, to be refused with what to do.
 */
static List *
without_hooks(Load *load)
{
	List	   *hooks = sv_store_hooks(SV_STORE_READ);
	List	   *others = NIL;

	load->hooked = NIL;
	if (hooks == NIL)
		return load->files;
	foreach_ptr(SourceFile, file, load->files)
	{
		if (is_hook(hooks, file))
			load->hooked = lappend(load->hooked, file);
		else
			others = lappend(others, file);
	}
	return others;
}

static void
read_files_again(void *arg)
{
	Load	   *load = arg;

	load->read = sv_formats_read(without_hooks(load), load->options->format,
								 load->options->variables);
}

/* Read all that can be read, and note what cannot. */
static void
read_validating(Load *load)
{
	ErrorData  *error;

	while ((error = sv_subtransaction(read_files_again, load, true)) != NULL)
	{
		const SourceFile *file = sv_formats_refused();

		load->results = lappend(load->results, new_result(NULL, file != NULL ? file->name : NULL,
														  SV_REGISTER_INVALID, finding_of(error)));
		load->read = palloc0(sizeof(FolderDrafts));
		if (file == NULL || list_length(load->results) > MAX_FINDINGS ||
			!list_member_ptr(load->files, file))
			return;
		load->files = list_delete_ptr(list_copy(load->files), (void *) file);
		if (load->files == NIL)
			return;
	}
}

static void
load_all(void *arg)
{
	Load	   *load = arg;

	if (load->options->validate)
		read_validating(load);
	else
		read_files_again(load);
	assign_ids(load);
	keep_edges(load);
	if (load->options->contained != NULL)
		note_contained(load, sv_register_order(load->read->drafts));
	sv_register_untie_living(load->read->drafts);
	foreach_ptr(RevisionDraft, draft, sv_register_order(load->read->drafts))
	{
		CHECK_FOR_INTERRUPTS();
		draft->accepted = load->options->accept != NULL && draft->id != NULL &&
			draft->runs == SV_RUNS_ONCE && strcmp(draft->id, load->options->accept) == 0;
		if (load->options->accept == NULL || draft->accepted)
			take_draft(load, draft);
	}
	report_broken(load);
	/* other edges or labels: put the whole graph together, which checks it */
	if (load->reshaped)
		sv_store_set_heads(sv_graph_heads(sv_store_graph(SV_STORE_WRITE)).n);
	if (load->options->is_folder)
	{
		report_missing(load);
		report_missing_living(load);
	}
	if (load->options->accept == NULL)
		report_ignored(load);
}

/*
 * Register what files (a list of SourceFile) say.  Returns a list of
 * RegisterResult: the drafts in the order of registration, then what is missing,
 * then what was left out.  With "validate", nothing is registered and every
 * finding is one result.  The lock of registration is held already.
 */
List *
sv_register_files(List *files, const LoadOptions *options)
{
	Load		load = {options, files};
	ErrorData  *error;

	if (*options->source != '\0')
		sv_graph_check_name(options->source, "source");
	if (options->prune)
		sv_register_prune_begin();
	if (!options->validate)
	{
		load_all(&load);
		sv_register_prune_end(options->source, load.results);
		return load.results;
	}
	error = sv_subtransaction(load_all, &load, false);
	if (error != NULL)
		load.results =
			lappend(load.results, new_result(NULL, NULL, SV_REGISTER_INVALID, finding_of(error)));
	return load.results;
}
