/*
 * class_publication.c
 *		Publications, what they publish, and subscriptions.
 *
 * The connection string of a subscription is read by private.c alone.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_publication_namespace.h"
#include "catalog/pg_publication_rel.h"
#include "catalog/pg_subscription.h"
#include "model/model.h"
#include "utils/builtins.h"

static void
create_publication(Writer *w, const Object *o)
{
	StringInfoData options;

	initStringInfo(&options);
	if (!sv_is(o, "publish") ||
		strcmp(sv_text(o, "publish"), "insert, update, delete, truncate") != 0)
		appendStringInfo(&options, "publish = '%s'", sv_is(o, "publish") ? sv_text(o, "publish") :
						 "");
	if (sv_is(o, "via_root"))
		appendStringInfo(&options, "%spublish_via_partition_root = true", options.len ? ", " : "");
	if (sv_is(o, "generated_columns"))
		appendStringInfo(&options, "%spublish_generated_columns = %s", options.len ? ", " :
						 "", sv_text(o, "generated_columns"));
	sv_emit(w, 0, "CREATE PUBLICATION %s%s%s%s%s", o->identity, sv_is(o, "all_tables") ?
			" FOR ALL TABLES" : "",
			options.len ? " WITH (" : "", options.data, options.len ? ")" : "");
}

static void
alter_publication(Writer *w, const Object *a, const Object *b)
{
	const char *generated = sv_is(b, "generated_columns") ? sv_text(b, "generated_columns") :
	"none";

	sv_emit(w, 0, "ALTER PUBLICATION %s SET (publish = '%s', publish_via_partition_root = %s%s%s)",
			b->identity,
			sv_is(b, "publish") ? sv_text(b, "publish") : "", sv_is(b, "via_root") ? "true" :
			"false",
			sv_same(a, b, "generated_columns") ? "" : ", publish_generated_columns = ",
			sv_same(a, b, "generated_columns") ? "" : generated);
}

static const Alterer publication_alterers[] = {
	{"publish", alter_publication},
	{"via_root", alter_publication},
	{"generated_columns", alter_publication},
	{NULL}
};

const ModelClass sv_class_publication = {
	.name = "publication", .keyword = "PUBLICATION", .catalog = PublicationRelationId, .rank = 400,
	.rename = {4, SV_SPACE_OWN, SV_RENAME_PLAIN, false, 0},
	.style = SV_ID_NAME,
	.query = "SELECT oid AS _oid, pubname AS _name, pubowner AS owner, "
	FLAG("puballtables", "all_tables") ", "
	"nullif(concat_ws(', ', CASE WHEN pubinsert THEN 'insert' END, CASE WHEN pubupdate THEN "
	"'update' END, "
	"CASE WHEN pubdelete THEN 'delete' END, CASE WHEN pubtruncate THEN 'truncate' END), '') AS "
	"publish, "
	SV_18("CASE pubgencols WHEN 's' THEN 'stored' END AS generated_columns, ", "")
	FLAG("pubviaroot", "via_root") " FROM pg_catalog.pg_publication WHERE $2 AND $1 IS NOT NULL",
	.create = create_publication,
	.alterers = publication_alterers,
};

static void
create_publication_table(Writer *w, const Object *o)
{
	sv_emit(w, 0, "ALTER PUBLICATION %s ADD TABLE ONLY %s%s%s%s%s", o->parent->identity,
			sv_text(o, "table"),
			sv_is(o, "columns") ? psprintf(" (%s)", sv_join(sv_list(o, "columns"), ", ")) : "",
			sv_is(o, "where") ? " WHERE (" : "", sv_is(o, "where") ? sv_text(o, "where") :
			"", sv_is(o, "where") ? ")" : "");
}

static void
drop_publication_table(Writer *w, const Object *o)
{
	sv_emit(w, 0, "ALTER PUBLICATION %s DROP TABLE ONLY %s", o->parent->identity,
			sv_text(o, "table"));
}

const ModelClass sv_class_publication_table = {
	.name = "publication table", .keyword = "PUBLICATION", .catalog = PublicationRelRelationId,
	.rank = 401,
	.traits = SV_USES_COLUMN_TYPES,
	.style = SV_ID_GIVEN, .parent_catalog = PublicationRelationId, .is_part = true,
	.query = "SELECT r.oid AS _oid, prpubid AS _parent, prrelid::regclass::text || ' IN ' || "
	"quote_ident(pubname) AS _identity, "
	"prrelid AS _needs, prrelid::regclass::text AS \"table\", "
	"CASE WHEN prattrs IS NOT NULL THEN (SELECT array_agg(quote_ident(attname) ORDER BY attname) "
	"FROM pg_catalog.pg_attribute "
	"WHERE attrelid = prrelid AND attnum = ANY (prattrs)) END AS columns, "
	"pg_catalog.pg_get_expr(prqual, prrelid) AS \"where\" "
	"FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_publication p ON p.oid = prpubid "
	"WHERE $2 AND $1 IS NOT NULL",
	.create = create_publication_table,
	.drop = drop_publication_table,
};

static void
create_publication_schema(Writer *w, const Object *o)
{
	sv_emit(w, 0, "ALTER PUBLICATION %s ADD TABLES IN SCHEMA %s", o->parent->identity,
			sv_text(o, "of"));
}

static void
drop_publication_schema(Writer *w, const Object *o)
{
	sv_emit(w, 0, "ALTER PUBLICATION %s DROP TABLES IN SCHEMA %s", o->parent->identity,
			sv_text(o, "of"));
}

const ModelClass sv_class_publication_schema = {
	.name = "publication schema", .keyword = "PUBLICATION",
	.catalog = PublicationNamespaceRelationId, .rank = 402,
	.style = SV_ID_GIVEN, .parent_catalog = PublicationRelationId, .is_part = true,
	.query = "SELECT r.oid AS _oid, pnpubid AS _parent, quote_ident(nspname) || ' IN ' || "
	"quote_ident(pubname) AS _identity, "
	"quote_ident(nspname) AS \"of\" FROM pg_catalog.pg_publication_namespace r JOIN "
	"pg_catalog.pg_publication p ON p.oid = pnpubid "
	"JOIN pg_catalog.pg_namespace n ON n.oid = pnnspid WHERE $2 AND $1 IS NOT NULL",
	.create = create_publication_schema,
	.drop = drop_publication_schema,
};

/* The name of the slot, or NONE. */
static const char *
slot_of(const Object *o)
{
	return sv_is(o, "slot_name") ? sv_quote(sv_text(o, "slot_name")) : "NONE";
}

/* As pg_dump does it: nothing is asked of the publisher, and no slot is made there. */
static void
create_subscription(Writer *w, const Object *o)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out,
					 "CREATE SUBSCRIPTION %s CONNECTION %s PUBLICATION %s WITH (connect = false, "
					 "slot_name = %s", o->identity,
					 sv_quote(sv_is(o, "connection") ? sv_text(o, "connection") : ""),
					 sv_join(sv_list(o, "publications"), ", "), slot_of(o));
	if (sv_is(o, "options"))
		appendStringInfo(&out, ", %s", sv_join(sv_list(o, "options"), ", "));
	if (sv_is(o, "two_phase"))
		appendStringInfoString(&out, ", two_phase = true");
	if (sv_is(o, "failover"))
		appendStringInfoString(&out, ", failover = true");
	sv_emit(w, 0, "%s)", out.data);
}

/*
 * With a slot it could be dropped only outside of a transaction; the slot
 * stays at the publisher.
 */
static void
drop_subscription(Writer *w, const Object *o)
{
	if (sv_is(o, "slot_name"))
	{
		sv_emit(w, 0, "ALTER SUBSCRIPTION %s DISABLE", o->identity);
		sv_emit(w, 0, "ALTER SUBSCRIPTION %s SET (slot_name = NONE)", o->identity);
	}
	sv_emit(w, 0, "DROP SUBSCRIPTION %s", o->identity);
}

static void
alter_subscription(Writer *w, const Object *a, const Object *b)
{
	if (!sv_same(a, b, "connection") && sv_is(a, "connection") && sv_is(b, "connection"))
		sv_emit(w, 0, "ALTER SUBSCRIPTION %s CONNECTION %s", b->identity,
				sv_quote(sv_text(b, "connection")));
	if (!sv_same(a, b, "publications"))
		sv_emit(w, 0, "ALTER SUBSCRIPTION %s SET PUBLICATION %s WITH (refresh = false)",
				b->identity,
				sv_join(sv_list(b, "publications"), ", "));
	if (!sv_same(a, b, "options"))
		sv_emit(w, 0, "ALTER SUBSCRIPTION %s SET (%s)", b->identity,
				sv_join(sv_list(b, "options"), ", "));
	if (!sv_same(a, b, "slot_name"))
	{
		if (!sv_is(b, "slot_name"))
			sv_emit(w, 0, "ALTER SUBSCRIPTION %s DISABLE", b->identity);
		sv_emit(w, 0, "ALTER SUBSCRIPTION %s SET (slot_name = %s)", b->identity, slot_of(b));
	}
}

static const Alterer subscription_alterers[] = {
	{"connection", alter_subscription},
	{"publications", alter_subscription},
	{"options", alter_subscription},
	{"slot_name", alter_subscription},
	{NULL}
};

const ModelClass sv_class_subscription = {
	.name = "subscription", .keyword = "SUBSCRIPTION", .catalog = SubscriptionRelationId,
	.rank = 410,
	.rename = {4, SV_SPACE_OWN, SV_RENAME_PLAIN, false, 0},
	.style = SV_ID_NAME,
	.query = "SELECT oid AS _oid, subname AS _name, subowner AS owner, "
	"(SELECT array_agg(quote_ident(p) ORDER BY p) FROM unnest(subpublications) p) AS publications, "
	"ARRAY['binary = ' || subbinary::text, 'synchronous_commit = ' || "
	"quote_literal(subsynccommit), "
	"'streaming = ' || "
	SV_16("CASE substream WHEN 'f' THEN 'false' WHEN 't' THEN 'true' ELSE 'parallel' END",
		  "substream::text")
	", 'disable_on_error = ' || subdisableonerr::text"
	SV_16(", 'password_required = ' || subpasswordrequired::text, 'run_as_owner = ' || "
		  "subrunasowner::text, 'origin = ' || suborigin", "")
	"] AS options, subslotname AS slot_name, " FLAG("subtwophasestate <> 'd'", "two_phase")
	SV_17(", " FLAG("subfailover", "failover"), "") " FROM pg_catalog.pg_subscription "
	"WHERE $2 AND $1 IS NOT NULL AND subdbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE "
	"d.datname = pg_catalog.current_database())",
	.create = create_subscription,
	.drop = drop_subscription,
	.alterers = subscription_alterers,
};
