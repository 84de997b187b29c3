/*
 * checks.c
 *		Checksums and lock keys as other tools compute them.
 */
#include "postgres.h"

#include "adopt/adopt_private.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

/* ---------- checksums ---------- */

static bool
is_hash_of(const Migration *migration, pg_cryptohash_type type, const char *checksum)
{
	const char *text = migration->stored->up;

	return pg_strcasecmp(sv_hash_text(type, text), checksum) == 0 ||
		pg_strcasecmp(sv_hash_text(type, psprintf("\xEF\xBB\xBF%s", text)), checksum) == 0;
}

/* The text with the blanks around each line removed. */
static char *
trimmed_lines(const char *text)
{
	StringInfoData out;

	initStringInfo(&out);
	while (*text != '\0')
	{
		int			length = strcspn(text, "\r\n");
		const char *end = text + length;
		const char *start = text + strspn(text, " \t");

		while (end > start && strchr(" \t", end[-1]) != NULL)
			end--;
		if (end > start)
			appendBinaryStringInfo(&out, start, end - start);
		text += length;
		text += strspn(text, "\r\n");
	}
	return out.data;
}

/*
 * Flyway: CRC-32 of the lines without their ends, as a signed number; before its
 * version 6 of the trimmed lines, before 4 of the whole text.
 */
bool
sv_adopt_check_crc32(const Migration *migration, const char *checksum)
{
	const char *text = migration->stored->up;
	int32		wanted = (int32) strtol(checksum, NULL, 10);

	return (int32) sv_crc32_text(text, true) == wanted ||
		(int32) sv_crc32_text(trimmed_lines(text), true) == wanted ||
		(int32) sv_crc32_text(text, false) == wanted;
}

bool
sv_adopt_check_sha1(const Migration *migration, const char *checksum)
{
	return is_hash_of(migration, PG_SHA1, checksum);
}

bool
sv_adopt_check_sha256(const Migration *migration, const char *checksum)
{
	return is_hash_of(migration, PG_SHA256, checksum);
}

bool
sv_adopt_check_sha384(const Migration *migration, const char *checksum)
{
	return is_hash_of(migration, PG_SHA384, checksum);
}

/* The hash that its file names, or that was computed of it when it was loaded. */
bool
sv_adopt_check_hash(const Migration *migration, const char *checksum)
{
	const char *hash = sv_adopt_detail(migration, "hash");

	if (strncmp(checksum, "h1:", 3) == 0)
		checksum += 3;
	return hash == NULL || strcmp(hash, checksum) == 0;
}

/* Liquibase: one of its two kinds; older ones it recomputes itself. */
bool
sv_adopt_check_liquibase(const Migration *migration, const char *checksum)
{
	List	   *checksums = sv_adopt_detail_list(migration, "checksums");

	if (checksums == NIL ||
		(strncmp(checksum, "9:", 2) != 0 && strncmp(checksum, "8:", 2) != 0))
		return true;
	foreach_ptr(const char, string, checksums)
	{
		if (strcmp(string, checksum) == 0)
			return true;
	}
	return false;
}

/* schemaver's own, of the statements. */
bool
sv_adopt_check_own(const Migration *migration, const char *checksum)
{
	return strcmp(migration->stored->checksum, checksum) == 0;
}

/* A hash of a kind that its length tells, or a CRC-32. */
bool
sv_adopt_check_any(const Migration *migration, const char *checksum)
{
	if (strncmp(checksum, "\\x", 2) == 0)
		checksum += 2;
	switch (strlen(checksum))
	{
		case 32:
			return is_hash_of(migration, PG_MD5, checksum);
		case 40:
			return is_hash_of(migration, PG_SHA1, checksum);
		case 64:
			return is_hash_of(migration, PG_SHA256, checksum);
		case 96:
			return is_hash_of(migration, PG_SHA384, checksum);
		default:
			return sv_adopt_check_crc32(migration, checksum) ||
				strcmp(psprintf("%u", sv_crc32_text(migration->stored->up, false)), checksum) == 0;
	}
}

/* ---------- keys of advisory locks ---------- */

static char *
database_name(void)
{
	char	   *name = get_database_name(MyDatabaseId);

	return name != NULL ? name : "";
}

/* Java's String.hashCode(): of UTF-16 units. */
static int32
java_hash(const char *text)
{
	size_t		n;
	const unsigned char *at = (const unsigned char *) sv_utf8(text, &n);
	uint32		hash = 0;

	while (*at != '\0')
	{
		pg_wchar	c = utf8_to_unicode(at);

		if (c >= 0x10000)
		{
			hash = 31 * hash + 0xD800 + ((c - 0x10000) >> 10);
			c = 0xDC00 + ((c - 0x10000) & 0x3FF);
		}
		hash = 31 * hash + c;
		at += pg_utf_mblen(at);
	}
	return (int32) hash;
}

/* The name in double quotes. */
static char *
always_quoted(const char *name)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoChar(&out, '"');
	for (; *name != '\0'; name++)
		appendStringInfo(&out, *name == '"' ? "\"\"" : "%c", *name);
	appendStringInfoChar(&out, '"');
	return out.data;
}

int64
sv_adopt_lock_flyway(const AdoptTable *table)
{
	return INT64CONST(77431708279161) +
		java_hash(psprintf("%s.%s", always_quoted(table->schema), always_quoted(table->name)));
}

int64
sv_adopt_lock_rails(const AdoptTable *table)
{
	return (int64) ((uint64) 2053462845 * sv_crc32_text(database_name(), false));
}

int64
sv_adopt_lock_sqlx(const AdoptTable *table)
{
	return (int64) ((uint64) 0x3d32ad9e * sv_crc32_text(database_name(), false));
}

int64
sv_adopt_lock_golang(const AdoptTable *table)
{
	StringInfoData out;
	const char *names[] = {table->schema, table->name, database_name()};
	uint32		crc;

	initStringInfo(&out);
	for (int i = 0; i < lengthof(names); i++)
		appendBinaryStringInfo(&out, names[i], strlen(names[i]) + (i < lengthof(names) - 1));
	crc = sv_crc32_bytes(out.data, out.len);
	return (int64) (uint32) (crc * 1486364155U);
}
