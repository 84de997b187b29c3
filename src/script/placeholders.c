/*
 * placeholders.c
 *		Finds the variables in the text of a script, and what each stands in.
 *
 * Before values are known, stand-ins of the same length take their places: the
 * places and lines of everything else stay right, and the text can be parsed.
 */
#include "postgres.h"

#include <ctype.h>

#include "miscadmin.h"

#include "script/script.h"
#include "script/script_private.h"

#define NAME_MAX_BYTES 256

/* ---------- names ---------- */

static const struct
{
	const char *name;
	VariableSyntax syntax;
}			syntaxes[] = {
	{"flyway", SV_VARIABLES_FLYWAY},
	{"liquibase", SV_VARIABLES_LIQUIBASE},
	{"goose", SV_VARIABLES_GOOSE},
	{"psql", SV_VARIABLES_PSQL},
};

/* The syntax of that name; SV_VARIABLES_NONE if it is unknown or NULL. */
VariableSyntax
sv_variable_syntax(const char *name)
{
	for (int i = 0; name != NULL && i < lengthof(syntaxes); i++)
	{
		if (strcmp(syntaxes[i].name, name) == 0)
			return syntaxes[i].syntax;
	}
	return SV_VARIABLES_NONE;
}

static bool
ignores_case(VariableSyntax syntax)
{
	return syntax == SV_VARIABLES_FLYWAY || syntax == SV_VARIABLES_LIQUIBASE;
}

/* The variable of that name, or NULL. */
const Variable *
sv_variable_find(const List *values, const char *name, VariableSyntax syntax)
{
	foreach_ptr(const Variable, variable, values)
	{
		if (ignores_case(syntax) ? pg_strcasecmp(variable->name, name) == 0 :
			strcmp(variable->name, name) == 0)
			return variable;
	}
	return NULL;
}

/* ---------- ${name} ---------- */

static Place *
add_place(Substituter *s, int start, int end, const char *name, PlaceForm form)
{
	Place	   *place = palloc0(sizeof(Place));

	place->start = start;
	place->end = end;
	place->name = name;
	place->form = form;
	s->places = lappend(s->places, place);
	return place;
}

/* goose: NAME:-otherwise and NAME-otherwise. */
static void
take_default(Place *place, char *name)
{
	char	   *dash = strchr(name, '-');

	if (dash == NULL)
		return;
	place->otherwise = dash + 1;
	*dash = '\0';
	if (dash > name && dash[-1] == ':')
		dash[-1] = '\0';
}

/* Find every ${name} of the text, wherever it stands. */
static void
find_dollar_places(Substituter *s)
{
	const char *open = s->text;

	while ((open = strstr(open, "${")) != NULL)
	{
		int			length = strcspn(open + 2, "}\n\r'\"${");
		char	   *name = pnstrdup(open + 2, length);
		int			start = open - s->text;
		Place	   *place;

		open += 2;
		if (length == 0 || length > NAME_MAX_BYTES || open[length] != '}')
			continue;
		open += length + 1;
		if (s->syntax == SV_VARIABLES_LIQUIBASE && *name == ':')
			(void) add_place(s, start, open - s->text, psprintf("${%s}", name + 1), FORM_ESCAPE);
		else
		{
			place = add_place(s, start, open - s->text, name, FORM_PLAIN);
			if (s->syntax == SV_VARIABLES_GOOSE)
				take_default(place, name);
		}
	}
}

/* ---------- :name ---------- */

/* Can it be in the name of a variable? */
bool
sv_is_variable_letter(char c)
{
	return IS_HIGHBIT_SET(c) || isalnum((unsigned char) c) || c == '_';
}

/* Is the token, which follows a colon directly, the name of a variable? */
static void
take_psql_token(Substituter *s, int colon, const Token *token, bool in_brackets)
{
	const char *at = s->text + token->start;
	char		quote = *at == '\'' || *at == '"' ? *at : '\0';
	int			length = 0;

	at += quote != '\0' ? 1 : 0;
	while (sv_is_variable_letter(at[length]))
		length++;
	if (length == 0 || length > NAME_MAX_BYTES || (quote != '\0' && at[length] != quote))
		return;
	/* array slices: psql leaves what is no variable */
	add_place(s, colon, at + length + (quote != '\0' ? 1 : 0) - s->text, pnstrdup(at, length),
			  quote == '\'' ? FORM_LITERAL : quote == '"' ? FORM_IDENTIFIER : FORM_PLAIN)->
		optional = in_brackets && quote == '\0';
}

static void
read_psql_places(Substituter *s, Lexer *lexer)
{
	int			colon = -1;
	int			brackets = 0;
	Token		token;

	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		sv_lexer_next(lexer, &token);
		if (token.kind == SV_TOKEN_EOF || token.kind == SV_TOKEN_META ||
			token.kind == SV_TOKEN_ERROR)
			return;
		if (colon >= 0 && token.start == colon + 1)
			take_psql_token(s, colon, &token, brackets > 0);
		colon = token.code == ':' ? token.start : -1;
		if (token.code == '[')
			brackets++;
		else if (token.code == ']' && brackets > 0)
			brackets--;
		else if (token.kind == SV_TOKEN_END)
			brackets = 0;
	}
}

static void
find_psql_places(Substituter *s)
{
	Lexer	   *lexer = sv_lexer_create(s->text);

	PG_TRY();
	{
		read_psql_places(s, lexer);
	}
	PG_FINALLY();
	{
		sv_lexer_free(lexer);
	}
	PG_END_TRY();
}

/* Find the variables of the text. */
void
sv_places_find(Substituter *s)
{
	if (s->syntax == SV_VARIABLES_PSQL)
		find_psql_places(s);
	else if (s->syntax != SV_VARIABLES_NONE)
		find_dollar_places(s);
}

/* ---------- stand-ins ---------- */

/* Write the stand-in, which is as long as the placeholder. */
static void
write_stand_in(Substituter *s, const Place *place)
{
	char	   *at = s->stand_in + place->start;
	int			length = place->end - place->start;
	char		quote = place->form == FORM_LITERAL ? '\'' : place->form == FORM_IDENTIFIER ? '"' :
	place->form == FORM_PLAIN && place->stand_in == STAND_IN_STRING ? '\'' : '\0';

	if (place->optional && place->value == NULL)
		return;
	memset(at, place->stand_in == STAND_IN_NUMBER ? '1' : '_', length);
	if (quote != '\0')
		at[0] = at[length - 1] = quote;
	else if (place->stand_in == STAND_IN_WORD)
		at[0] = 's';
}

/* Make the text with stand-ins for all variables. */
void
sv_places_write_stand_ins(Substituter *s)
{
	s->stand_in = pstrdup(s->text);
	foreach_ptr(const Place, place, s->places)
		write_stand_in(s, place);
}

/* What the token says of the places in it. */
static void
set_context(Substituter *s, Place *place, const Token *token)
{
	const char *text = s->stand_in;
	char		first = text[token->start];

	place->part = place->form != FORM_PLAIN ? false :
		token->start < place->start || token->end > place->end;
	if (token->kind == SV_TOKEN_STRING && first == '$')
		place->context = CONTEXT_DOLLAR;
	else if (token->kind == SV_TOKEN_STRING && place->form != FORM_LITERAL)
	{
		place->context = place->part ? CONTEXT_STRING : CONTEXT_BARE;
		place->escapes = strchr("eEuU", first) != NULL;
	}
	else if (token->kind == SV_TOKEN_WORD && strchr("\"uU", first) != NULL && first != '\0' &&
			 place->part && memchr(text + token->start, '"', place->start - token->start) != NULL)
	{
		place->context = CONTEXT_QUOTED;
		place->escapes = first != '"';
	}
	else
		place->context = CONTEXT_BARE;
}

static void
set_data_context(Substituter *s, int start, int end)
{
	foreach_ptr(Place, place, s->places)
	{
		if (place->start >= start && place->end <= end)
			place->context = CONTEXT_DATA;
	}
}

/* Read the tokens of the text with stand-ins, and in which of them the places stand. */
static void
read_tokens(Substituter *s, Lexer *lexer)
{
	int			next = 0;
	Token		token;

	for (;;)
	{
		TextToken  *kept;

		CHECK_FOR_INTERRUPTS();
		sv_lexer_next(lexer, &token);
		if (token.kind == SV_TOKEN_EOF || token.kind == SV_TOKEN_META ||
			token.kind == SV_TOKEN_ERROR)
			return;
		if (lexer->data_start >= 0)
			set_data_context(s, lexer->data_start, lexer->data_start + lexer->data_length);
		kept = palloc0(sizeof(TextToken));
		kept->kind = token.kind;
		kept->start = token.start;
		kept->end = token.end;
		s->tokens = lappend(s->tokens, kept);
		for (; next < list_length(s->places); next++)
		{
			Place	   *place = list_nth(s->places, next);

			if (place->start >= token.end)
				break;
			if (place->end <= token.start)
				continue;
			set_context(s, place, &token);
			kept->has_place = true;
			if (place->end > token.end)
				break;
		}
	}
}

/* Read the tokens of that text and find out what the variables stand in. */
void
sv_places_lex(Substituter *s)
{
	Lexer	   *lexer = sv_lexer_create(s->stand_in);

	s->tokens = NIL;
	PG_TRY();
	{
		read_tokens(s, lexer);
	}
	PG_FINALLY();
	{
		sv_lexer_free(lexer);
	}
	PG_END_TRY();
}

/* The last place at or before the offset that another stand-in can take, within the statement. */
static Place *
place_to_change(const Substituter *s, int start, int offset)
{
	for (int i = list_length(s->places) - 1; i >= 0; i--)
	{
		Place	   *place = list_nth(s->places, i);

		if (place->start <= offset && place->start >= start && place->form == FORM_PLAIN &&
			place->context == CONTEXT_BARE && !place->part && !place->optional &&
			place->stand_in < STAND_IN_STRING)
			return place;
	}
	return NULL;
}

/* Where a number or a string is wanted, a word does not parse: try one after the other. */
static void
fit_stand_ins(Substituter *s, int start, int end)
{
	for (;;)
	{
		char	   *source = pnstrdup(s->stand_in + start, end - start);
		ErrorData  *error;
		Place	   *place;

		CHECK_FOR_INTERRUPTS();
		(void) sv_parse(source, &error);
		if (error == NULL)
			return;
		place = place_to_change(s, start,
								start + sv_byte_offset(source, end - start, error->cursorpos));
		if (place == NULL)
			return;
		place->stand_in++;
		write_stand_in(s, place);
	}
}

/* Find the stand-ins with which each statement can be parsed, if there are any. */
static void
fit_statements(Substituter *s)
{
	int			start = -1;
	int			end = 0;
	bool		has_place = false;

	foreach_ptr(const TextToken, token, s->tokens)
	{
		if (token->kind != SV_TOKEN_END)
		{
			start = start < 0 ? token->start : start;
			end = token->end;
			has_place |= token->has_place;
			continue;
		}
		if (has_place)
			fit_stand_ins(s, start, end);
		start = -1;
		has_place = false;
	}
	if (has_place)
		fit_stand_ins(s, start, end);
}

/*
 * The text with stand-ins for its variables, of the same length: what can be
 * said of the script before their values are known.
 */
char *
sv_substitute_stand_ins(const char *text, VariableSyntax syntax)
{
	Substituter s = {text, syntax};

	sv_places_find(&s);
	if (s.places == NIL)
		return pstrdup(text);
	sv_places_write_stand_ins(&s);
	sv_places_lex(&s);
	fit_statements(&s);
	return s.stand_in;
}

/* Has the text, which is to be read as a script, any variable of that syntax? */
bool
sv_has_variables(const char *text, VariableSyntax syntax)
{
	Substituter s = {text, syntax};

	sv_places_find(&s);
	foreach_ptr(const Place, place, s.places)
	{
		if (!place->optional)
			return true;
	}
	return false;
}
