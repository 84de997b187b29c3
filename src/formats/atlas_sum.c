/*
 * atlas_sum.c
 *		The integrity file of a folder that Atlas keeps, atlas.sum.
 *
 * Each of its lines "NAME h1:HASH" has the SHA-256, in base64, of the names and
 * texts of all files up to this one, in the order of their names; a file that
 * says "-- atlas:sum ignore" counts with its name alone and has no line.  So a
 * file that was changed, added or removed in the middle is found.
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

/* Return the hash of the first n files, in base64. */
static char *
hash_files(const HashedFile *files, int n)
{
	pg_cryptohash_ctx *ctx = pg_cryptohash_create(PG_SHA256);
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	char	   *text = palloc0(pg_b64_enc_len(sizeof(digest)) + 1);

	if (pg_cryptohash_init(ctx) < 0)
		elog(ERROR, "could not compute SHA-256: %s", pg_cryptohash_error(ctx));
	for (int i = 0; i < n; i++)
	{
		sum_text(ctx, files[i].file->name);
		if (!files[i].name_only)
			sum_text(ctx, files[i].file->content);
	}
	if (pg_cryptohash_final(ctx, digest, sizeof(digest)) < 0)
		elog(ERROR, "could not compute SHA-256: %s", pg_cryptohash_error(ctx));
	pg_cryptohash_free(ctx);
	if (pg_b64_encode((const void *) digest, sizeof(digest), text,
					  pg_b64_enc_len(sizeof(digest))) < 0)
		elog(ERROR, "could not encode a hash");
	return text;
}

/* Return the hash that atlas.sum has for the file, or NULL. */
static char *
listed_hash(const SourceFile *sum, const char *name)
{
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

/* Every file that atlas.sum lists must be there. */
static void
check_listed_files(const Folder *folder, const SourceFile *sum)
{
	LineCursor	line = {sum->content};

	while (sv_line_next(&line))
	{
		char	   *text = pnstrdup(line.start, line.length);
		char	   *hash = strstr(text, " h1:");

		if (hash == NULL)
			continue;
		*hash = '\0';
		if (sv_folder_find(folder, sv_path_join(sv_path_folder(sum->name), text)) == NULL)
			sv_format_refuse(sum, line.number, psprintf("there is no file \"%s\"", text),
							 HINT);
	}
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

		if (!sv_file_is_sql(file) || strchr(file->name, '/') != NULL)
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
 * Check the files against the folder's atlas.sum, if it has one.  Where a hash
 * is wrong, all behind it are, so the last one tells, and the first wrong one is
 * found by halving.
 */
void
sv_atlas_check_sum(const Folder *folder)
{
	const SourceFile *sum = sv_folder_find(folder, "atlas.sum");
	HashedFile *files;
	int			n;
	int			good = 0;

	if (sum == NULL || sum->content == NULL)
		return;
	check_listed_files(folder, sum);
	files = collect_sums(folder, sum, &n);
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

/* Note the hashes of atlas.sum with the revisions of its files. */
void
sv_atlas_note_hashes(const Folder *folder, List *drafts)
{
	const SourceFile *sum = sv_folder_find(folder, "atlas.sum");

	if (sum == NULL || sum->content == NULL)
		return;
	foreach_ptr(RevisionDraft, draft, drafts)
	{
		CHECK_FOR_INTERRUPTS();
		if (draft->source != NULL)
			sv_draft_detail(draft, "hash", listed_hash(sum, draft->source));
	}
}
