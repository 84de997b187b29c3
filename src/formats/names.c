/*
 * names.c
 *		Revisions whose id, message and order stand in their files' names.
 *
 * A name is VERSION_MESSAGE, or just a name.  VERSION is digits, with single
 * '-' and '.' between digits: "0001", "2019-02-26-002946", "1.10".  It ends
 * before the first character that is neither letter nor digit; "4f1c_x" begins
 * with no version, its id is "4f1c".  The id is VERSION without '-' and '.'.
 * A name that does not begin with a digit is the id as it is, with '_' for
 * every character that an id cannot have.
 *
 * The revisions form one chain: by version, its numbers compared as numbers,
 * then by name; names without a version come last.
 */
#include "postgres.h"

#include "formats/formats_private.h"

/* ---------- id and message ---------- */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		IS_HIGHBIT_SET(c);
}

/* Return the length of the version that begins the name, or 0. */
static int
version_length(const char *name)
{
	int			n = 0;

	while (is_digit(name[n]) ||
		   (n > 0 && (name[n] == '-' || name[n] == '.') && is_digit(name[n + 1])))
		n++;
	return is_alnum(name[n]) ? 0 : n;
}

/* Copy the bytes; what an id cannot have becomes '_'. */
static char *
make_id(const char *bytes, int length)
{
	char	   *id = pnstrdup(bytes, length);

	for (char *c = id; *c != '\0'; c++)
	{
		if (strchr("@+-:,", *c) != NULL || (unsigned char) *c <= ' ' || *c == 0x7F)
			*c = '_';
	}
	return id;
}

static char *
version_id(const char *name, int length)
{
	char	   *id = palloc(length + 1);
	int			n = 0;

	for (int i = 0; i < length; i++)
	{
		if (is_digit(name[i]))
			id[n++] = name[i];
	}
	id[n] = '\0';
	return id;
}

/* The rest of the name in words; NULL if nothing is left. */
static char *
words_of(const char *rest)
{
	char	   *words;

	while (*rest != '\0' && strchr("_-. ", *rest) != NULL)
		rest++;
	if (*rest == '\0')
		return NULL;
	words = pstrdup(rest);
	for (char *c = words; *c != '\0'; c++)
	{
		if (*c == '_')
			*c = ' ';
	}
	return words;
}

/*
 * Return what the name (the last part of stem) says about the file.  Neither
 * stem nor name is copied.
 */
NamedFile *
sv_named_file(const SourceFile *file, const char *stem, const char *name, bool is_down)
{
	NamedFile  *result = palloc0(sizeof(NamedFile));
	const char *rest = NULL;
	int			prefix;

	result->file = file;
	result->stem = stem;
	result->name = name;
	result->is_down = is_down;
	result->version = version_length(name);
	if (result->version > 0)
	{
		result->id = version_id(name, result->version);
		rest = words_of(name + result->version);
	}
	else
	{
		prefix = is_digit(name[0]) ? strcspn(name, "_") : strlen(name);
		result->id = make_id(name, prefix);
		if (is_digit(name[0]))
			rest = words_of(name + prefix);
	}
	result->message = rest != NULL ? rest : name;
	return result;
}

/* ---------- order ---------- */

/* Compare two runs of digits as numbers. */
static int
compare_runs(const char *a, int na, const char *b, int nb)
{
	for (; na > 0 && *a == '0'; na--)
		a++;
	for (; nb > 0 && *b == '0'; nb--)
		b++;
	if (na != nb)
		return na < nb ? -1 : 1;
	return memcmp(a, b, na);
}

static int
run_length(const char *text, const char *end)
{
	int			n = 0;

	while (text + n < end && is_digit(text[n]))
		n++;
	return n;
}

/*
 * Compare two texts, runs of digits as numbers, other bytes as they are.  Only
 * the runs count if so told, so "1-2" equals "1.2".
 */
static int
compare_naturally(const char *a, const char *a_end, const char *b, const char *b_end,
				  bool only_runs)
{
	while (a < a_end && b < b_end)
	{
		int			na = run_length(a, a_end);
		int			nb = run_length(b, b_end);
		int			cmp = 0;

		if (na > 0 && nb > 0)
			cmp = compare_runs(a, na, b, nb);
		else if (!only_runs || na != nb)
			cmp = (unsigned char) *a - (unsigned char) *b;
		if (cmp != 0)
			return cmp;
		a += Max(na, 1);
		b += Max(nb, 1);
	}
	return (a < a_end) - (b < b_end);
}

static int
compare_named_files(const ListCell *ca, const ListCell *cb)
{
	const NamedFile *a = lfirst(ca);
	const NamedFile *b = lfirst(cb);
	int			cmp;

	if ((a->version > 0) != (b->version > 0))
		return a->version > 0 ? -1 : 1;
	cmp = compare_naturally(a->name, a->name + a->version,
							b->name, b->name + b->version, true);
	if (cmp == 0)
		cmp = compare_naturally(a->name, a->name + strlen(a->name),
								b->name, b->name + strlen(b->name), false);
	if (cmp == 0)
		cmp = strcmp(a->stem, b->stem);
	return cmp != 0 ? cmp : (int) a->is_down - (int) b->is_down;
}

/* ---------- drafts ---------- */

static int
compare_ids(const ListCell *a, const ListCell *b)
{
	return strcmp(((const RevisionDraft *) lfirst(a))->id,
				  ((const RevisionDraft *) lfirst(b))->id);
}

/* Refuse two drafts with the same id. */
static void
check_ids(const List *drafts)
{
	List	   *sorted = list_copy(drafts);
	const RevisionDraft *last = NULL;
	ListCell   *lc;

	list_sort(sorted, compare_ids);
	foreach(lc, sorted)
	{
		const RevisionDraft *draft = lfirst(lc);

		if (last != NULL && strcmp(last->id, draft->id) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_SV_DUPLICATE),
					 errmsg("two files give the same revision \"%s\"", draft->id),
					 errdetail("The files are \"%s\" and \"%s\".",
							   last->source, draft->source),
					 errhint("Give one of them another version.")));
		last = draft;
	}
	list_free(sorted);
}

static RevisionDraft *
new_draft(const NamedFile *named)
{
	RevisionDraft *draft = palloc0(sizeof(RevisionDraft));

	draft->id = named->id;
	draft->message = named->message;
	draft->source = named->file->name;
	return draft;
}

/* Add the file's text to the draft. */
static void
add_text(RevisionDraft *draft, const NamedFile *named)
{
	if (named->is_down)
	{
		draft->down = named->file->content;
		draft->down_source = named->file->name;
		draft->down_line = 1;
	}
	else
	{
		draft->up = named->file->content;
		draft->source = named->file->name;
		draft->up_line = 1;
	}
}

static bool
has_text(const RevisionDraft *draft, const NamedFile *named)
{
	return named->is_down ? draft->down != NULL : draft->up != NULL;
}

/* Let each draft revise the one before it; a down alone is no link of the chain. */
static void
make_chain(List *drafts)
{
	const RevisionDraft *last = NULL;
	ListCell   *lc;

	foreach(lc, drafts)
	{
		RevisionDraft *draft = lfirst(lc);

		if (draft->up == NULL)
			continue;
		draft->revises_given = true;
		if (last != NULL)
			draft->revises = list_make1(unconstify(char *, last->id));
		last = draft;
	}
}

/*
 * Return the drafts of the files (a list of NamedFile, which is sorted in
 * place): files of one stem are one revision.  Several files form a chain; a
 * single one says nothing about what it revises.
 */
List *
sv_named_drafts(List *named_files)
{
	List	   *drafts = NIL;
	RevisionDraft *draft = NULL;
	const char *stem = NULL;
	ListCell   *lc;

	list_sort(named_files, compare_named_files);
	foreach(lc, named_files)
	{
		const NamedFile *named = lfirst(lc);

		if (draft == NULL || strcmp(stem, named->stem) != 0 || has_text(draft, named))
		{
			draft = new_draft(named);
			drafts = lappend(drafts, draft);
			stem = named->stem;
		}
		add_text(draft, named);
	}
	check_ids(drafts);
	if (list_length(named_files) > 1)
		make_chain(drafts);
	return drafts;
}
