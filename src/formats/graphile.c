/*
 * graphile.c
 *		Format "graphile-migrate": committed/000001-name.sql with a header of
 *		lines "--! Previous: ...", "--! Hash: ..." and a body behind a blank line.
 *
 * The hash is the SHA-1 of the previous hash and the body, each trimmed, with a
 * line end behind both; a file whose hash is another one was changed after it
 * had been committed, which is refused unless it says "--! AllowInvalidHash".
 */
#include "postgres.h"

#include "formats/formats_private.h"

typedef struct Header
{
	const char *previous;		/* "-" for none */
	const char *hash;
	const char *message;
	bool		allow_invalid;
	int			body_line;
	const char *body;
} Header;

/* Is it a header line, "--! NAME: VALUE"?  Returns the value, else NULL. */
static const char *
header_value(const LineCursor *line, const char *name)
{
	const char *text = pnstrdup(line->start, line->length);

	if (strncmp(text, "--!", 3) != 0)
		return NULL;
	text += 3;
	text += strspn(text, " \t");
	if (pg_strncasecmp(text, name, strlen(name)) != 0)
		return NULL;
	text += strlen(name);
	if (*text == ':')
		text++;
	return text + strspn(text, " \t");
}

static FormatFit
fit_graphile(const SourceFile *file)
{
	LineCursor	line = {file->content};

	if (!sv_file_is_sql(file) || !sv_line_next(&line))
		return SV_FIT_NONE;
	return header_value(&line, "Previous") != NULL ? SV_FIT_MARK : SV_FIT_NONE;
}

static Header
read_header(const SourceFile *file)
{
	Header		header = {0};
	LineCursor	line = {file->content};
	const char *value;

	while (sv_line_next(&line) && line.length >= 3 && strncmp(line.start, "--!", 3) == 0)
	{
		if ((value = header_value(&line, "Previous")) != NULL)
			header.previous = value;
		else if ((value = header_value(&line, "Hash")) != NULL)
			header.hash = value;
		else if ((value = header_value(&line, "Message")) != NULL)
			header.message = value;
		else if (header_value(&line, "AllowInvalidHash") != NULL)
			header.allow_invalid = true;
		else
			sv_format_refuse(file, line.number, "unknown line in the header",
							 "Known are Previous, Hash, Message and AllowInvalidHash.");
	}
	if (header.previous == NULL || header.hash == NULL)
		sv_format_refuse(file, 1, "the header lacks Previous or Hash",
						 "Commit the file with graphile-migrate.");
	header.body = line.start;
	header.body_line = line.number;
	return header;
}

static const char *
trimmed(const char *text, int *length)
{
	static const char blanks[] = " \t\r\n\f\v";
	const char *end = text + strlen(text);

	text += strspn(text, blanks);
	while (end > text && strchr(blanks, end[-1]) != NULL)
		end--;
	*length = end - text;
	return text;
}

/* The text without blanks around it, and with one line end behind it. */
char *
sv_graphile_body(const char *text)
{
	int			length;

	text = trimmed(text, &length);
	return psprintf("%.*s\n", length, text);
}

/* The hash as a header has it, "sha1:..."; previous NULL or "-": none. */
char *
sv_graphile_hash(const char *previous, const char *body)
{
	int			length;
	char	   *text;

	body = trimmed(body, &length);
	if (previous == NULL || strcmp(previous, "-") == 0)
		previous = "";
	text = sv_graphile_body(psprintf("%s\n%.*s", previous, length, body));
	return psprintf("sha1:%s", sv_hash_text(PG_SHA1, text));
}

/* Return the hash that the header should have. */
static char *
header_hash(const Header *header)
{
	return sv_graphile_hash(header->previous, header->body);
}

/*
 * Is it none of the committed migrations?  Where there is a folder "committed",
 * nothing else counts: not current.sql, fixtures, and what the settings run around it.
 */
static bool
is_uncommitted(const Folder *folder, const SourceFile *file)
{
	if (strcmp(sv_path_last(file->name), "current.sql") == 0)
		return true;
	if (strcmp(sv_path_last(sv_path_folder(file->name)), "committed") == 0)
		return false;
	foreach_ptr(const SourceFile, other, folder->files)
	{
		if (strcmp(sv_path_last(sv_path_folder(other->name)), "committed") == 0)
			return true;
	}
	return false;
}

static List *
read_graphile(Folder *folder)
{
	List	   *files = list_copy(sv_folder_sql(folder));
	List	   *drafts = NIL;
	const char *last = "-";

	sv_drafts_sort_by_name(files);
	foreach_ptr(const SourceFile, file, files)
	{
		NamedFile  *named = sv_named_file(file, sv_file_base(file), false);
		RevisionDraft *draft;
		Header		header;

		if (is_uncommitted(folder, file))
		{
			sv_format_ignore(folder, file, "it is not committed");
			continue;
		}
		if (fit_graphile(file) == SV_FIT_NONE)
			sv_format_refuse_stranger(file, &sv_format_graphile);
		header = read_header(file);
		if (!header.allow_invalid && strcmp(header_hash(&header), header.hash) != 0)
			sv_format_refuse(file, 0,
							 psprintf("the hash of the text is %s, not the one of its header",
									  header_hash(&header)),
							 "Restore the file as it was committed, or add a line \"--! "
							 "AllowInvalidHash\".");
		if (list_length(files) > 1 && strcmp(header.previous, last) != 0)
			sv_format_refuse(file, 1, "the previous hash is not that of the file before",
							 "Load all files of the folder.");
		last = header.hash;
		draft = sv_draft_new(file, named->id, header.message != NULL ? header.message :
							 named->message);
		sv_draft_set_up(draft, file, header.body, header.body_line);
		if (sv_text_has_line(header.body, "! no-transaction"))
			sv_draft_option(draft, "transaction", "false");
		sv_draft_detail(draft, "hash", header.hash);
		sv_draft_detail(draft, "previous", header.previous);
		drafts = lappend(drafts, draft);
	}
	if (list_length(drafts) > 1)
		sv_drafts_chain(drafts);
	return drafts;
}

const Format sv_format_graphile = {
	.name = "graphile-migrate",
	.aliases = "graphile",
	.needs = "a header that begins with \"--! Previous:\"",
	.fit = fit_graphile,
	.read = read_graphile,
};
