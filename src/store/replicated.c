/*
 * replicated.c
 *		schemaver's tables under logical replication.
 *
 * A publication FOR ALL TABLES has them among its tables, but neither DDL nor
 * sequences are replicated.  So while a subscription writes them, the version in
 * them is that of the publisher, and nothing may be run or registered here.  A
 * subscriber that was made the primary goes on: the sequences catch up with the rows.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/pg_subscription.h"
#include "catalog/pg_subscription_rel.h"
#include "store/store.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* Have the sequences been looked at in this session? */
static bool caught_up = false;

/* The subscription that writes our tables, or InvalidOid. */
static Oid
subscription_of_ours(void)
{
	Relation	catalog = table_open(SubscriptionRelRelationId, AccessShareLock);
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;
	Oid			result = InvalidOid;

	ScanKeyInit(&key, Anum_pg_subscription_rel_srrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(sv_store_relation("run")));
	scan = systable_beginscan(catalog, SubscriptionRelSrrelidSrsubidIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		result = ((Form_pg_subscription_rel) GETSTRUCT(tuple))->srsubid;
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return result;
}

/* Raise 55000 if a subscription writes schemaver's tables. */
void
sv_store_refuse_subscribed(void)
{
	Oid			subscription = subscription_of_ours();
	char	   *name;

	if (!OidIsValid(subscription))
		return;
	name = get_subscription_name(subscription, true);
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("the tables of schemaver in this database are written by subscription \"%s\"",
					name ? name : ""),
			 errdetail("The version in them is that of the publisher; the DDL of its runs is not replicated."),
			 errhint("On the publisher, publish the tables that you need by name or by schema, not FOR ALL TABLES. Here, "
					 "ALTER SUBSCRIPTION %s SET PUBLICATION that one, and run the same revisions; "
					 "SELECT * FROM schemaver.stamp(...) puts the version right.",
					 name ? quote_identifier(name) : "")));
}

/* Rows that were replicated have numbers that their sequences have not given. */
static void
catch_up(void)
{
#define SEQUENCE(name, table, column) \
	"SELECT 'schemaver." name "'::pg_catalog.regclass AS name, " \
	"(SELECT max(" column ") FROM schemaver." table ") AS used, last_value, is_called FROM schemaver." name
	static StoreQuery query = {
		"SELECT pg_catalog.setval(s.name, s.used) FROM ("
		SEQUENCE("run_number", "run", "run") " UNION ALL "
		SEQUENCE("state_number", "state", "state") " UNION ALL "
		SEQUENCE("revision_position", "revision", "position") " UNION ALL "
		SEQUENCE("applied_rank", "applied", "rank") " UNION ALL "
		SEQUENCE("ddl_log_entry", "ddl_log", "entry") " UNION ALL "
		SEQUENCE("kept_number", "kept_data", "kept")
		") s WHERE s.used > s.last_value OR (s.used = s.last_value AND NOT s.is_called)"
	};
#undef SEQUENCE

	sv_own_query(SV_STORE_WRITE, &query);
}

/*
 * To be called before anything is run or registered: raises 55000 where that is for
 * another database to do.
 */
void
sv_store_check_replicated(void)
{
	sv_store_refuse_subscribed();
	if (!caught_up)
		catch_up();
	caught_up = true;
}
