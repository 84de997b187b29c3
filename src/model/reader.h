/*
 * reader.h
 *		Rows of the classes' queries on their way into a model (private to src/model).
 */
#ifndef SV_READER_H
#define SV_READER_H

#include "model/model.h"
#include "store/store.h"

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
	HTAB	   *types;			/* names of types, by oid and typmod */
	const ModelClass *class;
	ColumnUse	uses[MAX_COLUMNS];
	const char *names[MAX_COLUMNS];
} Reader;

extern void sv_reader_class(Reader *reader, StoreScope *store, StoreQuery *query, const Datum *values);

extern char *sv_reader_type(Reader *reader, Oid type, int32 typmod);

/* scan.c */
extern void sv_scan_columns(Reader *reader, StoreScope *store, const Datum *values);
extern void sv_scan_defaults(Reader *reader, StoreScope *store, const Datum *values);

#endif							/* SV_READER_H */
