/*
 * reach.c
 *		Whose code a statement can run.
 *
 * The code is that of functions, operators, operator classes, casts, domains
 * and other types, and the expressions that a table, an index or a view holds.
 * An expression belongs to the owner of what holds it, for the server's own
 * functions can run any SQL, too.  What a function calls is its own business.
 *
 * Looks at the catalogs as they are now; a table without code whose owner could
 * add some is locked, so that what was found holds until the statement is done.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_amproc.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_cast.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_language.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_partitioned_table.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "run/run.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

typedef struct Reach
{
	Evaluates	evaluates;
	bool		changes_rows;
	HTAB	   *seen;			/* ObjectAddress */
	bool		by_server;		/* the server runs it: no lock is needed */
	List	   *owners;			/* of code; no superusers */
	List	   *expressions;	/* of what is evaluated in place */
	List	   *unconfined;		/* of other code but functions that expressions call */
	List	   *readers;		/* of views that read with the rights of whoever asks them */
	bool		looks_up;		/* does a body of a function look up names? */
} Reach;

static void reach_type(Reach *reach, Oid type);
static void reach_relation(Reach *reach, Oid relation);

/* Is the object new?  The system's own ones have no code of a user. */
static bool
enter(Reach *reach, Oid classid, Oid oid)
{
	ObjectAddress address;
	bool		found;

	if (oid < FirstNormalObjectId)
		return false;
	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	memset(&address, 0, sizeof(address));
	ObjectAddressSet(address, classid, oid);
	(void) hash_search(reach->seen, &address, HASH_ENTER, &found);
	return !found;
}

static void
add_owner(Reach *reach, Oid owner)
{
	if (superuser_arg(owner))
		return;
	reach->owners = list_append_unique_oid(reach->owners, owner);
	reach->unconfined = list_append_unique_oid(reach->unconfined, owner);
}

static void
add_expression_owner(Reach *reach, Oid owner)
{
	if (superuser_arg(owner))
		return;
	reach->owners = list_append_unique_oid(reach->owners, owner);
	reach->expressions = list_append_unique_oid(reach->expressions, owner);
}

static void
add_function_owner(Reach *reach, Oid owner)
{
	if (!superuser_arg(owner))
		reach->owners = list_append_unique_oid(reach->owners, owner);
}

/* Call a function with each row of a catalog that has the key. */
static void
each_row(Oid catalog, Oid index, AttrNumber column, Oid key,
		 void (*row) (Reach *reach, HeapTuple tuple), Reach *reach)
{
	Relation	relation = table_open(catalog, AccessShareLock);
	ScanKeyData scankey;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&scankey, column, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(key));
	scan = systable_beginscan(relation, index, OidIsValid(index), NULL, 1, &scankey);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		row(reach, tuple);
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
}

/* ----- functions, operators ----- */

/* Is it a text that is parsed when it is called, under a search_path that is not its own? */
static bool
looks_up_names(HeapTuple tuple)
{
	Oid			language = ((Form_pg_proc) GETSTRUCT(tuple))->prolang;
	bool		isnull;
	Datum		settings;
	ArrayType  *array;
	Datum	   *items;
	int			n;

	if (language == INTERNALlanguageId || language == ClanguageId ||
		!heap_attisnull(tuple, Anum_pg_proc_prosqlbody, NULL))
		return false;
	settings = SysCacheGetAttr(PROCOID, tuple, Anum_pg_proc_proconfig, &isnull);
	if (isnull)
		return true;
	array = DatumGetArrayTypeP(settings);
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &items, NULL, &n);
	for (int i = 0; i < n; i++)
	{
		if (pg_strncasecmp(TextDatumGetCString(items[i]), "search_path=", 12) == 0)
			return false;
	}
	return true;
}

static void
reach_function(Reach *reach, Oid function)
{
	HeapTuple	tuple;

	if (!enter(reach, ProcedureRelationId, function))
		return;
	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	if (!HeapTupleIsValid(tuple))
		return;
	add_function_owner(reach, ((Form_pg_proc) GETSTRUCT(tuple))->proowner);
	reach->looks_up |= looks_up_names(tuple);
	ReleaseSysCache(tuple);
}

static void
reach_operator(Reach *reach, Oid operator)
{
	if (enter(reach, OperatorRelationId, operator))
		reach_function(reach, get_opcode(operator));
}

/* A function of an operator class, which the server may have looked up long ago. */
static void
reach_class_function(Reach *reach, Oid function)
{
	Oid			owner = sv_cached_oid(PROCOID, function, Anum_pg_proc_proowner);

	reach_function(reach, function);
	if (function >= FirstNormalObjectId && OidIsValid(owner))
		add_owner(reach, owner);
}

static void
take_amproc(Reach *reach, HeapTuple tuple)
{
	reach_class_function(reach, ((Form_pg_amproc) GETSTRUCT(tuple))->amproc);
}

static void
take_amop(Reach *reach, HeapTuple tuple)
{
	Oid			operator = ((Form_pg_amop) GETSTRUCT(tuple))->amopopr;

	if (operator >= FirstNormalObjectId)
		reach_class_function(reach, get_opcode(operator));
}

static void
reach_operator_class(Reach *reach, Oid opclass)
{
	Oid			family;

	if (!enter(reach, OperatorClassRelationId, opclass))
		return;
	family = get_opclass_family(opclass);
	each_row(AccessMethodProcedureRelationId, AccessMethodProcedureIndexId,
			 Anum_pg_amproc_amprocfamily, family,
			 take_amproc, reach);
	each_row(AccessMethodOperatorRelationId, AccessMethodStrategyIndexId, Anum_pg_amop_amopfamily,
			 family,
			 take_amop, reach);
}

/* ----- what objects refer to ----- */

static void
take_reference(Reach *reach, Form_pg_depend row)
{
	switch (row->refclassid)
	{
		case ProcedureRelationId:
			reach_function(reach, row->refobjid);
			break;
		case OperatorRelationId:
			reach_operator(reach, row->refobjid);
			break;
		case OperatorClassRelationId:
			reach_operator_class(reach, row->refobjid);
			break;
		case TypeRelationId:
			reach_type(reach, row->refobjid);
			break;
		case RelationRelationId:
			/* a foreign key's table; what a view reads */
			if (row->classid == ConstraintRelationId || row->classid == RewriteRelationId)
				reach_relation(reach, row->refobjid);
			break;
		default:
			break;
	}
}

static void
reach_references(Reach *reach, Oid catalog, Oid oid)
{
	DependScan	scan = sv_depend_begin(catalog, oid, false, NULL);
	Form_pg_depend row;

	while ((row = sv_depend_next(&scan)) != NULL)
		take_reference(reach, row);
}

/* ----- types ----- */

static void
take_domain_constraint(Reach *reach, HeapTuple tuple)
{
	reach_references(reach, ConstraintRelationId, ((Form_pg_constraint) GETSTRUCT(tuple))->oid);
}

static void
take_cast(Reach *reach, HeapTuple tuple)
{
	reach_function(reach, ((Form_pg_cast) GETSTRUCT(tuple))->castfunc);
}

static void
take_column_type(Reach *reach, HeapTuple tuple)
{
	Form_pg_attribute column = (Form_pg_attribute) GETSTRUCT(tuple);

	if (column->attnum > 0 && !column->attisdropped)
		reach_type(reach, column->atttypid);
}

static void
reach_type(Reach *reach, Oid type)
{
	HeapTuple	tuple;
	Form_pg_type form;

	if (!enter(reach, TypeRelationId, type))
		return;
	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	if (!HeapTupleIsValid(tuple))
		return;
	form = (Form_pg_type) GETSTRUCT(tuple);
	if (OidIsValid(form->typelem) && form->typlen == -1)
		reach_type(reach, form->typelem);
	else if (form->typtype != TYPTYPE_ENUM && form->typtype != TYPTYPE_PSEUDO)
	{
		/* its owner can give it a constraint, or an attribute of another type, at any time */
		if (form->typtype == TYPTYPE_DOMAIN || form->typtype == TYPTYPE_COMPOSITE)
			add_expression_owner(reach, form->typowner);
		else
			add_owner(reach, form->typowner);
		reach_references(reach, TypeRelationId, type);
		reach_type(reach, form->typbasetype);
		each_row(ConstraintRelationId, ConstraintTypidIndexId, Anum_pg_constraint_contypid, type,
				 take_domain_constraint, reach);
		if (OidIsValid(form->typrelid))
			each_row(AttributeRelationId, AttributeRelidNumIndexId, Anum_pg_attribute_attrelid,
					 form->typrelid,
					 take_column_type, reach);
	}
	ReleaseSysCache(tuple);
	if (reach->evaluates < SV_EVALUATES_ANYTHING)
		return;
	each_row(CastRelationId, InvalidOid, Anum_pg_cast_castsource, type, take_cast, reach);
	each_row(CastRelationId, InvalidOid, Anum_pg_cast_casttarget, type, take_cast, reach);
}

/* ----- relations ----- */

/* The relation holds an expression. */
static void
add_holder(Reach *reach, Oid relation, Oid catalog, Oid oid)
{
	add_expression_owner(reach, sv_relation_owner(relation));
	reach_references(reach, catalog, oid);
}

/* The relation holds what writes rows, or says which ones are seen. */
static void
add_actor(Reach *reach, Oid relation, Oid catalog, Oid oid)
{
	add_owner(reach, sv_relation_owner(relation));
	reach_references(reach, catalog, oid);
}

static void
reach_default(Reach *reach, HeapTuple tuple)
{
	Form_pg_attrdef row = (Form_pg_attrdef) GETSTRUCT(tuple);

	add_holder(reach, row->adrelid, AttrDefaultRelationId, row->oid);
}

static void
take_constraint(Reach *reach, HeapTuple tuple)
{
	Form_pg_constraint row = (Form_pg_constraint) GETSTRUCT(tuple);

	if (row->contype == CONSTRAINT_CHECK || row->contype == CONSTRAINT_EXCLUSION)
		add_holder(reach, row->conrelid, ConstraintRelationId, row->oid);
	else if (row->contype == CONSTRAINT_FOREIGN)
		reach_references(reach, ConstraintRelationId, row->oid);
}

static void
take_index(Reach *reach, HeapTuple tuple)
{
	Form_pg_index row = (Form_pg_index) GETSTRUCT(tuple);

	if (!heap_attisnull(tuple, Anum_pg_index_indexprs, NULL) ||
		!heap_attisnull(tuple, Anum_pg_index_indpred, NULL))
		add_expression_owner(reach, sv_relation_owner(row->indrelid));
	reach_references(reach, RelationRelationId, row->indexrelid);
}

/* A view that reads with the rights of whoever asks it: its own functions see what it reads. */
static bool
reads_as_invoker(Oid relation)
{
	Relation	view = relation_open(relation, AccessShareLock);
	bool		result =
	view->rd_rel->relkind == RELKIND_VIEW && RelationHasSecurityInvoker(view);

	relation_close(view, AccessShareLock);
	return result;
}

static void
take_rule(Reach *reach, HeapTuple tuple)
{
	Form_pg_rewrite row = (Form_pg_rewrite) GETSTRUCT(tuple);

	if (reads_as_invoker(row->ev_class) && !superuser_arg(sv_relation_owner(row->ev_class)))
		reach->readers = list_append_unique_oid(reach->readers, sv_relation_owner(row->ev_class));
	if (row->ev_type - '0' == CMD_SELECT)
		add_holder(reach, row->ev_class, RewriteRelationId, row->oid);
	else
		add_actor(reach, row->ev_class, RewriteRelationId, row->oid);
}

static void
take_policy(Reach *reach, HeapTuple tuple)
{
	Form_pg_policy row = (Form_pg_policy) GETSTRUCT(tuple);

	add_actor(reach, row->polrelid, PolicyRelationId, row->oid);
}

static void
take_trigger(Reach *reach, HeapTuple tuple)
{
	Form_pg_trigger row = (Form_pg_trigger) GETSTRUCT(tuple);

	if (!row->tgisinternal)
		add_actor(reach, row->tgrelid, TriggerRelationId, row->oid);
}

static void
take_child(Reach *reach, HeapTuple tuple)
{
	reach_relation(reach, ((Form_pg_inherits) GETSTRUCT(tuple))->inhrelid);
}

static void
take_parent(Reach *reach, HeapTuple tuple)
{
	reach_relation(reach, ((Form_pg_inherits) GETSTRUCT(tuple))->inhparent);
}

static void
reach_key(Reach *reach, Oid relation)
{
	HeapTuple	tuple = SearchSysCache1(PARTRELID, ObjectIdGetDatum(relation));

	if (!HeapTupleIsValid(tuple))
		return;
	if (!heap_attisnull(tuple, Anum_pg_partitioned_table_partexprs, NULL))
		add_expression_owner(reach, sv_relation_owner(relation));
	ReleaseSysCache(tuple);
	reach_references(reach, RelationRelationId, relation);
}

static void
reach_rows(Reach *reach, Oid relation)
{
	each_row(TriggerRelationId, TriggerRelidNameIndexId, Anum_pg_trigger_tgrelid, relation,
			 take_trigger, reach);
	each_row(RewriteRelationId, RewriteRelRulenameIndexId, Anum_pg_rewrite_ev_class, relation,
			 take_rule, reach);
	each_row(PolicyRelationId, PolicyPolrelidPolnameIndexId, Anum_pg_policy_polrelid, relation,
			 take_policy, reach);
}

static void
reach_constraints(Reach *reach, Oid relation)
{
	each_row(ConstraintRelationId, ConstraintRelidTypidNameIndexId, Anum_pg_constraint_conrelid,
			 relation,
			 take_constraint, reach);
}

/* What its rows and its definition can run. */
static void
reach_all_of(Reach *reach, Oid relation)
{
	each_row(AttributeRelationId, AttributeRelidNumIndexId, Anum_pg_attribute_attrelid, relation,
			 take_column_type, reach);
	each_row(AttrDefaultRelationId, AttrDefaultIndexId, Anum_pg_attrdef_adrelid, relation,
			 reach_default, reach);
	reach_constraints(reach, relation);
	each_row(InheritsRelationId, InheritsParentIndexId, Anum_pg_inherits_inhparent, relation,
			 take_child, reach);
	each_row(InheritsRelationId, InheritsRelidSeqnoIndexId, Anum_pg_inherits_inhrelid, relation,
			 take_parent, reach);
	if (reach->changes_rows)
		reach_rows(reach, relation);
}

/* Nobody but the current user could give it code now: what follows would not look again. */
static void
hold_still(Reach *reach, Oid relation, char relkind)
{
	Oid			owner = sv_relation_owner(relation);

	if (relkind != RELKIND_RELATION && relkind != RELKIND_PARTITIONED_TABLE)
		return;
	if (!superuser_arg(owner) && !has_privs_of_role(owner, GetUserId()) &&
		!list_member_oid(reach->owners, owner))
		LockRelationOid(relation, ShareRowExclusiveLock);
}

static void
reach_relation(Reach *reach, Oid relation)
{
	char		relkind = get_rel_relkind(relation);

	if (relkind == '\0' || relkind == RELKIND_SEQUENCE || relkind == RELKIND_INDEX ||
		relkind == RELKIND_PARTITIONED_INDEX || !enter(reach, RelationRelationId, relation))
		return;
	if (!reach->by_server)
		hold_still(reach, relation, relkind);
	if (relkind == RELKIND_FOREIGN_TABLE)
		add_owner(reach, sv_relation_owner(relation));
	if (relkind == RELKIND_VIEW || relkind == RELKIND_MATVIEW)
		each_row(RewriteRelationId, RewriteRelRulenameIndexId, Anum_pg_rewrite_ev_class, relation,
				 take_rule, reach);
	each_row(IndexRelationId, IndexIndrelidIndexId, Anum_pg_index_indrelid, relation, take_index,
			 reach);
	reach_key(reach, relation);
	if (reach->evaluates == SV_EVALUATES_CHECKS)
		reach_constraints(reach, relation);
	if (reach->evaluates == SV_EVALUATES_ANYTHING)
		reach_all_of(reach, relation);
	else if (relkind == RELKIND_PARTITIONED_TABLE)
		each_row(AttributeRelationId, AttributeRelidNumIndexId, Anum_pg_attribute_attrelid,
				 relation, take_column_type, reach);
}

/* ----- names in the statement ----- */

static void
reach_functions_of(Reach *reach, Oid schema, const char *name)
{
	CatCList   *list = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum(name));

	for (int i = 0; i < list->n_members; i++)
	{
		Form_pg_proc row = (Form_pg_proc) GETSTRUCT(&list->members[i]->tuple);

		if (row->pronamespace == schema)
			reach_function(reach, row->oid);
	}
	ReleaseSysCacheList(list);
}

static void
reach_operators_of(Reach *reach, Oid schema, const char *name)
{
	CatCList   *list = SearchSysCacheList1(OPERNAMENSP, CStringGetDatum(name));

	for (int i = 0; i < list->n_members; i++)
	{
		Form_pg_operator row = (Form_pg_operator) GETSTRUCT(&list->members[i]->tuple);

		if (row->oprnamespace == schema)
			reach_operator(reach, row->oid);
	}
	ReleaseSysCacheList(list);
}

static void
reach_operator_classes_of(Reach *reach, Oid schema, const char *name)
{
	Relation	catalog = table_open(OperatorClassRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(catalog, InvalidOid, false, NULL, 0, NULL);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_opclass row = (Form_pg_opclass) GETSTRUCT(tuple);

		if (row->opcnamespace == schema && strcmp(NameStr(row->opcname), name) == 0)
			reach_operator_class(reach, row->oid);
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
}

static void
reach_mentioned_type(Reach *reach, Oid schema, const Mention *mention)
{
	Oid			type =
	GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(mention->name),
					ObjectIdGetDatum(schema));
	Oid			relation = OidIsValid(type) ? get_typ_typrelid(type) : InvalidOid;

	if (!OidIsValid(type) || (!mention->is_cast && reach->evaluates == SV_EVALUATES_LITERALS))
		return;
	/* the name of a table is not meant as that of its row type */
	if (OidIsValid(relation) && !mention->is_cast &&
		get_rel_relkind(relation) != RELKIND_COMPOSITE_TYPE)
		return;
	reach_type(reach, type);
}

static void
reach_mention(Reach *reach, const Mention *mention)
{
	Oid			schema = get_namespace_oid(mention->schema, true);

	if (!OidIsValid(schema) || schema == PG_CATALOG_NAMESPACE ||
		strlen(mention->name) >= NAMEDATALEN)
		return;
	if (!mention->is_operator)
		reach_mentioned_type(reach, schema, mention);
	if (reach->evaluates >= SV_EVALUATES_INDEXES && !mention->is_operator)
		reach_relation(reach, get_relname_relid(mention->name, schema));
	if (reach->evaluates < SV_EVALUATES_ANYTHING)
		return;
	if (mention->is_operator)
	{
		reach_operators_of(reach, schema, mention->name);
		return;
	}
	reach_functions_of(reach, schema, mention->name);
	reach_operator_classes_of(reach, schema, mention->name);
}

static void
reach_statement(Reach *reach, const char *text)
{
	HASHCTL		control = {0};

	control.hcxt = CurrentMemoryContext;
	control.keysize = sizeof(ObjectAddress);
	control.entrysize = sizeof(ObjectAddress);
	reach->seen =
		hash_create("schemaver reach", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	foreach_ptr(const Mention, mention, sv_script_mentions(text))
		reach_mention(reach, mention);
	hash_destroy(reach->seen);
}

/*
 * Whose code a statement can run.  The text is that of the statement alone, its
 * names meant for a search_path of pg_catalog.
 */
ReachedCode
sv_reach(const Node *tree, const char *text)
{
	Reach		reach = {sv_evaluates(tree), sv_changes_rows(tree)};
	Reach		server = {SV_EVALUATES_ANYTHING, .by_server = true};
	ReachedCode result;

	if (reach.evaluates != SV_EVALUATES_NOTHING)
		reach_statement(&reach, text);
	if (sv_restricted_by_server(tree))
		reach_statement(&server, text);
	result.owners = reach.owners;
	result.expressions = reach.expressions;
	result.unconfined = list_concat_unique_oid(reach.unconfined, reach.readers);
	result.server_readers = server.readers;
	result.by_server = server.owners;
	result.server_expressions = list_concat_unique_oid(server.expressions, server.unconfined);
	result.looks_up = reach.looks_up || server.looks_up;
	return result;
}
