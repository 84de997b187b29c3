/*
 * facts.c
 *		What a dump shows of a schema and the model does not tell.
 *
 * That is the order in which privileges were granted.  It has no consequence,
 * but who compares dumps sees it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "proof/proof.h"
#include "store/store.h"

/* Privileges of an object: who has which, and in which order. */
typedef struct Fact
{
	char	   *object;
	char	   *sorted;
	char	   *given;
} Fact;

static void *
read_fact(uint64 row)
{
	Fact	   *fact = palloc(sizeof(Fact));

	fact->object = sv_store_text(row, 1);
	fact->sorted = sv_store_text(row, 2);
	fact->given = sv_store_text(row, 3);
	return fact;
}

/*
 * The facts (opaque) of all schemas that are not the system's.  Hidden ones do not
 * change, so they may be among them.
 */
List *
sv_facts_read(void)
{
	static StoreQuery query = {
		"SELECT object, (SELECT pg_catalog.string_agg(a::text, ',' ORDER BY a::text) FROM "
		"pg_catalog.unnest(acl) a), acl::text FROM ("
		"SELECT 'relation ' || c.oid::regclass::text AS object, relacl AS acl, relnamespace AS "
		"schema "
		"FROM pg_catalog.pg_class c WHERE relacl IS NOT NULL "
		"UNION ALL SELECT 'column ' || attrelid::regclass::text || '.' || quote_ident(attname), "
		"attacl, relnamespace "
		"FROM pg_catalog.pg_attribute JOIN pg_catalog.pg_class c ON c.oid = attrelid WHERE attacl "
		"IS NOT NULL "
		"UNION ALL SELECT 'routine ' || oid::regprocedure::text, proacl, pronamespace FROM "
		"pg_catalog.pg_proc WHERE proacl IS NOT NULL "
		"UNION ALL SELECT 'type ' || oid::regtype::text, typacl, typnamespace FROM "
		"pg_catalog.pg_type WHERE typacl IS NOT NULL "
		"UNION ALL SELECT 'schema ' || oid::regnamespace::text, nspacl, oid FROM "
		"pg_catalog.pg_namespace WHERE nspacl IS NOT NULL "
		"UNION ALL SELECT pg_catalog.concat('default privileges for ', defaclrole::regrole, ' ', "
		"defaclobjtype, ' ', nullif(defaclnamespace, 0)::regnamespace), "
		"defaclacl, NULL FROM pg_catalog.pg_default_acl "
		"UNION ALL SELECT 'server ' || quote_ident(srvname), srvacl, NULL FROM "
		"pg_catalog.pg_foreign_server WHERE srvacl IS NOT NULL "
		"UNION ALL SELECT 'foreign-data wrapper ' || quote_ident(fdwname), fdwacl, NULL FROM "
		"pg_catalog.pg_foreign_data_wrapper "
		"WHERE fdwacl IS NOT NULL) o LEFT JOIN pg_catalog.pg_namespace n ON n.oid = o.schema "
		"WHERE pg_catalog.cardinality(acl) > 1 AND (n.oid IS NULL OR nspname !~ '^pg_' AND nspname "
		"NOT IN ('information_schema', 'schemaver')) "
		"ORDER BY object COLLATE \"C\""
	};

	return sv_own_rows(SV_STORE_WRITE, &query, read_fact);
}

/*
 * Where two results of sv_facts_read() differ although the schemas do not, as
 * "kind identity: what".  O(n + m): both are sorted.
 */
List *
sv_facts_differ(List *expected, List *got)
{
	List	   *result = NIL;
	int			i = 0;
	int			j = 0;

	while (i < list_length(expected) && j < list_length(got))
	{
		const Fact *a = list_nth(expected, i);
		const Fact *b = list_nth(got, j);
		int			order = strcmp(a->object, b->object);

		if (order == 0 && strcmp(a->sorted, b->sorted) == 0 && strcmp(a->given, b->given) != 0)
			result = lappend(result, psprintf("%s: order of privileges", a->object));
		i += order <= 0;
		j += order >= 0;
	}
	return result;
}
