/*
 * hinted.c
 *		What the hints in a wanted schema rename, tried out on an empty copy of
 *		the live one.
 */
#include "postgres.h"

#include "diff/renames.h"
#include "run/hinted.h"
#include "run/prove.h"
#include "script/hints.h"
#include "script/script.h"

static const ScriptOrigin origin = {NULL, NULL, NULL, 1};

/*
 * The renames that lead from the live schema towards the wanted one, which is
 * the model of "sql".  Without hints that count, "model" is the live one.
 */
HintedRenames
sv_hinted(const char *sql, const ModelScope *scope, Model *live, Model *wanted, const DiffOptions *options)
{
	HintedRenames result = {live, NIL, NIL};
	List	   *hints = sv_script_hints(sv_script_parse(sql, &origin));
	List	   *renames = hints ? sv_hinted_renames(live, wanted, hints) : NIL;

	if (renames == NIL)
		return result;
	result.there = list_concat(sv_diff_renames(live, renames), sv_identity_renames(renames, false));
	result.model = sv_model_after(scope, live, options, result.there);
	result.back = list_concat(sv_identity_renames(renames, true),
							  sv_diff_renames(result.model, sv_renames_back(result.model, renames)));
	return result;
}
