/*
 * deploy.c
 *		One call for a release.
 *
 * Promises:
 *	- Load and run are one transaction where the plan allows that.
 *	- Where it does not, the load is committed first, and then each revision, as
 *	  online_upgrade() does; inside of somebody's transaction that is SV011, and
 *	  nothing stays.
 *	- Nothing runs whose file is gone, and nothing goes on without any file.
 *	- To call it again is to continue, or to find nothing to do.
 */
#include "postgres.h"

#include "deploy/deploy.h"
#include "online/online.h"
#include "proof/proof.h"
#include "store/store.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/portal.h"
#include "utils/timestamp.h"

#define FINDINGS_SHOWN 20

/* A deployment under way. */
typedef struct Deploying
{
	Release		release;
	const Deployment *deployment;
	List	   *files;			/* SourceFile */
	LoadOptions load;
	const char *target;
	bool		in_one;			/* one transaction, as far as can be seen */
} Deploying;

/* ---------- load ---------- */

/* The files that the argument means; an error if there is none. */
static List *
read_deployment(const Deployment *deployment)
{
	SourceFile	bundle = {"files", deployment->files};
	List	   *files;

	if (sv_bundle_is(deployment->files))
		files = sv_bundle_read(&bundle);
	else if (deployment->files[0] != '\0' && strchr(deployment->files, '\n') == NULL)
		files = sv_register_read_directory(deployment->files);
	else if (deployment->files[0] == '\0')
		files = NIL;
	else
		ereport(ERROR,
				(errcode(ERRCODE_SV_UNREADABLE_FILE),
				 errmsg("the files to deploy have no names"),
				 errdetail("The text does not begin with the line that names its first file."),
				 errhint("Put a line \"-- schemaver:file NAME\" before each file, or give the path of a folder of the server.")));
	if (files == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_SV_UNREADABLE_FILE),
				 errmsg("there are no files to deploy"),
				 errhint("Check the folder. To run what is registered already, pass NULL as files.")));
	return files;
}

static void
load(void *arg)
{
	Deploying  *deploying = arg;

	deploying->release.loaded = sv_register_files(deploying->files, &deploying->load);
}

/* The first finding is an error; show what else is wrong. */
static void
warn_of_findings(Deploying *deploying)
{
	int			n = 0;

	deploying->load.validate = true;
	load(deploying);
	foreach_ptr(const RegisterResult, result, deploying->release.loaded)
	{
		if (result->action != SV_REGISTER_INVALID || ++n > FINDINGS_SHOWN)
			continue;
		ereport(WARNING,
				(result->file ?
				 errmsg("%s: %s", result->file, result->finding) :
				 errmsg_internal("%s", result->finding)));
	}
	if (n > FINDINGS_SHOWN)
		ereport(WARNING, (errmsg("%d more files have faults", n - FINDINGS_SHOWN)));
}

/* Register what the files say; on an error list all findings before it is raised. */
static void
load_files(Deploying *deploying)
{
	List	   *changed = NIL;
	int			known = 0;
	ErrorData  *error;

	deploying->files = read_deployment(deploying->deployment);
	sv_register_lock("schemaver.deploy()");
	error = sv_subtransaction(load, deploying, true);
	if (error != NULL)
	{
		if (ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_OPERATOR_INTERVENTION &&
			list_length(deploying->files) > 1)
			warn_of_findings(deploying);
		ReThrowError(error);
	}
	foreach_ptr(const RegisterResult, result, deploying->release.loaded)
	{
		known += result->action <= SV_REGISTER_REPLACED;
		if (result->action <= SV_REGISTER_UPDATED)
			changed = lappend(changed, result->id);
	}
	if (known == 0)
		ereport(ERROR,
				(errcode(ERRCODE_SV_UNREADABLE_FILE),
				 errmsg("the files to deploy hold no revision"),
				 errhint("Check the folder and the argument \"format\".")));
	sv_proof_check_downs(changed);
}

/* ---------- plan ---------- */

/* Raise SV016 if something would run whose file is gone. */
static void
refuse_withdrawn(const Deploying *deploying, const RevisionGraph *graph, const RevisionList *plan)
{
	foreach_ptr(const RegisterResult, result, deploying->release.loaded)
	{
		if (result->action != SV_REGISTER_MISSING)
			continue;
		for (int i = 0; i < plan->n; i++)
		{
			if (strcmp(graph->revisions[plan->members[i]].id, result->id) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_SV_REFUSED),
						 errmsg("revision \"%s\" is pending, and its file is gone", result->id),
						 errdetail("It was registered from file \"%s\".", result->file),
						 errhint("Restore the file, or take the revision away with prune => true.")));
		}
	}
}

/* Plan the upgrade, and see whether one transaction can do it. */
static RevisionList
plan_deployment(Deploying *deploying, StoredRevision ***rows)
{
	const RunOptions *options = &deploying->deployment->run;
	RevisionGraph *graph = sv_store_graph(SV_STORE_WRITE);
	Selection	selection = sv_run_selection(SV_STORE_WRITE, options->contexts, options->labels);
	RevisionList list;

	deploying->release.before = sv_deploy_heads(graph);
	deploying->target = sv_graph_target(graph, deploying->deployment->target, SV_UPGRADE);
	list = sv_graph_plan_upgrade(graph, deploying->target);
	refuse_withdrawn(deploying, graph, &list);
	*rows = sv_store_plan_rows(SV_STORE_WRITE, graph, &list);
	sv_run_select(&selection, *rows, &list);
	deploying->in_one = sv_run_fits_one(SV_STORE_WRITE, *rows, list.n);
	/* what stands before a step that is done elsewhere is committed */
	if (deploying->deployment->may_commit && sv_run_first_external(*rows, list.n) > 0)
		deploying->in_one = false;
	return list;
}

/* ---------- run ---------- */

static void
count_step(const RunStep *step, void *arg)
{
	((Deploying *) arg)->release.nsteps++;
}

static void
run_in_one(void *arg)
{
	Deploying  *deploying = arg;

	deploying->release.nsteps = 0;
	sv_run(SV_UPGRADE, deploying->target, &deploying->deployment->run, sv_proof_observer(),
		   count_step, deploying);
}

/* Raise SV011: there is a step that needs commits, and the caller's transaction is open. */
static void
refuse_commits(StoredRevision **rows, int n)
{
	const StoredRevision *row = rows[0];

	for (int i = n - 1; i >= 0; i--)
		if (rows[i]->up_blocker != NULL)
			row = rows[i];
	ereport(ERROR,
			(errcode(ERRCODE_SV_NOT_TRANSACTIONAL),
			 errmsg("revision \"%s\" cannot run in this transaction", row->id),
			 row->up_blocker ? errdetail("Up script: %s.", row->up_blocker) :
			 errdetail("A value that it adds to an enum type is used in the same run."),
			 errhint("Call schemaver.deploy() by itself, outside of a transaction block; with a driver, switch on autocommit.")));
}

/* Was a revision left half done upwards? */
static bool
is_interrupted(void)
{
	Direction	direction;

	return sv_store_interrupted(SV_STORE_WRITE, &direction) != NULL && direction == SV_UPGRADE;
}

/*
 * Run the plan in this transaction.  Returns false, with all of it undone, if a
 * statement turned out to need commits, which the plan could only guess.
 */
static bool
try_in_one(Deploying *deploying)
{
	ErrorData  *error;

	if (!deploying->deployment->may_commit)
	{
		run_in_one(deploying);
		return true;
	}
	error = sv_subtransaction(run_in_one, deploying, true);
	if (error == NULL)
		return true;
	if (error->sqlerrcode != ERRCODE_SV_NOT_TRANSACTIONAL)
		ReThrowError(error);
	return false;
}

/* What is applied now, of all that is committed or was done here. */
static char *
heads_now(void)
{
	return sv_deploy_heads(sv_store_graph(SV_STORE_WRITE));
}

/* All of it in a transaction that is rolled back; what needs commits is planned only. */
static void
try_out(void *arg)
{
	Deploying  *deploying = arg;
	StoredRevision **rows;
	RevisionList list;

	if (deploying->deployment->files != NULL)
		load_files(deploying);
	list = plan_deployment(deploying, &rows);
	deploying->release.nsteps = list.n;
	deploying->release.committed = !deploying->in_one;
	if (deploying->in_one)
		run_in_one(deploying);
	deploying->release.after = deploying->in_one ? heads_now() :
		(list.n > 0 ? pstrdup(rows[list.n - 1]->id) : deploying->release.before);
}

static void
deploy_dry(Deploying *deploying)
{
	Deployment	executed = *deploying->deployment;
	const Deployment *asked = deploying->deployment;
	ErrorData  *error;

	executed.run.dry_run = false;	/* what is rolled back here needs no rollback there */
	deploying->deployment = &executed;
	error = sv_subtransaction(try_out, deploying, false);
	if (error != NULL)
		ReThrowError(error);
	deploying->deployment = asked;
	sv_deploy_report(&deploying->release);
}

static void
deploy(Deploying *deploying)
{
	StoredRevision **rows;
	RevisionList list;
	bool		resume;

	if (deploying->deployment->files != NULL)
		load_files(deploying);
	list = plan_deployment(deploying, &rows);
	resume = is_interrupted() && deploying->deployment->may_commit;
	if (!deploying->in_one && !deploying->deployment->may_commit)
		refuse_commits(rows, list.n);
	if (resume || !deploying->in_one || !try_in_one(deploying))
	{
		deploying->release.committed = true;
		deploying->release.nsteps = list.n;
		sv_online_run(SV_UPGRADE, deploying->target, &deploying->deployment->run);
	}
	deploying->release.after = heads_now();
	sv_deploy_report(&deploying->release);
}

/* Bring the database to the target with these files.  May commit if it is allowed to. */
void
sv_deploy(const Deployment *deployment)
{
	MemoryContext context = AllocSetContextCreate(deployment->may_commit ? PortalContext :
												  CurrentMemoryContext, "schemaver deployment",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	Deploying	deploying = {{deployment}};

	deploying.deployment = deployment;
	deploying.load = deployment->load;
	deploying.release.started_at = GetCurrentTimestamp();
	if (deployment->run.dry_run)
		deploy_dry(&deploying);
	else
		deploy(&deploying);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}
