/*
 * living_private.h
 *		What the files of src/living share.
 */
#ifndef SV_LIVING_PRIVATE_H
#define SV_LIVING_PRIVATE_H

#include "catalog/objectaddress.h"
#include "diff/diff.h"
#include "living/living.h"
#include "model/model.h"

/* ----- watched.c: what the server says it makes and drops ----- */

extern void sv_observe_install(void);
extern void sv_observe_begin(void);
extern List *sv_observe_made(void);
extern List *sv_observe_dropped(void);
extern List *sv_observe_altered(void);
extern void sv_observe_end(void);

/* ----- objects.c: the objects that living objects consist of ----- */

/* An object that a text has made. */
typedef struct Made
{
	ObjectAddress address;
	const char *type;			/* as pg_identify_object_as_address() says it */
	List	   *names;
	List	   *args;
	const char *name;			/* of the living object */
} Made;

extern List *sv_made_read(StoreMode mode, List **missing);
extern List *sv_made_of(const char *name, const List *addresses);
extern void sv_made_record(const char *name, const List *made);
extern const Made *sv_made_at(const List *made, const ObjectAddress *address);
extern bool sv_made_is_expendable(const Made *made);

/* ----- living_units.c: units that consist of living objects ----- */

extern bool sv_living_is_unit(const ObjectAddress *unit);
extern void sv_living_units_note(void);
extern void sv_living_units_changed(void);

/* ----- aside.c: put objects aside, and bring them back ----- */

/* Objects that are dropped for a time, with all that depends on them. */
typedef struct Aside
{
	Model	   *model;			/* holds them, and the units of which they are parts */
	List	   *dropped;		/* Object */
	List	   *foreign;		/* those among them that are no living objects */
	List	   *parts;			/* those that others made for living ones */
	List	   *rows;			/* that drop them */
} Aside;

/* What is done to the objects on which others depend. */
typedef enum AsideCause
{
	SV_ASIDE_REPLACED,			/* they are re-created, so they are dropped, too */
	SV_ASIDE_DROPPED,
	SV_ASIDE_COLUMN_TYPE		/* columns get another type */
} AsideCause;

extern Aside *sv_aside_find(const List *addresses, AsideCause cause);
extern char *sv_aside_data(const Aside *aside);
extern void sv_aside_take(const Aside *aside);
extern void sv_aside_return(const Aside *aside, const List *objects);
extern void sv_aside_return_part(const Object *part, Oid relation);
extern Model *sv_read_units_now(const List *units);
extern void sv_aside_execute(Model *now, Model *wanted);

/* ----- annotations.c: owner, privileges and comments from others ----- */

extern void sv_annotations_note(const List *made);
extern void sv_annotations_forget(void);
extern void sv_annotations_strip(const List *made, const char *name);
extern void sv_annotations_return(const List *made, const char *name);

/* ----- in_the_way.c: what is in the way of a statement of a revision ----- */

extern void sv_living_statement(const Node *tree, StatementFn run, void *arg);
extern void sv_living_part_begin(bool rebuild);
extern void sv_living_objects_changed(bool run);
extern void sv_living_part_end(void);
extern void sv_living_forget_asides(void);
extern bool sv_living_belongs(const List *made, const Object *o);
extern bool sv_living_part_of_others(const List *made, const Object *o);

/* ----- tasks.c: what is due ----- */

typedef struct LivingTask
{
	const char *name;
	const char *up;				/* NULL: what it made is to go */
	const char *former;			/* the text in force, or NULL */
	const char *down;
	const char *checksum;		/* of up and down */
	List	   *depends_on;
	const char *file;
	int			line;
	int			rank;			/* of the class that the text makes */
	int			place;			/* order of registration */
	const char **makes;			/* names that its statements make; NULL ends them */
	LivingKind	kind;
	const char *left_out;		/* why its contexts or labels keep it out of the run; NULL */
	const char *word;			/* for it */
	bool		all_columns;	/* does a "*" in it stand for columns? */
	const char *reason;			/* NULL: it is not due */
	bool		waits;			/* due, and not yet run */
	int			runs;
	ErrorData  *error;			/* of the last attempt */
} LivingTask;

extern List *sv_living_tasks(StoreMode mode, Direction direction, int64 before,
							 const Selection *selection, List **made);
extern const char *sv_living_left_out(const StoredLiving *living, const Selection *selection);
extern const LivingVersion *sv_living_version(const List *versions, const char *name);
extern void sv_task_due(LivingTask *task, const char *reason);

/* ----- make.c: run what is due ----- */

typedef struct LivingRun
{
	Run		   *run;
	Direction	direction;
	List	   *tasks;			/* LivingTask */
	List	   *made;			/* Made, of all living objects */
	List	   *former;			/* the same before the first text ran */
	List	   *asides;			/* Aside with objects that are no living ones */
	bool		incomplete;		/* revisions are pending behind this run */
} LivingRun;

extern void sv_living_make(LivingRun *living);
extern bool sv_living_is_ready(const LivingRun *living, const LivingTask *task);
extern void sv_living_record(LivingRun *living, const LivingTask *task, TimestampTz started_at,
							 int statements, const char *note);

/* ----- rows_make.c: write the managed rows that are due ----- */

extern bool sv_living_write_rows(LivingRun *living);
extern List *sv_living_order_drifts(const List *drifts);
extern void sv_living_put_rows_back(const List *drifts);
extern const ManagedRows *sv_living_rows_before(StoreMode mode, const char *name);
extern bool sv_living_any_waits(const LivingRun *living);
extern void sv_living_columns_changed(LivingRun *living, const LivingTask *task, Oid relation);

#endif							/* SV_LIVING_PRIVATE_H */
