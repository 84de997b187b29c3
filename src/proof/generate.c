/*
 * generate.c
 *		The migration from the live schema to a wanted one.
 *
 * The statements are found while the wanted schema stands in the sandbox, for there they
 * can be proven without building anything else.  Where that does not do, because hints
 * rename objects, rows come with the schema, or options leave objects alone that the
 * wanted text does not have, they are proven on a copy of the live schema.
 */
#include "postgres.h"

#include "proof/proof.h"
#include "run/run.h"
#include "script/script.h"

typedef struct Generation
{
	NewMigration *generated;
	const DiffOptions *options;
	List	   *path;			/* of the caller */
} Generation;

static const ScriptOrigin origin = {NULL, NULL, NULL, 1};

/* The statements from the live schema to the wanted one and back, by way of the renames. */
static void
find_statements(NewMigration *generated, Model *wanted, const HintedRenames *renames,
				const DiffOptions *options)
{
	generated->goal = sv_diff_goal(wanted, renames->model, options, NULL);
	generated->up = list_concat(renames->there, sv_diff(renames->model, generated->goal, options));
	if (!sv_rows_are_nothing(generated->up))
		generated->down = list_concat(sv_diff(generated->goal, renames->model, options),
									  renames->back);
}

/* The wanted schema stands, and no hint renames anything. */
static void
generate_here(const Sandbox *sandbox, Model *wanted, void *arg)
{
	Generation *generation = arg;
	NewMigration *generated = generation->generated;
	const DiffOptions *options = generation->options;
	HintedRenames none = {generated->live, NIL, NIL};

	find_statements(generated, wanted, &none, options);
	generated->proven = !sv_rows_are_nothing(generated->up) &&
		sv_rows_are_nothing(sv_diff(wanted, generated->goal, options)) &&
		sv_prove_from_wanted(sandbox, generated->live, generated->goal, options,
							 generation->path, generated->up, generated->down);
}

/*
 * Find the statements that lead from the live schema to the one that "desired" builds,
 * and back.  sv_generate_prove() has to follow before anybody relies on them.
 */
void
sv_generate(NewMigration *generated, const char *desired, const ModelScope *scope,
			const DiffOptions *options, bool takes_rows)
{
	Generation	generation = {generated, options, sv_body_path_now()};
	bool		hinted = sv_script_hints(sv_script_parse(desired, &origin)) != NIL;
	HintedRenames renames;
	Model	   *wanted;

	memset(generated, 0, sizeof(NewMigration));
	generated->live = sv_model_read(scope);
	wanted = sv_wanted_model(desired, scope, generated->live,
							 takes_rows ? &generated->managed : NULL,
							 hinted ? NULL : generate_here, &generation);
	if (generated->goal != NULL)
		return;
	renames = sv_hinted(desired, scope, generated->live, wanted, options);
	find_statements(generated, wanted, &renames, options);
}

/* Prove them, if that is still to do; error SV017, or that of a statement, if they are wrong. */
void
sv_generate_prove(const NewMigration *generated, const ModelScope *scope,
				  const DiffOptions *options)
{
	if (!generated->proven)
		sv_prove(scope, generated->live, generated->goal, options, generated->up,
				 generated->down);
}
