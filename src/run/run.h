/*
 * run.h
 *		Runs of one transaction: the checks before, the steps, what is put back.
 *
 * Owns: the caller's transaction while a plan is executed, with the caller's
 * rights; kept data and tracking stand around each statement.  Never commits and
 * never knows the sandbox: it is handed an adapter and an observer.
 */
#ifndef SV_RUN_H
#define SV_RUN_H

#include "graph/graph.h"
#include "kept/kept.h"
#include "register/register.h"
#include "script/script.h"
#include "store/store.h"

/* One finished step, as upgrade() and its like return it. */
typedef struct RunStep
{
	const char *revision;
	Direction	direction;
	const char *message;
	int			statements;
	Datum		elapsed;		/* interval */
} RunStep;

/* Gets each step as it finishes. */
typedef void (*RunStepFn) (const RunStep *step, void *arg);

/* Is told of each step of a run, in the transaction of the step. */
typedef struct RunObserver RunObserver;

struct RunObserver
{
	void		(*before) (RunObserver *observer, const StoredRevision *revision,
						   Direction direction);
	void		(*after) (RunObserver *observer, const StoredRevision *revision,
						  const StoredScript *stored);
	void		(*finished) (RunObserver *observer);	/* all steps are done and recorded */
};

/* Which revisions an upgrade runs. */
typedef struct Selection
{
	List	   *contexts;		/* of char *: names that are true; NIL: all run */
	const char *labels;			/* expression, or NULL */
} Selection;

/* What a call says about its run beside the target. */
typedef struct RunOptions
{
	const char *contexts;		/* names, or NULL: as the environment says */
	const char *labels;			/* an expression, or NULL */
	bool		dry_run;		/* execute everything and roll it back */
	bool		allow_data_loss;
	bool		quiet;			/* the caller says what was done */
	bool		rehearsal;		/* the caller rolls it back: no hooks, no log */
	const char *note;			/* for the journal, or NULL */
	const char *allowing;		/* the same call with allow_data_loss, for hints */
	List	   *values;			/* sv_given_values() */
} RunOptions;

/* A run under way. */
typedef struct Run
{
	int64		number;
	const char *role;			/* who runs it */
	const char *session_role;
	TimestampTz started_at;
	TimestampTz told_at;		/* when a step was reported last */
	int			nsteps;			/* of the whole run */
	int			done;
	RunStepFn	report;			/* NULL: nobody is told */
	void	   *report_arg;
	RunObserver *observer;		/* NULL: none */
	RunOptions	options;
} Run;

/* ----- scripts_ahead.c ----- */

/* The scripts of a plan, some of which are fetched. */
typedef struct ScriptsAhead
{
	StoreMode	mode;
	const StoredRevision *const *revisions;
	const Direction *directions;
	int			n;
	MemoryContext context;		/* of those that are fetched */
	List	   *scripts;		/* StoredScript */
	int			from;			/* which one of the plan is the first of them */
	int			window;			/* so many are fetched at once */
	uint64		changes;		/* see sv_run_let_see() */
} ScriptsAhead;

extern ScriptsAhead *sv_scripts_begin(StoreMode mode, const StoredRevision *const *revisions,
									  const Direction *directions, int n);
extern StoredScript *sv_scripts_at(ScriptsAhead *ahead, int i);
extern void sv_scripts_end(ScriptsAhead *ahead);
extern void sv_run_let_see(void);

/*
 * What a run does beside its revisions: living objects, whose folder stands above
 * this one.  _PG_init() sets them.
 */
typedef struct LivingHooks
{
	/* is there anything for an upgrade to do? */
	bool		(*pending) (const RunOptions *options);

	/*
	 * a run begins; "undone": ids of the revisions that a downgrade takes back; the options stay
	 * until its end
	 */
	void		(*begin) (Direction direction, const List *undone, const RunOptions *options);

	/*
	 * statements of a script, or of a part of it, are about to be executed; "rebuild": put aside
	 * any dependent that is in their way
	 */
	void		(*part_begin) (bool rebuild);
	/* execute one of them, also where objects are in its way */
	void		(*statement) (const Node *tree, StatementFn run, void *arg);
	/* all of them are executed */
	void		(*part_end) (void);
	/* its steps are done: run what is due */
	void		(*finish) (Run *run);
	/* the run is over, also after an error */
	void		(*end) (void);
} LivingHooks;

/* Managed rows that others changed, for revert_drift(): their folder stands beside drift's. */
typedef struct RowsRevert
{
	bool		(*differ) (const List *schemas, List *exclude);
	/* write them again, if all of that may be lost; returns the statements (DiffRow) */
	List	   *(*write) (const List *schemas, List *exclude, bool allow_data_loss);
} RowsRevert;

/* run.c */
extern const LivingHooks *sv_run_living;
extern void sv_run(Direction direction, const char *target, const RunOptions *options,
				   RunObserver *observer,
				   RunStepFn report, void *arg);
extern void sv_run_goto(const char *target, const RunOptions *options, RunObserver *observer,
						RunStepFn report, void *arg);
extern void sv_run_undo(const char *ref, const RunOptions *options, RunObserver *observer,
						RunStepFn report, void *arg);
extern void sv_run_redo(int steps, const RunOptions *options, RunObserver *observer,
						RunStepFn report, void *arg);
extern void sv_run_stamp(int ntargets, const char **targets, bool purge, RunStepFn report,
						 void *arg);

/* undo.c: one revision in the middle of the history */
typedef struct Undo Undo;

extern Undo *sv_undo_begin(const RevisionGraph *graph, const StoredRevision *row);
extern void sv_undo_follow(Undo *undo);
extern void sv_undo_prove(Undo *undo);

/* failures.c */
extern void sv_run_cut(char *to, Size size, const char *text);
extern void sv_run_journal_failure(const FailedRun *what);

/* run_log.c */
extern void sv_run_log_begin(const Run *run, const char *command, const char *target);
extern void sv_run_log_end(const Run *run);
extern void sv_run_log_failed(const Run *run, const char *revision, int sqlstate);
extern void sv_run_show_step(const Run *run, const char *revision, Direction direction);
extern void sv_run_show_statement(void);
extern char *sv_run_done(const char *ref, const char *note);
extern void sv_run_set_environment(const char *name, bool is_protected);

/* selection.c */
extern Selection sv_run_selection(StoreMode mode, const char *contexts, const char *labels);
extern const char *sv_run_left_out(const Selection *selection, const char *options);
extern const char *sv_run_unselected(const Selection *selection, const char *contexts,
									 const char *labels);
extern void sv_run_select(const Selection *selection, StoredRevision **rows, RevisionList *plan);
extern const char *sv_run_external(const StoredRevision *row);
extern int	sv_run_first_external(StoredRevision **rows, int n);
pg_noreturn extern void sv_run_refuse_external(const StoredRevision *row,
											   const StoredRevision *before);

/* precheck.c */
extern void sv_run_check_variables(StoreMode mode, StoredRevision **rows, int n,
								   Direction direction);
extern void sv_run_check_upgrade(StoredRevision **rows, int n, const char *target);
extern void sv_run_refuse_protected(const char *what);
extern void sv_run_check_downgrade(StoredRevision **rows, int n, const char *target,
								   const RunOptions *options);
extern const char *sv_run_irreversible(const StoredRevision *row);
extern void sv_run_check_reversible(StoredRevision **rows, int n);
extern bool *sv_run_transactional(StoreMode mode, StoredRevision **rows, int n,
								  Direction direction);
extern char **sv_run_enum_notes(StoreMode mode, StoredRevision **rows, int n,
								Direction direction);
extern bool sv_run_fits_one(StoreMode mode, StoredRevision **rows, int n);
extern bool sv_run_adds_enum_value(StoreMode mode, const StoredRevision *row, Direction direction);

/* concurrently.c: what is CONCURRENTLY only for the sake of other sessions */
extern bool sv_plain_script(StoreMode mode, StoredRevision **rows, int n, Direction direction);
extern const char *sv_plain_statement(const Script *script, int statement);

/* down_losses.c */
extern List *sv_run_structure_only(const StoredRevision *row);
extern List *sv_run_takes(StoreMode mode, const StoredRevision *row, List **earlier);
extern void sv_run_check_losses(const StoredRevision *row, const StoredScript *stored,
								const RunOptions *options,
								List **earlier);
extern List *sv_run_needs(StoreMode mode, const StoredRevision *row, bool count);
extern void sv_run_refuse_labels(const StoredRevision *row, const StoredScript *stored, int from);
extern void sv_run_warn_of_needs(const StoredRevision *row);
extern void sv_run_refuse_dropped(const StoredRevision *row, List *dropped, const List *kept,
								  const RunOptions *options);

/* psql.c */
extern void sv_run_script_begin(Direction direction, const char *target, List *expected);
extern void sv_run_script_generated(const char *id, Direction direction, const char *checksum);
extern void sv_run_script_step(const char *id, Direction direction, const char *checksum,
							   int statements);

extern void sv_run_script_hook(const char *at, const char *revision);

/* step.c */
extern void sv_run_step(Run *run, const StoredRevision *revision, Direction direction,
						const StoredScript *stored);
extern void sv_run_verify(const char *revision, const StoredScript *stored);
extern void sv_run_report(Run *run, const char *message, const StoredStep *step, Datum elapsed);
extern void sv_run_check_secrets(const Run *run);

/* verify.c; gets each revision that was looked at: "failure" is NULL where its script holds */
typedef void (*VerifiedFn) (const StoredRevision *revision, bool has_script, const char *failure,
							void *arg);

extern void sv_run_verify_applied(const char *ref, VerifiedFn report, void *arg);

/* preconditions.c */
typedef enum PreconditionResult
{
	SV_RUN_PROCEED,
	SV_RUN_SKIP,
	SV_RUN_MARK					/* record it as applied, execute nothing */
} PreconditionResult;

extern StoredScript *sv_run_mark(const StoredScript *stored);
extern PreconditionResult sv_run_preconditions(const StoredRevision *revision,
											   const StoredScript *stored);

/* constraints.c */
extern void sv_constraints_fire(void);
extern void sv_constraints_settle(bool touched);
extern void sv_constraints_follow(void);

/* copy.c */
extern uint64 sv_run_copy(const char *statement, const char *data, int length);

/* client.c */
extern void sv_client_watch(void);
extern void sv_client_check(void);

/* temp.c */
extern List *sv_temp_objects(void);
extern void sv_temp_drop_new(List *before);

/* ----- generated.c: what schemaver wrote by itself, with the rights that are due ----- */

/* One statement; a text of NULL is the end of them. */
typedef struct GeneratedStatement
{
	const char *text;
	const Node *tree;
} GeneratedStatement;

typedef struct Generated
{
	GeneratedStatement (*statement) (const void *arg, int i);	/* the first from i on */
	const void *arg;
	List	   *path;			/* sv_body_path_now() before sv_generated_settings() */
} Generated;

extern void sv_generated_settings(void);
extern GeneratedStatement sv_generated_statement(const char *text);
extern bool sv_generated_execute(const Generated *generated, int i, StatementFn run, void *arg);
extern bool sv_generated_row(const List *rows, int i, List *path);
extern void sv_generated_rows(const List *rows, const DiffRow **current);

/* ----- rows.c: the rows that a table shall have, compared and written ----- */

/* What is to be done about rows, or was. */
typedef struct RowsReport
{
	bool		shows_keys;		/* may who asks see them? */
	int64		inserted;
	int64		updated;
	int64		deleted;
	int64		left;			/* others changed them, and they are wanted as before */
	int64		conflicting;	/* others changed them, and now they are wanted in another way */
	List	   *insert_keys;	/* the first few of each, as text */
	List	   *update_keys;
	List	   *delete_keys;
	List	   *left_keys;
	List	   *conflict_keys;
	List	   *inserts;		/* all of them: places in the list of rows */
	List	   *updates;
	int			statements;
} RowsReport;

typedef enum RowsPhase
{
	SV_ROWS_DELETE = 1,
	SV_ROWS_WRITE = 2
} RowsPhase;

extern RowsReport *sv_managed_apply(const ManagedRows *wanted, const ManagedRows *before,
									bool overwrite, RowsPhase phase);
extern RowsReport *sv_managed_look(const ManagedRows *wanted, const ManagedRows *before,
								   bool overwrite, char **why);
extern char *sv_managed_summary(const RowsReport *report);

/* ----- given_values.c: what a call gives for columns that must not be null ----- */

/* What is executed around a statement that schemaver wrote, or (instead) in its place: texts. */
typedef struct GivenStatements
{
	List	   *before;
	const char *instead;
	List	   *after;
} GivenStatements;

extern List *sv_given_values(const JsonbValue *given);
extern GivenStatements sv_given_statements(List **values, const Node *tree, const char *text);
extern void sv_given_check(const List *values, int level);

/* reach.c: whose code a statement can run; OIDs of roles, superusers left out */
typedef struct ReachedCode
{
	List	   *owners;			/* of all that the statement runs itself */
	List	   *expressions;	/* of those: of what is evaluated in place */
	List	   *unconfined;		/* of those: of code that confine.c cannot confine */
	List	   *by_server;		/* of what the server runs as the owner of a table */
	List	   *server_expressions; /* of that: of what is evaluated in place, and not confined */
	List	   *server_readers; /* of that: of views that read as whoever asks them */
	bool		looks_up;		/* can a body of a function look up names in search_path? */
} ReachedCode;

extern ReachedCode sv_reach(const Node *tree, const char *text);

/* confine.c */
extern void sv_confine_init(void);
typedef enum Confinement
{
	SV_CONFINE_NOTHING,
	SV_CONFINE_FUNCTIONS,		/* those of other roles run as their owners, not as a superuser */
	SV_CONFINE_HOOK,			/* nor as anybody else */
	SV_CONFINE_EXPRESSIONS,		/* the same, and nothing that is not harmless as a superuser */
	SV_CONFINE_HOOK_EXPRESSIONS,
} Confinement;

extern void sv_confine(Confinement what, StatementFn run, void *arg);

/* run_hooks.c */
extern void sv_hooks_init(void);
extern void sv_hooks_begin(const char *command, const char *target);
extern void sv_hooks_run(int64 number, bool up, bool down);
extern void sv_hooks_revision(const char *revision, Direction direction);
extern bool sv_hooks_any(HookMoment at);
extern void sv_hooks_fire(HookMoment at, const char *tag);
extern void sv_hooks_between(HookMoment at);
extern void sv_hooks_failed(const ErrorData *error);
extern void sv_hooks_end(void);
extern bool sv_hook_is_for(const StoredHook *hook, Direction direction);

/* body_path.c */
extern List *sv_body_path_now(void);
extern char *sv_body_path(List *path, List *roles, List **left_out);

/* ----- step.c: the execution of a revision's script, in one part or in several ----- */

/*
 * A statement of a rehearsed script is about to be executed.  Returns whether
 * it shall be, with *text, which may be changed.
 */
typedef bool (*AdaptFn) (void *arg, const Script *script, int statement, const char **text);

/*
 * False while a run is tried out that psql is to do on a server without schemaver: nothing
 * there puts dependents aside.
 */
extern bool sv_run_rebuilds;

/*
 * A script under way.  Between sv_execution_begin() and sv_execution_end() its
 * statements are executed part by part; "current" and "text" say what is being
 * executed, for error messages.
 */
typedef struct Execution
{
	ScriptOrigin origin;
	Script	   *script;
	int			current;		/* index of the statement */
	const char *text;			/* its text; NULL when the part is done */
	bool		is_check;		/* a verify script: a result of false is a failure */
	bool		by_error;		/* unless this is set */
	const char *expect;			/* of a check: the value that it must give, or NULL */
	bool		is_generated;	/* nobody wrote it: generated.c executes it */
	List	   *path;			/* of the caller, if so */
	bool		touched;		/* were the modes of constraints changed? */
	int			from;			/* the part: index of its first statement */
	int			to;				/* and behind its last one */
	int			error_line;		/* of the last error, in the file if there is one */
	List	   *temporary;		/* the temporary objects before it */
	AdaptFn		adapt;			/* where it is rehearsed; NULL: it is real */
	void	   *adapt_arg;
	const StoredRevision *revision;
	Direction	direction;
	List	   *variables;		/* those that the script was given (Variable) */
	Keep	   *keep;			/* of the part: what is to be kept or brought back */
	List	   *values;			/* that the call gives, for a derived down */
	const char *changed;		/* text of the current statement with such a value, or NULL */
} Execution;

extern bool sv_run_is_generated(const StoredScript *stored, Direction direction);
extern bool sv_run_commits_each(const char *revision, const StoredScript *stored,
								Direction direction);
extern void sv_execution_begin(Execution *execution, const StoredRevision *revision,
							   const StoredScript *stored, Direction direction);
extern void sv_execution_settings(Execution *execution, int from);
extern void sv_execution_part(Execution *execution, int from, int to);
extern ErrorData *sv_run_check(Execution *execution);
extern void sv_execution_end(const Execution *execution);
extern void sv_execution_forget(const Execution *execution);
extern bool sv_run_is_of_rows(const ErrorData *error);
extern void sv_execution_rethrow(Execution *execution, MemoryContext context);
extern void sv_execution_error_none(void);
extern void sv_execution_error_place(int *statement, int *line);
extern void sv_step_finish(Run *run, const StoredRevision *revision, const StoredScript *stored,
						   StoredStep *step, const Execution *execution);

#endif							/* SV_RUN_H */
