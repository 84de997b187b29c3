/*
 * script_private.h
 *		What the files of src/script share.
 */
#ifndef SV_SCRIPT_PRIVATE_H
#define SV_SCRIPT_PRIVATE_H

#include "nodes/parsenodes.h"
#include "script/script.h"

/* ----- classify.c -----
 *
 * What kind of statement a parse tree is.
 */

/* What the words of a statement tell without its parse tree. */
#define SV_MENTIONS_SET_CONFIG	0x01	/* calls set_config() */
#define SV_MENTIONS_PG_TEMP		0x02	/* names the schema for temporary objects */

extern void sv_classify(Statement *statement, Node *tree, int mentions);

/* ----- commits.c -----
 *
 * Statements that commit by themselves.
 */

#define SV_DO_COMMITS	"DO block that commits"
#define SV_CALL_COMMITS	"CALL of a procedure that commits"

extern bool sv_options_commit(const List *options);

/* ----- placeholders.c: the variables in a text ----- */

/* How a placeholder is written. */
typedef enum PlaceForm
{
	FORM_PLAIN,					/* ${name}, :name */
	FORM_LITERAL,				/* :'name' */
	FORM_IDENTIFIER,			/* :"name" */
	FORM_ESCAPE					/* ${:name}: it means ${name} itself */
} PlaceForm;

/* In what it stands. */
typedef enum PlaceContext
{
	CONTEXT_GAP,				/* a comment */
	CONTEXT_BARE,
	CONTEXT_STRING,
	CONTEXT_QUOTED,				/* a quoted identifier */
	CONTEXT_DOLLAR,				/* a dollar-quoted string */
	CONTEXT_DATA				/* the lines behind COPY ... FROM STDIN */
} PlaceContext;

/* What takes the place of a bare placeholder until its value is known. */
typedef enum StandIn
{
	STAND_IN_WORD,
	STAND_IN_NUMBER,
	STAND_IN_STRING,
	STAND_IN_NONE				/* all were tried */
} StandIn;

typedef struct Place
{
	int			start;			/* in the text; first byte */
	int			end;			/* behind the last one */
	const char *name;
	const char *otherwise;		/* the value if there is none; or NULL */
	PlaceForm	form;
	PlaceContext context;
	bool		optional;		/* without a value it stays as it is */
	bool		part;			/* of a word that has other letters */
	bool		escapes;		/* backslashes have a meaning in the string */
	StandIn		stand_in;
	const Variable *value;		/* NULL: none was found, or stand-ins are wanted */
} Place;

/* A token of the text with stand-ins. */
typedef struct TextToken
{
	TokenKind	kind;
	int			start;
	int			end;
	bool		has_place;
} TextToken;

typedef struct Substituter
{
	const char *text;
	VariableSyntax syntax;
	const List *values;			/* of Variable; the first of a name counts */
	const ScriptOrigin *origin;
	List	   *places;			/* of Place, in order */
	char	   *stand_in;		/* the text with stand-ins */
	List	   *tokens;			/* of TextToken, of stand_in */
} Substituter;

extern void sv_places_find(Substituter *s);
extern void sv_places_write_stand_ins(Substituter *s);
extern void sv_places_lex(Substituter *s);
extern bool sv_is_variable_letter(char c);

#endif							/* SV_SCRIPT_PRIVATE_H */
