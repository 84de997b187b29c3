/*
 * annotate.c
 *		What any object can have: comment, security labels, privileges, extensions
 *		with which it goes.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_description.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_seclabel.h"
#include "model/model_private.h"
#include "commands/extension.h"
#include "storage/bufmgr.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

static int
compare_texts(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

static void
add_annotation(Model *model, Object *object, const char *name, char *text, List *list)
{
	sv_model_add_property(model, object, sv_property_of(name, text, list));
}

/* Add an entry to a list of texts, which is sorted. */
static void
annotate_list(Model *model, Object *object, const char *name, char *entry)
{
	for (int i = 0; i < object->nproperties; i++)
	{
		if (strcmp(object->properties[i].name, name) == 0)
		{
			object->properties[i].list = lappend(object->properties[i].list, entry);
			list_sort(object->properties[i].list, compare_texts);
			return;
		}
	}
	add_annotation(model, object, name, NULL, list_make1(entry));
}

static bool
is_address_of(const Object *object, Oid catalog, Oid oid, int sub)
{
	return object->address.classId == catalog && object->address.objectId == oid &&
		object->address.objectSubId == sub;
}

static void
read_comment(Model *model, Relation catalog, HeapTuple tuple)
{
	Form_pg_description row = (Form_pg_description) GETSTRUCT(tuple);
	Object	   *object = sv_model_at(model, row->classoid, row->objoid, row->objsubid);
	bool		isnull;
	Datum		comment;

	if (object == NULL)
		return;
	comment =
		heap_getattr(tuple, Anum_pg_description_description, RelationGetDescr(catalog), &isnull);
	if (isnull)
		return;
	if (is_address_of(object, row->classoid, row->objoid, row->objsubid))
		add_annotation(model, object, "comment", TextDatumGetCString(comment), NIL);
	else if (sv_class_is(object, constraint))
		add_annotation(model, object, "index_comment", TextDatumGetCString(comment), NIL);
}

static void
read_label(Model *model, Relation catalog, HeapTuple tuple)
{
	FormData_pg_seclabel *row = (FormData_pg_seclabel *) GETSTRUCT(tuple);
	Object	   *object = sv_model_at(model, row->classoid, row->objoid, row->objsubid);
	bool		isnull;
	Datum		provider;
	Datum		label;

	if (object == NULL || !is_address_of(object, row->classoid, row->objoid, row->objsubid))
		return;
	provider = heap_getattr(tuple, Anum_pg_seclabel_provider, RelationGetDescr(catalog), &isnull);
	label = heap_getattr(tuple, Anum_pg_seclabel_label, RelationGetDescr(catalog), &isnull);
	annotate_list(model, object, "labels", psprintf("%s=%s", TextDatumGetCString(provider),
													TextDatumGetCString(label)));
}

/* ALTER ... DEPENDS ON EXTENSION: the object goes when the extension is dropped. */
static void
note_extension(Model *model, const FormData_pg_depend * row)
{
	Object	   *object;
	char	   *name;

	if (row->deptype != DEPENDENCY_AUTO_EXTENSION || row->refclassid != ExtensionRelationId)
		return;
	object = sv_model_at(model, row->classid, row->objid, row->objsubid);
	name = object != NULL ? get_extension_name(row->refobjid) : NULL;
	if (name != NULL)
		annotate_list(model, object, "extensions", name);
}

/* Can what stands at the address go with an extension?  Not what is most common. */
static bool
may_go_with_extension(const Model *model, const ObjectAddress *address)
{
	const Object *object = sv_model_at(model, address->classId, address->objectId, 0);

	return object != NULL &&
		(sv_class_has(object, SV_IS_ROUTINE) || sv_class_is(object, trigger) ||
		 sv_class_is(object, index) || sv_class_is(object, constraint) ||
		 sv_class_is(object, matview));
}

/* Give every row of a scan to "read". */
static void
scan_rows(Model *model, Relation catalog, Oid index, int nkeys, ScanKey keys,
		  void (*read) (Model *model, Relation catalog, HeapTuple tuple))
{
	SysScanDesc scan =
	systable_beginscan(catalog, index, OidIsValid(index), GetActiveSnapshot(), nkeys, keys);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		read(model, catalog, tuple);
	systable_endscan(scan);
}

/* Give the rows of the object at an address, and of its parts, to "read". */
static void
scan_address(Model *model, Relation catalog, Oid index, AttrNumber oid, AttrNumber class,
			 const ObjectAddress *address,
			 void (*read) (Model *model, Relation catalog, HeapTuple tuple))
{
	ScanKeyData keys[2];

	ScanKeyInit(&keys[0], oid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(address->objectId));
	ScanKeyInit(&keys[1], class, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(address->classId));
	scan_rows(model, catalog, index, 2, keys, read);
}

static void
note_extensions(Model *model, DependScan scan)
{
	Form_pg_depend row;

	while ((row = sv_depend_next(&scan)) != NULL)
		note_extension(model, row);
}

/*
 * Fill in comments, security labels and extensions of what is found at these
 * addresses (comments and labels also at parts of them).
 */
void
sv_model_annotate_some(Model *model, const ObjectAddress *addresses, int n)
{
	Relation	comments = table_open(DescriptionRelationId, AccessShareLock);
	Relation	labels = table_open(SecLabelRelationId, AccessShareLock);
	bool		has_labels = RelationGetNumberOfBlocks(labels) > 0;

	for (int i = 0; i < n; i++)
	{
		scan_address(model, comments, DescriptionObjIndexId, Anum_pg_description_objoid,
					 Anum_pg_description_classoid, &addresses[i], read_comment);
		if (has_labels)
			scan_address(model, labels, SecLabelObjectIndexId, Anum_pg_seclabel_objoid,
						 Anum_pg_seclabel_classoid, &addresses[i], read_label);
		if (may_go_with_extension(model, &addresses[i]))
			note_extensions(model, sv_depend_begin(addresses[i].classId, addresses[i].objectId,
												   false, GetActiveSnapshot()));
	}
	table_close(labels, AccessShareLock);
	table_close(comments, AccessShareLock);
}

/* The same for all objects. */
void
sv_model_annotate(Model *model)
{
	Relation	comments = table_open(DescriptionRelationId, AccessShareLock);
	Relation	labels = table_open(SecLabelRelationId, AccessShareLock);
	int			n;
	ObjectAddress *addresses = sv_model_addresses(model, &n);

	if (sv_are_few(n, comments))
		sv_model_annotate_some(model, addresses, n);
	else
	{
		scan_rows(model, comments, InvalidOid, 0, NULL, read_comment);
		scan_rows(model, labels, InvalidOid, 0, NULL, read_label);
		note_extensions(model, sv_depend_begin(ExtensionRelationId, InvalidOid, true,
											   GetActiveSnapshot()));
	}
	pfree(addresses);
	table_close(labels, AccessShareLock);
	table_close(comments, AccessShareLock);
}

static ObjectType
object_type_of_acl(char type)
{
	switch (type)
	{
		case 'c':
			return OBJECT_COLUMN;
		case 'r':
			return OBJECT_TABLE;
		case 's':
			return OBJECT_SEQUENCE;
		case 'f':
			return OBJECT_FUNCTION;
		case 'l':
			return OBJECT_LANGUAGE;
		case 'n':
			return OBJECT_SCHEMA;
		case 'F':
			return OBJECT_FDW;
		case 'S':
			return OBJECT_FOREIGN_SERVER;
		case 'T':
			return OBJECT_TYPE;
		default:
			elog(ERROR, "class has an unknown kind of privileges \"%c\"", type);
	}
}

/*
 * Privileges as a sorted list of "grantee=letters/grantor", each name quoted as
 * SQL needs it and PUBLIC empty; NIL if they are those that the owner's object has from
 * the start.
 */
List *
sv_acl_list(Datum value, char type, Oid owner)
{
	Acl		   *acl = DatumGetAclP(value);
	List	   *result = NIL;
	StringInfoData text;

	if (type != 'd')
	{
		Acl		   *usual = acldefault(object_type_of_acl(type), owner);
		Acl		   *copy = aclcopy(acl);

		aclitemsort(copy);
		aclitemsort(usual);
		if (aclequal(copy, usual))
			return NIL;
		if (ACL_NUM(copy) == 0)
			return list_make1("none");
	}
	initStringInfo(&text);
	for (int i = 0; i < ACL_NUM(acl); i++)
	{
		AclItem    *item = &ACL_DAT(acl)[i];

		resetStringInfo(&text);
		if (item->ai_grantee != ACL_ID_PUBLIC)
			appendStringInfoString(&text, quote_identifier(sv_role_name(item->ai_grantee)));
		appendStringInfoChar(&text, '=');
		if (type == 'r' && ACLITEM_GET_PRIVS(*item) == ACL_ALL_RIGHTS_RELATION &&
			(ACLITEM_GET_GOPTIONS(*item) == 0 ||
			 ACLITEM_GET_GOPTIONS(*item) == ACL_ALL_RIGHTS_RELATION))
			/* grows with majors */
			appendStringInfoString(&text, ACLITEM_GET_GOPTIONS(*item) ? "ALL*" : "ALL");
		else
			for (int bit = 0; bit < N_ACL_RIGHTS; bit++)
			{
				if (ACLITEM_GET_PRIVS(*item) & ((AclMode) 1 << bit))
					appendStringInfoChar(&text, ACL_ALL_RIGHTS_STR[bit]);
				if (ACLITEM_GET_GOPTIONS(*item) & ((AclMode) 1 << bit))
					appendStringInfoChar(&text, '*');
			}
		appendStringInfo(&text, "/%s", quote_identifier(sv_role_name(item->ai_grantor)));
		result = lappend(result, pstrdup(text.data));
	}
	pfree(text.data);
	list_sort(result, compare_texts);
	return result;
}
