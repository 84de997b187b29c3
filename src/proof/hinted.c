/*
 * hinted.c
 *		What the hints in a wanted schema rename, tried out on an empty copy of
 *		the live one.
 */
#include "postgres.h"

#include "diff/diff.h"
#include "proof/proof.h"
#include "script/script.h"

static const ScriptOrigin origin = {NULL, NULL, NULL, 1};

/* Schemas that were made for what moves into them. */
static List *
drop_created(List *rows)
{
	List	   *drops = NIL;

	foreach_ptr(const DiffRow, row, rows)
	{
		DiffRow    *drop;

		if (strcmp(row->action, "create") != 0)
			continue;
		drop = palloc0(sizeof(DiffRow));
		drop->kind = row->kind;
		drop->identity = row->identity;
		drop->action = "drop";
		drop->sql = psprintf("DROP SCHEMA %s", row->identity);
		drops = lappend(drops, drop);
	}
	return drops;
}

/*
 * The renames that lead from the live schema towards the wanted one, which is
 * the model of "sql".  Without hints that count, "model" is the live one.
 */
HintedRenames
sv_hinted(const char *sql, const ModelScope *scope, Model *live, Model *wanted,
		  const DiffOptions *options)
{
	HintedRenames result = {live, NIL, NIL};
	List	   *hints = sv_script_hints(sv_script_parse(sql, &origin));
	List	   *renames = hints ? sv_hinted_renames(live, wanted, hints) : NIL;

	if (renames == NIL)
		return result;
	result.there = sv_diff_all_renames(live, &renames);
	result.there = list_concat(result.there, sv_identity_renames(renames, false));
	result.model = sv_model_after(scope, live, options, result.there);
	result.back = list_concat(sv_identity_renames(renames, true),
							  sv_diff_renames(result.model,
											  sv_renames_back(result.model, renames)));
	result.back = list_concat(result.back, drop_created(result.there));
	return result;
}
