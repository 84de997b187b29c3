/*
 * baseline.c
 *		The schema of a database as a script that builds it from empty, proven.
 */
#include "postgres.h"

#include "proof/proof.h"

typedef struct Baseline
{
	RevisionDraft *draft;
	const DiffOptions *options;
	bool		reversible;
} Baseline;

/* Raise SV017: a candidate does not reach its goal. */
static void
refuse_baseline(const Candidate *candidate)
{
	StringInfoData list;

	initStringInfo(&list);
	foreach_ptr(const char, difference, candidate->differences)
	{
		if (foreach_current_index(difference) < 10)
			appendStringInfo(&list, "%s%s", list.len ? "\n" : "", difference);
	}
	ereport(ERROR,
			(errcode(ERRCODE_SV_VERIFY_FAILED),
			 candidate->error ?
			 errmsg("the script of the baseline fails: %s", candidate->error->message) :
			 candidate->differences ? errmsg("the script of the baseline builds another schema") :
			 errmsg("the way back of the baseline does not lead to an empty schema"),
			 candidate->error ?
			 errdetail_internal("SQLSTATE %s: %s", unpack_sql_state(candidate->error->sqlerrcode),
								candidate->error->context ?
								candidate->error->context : "") :
			 candidate->differences ? errdetail_internal("%s", list.data) : 0,
			 errhint("Nothing was registered. Load the output of pg_dump --schema-only as a revision and stamp() it.")));
}

static void
build_baseline(Sandbox *sandbox, void *arg)
{
	Baseline   *baseline = arg;
	Goal		goal = {
		.start = sv_sandbox_state(sandbox), .any_order = true, .options = baseline->options
	};
	Candidate	candidate = {"baseline"};

	goal.end = sv_diff_goal(sandbox->live, goal.start, baseline->options, NULL);
	sv_candidate_generate(&candidate, &goal, "");
	if (!baseline->reversible)
		candidate.script.down = NULL;
	if (!sv_candidate_try(&candidate, sandbox, &goal) ||
		(baseline->reversible && !candidate.down_proven))
		refuse_baseline(&candidate);
	baseline->draft->up = candidate.script.up;
	baseline->draft->down = candidate.script.down;
	baseline->draft->up_generated = baseline->draft->down_generated = true;
	if (!baseline->reversible)
		baseline->draft->options =
			"{\"irreversible\": \"it would drop all that was there before the first revision\"}";
}

/*
 * Fill in the scripts of a draft: up builds the live schemas (NIL: all) from
 * empty.  Where it shall be reversible, down drops them; else the draft says that it
 * is not.  Both are proven, SV017 if they cannot be.
 */
void
sv_proof_baseline(RevisionDraft *draft, List *schemas, const DiffOptions *options, bool reversible)
{
	Baseline	baseline = {draft, options, reversible};

	sv_sandbox_scripts(SV_GROUND_EMPTY, schemas, build_baseline, &baseline);
}
