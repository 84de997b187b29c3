/*
 * kept_private.h
 *		What the files of kept data share (private to src/run/keep*.c).
 */
#ifndef SV_KEPT_PRIVATE_H
#define SV_KEPT_PRIVATE_H

#include "access/tupdesc.h"
#include "kept/kept.h"
#include "nodes/parsenodes.h"
#include "store/store.h"

/* ----- keep_watch.c: what the server does while it executes a statement ----- */

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
	Oid			schema;			/* in which it was */
} Seen;

typedef struct Watch
{
	MemoryContext context;
	bool		trial;			/* what it sees is going to be rolled back */
	List	   *seen;			/* of Seen, in order, of one statement */
	List	   *created;		/* of Seen: what was created since the watch began */
} Watch;

extern void sv_watch_init(void);
extern void sv_watch_run(Watch *watch, StatementFn run, void *arg);
extern bool sv_watch_member(const List *list, Oid relation, AttrNumber column);

/* ----- keep_files.c: tables without anything but rows ----- */

extern Oid	sv_kept_schema(void);
extern char *sv_kept_name(int64 number, const char *table);
extern Oid	sv_bare_table(const char *name, TupleDesc desc, Oid owner, char persistence, Oid tablespace);
extern TupleDesc sv_bare_like(Relation relation);
extern void sv_bare_copy_missing(Oid from, Oid to);
extern Datum sv_toast_options(Relation relation);
extern void sv_move_rows(Oid from, Oid to);
extern uint64 sv_write_rows(Oid target, const char *query, const AttrNumber *map, Oid checked);
extern Bitmapset *sv_set_not_null(Oid relation, const Bitmapset *columns, bool not_null);
extern Oid	sv_lend(Oid relation, Oid owner);
extern Oid	sv_move_out(Oid rows);
extern void sv_put_in(Oid relation, Oid rows);
extern bool sv_has_rows(Oid relation);

/* ----- keep_text.c: SELECTs over users' tables ----- */

extern char *sv_relation_text(Oid relation);
extern char *sv_from(Oid relation);
extern char *sv_type_text(Oid type, int32 typmod);
extern char *sv_image(const char *expression);
extern char *sv_row_image(const char *alias, List *columns);
extern List *sv_key_of(Oid relation, const Bitmapset *without);
extern List *sv_columns_but(Oid relation, const Bitmapset *without);
extern Oid	sv_relation_file(Oid relation);
extern int	sv_column_count(Oid relation);
extern Oid	sv_find_relation(const char *schema, const char *name);
extern char *sv_same_row(const StoredKept *kept, Oid rows, Oid relation, const char *k, const char *s);
extern char *sv_same_key(const StoredKept *kept, Oid rows, Oid relation, const char *k);

/* ----- keep_take.c: putting aside ----- */

/* What a statement takes away. */
typedef struct Loss
{
	Oid			relation;
	AttrNumber	column;			/* 0: all of it */
	bool		converted;		/* the column stays, with another type */
	bool		reads;			/* the statement may read the rows before */
} Loss;

extern void sv_kept_settings(void);
extern char *sv_identified_rows(const StoredKept *kept, Oid relation, const char *value);
extern void sv_take_table(const Keep *keep, const Loss *loss);
extern void sv_take_sequence(const Keep *keep, Oid sequence);
extern StoredKept *sv_take_column(const Keep *keep, const Loss *loss, const Bitmapset *lost);
extern Oid	sv_take_unchanged(const StoredKept *kept, Oid rows, Oid relation);
extern void sv_take_result(StoredKept *kept, Oid relation);

/* ----- keep_types.c: kept data must not be in the way ----- */

extern bool sv_keep_free_types(const char *detail);
extern void sv_keep_free_column(Oid table, AttrNumber column);
extern bool sv_keep_owner_leaves(Oid table);

/* ----- keep_items.c, keep_return.c, keep_merge.c: bringing back ----- */

/* A kept item of the revision that is being undone. */
typedef struct Pending
{
	StoredKept *kept;
	bool		done;			/* it is back, or it cannot be brought back */
	char	   *error;			/* why it could not */
	Oid			unchanged;		/* converted column: its rows that were not changed since */
} Pending;

/* One of several columns of a table that get values. */
typedef struct Refill
{
	Pending    *item;
	Oid			rows;			/* table in schemaver_kept */
	AttrNumber	column;			/* of the table that gets them */
} Refill;

/* keep_items.c */
extern bool sv_item_is_open(const Pending *item, const char *kind);
extern Oid	sv_item_rows(const Pending *item);
extern bool sv_item_concerns(const Pending *item, Oid relation);
extern void sv_item_finish(Pending *item);
extern void sv_claim(Oid rows);
extern void sv_check_identity(const StoredKept *kept, Oid relation);
extern void sv_give(Oid rows, Oid owner);
extern void sv_drop_bare(Oid table);
extern bool sv_is_listed(List *names, const char *name);
extern AttrNumber sv_value_column(const StoredKept *kept);

extern List *sv_keep_pending(Keep *keep);
extern void sv_keep_execute(Keep *keep, const Node *tree, StatementFn run, void *arg);
extern void sv_return_statement(Keep *keep, const Node *tree, StatementFn run, void *arg);
extern void sv_return_table(const StoredKept *kept, Oid relation);
extern void sv_merge(Oid relation, Oid source, List *refills);
extern void sv_split(Oid relation, Oid source, List *refills);
extern void sv_unite(Oid relation, Oid source, List *refills);
extern void sv_validate(Oid relation);

/* The state of one revision, in a transaction. */
struct Keep
{
	const char *revision;
	const char *options;
	Direction	direction;
	bool		looked;			/* the following is known */
	bool		idle;			/* nothing to do about kept data */
	bool		keeping;		/* an upgrade that keeps what it drops */
	Oid			kept_schema;
	bool		plainly;		/* the statement converts as the server does, without USING */
	MemoryContext context;
	Watch		watch;
	List	   *judged;			/* of Seen: what was decided on, of one statement */
	List	   *conversions;	/* of StoredKept: converted columns, of one statement */
	List	   *pending;		/* of Pending: a downgrade's, the newest first */
};

#endif							/* SV_KEPT_PRIVATE_H */
