/*
 * copy.c
 *		COPY ... FROM STDIN whose data stands in the script, as pg_dump writes it.
 *
 * SPI refuses COPY FROM STDIN, for it has no client to read from.  Here the
 * server's COPY reads from memory, with the checks that it makes for a client:
 * INSERT privilege on the columns, no row security, read-only transaction.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "base/compat.h"
#include "catalog/namespace.h"
#include "commands/copy.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "parser/parse_relation.h"
#include "parser/parser.h"
#include "run/run.h"
#include "tcop/utility.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"

/* What COPY reads next; the server's callback has no argument of its own. */
static const char *copy_data;
static int	copy_left;

static int
read_copy_data(void *buffer, int minread, int maxread)
{
	int			n = Min(copy_left, maxread);

	memcpy(buffer, copy_data, n);
	copy_data += n;
	copy_left -= n;
	return n;
}

/* Raise an error unless the current user may insert into these columns. */
static void
check_may_insert(ParseState *pstate, ParseNamespaceItem *nsitem, Relation rel, List *columns)
{
	List	   *attnums = CopyGetAttnums(RelationGetDescr(rel), rel, columns);
	Bitmapset  *inserted = NULL;
	ListCell   *cell;

	foreach(cell, attnums)
		inserted = bms_add_member(inserted, lfirst_int(cell) - FirstLowInvalidHeapAttributeNumber);
	sv_check_insert_permission(pstate, nsitem, inserted);
	if (check_enable_rls(RelationGetRelid(rel), InvalidOid, false) == RLS_ENABLED)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("COPY FROM not supported with row-level security"),
				 errhint("Use INSERT statements instead.")));
}

static CopyStmt *
parse_copy(const char *statement)
{
	List	   *parsed = raw_parser(statement, RAW_PARSE_DEFAULT);
	CopyStmt   *copy = castNode(CopyStmt, linitial_node(RawStmt, parsed)->stmt);
	ListCell   *cell;

	/* the data is in the server's encoding by now, whatever it was before */
	foreach(cell, copy->options)
	{
		DefElem    *option = lfirst(cell);

		if (strcmp(option->defname, "encoding") == 0)
			copy->options = foreach_delete_current(copy->options, cell);
	}
	copy->options = lappend(copy->options,
							makeDefElem("encoding",
										(Node *) makeString(pstrdup(GetDatabaseEncodingName())),
										-1));
	return copy;
}

/*
 * Execute a COPY ... FROM STDIN statement on "length" bytes of data.  Returns
 * the number of rows.
 */
uint64
sv_run_copy(const char *statement, const char *data, int length)
{
	CopyStmt   *copy = parse_copy(statement);
	ParseState *pstate = make_parsestate(NULL);
	ParseNamespaceItem *nsitem;
	CopyFromState state;
	Relation	rel;
	uint64		rows;

	pstate->p_sourcetext = statement;
	rel = table_openrv(copy->relation, RowExclusiveLock);
	nsitem = addRangeTableEntryForRelation(pstate, rel, RowExclusiveLock, NULL, false, false);
	check_may_insert(pstate, nsitem, rel, copy->attlist);
	if (!rel->rd_islocaltemp)
		PreventCommandIfReadOnly("COPY FROM");

	copy_data = data;
	copy_left = length;
	PushActiveSnapshot(GetTransactionSnapshot());
	state = BeginCopyFrom(pstate, rel, NULL, NULL, false, read_copy_data, copy->attlist,
						  copy->options);
	rows = CopyFrom(state);
	EndCopyFrom(state);
	PopActiveSnapshot();
	table_close(rel, NoLock);
	free_parsestate(pstate);
	CommandCounterIncrement();
	return rows;
}
