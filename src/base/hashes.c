/*
 * hashes.c
 *		Hashes of texts as other programs compute them: over UTF-8 bytes.
 */
#include "postgres.h"

#include "base/base.h"
#include "common/md5.h"
#include "common/sha1.h"
#include "common/sha2.h"
#include "mb/pg_wchar.h"
#include "utils/pg_crc.h"

/* The bytes of the text in UTF-8; *length is their number. */
char *
sv_utf8(const char *text, size_t *length)
{
	char	   *bytes = pg_server_to_any(text, strlen(text), PG_UTF8);

	*length = strlen(bytes);
	return bytes;
}

static int
digest_length(pg_cryptohash_type type)
{
	switch (type)
	{
		case PG_MD5:
			return MD5_DIGEST_LENGTH;
		case PG_SHA1:
			return SHA1_DIGEST_LENGTH;
		case PG_SHA256:
			return PG_SHA256_DIGEST_LENGTH;
		default:
			return PG_SHA384_DIGEST_LENGTH;
	}
}

/* The hash of bytes (MD5, SHA-1, SHA-256 or SHA-384) in hexadecimal digits. */
char *
sv_hash_bytes(pg_cryptohash_type type, const char *bytes, size_t n)
{
	pg_cryptohash_ctx *context = pg_cryptohash_create(type);
	uint8		digest[PG_SHA384_DIGEST_LENGTH];
	int			length = digest_length(type);
	char	   *hex = palloc(2 * length + 1);

	if (context == NULL || pg_cryptohash_init(context) < 0 ||
		pg_cryptohash_update(context, (const uint8 *) bytes, n) < 0 ||
		pg_cryptohash_final(context, digest, length) < 0)
		elog(ERROR, "could not compute a hash");
	pg_cryptohash_free(context);
	for (int i = 0; i < length; i++)
		sprintf(hex + 2 * i, "%02x", digest[i]);
	return hex;
}

/* The same of a text. */
char *
sv_hash_text(pg_cryptohash_type type, const char *text)
{
	size_t		n;
	char	   *bytes = sv_utf8(text, &n);

	return sv_hash_bytes(type, bytes, n);
}

/* The CRC-32 (that of zlib) of bytes. */
uint32
sv_crc32_bytes(const char *bytes, size_t n)
{
	pg_crc32	crc;

	INIT_TRADITIONAL_CRC32(crc);
	COMP_TRADITIONAL_CRC32(crc, bytes, n);
	FIN_TRADITIONAL_CRC32(crc);
	return crc;
}

/* The CRC-32 of a text; with "lines", of its lines without their ends. */
uint32
sv_crc32_text(const char *text, bool lines)
{
	size_t		n;
	const char *bytes = sv_utf8(text, &n);
	const char *end = bytes + n;
	pg_crc32	crc;

	if (!lines)
		return sv_crc32_bytes(bytes, n);
	INIT_TRADITIONAL_CRC32(crc);
	while (bytes < end)
	{
		size_t		length = strcspn(bytes, "\r\n");

		COMP_TRADITIONAL_CRC32(crc, bytes, length);
		bytes += length;
		bytes += strspn(bytes, "\r\n");
	}
	FIN_TRADITIONAL_CRC32(crc);
	return crc;
}
