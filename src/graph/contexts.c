/*
 * contexts.c
 *		Expressions over names, as Liquibase has them for contexts and labels.
 *
 *		expression := term { ("or" | ",") term }
 *		term := factor { "and" factor }
 *		factor := ("not" | "!") factor | "(" expression ")" | name
 *
 * Names are compared without regard to case.  "@name" is a name that has to be
 * asked for: see sv_graph_asks_for_names().  Pure.
 */
#include "postgres.h"

#include <ctype.h>

#include "graph/graph.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"

/* An expression that is being read. */
typedef struct ContextReader
{
	const char *text;
	const char *at;
	const List *names;			/* of char *: those that are true */
	bool		at_names;		/* "@" was seen */
} ContextReader;

static bool read_expression(ContextReader *r);

static void
refuse_expression(const ContextReader *r, const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid expression of contexts: %s at character %d", what,
					(int) (r->at - r->text) + 1),
			 errdetail("The expression is: %s", sv_base_clip(r->text)),
			 errhint("Write names with and, or, not, a comma for or, and parentheses.")));
}

static void
skip_blank_space(ContextReader *r)
{
	while (isspace((unsigned char) *r->at))
		r->at++;
}

static int
word_length(const ContextReader *r)
{
	return strcspn(r->at, " \t\r\n(),!@");
}

/* Take the word if it stands here. */
static bool
take_operator(ContextReader *r, const char *word)
{
	int			length = strlen(word);

	skip_blank_space(r);
	if (word_length(r) != length || pg_strncasecmp(r->at, word, length) != 0)
		return false;
	r->at += length;
	return true;
}

static bool
take_mark(ContextReader *r, char mark)
{
	skip_blank_space(r);
	if (*r->at != mark)
		return false;
	r->at++;
	return true;
}

static bool
name_is_true(const ContextReader *r, const char *name, int length)
{
	foreach_ptr(const char, other, r->names)
	{
		if (strlen(other) == length && pg_strncasecmp(other, name, length) == 0)
			return true;
	}
	return false;
}

static bool
read_factor(ContextReader *r)
{
	bool		value;
	int			length;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (take_mark(r, '!') || take_operator(r, "not"))
		return !read_factor(r);
	if (take_mark(r, '('))
	{
		value = read_expression(r);
		if (!take_mark(r, ')'))
			refuse_expression(r, "a parenthesis is not closed");
		return value;
	}
	r->at_names |= take_mark(r, '@');
	length = word_length(r);
	if (length == 0 || (length == 3 && pg_strncasecmp(r->at, "and", 3) == 0) ||
		(length == 2 && pg_strncasecmp(r->at, "or", 2) == 0))
		refuse_expression(r, "a name is missing");
	value = name_is_true(r, r->at, length);
	r->at += length;
	return value;
}

static bool
read_term(ContextReader *r)
{
	bool		value = read_factor(r);

	while (take_operator(r, "and"))
		value &= read_factor(r);
	return value;
}

static bool
read_expression(ContextReader *r)
{
	bool		value = read_term(r);

	while (take_mark(r, ',') || take_operator(r, "or"))
		value |= read_term(r);
	return value;
}

static bool
evaluate(ContextReader *r)
{
	bool		value = read_expression(r);

	skip_blank_space(r);
	if (*r->at != '\0')
		refuse_expression(r, "something stands behind its end");
	return value;
}

/* Is the expression true with these names (char *), all others false?  22023 if it is none. */
bool
sv_graph_expression_holds(const char *expression, const List *names)
{
	ContextReader r = {expression, expression, names};

	return evaluate(&r);
}

/* Does the expression have a name that has to be asked for?  22023 if it is none. */
bool
sv_graph_asks_for_names(const char *expression)
{
	ContextReader r = {expression, expression, NIL};

	(void) evaluate(&r);
	return r.at_names;
}

/* The names of a list, separated by commas or blanks, as a list of char *. */
List *
sv_graph_split_names(const char *list)
{
	List	   *names = NIL;

	for (list += strspn(list, ", \t\r\n"); *list != '\0'; list += strspn(list, ", \t\r\n"))
	{
		int			length = strcspn(list, ", \t\r\n");

		names = lappend(names, pnstrdup(list, length));
		list += length;
	}
	return names;
}
