/*
 * index_facts.c
 *		What the readers of constraints and of indexes ask of an index.
 *
 * Few indexes are looked up one by one in the server's caches.  Where whole catalogs are
 * read, pg_class and pg_index are, too: the caches would fetch each row by itself, and keep it.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_namespace.h"
#include "model/model_private.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

static void
facts_of_relation(IndexFacts *facts, Form_pg_class row, bool has_options)
{
	facts->kind = row->relkind;
	facts->method = row->relam;
	facts->is_usual = !has_options && !OidIsValid(row->reltablespace);
	facts->has_keys_only = false;	/* until the row of pg_index says so */
}

static void
add_facts_of_index(IndexFacts *facts, Form_pg_index row)
{
	facts->is_usual &= !row->indisclustered && !row->indisreplident && row->indisvalid;
	facts->has_keys_only = row->indnatts == row->indnkeyatts && !row->indnullsnotdistinct;
}

/* ----- one index ----- */

static bool
facts_of_one(Reader *reader, IndexFacts *facts)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(facts->index));
	bool		isnull;

	if (!HeapTupleIsValid(tuple))
		return false;
	(void) SysCacheGetAttr(RELOID, tuple, Anum_pg_class_reloptions, &isnull);
	facts_of_relation(facts, (Form_pg_class) GETSTRUCT(tuple), !isnull);
	facts->name =
		sv_model_string(reader->model, NameStr(((Form_pg_class) GETSTRUCT(tuple))->relname));
	ReleaseSysCache(tuple);
	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(facts->index));
	if (!HeapTupleIsValid(tuple))
		return false;
	add_facts_of_index(facts, (Form_pg_index) GETSTRUCT(tuple));
	ReleaseSysCache(tuple);
	return true;
}

/* ----- all indexes ----- */

static void
note_relations(Reader *reader)
{
	Relation	catalog = table_open(RelationRelationId, AccessShareLock);
	SysScanDesc scan =
	systable_beginscan(catalog, InvalidOid, false, GetActiveSnapshot(), 0, NULL);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_class row = (Form_pg_class) GETSTRUCT(tuple);
		IndexFacts *facts;

		if ((row->relkind != RELKIND_INDEX && row->relkind != RELKIND_PARTITIONED_INDEX) ||
			row->relnamespace == PG_TOAST_NAMESPACE)
			continue;
		facts = hash_search(reader->indexes, &row->oid, HASH_ENTER, NULL);
		facts_of_relation(facts, row, !heap_attisnull(tuple, Anum_pg_class_reloptions,
													  RelationGetDescr(catalog)));
		facts->name = sv_model_string(reader->model, NameStr(row->relname));
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
}

static void
note_indexes(Reader *reader)
{
	Relation	catalog = table_open(IndexRelationId, AccessShareLock);
	SysScanDesc scan =
	systable_beginscan(catalog, InvalidOid, false, GetActiveSnapshot(), 0, NULL);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_index row = (Form_pg_index) GETSTRUCT(tuple);
		IndexFacts *facts = hash_search(reader->indexes, &row->indexrelid, HASH_FIND, NULL);

		if (facts != NULL)
			add_facts_of_index(facts, row);
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
}

static void
note_all(Reader *reader)
{
	HASHCTL		control = {0};

	control.hcxt = reader->model->context;
	control.keysize = sizeof(Oid);
	control.entrysize = sizeof(IndexFacts);
	reader->indexes =
		hash_create("schemaver indexes", 1024, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	note_relations(reader);
	note_indexes(reader);
}

/* The facts of an index, whose OID the caller has filled in; false: it is not there. */
bool
sv_index_facts(Reader *reader, IndexFacts *facts)
{
	const IndexFacts *found;

	if (!reader->whole)
		return facts_of_one(reader, facts);
	if (reader->indexes == NULL)
		note_all(reader);
	found = hash_search(reader->indexes, &facts->index, HASH_FIND, NULL);
	if (found != NULL)
		*facts = *found;
	return found != NULL;
}
