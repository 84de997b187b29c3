/*
 * track_private.h
 *		What the files of src/track share.
 */
#ifndef SV_TRACK_PRIVATE_H
#define SV_TRACK_PRIVATE_H

#include "model/model.h"
#include "nodes/nodes.h"
#include "track/track.h"

/* ----- track_statements.c -----
 *
 * Statements whose effect the object access hook is not told.
 */

/* track.c */
typedef enum TrackedChange
{
	SV_TRACK_CHANGED,
	SV_TRACK_ADDED,				/* a part is added, which cannot stand for anything else */
	SV_TRACK_COLUMN,			/* that part is a column, or the default of one */
	SV_TRACK_CREATED,			/* or replaced */
} TrackedChange;

extern void sv_track_object(Oid catalog, Oid oid, TrackedChange change);
extern void sv_track_columns(Oid table, int columns);
extern bool sv_track_is_renaming(void);
extern void sv_track_set_renaming(bool renaming);
extern void sv_track_touch(Oid catalog, Oid oid);
extern void sv_track_touch_readers(List *units);
extern void sv_track_touch_everything(void);
extern void sv_track_written(Oid relation);
extern void sv_track_not_undone(const char *what);

/* track_statements.c */
extern void sv_track_statement(Node *statement);
extern bool sv_statement_renames(const Node *statement);
extern bool sv_trigger_is_internal(Oid trigger);
extern List *sv_trigger_copies(Oid trigger);

/* ----- touch.c -----
 *
 * What the units that steps touched were before each step, and are after it.
 */

/* A unit that a step touched. */
typedef struct Touch
{
	ObjectAddress unit;
	int			step;
	UnitState  *before;			/* NULL: not known yet, for the step adds columns only */
	UnitState  *after;			/* NULL: not known yet */
	int			columns;		/* so many the table had before these are added */
	struct Touch *previous;		/* that of an earlier step; NULL: none */
} Touch;

extern const Model *sv_touch_model_before(const Touch *touch);
extern void sv_touch_learn_before(Touch *touch, UnitState *before);
extern void sv_touch_learn_after(Touch *touch, UnitState *after);
extern void sv_touches_fill(TrackedStep *step, const List *touches);
extern List *sv_touches_join(const List *touches);

/* ----- known_schemas.c -----
 *
 * Schemas that were read with the units in them, and need not be read again.
 */

extern void sv_known_schemas_install(void);
extern const Model *sv_known_schema(Oid schema);
extern void sv_keep_schemas(Model *model);
extern void sv_forget_schemas(void);

/* ----- unseen_parts.c -----
 *
 * Parts of a revision that were not followed, out of the kept states.
 */

extern DerivedDown *sv_derive_by_states(int64 begun, List *undone);
extern int64 sv_state_found(const Node *statement, Oid relation);

/* ----- lost.c -----
 *
 * What a derived down cannot bring back.
 */

extern List *sv_track_once(List *strings, char *text);
extern bool sv_track_is_own(Oid relation);
extern char *sv_statement_lasts(Node *statement);
extern List *sv_derived_lost(const Comparison *comparison, const List *undone);

#endif							/* SV_TRACK_PRIVATE_H */
