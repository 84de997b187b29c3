/*
 * migrations.c
 *		The revisions that the rows of a tool's table could mean.
 */
#include "postgres.h"

#include "adopt/adopt_private.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

/* Keys are found by their hash; those of one hash form a list. */
typedef struct KeyEntry
{
	uint32		hash;
	List	   *migrations;
} KeyEntry;

static uint32
hash_of_key(const char *key)
{
	return sv_crc32_bytes(key, strlen(key));
}

/*
 * The revisions of the source (NULL: of all), and those of no file, in the order
 * of the graph, as a list of Migration.
 */
List *
sv_adopt_migrations(const AdoptTool *tool, const RevisionGraph *graph, const char *source)
{
	List	   *result = NIL;
	ListCell   *cell;

	foreach(cell, sv_store_migrations(SV_STORE_WRITE, source))
	{
		Migration  *migration = palloc0(sizeof(Migration));

		CHECK_FOR_INTERRUPTS();
		migration->stored = lfirst(cell);
		if (migration->stored->details != NULL)
			migration->details = sv_json_parse(migration->stored->details);
		migration->keys = tool->keys(migration);
		migration->index = sv_graph_find(graph, migration->stored->id);
		result = lappend(result, migration);
	}
	return result;
}

/* A table from keys to migrations. */
HTAB *
sv_adopt_by_key(const List *migrations)
{
	HASHCTL		control = {0};
	HTAB	   *by_key;

	control.keysize = sizeof(uint32);
	control.entrysize = sizeof(KeyEntry);
	control.hcxt = CurrentMemoryContext;
	by_key = hash_create("schemaver keys", Max(list_length(migrations), 16), &control,
						 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	foreach_ptr(Migration, migration, migrations)
	{
		foreach_ptr(const char, key, migration->keys)
		{
			uint32		hash = hash_of_key(key);
			bool		found;
			KeyEntry   *entry = hash_search(by_key, &hash, HASH_ENTER, &found);

			if (!found)
				entry->migrations = NIL;
			entry->migrations = lappend(entry->migrations, migration);
		}
	}
	return by_key;
}

static bool
has_key(const Migration *migration, const char *wanted)
{
	foreach_ptr(const char, key, migration->keys)
	{
		if (strcmp(key, wanted) == 0)
			return true;
	}
	return false;
}

static void
refuse_two(const char *key, const Migration *a, const Migration *b)
{
	ereport(ERROR,
			(errcode(ERRCODE_SV_AMBIGUOUS_REFERENCE),
			 errmsg("two revisions could be \"%s\"", key),
			 errdetail("They are \"%s\" and \"%s\".", a->stored->id, b->stored->id),
			 errhint("Say whose files the tool has applied with source => 'NAME'.")));
}

/* The one revision with the key, or NULL; two are an error. */
Migration *
sv_adopt_with_key(HTAB *by_key, const char *key)
{
	uint32		hash = hash_of_key(key);
	KeyEntry   *entry = hash_search(by_key, &hash, HASH_FIND, NULL);
	Migration  *result = NULL;

	if (entry == NULL)
		return NULL;
	foreach_ptr(Migration, migration, entry->migrations)
	{
		if (!has_key(migration, key))
			continue;
		if (result != NULL && result != migration)
			refuse_two(key, result, migration);
		result = migration;
	}
	return result;
}
