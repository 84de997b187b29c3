/*
 * demands.c
 *		What the statements of a script demand of the rows that are there now: values
 *		for columns that must not be null, rows that a constraint or another type accepts.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "base/base.h"
#include "catalog/pg_type.h"
#include "impact/impact_private.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

static void
add_demand(Reading *reading, Oid relation, const char *column, bool of_any_row, char *what)
{
	Demand	   *demand = palloc0(sizeof(Demand));

	demand->of = *sv_impact_taken(relation, 0, false);
	demand->of.column_name = column ? pstrdup(column) : NULL;
	demand->of_any_row = of_any_row;
	demand->what = what;
	reading->demands = lappend(reading->demands, demand);
}

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
		add_demand(reading, relation, column->colname, true,
				   psprintf("a value for column %s.%s, which must not be null",
							sv_relation_name(relation),
							quote_identifier(column->colname)));
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
			add_demand(reading, relation, NULL, false,
					   psprintf("no null in column %s.%s", table, quote_identifier(cmd->name)));
			break;
		case AT_AlterColumnType:
			add_demand(reading, relation, NULL, false,
					   psprintf("values of column %s.%s that the other type accepts", table,
								quote_identifier(cmd->name)));
			break;
		case AT_AddConstraint:
			if (!castNode(Constraint, cmd->def)->skip_validation &&
				castNode(Constraint, cmd->def)->conname != NULL)
				add_demand(reading, relation, NULL, false,
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
		add_demand(reading, relation, NULL, false,
				   psprintf("no equal rows of table %s by the unique index %s",
							sv_relation_name(relation),
							stmt->idxname ? quote_identifier(stmt->idxname) : ""));
}

/*
 * A table is made in the place of one that was renamed away: new columns of it
 * get no values from there.
 */
void
sv_demand_of_heir(Reading *reading, const CreateStmt *stmt)
{
	ListCell   *cell;
	ListCell   *column;

	foreach(cell, reading->aliases)
	{
		const NowNamed *alias = lfirst(cell);

		if (alias->former == NULL || strcmp(alias->former, stmt->relation->relname) != 0)
			continue;
		foreach(column, stmt->tableElts)
			demand_values(reading, alias->relation, lfirst(column));
	}
}
