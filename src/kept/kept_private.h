/*
 * kept_private.h
 *		What the files of src/kept share.
 */
#ifndef SV_KEPT_PRIVATE_H
#define SV_KEPT_PRIVATE_H

#include "access/tupdesc.h"
#include "kept/kept.h"
#include "nodes/parsenodes.h"
#include "utils/relcache.h"

/* ----- in observe.c: what the server does while it executes a statement ----- */

typedef enum SeenKind
{
	SV_SEEN_CREATED,
	SV_SEEN_DROPPED,
	SV_SEEN_ALTERED
} SeenKind;

/* A relation, or one of its columns. */
typedef struct Seen
{
	SeenKind	kind;
	Oid			relation;
	AttrNumber	column;			/* 0: the relation itself */
	bool		renamed;		/* the relation has another name than before the script */
} Seen;

typedef struct Watch
{
	MemoryContext context;
	Oid			kept_schema;
	bool		trial;			/* what it sees is going to be rolled back */
	List	   *seen;			/* of Seen, in order, of one statement */
	List	   *created;		/* of Seen: what was created since the watch began */
	List	   *names;			/* of FirstName: altered relations */
} Watch;

extern void sv_kept_observe_init(void);
extern void sv_kept_observe(Watch *watch, StatementFn run, void *arg);
extern bool sv_kept_is_seen(const List *list, Oid relation, AttrNumber column);

/* ----- in bare_table.c: tables without anything but rows ----- */

extern Oid	sv_kept_schema(void);
extern char *sv_kept_name(int64 number, const char *table);
extern Oid	sv_kept_type(Oid type, int32 *typmod);
extern Oid	sv_kept_create(const char *name, TupleDesc desc, Oid like, Oid tablespace);
extern TupleDesc sv_kept_layout_of(Relation table);
extern bool sv_kept_can_move(Relation table);
extern Oid	sv_kept_move(Relation from, const char *name);
extern Oid	sv_kept_put_aside(Oid relation);
extern Bitmapset *sv_kept_set_not_null(Oid relation, const Bitmapset *columns, bool not_null);
extern void sv_kept_drop(Oid table);
extern bool sv_kept_has_rows(Oid relation);
extern List *sv_kept_leaves(Oid relation);

/* ----- in write_rows.c: rows of one table for another one ----- */

typedef struct RowWriter RowWriter;
typedef struct Lookup Lookup;

extern void sv_kept_settings(void);
extern bool sv_kept_is_key_type(Oid type);
extern RowWriter *sv_rows_begin(Relation source, Relation target);
extern void sv_rows_column(RowWriter *writer, AttrNumber to, AttrNumber from);
extern void sv_rows_default(RowWriter *writer, AttrNumber to);
extern Lookup *sv_rows_lookup(RowWriter *writer, Relation rows, const List *key);
extern void sv_rows_kept(RowWriter *writer, AttrNumber to, Lookup *lookup, AttrNumber from);
extern void sv_rows_needed(RowWriter *writer, AttrNumber to);
extern void sv_rows_only(RowWriter *writer, Lookup *lookup);
extern void sv_rows_only_unchanged(RowWriter *writer, AttrNumber now, AttrNumber then);
extern void sv_rows_check(RowWriter *writer);
extern uint64 sv_rows_write(RowWriter *writer, Relation into);

/* ----- in take.c: putting aside ----- */

/* What a statement takes away. */
typedef struct Loss
{
	Oid			relation;
	AttrNumber	column;			/* 0: all of it */
	bool		converted;		/* the column stays, with another type */
	bool		reads;			/* the statement may read the rows before */
} Loss;

extern bool sv_kept_is_elsewhere(const Keep *keep, Oid relation);
extern StoredKept *sv_kept_take_table(const Keep *keep, const Loss *loss);
extern StoredKept *sv_kept_take_column(const Keep *keep, const Loss *loss, const Bitmapset *lost);
extern StoredKept *sv_kept_take_sequence(const Keep *keep, Oid sequence);
extern void sv_kept_take_result(StoredKept *kept);
extern Oid	sv_kept_take_unchanged(const StoredKept *kept, Oid rows, Oid relation);

/* ----- in items.c ----- */

/* A kept item that the script may bring back. */
typedef struct Pending
{
	StoredKept *kept;
	bool		own;			/* the same script has dropped it */
	bool		done;			/* it is back */
	char	   *error;			/* why it could not */
	Oid			unchanged;		/* converted column: its rows that were not changed since */
} Pending;

extern Oid	sv_kept_find(const char *schema, const char *name);
extern char *sv_kept_layout(Oid table);
extern Oid	sv_kept_rows_of(const StoredKept *kept);
extern bool sv_kept_is_open(const Pending *item, KeptKind kind);
extern bool sv_kept_concerns(const Pending *item, Oid relation);
extern void sv_kept_claim(Oid rows);
extern void sv_kept_finish(Pending *item);

/* ----- in fill.c: tables get their rows ----- */

/* One of several columns of a table that get values. */
typedef struct Refill
{
	Pending    *item;
	Oid			rows;			/* table in schemaver_kept */
	AttrNumber	column;			/* of the table that gets them */
} Refill;

extern void sv_kept_fill_table(const StoredKept *kept, Oid rows, Oid relation);
extern void sv_kept_fill_columns(Oid relation, Oid source, List *refills);
extern void sv_kept_validate(Oid relation);

/* ----- in give_back.c ----- */

extern void sv_kept_execute(Keep *keep, const Node *tree, StatementFn run, void *arg);
extern void sv_kept_give_back(Keep *keep, const Node *tree, StatementFn run, void *arg);
extern void sv_kept_give_back_last(Keep *keep);

/* The state of one revision, in a transaction. */
struct Keep
{
	const char *revision;
	const char *options;
	Direction	direction;
	bool		derived;		/* schemaver wrote the script */
	bool		looked;			/* the following is known */
	bool		idle;			/* nothing to do about kept data */
	bool		keeping;		/* it keeps what it drops */
	bool		asked;			/* by the option of the revision */
	bool		plainly;		/* the statement converts as the server does, without USING */
	MemoryContext context;
	Watch		watch;
	List	   *judged;			/* of Seen: what was decided on, of one statement */
	List	   *conversions;	/* of StoredKept: converted columns, of one statement */
	List	   *taken;			/* of StoredKept: all that the script has dropped */
	List	   *pending;		/* of Pending: what may come back, the newest first */
};

#endif							/* SV_KEPT_PRIVATE_H */
