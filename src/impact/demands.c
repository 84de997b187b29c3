/*
 * demands.c
 *		What the statements of a script demand of the rows that are there now: values
 *		for columns that must not be null, rows that a constraint or another type accepts.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "base/base.h"
#include "catalog/pg_class.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "impact/impact_private.h"
#include "nodes/makefuncs.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

static Demand *
add_demand(Reading *reading, Oid relation, DemandKind kind, AttrNumber column, char *what)
{
	Demand	   *demand = palloc0(sizeof(Demand));

	demand->of = *sv_impact_taken(relation, 0, false);
	demand->kind = kind;
	demand->column = column;
	demand->what = what;
	reading->demands = lappend(reading->demands, demand);
	return demand;
}

/* ---------- enums ---------- */

/* The enum that the script has made under that name; NULL: none. */
static const CreateEnumStmt *
made_enum(const Reading *reading, const TypeName * name)
{
	for (int i = list_length(reading->enums) - 1; i >= 0; i--)
	{
		if (equal(((CreateEnumStmt *) list_nth(reading->enums, i))->typeName, name->names))
			return list_nth(reading->enums, i);
	}
	return NULL;
}

/* The enum that a type has values of, alone or in arrays, or InvalidOid. */
static Oid
enum_of_type(Oid type)
{
	Oid			base = OidIsValid(type) ? getBaseType(type) : InvalidOid;
	Oid			element = OidIsValid(base) ? get_element_type(base) : InvalidOid;

	if (OidIsValid(element))
		base = getBaseType(element);
	return OidIsValid(base) && get_typtype(base) == TYPTYPE_ENUM ? base : InvalidOid;
}

/* The name that the script has given to a value of an enum. */
static char *
label_after(const Reading *reading, Oid type, char *label)
{
	foreach_ptr(const AlterEnumStmt, stmt, reading->values)
	{
		if (stmt->oldVal != NULL && strcmp(stmt->oldVal, label) == 0 &&
			LookupTypeNameOid(NULL, makeTypeNameFromNameList(stmt->typeName), true) == type)
			label = stmt->newVal;
	}
	return label;
}

/* The values (String) of an enum that is there, with those that the script gives it. */
static List *
values_of_now(const Reading *reading, Oid type)
{
	CatCList   *labels = SearchSysCacheList1(ENUMTYPOIDNAME, ObjectIdGetDatum(type));
	List	   *values = NIL;

	for (int i = 0; i < labels->n_members; i++)
	{
		Form_pg_enum label = (Form_pg_enum) GETSTRUCT(&labels->members[i]->tuple);

		values = lappend(values, makeString(label_after(reading, type,
														pstrdup(NameStr(label->enumlabel)))));
	}
	ReleaseSysCacheList(labels);
	foreach_ptr(const AlterEnumStmt, stmt, reading->values)
	{
		if (stmt->oldVal == NULL &&
			LookupTypeNameOid(NULL, makeTypeNameFromNameList(stmt->typeName), true) == type)
			values = lappend(values, makeString(stmt->newVal));
	}
	return values;
}

/*
 * The values (String) of the enum that a column of "type" becomes: one that the script
 * has made, or another one that is there.  NIL: it is no enum, or the same one.
 */
static List *
values_of_other(const Reading *reading, Oid type, const TypeName * name)
{
	const CreateEnumStmt *made = made_enum(reading, name);
	Oid			other;

	if (made != NULL)
		return made->vals;
	other = enum_of_type(LookupTypeNameOid(NULL, name, true));
	return OidIsValid(other) && other != type ? values_of_now(reading, other) : NIL;
}

/* The values of an enum that are not among the others, as OIDs; "names" gets them, quoted. */
static List *
missing_labels(const Reading *reading, Oid type, const List *others, StringInfo names)
{
	CatCList   *labels = SearchSysCacheList1(ENUMTYPOIDNAME, ObjectIdGetDatum(type));
	List	   *missing = NIL;

	for (int i = 0; i < labels->n_members; i++)
	{
		Form_pg_enum label = (Form_pg_enum) GETSTRUCT(&labels->members[i]->tuple);
		const char *after = label_after(reading, type, NameStr(label->enumlabel));
		bool		stays = false;
		ListCell   *cell;

		foreach(cell, others)
			stays |= strcmp(strVal(lfirst(cell)), after) == 0;
		if (stays)
			continue;
		missing = lappend_oid(missing, label->oid);
		appendStringInfo(names, "%s%s", names->len ? ", " : "",
						 quote_literal_cstr(NameStr(label->enumlabel)));
	}
	ReleaseSysCacheList(labels);
	return missing;
}

/* Is it only the text of the column that is read as the other type? */
static bool
converts_text(const Node *expression)
{
	const		TypeCast *outer = (const TypeCast *) expression;

	return expression == NULL ||
		(IsA(outer, TypeCast) && IsA(outer->arg, TypeCast) &&
		 IsA(((const TypeCast *) outer->arg)->arg, ColumnRef));
}

/*
 * A column of an enum gets another enum: no row may have a value that this one lacks.
 * False: it is not so.
 */
static bool
demand_labels(Reading *reading, Oid relation, AttrNumber column, const TypeName * name)
{
	Oid			type = name ? enum_of_type(get_atttype(relation, column)) : InvalidOid;
	List	   *others = OidIsValid(type) ? values_of_other(reading, type, name) : NIL;
	StringInfoData names;
	List	   *labels;

	if (others == NIL || get_attgenerated(relation, column) != '\0')
		return false;
	initStringInfo(&names);
	labels = missing_labels(reading, type, others, &names);
	if (labels != NIL)
		add_demand(reading, relation, SV_DEMAND_LABELS, column,
				   psprintf("no value %s in column %s.%s", names.data, sv_relation_name(relation),
							quote_identifier(sv_impact_column(relation, column))))->labels = labels;
	return true;
}

/* ---------- columns that must not be null ---------- */

/* Which of the first "n" domains that the script has made has that name?  -1: none. */
static int
made_domain(const Reading *reading, int n, const TypeName * name)
{
	while (--n >= 0)
		if (equal(((CreateDomainStmt *) list_nth(reading->domains, n))->domainname, name->names))
			break;
	return name->arrayBounds == NIL ? n : -1;
}

/* Does the type, or a domain that it is made of, refuse null?  Not where it has a default. */
static bool
domain_of_now_refuses_null(const TypeName * name)
{
	Type		tuple = LookupTypeName(NULL, name, NULL, true);
	bool		not_null = false;
	bool		has_default = false;

	while (tuple != NULL)
	{
		Form_pg_type type = (Form_pg_type) GETSTRUCT(tuple);
		Oid			base = type->typtype == TYPTYPE_DOMAIN ? type->typbasetype : InvalidOid;

		not_null |= type->typnotnull;
		has_default |= OidIsValid(base) && !heap_attisnull(tuple, Anum_pg_type_typdefault, NULL);
		ReleaseSysCache(tuple);
		tuple = OidIsValid(base) ? SearchSysCache1(TYPEOID, ObjectIdGetDatum(base)) : NULL;
	}
	return not_null && !has_default;
}

/*
 * Does the type refuse null, which a new column of it would have?  A domain with a default
 * gives that to the column.
 */
static bool
type_refuses_null(const Reading *reading, const TypeName * name)
{
	int			made = made_domain(reading, list_length(reading->domains), name);
	bool		not_null = false;
	ListCell   *cell;

	for (; made >= 0; made = made_domain(reading, made, name))
	{
		const CreateDomainStmt *domain = list_nth(reading->domains, made);

		foreach(cell, domain->constraints)
		{
			const Constraint *constraint = lfirst_node(Constraint, cell);

			if (constraint->contype == CONSTR_DEFAULT)
				return false;
			not_null |= constraint->contype == CONSTR_NOTNULL;
		}
		name = domain->typeName;
	}
	return not_null || domain_of_now_refuses_null(name);
}

/* Must a new column have a value that nothing gives it? */
static bool
wants_value(const Reading *reading, const ColumnDef *column)
{
	bool		not_null = column->is_not_null;
	ListCell   *cell;

	foreach(cell, column->constraints)
	{
		const Constraint *constraint = lfirst_node(Constraint, cell);

		not_null |= constraint->contype == CONSTR_NOTNULL || constraint->contype == CONSTR_PRIMARY;
		if (constraint->contype == CONSTR_DEFAULT || constraint->contype == CONSTR_IDENTITY ||
			constraint->contype == CONSTR_GENERATED)
			return false;
	}
	return not_null || (column->typeName != NULL && type_refuses_null(reading, column->typeName));
}

static void
demand_values(Reading *reading, Oid relation, const ColumnDef *column)
{
	if (IsA(column, ColumnDef) && wants_value(reading, column) &&
		get_attnum(relation, column->colname) == InvalidAttrNumber)
		add_demand(reading, relation, SV_DEMAND_VALUE, 0,
				   psprintf("a value for column %s.%s, which must not be null",
							sv_relation_name(relation),
							quote_identifier(column->colname)))->of.column_name =
			pstrdup(column->colname);
}

/* ---------- statements ---------- */

static void
demand_of_type(Reading *reading, Oid relation, const AlterTableCmd *cmd)
{
	const ColumnDef *def = castNode(ColumnDef, cmd->def);
	AttrNumber	column = get_attnum(relation, cmd->name);

	if (column > 0 && converts_text(def->raw_default) &&
		demand_labels(reading, relation, column, def->typeName))
		return;
	add_demand(reading, relation, SV_DEMAND_OTHER, 0,
			   psprintf("values of column %s.%s that the other type accepts",
						sv_relation_name(relation), quote_identifier(cmd->name)));
}

/* What a command of ALTER TABLE demands of the rows of the relation. */
void
sv_demand_of_command(Reading *reading, Oid relation, const AlterTableCmd *cmd)
{
	char	   *table = sv_relation_name(relation);

	switch (cmd->subtype)
	{
		case AT_AddColumn:
			demand_values(reading, relation, (const ColumnDef *) cmd->def);
			break;
		case AT_SetNotNull:
			add_demand(reading, relation, SV_DEMAND_NOT_NULL, get_attnum(relation, cmd->name),
					   psprintf("no null in column %s.%s", table, quote_identifier(cmd->name)));
			break;
		case AT_AlterColumnType:
			demand_of_type(reading, relation, cmd);
			break;
		case AT_AddConstraint:
			if (!castNode(Constraint, cmd->def)->skip_validation &&
				castNode(Constraint, cmd->def)->conname != NULL)
				add_demand(reading, relation, SV_DEMAND_OTHER, 0,
						   psprintf("rows of table %s that satisfy constraint %s", table,
									quote_identifier(castNode(Constraint, cmd->def)->conname)));
			break;
		default:
			break;
	}
}

/* A unique index demands rows that differ. */
void
sv_demand_unique(Reading *reading, const IndexStmt *stmt)
{
	Oid			relation = stmt->unique ? sv_impact_relation(reading, stmt->relation) : InvalidOid;

	if (OidIsValid(relation))
		add_demand(reading, relation, SV_DEMAND_OTHER, 0,
				   psprintf("no equal rows of table %s by the unique index %s",
							sv_relation_name(relation),
							stmt->idxname ? quote_identifier(stmt->idxname) : ""));
}

/* A column of the table that takes the place of another one with rows of its own. */
static void
demand_of_inherited(Reading *reading, Oid relation, const ColumnDef *column)
{
	AttrNumber	now = IsA(column, ColumnDef) ? get_attnum(relation, column->colname) :
	InvalidAttrNumber;

	demand_values(reading, relation, column);
	if (now > 0 && get_rel_relkind(relation) == RELKIND_RELATION)
		demand_labels(reading, relation, now, column->typeName);
}

/*
 * A table is made in the place of one that was renamed away: new columns of it
 * get no values from there, the others those of the old one.
 */
void
sv_demand_of_heir(Reading *reading, const CreateStmt *stmt)
{
	foreach_ptr(const NowNamed, alias, reading->aliases)
	{
		if (alias->former == NULL || strcmp(alias->former, stmt->relation->relname) != 0)
			continue;
		foreach_ptr(const ColumnDef, column, stmt->tableElts)
			demand_of_inherited(reading, alias->relation, column);
	}
}
