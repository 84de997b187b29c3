/*
 * tool_keys.c
 *		What a tool calls a migration: of a revision, and of a row of its table.
 *
 * Both become the same text if they mean the same migration.
 */
#include "postgres.h"

#include "adopt/adopt_private.h"
#include "catalog/pg_collation.h"
#include "utils/builtins.h"
#include "utils/formatting.h"

/* ---------- details ---------- */

/* What was noted of the revision's file under that name, or NULL. */
const char *
sv_adopt_detail(const Migration *migration, const char *name)
{
	if (migration->details == NULL)
		return NULL;
	return sv_json_text(sv_json_member(&migration->details->root, name));
}

/* The same of a list of texts. */
List *
sv_adopt_detail_list(const Migration *migration, const char *name)
{
	if (migration->details == NULL)
		return NIL;
	return sv_json_texts(sv_json_array(sv_json_member(&migration->details->root, name)));
}

/* ---------- names ---------- */

/* The id without its source. */
static const char *
bare_id(const Migration *migration)
{
	const char *id = migration->stored->id;
	size_t		n = strlen(migration->stored->source);

	return n > 0 && strncmp(id, migration->stored->source, n) == 0 && id[n] == '/' ? id + n + 1 :
		id;
}

/* The last part of the path, without the ending (".sql", ".js", ...). */
char *
sv_adopt_stem(const char *path)
{
	const char *slash = strrchr(path, '/');
	char	   *base = pstrdup(slash != NULL ? slash + 1 : path);
	char	   *dot = strrchr(base, '.');

	if (dot != NULL && dot > base)
		*dot = '\0';
	return base;
}

/*
 * The number that begins the text, without zeros before it and '-' in it; NULL: none.
 * Digits of a word, as in "4f1c", are no number.
 */
static char *
leading_number(const char *text)
{
	StringInfoData out;

	initStringInfo(&out);
	if (*text == 'V' || *text == 'U' || *text == 'v')
		text++;
	for (; (*text >= '0' && *text <= '9') || (*text == '-' && out.len > 0); text++)
	{
		if (*text == '-' || (*text == '0' && out.len == 0 && text[1] >= '0' && text[1] <= '9'))
			continue;
		appendStringInfoChar(&out, *text);
	}
	return out.len > 0 && !isalnum((unsigned char) *text) ? out.data : NULL;
}

List *
sv_adopt_key_id(const Migration *migration)
{
	return list_make1(pstrdup(bare_id(migration)));
}

List *
sv_adopt_key_number(const Migration *migration)
{
	char	   *number = leading_number(bare_id(migration));

	return number != NULL ? list_make1(number) : NIL;
}

List *
sv_adopt_key_file(const Migration *migration)
{
	return list_make1(migration->stored->file != NULL ? sv_adopt_stem(migration->stored->file) :
					  pstrdup(bare_id(migration)));
}

/* "APPLICATION/NAME"; the application is the source. */
List *
sv_adopt_key_django(const Migration *migration)
{
	char	   *name = linitial(sv_adopt_key_file(migration));

	return list_make1(*migration->stored->source != '\0' ?
					  psprintf("%s/%s", migration->stored->source, name) : name);
}

/* All versions that structure.sql contains, or the one of the file. */
List *
sv_adopt_key_rails(const Migration *migration)
{
	List	   *versions = sv_adopt_detail_list(migration, "versions");

	return versions != NIL ? versions : sv_adopt_key_number(migration);
}

List *
sv_adopt_key_sqitch(const Migration *migration)
{
	const char *id = sv_adopt_detail(migration, "change_id");

	return id != NULL ? list_make1(unconstify(char *, id)) : NIL;
}

/* The time of the journal's entry, or the hash where there is no journal. */
List *
sv_adopt_key_drizzle(const Migration *migration)
{
	const char *key = sv_adopt_detail(migration, "when");

	if (key == NULL)
		key = sv_adopt_detail(migration, "hash");
	return key != NULL ? list_make1(unconstify(char *, key)) : NIL;
}

/* ---------- Flyway ---------- */

/* Each part without zeros before it, and without parts of zero at the end. */
static char *
normal_version(const char *version)
{
	StringInfoData out;
	int			significant = 0;

	initStringInfo(&out);
	while (*version != '\0')
	{
		int			length = strcspn(version, "._");
		int			zeros = strspn(version, "0");

		if (zeros >= length)
			zeros = Max(length - 1, 0);
		if (out.len > 0)
			appendStringInfoChar(&out, '.');
		appendBinaryStringInfo(&out, version + zeros, length - zeros);
		if (strspn(version, "0") < length)
			significant = out.len;
		version += length;
		version += *version != '\0';
	}
	return significant > 0 ? pnstrdup(out.data, significant) : pstrdup("0");
}

static char *
with_blanks(const char *title)
{
	char	   *words = pstrdup(title);

	for (char *c = words; *c != '\0'; c++)
		*c = *c == '_' ? ' ' : *c;
	return words;
}

/* "V:VERSION", "B:VERSION" or "R:DESCRIPTION", of the name of the file. */
List *
sv_adopt_key_flyway(const Migration *migration)
{
	const char *id = bare_id(migration);
	char	   *base = migration->stored->file != NULL ? sv_adopt_stem(migration->stored->file) :
	pstrdup(id);
	char	   *separator = strstr(base, "__");

	if (base[0] == 'R' && separator == base + 1)
		return list_make1(psprintf("R:%s", with_blanks(separator + 2)));
	if (strchr("VB", base[0]) != NULL && base[0] != '\0')
	{
		if (separator != NULL)
			*separator = '\0';
		return list_make1(psprintf("%c:%s", base[0], normal_version(base + 1)));
	}
	return *id >= '0' && *id <= '9' ? list_make1(psprintf("V:%s", normal_version(id))) : NIL;
}

char *
sv_adopt_row_flyway(const char *key)
{
	return *key == 'R' ? psprintf("R:%s", with_blanks(key + 2)) :
		psprintf("%c:%s", *key, normal_version(key + 2));
}

/* ---------- Liquibase ---------- */

/* "PATH::ID::AUTHOR": the path without what Liquibase leaves out, all in lower case. */
static char *
liquibase_key(const char *path, const char *rest)
{
	if (pg_strncasecmp(path, "classpath:", 10) == 0)
		path += 10;
	path += strspn(path, "/");
	if (strncmp(path, "./", 2) == 0)
		path += 2;
	return str_tolower(psprintf("%s::%s", path, rest), strlen(path) + strlen(rest) + 2,
					   DEFAULT_COLLATION_OID);
}

List *
sv_adopt_key_liquibase(const Migration *migration)
{
	const char *path = sv_adopt_detail(migration, "path");
	const char *id = sv_adopt_detail(migration, "id");
	const char *author = sv_adopt_detail(migration, "author");

	if (path == NULL || id == NULL || author == NULL)
		return NIL;
	return list_make1(liquibase_key(path, psprintf("%s::%s", id, author)));
}

char *
sv_adopt_row_liquibase(const char *key)
{
	const char *rest = strstr(key, "::");

	return rest != NULL ? liquibase_key(pnstrdup(key, rest - key), rest + 2) : pstrdup(key);
}

/* Are both ids the same, but for case, and what an id has '_' for? */
static bool
are_alike(const char *a, const char *b)
{
	for (; *a != '\0' && *b != '\0'; a++, b++)
	{
		char		la = pg_tolower((unsigned char) *a);
		char		lb = pg_tolower((unsigned char) *b);

		if (la != lb && !(lb == '_' && !isalnum((unsigned char) la) && la != '/'))
			return false;
	}
	return *a == *b;
}

/*
 * Is the living object the changeset of the row?  It is called PATH/ID, or
 * PATH/AUTHOR.ID where the file has that id from two authors.
 */
bool
sv_adopt_living_liquibase(const StoredLiving *living, const char *row_key)
{
	const char *id = strstr(row_key, "::");
	const char *author = id != NULL ? strstr(id + 2, "::") : NULL;
	const char *name = living->name;
	size_t		source = strlen(living->source);
	char	   *path;
	char	   *bare;

	if (author == NULL)
		return false;
	if (source > 0 && strncmp(name, living->source, source) == 0 && name[source] == '/')
		name += source + 1;
	path = pnstrdup(row_key, id - row_key);
	if (strlen(path) > 4 && strcmp(path + strlen(path) - 4, ".sql") == 0)
		path[strlen(path) - 4] = '\0';
	bare = pnstrdup(id + 2, author - id - 2);
	return are_alike(psprintf("%s/%s", path, bare), name) ||
		are_alike(psprintf("%s/%s.%s", path, author + 2, bare), name);
}

/* ---------- keys of rows ---------- */

char *
sv_adopt_row_same(const char *key)
{
	return pstrdup(key);
}

char *
sv_adopt_row_number(const char *key)
{
	char	   *number = leading_number(key);

	return number != NULL ? number : pstrdup(key);
}

char *
sv_adopt_row_file(const char *key)
{
	return sv_adopt_stem(key);
}

/* The key as results show it: a version of Flyway without its kind. */
const char *
sv_adopt_shown_key(const char *key)
{
	return strncmp(key, "V:", 2) == 0 ? key + 2 : key;
}

/* Compare keys that are versions: part by part, as numbers. */
int
sv_adopt_compare_keys(const char *a, const char *b)
{
	while (*a != '\0' || *b != '\0')
	{
		int			na = strcspn(a, ".");
		int			nb = strcspn(b, ".");
		int			cmp = na != nb ? na - nb : strncmp(a, b, na);

		if (cmp != 0)
			return cmp;
		a += na + (a[na] == '.');
		b += nb + (b[nb] == '.');
	}
	return 0;
}
