/*
 * watch.c
 *		Event triggers that note who changes the schema, when, by which statement.
 *
 * A statement never fails because it could not be logged.  What schemaver
 * does itself is not logged: runs have the journal, and copies that are built to
 * prove something are gone at once.
 *
 * No password is logged.  Where servers, user mappings, foreign data wrappers and
 * subscriptions are made the text is left out, and so is whatever else a client
 * sent along with a statement.  Elsewhere redact.c masks what may be one: of a
 * DO block, a query or a CALL, every constant.
 */
#include "postgres.h"

#include "base/base.h"
#include "base/compat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "script/script.h"
#include "store/store.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "track/track.h"

#define STATEMENT_MAX 10000		/* bytes */

static int	paused = 0;

/* Log nothing until sv_ddl_log_resume(): what is done now does not stay. */
void
sv_ddl_log_pause(void)
{
	paused++;
}

void
sv_ddl_log_resume(void)
{
	paused--;
}

static bool
may_hold_secrets(const char *tag)
{
	static const char *const kinds[] =
	{"SERVER", "USER MAPPING", "FOREIGN DATA WRAPPER", "SUBSCRIPTION"};

	for (int i = 0; i < lengthof(kinds); i++)
		if (strstr(tag, kinds[i]) != NULL)
			return true;
	return false;
}

/* Does it run others, which the client's text does not show? */
static bool
is_container(const RawStmt *raw)
{
	return IsA(raw->stmt, SelectStmt) || IsA(raw->stmt, DoStmt) || IsA(raw->stmt, CallStmt);
}

/* The part of the client's text that a parsed statement stands for, without passwords. */
static char *
text_of_statement(const RawStmt *raw)
{
	const char *text = debug_query_string + Max(raw->stmt_location, 0);
	int			length = raw->stmt_len > 0 ? raw->stmt_len : strlen(text);
	char	   *shown;

	while (length > 0 && isspace((unsigned char) *text))
		text++, length--;
	shown = pnstrdup(text, length);
	shown = is_container(raw) ? sv_redact_constants(shown) : sv_redact_script(shown);
	return pnstrdup(shown, pg_mbcliplen(shown, strlen(shown), STATEMENT_MAX));
}

/*
 * The statement that the trigger is fired for: the one of the client's text with the same
 * tag, or the only one, if that runs others.  NULL if it cannot be told.
 */
static char *
statement_of(const EventTriggerData *trigger)
{
	List	   *statements;
	char	   *found = NULL;

	if (debug_query_string == NULL || !standard_conforming_strings)
		return NULL;			/* redact.c reads strings as they are read when it is on */
	statements = raw_parser(debug_query_string, RAW_PARSE_DEFAULT);
	foreach_node(RawStmt, raw, statements)
	{
		if (CreateCommandTag(raw->stmt) != trigger->tag)
			continue;
		if (equal(raw->stmt, trigger->parsetree))
			return text_of_statement(raw);
		if (found == NULL)
			found = text_of_statement(raw);
	}
	if (found == NULL && list_length(statements) == 1 && is_container(linitial(statements)))
		found = text_of_statement(linitial(statements));
	return found;
}

static void
log_it(void *arg)
{
	const EventTriggerData *trigger = arg;
	const char *tag = GetCommandTagName(trigger->tag);

	sv_store_log_ddl(strcmp(trigger->event, "sql_drop") == 0, tag,
					 may_hold_secrets(tag) ? NULL : statement_of(trigger));
}

/* Log what the statement that fired an event trigger has changed. */
void
sv_ddl_log(const EventTriggerData *trigger)
{
	ErrorData  *error;

	if (paused > 0 || sv_lock_is_active() || !sv_store_has_ddl_log())
		return;
	error = sv_subtransaction(log_it, (void *) trigger, true);
	if (error == NULL)
		return;
	if (ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION)
		ReThrowError(error);
	ereport(WARNING,
			(errmsg("schemaver could not log this statement: %s", error->message)));
}
