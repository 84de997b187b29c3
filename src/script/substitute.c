/*
 * substitute.c
 *		Puts the values of variables into the text of a script.
 *
 * Promises:
 *	- A placeholder stands for one token, or for a part of a string constant, a
 *	  quoted identifier or a name.  After the substitution every other token is
 *	  what it was, so no value changes what the statement is: a value that would
 *	  be more than one token is refused (SV007), a keyword becomes a quoted name,
 *	  quotes are doubled where they end what they stand in.
 *	- Inside of dollar quotes, where a value could be any code, and wherever a
 *	  value is more than a token, only values marked raw are put.
 *	- Comments stay as they are.
 *	- No message contains a value.
 */
#include "postgres.h"

#include <ctype.h>

#include "miscadmin.h"
#include "utils/builtins.h"

#include "script/script.h"
#include "script/script_private.h"

static void
refuse_place(const Substituter *s, const Place *place, const char *message, const char *hint)
{
	sv_script_invalid(s->text, place->start, s->origin, message, NULL, hint);
}

/* ---------- values ---------- */

/* Keywords that name a type or a constant: they are one token and stay what they are. */
static bool
is_plain_keyword(const char *keyword)
{
	static const char *const plain[] = {
		"bigint", "bit", "boolean", "char", "character", "dec", "decimal", "false", "float", "int",
		"integer", "interval", "json", "nchar", "null", "numeric", "real", "smallint", "time",
		"timestamp", "true", "varchar"
	};

	for (int i = 0; i < lengthof(plain); i++)
	{
		if (strcmp(plain[i], keyword) == 0)
			return true;
	}
	return false;
}

/* The one token that the value is, as it is to be written; NULL if it is none or several. */
static char *
only_token(const char *value, Lexer *lexer)
{
	Token		token;
	Token		next;
	const char *digit;

	sv_lexer_next(lexer, &token);
	if (token.kind != SV_TOKEN_WORD && token.kind != SV_TOKEN_STRING &&
		token.kind != SV_TOKEN_OTHER)
		return NULL;
	sv_lexer_next(lexer, &next);
	if (next.kind != SV_TOKEN_EOF)
		return NULL;
	/* nothing but the token: no comment beside it, which could swallow what follows */
	if (token.start != 0 || token.end != strlen(value))
		return NULL;
	digit = value + (*value == '.' ? 1 : 0);
	if (token.kind == SV_TOKEN_OTHER && !isdigit((unsigned char) *digit))
		return NULL;
	if (token.keyword != NULL && !is_plain_keyword(token.keyword))
		return psprintf("\"%s\"", token.keyword);
	return pstrdup(value);
}

static char *
bare_value(const Substituter *s, const Place *place)
{
	const char *value = place->value->value;
	Lexer	   *lexer = sv_lexer_create(value);
	char	   *volatile result = NULL;

	PG_TRY();
	{
		result = only_token(value, lexer);
	}
	PG_FINALLY();
	{
		sv_lexer_free(lexer);
	}
	PG_END_TRY();
	if (result == NULL)
		refuse_place(s, place,
					 psprintf("the value of variable \"%s\" is not one name, number or string",
							  place->name),
					 "Put the placeholder into quotes, or allow the value as it is in this call: "
					 "{\"value\": ..., \"raw\": true}.");
	return result;
}

/* A part of a name: letters, digits and underscores. */
static const char *
part_value(const Substituter *s, const Place *place)
{
	const char *value = place->value->value;

	for (const char *c = value; *c != '\0'; c++)
	{
		if (!sv_is_variable_letter(*c))
			refuse_place(s, place,
						 psprintf("the value of variable \"%s\" cannot be a part of a name",
								  place->name),
						 "Letters, digits and underscores can. Put the whole name into double quotes for "
						 "others.");
	}
	return value;
}

/* The value with the quote doubled, and backslashes where they have a meaning. */
static char *
doubled(const char *value, char quote, bool escapes)
{
	StringInfoData out;

	initStringInfo(&out);
	for (; *value != '\0'; value++)
	{
		if (*value == quote || (escapes && *value == '\\'))
			appendStringInfoChar(&out, *value);
		appendStringInfoChar(&out, *value);
	}
	return out.data;
}

static bool
is_word_letter(char c)
{
	return sv_is_variable_letter(c) || c == '$';
}

/* The value as psql quotes it, apart from a word before it. */
static char *
quoted_value(const Substituter *s, const Place *place)
{
	bool		after_word = place->start > 0 &&
	(is_word_letter(s->text[place->start - 1]) || s->text[place->start - 1] == '&');
	const char *value = place->value->value;

	if (place->form == FORM_LITERAL)
		return psprintf("%s%s", after_word || strchr(value, '\\') != NULL ? " " : "",
						quote_literal_cstr(value));
	if (*value == '\0')
		refuse_place(s, place, psprintf("the value of variable \"%s\" is empty, so it is no name",
										place->name), NULL);
	return psprintf("%s\"%s\"", after_word ? " " : "", doubled(value, '"', false));
}

static const char *
data_value(const Substituter *s, const Place *place)
{
	if (strpbrk(place->value->value, "\t\r\n\\\"',") != NULL)
		refuse_place(s, place,
					 psprintf("the value of variable \"%s\" has characters that mean something in data",
							  place->name),
					 "Allow it as it is in this call: {\"value\": ..., \"raw\": true}.");
	return place->value->value;
}

/* What is to stand in the place. */
static const char *
text_of_place(const Substituter *s, const Place *place)
{
	if (place->form == FORM_ESCAPE)
		return place->name;
	if (place->value->raw)
		return place->value->value;
	if (place->form != FORM_PLAIN)
		return quoted_value(s, place);
	switch (place->context)
	{
		case CONTEXT_STRING:
			return doubled(place->value->value, '\'', place->escapes);
		case CONTEXT_QUOTED:
			return doubled(place->value->value, '"', place->escapes);
		case CONTEXT_DATA:
			return data_value(s, place);
		case CONTEXT_BARE:
			return place->part ? part_value(s, place) : bare_value(s, place);
		default:
			refuse_place(s, place,
						 psprintf("variable \"%s\" stands inside of dollar quotes, where its value could "
								  "be any code", place->name),
						 "Allow it in this call: {\"value\": ..., \"raw\": true}.");
			return NULL;
	}
}

/* ---------- the values' places ---------- */

static const Variable *
new_variable(const char *name, const char *value)
{
	Variable   *variable = palloc0(sizeof(Variable));

	variable->name = name;
	variable->value = value;
	return variable;
}

/* Liquibase leaves what it does not know; in SQL itself that could not be parsed. */
static bool
may_stay(const Substituter *s, const Place *place)
{
	return place->optional || place->context == CONTEXT_GAP ||
		(s->syntax == SV_VARIABLES_LIQUIBASE && place->context != CONTEXT_BARE);
}

static void
refuse_unknown_variable(const Substituter *s, const Place *place)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfo(&json, "Give it one: variables => '{\"%s\": \"...\"}'.", place->name);
	refuse_place(s, place, psprintf("variable \"%s\" has no value", place->name), json.data);
}

/* Give each place its value.  Raises SV007 for one without. */
static void
find_values(Substituter *s)
{
	foreach_ptr(Place, place, s->places)
	{
		if (place->form == FORM_ESCAPE)
			continue;
		place->value = sv_variable_find(s->values, place->name, s->syntax);
		if (place->value == NULL && place->otherwise != NULL)
			place->value = new_variable(place->name, place->otherwise);
		if (place->value != NULL)
			place->optional = false;
	}
}

static void
check_values(const Substituter *s)
{
	foreach_ptr(const Place, place, s->places)
	{
		if (place->form != FORM_ESCAPE && place->value == NULL && !may_stay(s, place))
			refuse_unknown_variable(s, place);
	}
}

/* ---------- the result ---------- */

/* Is the place to be left as it is written? */
static bool
stays_as_written(const Place *place)
{
	return place->context == CONTEXT_GAP || (place->value == NULL && place->form != FORM_ESCAPE);
}

static char *
put_values(const Substituter *s, List **used)
{
	StringInfoData out;
	int			done = 0;

	initStringInfo(&out);
	foreach_ptr(const Place, place, s->places)
	{
		if (stays_as_written(place))
			continue;
		appendBinaryStringInfo(&out, s->text + done, place->start - done);
		appendStringInfoString(&out, text_of_place(s, place));
		done = place->end;
		if (place->value != NULL && used != NULL)
			*used = list_append_unique_ptr(*used, (void *) place->value);
	}
	appendStringInfoString(&out, s->text + done);
	return out.data;
}

/* Is the token of the result the one of the text with stand-ins, but for the values in it? */
static bool
same_token(const Substituter *s, const TextToken *before, const Token *after, const char *result)
{
	int			length = before->end - before->start;

	if (!before->has_place)
		return before->kind == after->kind && after->end - after->start == length &&
			memcmp(s->stand_in + before->start, result + after->start, length) == 0;
	/* a name can take a number's place, a string a name's */
	return after->kind == before->kind || after->kind == SV_TOKEN_WORD ||
		after->kind == SV_TOKEN_STRING || after->kind == SV_TOKEN_OTHER;
}

static bool
same_tokens(const Substituter *s, const char *result, Lexer *lexer)
{
	Token		token;

	foreach_ptr(const TextToken, one, s->tokens)
	{
		CHECK_FOR_INTERRUPTS();
		sv_lexer_next(lexer, &token);
		if (token.kind == SV_TOKEN_EOF || token.kind == SV_TOKEN_META ||
			token.kind == SV_TOKEN_ERROR || !same_token(s, one, &token, result))
			return false;
	}
	sv_lexer_next(lexer, &token);
	return token.kind == SV_TOKEN_EOF || token.kind == SV_TOKEN_META ||
		token.kind == SV_TOKEN_ERROR;
}

/* Raise SV007 if the values have changed any other token. */
static void
check_tokens(const Substituter *s, const char *result)
{
	Lexer	   *lexer = sv_lexer_create(result);
	volatile bool same = false;

	PG_TRY();
	{
		same = same_tokens(s, result, lexer);
	}
	PG_FINALLY();
	{
		sv_lexer_free(lexer);
	}
	PG_END_TRY();
	if (!same)
		refuse_place(s, linitial(s->places), "the values of its variables change the statements",
					 "Allow the values as they are in this call: {\"value\": ..., \"raw\": true}.");
}

static bool
any_raw(const Substituter *s)
{
	foreach_ptr(const Place, place, s->places)
	{
		if (place->value != NULL && place->value->raw && place->context != CONTEXT_GAP)
			return true;
	}
	return false;
}

/*
 * The text with the values (a list of Variable; of several with one name the first
 * counts) in the places of its variables.  Adds those that were used to *used,
 * which may be NULL.  Raises SV007 at a variable without a value and at a value
 * that cannot stand in its place.
 */
char *
sv_substitute(const char *text, VariableSyntax syntax, const List *values,
			  const ScriptOrigin *origin, List **used)
{
	Substituter s = {text, syntax, values, origin};
	char	   *result;

	sv_places_find(&s);
	if (s.places == NIL)
		return pstrdup(text);
	find_values(&s);
	sv_places_write_stand_ins(&s);
	sv_places_lex(&s);
	check_values(&s);
	result = put_values(&s, used);
	if (!any_raw(&s))
		check_tokens(&s, result);
	return result;
}
