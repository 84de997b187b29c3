/*
 * register.h
 *		Registering, changing and removing revisions.
 *
 * Owns: what must be true before a revision is stored; every check that can be
 * made before anything runs is made here.  Never executes a revision.
 */
#ifndef SV_REGISTER_H
#define SV_REGISTER_H

#include "formats/formats.h"
#include "graph/graph.h"
#include "script/script.h"
#include "store/store.h"

/* What registering a draft came to. */
typedef enum RegisterAction
{
	SV_REGISTER_ADDED,
	SV_REGISTER_UPDATED,
	SV_REGISTER_UNCHANGED,
	SV_REGISTER_REPLACED,		/* by a squashed revision; nothing is registered */
	SV_REGISTER_MISSING,		/* registered from a file that is gone */
	SV_REGISTER_REMOVED,		/* was missing, and was to be removed */
	SV_REGISTER_IGNORED,		/* a file that its own tool leaves out, too */
	SV_REGISTER_INVALID			/* validating: it could not be registered */
} RegisterAction;

/* Changes of a revision; what is not given stays. */
typedef struct RevisionEdit
{
	const char *up;
	const char *down;
	const char *verify;
	const char *message;
	const char *options;
	bool		revises_given;
	List	   *revises;
	bool		depends_on_given;
	List	   *depends_on;
	bool		branch_labels_given;
	List	   *branch_labels;
	bool		splice;
} RevisionEdit;

/* A draft or a file, and what came of it. */
typedef struct RegisterResult
{
	char	   *id;				/* NULL: of a file that gives none */
	const char *file;			/* or NULL */
	RegisterAction action;
	const char *finding;		/* NULL: nothing to say */
} RegisterResult;

/* How files are loaded. */
typedef struct LoadOptions
{
	const char *format;			/* NULL: recognised */
	const char *source;			/* whose files they are; "" for nobody's */
	const char *contained;		/* the base contains the files up to this id; or NULL */
	Jsonb	   *variables;		/* for templates; or NULL */
	bool		is_folder;		/* all files of the source are there */
	bool		prune;			/* remove what is missing and not applied */
	bool		validate;		/* change nothing, list all findings */
	bool		derive_broken_downs;	/* register without a down that does not parse */
	const char *accept;			/* only this revision, though it is applied; NULL: all */
} LoadOptions;

/* accept.c */
extern void sv_register_accept(const char *id, const char *reason, List *files,
							   LoadOptions *options);

/* register.c: one revision */
extern void sv_register_lock(const char *what);
extern StoredScript *sv_register_script(const RevisionDraft *draft);
extern char *sv_register_add(const RevisionDraft *draft, bool splice);
extern void sv_register_edit(const char *id, const RevisionEdit *edit);
extern void sv_register_remove(const char *id);

/* load_files.c: files */
extern List *sv_register_files(List *files, const LoadOptions *options);

/* load.c: one draft of a file */
extern RegisterResult *sv_register_draft(RevisionDraft *draft, const char *source, bool *reshaped);
extern void sv_register_file_context(void *draft);

/* living.c: what runs again when it has changed */
extern RegisterAction sv_register_living(StoredLiving *living);
extern RegisterAction sv_register_living_draft(const RevisionDraft *draft, const char *source);
extern void sv_register_untie_living(List *drafts);

/* managed.c: the rows that a table shall have */
typedef struct GivenRows
{
	const char *table;
	List	   *key;
	const char *text;
	const InsertStmt *insert;	/* that the text is; NULL: it has a format */
	const char *format;			/* "values", "csv" or "copy" */
	List	   *columns;		/* NIL: the text names them */
	bool		delete;
	bool		overwrite;
	bool		always;
	const char *contexts;		/* an expression; NULL: any */
	const char *labels;			/* names; NULL: none */
	const char *name;			/* NULL: that of the table */
	List	   *depends_on;
	const char *source;			/* NULL: no source */
	const char *file;			/* NULL: no file */
	int			line;
} GivenRows;

extern ManagedRows *sv_register_read_rows(const GivenRows *given);
extern void sv_register_check_rows(const ManagedRows *rows);
extern RegisterAction sv_register_managed_rows(const ManagedRows *rows, const GivenRows *given,
											   const char **name);
extern RegisterAction sv_register_managed(const GivenRows *given, const char **name);
extern void sv_register_copy_rows(ManagedRows *rows, const char *text, bool csv);

/* prune.c */
extern void sv_register_prune_begin(void);
extern void sv_register_prune_end(const char *source, const List *results);

/* draft_order.c */
extern List *sv_register_order(List *drafts);
extern List *sv_register_needed(List *ordered, const RevisionDraft *last);

/* parents.c: what a revision may stand on */
extern List *sv_register_parents(List *given, bool are_given, bool splice, const char *self,
								 int *heads_closed);
extern List *sv_register_depends(List *given, const char *self);

/* replace.c: what takes the place of others */
extern void sv_register_refuse_other_replaced(const StoredRevision *revision, const char *options);
extern bool sv_register_has_name(const List *names, const char *name);
extern void sv_register_check_replacing(const char *id, List *revises, const char *options);
extern void sv_register_replacing(const StoredRevision *revision,
								  const char *(*insert) (void *arg), void *arg);

/* squashed.c: one revision made of many */
extern RevisionList sv_register_squash_members(const RevisionGraph *graph,
											   const RevisionList *range);
extern void sv_register_squash_draft(RevisionDraft *draft, const RevisionGraph *graph,
									 const RevisionList *members, bool keep_data);

/* check.c: what a revision itself must be */
extern void sv_register_check_labels(List *labels, const char *self);
extern void sv_register_check_bodies(StoredRevision *revision, const StoredScript *script,
									 const char *shown_id);

/* body.c: the script that a step executes */
extern Script *sv_register_body(const char *revision, const StoredScript *stored,
								Direction direction, ScriptOrigin *origin);
extern Script *sv_register_run_body(const char *revision, const StoredScript *stored,
									Direction direction, ScriptOrigin *origin, List **used);
extern Script *sv_register_parse(const char *text, VariableSyntax syntax,
								 const ScriptOrigin *origin);

/* variables.c: the variables of the call under way */
extern void sv_register_install(void);
extern void sv_register_set_variables(Jsonb *given);
extern bool sv_register_in_call(void);
extern char *sv_register_substitute(const char *text, const StoredScript *stored,
									Direction direction, const ScriptOrigin *origin, List **used);
extern char *sv_register_used_variables(const List *used);
extern List *sv_register_secrets(void);
extern char *sv_register_mask_text(char *text);
extern void sv_register_mask_error(ErrorData *error);

/* calls.c */
extern void sv_register_mark_calls(Script *script);

/* hook.c: SQL around runs */
extern void sv_register_hook(StoredHook *hook);
extern void sv_register_unhook(const char *name);

/* done.c */
extern void sv_register_refuse_changed(const char *id, const Part *part);
extern void sv_register_check_done(const char *id, const Script *script, const Part *part);
extern void sv_register_check_parts(const char *id, const StoredScript *script);

/* column_order.c: derived downs that copy tables for the order of columns */
extern const char *sv_register_derived(const StoredScript *stored);
extern List *sv_register_order_notes(const StoredScript *stored);

/* directory.c */
extern List *sv_register_read_directory(const char *path);

#endif							/* SV_REGISTER_H */
