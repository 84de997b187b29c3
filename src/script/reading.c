/*
 * reading.c
 *		The settings under which script text is read, and the server's parser.
 *
 * Reading changes settings only in a nest level of its own, between
 * sv_reading_begin() and sv_reading_end(); call the latter from PG_FINALLY.
 */
#include "postgres.h"

#include "base/compat.h"
#include "parser/parser.h"
#include "utils/guc.h"

#include "script/script.h"

/* Change a setting until sv_reading_end(). */
static void
set(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

/*
 * Open a level of settings in which strings are read as they will be when the
 * script runs, and in which reading raises no warnings: the server gives them
 * when the script runs.  Returns the level.
 */
int
sv_reading_begin(void)
{
	int			level = NewGUCNestLevel();

	set("standard_conforming_strings", "on");
	set("client_min_messages", "error");
	return level;
}

/* Close the level: all settings are as they were before sv_reading_begin(). */
void
sv_reading_end(int level)
{
	AtEOXact_GUC(true, level);
}

/*
 * Let the server read the strings of a script as schemaver has read them, until
 * the end of the caller's level of settings.
 */
void
sv_reading_set(void)
{
	set("standard_conforming_strings", "on");
}

/*
 * Raise SV007 unless the server still reads strings so.  Code that a statement
 * runs can change that; the text does not show it, and what stands behind would
 * mean something else than what was registered.
 */
void
sv_reading_check(void)
{
	if (!standard_conforming_strings)
		ereport(ERROR,
				(errcode(ERRCODE_SV_INVALID_SCRIPT),
				 errmsg("the script has set \"standard_conforming_strings\" to off"),
				 errdetail(
						   "Scripts are read with it on, so the text behind would mean something "
						   "else."),
				 errhint("Leave the setting alone, and write strings with escapes as E'...'.")));
}

/*
 * Parse the text, which may be several statements: a list of RawStmt in the
 * current context.  An error of syntax is not thrown: error is set to it, and
 * the result is NIL.  That needs no subtransaction, for parsing takes no locks
 * and holds no resources but memory.
 */
List *
sv_parse(const char *source, ErrorData **error)
{
	MemoryContext cxt = CurrentMemoryContext;
	List	   *volatile trees = NIL;

	*error = NULL;
	PG_TRY();
	{
		trees = raw_parser(source, RAW_PARSE_DEFAULT);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(cxt);
		*error = sv_copy_error();
		FlushErrorState();
		if (!sv_is_syntax_error(*error))
			ReThrowError(*error);
	}
	PG_END_TRY();
	return trees;
}

/* The parse tree of a text that is one statement. */
Node *
sv_parse_one(const char *statement)
{
	return linitial_node(RawStmt, raw_parser(statement, RAW_PARSE_DEFAULT))->stmt;
}
