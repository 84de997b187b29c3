/*
 * reference.c
 *		The grammar in which revisions are named, and what a name means.
 *
 *		reference:	[branch '@'] (symbol | [symbol] ('+' | '-') digits)
 *		symbol:		head | heads | base | current | tag:NAME | date:TIME |
 *					run:NUMBER | id | label | the first characters of an id or label
 *		branch:		label | id | tag:NAME | the first characters of one
 *
 * The meaning is Alembic's, including which cases are errors.  A full id wins
 * over every other reading.  An id may have dashes, as dates and UUIDs have; none
 * is what another id and a number of steps would be, which register.c sees to.
 * A bare +N or -N counts from what is applied now,
 * as current+N and current-N do.  "The branch" of a label or id is the
 * revision that carries it with all its ancestors and descendants,
 * dependencies aside.  Where a single revision is returned, SV_BASE stands for
 * "base".
 */
#include "postgres.h"

#include <limits.h>

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "graph/graph_private.h"

#define TAG_PREFIX			"tag:"
#define MAX_CANDIDATES		4	/* in a message */

/* As in Alembic, what is shorter than this is never meant by its beginning */
#define MIN_PARTIAL_TARGET	4	/* characters */

typedef enum Word
{
	WORD_NONE,
	WORD_HEAD,
	WORD_HEADS,
	WORD_BASE,
	WORD_CURRENT
} Word;

static void
report_malformed(const char *text, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_SV_UNKNOWN_REVISION),
			 errmsg("invalid revision reference: \"%s\"", sv_base_clip(text)),
			 errdetail_internal("%s", detail),
			 errhint("Write head, heads, base, current, an id or its first characters, a branch label, tag:NAME, date:TIME, run:NUMBER, +N, -N, ID+N or ID-N, optionally after label@.")));
}

/* The last sign of the text, or NULL. */
static const char *
last_sign(const char *text)
{
	const char *plus = strrchr(text, '+');
	const char *minus = strrchr(text, '-');

	return plus > minus ? plus : minus;
}

/* Does an id begin with the text? */
static bool
begins_an_id(const RevisionGraph *graph, const char *text)
{
	for (int i = 0; i < graph->n; i++)
		if (strncmp(graph->revisions[i].id, text, strlen(text)) == 0)
			return true;
	return false;
}

/*
 * Cut "[symbol](+|-)digits" off the end of the reference.  "text" is what
 * follows the '@'.  Ids may have dashes: what is the beginning of one is no number
 * of steps, unless what stands before the sign is an id or a label by itself.
 */
static void
parse_relative(const RevisionGraph *graph, Reference *ref, const char *text)
{
	const char *sign = last_sign(text);
	const char *digits = sign ? sign + 1 : "";
	bool		is_number = digits[0] != '\0' && digits[strspn(digits, "0123456789")] == '\0';

	ref->symbol = text;
	if (sign == NULL || sv_graph_is_moment(text))
		return;
	if (!is_number)
	{
		if (strchr("+-", text[0]) != NULL || strchr(text, '+') != NULL)
			report_malformed(ref->text, "A number of steps must follow the sign.");
		return;
	}
	if (sign > text && (strchr("+-", text[0]) != NULL))
		report_malformed(ref->text, "A number of steps must follow the sign.");
	if (sign > text && sv_graph_find_name(graph, pnstrdup(text, sign - text)) < 0 &&
		begins_an_id(graph, text))
		return;

	ref->relative = true;
	ref->down = *sign == '-';
	ref->symbol = sign > text ? pnstrdup(text, sign - text) : NULL;
	if (ref->symbol != NULL && strcmp(ref->symbol, "current") == 0)
		ref->symbol = NULL;
	for (ref->steps = 0; *digits != '\0'; digits++)
	{
		if (ref->steps > INT_MAX / 10 - 1)
		{
			ref->steps = INT_MAX;
			break;
		}
		ref->steps = ref->steps * 10 + (*digits - '0');
	}
}

/*
 * Cut a reference into its parts.  Nothing is looked up but the whole text as
 * an id.  Raises ERRCODE_SV_UNKNOWN_REVISION if the text fits no form.
 */
Reference
sv_graph_parse_reference(const RevisionGraph *graph, const char *text)
{
	Reference	ref = {0};
	const char *at = strchr(text, '@');

	ref.text = text;
	if (text[0] == '\0')
		report_malformed(text, "It is empty.");
	if (sv_graph_find(graph, text) >= 0)
	{
		ref.symbol = text;
		return ref;
	}
	if (at == NULL)
	{
		parse_relative(graph, &ref, text);
		return ref;
	}
	if (at == text)
		report_malformed(text, "A branch label or an id must stand before the character \"@\".");
	if (at[1] == '\0')
		report_malformed(text, "Something must follow the character \"@\".");
	if (strchr(at + 1, '@') != NULL)
		report_malformed(text, "The character \"@\" may stand in it only once.");
	ref.branch = pnstrdup(text, at - text);
	parse_relative(graph, &ref, at + 1);
	return ref;
}

static Word
word_of(const RevisionGraph *graph, const char *symbol)
{
	if (sv_graph_find(graph, symbol) >= 0)
		return WORD_NONE;
	if (strcmp(symbol, "head") == 0)
		return WORD_HEAD;
	if (strcmp(symbol, "heads") == 0)
		return WORD_HEADS;
	if (strcmp(symbol, "base") == 0)
		return WORD_BASE;
	if (strcmp(symbol, "current") == 0)
		return WORD_CURRENT;
	return WORD_NONE;
}

static void
report_unknown(const RevisionGraph *graph, const char *name, bool is_branch)
{
	const char *meant = sv_graph_suggest(graph, name);
	const char *colon = strchr(name, ':');

	if (colon != NULL && colon > name && colon[1] != '\0')
		ereport(ERROR,
				(errcode(ERRCODE_SV_UNKNOWN_REVISION),
				 errmsg("revision or branch label \"%s\" does not exist", sv_base_clip(name)),
				 errhint("A range is two arguments, as in schemaver.script('%s', '%s'); only tag:, date: and run: stand before a colon.",
						 sv_base_clip(pnstrdup(name, colon - name)), sv_base_clip(colon + 1))));
	ereport(ERROR,
			(errcode(ERRCODE_SV_UNKNOWN_REVISION),
			 is_branch ?
			 errmsg("branch \"%s\" does not exist", sv_base_clip(name)) :
			 errmsg("revision or branch label \"%s\" does not exist", sv_base_clip(name)),
			 meant != NULL ?
			 errhint("Did you mean \"%s\"? SELECT * FROM schemaver.history() lists the registered revisions.", sv_base_clip(meant)) :
			 errhint("See the registered revisions with SELECT * FROM schemaver.history().")));
}

/* The ids and labels that begin with a given text. */
typedef struct Candidates
{
	int			n;
	int			revision;		/* of the first one */
	StringInfoData names;
} Candidates;

static void
add_found(Candidates *found, const char *name, int revision)
{
	if (found->n == 0)
		found->revision = revision;
	if (found->n < MAX_CANDIDATES)
		appendStringInfo(&found->names, "%s\"%s\"", found->n > 0 ? ", " : "",
						 sv_base_clip(name));
	else if (found->n == MAX_CANDIDATES)
		appendStringInfoString(&found->names, ", ...");
	found->n++;
}

static void
add_candidate(Candidates *found, const char *prefix, const char *name, int revision)
{
	if (strncmp(name, prefix, strlen(prefix)) == 0 && pg_mbstrlen(name) >= MIN_PARTIAL_TARGET)
		add_found(found, name, revision);
}

static void
report_ambiguous(const char *name, const Candidates *found, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_SV_AMBIGUOUS_REFERENCE),
			 errmsg("revision reference \"%s\" is ambiguous", sv_base_clip(name)),
			 errdetail("It could mean %s.", found->names.data),
			 errhint("%s", hint)));
}

/*
 * Return the only revision with the id SOURCE/name, -1 if there is none.  The
 * ids of files that were loaded with a source are such.
 */
static int
find_in_sources(const RevisionGraph *graph, const char *name, const bool *lineage)
{
	Candidates	found = {0};

	initStringInfo(&found.names);
	for (int i = 0; i < graph->n; i++)
	{
		const char *slash = strrchr(graph->revisions[i].id, '/');

		if (slash != NULL && strcmp(slash + 1, name) == 0 && (lineage == NULL || lineage[i]))
			add_found(&found, graph->revisions[i].id, i);
	}
	if (found.n > 1)
		report_ambiguous(name, &found, "Write the source, too: SOURCE/ID.");
	return found.n == 1 ? found.revision : -1;
}

/*
 * Return the only revision whose id or one of whose labels begins with
 * "prefix".  "lineage", if not NULL, marks the revisions that count.
 */
static int
find_partial(const RevisionGraph *graph, const char *prefix, const bool *lineage, bool is_branch)
{
	Candidates	found = {0};

	initStringInfo(&found.names);
	for (int i = 0; i < graph->n; i++)
	{
		const GraphRevision *rev = &graph->revisions[i];

		if (lineage != NULL && !lineage[i])
			continue;
		add_candidate(&found, prefix, rev->id, i);
		for (int j = 0; j < rev->nlabels; j++)
			add_candidate(&found, prefix, rev->labels[j], i);
	}
	if (found.n == 0)
		report_unknown(graph, prefix, is_branch);
	if (found.n > 1)
		report_ambiguous(prefix, &found, "Write more of the id.");
	return found.revision;
}

static int
find_tag(const RevisionGraph *graph, const char *tag)
{
	int			revision = sv_graph_find_tag(graph, tag);

	if (revision < 0)
		ereport(ERROR,
				(errcode(ERRCODE_SV_UNKNOWN_REVISION),
				 errmsg("tag \"%s\" does not exist", sv_base_clip(tag))));
	return revision;
}

/*
 * Return the revision that "name" names: a tag, an id, a label, or part of
 * one.
 */
static int
find_name(const RevisionGraph *graph, const char *name, const bool *lineage, bool is_branch)
{
	int			revision;

	if (strncmp(name, TAG_PREFIX, strlen(TAG_PREFIX)) == 0)
		return find_tag(graph, name + strlen(TAG_PREFIX));
	revision = sv_graph_find_name(graph, name);
	if (revision < 0)
		revision = find_in_sources(graph, name, lineage);
	return revision >= 0 ? revision : find_partial(graph, name, lineage, is_branch);
}

/*
 * Return the revision that the branch of a reference names.  It must have one.
 */
int
sv_graph_branch_revision(const RevisionGraph *graph, const Reference *ref)
{
	return find_name(graph, ref->branch, NULL, true);
}

/* Mark the members of the branch of a reference; NULL if it has none. */
bool *
sv_graph_branch_lineage(const RevisionGraph *graph, const Reference *ref)
{
	RevisionList branch;

	if (ref->branch == NULL)
		return NULL;
	branch = sv_graph_list_one(sv_graph_branch_revision(graph, ref));
	return sv_graph_lineage(graph, &branch, false);
}

static void
report_several(const RevisionGraph *graph, const char *text, const RevisionList *list)
{
	ereport(ERROR,
			(errcode(ERRCODE_SV_SEVERAL_HEADS),
			 errmsg("\"%s\" means more than one revision", sv_base_clip(text)),
			 errdetail("It could mean %s.", sv_graph_names(graph, list)),
			 errhint("Name one of them, narrow it with label@head, use \"heads\" where all are meant, or join them with SELECT schemaver.merge().")));
}

/*
 * Return the revisions that a word means, within the lineage if there is one.
 */
static RevisionList
find_word(const RevisionGraph *graph, const Reference *ref, Word word, const bool *lineage)
{
	RevisionList list;

	if (word == WORD_BASE)
		return sv_graph_list_one(SV_BASE);
	if (word == WORD_CURRENT)
		list = sv_graph_current(graph);
	else if (word == WORD_HEADS && lineage == NULL)
		list = sv_graph_effective_heads(graph);
	else
		list = sv_graph_heads(graph);
	if (lineage != NULL)
		list = sv_graph_list_filter(&list, lineage);
	if (word == WORD_HEAD && list.n > 1)
		report_several(graph, ref->text, &list);
	return list;
}

/*
 * Return the revisions that the symbol means, within the branch if
 * "in_branch".
 */
static RevisionList
find_symbol(const RevisionGraph *graph, const Reference *ref, bool in_branch)
{
	Word		word = word_of(graph, ref->symbol);
	bool	   *lineage = NULL;
	int			revision;

	/* Where there is nothing, "head", "heads" and "base" are nothing, too */
	if (word == WORD_BASE || (word != WORD_NONE && graph->n == 0))
		return sv_graph_list_one(SV_BASE);
	if (in_branch)
		lineage = sv_graph_branch_lineage(graph, ref);
	if (word != WORD_NONE)
		return find_word(graph, ref, word, lineage);
	if (sv_graph_is_moment(ref->symbol))
		return sv_graph_moment_heads(graph, ref->symbol, lineage);

	revision = find_name(graph, ref->symbol, lineage, false);
	if (lineage != NULL && !lineage[revision])
		ereport(ERROR,
				(errcode(ERRCODE_SV_NOT_IN_RANGE),
				 errmsg("revision \"%s\" is not a member of branch \"%s\"",
						sv_base_clip(graph->revisions[revision].id),
						sv_base_clip(ref->branch))));
	return sv_graph_list_one(revision);
}

/* Return what a reference that is not relative means, in index order. */
RevisionList
sv_graph_absolute(const RevisionGraph *graph, const Reference *ref)
{
	return find_symbol(graph, ref, true);
}

/*
 * Return the only revision that the symbol of a reference means, or SV_BASE;
 * several are an error.  Its branch counts only if "in_branch".
 */
int
sv_graph_single(const RevisionGraph *graph, const Reference *ref, bool in_branch)
{
	RevisionList list = find_symbol(graph, ref, in_branch);

	if (list.n > 1)
		report_several(graph, ref->text, &list);
	if (list.n == 0 && in_branch && ref->branch != NULL)
		(void) sv_graph_branch_revision(graph, ref);	/* it must exist */
	return list.n == 0 ? SV_BASE : list.members[0];
}

/*
 * Return the revisions that a reference means; none for base.  Relative forms
 * count from what is applied now.
 */
RevisionList
sv_graph_resolve(const RevisionGraph *graph, const char *ref)
{
	Reference	parsed = sv_graph_parse_reference(graph, ref);

	if (parsed.relative)
		return sv_graph_list_one(sv_graph_relative(graph, &parsed, false));
	return sv_graph_absolute(graph, &parsed);
}

/*
 * Return the only revision that a reference means; several or none are an
 * error.
 */
int
sv_graph_resolve_one(const RevisionGraph *graph, const char *ref)
{
	RevisionList list = sv_graph_resolve(graph, ref);

	if (list.n > 1)
		report_several(graph, ref, &list);
	if (list.n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_SV_UNKNOWN_REVISION),
				 errmsg("\"%s\" means no revision", sv_base_clip(ref)),
				 errhint("Name a revision; see them with SELECT * FROM schemaver.history().")));
	return list.members[0];
}

/*
 * The target of a run as a reference.  A number, "steps:N", is the revision with
 * exactly that id, or else so many steps in the direction of the run.
 */
char *
sv_graph_target(const RevisionGraph *graph, const char *target, Direction direction)
{
	const char *digits = target + strlen(SV_GRAPH_STEPS);

	if (strncmp(target, SV_GRAPH_STEPS, strlen(SV_GRAPH_STEPS)) != 0 || digits[0] == '\0' ||
		digits[strspn(digits, "0123456789")] != '\0')
		return pstrdup(target);
	if (sv_graph_find(graph, digits) >= 0)
		return pstrdup(digits);
	return psprintf("%c%s", direction == SV_UPGRADE ? '+' : '-', digits);
}
