/*
 * dbmate.c
 *		Format "dbmate": up and down in one file, behind lines "-- migrate:up"
 *		and "-- migrate:down", which can be followed by "transaction:false".
 *
 * Several blocks of one direction are one script.  Only comments can stand
 * before the first one.
 */
#include "postgres.h"

#include "formats/formats_private.h"

static FormatFit
fit_dbmate(const SourceFile *file)
{
	return sv_file_is_sql(file) && (sv_text_has_mark(file->content, "migrate:up") ||
									sv_text_has_mark(file->content, "migrate:down")) ?
		SV_FIT_MARK : SV_FIT_NONE;
}

/* Read what follows the mark.  Returns whether the transaction stays on. */
static bool
read_block_options(const SourceFile *file, const LineCursor *line, const char *options)
{
	if (*options == '\0' || pg_strcasecmp(options, "transaction:true") == 0)
		return true;
	if (pg_strcasecmp(options, "transaction:false") != 0)
		sv_format_refuse(file, line->number, psprintf("unknown option \"%s\"", options),
						 "The option is transaction:false.");
	return false;
}

static RevisionDraft *
read_dbmate_file(const SourceFile *file)
{
	LineCursor	line = {file->content};
	RevisionDraft *draft = sv_draft_new(file, NULL, NULL);
	Section		up;
	Section		down;
	Section    *section = NULL;
	bool		up_transaction = true;
	bool		down_transaction = true;
	const char *options;

	sv_section_init(&up);
	sv_section_init(&down);
	while (sv_line_next(&line))
	{
		sv_line_refuse_indented(file, &line, "migrate:");
		if ((options = sv_line_comment(&line, "migrate:up")) != NULL)
		{
			up_transaction &= read_block_options(file, &line, options);
			section = &up;
			sv_section_begin(section);
		}
		else if ((options = sv_line_comment(&line, "migrate:down")) != NULL)
		{
			down_transaction &= read_block_options(file, &line, options);
			if (section == NULL)
				sv_format_refuse(file, line.number, "the way back stands before the upgrade",
								 "The upgrade begins with a line \"-- migrate:up\".");
			section = &down;
			sv_section_begin(section);
		}
		else if (section != NULL)
			sv_section_add(section, &line);
		else if (!sv_line_is_blank(&line) && !sv_line_is_comment(&line))
			sv_format_refuse(file, line.number, "text before the first \"-- migrate:up\"",
							 "Begin the SQL of the upgrade with a line \"-- migrate:up\".");
	}
	if (section == NULL)
		sv_format_refuse_stranger(file, &sv_format_dbmate);
	sv_draft_set_sections(draft, file, &up, &down);
	sv_draft_transactions(draft, !up_transaction, !down_transaction);
	return draft;
}

static List *
read_dbmate(Folder *folder)
{
	return sv_read_sectioned(folder, read_dbmate_file, false, true);
}

const Format sv_format_dbmate = {
	.name = "dbmate",
	.needs = "a line \"-- migrate:up\"",
	.fit = fit_dbmate,
	.read = read_dbmate,
};
