/*
 * names.c
 *		Revisions whose id, message and order stand in their files' names.
 *
 * A name is VERSION_MESSAGE, or just a name.  VERSION is digits, with single
 * '-' and '.' between digits: "0001", "2019-02-26-002946", "1.10".  It ends
 * before the first character that is neither letter nor digit; "4f1c_x" begins
 * with no version, its id is "4f1c".  The id is VERSION without '-'.  A name
 * that does not begin with a digit is the id as it is, with '_' for every
 * character that an id cannot have.
 *
 * Folders whose names are versions ("3", "v1.2") are the first part of the
 * version of what is in them; other folders do not count.
 *
 * Two files with the same version have their whole names as ids.
 *
 * The revisions form one chain: by version, its numbers compared as numbers,
 * then by name; names without a version come last.
 */
#include "postgres.h"

#include "miscadmin.h"

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
int
sv_version_length(const char *name)
{
	int			n = 0;

	while (is_digit(name[n]) ||
		   (n > 0 && (name[n] == '-' || name[n] == '.') && is_digit(name[n + 1])))
		n++;
	return is_alnum(name[n]) ? 0 : n;
}

/* Copy the bytes; what an id cannot have becomes '_'. */
char *
sv_id_from(const char *bytes, int length)
{
	char	   *id = pnstrdup(bytes, length);

	for (char *c = id; *c != '\0'; c++)
	{
		if (strchr("@+-:;,", *c) != NULL || (unsigned char) *c <= ' ' || *c == 0x7F)
			*c = '_';
	}
	return id;
}

/* Return the version, of that length, as an id: without '-'. */
static char *
version_id(const char *name, int length)
{
	char	   *id = palloc(length + 1);
	int			n = 0;

	for (int i = 0; i < length; i++)
	{
		if (name[i] != '-')
			id[n++] = name[i];
	}
	id[n] = '\0';
	return id;
}

/* Return the name in words; NULL if it has none. */
char *
sv_words_of(const char *name)
{
	char	   *words;

	while (*name != '\0' && strchr("_-. ", *name) != NULL)
		name++;
	if (*name == '\0')
		return NULL;
	words = pstrdup(name);
	for (char *c = words; *c != '\0'; c++)
	{
		if (*c == '_')
			*c = ' ';
	}
	return words;
}

/* Is the whole name, but for a leading "v", a version? */
static bool
is_version(const char *name)
{
	if (*name == 'v' || *name == 'V')
		name++;
	return *name != '\0' && sv_version_length(name) == strlen(name);
}

/* Return the folders of the path that are versions, as "1.2/3". */
static char *
folder_versions(const char *path)
{
	StringInfoData out;
	const char *slash;

	initStringInfo(&out);
	for (const char *at = path; (slash = strchr(at, '/')) != NULL; at = slash + 1)
	{
		char	   *part = pnstrdup(at, slash - at);

		if (!is_version(part))
			continue;
		if (*part == 'v' || *part == 'V')
			part++;
		appendStringInfo(&out, "%s%s", out.len > 0 ? "/" : "", part);
	}
	return out.data;
}

/* The id that the name gives if no other file has the same. */
static char *
own_id(const NamedFile *named)
{
	const char *name = named->name;
	char	   *id;

	if (named->version > 0)
		id = version_id(name, named->version);
	else
		id = sv_id_from(name, is_digit(name[0]) ? strcspn(name, "_") : strlen(name));
	return *named->folder != '\0' ?
		psprintf("%s/%s", version_id(named->folder, strlen(named->folder)), id) : id;
}

/* Return what the name says about the file.  The name is not copied. */
NamedFile *
sv_named_file(const SourceFile *file, const char *name, bool is_down)
{
	NamedFile  *result = palloc0(sizeof(NamedFile));
	const char *rest = NULL;

	if (*name == '\0')
		sv_format_refuse(file, 0, "the name gives no revision id",
						 "Name it as in \"0001_add_users.sql\".");
	result->file = file;
	result->folder = folder_versions(file->name);
	result->name = name;
	result->is_down = is_down;
	result->version = sv_version_length(name);
	result->id = own_id(result);
	if (result->version > 0)
		rest = sv_words_of(name + result->version);
	else if (is_digit(name[0]))
		rest = sv_words_of(name + strcspn(name, "_"));
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

/* Compare two versions, "1.10" and "1.9", by their numbers. */
int
sv_version_compare(const char *a, const char *b)
{
	return compare_naturally(a, a + strlen(a), b, b + strlen(b), true);
}

/* Compare by version alone; names without one are equal, and come last. */
static int
compare_versions(const NamedFile *a, const NamedFile *b)
{
	int			cmp = sv_version_compare(a->folder, b->folder);

	if (cmp != 0)
		return cmp;
	if ((a->version > 0) != (b->version > 0))
		return a->version > 0 ? -1 : 1;
	if (a->text_order && b->text_order)
		return strcmp(version_id(a->name, a->version), version_id(b->name, b->version));
	return compare_naturally(a->name, a->name + a->version,
							 b->name, b->name + b->version, true);
}

static int
compare_named_files(const ListCell *ca, const ListCell *cb)
{
	const NamedFile *a = lfirst(ca);
	const NamedFile *b = lfirst(cb);
	int			cmp = a->name_order && b->name_order ? sv_version_compare(a->folder, b->folder) :
	compare_versions(a, b);

	if (cmp == 0 && a->name_order && b->name_order)
		cmp = strcmp(a->name, b->name);
	if (cmp == 0)
		cmp = compare_naturally(a->name, a->name + strlen(a->name),
								b->name, b->name + strlen(b->name), false);
	if (cmp == 0)
		cmp = strcmp(a->folder, b->folder);
	if (cmp == 0)
		cmp = (int) a->is_down - (int) b->is_down;
	return cmp != 0 ? cmp : strcmp(a->file->name, b->file->name);
}

static int
compare_file_names(const ListCell *a, const ListCell *b)
{
	return strcmp(((const SourceFile *) lfirst(a))->name, ((const SourceFile *) lfirst(b))->name);
}

/* Sort a list of SourceFile by the bytes of their paths. */
void
sv_drafts_sort_by_name(List *files)
{
	list_sort(files, compare_file_names);
}

/* ---------- drafts ---------- */

/* The up and the down of one revision; one of them can be missing. */
typedef struct FilePair
{
	const NamedFile *up;
	const NamedFile *down;
} FilePair;

static bool
is_free(const FilePair *pair, const NamedFile *named)
{
	return named->is_down ? pair->down == NULL : pair->up == NULL;
}

static void
put_in(FilePair *pair, const NamedFile *named)
{
	if (named->is_down)
		pair->down = named;
	else
		pair->up = named;
}

static const char *
pair_name(const FilePair *pair)
{
	return pair->up != NULL ? pair->up->name : pair->down->name;
}

static FilePair *
find_pair(List *pairs, const NamedFile *named)
{
	foreach_ptr(FilePair, pair, pairs)
	{
		if (strcmp(pair_name(pair), named->name) == 0 && is_free(pair, named))
			return pair;
	}
	return NULL;
}

/*
 * Return the pairs among the files from "from" to "to", which have the same
 * version.  One up and one down are a pair whatever their titles are; of
 * several, those with the same title.
 */
static List *
pair_files(const List *named_files, int from, int to)
{
	List	   *pairs = NIL;
	int			ups = 0;
	bool		by_version;

	for (int i = from; i < to; i++)
		ups += ((const NamedFile *) list_nth(named_files, i))->is_down ? 0 : 1;
	by_version = ups <= 1 && to - from == 2 &&
		((const NamedFile *) list_nth(named_files, from))->version > 0;

	for (int i = from; i < to; i++)
	{
		const NamedFile *named = list_nth(named_files, i);
		FilePair   *pair = by_version && pairs != NIL ? linitial(pairs) : find_pair(pairs, named);

		if (pair == NULL || !is_free(pair, named))
		{
			pair = palloc0(sizeof(FilePair));
			pairs = lappend(pairs, pair);
		}
		put_in(pair, named);
	}
	return pairs;
}

static RevisionDraft *
draft_of_pair(const FilePair *pair, bool whole_name)
{
	const NamedFile *named = pair->up != NULL ? pair->up : pair->down;
	RevisionDraft *draft = sv_draft_new(named->file, named->id, named->message);

	if (whole_name)
		draft->id = *named->folder != '\0' ?
			psprintf("%s/%s", named->folder, sv_id_from(named->name, strlen(named->name))) :
			sv_id_from(named->name, strlen(named->name));
	draft->named_by_file = true;
	if (pair->down != NULL)
		sv_draft_set_down(draft, pair->down->file, pair->down->file->content, 1);
	if (pair->up != NULL)
		sv_draft_set_up(draft, pair->up->file, pair->up->file->content, 1);
	sv_draft_transactions(draft, pair->up != NULL && pair->up->no_transaction,
						  pair->down != NULL && pair->down->no_transaction);
	return draft;
}

static int
compare_draft_ids(const ListCell *a, const ListCell *b)
{
	return strcmp(((const RevisionDraft *) lfirst(a))->id,
				  ((const RevisionDraft *) lfirst(b))->id);
}

/* Refuse two drafts with the same id. */
static void
check_draft_ids(const List *drafts)
{
	List	   *sorted = list_copy(drafts);
	const RevisionDraft *last = NULL;

	list_sort(sorted, compare_draft_ids);
	foreach_ptr(const RevisionDraft, draft, sorted)
	{
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

/*
 * Return the drafts of the files (a list of NamedFile, which is sorted in
 * place), in order.  Several files form a chain; a single one says nothing
 * about what it revises.
 */
List *
sv_named_drafts(List *named_files)
{
	List	   *drafts = NIL;
	int			n = list_length(named_files);
	int			to;

	list_sort(named_files, compare_named_files);
	for (int from = 0; from < n; from = to)
	{
		const NamedFile *first = list_nth(named_files, from);
		List	   *pairs;

		CHECK_FOR_INTERRUPTS();
		for (to = from + 1; to < n && compare_versions(first, list_nth(named_files, to)) == 0;)
			to++;
		pairs = pair_files(named_files, from, to);
		foreach_ptr(const FilePair, pair, pairs)
			drafts = lappend(drafts,
							 draft_of_pair(pair, first->version > 0 &&
										   list_length(pairs) > 1));
	}
	check_draft_ids(drafts);
	if (n > 1)
		sv_drafts_chain(drafts);
	return drafts;
}
