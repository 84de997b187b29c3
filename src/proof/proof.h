/*
 * proof.h
 *		The sandbox: wanted SQL, rows of a diff and revisions are executed, looked
 *		at, and rolled back.
 *
 * Owns: the only code that hides schemas.  Never leaves anything behind, and
 * nothing in it has more rights than the owner of the object concerned.
 */
#ifndef SV_PROOF_H
#define SV_PROOF_H

#include "diff/diff.h"
#include "formats/formats.h"
#include "graph/graph.h"
#include "model/model.h"
#include "run/run.h"
#include "script/script.h"
#include "store/store.h"

/* ----- baseline.c, squash.c -----
 *
 * Revisions made of a schema, or of other revisions.
 */

extern void sv_proof_baseline(RevisionDraft *draft, List *schemas, const DiffOptions *options,
							  bool reversible);
extern void sv_proof_squash(RevisionDraft *draft, const RevisionGraph *graph,
							const RevisionList *members,
							bool keep_data, bool allow_data_loss, const DiffOptions *options);

/* ----- sandbox.c -----
 *
 * SQL tried out where nothing of it stays.
 */

/* On what the SQL stands. */
typedef enum SandboxGround
{
	SV_GROUND_LIVE,				/* the live schema with its rows */
	SV_GROUND_EMPTY				/* nothing: the live schema is hidden */
} SandboxGround;

typedef struct Sandbox
{
	SandboxGround ground;
	ModelScope	scope;			/* what a state consists of */
	Model	   *live;			/* the live schema before anything ran; NULL: is read */
	const char *messages;		/* the least that the client is told; NULL: as it is */
	bool		free_enums;		/* may new values of enum types be used at once? */
} Sandbox;

typedef void (*SandboxFn) (Sandbox *sandbox, void *arg);

extern void sv_sandbox(Sandbox *sandbox, SandboxFn work, void *arg);
extern Model *sv_sandbox_state(const Sandbox *sandbox);

/* ----- sandbox_scripts.c: scripts of revisions in the sandbox ----- */

extern void sv_sandbox_scripts(SandboxGround ground, List *schemas, SandboxFn work, void *arg);
extern void sv_sandbox_settle(const Sandbox *sandbox);
extern ErrorData *sv_sandbox_run(const Sandbox *sandbox, const char *revision,
								 const StoredScript *stored, Direction direction);

/* check_downs.c */
extern RunObserver *sv_proof_observer(void);
extern void sv_proof_check_downs(List *ids);

/* facts.c */
extern List *sv_facts_read(void);
extern List *sv_facts_differ(List *expected, List *got);

/* ----- candidate.c -----
 *
 * A script that is to build a schema, tried out before anybody relies on it.
 */

/* Where a script begins and what it must reach. */
typedef struct Goal
{
	Model	   *start;
	Model	   *end;
	List	   *rows;			/* strings from sv_rows_read() */
	bool		rows_count;		/* must the rows be the same too? */
	bool		any_order;		/* may columns stand in another order? */
	const DiffOptions *options;
} Goal;

typedef struct Candidate
{
	const char *revision;		/* for messages */
	StoredScript script;		/* up and down; down NULL: none is known */
	/* found out: */
	ErrorData  *error;			/* of up */
	List	   *differences;	/* strings: where the schema is not the goal's */
	List	   *rows_differ;	/* strings: tables */
	bool		down_proven;
	List	   *losses;			/* DiffRows of up that lose data */
} Candidate;

extern char *sv_rows_to_script(List *rows);
extern bool sv_rows_are_nothing(List *rows);
extern void sv_candidate_generate(Candidate *candidate, const Goal *goal, const char *data);
extern bool sv_candidate_try(Candidate *candidate, const Sandbox *sandbox, const Goal *goal);

/* rows.c */
extern List *sv_rows_read(const Sandbox *sandbox, const Model *model);
extern List *sv_rows_differ(List *a, List *b);

/* ----- hinted.c -----
 *
 * The renames that the hints in a wanted schema ask for.
 */

typedef struct HintedRenames
{
	Model	   *model;			/* the live schema after them */
	List	   *there;			/* statements (DiffRow) that lead to it */
	List	   *back;			/* and that lead back */
} HintedRenames;

extern HintedRenames sv_hinted(const char *sql, const ModelScope *scope, Model *live, Model *wanted,
							   const DiffOptions *options);

/* ----- prove.c -----
 *
 * Prove a migration on an empty copy of the schema.
 */

extern void sv_prove(const ModelScope *scope, Model *live, Model *wanted,
					 const DiffOptions *options,
					 List *up, List *down);

extern bool sv_prove_from_wanted(const Sandbox *sandbox, Model *live, Model *goal,
								 const DiffOptions *options, List *path, List *up, List *down);

extern Model *sv_model_after(const ModelScope *scope, Model *live, const DiffOptions *options,
							 List *rows);

/* ----- generate.c -----
 *
 * A migration from the live schema to a wanted one, and its proof.
 */

typedef struct NewMigration
{
	List	   *up;				/* rows of sv_diff() */
	List	   *down;			/* NIL if up says nothing */
	List	   *managed;		/* ManagedRows of the wanted schema */

	/* for the proof */
	Model	   *live;
	Model	   *goal;
	bool		proven;
} NewMigration;

extern void sv_generate(NewMigration *generated, const char *desired, const ModelScope *scope,
						const DiffOptions *options, bool takes_rows);
extern void sv_generate_prove(const NewMigration *generated, const ModelScope *scope,
							  const DiffOptions *options);

/* ----- test.c -----
 *
 * Up, down, up of revisions, comparing the schema each time.
 */

/* What a test found out about one revision. */
typedef struct TestResult
{
	const char *revision;
	const char *message;
	const char *verdict;
	List	   *objects;		/* strings: what did not come back */
	const char *sqlstate;		/* of the script's error, or NULL */
	const char *detail;			/* or NULL */
	bool		with_data;		/* were the rows of the database there? */
} TestResult;

extern const char *const sv_verdict_ok;

extern List *sv_test(const RevisionGraph *graph, const RevisionList *list);
extern void sv_test_down(const Sandbox *sandbox, const StoredScript *stored, const Model *before,
						 const Model *after, TestResult *result);

/* ----- wanted.c -----
 *
 * The model of the schema that a SQL text builds from empty.
 */

/* Called while the wanted schema stands, and is without rows. */
typedef void (*WantedFn) (const Sandbox *sandbox, Model *wanted, void *arg);

extern Model *sv_wanted_model(const char *sql, const ModelScope *scope, const Model *live,
							  List **rows, WantedFn standing, void *arg);

/* wanted_rows.c */
extern List *sv_wanted_rows_diff(const List *rows);

#endif							/* SV_PROOF_H */
