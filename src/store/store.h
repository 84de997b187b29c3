/*
 * store.h
 *		schemaver's own tables: the only code that knows their columns.
 *
 * Owns: every column, the lock of runs, the options of a revision, kept states,
 * whole or not at all, and unfinished runs.  Never executes users' SQL.
 *
 * Every function of this header acts as the owner of the tables by itself unless
 * it says otherwise; what it returns is allocated in the context that was
 * current at the call.
 */
#ifndef SV_STORE_H
#define SV_STORE_H

#include "base/base.h"
#include "datatype/timestamp.h"
#include "graph/graph.h"
#include "model/model.h"
#include "nodes/pg_list.h"
#include "script/script.h"
#include "storage/lock.h"

/* ----- revisions.c ----- */

/* One row of "revision" (and of "applied", where it has one). */
typedef struct StoredRevision
{
	char	   *id;
	char	   *message;
	List	   *revises;
	List	   *depends_on;
	List	   *branch_labels;
	char	   *options;		/* JSON text */
	char	   *checksum;
	bool		has_down;		/* a derived one counts */
	List	   *lost;			/* what a derived down cannot bring back */
	char	   *up_blocker;		/* NULL: none */
	char	   *down_blocker;
	bool		adds_enum_value;
	TimestampTz created_at;
	char	   *created_by;
	bool		applied;
	TimestampTz applied_at;
	char	   *applied_by;
	char	   *applied_checksum;
	bool		has_elapsed;
	Datum		elapsed;		/* interval */
} StoredRevision;

typedef struct StoredScript
{
	char	   *up;
	char	   *down;			/* NULL: none */
	char	   *derived;		/* down, when there is none; or NULL */
	char	   *derived_last;	/* the same with columns that come back as the last; or NULL */
	List	   *ordered;		/* the tables that only the first of both copies */
	bool		up_generated;	/* schemaver wrote it, and nobody has edited it */
	bool		down_generated;
	char	   *verify;			/* NULL: none */
	char	   *source;			/* file, or NULL */
	int			up_line;
	char	   *down_source;
	int			down_line;
	char	   *verify_source;
	int			verify_line;
	bool		verify_by_error;	/* what its queries return is no matter: the option */
	char	   *variables;		/* how it writes variables, or NULL */
	char	   *variables_used; /* by the up that is applied: a JSON object, or NULL */
	char	   *dependents;		/* what is in its way: the option, or NULL */
} StoredScript;

extern RevisionGraph *sv_store_graph(StoreMode mode);
extern StoredRevision *sv_store_revision(StoreMode mode, const char *id);
extern StoredRevision **sv_store_revisions(StoreMode mode, const RevisionGraph *graph,
										   const RevisionList *list);
extern StoredRevision **sv_store_plan_rows(StoreMode mode, const RevisionGraph *graph,
										   const RevisionList *list);
extern List *sv_store_scripts(StoreMode mode, const List *ids);
extern StoredScript *sv_store_script(StoreMode mode, const char *id);
extern bool sv_store_revision_exists(const char *id);
extern char *sv_store_id_like_steps(const char *id);
extern char *sv_store_label_owner(const char *label);
extern bool sv_store_has_children(const char *id, const char *but);
extern char *sv_store_tag_of(const char *id);
extern char *sv_store_newest_revision(int *heads);
extern void sv_store_insert_revision(const StoredRevision *revision, const StoredScript *script,
									 int heads_after);
extern void sv_store_update_revision(const StoredRevision *revision, const StoredScript *script);
extern void sv_store_set_heads(int heads);
extern void sv_store_remove_revision(const char *id);
extern bool sv_store_set_tag(const char *tag, const char *id);
extern bool sv_store_remove_tag(const char *tag);

/* ----- reached.c: how far the history is applied ----- */

extern void sv_store_find_reached(int64 run);
extern void sv_store_unset_reached(const StoreScope *scope);
extern void sv_store_find_lost_reached(void);
extern void sv_store_note_edit(const struct TriggerData *trigger);
extern RevisionGraph *sv_store_graph_to(StoreMode mode, Direction direction, const char *target);
extern RevisionGraph *sv_store_nothing_pending(StoreMode mode);
extern bool sv_store_any_changed(StoreMode mode);

/* ----- replaced.c ----- */

extern char *sv_store_replaced_by(const char *id);
extern void sv_store_add_replaced(const char *id, const char *by);
extern void sv_store_rename_parent(const char *from, const char *to);
extern List *sv_store_tags_of(const char *id);

/* ----- loaded.c ----- */

/* A revision that came from a file. */
typedef struct LoadedRevision
{
	char	   *id;
	char	   *file;
	bool		applied;
} LoadedRevision;

/* A revision with what a comparison with another tool needs. */
typedef struct StoredMigration
{
	char	   *id;
	char	   *source;			/* "": of none */
	char	   *file;			/* NULL: was not loaded */
	char	   *format;			/* or NULL */
	char	   *details;		/* JSON text, or NULL */
	char	   *message;
	char	   *up;
	char	   *checksum;		/* schemaver's */
	bool		applied;
	bool		generated;		/* schemaver wrote its up */
	bool		is_base;
	TimestampTz created_at;
	TimestampTz applied_at;
	char	   *applied_by;
	int64		elapsed;		/* microseconds */
} StoredMigration;

extern List *sv_store_migrations(StoreMode mode, const char *source);
extern void sv_store_set_loaded(const char *id, const char *source, const char *file,
								const char *format, const char *details);
extern List *sv_store_loaded_from(const char *source);
extern bool sv_store_loaded(const char *id, char **source, char **file);

/* ----- ignored.c: what comparisons with the live schema leave alone ----- */

typedef struct StoredIgnored
{
	const char *kind;			/* "schema" or "object" */
	const char *name;			/* of the schema, or a pattern */
} StoredIgnored;

extern void sv_store_ignore(const char *kind, const char *name, bool ignore);
extern List *sv_store_ignored(StoreMode mode);
extern List *sv_store_ignored_patterns(void);

/* ----- hook_rows.c: SQL around runs ----- */

/* When a hook runs. */
typedef enum HookMoment
{
	SV_HOOK_BEFORE_RUN,
	SV_HOOK_AFTER_RUN,
	SV_HOOK_BEFORE_REVISION,
	SV_HOOK_AFTER_REVISION,
	SV_HOOK_BEFORE_STATEMENT,
	SV_HOOK_AFTER_STATEMENT,
	SV_HOOK_ON_ERROR,
	SV_HOOK_MOMENTS				/* how many there are; of no hook */
} HookMoment;

typedef struct StoredHook
{
	const char *name;
	const char *at;
	List	   *only_for;		/* directions, or classes of statements; NIL: all */
	const char *sql;
	const char *role;			/* who has set it, and as whom it runs */
	TimestampTz set_at;
	HookMoment	moment;
} StoredHook;

extern HookMoment sv_hook_moment(const char *name);
extern const char *sv_hook_moment_name(HookMoment moment);
extern List *sv_store_hooks(StoreMode mode);
extern void sv_store_set_hook(const StoredHook *hook);
extern bool sv_store_forget_hook(const char *name);

/* ----- adopted.c ----- */

/* A table of another tool, or what belongs to it. */
typedef struct AdoptedObject
{
	const char *schema;
	const char *name;			/* "" for a schema */
	const char *kind;			/* "state", "companion", "sequence" or "schema" */
	const char *tool;
	const char *source;
	Oid			oid;
	bool		locked_out;
	List	   *keys;			/* of char *: what the tool had applied then */
} AdoptedObject;

extern bool sv_store_is_adopted(const ObjectAddress *address);
extern void sv_store_adopt(const AdoptedObject *object);
extern List *sv_store_adopted(const char *tool, const char *source);
extern void sv_store_set_locked_out(const char *tool, const char *source, bool locked_out);
extern void sv_store_forget_adopted(const char *schema, const char *name);

/* ----- derived.c ----- */

/* The down script that was derived when a revision was applied. */
typedef struct StoredDerived
{
	const char *revision;
	const char *down;
	const List *lost;			/* strings: what it cannot bring back */
	const char *last;			/* see StoredScript.derived_last; or NULL */
	const List *ordered;
} StoredDerived;

extern void sv_store_derived(const List *downs);
extern List *sv_store_lossy(const List *revisions);

/* ----- journal.c ----- */

extern bool sv_store_newer_run_committed(void);
extern void sv_store_check_registrations_seen(void);
extern int64 sv_store_begin_run(const char *command, const char *target);
extern void sv_store_note_run(int64 run, const char *note);
extern void sv_store_end_run(int64 run, TimestampTz started_at);

/* A finished step of a run. */
typedef struct StoredStep
{
	int64		run;
	int			position;
	const char *revision;
	Direction	direction;
	const char *checksum;
	TimestampTz started_at;
	TimestampTz finished_at;
	int			statements;
	bool		stamped;		/* nothing was executed */
	bool		took_time;		/* stamped, but it is known how long it took elsewhere */
	const char *by;				/* stamped: who applied it elsewhere; NULL: the current role */
	int64		state;			/* of the schema after it; 0: not kept */
	int64		state_before;	/* and before it */
} StoredStep;

extern Datum sv_store_step(const StoredStep *step);
extern Datum sv_store_living_step(const StoredStep *step);
extern void sv_store_step_variables(int64 run, int position, const char *variables);
extern bool sv_store_holds(const char *value, int64 run);

/* Where and why a step of an online run failed. */
typedef struct StoredFailure
{
	int			statement;		/* from 1; 0: not known */
	int			line;
	const char *sqlstate;
	const char *error;
} StoredFailure;

extern void sv_store_failed_step(const StoredStep *step, const StoredFailure *failure);

/* A run that was rolled back, for the journal; its texts are cut to what is here. */
typedef struct FailedRun
{
	Oid			database;
	int64		run;
	int			position;		/* of the step that failed */
	Direction	direction;
	int			pid;
	int			statement;		/* from 1; 0: not known */
	int			line;
	TimestampTz started_at;
	TimestampTz ended_at;
	char		command[64];
	char		target[256];
	char		revision[256];	/* "": none */
	char		checksum[72];
	char		role[NAMEDATALEN];
	char		session_role[NAMEDATALEN];
	char		application[NAMEDATALEN];
	char		client[64];
	char		note[512];
	char		change[512];	/* from where to where it led; "": nowhere */
	char		sqlstate[6];
	char		error[1024];
} FailedRun;

extern void sv_store_failed_run(const FailedRun *failed);

/* The kept state after a step. */
typedef struct StepState
{
	int64		run;
	int			position;
	int64		state;			/* 0: none */
	int64		before;			/* the one before the step */
} StepState;

extern void sv_store_step_states(int n, const StepState *marks);
extern Datum sv_store_elapsed(const StoredStep *step);
extern bool sv_store_was_run(const char *revision);
extern bool sv_store_was_undone(const char *revision);
extern void sv_store_fail_run(int64 run, TimestampTz started_at);
extern void sv_store_close_runs(void);
extern void sv_store_set_applied_checksum(const char *revision, const char *checksum);

/* ----- step_rows.c: steps of a run that are written together ----- */

extern void sv_steps_begin(void);
extern void sv_steps_end(void);
extern bool sv_steps_add(const StoredStep *step);
extern bool sv_steps_set_state(const StepState *mark);
extern void sv_steps_hold(bool held);
extern bool sv_steps_wait(void);
extern void sv_steps_write(void);

/* ----- run_rows.c: what runs did, for reports ----- */

typedef struct StoredRun
{
	int64		run;
	char	   *command;
	char	   *target;			/* or NULL */
	char	   *role;
	char	   *started_at;		/* in the session's time zone */
	int64		milliseconds;	/* -1: not known */
	char	   *outcome;
	char	   *note;			/* or NULL */
	int			steps;
	char	   *first;			/* revisions of its first and its last step; or NULL */
	char	   *last;
	char	   *error;			/* or NULL */
} StoredRun;

/* A step of a run, as one revision sees it. */
typedef struct RevisionStep
{
	char	   *revision;
	int64		run;
	char	   *direction;
	char	   *outcome;
	char	   *role;
	char	   *session_role;
	char	   *application;	/* or NULL */
	char	   *started_at;
	int64		milliseconds;
	char	   *error;			/* or NULL */
} RevisionStep;

/* An object that a revision changed; it was there before, is there after, or both. */
typedef struct RevisionChange
{
	char	   *revision;
	char	   *class;
	char	   *identity;
	bool		before;
	bool		after;
} RevisionChange;

extern List *sv_store_last_runs(int limit);
extern List *sv_store_steps_of(const List *revisions, int limit);
extern List *sv_store_changes_of(const List *revisions);

/* ----- run_lines.c ----- */

extern void sv_store_run_lines(StoreMode mode, int limit, OwnPutFn row, void *arg);

/* ----- parts.c ----- */

/* How a part of a script is executed. */
typedef enum PartKind
{
	SV_PART_TRANSACTION,		/* statements of one transaction */
	SV_PART_ALONE,				/* one statement outside of transactions */
	SV_PART_BATCHES				/* one statement, range of keys by range */
} PartKind;

/* A part of a revision's script, which an online run commits by itself. */
typedef struct Part
{
	PartKind	kind;
	int			from;			/* index of its first statement */
	int			to;				/* and behind its last one */
	/* what is on record of it: */
	const char *revision;
	Direction	direction;
	int			line;
	const char *checksum;
	const char *body;			/* alone: the statement; batches: table and key; else NULL */
	int64		run;
	bool		finished;
	bool		begun_before;	/* by an earlier run */
	int64		total;			/* batches: estimated rows; -1: not known */
	int64		done;			/* batches: rows changed */
	int			batches;
	int			size;			/* batches: keys of the next one; 0: not known */
	int			pass;			/* batches: over the table, from 1; 0: none yet */
	int			longest;		/* batches: ms that the longest one took */
	char	   *cursor;			/* batches: last key done, or NULL */
	char	   *last_key;		/* batches: last key to do, or NULL */
	int64		state;			/* kept before it was first begun; 0: none */
} Part;

extern List *sv_store_parts(StoreMode mode, const char *revision);
extern void sv_store_begin_part(Part *part);
extern void sv_store_end_part(const Part *part);
extern void sv_store_batch(const Part *part);
extern void sv_store_note(const Part *part, const char *note);
extern void sv_store_forget_part(const Part *part);
extern void sv_store_forget_parts(const char *revision);
extern void sv_store_forget_unbegun(const char *revision);
extern char *sv_store_interrupted(StoreMode mode, Direction *direction);

/* ----- living_rows.c -----
 *
 * Living objects: texts that are run again when they have changed.
 */

typedef struct StoredLiving
{
	const char *name;
	LivingKind	kind;
	const char *up;
	const char *down;			/* NULL: none */
	List	   *depends_on;		/* ids of revisions and names of living objects */
	bool		always;			/* run at every upgrade */
	const char *contexts;		/* an expression; NULL: any */
	const char *labels;			/* names; NULL: none */
	const char *checksum;
	const char *source;			/* as that of loaded revisions */
	const char *file;			/* NULL: no file */
	int			line;
	const char *in_force;		/* checksum of the text that ran last; NULL: none */
} StoredLiving;

extern const char *sv_living_kind_name(LivingKind kind);

/* A text of a living object that ran. */
typedef struct LivingVersion
{
	const char *name;
	const char *checksum;
	const char *up;				/* NULL: it was taken back */
	const char *down;
	int64		run;
	TimestampTz ran_at;
	const char *ran_by;
} LivingVersion;

/* An object that the text in force has made, as pg_get_object_address() takes it. */
typedef struct LivingObject
{
	const char *name;			/* of the living object */
	const char *type;
	List	   *names;
	List	   *args;
} LivingObject;

extern List *sv_store_living(StoreMode mode);
extern StoredLiving *sv_store_living_named(StoreMode mode, const char *name);
extern void sv_store_set_living(const StoredLiving *living);
extern bool sv_store_forget_living(const char *name);
extern bool sv_store_living_pending(StoreMode mode);
extern bool sv_store_living_select(StoreMode mode);
extern List *sv_store_living_before(StoreMode mode, int64 run);
extern void sv_store_living_ran(const LivingVersion *version);
extern List *sv_store_living_objects(StoreMode mode);

/* Owner, comment and privileges of an object, as the text has left them. */
typedef struct StoredAnnotation
{
	const char *class;
	const char *identity;
	const char *owner;			/* NULL: the class has none */
	const char *comment;		/* NULL: none */
	List	   *acl;			/* NIL: the usual */
} StoredAnnotation;

extern List *sv_store_annotations(const char *name);
extern void sv_store_set_annotations(const char *name, const List *annotations);
extern bool sv_store_has_living_objects(void);
extern void sv_store_set_living_objects(const char *name, const List *objects);
extern int64 sv_store_first_run_of(StoreMode mode, const List *ids);

/* ----- lost_texts.c ----- */

/* What a derived down cannot bring back. */
typedef enum LostKind
{
	SV_LOST_ROWS,
	SV_LOST_VALUES,
	SV_LOST_ATTRIBUTE,
	SV_LOST_FORMER_VALUES,		/* of a column that changed its type */
	SV_LOST_POSITION,
	SV_LOST_OTHER				/* a text of its own: what stays */
} LostKind;

extern char *sv_lost_text(LostKind kind, const char *identity);
extern bool sv_lost_is_content(const char *text);

/* ----- kept_rows.c ----- */

typedef enum KeptKind
{
	SV_KEPT_TABLE,
	SV_KEPT_COLUMN,
	SV_KEPT_TYPE,				/* a column's values before it changed its type */
	SV_KEPT_SEQUENCE,
	SV_KEPT_KINDS
} KeptKind;

/* What a script dropped and schemaver kept. */
typedef struct StoredKept
{
	int64		number;
	const char *revision;
	KeptKind	kind;
	const char *schema_name;
	const char *table_name;		/* or the sequence's */
	const char *column_name;	/* NULL: all of it */
	const char *kept_table;		/* in schemaver_kept; NULL for a sequence */
	List	   *columns;		/* table: its columns; column: those that identify a row */
	List	   *types;			/* table: their types; column: its type */
	char	   *layout;			/* of the kept table; NULL for a sequence */
	Direction	direction;		/* that has dropped it */
	bool		row_security;	/* the table had it */
	int64		position;		/* sequence */
	bool		is_called;
	double		rows;			/* estimate */
} StoredKept;

extern const char *sv_kept_kind_name(KeptKind kind);
extern int64 sv_store_kept_number(void);
extern void sv_store_keep(const StoredKept *kept);
extern List *sv_store_kept_of(const char *revision, Direction direction);
extern bool sv_store_keeps_anything(void);
extern StoredKept *sv_store_kept(int64 number);
extern void sv_store_forget_kept(int64 number);
extern List *sv_store_kept_older(Datum age);
extern void sv_store_get_kept(StoreMode mode, OwnPutFn row, void *arg);

/* ----- ddl_rows.c -----
 *
 * Rows of ddl_log.
 */

/* A logged statement. */
typedef struct LoggedDdl
{
	char	   *role;
	TimestampTz logged_at;
	char	   *tag;
	char	   *statement;		/* or NULL */
} LoggedDdl;

extern bool sv_store_has_ddl_log(void);
extern void sv_store_log_ddl(bool dropped, const char *tag, const char *statement);
extern LoggedDdl *sv_store_ddl_of(const Object *object, const char *tags);

/* ----- states.c -----
 *
 * Kept states of the schema: what it was after each step.
 *
 * States are numbers that grow.  The present state is what the revisions left;
 * what differs from it in the live schema is drift.  Only one session changes
 * states at a time: the one that holds the lock of runs.
 */

extern int64 sv_state_record(List *changes);
extern void sv_state_record_steps(int n, List **changes, int64 *states);
extern bool sv_state_is_kept(void);
extern bool sv_state_is_kept_since(int64 state);
extern char *sv_state_damage(void);
extern void sv_state_damaged(const char *damage);
extern void sv_state_replace(const Model *model);
extern bool sv_state_is_of_database(void);
extern int64 sv_state_present(void);
extern int64 sv_state_number(void);
extern int64 sv_state_begin(const Model *model);
extern void sv_state_gap(void);
extern int64 sv_state_move_in(const Model *live);
extern Model *sv_state_model(int64 state);
extern Model *sv_state_try_model(int64 state, char **damage);
extern int64 sv_state_of_revision(const char *id);
extern int64 sv_state_first(void);

/* ----- touched.c: what a step changed, and what became of that ----- */

/* An object before a step, after it, and now; NULL: it was not there. */
typedef struct TouchedObject
{
	const char *class;
	const char *identity;
	const Object *before;		/* without links */
	const Object *after;
	const Object *now;
	Oid			former_oid;		/* before; invalid: not known */
	ObjectAddress address;		/* now; its OID is invalid where it is not known */
	const char *by;				/* whose step left it as it is now; NULL: nobody's */
} TouchedObject;

typedef struct TouchedPart
{
	const char *class;
	const char *identity;
	const char *by;				/* whose step added it; NULL: nobody's */
	const char *needed_by;		/* class and identity of what needs it; only of what is gone */
} TouchedPart;

extern bool sv_store_applied_states(const char *revision, int64 *before, int64 *after);
extern bool sv_store_changed_since(int64 state);
extern List *sv_store_touched(int64 before, int64 after);
extern List *sv_store_parts_since(int64 before, int64 after);
extern List *sv_store_gone_since(int64 before, int64 after);
extern char *sv_store_maker(const Object *object);
extern char *sv_store_creator(const Object *object);
extern TouchedPart sv_store_kept_at(const ObjectAddress *address);

/* ----- options.c: the options of a revision ----- */

extern char *sv_store_options(const char *options, const char **irreversible);
extern bool sv_store_option_rebuild(const char *options);
extern bool sv_store_option_keep(const char *options, bool otherwise);
extern bool sv_store_option_verify_by_error(const char *options);
extern bool sv_store_option_transaction(const char *options, Direction direction);
extern char *sv_store_option_variables(const char *options);

/* ----- option_steps.c ----- */

/* What to do about a revision whose precondition does not hold, or cannot be looked at. */
typedef enum PreconditionAction
{
	SV_PRECONDITION_HALT,
	SV_PRECONDITION_WARN,		/* run it nevertheless */
	SV_PRECONDITION_SKIP,		/* not now; the next run asks again */
	SV_PRECONDITION_MARK		/* never: it counts as applied */
} PreconditionAction;

typedef struct Precondition
{
	const char *sql;
	const char *expect;			/* the value that it gives; NULL: true */
	const char *message;		/* NULL: none */
	PreconditionAction on_fail;
	PreconditionAction on_error;
} Precondition;

extern List *sv_store_option_preconditions(const char *options);
extern char *sv_store_option_text(const char *options, const char *name);

/* ----- environment.c ----- */

typedef struct StoredEnvironment
{
	char	   *name;
	bool		is_protected;
} StoredEnvironment;

extern char *sv_store_environment(StoreMode mode, bool *is_protected);
extern bool sv_store_may_clean(void);
extern void sv_store_allow_clean(bool allow);
extern void sv_store_set_environment(const char *name, bool is_protected);

/* ----- options.c ----- */

extern List *sv_store_option_list(const char *options, const char *name);

/* ----- unfinished.c: a revision that an online run left half done ----- */

extern void sv_store_refuse_unfinished(void);
extern void sv_store_check_resumable(Direction direction, const RevisionGraph *graph,
									 const RevisionList *plan);

/* ----- replicated.c: our tables under logical replication ----- */

extern void sv_store_refuse_subscribed(void);
extern void sv_store_check_replicated(void);

/* ----- run_lock.c: one run at a time ----- */

/* Whose marker it is, in the lock's tag. */
typedef enum MarkerKind
{
	SV_MARKER_RUN = 1,
	SV_MARKER_WORKER
} MarkerKind;

extern void sv_lock_run(const char *what);
extern void sv_lock_hold(void);
extern void sv_lock_refuse_nested(const char *what);
extern void sv_lock_enter(void);
extern void sv_lock_exit(void);
extern void sv_lock_enter_transaction(void);
extern bool sv_lock_is_active(void);
extern void sv_lock_marker(LOCKTAG *tag, Oid extension, MarkerKind which);
extern int	sv_lock_holder(const LOCKTAG *tag, LOCKMODE mode);

#endif							/* SV_STORE_H */
