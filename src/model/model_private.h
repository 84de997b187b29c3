/*
 * model_private.h
 *		What the files of src/model share.
 */
#ifndef SV_MODEL_PRIVATE_H
#define SV_MODEL_PRIVATE_H

#include "access/attnum.h"
#include "access/htup.h"
#include "model/model.h"
#include "utils/relcache.h"

/* ----- depends.c -----
 *
 * Rows of pg_depend on their way into a model.
 */

typedef struct Edge
{
	ObjectAddress from;			/* needs */
	ObjectAddress to;
	char		type;			/* of pg_depend */
} Edge;

typedef struct Edges
{
	Edge	   *edges;
	int			n;
	int			allocated;
} Edges;

extern bool sv_edge_is_inner(char type, Oid from, Oid to);
extern bool sv_are_few(int n, Relation catalog);
extern void sv_edge_add(Edges *edges, Form_pg_depend row);
extern Object *sv_edge_object(const Model *model, const ObjectAddress *address);
extern void sv_edges_resolve_inner(Model *model, const Edges *edges);
extern void sv_edges_link(Model *model, const Edges *edges);

/* ----- read.c -----
 *
 * Rows of the classes' queries on their way into a model.
 */

/* What a column of a class's query is for. */
typedef enum ColumnUse
{
	COLUMN_TEXT,
	COLUMN_BOOL,
	COLUMN_LIST,
	COLUMN_OWNER,
	COLUMN_ACL,
	COLUMN_OID,
	COLUMN_SUB,
	COLUMN_PARENT,
	COLUMN_PARENTSUB,
	COLUMN_SCHEMA,
	COLUMN_NAME,
	COLUMN_IDENTITY,
	COLUMN_NEEDS,
	COLUMN_TYPE,
	COLUMN_TYPMOD,
	COLUMN_ALIAS
} ColumnUse;

#define MAX_COLUMNS 48

typedef struct Reader
{
	Model	   *model;
	const ModelScope *scope;
	HTAB	   *members;		/* of extensions; NULL: each object is looked up */
	bool		(*is_member) (const struct Reader *reader, const ObjectAddress *address);
	void		(*before_query) (void); /* called before the first one; or NULL */
	HTAB	   *types;			/* names of types, by oid and typmod */
	const ModelClass *class;
	List	   *oids;			/* of what is read by scans: these objects, or the parts of these
								 * relations; NIL: all */
	bool		whole;			/* whole catalogs are read, since there are many relations */
	List	   *with_options;	/* then OIDs of relations that are no parents of columns in the
								 * model, and of which a column has options */
	HTAB	   *indexes;		/* and IndexFacts; NULL: not needed so far */
	MemoryContext scratch;		/* for what is done with when a row has been read, or NULL */
	ColumnUse	uses[MAX_COLUMNS];
	const char *names[MAX_COLUMNS];
} Reader;

extern void sv_reader_class(Reader *reader, StoreScope *store, StoreQuery *query,
							const Datum *values);

extern void sv_reader_some(Reader *reader, StoreScope *store, const Datum *values,
						   const List *oids);
extern bool sv_reader_leaves_out(const Reader *reader, const ObjectAddress *address);
extern char *sv_reader_type(Reader *reader, Oid type, int32 typmod);
extern const char *sv_reader_identity(Reader *reader, const Object *object, const char *given);
extern MemoryContext sv_reader_scratch(Reader *reader);

/* presence.c */
typedef struct Presence Presence;

extern const char *sv_class_kinds(const ModelClass *class);
extern Presence *sv_presence_read(Datum schemas);
extern bool sv_presence_of(Presence *presence, const ModelClass *class);

/* scan.c */
typedef void (*ScanFn) (Reader *reader, Relation catalog, HeapTuple tuple, void *arg);
extern bool sv_scan_relations(Reader *reader, Oid catalog, Oid index, AttrNumber key, ScanFn read,
							  void *arg);
extern void sv_scan_by_oid(Reader *reader, Oid catalog, Oid index, AttrNumber key, ScanFn read,
						   void *arg);
extern void sv_scan_columns(Reader *reader, StoreScope *store, const Datum *values);
extern void sv_scan_defaults(Reader *reader, StoreScope *store, const Datum *values);

/* scan_table.c */
extern void sv_scan_schemas(Reader *reader, StoreScope *store, const Datum *values);
extern void sv_scan_tables(Reader *reader, StoreScope *store, const Datum *values);

/* scan_constraint.c */
extern void sv_scan_constraints(Reader *reader, StoreScope *store, const Datum *values);

/* index_facts.c */
typedef struct IndexFacts
{
	Oid			index;
	char		kind;			/* relkind */
	Oid			method;
	const char *name;
	bool		is_usual;		/* valid, without options, tablespace and marks */
	bool		has_keys_only;	/* nothing is included, and nulls are distinct */
} IndexFacts;

extern bool sv_index_facts(Reader *reader, IndexFacts *facts);

/* scan_index.c */
extern void sv_scan_indexes(Reader *reader, StoreScope *store, const Datum *values);

/* A property that has a text or a list. */
static inline Property
sv_property_of(const char *name, const char *text, List *list)
{
	Property	property = {name, text, list};

	return property;
}

/* ----- class_column.c, for class_default.c ----- */

extern bool sv_added_column_rewrites(const Object *column, const Object *default_, bool identity);
extern int	sv_changed_type_hazards(const Object *before, const Object *after);
extern bool sv_column_of_table(const Object *column);
extern const char *sv_alter_column(const Object *column);
extern const Object *sv_leading_column(Writer *w, const Object *column);

#endif							/* SV_MODEL_PRIVATE_H */
