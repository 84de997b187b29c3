/*
 * script_private.h
 *		What the files of src/script share.
 */
#ifndef SV_SCRIPT_PRIVATE_H
#define SV_SCRIPT_PRIVATE_H

#include "nodes/parsenodes.h"
#include "script/script.h"
#include "utils/hsearch.h"

/* ----- classify.c -----
 *
 * What kind of statement a parse tree is (private to src/script).
 */

/* What the words of a statement tell without its parse tree. */
#define SV_MENTIONS_SET_CONFIG	0x01	/* calls set_config() */
#define SV_MENTIONS_PG_TEMP		0x02	/* names the schema for temporary objects */

extern void sv_classify(Statement *statement, Node *tree, int mentions);

/* ----- enum_watch.c -----
 *
 * The parts of the watch for new enum values (private to src/script).
 */

/* An enum type that the run creates or alters. */
typedef struct WatchedType
{
	const char *schema;			/* NULL: not told */
	const char *name;
	bool		created;		/* by the run */
	const char *live_schema;	/* what it was called before the run, unless */
	const char *live_name;		/* created */
	bool		loaded;			/* are its live columns known? */
	List	   *unsafe;			/* of char *: values that cannot be used yet */
} WatchedType;

typedef struct WatchedColumn
{
	const char *name;
	const char *type_schema;	/* NULL: not told */
	const char *type_name;		/* NULL: a type of the system */
	int			position;		/* in its table, from 1; 0: not known */
} WatchedColumn;

typedef struct WatchedTable
{
	char		name[NAMEDATALEN];	/* without schema; the key */
	bool		complete;		/* created by the run: every column is known */
	List	   *columns;		/* of WatchedColumn, in order if complete */
} WatchedTable;

struct EnumWatch
{
	MemoryContext cxt;
	EnumColumnsFn columns_of;
	EnumHasValueFn has_value;
	void	   *arg;
	HTAB	   *tables;			/* of WatchedTable */
	List	   *types;			/* of WatchedType */
	List	   *events;			/* what the run did to names of tables and columns */
	bool		check_bodies;	/* are bodies of functions checked at creation? */
};

/* A name that has an enum type, other than a column's: a parameter or variable. */
typedef struct WatchedName
{
	const char *name;
	const WatchedType *type;
} WatchedName;

/* The search for a use of a value in one statement. */
typedef struct UseSearch
{
	EnumWatch  *watch;
	List	   *tables;			/* of RangeVar: what the statement names */
	List	   *names;			/* of WatchedName */
	int			found;			/* index of the statement, or -1 */
	const char *value;			/* what it uses */
	const WatchedType *type;
} UseSearch;

/* enum_names.c: what has which name and type */
extern void sv_enum_track(EnumWatch *watch, Node *tree);
extern const WatchedType *sv_enum_unsafe_type(const EnumWatch *watch, const char *schema, const char *name);
extern const WatchedType *sv_enum_unsafe_typename(const EnumWatch *watch, const TypeName *name);
extern const WatchedType *sv_enum_column_type(const EnumWatch *watch, const WatchedColumn *column);
extern WatchedTable *sv_enum_table(const EnumWatch *watch, const char *name);
extern WatchedColumn *sv_enum_column(const WatchedTable *table, const char *name);
extern int	sv_enum_position(const WatchedTable *table, const WatchedColumn *column);

/* enum_uses.c: uses in expressions and queries */
extern bool sv_enum_is_unsafe(UseSearch *search, const WatchedType *type, const char *value);
extern bool sv_enum_yields(UseSearch *search, const WatchedType *type, Node *node);
extern bool sv_enum_any_yields(UseSearch *search, const WatchedType *type, const List *nodes);
extern const WatchedType *sv_enum_name_type(UseSearch *search, const char *qualifier, const char *name);
extern bool sv_enum_use_in_assignment(UseSearch *search, const char *table, const char *column, Node *value);
extern bool sv_enum_use_in_tree(UseSearch *search, RangeVar *relation, Node *tree);

/* enum_statements.c: uses in statements of all kinds */
extern bool sv_enum_use(UseSearch *search, Node *tree);

/* enum_bodies.c: uses in what is not parsed with the statement */
extern bool sv_enum_use_in_function(UseSearch *search, const CreateFunctionStmt *stmt);
extern bool sv_enum_use_in_block(UseSearch *search, const DoStmt *stmt);
extern bool sv_enum_use_in_data(UseSearch *search, const CopyStmt *stmt, const char *data, int length);

#endif							/* SV_SCRIPT_PRIVATE_H */
