/*
 * adopt_private.h
 *		What the files of src/adopt share.
 */
#ifndef SV_ADOPT_PRIVATE_H
#define SV_ADOPT_PRIVATE_H

#include "adopt/adopt.h"
#include "base/compat.h"
#include "formats/formats.h"
#include "proof/proof.h"
#include "lib/stringinfo.h"
#include "utils/jsonb.h"

typedef struct AdoptTool AdoptTool;

/* A tool's table of this database. */
typedef struct AdoptTable
{
	const AdoptTool *tool;
	Oid			relation;
	Oid			schema_oid;
	Oid			owner;
	const char *schema;
	const char *name;
	const char *quoted;			/* schema.name, quoted */
} AdoptTable;

/* A row of it: a migration that the tool has applied. */
typedef struct AppliedRow
{
	const char *key;
	bool		has_time;
	TimestampTz applied_at;
	const char *applied_by;		/* NULL: not known */
	bool		has_elapsed;
	int64		elapsed;		/* microseconds */
	const char *checksum;		/* NULL: none */
	const char *problem;		/* NULL: none; else why it does not count as applied */
	bool		covers;			/* all migrations up to this one are applied */
	const char *note;			/* NULL: nothing to say */
	const char *scope;			/* application or project, or NULL */
	const char *name;			/* another name, by which a changed one can be found; or NULL */
} AppliedRow;

/* A revision that could be what a row means. */
typedef struct Migration
{
	const StoredMigration *stored;
	Jsonb	   *details;		/* of its file; or NULL */
	List	   *keys;			/* of char *: what the tool calls it; NIL: nothing */
	int			index;			/* in the graph */
} Migration;

struct AdoptTool
{
	const char *name;
	const char *tables;			/* its documented names, separated by blanks */
	const char *schema;			/* where they are; NULL: anywhere */
	const char *columns;		/* that the table has */
	const char *lacks;			/* columns that tell another tool; NULL: none */
	const char *companions;		/* further tables in its schema; NULL: none */
	const char *sign;			/* "+NAME": that table is beside it; "-NAME": it is not; or NULL */
	bool		own_schema;		/* the schema is the tool's, too */
	bool		heads_only;		/* rows are heads: all that they stand on is applied */

	/*
	 * Columns key, applied_at, applied_by, microseconds, checksum, problem, covers, note, scope,
	 * name, in the order of application.  %T is the table, %S its schema.
	 */
	const char *rows;
	const char *busy;			/* a query that says why a run is under way; or NULL */
	int64		lock_key;		/* of the advisory lock that its runs take; 0: none */
	int64		(*lock) (const AdoptTable *table);	/* or computes it; NULL: lock_key is right */
	List	   *(*keys) (const Migration *migration);
	char	   *(*row_key) (const char *key);

	/* NULL: "keys" tells what is no revision, too */
	bool		(*is_living) (const StoredLiving *living, const char *row_key);

	/* NULL: it has no checksums */
	bool		(*agrees) (const Migration *migration, const char *checksum);

	/*
	 * Statements that write the table.  $1 is a jsonb array of objects (see release.c) to add; of
	 * "remove", the keys of the rows that go, text[].
	 */
	const char *const *add;
	const char *const *remove;
	bool		whole;			/* "add" gets all rows, after "remove" has emptied the table */
};

/* tools.c */
extern const AdoptTool *sv_adopt_tool(const char *name);
extern const AdoptTool *sv_adopt_tool_at(int i);
extern char *sv_adopt_names(void);

/* tables.c */
extern AdoptTable *sv_adopt_find(const char *tool, Oid relation);
extern AdoptTable *sv_adopt_table(const AdoptTool *tool, Oid relation);
extern void sv_adopt_check_plain(Oid relation);
extern void sv_adopt_take_lock(const AdoptTable *table, bool write);
extern List *sv_adopt_companions(const AdoptTable *table);

/* tool_rows.c: what runs on the tables of other tools, as their owner */
extern List *sv_adopt_rows(const AdoptTable *table);
extern List *sv_adopt_custom_rows(const char *query);
extern char *sv_adopt_busy(const AdoptTable *table);
extern void sv_adopt_write(const AdoptTable *table, const char *const *statements, Oid type,
						   Datum value);
extern void sv_adopt_execute(const AdoptTable *table, const char *sql);

/* tool_keys.c */
extern char *sv_adopt_stem(const char *path);
extern List *sv_adopt_key_id(const Migration *migration);
extern List *sv_adopt_key_number(const Migration *migration);
extern List *sv_adopt_key_file(const Migration *migration);
extern List *sv_adopt_key_flyway(const Migration *migration);
extern List *sv_adopt_key_liquibase(const Migration *migration);
extern List *sv_adopt_key_sqitch(const Migration *migration);
extern List *sv_adopt_key_drizzle(const Migration *migration);
extern List *sv_adopt_key_django(const Migration *migration);
extern List *sv_adopt_key_rails(const Migration *migration);
extern char *sv_adopt_row_same(const char *key);
extern char *sv_adopt_row_number(const char *key);
extern char *sv_adopt_row_file(const char *key);
extern char *sv_adopt_row_flyway(const char *key);
extern char *sv_adopt_row_liquibase(const char *key);
extern bool sv_adopt_living_liquibase(const StoredLiving *living, const char *row_key);
extern const char *sv_adopt_shown_key(const char *key);
extern int	sv_adopt_compare_keys(const char *a, const char *b);
extern const char *sv_adopt_detail(const Migration *migration, const char *name);
extern List *sv_adopt_detail_list(const Migration *migration, const char *name);

/* checks.c */
extern bool sv_adopt_check_crc32(const Migration *migration, const char *checksum);
extern bool sv_adopt_check_sha1(const Migration *migration, const char *checksum);
extern bool sv_adopt_check_sha256(const Migration *migration, const char *checksum);
extern bool sv_adopt_check_sha384(const Migration *migration, const char *checksum);
extern bool sv_adopt_check_hash(const Migration *migration, const char *checksum);
extern bool sv_adopt_check_liquibase(const Migration *migration, const char *checksum);
extern bool sv_adopt_check_own(const Migration *migration, const char *checksum);
extern bool sv_adopt_check_any(const Migration *migration, const char *checksum);
extern int64 sv_adopt_lock_flyway(const AdoptTable *table);
extern int64 sv_adopt_lock_rails(const AdoptTable *table);
extern int64 sv_adopt_lock_sqlx(const AdoptTable *table);
extern int64 sv_adopt_lock_golang(const AdoptTable *table);

/* lock_out.c */
extern void sv_adopt_let_in(const char *tool, const List *tables);

/* tool_names.c: what a tool calls revisions that did not come from its files */

typedef struct MigrationName
{
	Migration  *migration;
	bool		is_own;			/* it came from a file of the tool */
	bool		is_contained;	/* it stands for what the tool has applied: nothing to tell it */
	const char *key;			/* as in the table */
	const char *version;
	const char *slug;
	const char *base;			/* VERSION_SLUG, or the name of the file without its ending */
	const char *file;
	const char *previous;		/* what the tool calls the one before; or NULL */
	const char *change_id;		/* Sqitch's; or NULL */
} MigrationName;

extern List *sv_adopt_names_of(const AdoptTool *tool, const RevisionGraph *graph,
							   const List *migrations, const char *scope, const List *keys);

/* export_sum.c */
extern const char *sv_adopt_atlas_sum(const List *names, const List *written);

/* repeatables.c */
extern const StoredLiving *sv_adopt_repeatable(const AdoptTool *tool, const List *living,
											   const char *source, const char *key);
extern bool sv_adopt_repeatable_agrees(const AdoptTool *tool, const StoredLiving *living,
									   const AppliedRow *row);
extern bool sv_adopt_repeatable_replaces(const StoredLiving *living);
extern void sv_adopt_stamp_repeatable(const StoredLiving *living, const AppliedRow *row,
									  int64 run);
extern void sv_adopt_build_repeatables(const Sandbox *sandbox, const List *living);

/* migrations.c */
extern List *sv_adopt_migrations(const AdoptTool *tool, const RevisionGraph *graph,
								 const char *source);
extern HTAB *sv_adopt_by_key(const List *migrations);
extern Migration *sv_adopt_with_key(HTAB *by_key, const char *key);

#endif							/* SV_ADOPT_PRIVATE_H */
