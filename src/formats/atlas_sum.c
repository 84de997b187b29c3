/*
 * atlas_sum.c
 *		The integrity file of a folder that Atlas keeps, atlas.sum.
 *
 * Each of its lines "NAME h1:HASH" has the SHA-256, in base64, of the names and
 * texts of all files up to this one, in the order of their names; a file that
 * says "-- atlas:sum ignore" counts with its name alone and has no line.  So a
 * file that was changed, added or removed in the middle is found.  The first
 * line, "h1:HASH", is the hash of the names and hashes of all other lines.
 */
#include "postgres.h"

#include "common/base64.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "formats/formats_private.h"

static void
sum_bytes(pg_cryptohash_ctx *ctx, const char *bytes, size_t length)
{
	if (pg_cryptohash_update(ctx, (const uint8 *) bytes, length) < 0)
		elog(ERROR, "could not compute SHA-256: %s", pg_cryptohash_error(ctx));
}

static void
sum_text(pg_cryptohash_ctx *ctx, const char *text)
{
	char	   *utf8 = pg_server_to_any(text, strlen(text), PG_UTF8);

	sum_bytes(ctx, utf8, strlen(utf8));
}

#define HINT "Restore the folder, or run \"atlas migrate hash\" after a look at what has changed."

typedef struct HashedFile
{
	const SourceFile *file;
	const char *expected;		/* hash that atlas.sum has; NULL: none */
	bool		name_only;		/* its text does not count */
} HashedFile;

static pg_cryptohash_ctx *
start_sum(void)
{
	pg_cryptohash_ctx *ctx = pg_cryptohash_create(PG_SHA256);

	if (pg_cryptohash_init(ctx) < 0)
		elog(ERROR, "could not compute SHA-256: %s", pg_cryptohash_error(ctx));
	return ctx;
}

/* Return the hash in base64, and free the context. */
static char *
end_sum(pg_cryptohash_ctx *ctx)
{
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	char	   *text = palloc0(pg_b64_enc_len(sizeof(digest)) + 1);

	if (pg_cryptohash_final(ctx, digest, sizeof(digest)) < 0)
		elog(ERROR, "could not compute SHA-256: %s", pg_cryptohash_error(ctx));
	pg_cryptohash_free(ctx);
	if (pg_b64_encode((const void *) digest, sizeof(digest), text,
					  pg_b64_enc_len(sizeof(digest))) < 0)
		elog(ERROR, "could not encode a hash");
	return text;
}

/* Return the hash of the first n files. */
static char *
hash_files(const HashedFile *files, int n)
{
	pg_cryptohash_ctx *ctx = start_sum();

	for (int i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		sum_text(ctx, sv_path_last(files[i].file->name));
		if (!files[i].name_only)
			sum_text(ctx, files[i].file->content);
	}
	return end_sum(ctx);
}

/* Return the hash that atlas.sum has for the file of that path, or NULL. */
static char *
listed_hash(const SourceFile *sum, const char *path)
{
	const char *name = sv_path_last(path);
	LineCursor	line = {sum->content};

	while (sv_line_next(&line))
	{
		int			length = strlen(name);

		if (line.length > length + 4 && strncmp(line.start, name, length) == 0 &&
			strncmp(line.start + length, " h1:", 4) == 0)
			return pnstrdup(line.start + length + 4, line.length - length - 4);
	}
	return NULL;
}

static bool
is_ignored(const SourceFile *file)
{
	LineCursor	line = {file->content};
	const char *mode;

	while (sv_line_next(&line) && sv_line_is_comment(&line))
	{
		if ((mode = sv_line_comment(&line, "atlas:sum")) != NULL)
			return strcmp(mode, "ignore") == 0;
	}
	return false;
}

/*
 * Every line must name a file that is there.  Returns whether the first line is the
 * hash of the others.
 */
static bool
check_lines(const Folder *folder, const SourceFile *sum)
{
	LineCursor	line = {sum->content};
	pg_cryptohash_ctx *ctx = start_sum();
	const char *total = NULL;

	while (sv_line_next(&line))
	{
		char	   *text = pnstrdup(line.start, line.length);
		char	   *hash = strstr(text, " h1:");

		if (line.number == 1 && strncmp(text, "h1:", 3) == 0)
			total = text + 3;
		else if (hash != NULL)
		{
			*hash = '\0';
			if (sv_folder_find(folder, sv_path_join(sv_path_folder(sum->name), text)) == NULL)
				sv_format_refuse(sum, line.number, psprintf("there is no file \"%s\"", text),
								 HINT);
			sum_text(ctx, text);
			sum_text(ctx, hash + 4);
		}
		else if (!sv_line_is_blank(&line))
			sv_format_refuse(sum, line.number, "the line is none of Atlas'", HINT);
	}
	return strcmp(end_sum(ctx), total != NULL ? total : "") == 0;
}

/* Return the files that count, in the order of their names; *n is their number. */
static HashedFile *
collect_sums(const Folder *folder, const SourceFile *sum, int *n)
{
	List	   *files = list_copy(folder->files);
	HashedFile *hashed = palloc0(sizeof(HashedFile) * (list_length(files) + 1));

	*n = 0;
	sv_drafts_sort_by_name(files);
	foreach_ptr(const SourceFile, file, files)
	{
		HashedFile *next = &hashed[*n];

		if (!sv_file_is_sql(file) ||
			strcmp(sv_path_folder(file->name), sv_path_folder(sum->name)) != 0)
			continue;
		next->file = file;
		next->expected = listed_hash(sum, file->name);
		next->name_only = is_ignored(file);
		if (next->expected == NULL && !next->name_only)
		{
			if (sv_name_ends_with(file->name, ".down.sql"))
				continue;		/* Atlas does not hash the downs of other tools */
			sv_format_refuse(file, 0, "atlas.sum does not list it", HINT);
		}
		(*n)++;
	}
	return hashed;
}

/* Does the hash of the files up to this one agree?  A file without a hash always does. */
static bool
agrees(const HashedFile *files, int n)
{
	return files[n - 1].name_only || strcmp(hash_files(files, n), files[n - 1].expected) == 0;
}

/*
 * Refuse the first of the files whose hash is wrong.  Where a hash is, all behind it
 * are, so the last one tells, and the first wrong one is found by halving.
 */
static void
check_hashes(const HashedFile *files, int n)
{
	int			good = 0;

	while (n > 0 && files[n - 1].name_only)
		n--;
	if (n == 0 || agrees(files, n))
		return;
	while (n - good > 1)
	{
		int			middle = (good + n) / 2;

		if (agrees(files, middle))
			good = middle;
		else
			n = middle;
	}
	sv_format_refuse(files[n - 1].file, 0, "atlas.sum has another hash for it", HINT);
}

/* Check the files of each atlas.sum of the folder, those that lie beside it. */
void
sv_atlas_check_sum(const Folder *folder)
{
	foreach_ptr(const SourceFile, sum, folder->files)
	{
		HashedFile *files;
		int			n;
		bool		is_whole;

		if (sum->content == NULL || strcmp(sv_path_last(sum->name), "atlas.sum") != 0)
			continue;
		is_whole = check_lines(folder, sum);
		files = collect_sums(folder, sum, &n);
		check_hashes(files, n);
		if (!is_whole)
			sv_format_refuse(sum, 1, "the line is not the hash of the others", HINT);
	}
}

/* Note the hashes of atlas.sum with the revisions of its files. */
void
sv_atlas_note_hashes(const Folder *folder, List *drafts)
{
	foreach_ptr(RevisionDraft, draft, drafts)
	{
		const SourceFile *sum;

		CHECK_FOR_INTERRUPTS();
		if (draft->source == NULL)
			continue;
		sum = sv_folder_find(folder, sv_path_join(sv_path_folder(draft->source), "atlas.sum"));
		if (sum != NULL && sum->content != NULL)
			sv_draft_detail(draft, "hash", listed_hash(sum, draft->source));
	}
}

/* ---------- writing ---------- */

/*
 * Return the text of an atlas.sum for the files (a list of SourceFile) of one folder, in
 * any order.  Each hash is computed from the first file on, for the server's contexts
 * cannot be copied: a second for 5,000 small files.
 */
char *
sv_atlas_sum_write(const List *files)
{
	List	   *sorted = list_copy(files);
	HashedFile *hashed = palloc0(sizeof(HashedFile) * (list_length(files) + 1));
	pg_cryptohash_ctx *ctx = start_sum();
	StringInfoData lines;
	int			n = 0;

	initStringInfo(&lines);
	sv_drafts_sort_by_name(sorted);
	foreach_ptr(const SourceFile, file, sorted)
	{
		const char *name = sv_path_last(file->name);
		char	   *hash;

		hashed[n].file = file;
		hashed[n].name_only = is_ignored(file);
		if (hashed[n++].name_only)
			continue;
		hash = hash_files(hashed, n);
		appendStringInfo(&lines, "%s h1:%s\n", name, hash);
		sum_text(ctx, name);
		sum_text(ctx, hash);
	}
	return psprintf("h1:%s\n%s", end_sum(ctx), lines.data);
}

/* Return the hash that the text of an atlas.sum has for the file; NULL: none. */
char *
sv_atlas_sum_hash(const char *sum, const char *name)
{
	SourceFile	file = {"atlas.sum", sum};

	return listed_hash(&file, name);
}
