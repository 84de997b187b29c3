/*
 * checksum.c
 *		The checksum of a revision: changes when, and only when, what it does
 *		changes.  Comments and blank lines between statements, a byte order mark
 *		and the kind of line ends have no part in it.
 *
 * It is the SHA-256, in lower-case hex, of this byte string (serialisation 1):
 *
 *		"schemaver checksum 1\n"
 *		then for up, down and verify, in this order:
 *			"-"						if there is none, else
 *			"+" and for each statement, in order:
 *				"s" LENGTH ":" TEXT		its text, first token to last token
 *				"d" LENGTH ":" DATA		its inline COPY data, if it has any
 *		and after each of the three: "."
 *		then "-" if there are no options, else "o" LENGTH ":" OPTIONS
 *
 * LENGTH is the number of bytes that follow, in decimal.  In TEXT and DATA each
 * CR LF counts as LF.  Nothing else is normalised: blanks and comments inside
 * of a statement, and the case of its words, count.
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "common/sha2.h"

#include "script/script.h"

static void
add_bytes(pg_cryptohash_ctx *hash, const char *bytes, size_t length)
{
	if (pg_cryptohash_update(hash, (const uint8 *) bytes, length) < 0)
		elog(ERROR, "could not compute %s hash: %s", "SHA256",
			 pg_cryptohash_error(hash));
}

static bool
is_crlf(const char *text, int at, int length)
{
	return text[at] == '\r' && at + 1 < length && text[at + 1] == '\n';
}

/* Add KIND LENGTH ":" and the text with its line ends normalised. */
static void
add_text(pg_cryptohash_ctx *hash, char kind, const char *text, int length)
{
	char		head[32];
	int			crlfs = 0;
	int			from = 0;

	for (int i = 0; i < length; i++)
		crlfs += is_crlf(text, i, length) ? 1 : 0;
	snprintf(head, sizeof(head), "%c%d:", kind, length - crlfs);
	add_bytes(hash, head, strlen(head));

	for (int i = 0; i < length && crlfs > 0; i++)
	{
		if (!is_crlf(text, i, length))
			continue;
		add_bytes(hash, text + from, i - from);
		from = i + 1;
	}
	add_bytes(hash, text + from, length - from);
}

static void
add_script(pg_cryptohash_ctx *hash, const Script *script)
{
	add_bytes(hash, script != NULL ? "+" : "-", 1);
	for (int i = 0; script != NULL && i < script->n; i++)
	{
		const Statement *s = &script->statements[i];
		int			from;
		int			to;

		add_text(hash, 's', script->text + s->start, s->length);
		if (s->flags & SV_STMT_COPY_DATA)
			add_text(hash, 'd', script->text + s->data_start, s->data_length);
		if (sv_batch_place(script, i, &from, &to))
			add_text(hash, 'b', script->text + from, to - from);
	}
	add_bytes(hash, ".", 1);
}

static pg_cryptohash_ctx *
begin_hash(void)
{
	pg_cryptohash_ctx *hash = pg_cryptohash_create(PG_SHA256);

	if (hash == NULL || pg_cryptohash_init(hash) < 0)
		elog(ERROR, "could not initialize %s context: %s", "SHA256",
			 pg_cryptohash_error(hash));
	return hash;
}

/* The hash as a new string of 64 digits; frees it. */
static char *
end_hash(pg_cryptohash_ctx *hash)
{
	static const char digits[] = "0123456789abcdef";
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	char	   *hex = palloc(PG_SHA256_DIGEST_STRING_LENGTH);

	if (pg_cryptohash_final(hash, digest, sizeof(digest)) < 0)
		elog(ERROR, "could not finalize %s hash: %s", "SHA256",
			 pg_cryptohash_error(hash));
	pg_cryptohash_free(hash);

	for (int i = 0; i < sizeof(digest); i++)
	{
		hex[2 * i] = digits[digest[i] >> 4];
		hex[2 * i + 1] = digits[digest[i] & 0x0F];
	}
	hex[2 * sizeof(digest)] = '\0';
	return hex;
}

/* The SHA-256 of a text, a new string of 64 digits. */
char *
sv_script_hash(const char *text)
{
	pg_cryptohash_ctx *hash = begin_hash();

	add_bytes(hash, text, strlen(text));
	return end_hash(hash);
}

/*
 * Return the checksum, a new string of 64 digits.  Any of the scripts and the
 * options may be NULL, which is not the same as empty.  The options must
 * already be in one canonical form.
 */
char *
sv_script_checksum(const Script *up, const Script *down, const Script *verify,
				   const char *options)
{
	static const char version[] = "schemaver checksum 1\n";
	pg_cryptohash_ctx *hash = begin_hash();

	add_bytes(hash, version, strlen(version));
	add_script(hash, up);
	add_script(hash, down);
	add_script(hash, verify);
	if (options != NULL)
		add_text(hash, 'o', options, strlen(options));
	else
		add_bytes(hash, "-", 1);
	return end_hash(hash);
}

/* What tells whether the statements from "from" to before "to" were changed. */
char *
sv_script_part_checksum(const Script *script, int from, int to)
{
	Script		part = *script;

	part.statements += from;
	part.n = to - from;
	return sv_script_checksum(&part, NULL, NULL, "{}");
}
