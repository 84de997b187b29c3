/*
 * suggest.c
 *		What somebody may have meant by a name that names nothing.
 */
#include "postgres.h"

#include "graph/graph_private.h"
#include "utils/varlena.h"

/* What users of other tools write, and ours for it. */
static const struct
{
	const char *theirs;
	const char *ours;
}			words[] = {
	{"latest", "head"}, {"newest", "head"}, {"last", "head"}, {"tip", "head"}, {"top", "head"},
	{"max", "head"}, {"up", "head"}, {"all", "heads"}, {"zero", "base"}, {"first", "base"},
	{"none", "base"}, {"empty", "base"}, {"root", "base"}, {"0", "base"}, {"now", "current"},
	{"applied", "current"}, {"@", "current"},
};

static const char *const own_words[] = {"head", "heads", "base", "current"};

#define MAX_COMPARED	255		/* bytes, what the server's function takes */

/* The best one so far. */
typedef struct Suggestion
{
	const char *name;			/* that is asked for */
	const char *best;
	int			distance;
} Suggestion;

/* Is the candidate closer than the best so far?  A third of the name may differ. */
static void
consider(Suggestion *suggestion, const char *candidate, const char *shown)
{
	int			length = strlen(suggestion->name);
	int			distance;

	if (length > MAX_COMPARED || strlen(candidate) > MAX_COMPARED)
		return;
	/* of two letters one may always differ */
	if (length < 3 && pg_strcasecmp(suggestion->name, candidate) != 0)
		return;
	if (pg_strcasecmp(suggestion->name, candidate) == 0)
		distance = 0;
	else
		distance = varstr_levenshtein_less_equal(suggestion->name, length, candidate,
												 strlen(candidate), 1, 1, 1,
												 suggestion->distance, true);
	if (distance < suggestion->distance && distance * 3 <= Max(length, 3) + 3)
	{
		suggestion->best = shown;
		suggestion->distance = distance;
	}
}

/*
 * Return what "name" may have meant: a tag of that name, a word of another tool's
 * language, or the closest of our words, the ids and the labels; NULL if nothing is
 * close.
 */
const char *
sv_graph_suggest(const RevisionGraph *graph, const char *name)
{
	Suggestion	suggestion = {name, NULL, 3};

	if (sv_graph_find_tag(graph, name) >= 0)
		return psprintf("tag:%s", name);
	for (int i = 0; i < lengthof(words); i++)
		if (pg_strcasecmp(name, words[i].theirs) == 0)
			return words[i].ours;
	for (int i = 0; i < lengthof(own_words); i++)
		consider(&suggestion, own_words[i], own_words[i]);
	for (int i = 0; i < graph->n; i++)
	{
		const GraphRevision *revision = &graph->revisions[i];

		consider(&suggestion, revision->id, revision->id);
		for (int j = 0; j < revision->nlabels; j++)
			consider(&suggestion, revision->labels[j], revision->labels[j]);
	}
	return suggestion.best;
}
