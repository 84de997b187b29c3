/*
 * tool_names.c
 *		What a tool calls revisions that did not come from its files.
 *
 * They are numbered behind the tool's own, in the order of their registration, so
 * that export() and release() say the same, each time.
 */
#include "postgres.h"

#include "adopt/adopt_private.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

/* What the names so far were. */
typedef struct Naming
{
	const AdoptTool *tool;
	const char *format;			/* of the files to write */
	const char *last;			/* greatest number, digits as written; or NULL */
	const char *previous;		/* what the tool calls the last one; or NULL */
	const char *project;		/* Sqitch's */
	const char *uri;
	const char *folder;			/* of new files, with its slash: Liquibase knows them by their
								 * path */
} Naming;

/* Who plans, for tools that want to know. */
#define SV_PLANNER "schemaver"
#define SV_PLANNER_EMAIL "schemaver@localhost"

/* ---------- numbers ---------- */

/* The digits of the version that begins the name, as they stand there; NULL: none. */
static char *
digits_of(const char *name)
{
	const char *slash = strrchr(name, '/');
	int			length;

	if (slash != NULL)
		name = slash + 1;
	if (strchr("VUB", *name) != NULL && *name != '\0')
		name += name[1] == ':' ? 2 : 1;
	length = strspn(name, "0123456789");
	return length > 0 && length <= 18 && !isalnum((unsigned char) name[length]) ?
		pnstrdup(name, length) : NULL;
}

/* The id without its source. */
static const char *
bare_of(const Migration *migration)
{
	return linitial(sv_adopt_key_id(migration));
}

/* Note a number that is used. */
static void
note_number(Naming *naming, const char *name)
{
	char	   *digits = name != NULL ? digits_of(name) : NULL;

	if (digits == NULL)
		return;
	if (naming->last == NULL || strtoll(digits, NULL, 10) > strtoll(naming->last, NULL, 10) ||
		(strlen(digits) > strlen(naming->last) &&
		 strtoll(digits, NULL, 10) == strtoll(naming->last, NULL, 10)))
		naming->last = digits;
}

/* ---------- names ---------- */

static bool
is_tool(const Naming *naming, const char *name)
{
	return strcmp(naming->tool->name, name) == 0;
}

/* The version as Flyway shows it: "2_1__add" -> "2.1". */
static char *
digits_or_dots(const char *text)
{
	const char *end = strstr(text, "__");
	char	   *version = end != NULL ? pnstrdup(text, end - text) : pstrdup(text);

	for (char *c = version; *c != '\0'; c++)
		*c = *c == '_' ? '.' : *c;
	return version;
}

/* The folder of the newest file, with a slash behind it; "" for none. */
static char *
folder_of(const List *migrations)
{
	for (int i = list_length(migrations) - 1; i >= 0; i--)
	{
		const StoredMigration *stored = ((Migration *) list_nth(migrations, i))->stored;
		const char *slash = stored->file != NULL ? strrchr(stored->file, '/') : NULL;

		if (slash != NULL)
			return pnstrdup(stored->file, slash + 1 - stored->file);
	}
	return "";
}

/* The name of a revision that came from a file of the tool. */
static void
name_own(Naming *naming, MigrationName *name)
{
	const StoredMigration *stored = name->migration->stored;
	const char *key = linitial(name->migration->keys);

	name->is_own = true;
	name->file = stored->file != NULL ? stored->file : key;
	name->base = sv_adopt_stem(name->file);
	name->slug = sv_foreign_slug(stored->message);
	name->version = digits_of(name->base);
	if (name->version == NULL)
		name->version = key;
	name->key = key;
	if (is_tool(naming, "flyway"))
		name->version = *key == 'R' ? NULL : digits_or_dots(name->base + 1);
	else if (is_tool(naming, "prisma"))
		name->base = key;		/* the file's name says nothing, its folder's does */
	name->change_id = sv_adopt_detail(name->migration, "change_id");
	note_number(naming, name->base);
	if (is_tool(naming, "alembic"))
		naming->previous = name->version = key;
	else if (is_tool(naming, "sqitch"))
		naming->previous = name->change_id;
	else if (is_tool(naming, "graphile-migrate"))
		naming->previous = sv_adopt_detail(name->migration, "hash");
	else
		naming->previous = name->base;
}

/* The change's id is made of its line in the plan, which export() writes. */
static const char *
sqitch_id(const Naming *naming, const MigrationName *name)
{
	const StoredMigration *stored = name->migration->stored;
	PlanLine	line = {0};
	SqitchProject project = {naming->project, naming->uri};

	line.planned_at = sv_foreign_time(stored->created_at);
	line.planner_name = SV_PLANNER;
	line.planner_email = SV_PLANNER_EMAIL;
	line.note = sv_one_line(stored->message);
	return sv_sqitch_change_id(&project, name->slug, naming->previous, &line, NIL, NIL);
}

/* The name of a revision that the tool has no file of. */
static void
name_other(Naming *naming, MigrationName *name)
{
	const StoredMigration *stored = name->migration->stored;

	name->slug = sv_foreign_slug(stored->message);
	name->previous = naming->previous;
	if (is_tool(naming, "alembic"))
		name->version = stored->id;
	else
		naming->last = name->version = sv_foreign_next(naming->format, naming->last,
													   stored->created_at);
	name->base = psprintf("%s_%s", name->version, name->slug);
	name->file = psprintf("%s%s.sql", naming->folder, name->base);
	name->key = name->version;
	if (is_tool(naming, "flyway"))
	{
		name->key = psprintf("V:%s", name->version);
		name->file = psprintf("V%s__%s.sql", name->version, name->slug);
	}
	else if (is_tool(naming, "sqitch"))
	{
		name->slug = psprintf("%s_%.8s", name->slug, stored->id);
		name->change_id = name->key = sqitch_id(naming, name);
	}
	else if (is_tool(naming, "graphile-migrate"))
		name->base = psprintf("%s-%s", name->version, name->slug);
	naming->previous = is_tool(naming, "alembic") ? name->version :
		is_tool(naming, "sqitch") ? name->change_id :
		is_tool(naming, "graphile-migrate") ?
		sv_graphile_hash(naming->previous, sv_graphile_body(stored->up)) : name->base;
}

/* The parent is what the tool calls the one before, not the one registered before. */
static const char *
alembic_parent(const List *names, const Migration *migration, const char *otherwise)
{
	StoredRevision *revision = sv_store_revision(SV_STORE_WRITE, migration->stored->id);
	const char *parent = revision->revises != NIL ? linitial(revision->revises) : NULL;

	foreach_ptr(const MigrationName, name, names)
	{
		if (parent != NULL && strcmp(name->migration->stored->id, parent) == 0)
			return name->is_contained ? otherwise : name->version;
	}
	return parent == NULL ? NULL : otherwise;
}

static void
start(Naming *naming, const List *migrations, const char *scope, const List *keys)
{
	naming->folder = is_tool(naming, "liquibase") ? folder_of(migrations) : "";
	naming->format = sv_foreign_is_known(naming->tool->name) ? naming->tool->name : "plain";
	foreach_ptr(const char, key, keys)
	{
		const char *slash = strchr(key, '/');

		/* Django: of this application alone */
		if (is_tool(naming, "django") &&
			(slash == NULL || strcmp(pnstrdup(key, slash - key), scope) != 0))
			continue;
		note_number(naming, key);
		naming->previous = slash != NULL ? slash + 1 : key;
	}
	foreach_ptr(const Migration, migration, migrations)
	{
		const char *project = sv_adopt_detail(migration, "project");

		if (project != NULL)
		{
			naming->project = project;
			naming->uri = sv_adopt_detail(migration, "uri");
		}
	}
}

/* By index in the graph: had the tool applied it when it was taken over? */
static bool *
known_to(const AdoptTool *tool, const RevisionGraph *graph, const List *migrations,
		 const List *keys)
{
	HTAB	   *by_key = sv_adopt_by_key(migrations);
	RevisionList list = {0, palloc(sizeof(int) * (list_length(keys) + 1))};
	bool	   *known = palloc0(sizeof(bool) * (graph->n + 1));
	ListCell   *cell;

	foreach(cell, keys)
	{
		Migration  *migration = sv_adopt_with_key(by_key, tool->row_key(lfirst(cell)));

		if (migration == NULL)
			continue;
		list.members[list.n++] = migration->index;
		known[migration->index] = true;
	}
	return tool->heads_only ? sv_graph_ancestors(graph, &list, true) : known;
}

/*
 * What the tool calls each of the migrations: a list of MigrationName in their
 * order.  "keys" is what its table had when it was taken over.
 */
List *
sv_adopt_names_of(const AdoptTool *tool, const RevisionGraph *graph, const List *migrations,
				  const char *scope, const List *keys)
{
	Naming		naming = {tool};
	bool	   *known = known_to(tool, graph, migrations, keys);
	List	   *names = NIL;
	ListCell   *cell;

	start(&naming, migrations, scope, keys);
	/* the tool's own first: their numbers are taken */
	foreach(cell, migrations)
	{
		MigrationName *name = palloc0(sizeof(MigrationName));
		const StoredMigration *stored = ((Migration *) lfirst(cell))->stored;

		name->migration = lfirst(cell);
		name->is_contained = stored->generated && stored->is_base;
		if (!name->is_contained && name->migration->keys != NIL &&
			(known[name->migration->index] ||
			 (stored->file != NULL && stored->format != NULL &&
			  strcmp(stored->format, "native") != 0)))
			name_own(&naming, name);
		names = lappend(names, name);
	}
	foreach_ptr(MigrationName, name, names)
	{
		CHECK_FOR_INTERRUPTS();
		if (name->is_own || name->is_contained)
			continue;
		name_other(&naming, name);
		if (is_tool(&naming, "alembic"))
			name->previous = alembic_parent(names, name->migration,
											keys != NIL ? llast(keys) : NULL);
	}
	return names;
}

/* ---------- files ---------- */

/* The revision as what files are made of. */
static ForeignRevision *
foreign_of(const AdoptTool *tool, const MigrationName *name, const char *scope)
{
	const StoredMigration *stored = name->migration->stored;
	StoredScript *script = sv_store_script(SV_STORE_READ, stored->id);
	StoredRevision *revision = sv_store_revision(SV_STORE_READ, stored->id);
	ForeignRevision *foreign = palloc0(sizeof(ForeignRevision));

	foreign->version = name->version;
	foreign->slug = name->slug;
	foreign->message = stored->message;
	foreign->up = stored->up;
	foreign->down = script->down != NULL ? script->down : script->derived;
	foreign->verify = script->verify;
	foreign->no_transaction = !sv_store_option_transaction(revision->options, SV_UPGRADE) ||
		revision->up_blocker != NULL;
	foreign->previous = name->previous;
	foreign->scope = scope;
	foreign->author = strcmp(tool->name, "sqitch") == 0 ? SV_PLANNER : "schemaver";
	foreign->email = SV_PLANNER_EMAIL;
	foreign->planned_at = sv_foreign_time(stored->created_at);
	foreign->when = sv_foreign_milliseconds(stored->created_at);
	return foreign;
}

/* The tool whose files the format is, for names; error if none can be written. */
static const AdoptTool *
tool_of_format(const char *format)
{
	if (!sv_foreign_is_known(format))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("files of format \"%s\" cannot be written", format),
				 errhint("Say the name of a tool that adopt() knows, or leave the format out.")));
	if (strcmp(format, "pairs") == 0)
		return sv_adopt_tool("golang-migrate");
	return sv_adopt_tool(strcmp(format, "plain") == 0 ? "atlas" : format);
}

/* What was taken over from the tool, or NULL. */
static AdoptedObject *
adopted_state(const char *tool)
{
	List	   *tables = sv_store_adopted(tool, NULL);

	return tables != NIL ? linitial(tables) : NULL;
}

static ExportedFile *
exported(const char *name, const char *content)
{
	ExportedFile *file = palloc(sizeof(ExportedFile));

	file->name = name;
	file->content = content;
	return file;
}

/*
 * Files, in the tool's format, of the revisions that did not come from its files
 * ("wanted", by index in the graph): a list of ExportedFile.
 */
List *
sv_adopt_export(const char *format, const bool *wanted)
{
	const AdoptTool *tool = tool_of_format(format);
	AdoptedObject *adopted = adopted_state(tool->name);
	const char *source = adopted != NULL && *adopted->source != '\0' ? adopted->source : NULL;
	RevisionGraph *graph = sv_store_graph(SV_STORE_READ);
	List	   *migrations = sv_adopt_migrations(tool, graph, source);
	const char *folder = strcmp(tool->name, "liquibase") == 0 ? folder_of(migrations) : "";
	List	   *names = sv_adopt_names_of(tool, graph, migrations, source ? source : "",
										  adopted != NULL ? adopted->keys : NIL);
	List	   *written = NIL;
	List	   *result = NIL;
	const char *sum;

	foreach_ptr(const MigrationName, name, names)
	{
		CHECK_FOR_INTERRUPTS();
		if (name->is_own || name->is_contained || !wanted[name->migration->index])
			continue;
		written = list_concat(written, sv_foreign_write(format, foreign_of(tool, name,
																		   source ? source : "")));
	}
	foreach_ptr(const SourceFile, file, written)
		result = lappend(result, exported(psprintf("%s%s", folder, file->name), file->content));
	if (strcmp(format, "atlas") == 0 && written != NIL &&
		(sum = sv_adopt_atlas_sum(names, written)) != NULL)
		result = lappend(result, exported("atlas.sum", sum));
	return result;
}

/* The format of the source's files, the newest one first; NULL: it has none. */
static const char *
format_of(const List *migrations)
{
	for (int i = list_length(migrations) - 1; i >= 0; i--)
	{
		const StoredMigration *stored = ((Migration *) list_nth(migrations, i))->stored;

		if (stored->file != NULL && stored->format != NULL)
			return stored->format;
	}
	return NULL;
}

/* Do folders of Diesel have versions as 2026-01-02-030405? */
static bool
has_dashes(const char *file)
{
	return file != NULL && strlen(file) > 17 && file[4] == '-' && file[7] == '-' && file[10] == '-';
}

static char *
with_dashes(const char *digits)
{
	return psprintf("%.4s-%.2s-%.2s-%s", digits, digits + 4, digits + 6, digits + 8);
}

static const StoredMigration *
newest_migration(const List *migrations)
{
	return migrations != NIL ? ((Migration *) llast(migrations))->stored : NULL;
}

/* The format to write: files of one format can be those of several tools. */
static const char *
format_to_write(const char *format, const StoredMigration *newest)
{
	const char *name = newest != NULL && newest->file != NULL ? strrchr(newest->file, '/') : NULL;

	if (format != NULL && strcmp(format, "pairs") == 0 && name != NULL &&
		(strcmp(name, "/up.sql") == 0 || strcmp(name, "/down.sql") == 0))
		return "diesel";
	return format != NULL && strcmp(format, "native") != 0 ? format : NULL;
}

static ForeignRevision
new_named_revision(const char *message, const char *format, const Naming *naming,
				   const StoredMigration *newest)
{
	ForeignRevision foreign = {0};
	TimestampTz now = GetCurrentTimestamp();

	foreign.slug = sv_foreign_slug(message);
	foreign.message = message;
	foreign.up = foreign.down = "";
	foreign.author = SV_PLANNER;
	foreign.email = SV_PLANNER_EMAIL;
	foreign.planned_at = sv_foreign_time(now);
	foreign.when = sv_foreign_milliseconds(now);
	foreign.version = sv_foreign_next(format != NULL ? format : "native", naming->last, now);
	foreign.previous = naming->previous;
	foreign.scope = newest != NULL ? newest->source : "";
	if (format == NULL)
		return foreign;
	if (strcmp(format, "alembic") == 0)
		foreign.version = pnstrdup(sv_hash_text(PG_SHA1, psprintf("%s %s", foreign.when, message)),
								   12);
	else if (strcmp(format, "diesel") == 0 && has_dashes(newest != NULL ? newest->file : NULL))
		foreign.version = with_dashes(foreign.version);
	return foreign;
}

/*
 * The next file in the style of the source, or files: a list of ExportedFile.  The
 * format is that of the source's files if it is NULL.
 */
List *
sv_adopt_new_file(const char *message, const char *format, const char *source)
{
	const AdoptTool *numbers = sv_adopt_tool("atlas");
	List	   *migrations = sv_adopt_migrations(numbers, sv_store_graph(SV_STORE_READ), source);
	const StoredMigration *newest = newest_migration(migrations);
	Naming		naming = {numbers};
	ForeignRevision foreign;
	List	   *result = NIL;

	format = format_to_write(format != NULL ? format : format_of(migrations), newest);
	foreach_ptr(const Migration, migration, migrations)
	{
		const char *hash = sv_adopt_detail(migration, "hash");

		note_number(&naming, migration->stored->file == NULL || sv_foreign_is_folder(format) ?
					bare_of(migration) : migration->stored->file);
		naming.previous = format != NULL && strcmp(format, "graphile-migrate") == 0 ? hash :
			format != NULL && strcmp(format, "alembic") == 0 ? bare_of(migration) :
			migration->stored->file != NULL ? sv_adopt_stem(migration->stored->file) : NULL;
	}
	foreign = new_named_revision(message, format, &naming, newest);
	if (format == NULL)
		return list_make1(exported(psprintf("%s_%s.sql", foreign.version, foreign.slug),
								   psprintf("-- schemaver:revision %s\n-- schemaver:message %s\n\n"
											"-- A section \"down\" may follow; without one the way back is derived.\n"
											"-- schemaver:up\n\n",
											foreign.version, sv_one_line(message))));
	(void) tool_of_format(format);
	foreach_ptr(const SourceFile, file, sv_foreign_write(format, &foreign))
		result = lappend(result, exported(strchr(file->name, '/') != NULL ? file->name :
										  psprintf("%s%s", folder_of(migrations), file->name),
										  file->content));
	return result;
}
