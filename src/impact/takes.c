/*
 * takes.c
 *		What the statements of a script would take away from what is there now,
 *		and what they demand of it, as far as their text tells.
 *
 * Names are followed through renames.  A table that takes the place of one that
 * was renamed away is not that one's loss, only the columns that it lacks are.
 * What a DO block, a function or an event trigger does cannot be read: that
 * guard.c sees while it happens.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "base/base.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "impact/impact_private.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "nodes/value.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* ---------- names ---------- */

static const NowNamed *
find_alias(const Reading *reading, const char *schema, const char *name)
{
	for (int i = list_length(reading->aliases) - 1; i >= 0; i--)
	{
		const NowNamed *alias = list_nth(reading->aliases, i);

		if (strcmp(alias->name, name) == 0 &&
			(schema == NULL || alias->schema == NULL || strcmp(alias->schema, schema) == 0))
			return alias;
	}
	return NULL;
}

/* Without an error where the caller may not look into the schema. */
static Oid
find_now(const char *schema, const char *name)
{
	Oid			namespace;

	if (schema == NULL)
		return RelnameGetRelid(name);
	namespace = get_namespace_oid(schema, true);
	return OidIsValid(namespace) ? get_relname_relid(name, namespace) : InvalidOid;
}

/* The relation of now that the name means at this place of the script; or InvalidOid. */
Oid
sv_impact_relation(const Reading *reading, const RangeVar *name)
{
	const NowNamed *alias = find_alias(reading, name->schemaname, name->relname);

	return alias ? alias->relation : find_now(name->schemaname, name->relname);
}

static AttrNumber
column_now(const Reading *reading, Oid relation, const char *name)
{
	for (int i = list_length(reading->columns) - 1; i >= 0; i--)
	{
		const NowColumn *alias = list_nth(reading->columns, i);

		if (alias->relation == relation && strcmp(alias->name, name) == 0)
			return alias->column;
	}
	return get_attnum(relation, name);
}

static void
add_alias(Reading *reading, const char *schema, const char *name, Oid relation, const char *former,
		  const CreateStmt *created)
{
	NowNamed   *alias = palloc(sizeof(NowNamed));

	alias->schema = schema;
	alias->name = name;
	alias->relation = relation;
	alias->former = former;
	alias->created = created;
	reading->aliases = lappend(reading->aliases, alias);
}

static void
read_rename(Reading *reading, const RenameStmt *stmt)
{
	Oid			relation = stmt->relation ? sv_impact_relation(reading, stmt->relation) :
	InvalidOid;

	if (!OidIsValid(relation))
		return;
	if (stmt->renameType == OBJECT_TABLE)
	{
		add_alias(reading, stmt->relation->schemaname, stmt->relation->relname, InvalidOid, NULL,
				  NULL);
		add_alias(reading, stmt->relation->schemaname, stmt->newname, relation,
				  stmt->relation->relname, NULL);
	}
	else if (stmt->renameType == OBJECT_COLUMN && stmt->relationType == OBJECT_TABLE)
	{
		NowColumn  *alias = palloc(sizeof(NowColumn));

		alias->relation = relation;
		alias->name = stmt->newname;
		alias->column = column_now(reading, relation, stmt->subname);
		reading->columns = lappend(reading->columns, alias);
		alias = palloc(sizeof(NowColumn));
		alias->relation = relation;
		alias->name = stmt->subname;
		alias->column = InvalidAttrNumber;
		reading->columns = lappend(reading->columns, alias);
	}
}

static void
read_move(Reading *reading, const AlterObjectSchemaStmt *stmt)
{
	Oid			relation = stmt->objectType == OBJECT_TABLE ?
	sv_impact_relation(reading, stmt->relation) : InvalidOid;

	if (!OidIsValid(relation))
		return;
	add_alias(reading, stmt->relation->schemaname, stmt->relation->relname, InvalidOid, NULL, NULL);
	add_alias(reading, stmt->newschema, stmt->relation->relname, relation, NULL, NULL);
}

/* ---------- what goes ---------- */

/* The name of a column; NULL if it was dropped. */
char *
sv_impact_column(Oid relation, AttrNumber column)
{
	char	   *name = get_attname(relation, column, true);

	return name != NULL && get_attnum(relation, name) == column ? name : NULL;
}

/* A new Taken; the names are those of now. */
Taken *
sv_impact_taken(Oid relation, AttrNumber column, bool drops)
{
	Taken	   *taken = palloc0(sizeof(Taken));

	taken->relation = relation;
	taken->column = column;
	taken->drops = drops;
	taken->schema = get_namespace_name(get_rel_namespace(relation));
	taken->table = get_rel_name(relation);
	taken->column_name = column ? sv_impact_column(relation, column) : NULL;
	return taken;
}

/* Does that go with one on the list? */
static bool
is_taken_already(const List *list, Oid relation, AttrNumber column)
{
	foreach_ptr(const Taken, other, list)
	{
		if (other->relation == relation && (other->column == 0 || other->column == column))
			return true;
	}
	return false;
}

static void
add_taken(Reading *reading, Oid relation, AttrNumber column, bool drops)
{
	char		relkind = OidIsValid(relation) ? get_rel_relkind(relation) : '\0';
	Taken	   *taken;

	if ((relkind != RELKIND_RELATION && relkind != RELKIND_PARTITIONED_TABLE) ||
		get_rel_persistence(relation) == RELPERSISTENCE_TEMP)
		return;
	if (column != 0 &&
		(sv_impact_column(relation, column) == NULL || get_attgenerated(relation, column) != '\0'))
		return;
	if (is_taken_already(reading->earlier, relation, column) ||
		is_taken_already(reading->taken, relation, column))
		return;
	taken = sv_impact_taken(relation, column, drops);
	taken->apart = list_copy(reading->apart);
	reading->taken = lappend(reading->taken, taken);
}

/* The number of columns that a relation ever had. */
AttrNumber
sv_impact_columns(Oid relation)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	AttrNumber	n = HeapTupleIsValid(tuple) ? ((Form_pg_class) GETSTRUCT(tuple))->relnatts : 0;

	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	return n;
}

static bool
makes_column(const CreateStmt *stmt, const char *name)
{
	foreach_ptr(const ColumnDef, column, stmt->tableElts)
	{
		if (IsA(column, ColumnDef) && strcmp(column->colname, name) == 0)
			return true;
	}
	return false;
}

static const Carried *
find_carried(const Reading *reading, Oid relation)
{
	ListCell   *cell;

	foreach(cell, reading->carried)
	{
		if (((const Carried *) lfirst(cell))->relation == relation)
			return lfirst(cell);
	}
	return NULL;
}

/*
 * The old table of one that was made under its former name goes: the columns
 * that no INSERT took over from it are lost; where none did that can be read, those
 * that the new one lacks.
 */
static void
add_replaced(Reading *reading, Oid relation, const CreateStmt *by)
{
	AttrNumber	n = sv_impact_columns(relation);
	const Carried *carried = find_carried(reading, relation);

	for (AttrNumber column = 1; column <= n; column++)
	{
		const char *name = sv_impact_column(relation, column);

		if (name != NULL && !(carried == NULL ? makes_column(by, name) : carried->all ||
							  list_member_int(carried->columns, column)))
			add_taken(reading, relation, column, true);
	}
}

typedef struct CarryWalk
{
	const Reading *reading;
	Carried    *carried;
} CarryWalk;

static bool
note_carried(Node *node, void *arg)
{
	CarryWalk  *walk = arg;

	if (node == NULL)
		return false;
	if (IsA(node, ColumnRef))
	{
		Node	   *last = llast(((ColumnRef *) node)->fields);

		if (IsA(last, A_Star))
			walk->carried->all = true;
		else
			walk->carried->columns =
				lappend_int(walk->carried->columns,
							column_now(walk->reading, walk->carried->relation, strVal(last)));
		return false;
	}
	return raw_expression_tree_walker(node, note_carried, arg);
}

/* What an INSERT ... SELECT takes over from a table; from several it is not told apart. */
static void
read_insert(Reading *reading, const InsertStmt *stmt)
{
	const SelectStmt *select = (const SelectStmt *) stmt->selectStmt;
	ListCell   *cell;

	if (select == NULL || !IsA(select, SelectStmt))
		return;
	foreach(cell, select->fromClause)
	{
		CarryWalk	walk = {reading, palloc0(sizeof(Carried))};

		if (!IsA(lfirst(cell), RangeVar))
			continue;
		walk.carried->relation = sv_impact_relation(reading, lfirst(cell));
		walk.carried->all = list_length(select->fromClause) > 1;
		note_carried((Node *) select->targetList, &walk);
		reading->carried = lappend(reading->carried, walk.carried);
	}
}

static void
take_dropped_table(Reading *reading, const RangeVar *name)
{
	const NowNamed *alias = find_alias(reading, name->schemaname, name->relname);
	const NowNamed *heir = alias &&
	alias->former ? find_alias(reading, name->schemaname, alias->former) : NULL;
	Oid			relation = sv_impact_relation(reading, name);

	if (!OidIsValid(relation))
		return;
	if (heir != NULL && heir->created != NULL &&
		(find_carried(reading, relation) != NULL || (heir->created->ofTypename == NULL &&
													 heir->created->inhRelations == NIL)))
		add_replaced(reading, relation, heir->created);
	else
		add_taken(reading, relation, 0, true);
}

/* All that depends on an object and is a table or a column goes with it. */
static void
drop_dependents(Reading *reading, Oid catalog, Oid oid)
{
	DependScan	scan = sv_depend_begin(catalog, oid, true, NULL);
	Form_pg_depend row;
	List	   *relations = NIL;
	List	   *columns = NIL;
	ListCell   *cell;
	ListCell   *column;

	while ((row = sv_depend_next(&scan)) != NULL)
	{
		if (row->classid != RelationRelationId)
			continue;
		relations = lappend_oid(relations, row->objid);
		columns = lappend_int(columns, row->objsubid);
	}
	forboth(cell, relations, column, columns)
		add_taken(reading, lfirst_oid(cell), lfirst_int(column), true);
}

static void
drop_type(Reading *reading, const TypeName * name)
{
	Type		tuple = LookupTypeName(NULL, name, NULL, true);
	Oid			type;
	Oid			array;

	if (tuple == NULL)
		return;
	type = typeTypeId(tuple);
	ReleaseSysCache(tuple);
	array = get_array_type(type);
	drop_dependents(reading, TypeRelationId, type);
	if (OidIsValid(array))
		drop_dependents(reading, TypeRelationId, array);
}

static void
drop_object(Reading *reading, const DropStmt *stmt, Node *name)
{
	bool		cascade = stmt->behavior == DROP_CASCADE;
	Oid			oid;

	if (stmt->removeType == OBJECT_TABLE)
		take_dropped_table(reading, makeRangeVarFromNameList((List *) name));
	else if (stmt->removeType == OBJECT_SCHEMA && cascade)
	{
		oid = get_namespace_oid(strVal(name), true);
		if (OidIsValid(oid))
			drop_dependents(reading, NamespaceRelationId, oid);
	}
	else if (stmt->removeType == OBJECT_EXTENSION)
	{
		oid = get_extension_oid(strVal(name), true);
		if (OidIsValid(oid))
			drop_dependents(reading, ExtensionRelationId, oid);
	}
	else if ((stmt->removeType == OBJECT_TYPE || stmt->removeType == OBJECT_DOMAIN) && cascade)
		drop_type(reading, castNode(TypeName, name));
}

/* ---------- statements ---------- */

/* A partition or child that leaves its parent does not go with it. */
static void
read_parting(Reading *reading, Oid relation, const AlterTableCmd *cmd)
{
	Oid			leaves = InvalidOid;

	if (cmd->subtype == AT_DetachPartition)
		leaves = sv_impact_relation(reading, castNode(PartitionCmd, cmd->def)->name);
	else if (cmd->subtype == AT_DropInherit)
		leaves = relation;
	if (OidIsValid(leaves))
		reading->apart = lappend_oid(reading->apart, leaves);
}

static void
read_alter(Reading *reading, const AlterTableStmt *stmt)
{
	bool		table = stmt->objtype == OBJECT_TABLE;
	Oid			relation = table ? sv_impact_relation(reading, stmt->relation) : InvalidOid;
	ListCell   *cell;

	if (!OidIsValid(relation))
		return;
	foreach(cell, stmt->cmds)
		sv_demand_of_command(reading, relation, lfirst_node(AlterTableCmd, cell));
	foreach(cell, stmt->cmds)
	{
		const AlterTableCmd *cmd = lfirst_node(AlterTableCmd, cell);
		AttrNumber	column = cmd->subtype == AT_DropColumn ?
		column_now(reading, relation, cmd->name) : InvalidAttrNumber;

		read_parting(reading, relation, cmd);
		if (column != InvalidAttrNumber)
			add_taken(reading, relation, column, true);
	}
}

static void
read_statement(Reading *reading, Node *statement)
{
	switch (nodeTag(statement))
	{
		case T_DropStmt:
			foreach_ptr(Node, object, ((DropStmt *) statement)->objects)
				drop_object(reading, (DropStmt *) statement, object);
			break;
		case T_AlterTableStmt:
			read_alter(reading, (AlterTableStmt *) statement);
			break;
		case T_RenameStmt:
			read_rename(reading, (RenameStmt *) statement);
			break;
		case T_AlterObjectSchemaStmt:
			read_move(reading, (AlterObjectSchemaStmt *) statement);
			break;
		case T_IndexStmt:
			sv_demand_unique(reading, (IndexStmt *) statement);
			break;
		case T_CreateStmt:
			sv_demand_of_heir(reading, (CreateStmt *) statement);
			add_alias(reading, ((CreateStmt *) statement)->relation->schemaname,
					  ((CreateStmt *) statement)->relation->relname, InvalidOid, NULL,
					  (CreateStmt *) statement);
			break;
		case T_CreateDomainStmt:
			reading->domains = lappend(reading->domains, statement);
			break;
		case T_CreateEnumStmt:
			reading->enums = lappend(reading->enums, statement);
			break;
		case T_AlterEnumStmt:
			reading->values = lappend(reading->values, statement);
			break;
		case T_InsertStmt:
			read_insert(reading, (InsertStmt *) statement);
			break;
		case T_TruncateStmt:
			foreach_ptr(const RangeVar, relation, ((TruncateStmt *) statement)->relations)
				add_taken(reading, sv_impact_relation(reading, relation), 0, false);
			break;
		case T_DeleteStmt:
			add_taken(reading, sv_impact_relation(reading, ((DeleteStmt *) statement)->relation), 0,
					  false);
			break;
		default:
			break;
	}
}

static void
read_takes_of_script(Reading *reading, const Script *script, int from)
{
	for (int i = from; i < script->n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		read_statement(reading, sv_statement_tree(script, i));
	}
}

/*
 * What the script would take away beside what others take before it, a list of
 * Taken in the order of its statements.
 */
List *
sv_impact_takes(const Script *script, const List *earlier)
{
	Reading		reading = {.earlier = earlier};

	read_takes_of_script(&reading, script, 0);
	return reading.taken;
}

/*
 * What the script, or the rest of it from that statement on, demands of the rows of
 * tables that are there now, a list of Demand: values for columns that must not be null,
 * rows that a constraint or another type accepts.
 */
List *
sv_impact_demands(const Script *script, int from)
{
	Reading		reading = {NIL};

	read_takes_of_script(&reading, script, from);
	return reading.demands;
}

/* ---------- what it is ---------- */

/* "table s.t" or "column s.t.c". */
char *
sv_impact_name(const Taken *taken)
{
	char	   *table = quote_qualified_identifier(taken->schema, taken->table);

	return taken->column_name ?
		psprintf("column %s.%s", table, quote_identifier(taken->column_name)) :
		psprintf("table %s", table);
}

/* Rows and pages of a relation, as pg_class has them. */
static void
add_estimate(Oid relation, double *rows, bool *known, int64 *pages)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	Form_pg_class class;

	if (!HeapTupleIsValid(tuple))
		return;
	class = (Form_pg_class) GETSTRUCT(tuple);
	if (class->relkind == RELKIND_RELATION)
	{
		*known &= class->reltuples >= 0;
		*rows += Max(class->reltuples, 0);
		*pages += class->relpages;
	}
	ReleaseSysCache(tuple);
}

/*
 * The name with the figures of pg_class, which anybody may read: "table s.t (about
 * 12 rows, 8192 bytes)".
 */
char *
sv_impact_figures(const Taken *taken)
{
	double		rows = 0;
	bool		known = true;
	int64		pages = 0;
	Datum		size;
	ListCell   *cell;

	foreach(cell, sv_impact_members(taken, NoLock))
		add_estimate(lfirst_oid(cell), &rows, &known, &pages);
	if (!known)
		return psprintf("%s (rows not counted yet)", sv_impact_name(taken));
	size = DirectFunctionCall1(pg_size_pretty, Int64GetDatum(pages * BLCKSZ));
	return psprintf("%s%s (about %.0f %s, %s)", taken->drops ? "" : "rows of ",
					sv_impact_name(taken), rows, rows == 1 ? "row" : "rows",
					TextDatumGetCString(size));
}
