/*
 * release.c
 *		Giving a database back: the tool's table becomes what the tool would have
 *		written, had it applied and undone what schemaver did.
 */
#include "postgres.h"

#include "adopt/adopt_private.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

typedef struct Release
{
	const AdoptedObject *adopted;
	AdoptTable *table;
	RevisionGraph *graph;
	List	   *names;			/* of MigrationName */
	HTAB	   *by_key;
	List	   *rows;			/* of AppliedRow: what stands there */
	StringInfoData added;		/* JSON */
	List	   *removed;		/* of char *: keys as the table has them */
	List	   *results;		/* of ReleaseResult */
	int			rank;
} Release;

/* ---------- a row as JSON ---------- */

static void
add_member(StringInfo out, const char *name, const char *value)
{
	appendStringInfoString(out, out->data[out->len - 1] == '{' ? "" : ", ");
	escape_json(out, name);
	appendStringInfoString(out, ": ");
	if (value != NULL)
		escape_json(out, value);
	else
		appendStringInfoString(out, "null");
}

static char *
time_text(TimestampTz at)
{
	return pstrdup(timestamptz_to_str(at));
}

/* What statements of tools can use; see the table in tools.c. */
static void
add_members(Release *r, const MigrationName *name)
{
	const StoredMigration *stored = name->migration->stored;
	StringInfo	out = &r->added;
	List	   *checksums = sv_adopt_detail_list(name->migration, "checksums");
	const char *hash = sv_adopt_detail(name->migration, "hash");
	const char *when = sv_adopt_detail(name->migration, "when");
	const char *path = sv_adopt_detail(name->migration, "path");
	const char *text = strcmp(r->table->tool->name, "graphile-migrate") == 0 ?
	sv_graphile_body(stored->up) : stored->up;

	add_member(out, "rank", psprintf("%d", ++r->rank));
	add_member(out, "version", name->version);
	add_member(out, "name", name->base);
	add_member(out, "file", name->file);
	add_member(out, "slug", name->slug);
	add_member(out, "message", stored->message);
	add_member(out, "revision", stored->id);
	add_member(out, "checksum", stored->checksum);
	add_member(out, "up", stored->up);
	add_member(out, "scope", r->adopted->source);
	add_member(out, "class", sv_foreign_class(name->slug, name->version ? name->version : ""));
	add_member(out, "applied_at", time_text(stored->applied_at));
	add_member(out, "applied_by", stored->applied_by);
	add_member(out, "us", psprintf(INT64_FORMAT, stored->elapsed));
	add_member(out, "ms", psprintf(INT64_FORMAT, stored->elapsed / 1000));
	add_member(out, "crc32", psprintf("%d", (int32) sv_crc32_text(stored->up, true)));
	add_member(out, "sha1", sv_hash_text(PG_SHA1, stored->up));
	add_member(out, "sha256", sv_hash_text(PG_SHA256, stored->up));
	add_member(out, "sha384", sv_hash_text(PG_SHA384, stored->up));
	add_member(out, "hash", hash != NULL ? hash :
			   strcmp(r->table->tool->name, "graphile-migrate") == 0 ?
			   sv_graphile_hash(name->previous, text) : sv_hash_text(PG_SHA256, stored->up));
	add_member(out, "previous", name->is_own ? sv_adopt_detail(name->migration, "previous") :
			   name->previous);
	add_member(out, "at_ms", when != NULL ? when : sv_foreign_milliseconds(stored->created_at));
	add_member(out, "md5", checksums != NIL ? linitial(checksums) : NULL);
	add_member(out, "path", path != NULL ? path : name->file);
	add_member(out, "id", path != NULL ? sv_adopt_detail(name->migration, "id") : name->version);
	add_member(out, "author", path != NULL ? sv_adopt_detail(name->migration, "author") :
			   "schemaver");
	add_member(out, "comment", sv_adopt_detail(name->migration, "comment"));
	add_member(out, "deployment", psprintf("%010lld",
										   strtoll(sv_foreign_milliseconds(stored->applied_at),
												   NULL, 10) % 10000000000LL));
}

/* What Sqitch's registry has of a change. */
static void
add_release_change(Release *r, const MigrationName *name)
{
	StringInfo	out = &r->added;
	const StoredMigration *stored = name->migration->stored;
	static const char *const lists[] = {"requires", "conflicts"};
	const char *project = NULL;
	JsonbValue *tags = NULL;

	foreach_ptr(const MigrationName, one, r->names)
	{
		if (project == NULL)
			project = sv_adopt_detail(one->migration, "project");
	}
	add_member(out, "change_id", name->change_id);
	add_member(out, "project", project);
	add_member(out, "change", name->is_own ? sv_adopt_detail(name->migration, "change") :
			   name->slug);
	add_member(out, "note", name->is_own ? sv_adopt_detail(name->migration, "note") :
			   stored->message);
	add_member(out, "planned_at", name->is_own ? sv_adopt_detail(name->migration, "planned_at") :
			   sv_foreign_time(stored->created_at));
	add_member(out, "planner_name", name->is_own ?
			   sv_adopt_detail(name->migration, "planner_name") : "schemaver");
	add_member(out, "planner_email", name->is_own ?
			   sv_adopt_detail(name->migration, "planner_email") : "schemaver@localhost");
	for (int i = 0; i < lengthof(lists); i++)
		appendStringInfo(out, ", \"%s\": %s", lists[i],
						 sv_json_list(sv_adopt_detail_list(name->migration, lists[i])));
	if (name->migration->details != NULL)
		tags = sv_json_member(&name->migration->details->root, "tags");
	appendStringInfo(out, ", \"tags\": %s", tags != NULL && tags->type == jbvBinary ?
					 JsonbToCString(NULL, tags->val.binary.data, tags->val.binary.len) : "[]");
}

/* ---------- what changes ---------- */

static void
report_release(Release *r, const char *migration, const char *revision, const char *action)
{
	ReleaseResult *result = palloc(sizeof(ReleaseResult));

	result->migration = sv_adopt_shown_key(migration);
	result->revision = revision;
	result->action = action;
	r->results = lappend(r->results, result);
}

static void
add_row(Release *r, const MigrationName *name, bool is_new)
{
	appendStringInfoString(&r->added, r->added.len > 1 ? ", {" : "{");
	add_members(r, name);
	if (strcmp(r->table->tool->name, "sqitch") == 0)
		add_release_change(r, name);
	appendStringInfoChar(&r->added, '}');
	if (is_new)
		report_release(r, name->key, name->migration->stored->id, "added");
}

/* The row of the table that means the revision, or NULL. */
static const AppliedRow *
row_of(const Release *r, const MigrationName *name)
{
	foreach_ptr(const AppliedRow, row, r->rows)
	{
		char	   *row_key = r->table->tool->row_key(row->key);

		if (strcmp(row_key, r->table->tool->row_key(name->key)) == 0)
			return row;
		foreach_ptr(const char, key, name->migration->keys)
		{
			if (name->is_own && strcmp(row_key, key) == 0)
				return row;
		}
	}
	return NULL;
}

/* Row by row: what the tool lacks is added, what was undone is removed. */
static void
compare_migrations(Release *r)
{
	foreach_ptr(const MigrationName, name, r->names)
	{
		const AppliedRow *row;

		CHECK_FOR_INTERRUPTS();
		if (name->is_contained)
			continue;
		row = row_of(r, name);
		if (name->migration->stored->applied && row == NULL)
			add_row(r, name, true);
		else if (!name->migration->stored->applied && row != NULL)
		{
			r->removed = lappend(r->removed, unconstify(char *, row->key));
			report_release(r, row->key, name->migration->stored->id, "removed");
		}
	}
}

/* A table with one row cannot say that something below it is not applied. */
static void
refuse_hole(const Release *r, const MigrationName *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_SV_REFUSED),
			 errmsg("%s cannot know that revision \"%s\" is not applied", r->table->tool->name,
					name->migration->stored->id),
			 errdetail("Its table has the newest version alone, and a newer one is applied."),
			 errhint("Apply that revision first, or undo the newer ones.")));
}

/* The whole table, rewritten: its heads, or the newest version. */
static void
replace_rows(Release *r)
{
	RevisionList current = sv_graph_current(r->graph);
	const MigrationName *hole = NULL;
	const MigrationName *newest = NULL;

	foreach_ptr(const MigrationName, name, r->names)
	{
		bool		is_head = false;

		for (int i = 0; i < current.n && r->table->tool->heads_only; i++)
			is_head |= current.members[i] == name->migration->index;
		if (name->is_contained)
			continue;
		if (!name->migration->stored->applied)
			hole = hole != NULL ? hole : name;
		else if (hole != NULL && !r->table->tool->heads_only)
			refuse_hole(r, hole);
		else if (is_head)
			add_row(r, name, row_of(r, name) == NULL);
		else if (!r->table->tool->heads_only)
			newest = name;
	}
	if (newest != NULL)
		add_row(r, newest, row_of(r, newest) == NULL);
	if (r->rank > 0)
	{
		foreach_ptr(const AppliedRow, row, r->rows)
			r->removed = lappend(r->removed,
								 unconstify(char *, row->key));
	}
}

/* ---------- the whole ---------- */

static void
check_rights(const AdoptTable *table)
{
	AclMode		needed = ACL_SELECT | ACL_INSERT | ACL_DELETE;

	if (pg_class_aclmask(table->relation, GetUserId(), needed, ACLMASK_ALL) != needed)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, table->name);
}

static void
write_table(Release *r)
{
	const AdoptTool *tool = r->table->tool;

	if (tool->add == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("the table of %s cannot be written", tool->name),
				 errhint("lock_out() and its end need nothing else: write the rows with the tool itself.")));
	appendStringInfoChar(&r->added, ']');
	if (r->removed != NIL)
		sv_adopt_write(r->table, tool->remove, TEXTARRAYOID, sv_text_array(r->removed));
	if (r->rank > 0)
		sv_adopt_write(r->table, tool->add, JSONBOID,
					   JsonbPGetDatum(sv_json_parse(r->added.data)));
}

static void
release_table(Release *r, bool dry_run)
{
	const AdoptTool *tool = r->table->tool;
	const char *source = *r->adopted->source != '\0' ? r->adopted->source : NULL;
	List	   *migrations;

	sv_adopt_take_lock(r->table, !dry_run);
	check_rights(r->table);
	r->rows = sv_adopt_rows(r->table);
	r->graph = sv_store_graph(SV_STORE_WRITE);
	migrations = sv_adopt_migrations(tool, r->graph, source);
	r->names = sv_adopt_names_of(tool, r->graph, migrations, r->adopted->source, r->adopted->keys);
	initStringInfo(&r->added);
	appendStringInfoChar(&r->added, '[');
	if (tool->whole)
		replace_rows(r);
	else
		compare_migrations(r);
	if (!dry_run)
		write_table(r);
}

/* One call, in a subtransaction if nothing of it is to stay. */
typedef struct ReleaseCall
{
	const char *tool;
	const char *source;
	bool		dry_run;
	List	   *results;
} ReleaseCall;

static void
release_all(void *arg)
{
	ReleaseCall *call = arg;
	List	   *tables = sv_store_adopted(call->tool, call->source);
	ListCell   *cell;

	sv_adopt_let_in(call->tool, tables);
	foreach(cell, tables)
	{
		Release		r = {lfirst(cell)};

		if (strcmp(r.adopted->kind, "state") != 0)
			continue;
		if (!OidIsValid(r.adopted->oid) || get_rel_name(r.adopted->oid) == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_TABLE),
					 errmsg("table \"%s.%s\" of %s does not exist any more", r.adopted->schema,
							r.adopted->name, call->tool)));
		r.table = sv_adopt_table(sv_adopt_tool(call->tool), r.adopted->oid);
		release_table(&r, call->dry_run);
		call->results = list_concat(call->results, r.results);
	}
}

/*
 * Let the tool in, and write its table so that it continues where schemaver is.
 * Returns the changes, as ReleaseResult.
 */
List *
sv_adopt_release(const char *tool, const char *source, bool dry_run)
{
	ReleaseCall call = {tool, source, dry_run};
	TimestampTz now = GetCurrentTimestamp();
	int64		run;

	(void) sv_adopt_tool(tool);
	sv_lock_run("schemaver.release()");
	if (sv_store_adopted(tool, source) == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("nothing was taken over from %s", tool),
				 errhint("SELECT * FROM schemaver.adopt(%s, dry_run => false);",
						 quote_literal_cstr(tool))));
	sv_store_refuse_unfinished();
	if (dry_run)
	{
		ErrorData  *error = sv_subtransaction(release_all, &call, false);

		if (error != NULL)
			ReThrowError(error);
		return call.results;
	}
	run = sv_store_begin_run("release", tool);
	release_all(&call);
	sv_store_end_run(run, now);
	return call.results;
}
