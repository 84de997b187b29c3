/*
 * variables.c
 *		The variables of the call under way: where their values come from, and
 *		that those marked secret get out nowhere.
 *
 * A value comes from the call's argument, from what was used when the revision
 * was applied (for its down), from the setting schemaver.variables, or is one that
 * Flyway defines.  In the setting nothing can be raw: who owns a database or a role
 * could make the run of somebody else execute any code.
 */
#include "postgres.h"

#include <ctype.h>

#include "catalog/namespace.h"
#include "commands/dbcommands.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "register/register.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/elog.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

/* So much of a secret in a row is what nothing else has by chance. */
#define SECRET_WINDOW 6
#define SECRET_MASK "***"

/* The values of a call; they live as long as its memory. */
typedef struct CallVariables
{
	List	   *given;			/* of Variable: by the call */
	List	   *all;			/* and by the setting */
	List	   *secrets;		/* of char * */
	struct CallVariables *outer;
	MemoryContextCallback callback;
} CallVariables;

static CallVariables *under_way = NULL;

/* ---------- reading ---------- */

static void
refuse_value(const char *name, const char *where)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the value of variable \"%s\" in %s must be a text, a number or a boolean",
					name, where),
			 errhint("Or an object: {\"value\": ..., \"secret\": true, \"raw\": true}.")));
}

static bool
flag(JsonbContainer *object, const char *name)
{
	JsonbValue *value = sv_json_member(object, name);

	return value != NULL && value->type == jbvBool && value->val.boolean;
}

static void
check_members(JsonbContainer *object, const char *name)
{
	JsonMembers member;

	sv_json_begin(&member, object);
	while (sv_json_next(&member))
	{
		if (strcmp(member.name, "value") != 0 && strcmp(member.name, "secret") != 0 &&
			strcmp(member.name, "raw") != 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("unrecognized member of variable \"%s\"", name),
					 errhint("Known are value, secret and raw.")));
	}
}

static Variable *
read_variable(const char *name, const JsonbValue *value, const char *where)
{
	Variable   *variable = palloc0(sizeof(Variable));
	JsonbContainer *object = sv_json_object(value);

	variable->name = name;
	if (object != NULL)
	{
		check_members(object, name);
		variable->value = sv_json_text(sv_json_member(object, "value"));
		variable->secret = flag(object, "secret");
		variable->raw = flag(object, "raw");
	}
	else
		variable->value = sv_json_text(value);
	if (variable->value == NULL)
		refuse_value(name, where);
	return variable;
}

/* The variables of a JSON object (NULL: none); "where" it came from is for messages. */
static List *
read_variables(Jsonb *object, const char *where)
{
	List	   *result = NIL;
	JsonMembers member;

	if (object == NULL)
		return NIL;
	if (!JB_ROOT_IS_OBJECT(object))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be a JSON object", where)));
	sv_json_begin(&member, &object->root);
	while (sv_json_next(&member))
		result = lappend(result, read_variable(member.name, &member.value, where));
	return result;
}

static List *
setting_variables(void)
{
	List	   *result;

	if (sv_variables == NULL || *sv_variables == '\0')
		return NIL;
	result = read_variables(sv_json_parse(sv_variables), "setting \"schemaver.variables\"");
	foreach_ptr(const Variable, variable, result)
	{
		if (variable->raw)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("variable \"%s\" in setting \"schemaver.variables\" cannot be raw",
							variable->name),
					 errhint("Only an argument of the call itself can say so.")));
	}
	return result;
}

/* ---------- the call ---------- */

/* The memory of a call goes: its variables are those under way no more. */
static void
forget_call(void *arg)
{
	CallVariables **place = &under_way;

	/* of two calls in one query, either can go first */
	while (*place != NULL && *place != arg)
		place = &(*place)->outer;
	if (*place != NULL)
		*place = (*place)->outer;
}

/*
 * The statement that the client sent may show a secret: what the server logs of
 * it, and shows to others, has no constants from now on.
 */
static void
hide_statement(void)
{
	if (debug_query_string == NULL)
		return;
	debug_query_string = sv_redact_constants(debug_query_string);
	pgstat_report_activity(STATE_RUNNING, debug_query_string);
}

/*
 * Begin a call with the variables that it was given (NULL: none).  They last as
 * long as the current memory context.
 */
void
sv_register_set_variables(Jsonb *given)
{
	CallVariables *call = palloc0(sizeof(CallVariables));

	call->given = read_variables(given, "argument \"variables\"");
	call->all = list_concat(list_copy(call->given), setting_variables());
	foreach_ptr(const Variable, variable, call->all)
	{
		if (variable->secret && *variable->value != '\0')
			call->secrets = lappend(call->secrets, unconstify(char *, variable->value));
	}
	call->outer = under_way;
	call->callback.func = forget_call;
	call->callback.arg = call;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &call->callback);
	under_way = call;
	if (call->secrets != NIL)
		hide_statement();
}

/* Is a call under way that knows its variables? */
bool
sv_register_in_call(void)
{
	return under_way != NULL;
}

/* ---------- the values of a script ---------- */

static Variable *
builtin(const char *name, char *value)
{
	Variable   *variable = palloc0(sizeof(Variable));

	variable->name = name;
	variable->value = value;
	return variable;
}

static char *
default_schema(void)
{
	List	   *path = fetch_search_path(false);
	char	   *name = path != NIL ? get_namespace_name(linitial_oid(path)) : NULL;

	return name != NULL ? name : pstrdup("public");
}

/* What Flyway itself defines, as far as the server knows it. */
static List *
flyway_variables(const StoredScript *stored)
{
	char	   *now = pstrdup(timestamptz_to_str(GetCurrentTransactionStartTimestamp()));

	now[Min(strlen(now), strlen("2026-01-01 00:00:00"))] = '\0';
	return list_make5(builtin("flyway:defaultSchema", default_schema()),
					  builtin("flyway:user", GetUserNameFromId(GetSessionUserId(), false)),
					  builtin("flyway:database", get_database_name(MyDatabaseId)),
					  builtin("flyway:timestamp", now),
					  builtin("flyway:filename", stored->source ? stored->source : ""));
}

static List *
values_for(const StoredScript *stored, VariableSyntax syntax, Direction direction)
{
	List	   *values = NIL;

	if (under_way != NULL)
		values = list_copy(under_way->given);
	if (direction == SV_DOWNGRADE && stored->variables_used != NULL)
		values = list_concat(values,
							 read_variables(sv_json_parse(stored->variables_used), "the journal"));
	if (under_way != NULL)
		values = list_concat(values, under_way->all);
	if (syntax == SV_VARIABLES_FLYWAY)
		values = list_concat(values, flyway_variables(stored));
	return values;
}

/*
 * A text of the stored script with the values of its variables.  Those used are
 * added to *used (may be NULL).  SV007 if one has no value.
 */
char *
sv_register_substitute(const char *text, const StoredScript *stored, Direction direction,
					   const ScriptOrigin *origin, List **used)
{
	VariableSyntax syntax = sv_variable_syntax(stored->variables);

	if (syntax == SV_VARIABLES_NONE)
		return (char *) text;
	return sv_substitute(text, syntax, values_for(stored, syntax, direction), origin, used);
}

/*
 * What the up of a script was given, as a JSON object for the journal and for its
 * down: no secret, and nothing raw.  NULL if there is nothing.
 */
char *
sv_register_used_variables(const List *used)
{
	const char *object = NULL;

	foreach_ptr(const Variable, variable, used)
	{
		if (!variable->secret && !variable->raw)
			sv_json_add(&object, variable->name, sv_json_quote(variable->value));
	}
	return unconstify(char *, object);
}

/* ---------- secrets ---------- */

/* Mark in "hidden" every byte of the text that belongs to a piece of the secret. */
static void
mark_secret(const char *text, int length, const char *secret, bool *hidden)
{
	int			size = strlen(secret);
	int			window = Min(size, SECRET_WINDOW);

	for (int i = 0; i + window <= length; i++)
	{
		for (int j = 0; j + window <= size; j++)
		{
			if (pg_strncasecmp(text + i, secret + j, window) != 0)
				continue;
			memset(hidden + i, true, window);
			break;
		}
	}
}

/* The text without what is of a secret, or the text itself. */
static char *
masked(char *text)
{
	int			length;
	bool	   *hidden;
	StringInfoData out;

	if (text == NULL || *text == '\0')
		return text;
	length = strlen(text);
	hidden = palloc0(sizeof(bool) * length);
	foreach_ptr(const char, secret, under_way->secrets)
		mark_secret(text, length, secret, hidden);
	initStringInfo(&out);
	for (int i = 0; i < length;)
	{
		int			size = pg_mblen(text + i);
		bool		any = false;

		size = Min(size, length - i);
		for (int j = 0; j < size; j++)
			any |= hidden[i + j];
		if (!any)
			appendBinaryStringInfo(&out, text + i, size);
		else if (out.len < strlen(SECRET_MASK) ||
				 strcmp(out.data + out.len - strlen(SECRET_MASK), SECRET_MASK) != 0)
			appendStringInfoString(&out, SECRET_MASK);
		i += size;
	}
	return out.data;
}

/* Has the call under way any secret? */
static bool
has_secrets(void)
{
	return under_way != NULL && under_way->secrets != NIL;
}

/* The text without the secrets of the call under way, or the text itself. */
char *
sv_register_mask_text(char *text)
{
	return has_secrets() ? masked(text) : text;
}

/* Take the secrets of the call under way out of an error that is to be raised. */
void
sv_register_mask_error(ErrorData *error)
{
	if (!has_secrets())
		return;
	error->message = masked(error->message);
	error->detail = masked(error->detail);
	error->detail_log = masked(error->detail_log);
	error->hint = masked(error->hint);
	error->context = masked(error->context);
	error->internalquery = masked(error->internalquery);
	error->internalpos = 0;
}

/* The secrets of the call under way that are long enough to be looked for, a list of char *. */
List *
sv_register_secrets(void)
{
	List	   *result = NIL;

	if (under_way == NULL)
		return NIL;
	foreach_ptr(char, secret, under_way->secrets)
	{
		if (strlen(secret) >= SECRET_WINDOW)
			result = lappend(result, secret);
	}
	return result;
}

/* What the server writes to its log while the call is under way has no secrets, either. */
static emit_log_hook_type next_emit_log = NULL;

static void
hide_in_log(ErrorData *error)
{
	static bool busy = false;

	if (!busy && has_secrets())
	{
		busy = true;
		sv_register_mask_error(error);
		busy = false;
	}
	if (next_emit_log != NULL)
		next_emit_log(error);
}

void
sv_register_install(void)
{
	next_emit_log = emit_log_hook;
	emit_log_hook = hide_in_log;
}
