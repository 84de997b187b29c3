/*
 * outside.c
 *		Did wanted SQL reach beyond the schemas that are compared?
 *
 * Decided by the catalogs, not by the text of the statements: every row that
 * they wrote of something that has a schema, or of a schema.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "base/base.h"
#include "catalog/catalog.h"
#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_conversion.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_ts_config.h"
#include "catalog/pg_ts_dict.h"
#include "catalog/pg_ts_parser.h"
#include "catalog/pg_ts_template.h"
#include "catalog/pg_type.h"
#include "proof/proof_private.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

static const Oid catalogs[] = {
	NamespaceRelationId, RelationRelationId, ProcedureRelationId, TypeRelationId,
	CollationRelationId, ConversionRelationId,
	OperatorRelationId, OperatorFamilyRelationId, OperatorClassRelationId, StatisticExtRelationId,
	TSParserRelationId,
	TSTemplateRelationId, TSDictionaryRelationId, TSConfigRelationId
};

/* The point in the current transaction from which rows count. */
OutsideMark
sv_outside_mark(void)
{
	OutsideMark mark;

	mark.xid = GetCurrentTransactionId();
	mark.command = GetCurrentCommandId(true);
	return mark;
}

static bool
is_later(HeapTuple tuple, const OutsideMark *mark)
{
	TransactionId xmin = HeapTupleHeaderGetXmin(tuple->t_data);

	if (!TransactionIdIsNormal(xmin) || !TransactionIdIsCurrentTransactionId(xmin))
		return false;
	if (TransactionIdEquals(xmin, mark->xid))
		return HeapTupleHeaderGetCmin(tuple->t_data) >= mark->command;
	return TransactionIdFollows(xmin, mark->xid);
}

static bool
is_inside(Oid namespace, List *schemas)
{
	const char *name;

	if (isTempOrTempToastNamespace(namespace) || IsToastNamespace(namespace))
		return true;
	name = get_namespace_name(namespace);
	if (name == NULL || strncmp(name, "schemaver_hidden_", 17) == 0)
		return true;			/* hide.c moved it */
	foreach_ptr(const char, schema, schemas)
	{
		if (strcmp(schema, name) == 0)
			return true;
	}
	return false;
}

static void
check_outside_row(Relation catalog, HeapTuple tuple, List *schemas)
{
	Oid			classid = RelationGetRelid(catalog);
	AttrNumber	attribute = classid == NamespaceRelationId ? Anum_pg_namespace_oid :
	get_object_attnum_namespace(classid);
	bool		isnull;
	Oid			namespace =
	DatumGetObjectId(heap_getattr(tuple, attribute, RelationGetDescr(catalog), &isnull));
	ObjectAddress address;

	if (isnull || is_inside(namespace, schemas))
		return;
	ObjectAddressSet(address, classid,
					 DatumGetObjectId(heap_getattr(tuple, get_object_attnum_oid(classid),
												   RelationGetDescr(catalog),
												   &isnull)));
	ereport(ERROR,
			(errcode(ERRCODE_SV_INVALID_SCRIPT),
			 errmsg("the wanted schema reaches beyond the schemas that are compared"),
			 errdetail("It makes or changes %s in schema \"%s\".",
					   getObjectDescription(&address, false), get_namespace_name(namespace)),
			 errhint("Name that schema in the argument \"schemas\", too, or leave the statement out.")));
}

/* Error SV007 if something outside of the schemas was made or changed since the mark. */
void
sv_outside_check(const OutsideMark *mark, List *schemas)
{
	for (int i = 0; i < lengthof(catalogs); i++)
	{
		Relation	catalog = table_open(catalogs[i], AccessShareLock);
		SysScanDesc scan = systable_beginscan(catalog, InvalidOid, false, NULL, 0, NULL);
		HeapTuple	tuple;

		while (HeapTupleIsValid(tuple = systable_getnext(scan)))
			if (is_later(tuple, mark))
				check_outside_row(catalog, tuple, schemas);
		systable_endscan(scan);
		table_close(catalog, AccessShareLock);
	}
}
