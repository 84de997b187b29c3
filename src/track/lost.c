/*
 * lost.c
 *		What a derived down cannot bring back.
 *
 * Rows and values of what it makes again, positions of sequences, and what the
 * step did that no statement on the schema undoes: changes of rows, also of
 * tables of extensions, large objects, roles and whatever else belongs to the whole
 * cluster.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "diff/diff.h"
#include "miscadmin.h"
#include "model/model.h"
#include "nodes/makefuncs.h"
#include "parser/parse_type.h"
#include "tcop/utility.h"
#include "track/track.h"
#include "track/track_private.h"
#include "utils/lsyscache.h"

/* ---------- noted while the step runs ---------- */

/* Add a string to a list unless it is there. */
List *
sv_track_once(List *strings, char *text)
{
	foreach_ptr(const char, string, strings)
	{
		if (strcmp(string, text) == 0)
			return strings;
	}
	return lappend(strings, text);
}

/* Is it a table of schemaver's own? */
bool
sv_track_is_own(Oid relation)
{
	Oid			extension = getExtensionOfObject(RelationRelationId, relation);

	return OidIsValid(extension) && extension == get_extension_oid("schemaver", true);
}

static bool
is_shared(ObjectType type)
{
	return type == OBJECT_ROLE || type == OBJECT_DATABASE || type == OBJECT_TABLESPACE ||
		type == OBJECT_PARAMETER_ACL;
}

/* Does a statement change what belongs to the whole cluster? */
static bool
changes_cluster(const Node *statement)
{
	switch (nodeTag(statement))
	{
		case T_CreateRoleStmt:
		case T_AlterRoleStmt:
		case T_AlterRoleSetStmt:
		case T_DropRoleStmt:
		case T_GrantRoleStmt:
		case T_AlterDatabaseStmt:
		case T_AlterDatabaseSetStmt:
			return true;
		case T_GrantStmt:
			return is_shared(((const GrantStmt *) statement)->objtype);
		case T_RenameStmt:
			return is_shared(((const RenameStmt *) statement)->renameType);
		case T_CommentStmt:
			return is_shared(((const CommentStmt *) statement)->objtype);
		case T_SecLabelStmt:
			return is_shared(((const SecLabelStmt *) statement)->objtype);
		case T_AlterOwnerStmt:
			return is_shared(((const AlterOwnerStmt *) statement)->objectType);
		default:
			return false;
	}
}

static bool
restarts(const AlterSeqStmt * stmt)
{
	foreach_ptr(const DefElem, option, stmt->options)
	{
		if (strcmp(option->defname, "restart") == 0)
			return true;
	}
	return false;
}

/* The object that GRANT or REVOKE names; objectId is invalid where there is none. */
static ObjectAddress
granted_object(ObjectType type, Node *name)
{
	ObjectAddress address = InvalidObjectAddress;
	Relation	relation = NULL;

	switch (type)
	{
		case OBJECT_TABLE:
		case OBJECT_SEQUENCE:
			ObjectAddressSet(address, RelationRelationId,
							 RangeVarGetRelid(castNode(RangeVar, name), NoLock, true));
			return address;
		case OBJECT_TYPE:
		case OBJECT_DOMAIN:
			name = (Node *) makeTypeNameFromNameList(castNode(List, name));
			break;
		case OBJECT_FUNCTION:
		case OBJECT_PROCEDURE:
		case OBJECT_ROUTINE:
		case OBJECT_SCHEMA:
		case OBJECT_LANGUAGE:
		case OBJECT_FDW:
		case OBJECT_FOREIGN_SERVER:
			break;
		default:
			return address;
	}
	return get_object_address(type, name, &relation, AccessShareLock, true);
}

/*
 * What a model does not hold of an object, so that its privileges do not come back; NULL: it
 * does.  The schema "public" comes with the system, and is the user's.
 */
static const char *
foreign_kind(const ObjectAddress *address)
{
	if (!OidIsValid(address->objectId))
		return NULL;
	if (OidIsValid(getExtensionOfObject(address->classId, address->objectId)))
		return "a member of an extension";
	if (address->objectId < FirstNormalObjectId &&
		!(address->classId == NamespaceRelationId && address->objectId == PG_PUBLIC_NAMESPACE))
		return "a part of the system";
	return NULL;
}

/* The first such object whose privileges change, as a new string; or NULL. */
static char *
granted_foreign(const GrantStmt *stmt)
{
	if (stmt->targtype != ACL_TARGET_OBJECT)
		return NULL;
	foreach_ptr(Node, object, stmt->objects)
	{
		ObjectAddress address = granted_object(stmt->objtype, object);

		const char *kind = foreign_kind(&address);

		if (kind != NULL)
			return psprintf("privileges on %s, %s", getObjectDescription(&address, false), kind);
	}
	return NULL;
}

/* What a statement does that a derived down does not undo, as a new string; NULL: nothing. */
char *
sv_statement_lasts(Node *statement)
{
	char	   *granted =
	IsA(statement, GrantStmt) ? granted_foreign((GrantStmt *) statement) : NULL;

	if (granted != NULL)
		return granted;
	if (changes_cluster(statement))
		return psprintf("%s, which concerns the whole cluster",
						GetCommandTagName(CreateCommandTag(statement)));
	if (IsA(statement, AlterSeqStmt) && restarts((AlterSeqStmt *) statement))
		return sv_lost_text(SV_LOST_POSITION, ((AlterSeqStmt *) statement)->sequence->relname);
	return NULL;
}

/* ---------- found in the comparison ---------- */

static List *
note_loss(List *lost, LostKind kind, const char *identity)
{
	return sv_track_once(lost, sv_lost_text(kind, identity));
}

/*
 * Is it re-created, as a new object?  A swapped one takes its rows over, and so do
 * its columns; but no rows come to a partitioned table that was a plain one.
 */
static bool
is_new_object(const Comparison *cmp, const Object *b)
{
	const Pair *pair = sv_pair(cmp, b);

	if (pair->swapped && sv_class_is(b, table))
		return sv_is(b, "partition_key") && !sv_is(pair->a, "partition_key");
	if (b->parent != NULL && sv_pair(cmp, b->parent)->swapped)
		return pair->kind == SV_PAIR_CREATE || pair->replaced;
	return pair->kind == SV_PAIR_CREATE ||
		(pair->kind == SV_PAIR_AGAIN && !pair->swapped && !pair->converted);
}

/* The rows of a partitioned table are those of its partitions, before and after. */
static bool
has_own_rows(const Comparison *cmp, const Object *b)
{
	return !sv_is(b, "partition_key") ||
		(sv_before(cmp, b) != NULL && !sv_is(sv_before(cmp, b), "partition_key"));
}

/* Has a column of a table values of the type, alone or inside of another type? */
static bool
type_is_stored(Oid type)
{
	DependScan	scan = sv_depend_begin(TypeRelationId, type, true, NULL);
	Form_pg_depend row;
	List	   *types = NIL;
	bool		stored = false;
	ListCell   *cell;

	check_stack_depth();
	while ((row = sv_depend_next(&scan)) != NULL)
	{
		char		kind =
		row->classid == RelationRelationId ? get_rel_relkind(row->objid) : '\0';

		if (kind == RELKIND_RELATION || kind == RELKIND_PARTITIONED_TABLE ||
			kind == RELKIND_MATVIEW)
			stored = true;
		else if (kind == RELKIND_COMPOSITE_TYPE && row->objsubid != 0)
			types = lappend_oid(types, get_rel_type_id(row->objid));
		else if (row->classid == TypeRelationId)
			types = lappend_oid(types, row->objid);
	}
	foreach(cell, types)
		stored = stored || type_is_stored(lfirst_oid(cell));
	return stored;
}

/* An attribute that comes back, where values of its type are in tables. */
static List *
note_attribute(const Comparison *cmp, List *lost, const Object *b)
{
	const Object *before = sv_before(cmp, b->parent);

	if (is_new_object(cmp, b->parent) || !is_new_object(cmp, b) || before == NULL ||
		!type_is_stored(before->address.objectId))
		return lost;
	return note_loss(lost, SV_LOST_ATTRIBUTE, b->identity);
}

static List *
note_column(const Comparison *cmp, List *lost, const Object *b)
{
	if (is_new_object(cmp, b->parent))
		return lost;
	if (is_new_object(cmp, b))
		return sv_is(b, "generated") ? lost : note_loss(lost, SV_LOST_VALUES, b->identity);
	if (sv_before(cmp, b) != NULL && !sv_same(sv_before(cmp, b), b, "type"))
		return note_loss(lost, SV_LOST_FORMER_VALUES, b->identity);
	return lost;
}

/* The sequence of an identity column whose table stays. */
static List *
note_identity(const Comparison *cmp, List *lost, const Object *column)
{
	const Object *sequence = sv_sequence_of_identity(column);

	if (!sv_is(column, "identity") || is_new_object(cmp, column->parent) ||
		(sv_before(cmp, column) != NULL && sv_is(sv_before(cmp, column), "identity") &&
		 !is_new_object(cmp, column) &&
		 !(sequence != NULL && sv_pair(cmp, sequence)->replaced)))
		return lost;
	return note_loss(lost, SV_LOST_POSITION, sv_identity_sequence(column));
}

/* What statements drop that comes back: DROP says so itself. */
static List *
note_dropped_rows(const Comparison *cmp, List *lost)
{
	foreach_ptr(const DiffRow, row, cmp->rows)
	{
		const ModelClass *class = sv_object_class(row->kind);
		const Object *b = class ? sv_model_find(cmp->to, class, row->identity) : NULL;

		if (row->sql == NULL || !(row->hazards & SV_HAZARD_DATA_LOSS) || b == NULL)
			continue;
		if (sv_class_is(b, table) && !sv_pair(cmp, b)->swapped && has_own_rows(cmp, b))
			lost = note_loss(lost, SV_LOST_ROWS, b->identity);
		else if (sv_class_is(b, column) && !sv_class_is(b->parent, composite) &&
				 !sv_pair(cmp, b->parent)->swapped && !is_new_object(cmp, b->parent))
			lost = note_loss(lost, SV_LOST_VALUES, b->identity);
	}
	return lost;
}

/*
 * What the way back, a comparison of the schema after the step with that before it, does
 * not bring back: a list of strings.
 */
List *
sv_derived_lost(const Comparison *cmp, const List *undone)
{
	List	   *lost = NIL;

	foreach_ptr(char, string, undone)
		lost = sv_track_once(lost, string);

	foreach_ptr(const Object, b, cmp->to->objects)
	{
		if (b->context)
			continue;
		if (sv_class_is(b, table) && is_new_object(cmp, b) && has_own_rows(cmp, b))
			lost = note_loss(lost, SV_LOST_ROWS, b->identity);
		else if (sv_class_is(b, sequence) && is_new_object(cmp, b))
			lost = note_loss(lost, SV_LOST_POSITION, b->identity);
		else if (sv_class_is(b, column) && sv_class_is(b->parent, table))
			lost = note_identity(cmp, note_column(cmp, lost, b), b);
		else if (sv_class_is(b, column) && sv_class_is(b->parent, composite))
			lost = note_attribute(cmp, lost, b);
	}
	return note_dropped_rows(cmp, lost);
}
