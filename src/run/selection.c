/*
 * selection.c
 *		Which revisions of a plan run: those whose contexts and labels fit, up to
 *		the first step that is to be done outside of the server.
 */
#include "postgres.h"

#include "run/run.h"
#include "utils/builtins.h"

/*
 * What a call, or the environment of this database, selects.  "contexts": names
 * separated by commas, NULL: those of the environment; "labels": an expression, or
 * NULL.
 */
Selection
sv_run_selection(StoreMode mode, const char *contexts, const char *labels)
{
	Selection	selection = {NIL, labels};

	if (contexts == NULL)
		contexts = sv_store_environment(mode, NULL);
	if (contexts != NULL)
		selection.contexts = sv_graph_split_names(contexts);
	if (labels != NULL)
		(void) sv_graph_asks_for_names(labels);
	return selection;
}

static char *
joined_names(const List *names)
{
	char	   *result = NULL;

	foreach_ptr(const char, name, names)
		result = result == NULL ? pstrdup(name) :
		psprintf("%s, %s", result, name);
	return result != NULL ? result : "none";
}

/* Why what has these contexts and labels does not run; NULL: it does. */
const char *
sv_run_unselected(const Selection *selection, const char *contexts, const char *labels)
{
	/* without any name all run, but for what has to be asked for: as in Liquibase */
	if (contexts != NULL && (selection->contexts != NIL || sv_graph_asks_for_names(contexts)) &&
		!sv_graph_expression_holds(contexts, selection->contexts))
		return psprintf("left out: its contexts (%s) do not hold for %s", contexts,
						joined_names(selection->contexts));
	if (labels != NULL && selection->labels != NULL &&
		!sv_graph_expression_holds(selection->labels, sv_graph_split_names(labels)))
		return psprintf("left out: its labels (%s) do not fit %s", labels, selection->labels);
	return NULL;
}

/* Why a revision with these options does not run; NULL: it does. */
const char *
sv_run_left_out(const Selection *selection, const char *options)
{
	return sv_run_unselected(selection, sv_store_option_text(options, "contexts"),
							 sv_store_option_text(options, "labels"));
}

/*
 * Take out of the plan of an upgrade what is left out.  "rows" and the plan stay
 * side by side.
 */
void
sv_run_select(const Selection *selection, StoredRevision **rows, RevisionList *plan)
{
	int			n = 0;

	for (int i = 0; i < plan->n; i++)
	{
		if (sv_run_left_out(selection, rows[i]->options) != NULL)
			continue;
		rows[n] = rows[i];
		plan->members[n++] = plan->members[i];
	}
	plan->n = n;
}

/* What is to be done outside of the server for the revision, or NULL. */
const char *
sv_run_external(const StoredRevision *row)
{
	return sv_store_option_text(row->options, "external");
}

/* The first step of an upgrade that is to be done outside of the server, or -1. */
int
sv_run_first_external(StoredRevision **rows, int n)
{
	for (int i = 0; i < n; i++)
	{
		if (sv_run_external(rows[i]) != NULL)
			return i;
	}
	return -1;
}

/* Raise SV019 for such a step; "before" is the revision of the plan before it, or NULL. */
void
sv_run_refuse_external(const StoredRevision *row, const StoredRevision *before)
{
	const char *first = before == NULL ? "" :
	psprintf("Run SELECT * FROM schemaver.upgrade(%s) first. ",
			 quote_literal_cstr(before->id));

	ereport(ERROR,
			(errcode(ERRCODE_SV_INTERRUPTED_RUN),
			 errmsg("revision \"%s\" is to be done outside of the server", row->id),
			 errdetail("What is to be done: %s", sv_run_external(row)),
			 errhint("%sDo it: %s. Then run SELECT schemaver.done(%s), and go on.", first,
					 sv_run_external(row), quote_literal_cstr(row->id))));
}
