/*
 * rows.c
 *		What the tables of a schema hold, as one number each.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "miscadmin.h"
#include "proof/proof.h"
#include "utils/memutils.h"

/* The query that sums up what an object holds, or NULL if it holds no rows of its own. */
static char *
sum_query(const Object *o)
{
	if (sv_class_is(o, table) && !sv_is(o, "partition_key"))
		return psprintf("SELECT pg_catalog.concat(pg_catalog.count(*), ' ', "
						"pg_catalog.sum(pg_catalog.hashtextextended(t::pg_catalog.text, "
						"0)::pg_catalog.numeric)) FROM ONLY %s t",
						o->identity);
	if (sv_class_is(o, sequence))
		return psprintf("SELECT pg_catalog.concat(last_value, ' ', is_called) FROM %s",
						o->identity);
	return NULL;
}

/*
 * The rows of all tables and the values of all sequences of a model, each as
 * "kind identity: sum".  Read with the caller's rights.
 */
List *
sv_rows_read(const Sandbox *sandbox, const Model *model)
{
	MemoryContext caller = CurrentMemoryContext;
	List	   *result = NIL;

	SPI_connect();
	foreach_ptr(const Object, o, model->objects)
	{
		char	   *query = sum_query(o);
		MemoryContext own;

		if (query == NULL)
			continue;
		CHECK_FOR_INTERRUPTS();
		SPI_execute(query, false, 1);
		own = MemoryContextSwitchTo(caller);
		result = lappend(result, psprintf("%s %s: %s", o->class->name, o->identity,
										  SPI_getvalue(SPI_tuptable->vals[0],
													   SPI_tuptable->tupdesc, 1)));
		MemoryContextSwitchTo(own);
		SPI_freetuptable(SPI_tuptable);
	}
	SPI_finish();
	return result;
}

/* The tables and sequences of which two results of sv_rows_read() say different things. */
List *
sv_rows_differ(List *a, List *b)
{
	List	   *result = NIL;
	ListCell   *cell;

	foreach(cell, a)
	{
		if (!sv_base_has_string(b, lfirst(cell)))
		{
			const char *entry = lfirst(cell);

			result = lappend(result, pnstrdup(entry, strrchr(entry, ':') - entry));
		}
	}
	return result;
}
