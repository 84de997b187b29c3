/*
 * lost_texts.c
 *		The texts of what a derived down cannot bring back.
 *
 * Column "lost" of schemaver.revision holds them, and users read them: the words of a
 * kind and the name of an object, or any other text of something that stays.
 */
#include "postgres.h"

#include "store/store.h"

static const char *const words[] = {
	"rows of table", "values of column", "values of attribute",
	"values as they were before the change of type of column", "position of sequence"
};

StaticAssertDecl(lengthof(words) == SV_LOST_OTHER, "each kind has its words");

/* The text of a kind, not SV_LOST_OTHER; "identity" is quoted as SQL needs it. */
char *
sv_lost_text(LostKind kind, const char *identity)
{
	return psprintf("%s %s", words[kind], identity);
}

/* Does such a text tell of rows, values or positions, not of something that stays? */
bool
sv_lost_is_content(const char *text)
{
	for (int kind = 0; kind < SV_LOST_OTHER; kind++)
	{
		size_t		length = strlen(words[kind]);

		if (strncmp(text, words[kind], length) == 0 && text[length] == ' ')
			return true;
	}
	return false;
}
