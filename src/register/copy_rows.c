/*
 * copy_rows.c
 *		Managed rows that are given as CSV or as the data of COPY.
 *
 * The server's own reader of COPY takes the text apart.  It wants a relation, of
 * which it uses nothing here; a catalog will do.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_class.h"
#include "commands/copy.h"
#include "commands/defrem.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "parser/parse_node.h"
#include "nodes/value.h"
#include "register/register.h"

/* What the server's reader is fed with, for it hands nothing to its source. */
typedef struct CopyText
{
	const char *text;
	int			left;
	int			record;			/* being read */
	const char *name;			/* of the definition, for messages */
} CopyText;

static CopyText source;

static int
give_bytes(void *out, int least, int most)
{
	int			n = Min(source.left, most);

	memcpy(out, source.text, n);
	source.text += n;
	source.left -= n;
	return n;
}

static void
add_record_context(void *arg)
{
	errcontext("managed rows of table \"%s\", record %d", source.name, source.record);
}

static CopyFromState
begin_copy(Relation catalog, bool csv)
{
	ParseState *pstate = make_parsestate(NULL);
	char	   *encoding = pstrdup(GetDatabaseEncodingName());
	List	   *options = list_make1(makeDefElem("encoding", (Node *) makeString(encoding), -1));

	if (csv)
		options = lappend(options, makeDefElem("format", (Node *) makeString("csv"), -1));
	return BeginCopyFrom(pstate, catalog, NULL, NULL, false, give_bytes,
						 list_make1(makeString("relname")), options);
}

static RowValue *
string_value(const char *field)
{
	RowValue   *value = palloc0(sizeof(RowValue));

	value->kind = field != NULL ? SV_VALUE_STRING : SV_VALUE_NULL;
	value->text = field != NULL ? pstrdup(field) : NULL;
	return value;
}

/* The first record names the columns. */
static void
take_header(ManagedRows *rows, char **fields, int n)
{
	for (int i = 0; i < n; i++)
	{
		if (fields[i] == NULL || *fields[i] == '\0')
			ereport(ERROR,
					(errcode(ERRCODE_SV_INVALID_SCRIPT),
					 errmsg("a column of the managed rows has no name"),
					 errdetail("It is number %d of the first record.", i + 1),
					 errhint("The first record must be the names of the columns, or they must be given with columns => '{...}'.")));
		rows->columns = lappend(rows->columns, pstrdup(fields[i]));
	}
}

static void
take_record(ManagedRows *rows, char **fields, int n)
{
	List	   *row = NIL;

	if (n != list_length(rows->columns))
		ereport(ERROR,
				(errcode(ERRCODE_SV_INVALID_SCRIPT),
				 errmsg("a managed row has %d values, but there are %d columns", n,
						list_length(rows->columns))));
	for (int i = 0; i < n; i++)
		row = lappend(row, string_value(fields[i]));
	rows->rows = lappend(rows->rows, row);
}

/* Read CSV or text of COPY; the first record names the columns if nothing else does. */
void
sv_register_copy_rows(ManagedRows *rows, const char *text, bool csv)
{
	Relation	catalog = table_open(RelationRelationId, AccessShareLock);
	ErrorContextCallback callback = {error_context_stack, add_record_context, NULL};
	CopyFromState state;
	char	  **fields;
	int			n;

	/* the last line may lack its end, without which its \\. would be none */
	if (*text != '\0' && text[strlen(text) - 1] != '\n')
		text = psprintf("%s\n", text);
	source = (CopyText)
	{
		text, strlen(text), 1, rows->table
	};
	state = begin_copy(catalog, csv);
	error_context_stack = &callback;
	while (NextCopyFromRawFields(state, &fields, &n))
	{
		CHECK_FOR_INTERRUPTS();
		if (rows->columns == NIL)
			take_header(rows, fields, n);
		else
			take_record(rows, fields, n);
		source.record++;
	}
	error_context_stack = callback.previous;
	EndCopyFrom(state);
	table_close(catalog, AccessShareLock);
}
