/*
 * text_diff.c
 *		Two texts, line by line.
 *
 * Pure.  The longest common subsequence of what lies between the common beginning
 * and the common end; where that would take too much time, all of it has changed.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "report/report_private.h"

#define CONTEXT 3				/* lines around a change that are shown */
#define MOST_CELLS 1000000		/* of the table of lengths */

static char **
split_lines(const char *text, int *n)
{
	char	   *copy = pstrdup(text);
	char	  **lines;

	*n = 1;
	for (const char *c = copy; *c != '\0'; c++)
		*n += *c == '\n';
	lines = palloc(sizeof(char *) * *n);
	for (int i = 0; i < *n; i++)
	{
		lines[i] = copy;
		copy += strcspn(copy, "\n");
		if (*copy != '\0')
			*copy++ = '\0';
	}
	return lines;
}

static List *
add_diff_line(List *result, char sign, char *text)
{
	DiffLine   *line = palloc(sizeof(DiffLine));

	line->sign = sign;
	line->text = text;
	return lappend(result, line);
}

static List *
add_lines(List *result, char sign, char **lines, int n)
{
	for (int i = 0; i < n; i++)
		result = add_diff_line(result, sign, lines[i]);
	return result;
}

/* lengths[i * (nb + 1) + j]: of the longest common subsequence of a[i...] and b[j...] */
static int *
common_lengths(char **a, int na, char **b, int nb)
{
	int		   *lengths = palloc0(sizeof(int) * (na + 1) * (nb + 1));

	for (int i = na - 1; i >= 0; i--)
	{
		int		   *row = lengths + i * (nb + 1);
		int		   *below = row + nb + 1;

		CHECK_FOR_INTERRUPTS();
		for (int j = nb - 1; j >= 0; j--)
			row[j] = strcmp(a[i], b[j]) == 0 ? below[j + 1] + 1 : Max(below[j], row[j + 1]);
	}
	return lengths;
}

static List *
add_middle(List *result, char **a, int na, char **b, int nb)
{
	int		   *lengths;
	int			i = 0;
	int			j = 0;

	if ((int64) (na + 1) * (nb + 1) > MOST_CELLS)
		return add_lines(add_lines(result, '-', a, na), '+', b, nb);
	lengths = common_lengths(a, na, b, nb);
	while (i < na || j < nb)
	{
		if (i < na && j < nb && strcmp(a[i], b[j]) == 0)
		{
			result = add_diff_line(result, ' ', a[i++]);
			j++;
		}
		else if (j == nb || (i < na && lengths[(i + 1) * (nb + 1) + j] >=
							 lengths[i * (nb + 1) + j + 1]))
			result = add_diff_line(result, '-', a[i++]);
		else
			result = add_diff_line(result, '+', b[j++]);
	}
	pfree(lengths);
	return result;
}

/* The lines of both texts, as a list of DiffLine. */
List *
sv_report_text_diff(const char *was, const char *is)
{
	int			na;
	int			nb;
	char	  **a = split_lines(was, &na);
	char	  **b = split_lines(is, &nb);
	int			head = 0;
	int			tail = 0;
	List	   *result;

	while (head < na && head < nb && strcmp(a[head], b[head]) == 0)
		head++;
	while (tail < na - head && tail < nb - head && strcmp(a[na - 1 - tail], b[nb - 1 - tail]) == 0)
		tail++;
	result = add_lines(NIL, ' ', a, head);
	result = add_middle(result, a + head, na - head - tail, b + head, nb - head - tail);
	return add_lines(result, ' ', a + na - tail, tail);
}

/* The number of lines of a hunk that the sign of one side has; blanks are of both. */
static int
count_side(const List *lines, int from, int to, char sign)
{
	int			n = 0;

	for (int i = from; i < to; i++)
	{
		char		c = ((DiffLine *) list_nth(lines, i))->sign;

		n += c == ' ' || c == sign;
	}
	return n;
}

/* The end of the hunk that begins at "from": no change within 2 * CONTEXT lines follows. */
static int
hunk_end(const List *lines, int from)
{
	int			end = from;

	for (int i = from; i < list_length(lines) && i <= end + 2 * CONTEXT; i++)
		if (((DiffLine *) list_nth(lines, i))->sign != ' ')
			end = i + 1;
	return end;
}

/*
 * Both texts as a unified diff, three lines around each change; "name" stands in its
 * first lines.  The form is that of diff -u (POSIX), without a line's end at its end.
 */
static char *
unified_diff(const char *name, const char *was, const char *is)
{
	List	   *lines = sv_report_text_diff(was, is);
	int			old_line = 1;
	int			new_line = 1;
	int			done = 0;
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "--- %s\n+++ %s", name, name);
	for (int i = 0; i < list_length(lines); i++)
	{
		int			from = Max(done, i - CONTEXT);
		int			to;

		if (((DiffLine *) list_nth(lines, i))->sign == ' ')
			continue;
		old_line += count_side(lines, done, from, '-');
		new_line += count_side(lines, done, from, '+');
		to = Min(hunk_end(lines, i) + CONTEXT, list_length(lines));
		appendStringInfo(&out, "\n@@ -%d,%d +%d,%d @@", old_line, count_side(lines, from, to, '-'),
						 new_line, count_side(lines, from, to, '+'));
		for (int k = from; k < to; k++)
		{
			const DiffLine *line = list_nth(lines, k);

			appendStringInfo(&out, "\n%c%s", line->sign, line->text);
		}
		old_line += count_side(lines, from, to, '-');
		new_line += count_side(lines, from, to, '+');
		done = to;
		i = to - 1;
	}
	return out.data;
}

/*
 * Append the unified diff of a property whose text has several lines; nothing if both are the
 * same, one is not set, or one line shows it all.
 */
void
sv_report_property_diff(StringInfo out, const char *name, const Property *was, const Property *is)
{
	if (was == NULL || is == NULL || was->text == NULL || is->text == NULL ||
		strcmp(was->text, is->text) == 0 ||
		(strchr(was->text, '\n') == NULL && strchr(is->text, '\n') == NULL))
		return;
	if (out->len > 0)
		appendStringInfoChar(out, '\n');
	appendStringInfoString(out, unified_diff(name, was->text, is->text));
}
