/*
 * loss_list.c
 *		What generated statements would lose, and who has to say that it may go.
 *
 * Statements that schemaver writes by itself never lose data unless the caller
 * allows it in the very call, and never take a probable rename for a drop.
 */
#include "postgres.h"

#include "base/base.h"
#include "diff/diff.h"

#define LOSSES_SHOWN 10

/* The rows (DiffRow) whose statements lose data. */
List *
sv_diff_losses(List *rows)
{
	List	   *losses = NIL;

	foreach_ptr(DiffRow, row, rows)
	{
		if (row->sql != NULL && (row->hazards & SV_HAZARD_DATA_LOSS))
			losses = lappend(losses, row);
	}
	return losses;
}

/* Raise SV016 with the statements that would lose data, if there are any. */
void
sv_diff_refuse_losses(List *rows, const char *hint)
{
	List	   *losses = sv_diff_losses(rows);
	int			n = list_length(losses);
	StringInfoData list;

	if (n == 0)
		return;
	initStringInfo(&list);
	foreach_ptr(const DiffRow, loss, losses)
	{
		if (foreach_current_index(loss) < LOSSES_SHOWN)
			appendStringInfo(&list, "%s%s;", list.len ? "\n" : "", loss->sql);
	}
	ereport(ERROR,
			(errcode(ERRCODE_SV_REFUSED),
			 errmsg_plural("%d statement would lose data", "%d statements would lose data", n, n),
			 errdetail_internal("%s%s", list.data, n > LOSSES_SHOWN ? "\n..." : ""),
			 errhint("%s", hint)));
}

/* Raise SV016 if a row asks whether an object was renamed: nothing is dropped on a guess. */
void
sv_diff_refuse_questions(List *rows)
{
	StringInfoData list;
	const DiffRow *first = NULL;
	int			n = 0;

	initStringInfo(&list);
	foreach_ptr(const DiffRow, row, rows)
	{
		if (row->renamed_to == NULL)
			continue;
		if (first == NULL)
			first = row;
		if (n++ < LOSSES_SHOWN)
			appendStringInfo(&list, "%s%s %s %s.", list.len ? "\n" :
							 "", row->kind, row->identity, row->note);
	}
	if (n == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_SV_REFUSED),
			 errmsg_plural("%d object may have been renamed", "%d objects may have been renamed",
						   n, n),
			 errdetail_internal("%s%s", list.data, n > LOSSES_SHOWN ? "\n..." : ""),
			 errhint("If %s is the new name, write the line \"-- renamed from %s\" before it in the wanted schema. "
					 "If it is another object, pass allow_data_loss => true.",
					 first->renamed_to, first->renamed_from)));
}
