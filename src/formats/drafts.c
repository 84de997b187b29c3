/*
 * drafts.c
 *		Drafts of revisions, as the readers of all formats make them.
 */
#include "postgres.h"


#include "formats/formats_private.h"

/* Return a draft without texts.  It points to its arguments. */
RevisionDraft *
sv_draft_new(const SourceFile *file, const char *id, const char *message)
{
	RevisionDraft *draft = palloc0(sizeof(RevisionDraft));

	draft->id = id;
	draft->message = message;
	draft->source = file->name;
	return draft;
}

/* The text begins at the line of the file. */
void
sv_draft_set_up(RevisionDraft *draft, const SourceFile *file, const char *text, int line)
{
	draft->up = text;
	draft->source = file->name;
	draft->up_line = line;
}

void
sv_draft_set_down(RevisionDraft *draft, const SourceFile *file, const char *text, int line)
{
	draft->down = text;
	draft->down_source = file->name;
	draft->down_line = line;
}

/* A section without a line is none; an up that has none is an empty script. */
void
sv_draft_set_sections(RevisionDraft *draft, const SourceFile *file, const Section *up,
					  const Section *down)
{
	const char *up_text = sv_section_text(up);
	const char *down_text = sv_section_text(down);

	sv_draft_set_up(draft, file, up_text != NULL ? up_text : "", Max(up->first_line, 1));
	if (down_text != NULL)
		sv_draft_set_down(draft, file, down_text, Max(down->first_line, 1));
}

/* Add an option whose value is given as JSON. */
void
sv_draft_option(RevisionDraft *draft, const char *name, const char *json)
{
	sv_json_add(&draft->options, name, json);
}

/* Note a fact by which the tool of the format knows the revision; NULL: none. */
void
sv_draft_detail(RevisionDraft *draft, const char *name, const char *text)
{
	if (text != NULL)
		sv_json_add(&draft->details, name, sv_json_quote(text));
}

/* The same of a list of texts. */
void
sv_draft_detail_list(RevisionDraft *draft, const char *name, const List *texts)
{
	sv_json_add(&draft->details, name, sv_json_list(texts));
}

/* Say which of the scripts must not run in a transaction. */
void
sv_draft_transactions(RevisionDraft *draft, bool not_up, bool not_down)
{
	if (not_up)
		sv_draft_option(draft, "transaction", "false");
	if (draft->down != NULL && not_up != not_down)
		sv_draft_option(draft, "down_transaction", not_down ? "false" : "true");
}

static bool
has_variables(const char *text, VariableSyntax syntax)
{
	return text != NULL && sv_has_variables(text, syntax);
}

/* Say how the draft's texts write variables, if they have any. */
void
sv_draft_variables(RevisionDraft *draft, const char *syntax)
{
	VariableSyntax number = sv_variable_syntax(syntax);

	if (has_variables(draft->up, number) || has_variables(draft->down, number) ||
		has_variables(draft->verify, number))
		sv_draft_option(draft, "variables", psprintf("\"%s\"", syntax));
}

/* Let each draft revise the one before it; a down alone is no link of the chain. */
void
sv_drafts_chain(List *drafts)
{
	const RevisionDraft *last = NULL;

	foreach_ptr(RevisionDraft, draft, drafts)
	{
		if (draft->up == NULL || draft->runs != SV_RUNS_ONCE)
			continue;
		draft->revises_given = true;
		draft->in_chain = true;
		if (last != NULL)
			draft->revises = list_make1(unconstify(char *, last->id));
		last = draft;
	}
}

/*
 * Read files that hold up and down, each with the given function, into a chain
 * in the order of their names.
 */
List *
sv_read_sectioned(Folder *folder, SectionedFn read, bool whole_names, bool by_names)
{
	List	   *named = NIL;
	List	   *drafts;

	foreach_ptr(const SourceFile, file, sv_folder_sql(folder))
	{
		named = lappend(named, sv_named_file(file, sv_file_base(file), false));
		((NamedFile *) llast(named))->name_order = by_names;
	}
	drafts = sv_named_drafts(named);
	foreach_ptr(RevisionDraft, draft, drafts)
	{
		const SourceFile *file = sv_folder_find(folder, draft->source);
		RevisionDraft *sections = read(file);

		if (whole_names)
			draft->id = sv_id_from(sv_file_base(file), strlen(sv_file_base(file)));
		sv_draft_set_up(draft, file, sections->up, sections->up_line);
		draft->down = sections->down;
		draft->down_source = sections->down_source;
		draft->down_line = sections->down_line;
		draft->options = sections->options;
	}
	if (whole_names && list_length(drafts) > 1)
		sv_drafts_chain(drafts);
	return drafts;
}
