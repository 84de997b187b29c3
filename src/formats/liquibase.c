/*
 * liquibase.c
 *		Format "liquibase": formatted SQL; changelog.c reads what includes it.
 *
 * A changeset is a revision, which revises the one before it.  Liquibase's
 * identity is path, id and author; here it is PATH/ID, the path without its
 * ending, or PATH/AUTHOR.ID where the file has that id from two authors.
 *
 * Changesets for other database systems, and those with ignore:true, are left
 * out, as Liquibase does.  An endDelimiter becomes a semicolon.  Properties are
 * replaced before anything is registered; other ${name} are variables of the run.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "formats/formats_private.h"

/* A changeset that is being read. */
typedef struct Changeset
{
	const char *author;
	const char *id;
	const char *comment;		/* NULL: none */
	const char *delimiter;		/* NULL: a semicolon */
	const char *rollback_delimiter; /* NULL: that of the upgrade */
	const char *path;			/* logicalFilePath, or NULL */
	int			line;
	DraftRuns	runs;
	bool		no_transaction;
	bool		left_out;
	bool		has_rollback;
	bool		strips_comments;
	bool		splits;
	StringInfoData sql;			/* as Liquibase hashes it */
	const char *contexts;		/* expression, or NULL */
	const char *labels;
	LiquibaseChecks checks;
	Section		up;
	Section		down;
} Changeset;

typedef struct ChangesetReader
{
	const SourceFile *file;
	List	   *changesets;		/* of Changeset */
	Changeset  *current;		/* NULL: none yet */
	LiquibaseScope *scope;		/* of the file */
	const char *path;			/* logicalFilePath of the file, or its name */
	List	   *properties;		/* see sv_liquibase_expand() */
	bool		in_rollback;	/* inside of a comment with a rollback */
	bool		in_ignored;		/* between ignoreLines:start and :end */
	int			ignore;			/* lines still to ignore */
} ChangesetReader;

bool
sv_liquibase_is_formatted(const SourceFile *file)
{
	LineCursor	line = {file->content};
	const char *rest;

	while (sv_line_next(&line))
	{
		if (sv_line_is_blank(&line))
			continue;
		rest = sv_line_comment(&line, "liquibase");
		return rest != NULL && pg_strncasecmp(rest, "formatted", 9) == 0;
	}
	return false;
}

static FormatFit
fit_liquibase(const SourceFile *file)
{
	if (sv_changelog_is_root(file))
		return SV_FIT_ROOT;
	return sv_file_is_sql(file) &&
		(sv_liquibase_is_formatted(file) || sv_text_has_mark(file->content, "changeset ")) ?
		SV_FIT_MARK : SV_FIT_NONE;
}

/* ---------- attributes ---------- */

static bool
is_true(const char *value)
{
	return pg_strcasecmp(value, "true") == 0;
}

/* One row for each attribute that a changeset can have. */
typedef enum AttributeKind
{
	ATTRIBUTE_NO_MATTER,		/* says how to cut or to print, which the server's parser does */
	ATTRIBUTE_STRIP,			/* the same, but the checksum has them */
	ATTRIBUTE_SPLIT,
	ATTRIBUTE_ON_CHANGE,
	ATTRIBUTE_ALWAYS,
	ATTRIBUTE_TRANSACTION,
	ATTRIBUTE_DELIMITER,
	ATTRIBUTE_ROLLBACK_DELIMITER,
	ATTRIBUTE_PATH,
	ATTRIBUTE_DBMS,
	ATTRIBUTE_IGNORE,
	ATTRIBUTE_MUST_BE_TRUE,
	ATTRIBUTE_CONTEXTS,
	ATTRIBUTE_LABELS
} AttributeKind;

static const struct
{
	const char *name;
	AttributeKind kind;
}			attributes[] = {
	{"stripComments", ATTRIBUTE_STRIP},
	{"splitStatements", ATTRIBUTE_SPLIT},
	{"rollbackSplitStatements", ATTRIBUTE_NO_MATTER},
	{"rollbackEndDelimiter", ATTRIBUTE_ROLLBACK_DELIMITER},
	{"objectQuotingStrategy", ATTRIBUTE_NO_MATTER},
	{"runWith", ATTRIBUTE_NO_MATTER},
	{"created", ATTRIBUTE_NO_MATTER},
	{"runOnChange", ATTRIBUTE_ON_CHANGE},
	{"runAlways", ATTRIBUTE_ALWAYS},
	{"runInTransaction", ATTRIBUTE_TRANSACTION},
	{"endDelimiter", ATTRIBUTE_DELIMITER},
	{"logicalFilePath", ATTRIBUTE_PATH},
	{"dbms", ATTRIBUTE_DBMS},
	{"ignore", ATTRIBUTE_IGNORE},
	{"failOnError", ATTRIBUTE_MUST_BE_TRUE},
	{"context", ATTRIBUTE_CONTEXTS},
	{"contextFilter", ATTRIBUTE_CONTEXTS},
	{"labels", ATTRIBUTE_LABELS},
};

static void
refuse_changeset(const ChangesetReader *r, const LineCursor *line, const char *message,
				 const char *hint)
{
	sv_format_refuse(r->file, line->number, message, hint);
}

static void
apply_attribute(ChangesetReader *r, const LineCursor *line, AttributeKind kind, const char *name,
				const char *value)
{
	Changeset  *changeset = r->current;

	switch (kind)
	{
		case ATTRIBUTE_ON_CHANGE:
			if (is_true(value) && changeset->runs == SV_RUNS_ONCE)
				changeset->runs = SV_RUNS_ON_CHANGE;
			break;
		case ATTRIBUTE_ALWAYS:
			if (is_true(value))
				changeset->runs = SV_RUNS_ALWAYS;
			break;
		case ATTRIBUTE_TRANSACTION:
			changeset->no_transaction = !is_true(value);
			break;
		case ATTRIBUTE_DELIMITER:
			changeset->delimiter = value;
			break;
		case ATTRIBUTE_ROLLBACK_DELIMITER:
			changeset->rollback_delimiter = value;
			break;
		case ATTRIBUTE_PATH:
			changeset->path = value;
			break;
		case ATTRIBUTE_DBMS:
			changeset->left_out |= !sv_liquibase_is_for_us(value);
			break;
		case ATTRIBUTE_IGNORE:
			changeset->left_out |= is_true(value);
			break;
		case ATTRIBUTE_MUST_BE_TRUE:
			if (!is_true(value))
				refuse_changeset(r, line, psprintf("attribute %s:%s cannot be kept", name, value),
								 "A revision that fails must not count as done. Write the statement so that "
								 "it cannot fail.");
			break;
		case ATTRIBUTE_STRIP:
			changeset->strips_comments = is_true(value);
			break;
		case ATTRIBUTE_SPLIT:
			changeset->splits = is_true(value);
			break;
		case ATTRIBUTE_CONTEXTS:
			changeset->contexts = *value != '\0' ? value : NULL;
			break;
		case ATTRIBUTE_LABELS:
			changeset->labels = *value != '\0' ? value : NULL;
			break;
		case ATTRIBUTE_NO_MATTER:
			break;
	}
}

/* An attribute that Liquibase does not know is nothing to it. */
static void
take_attribute(ChangesetReader *r, const LineCursor *line, const char *name, const char *value)
{
	for (int i = 0; i < lengthof(attributes); i++)
	{
		if (pg_strcasecmp(attributes[i].name, name) != 0)
			continue;
		apply_attribute(r, line, attributes[i].kind, name, value);
		return;
	}
}

/* ---------- lines ---------- */

/* A part of "author:id", which can be quoted; returns what follows. */
static const char *
take_attribute_name(const char *at, const char *end, char **name)
{
	int			length;

	if (*at == '"')
	{
		length = strcspn(at + 1, "\"");
		*name = pnstrdup(at + 1, length);
		return at + 1 + length + (at[1 + length] == '"' ? 1 : 0);
	}
	length = strcspn(at, end);
	*name = pnstrdup(at, length);
	return at + length;
}

static void
begin_changeset(ChangesetReader *r, const LineCursor *line, const char *text)
{
	Changeset  *changeset = palloc0(sizeof(Changeset));
	char	   *author;
	char	   *id;
	char	   *name;
	char	   *value;

	text = take_attribute_name(text, ":", &author);
	if (*text != ':')
		refuse_changeset(r, line, "the changeset has no \"author:id\"", NULL);
	text = take_attribute_name(text + 1 + strspn(text + 1, " \t"), " \t", &id);
	if (*id == '\0')
		refuse_changeset(r, line, "the changeset has no id", NULL);
	changeset->author = author;
	changeset->id = id;
	changeset->line = line->number;
	sv_section_init(&changeset->up);
	sv_section_init(&changeset->down);
	initStringInfo(&changeset->sql);
	changeset->strips_comments = changeset->splits = true;
	r->current = changeset;
	r->changesets = lappend(r->changesets, changeset);
	while ((text = sv_liquibase_attribute(text, &name, &value)) != NULL)
		take_attribute(r, line, name, value);
}

/* The changeset of that id and author that stands before the current one. */
static const Changeset *
earlier_changeset(const ChangesetReader *r, const char *id, const char *author)
{
	foreach_ptr(const Changeset, changeset, r->changesets)
	{
		if (changeset != r->current && strcmp(changeset->id, id) == 0 &&
			(author == NULL || strcmp(changeset->author, author) == 0))
			return changeset;
	}
	return NULL;
}

/* "--rollback changesetId:x changesetAuthor:y": the text of that changeset. */
static void
reuse_changeset(ChangesetReader *r, const LineCursor *line, const char *text)
{
	char	   *id = NULL;
	char	   *author = NULL;
	char	   *name;
	char	   *value;
	const Changeset *changeset;

	while ((text = sv_liquibase_attribute(text, &name, &value)) != NULL)
	{
		if (pg_strcasecmp(name, "changesetId") == 0)
			id = value;
		else if (pg_strcasecmp(name, "changesetAuthor") == 0)
			author = value;
		else
			refuse_changeset(r, line, "the rollback is in another file", "Write its SQL.");
	}
	changeset = id != NULL ? earlier_changeset(r, id, author) : NULL;
	if (changeset == NULL)
		refuse_changeset(r, line,
						 "the changeset that is the rollback does not stand before this line",
						 "Write its SQL.");
	sv_section_add_text(&r->current->down, line, changeset->up.text.data, changeset->up.text.len);
}

/* If the line ends in the delimiter, return its text with a semicolon instead. */
static char *
split_at_delimiter(const char *delimiter, char *text)
{
	int			length = strlen(text);

	if (delimiter == NULL || strcmp(delimiter, ";") == 0)
		return text;
	if (strncmp(delimiter, "\\n", 2) == 0)
		delimiter += 2;
	while (length > 0 && strchr(" \t", text[length - 1]) != NULL)
		length--;
	text = pnstrdup(text, length);
	if (*delimiter != '\0' && sv_name_ends_with(text, delimiter))
		return psprintf("%.*s;", (int) (length - strlen(delimiter)), text);
	return text;
}

static const char *
rollback_delimiter(const Changeset *changeset)
{
	return changeset->rollback_delimiter != NULL ? changeset->rollback_delimiter :
		changeset->delimiter;
}

static void
take_rollback(ChangesetReader *r, const LineCursor *line, const char *text)
{
	r->current->has_rollback = true;
	if (pg_strncasecmp(text, "not required", strlen("not required")) == 0 ||
		pg_strcasecmp(text, "empty") == 0)
		return;
	if (pg_strncasecmp(text, "changesetId:", strlen("changesetId:")) == 0)
		reuse_changeset(r, line, text);
	else
	{
		char	   *sql = sv_liquibase_expand(r->properties, text);

		sql = split_at_delimiter(rollback_delimiter(r->current), sql);
		sv_section_add_text(&r->current->down, line, sql, strlen(sql));
	}
}

static void
take_sql(ChangesetReader *r, const LineCursor *line)
{
	char	   *text;

	if (r->current == NULL)
	{
		if (!sv_line_is_blank(line) && !sv_line_is_comment(line))
			refuse_changeset(r, line, "SQL stands before the first changeset",
							 "Begin it with a line \"--changeset author:id\".");
		return;
	}
	text = sv_liquibase_expand(r->properties, pnstrdup(line->start, line->length));
	if (!r->in_rollback)
		appendStringInfo(&r->current->sql, "%s\n", text);
	text = split_at_delimiter(r->in_rollback ? rollback_delimiter(r->current) :
							  r->current->delimiter, text);
	sv_section_add_text(r->in_rollback ? &r->current->down :
						&r->current->up, line, text, strlen(text));
}

static void
need_changeset(const ChangesetReader *r, const LineCursor *line)
{
	if (r->current == NULL)
		refuse_changeset(r, line, "the line belongs to a changeset, but stands before the first",
						 NULL);
}

/* Is the line that directive, with blanks or nothing behind it?  Returns what follows. */
static const char *
directive(const LineCursor *line, const char *name)
{
	const char *rest = sv_line_comment(line, name);
	const char *at = line->start + strspn(line->start, "- \t") + strlen(name);

	return rest == NULL || at >= line->start + line->length ||
		*at == ' ' || *at == '\t' ? rest : NULL;
}

/* Is it one of those that name other files, or make a tag? */
static bool
is_unkept(const LineCursor *line)
{
	static const char *const names[] = {
		"include file:", "include relativeToChangelogFile:", "includeAll path:",
		"includeAll relativeToChangelogFile:",
		"rollbackSqlFile", "tagDatabase:", "sqlFile", "modifySql"
	};

	for (int i = 0; i < lengthof(names); i++)
	{
		if (sv_line_comment(line, names[i]) != NULL)
			return true;
	}
	return false;
}

/* Take the line if it is a directive.  Returns whether it was. */
static bool
take_changeset_line(ChangesetReader *r, const LineCursor *line)
{
	const char *rest;

	sv_line_refuse_indented(r->file, line, "changeset ");
	if ((rest = sv_line_comment(line, "changeset ")) != NULL)
		begin_changeset(r, line, rest);
	else if ((rest = sv_line_comment(line, "precondition")) != NULL)
	{
		need_changeset(r, line);
		sv_liquibase_check(&r->current->checks, r->properties, r->file, line, rest);
	}
	else if ((rest = directive(line, "rollback")) != NULL)
	{
		need_changeset(r, line);
		take_rollback(r, line, rest);
	}
	else if ((rest = sv_line_comment(line, "comment:")) != NULL ||
			 (rest = directive(line, "comment")) != NULL)
	{
		need_changeset(r, line);
		r->current->comment = rest;
	}
	else if ((rest = sv_line_comment(line, "property ")) != NULL)
		sv_liquibase_property(r->scope, &r->properties, r->file, line, rest);
	else if ((rest = sv_line_comment(line, "ignoreLines:")) != NULL)
	{
		r->in_ignored = pg_strcasecmp(rest, "start") == 0;
		r->ignore = r->in_ignored ? 0 : atoi(rest);
	}
	else if (is_unkept(line))
		refuse_changeset(r, line, "a directive of this kind cannot be kept",
						 "Write what it stands for: the SQL, a root changelog that includes the "
						 "files, or a tag by schemaver.tag().");
	else
		return sv_line_comment(line, "validCheckSum") != NULL ||
			sv_line_comment(line, "liquibase ") != NULL;
	return true;
}

static void
take_liquibase_line(ChangesetReader *r, const LineCursor *line)
{
	const char *rest;

	if (r->in_ignored || r->ignore > 0)
	{
		rest = sv_line_comment(line, "ignoreLines:");
		if (r->in_ignored && rest != NULL && pg_strcasecmp(rest, "end") == 0)
			r->in_ignored = false;
		r->ignore -= r->ignore > 0 ? 1 : 0;
	}
	else if (r->in_rollback && sv_line_begins(line, "*/"))
		r->in_rollback = false;
	else if (!r->in_rollback && sv_line_begins(line, "/*") &&
			 strncmp(line->start + 2 + strspn(line->start + 2, " \t"), "liquibase rollback", 18) ==
			 0)
	{
		need_changeset(r, line);
		r->in_rollback = true;
		r->current->has_rollback = true;
	}
	else if (r->in_rollback || !take_changeset_line(r, line))
		take_sql(r, line);
}

/* ---------- drafts ---------- */

static bool
has_two_authors(const List *changesets, const Changeset *changeset)
{
	foreach_ptr(const Changeset, other, changesets)
	{
		if (other != changeset && strcmp(other->id, changeset->id) == 0)
			return true;
	}
	return false;
}

static char *
changeset_checksum(const Changeset *changeset, int version)
{
	char	   *settings = psprintf("%s:%s:%s:", changeset->delimiter ? changeset->delimiter : "null",
									changeset->splits ? "true" : "false",
									changeset->strips_comments ? "true" : "false");

	return sv_liquibase_checksum(changeset->sql.data, settings, version);
}

/* What Liquibase knows the changeset by. */
static void
note_details(RevisionDraft *draft, const Changeset *changeset, const char *path)
{
	sv_draft_detail(draft, "path", path);
	sv_draft_detail(draft, "id", changeset->id);
	sv_draft_detail(draft, "author", changeset->author);
	sv_draft_detail(draft, "comment", changeset->comment);
	sv_draft_detail_list(draft, "checksums", list_make2(changeset_checksum(changeset, 9),
														changeset_checksum(changeset, 8)));
}

static void
give_text(RevisionDraft *draft, const char *option, const char *value)
{
	if (value != NULL)
		sv_draft_option(draft, option, sv_json_quote(value));
}

/* Those of the changeset and of what includes the file; NULL: none. */
static const char *
contexts_of(const ChangesetReader *r, const Changeset *changeset)
{
	if (r->scope->contexts == NULL || changeset->contexts == NULL)
		return changeset->contexts != NULL ? changeset->contexts : r->scope->contexts;
	return psprintf("(%s) and (%s)", r->scope->contexts, changeset->contexts);
}

/* Those of the changeset, or of what includes the file; NULL: none. */
static const char *
changeset_labels(const ChangesetReader *r, const Changeset *changeset)
{
	if (r->scope->labels == NULL)
		return changeset->labels;
	/* a filter must match both, which no list can say */
	if (changeset->labels != NULL)
		sv_format_refuse(r->file, changeset->line,
						 "labels of a changeset and of the include of its file cannot be kept",
						 "Give the labels to one of them.");
	return r->scope->labels;
}

static RevisionDraft *
draft_of_changeset(const ChangesetReader *r, const Changeset *changeset)
{
	const char *path = changeset->path != NULL ? changeset->path : r->path;
	const char *id = changeset->id;
	RevisionDraft *draft;

	if (sv_name_ends_with(path, ".sql"))
		path = pnstrdup(path, strlen(path) - strlen(".sql"));
	if (has_two_authors(r->changesets, changeset))
		id = psprintf("%s.%s", changeset->author, id);
	id = psprintf("%s/%s", path, id);
	draft = sv_draft_new(r->file, sv_id_from(id, strlen(id)),
						 changeset->comment != NULL ? changeset->comment : changeset->id);
	sv_draft_set_sections(draft, r->file, &changeset->up, &changeset->down);
	if (changeset->has_rollback && draft->down == NULL)
		sv_draft_set_down(draft, r->file, "", changeset->line);
	draft->runs = changeset->runs;
	note_details(draft, changeset, changeset->path != NULL ? changeset->path : r->path);
	if (changeset->no_transaction)
		sv_draft_option(draft, "transaction", "false");
	give_text(draft, "contexts", contexts_of(r, changeset));
	give_text(draft, "labels", changeset_labels(r, changeset));
	if (changeset->checks.conditions != NIL)
		sv_draft_option(draft, "preconditions", sv_liquibase_checks_json(&changeset->checks));
	return draft;
}

/*
 * Return the path that Liquibase knows the file's changesets by: its name, or what
 * the first line says, "--liquibase formatted sql logicalFilePath:PATH".
 */
static const char *
path_of_file(const SourceFile *file)
{
	LineCursor	line = {file->content};
	const char *text = NULL;
	char	   *name;
	char	   *value;

	while (text == NULL && sv_line_next(&line))
		text = sv_line_comment(&line, "liquibase formatted sql");
	while (text != NULL && (text = sv_liquibase_attribute(text, &name, &value)) != NULL)
	{
		if (pg_strcasecmp(name, "logicalFilePath") == 0)
			return strncmp(value, "classpath:", 10) == 0 ? value + 10 : value;
	}
	return file->name;
}

/*
 * Return the draft of an included file that is no formatted SQL: to Liquibase it
 * is the changeset "raw" of the author "includeAll", in which ${name} means itself.
 */
RevisionDraft *
sv_liquibase_read_raw(const SourceFile *file, const LiquibaseScope *scope)
{
	ChangesetReader r = {file, NIL, NULL, (LiquibaseScope *) scope, file->name};
	Changeset	changeset = {"includeAll", "raw", .line = 1};
	LineCursor	line = {file->content};
	RevisionDraft *draft;

	sv_section_init(&changeset.up);
	sv_section_init(&changeset.down);
	initStringInfo(&changeset.sql);
	r.current = &changeset;
	r.changesets = list_make1(&changeset);
	while (sv_line_next(&line))
		take_sql(&r, &line);
	draft = draft_of_changeset(&r, &changeset);
	draft->message = sv_file_base(file);
	return draft;
}

/* Return the drafts of the file's changesets, in order, without a chain. */
List *
sv_liquibase_read_file(const SourceFile *file, LiquibaseScope *scope)
{
	ChangesetReader r = {file, NIL, NULL, scope, path_of_file(file)};
	LineCursor	line = {file->content};
	List	   *drafts = NIL;

	r.properties = list_copy(scope->properties);
	while (sv_line_next(&line))
	{
		CHECK_FOR_INTERRUPTS();
		take_liquibase_line(&r, &line);
	}
	if (r.in_rollback)
		sv_format_refuse(file, line.number, "the comment with the rollback has no end", NULL);
	foreach_ptr(const Changeset, changeset, r.changesets)
	{
		if (changeset->left_out)
			continue;
		if (sv_section_is_empty(&changeset->up))
			sv_format_refuse(file, changeset->line,
							 psprintf("changeset \"%s\" has no SQL", changeset->id), NULL);
		drafts = lappend(drafts, draft_of_changeset(&r, changeset));
		sv_draft_variables(llast(drafts), "liquibase");
	}
	return drafts;
}

static List *
read_liquibase(Folder *folder)
{
	List	   *drafts = sv_changelog_read(folder);
	List	   *files;

	if (drafts == NIL)
	{
		files = list_copy(sv_folder_sql(folder));
		sv_drafts_sort_by_name(files);
		foreach_ptr(const SourceFile, file, files)
		{
			LiquibaseScope scope = {0};

			if (!sv_liquibase_is_formatted(file))
				sv_format_refuse_stranger(file, &sv_format_liquibase);
			drafts = list_concat(drafts,
								 sv_liquibase_read_file(file, &scope));
		}
	}
	if (list_length(drafts) > 1)
		sv_drafts_chain(drafts);
	return drafts;
}

const Format sv_format_liquibase = {
	.name = "liquibase",
	.needs = "\"--liquibase formatted sql\" as its first line",
	.fit = fit_liquibase,
	.read = read_liquibase,
};
