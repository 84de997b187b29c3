/*
 * foreign.c
 *		Files as other tools want them: their names, and what stands in them.
 *
 * A tool is one row in the table below.  Where the tool's migrations are code,
 * the SQL is wrapped in it.
 */
#include "postgres.h"

#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "formats/formats_private.h"

/* How a tool numbers its files where none is there yet. */
typedef enum NumberStyle
{
	NUMBER_PLAIN,				/* 1, 2, 3; "width" digits */
	NUMBER_TIME,				/* 20260102030405, in UTC */
	NUMBER_MILLISECONDS
} NumberStyle;

typedef struct ForeignFormat
{
	const char *name;
	NumberStyle style;
	int			width;
	List	   *(*write) (const ForeignRevision *revision);
} ForeignFormat;

/* ---------- parts of files ---------- */

static SourceFile *
new_file(const char *name, const char *content)
{
	SourceFile *file = palloc0(sizeof(SourceFile));

	file->name = name;
	file->content = content;
	return file;
}

static const char *
line_end_of(const char *text)
{
	return *text != '\0' && text[strlen(text) - 1] != '\n' ? "\n" : "";
}

/* The text as lines, each behind the prefix. */
static char *
prefixed(const char *text, const char *prefix)
{
	LineCursor	line = {text};
	StringInfoData out;

	initStringInfo(&out);
	while (sv_line_next(&line))
		appendStringInfo(&out, "%s%.*s\n", prefix, line.length, line.start);
	return out.data;
}

/* A string of Python, Ruby or JavaScript: the escapes that JSON has mean the same in all three. */
static char *
code_string(const char *text, bool ruby)
{
	char	   *json = sv_json_quote(text);
	StringInfoData out;

	if (!ruby)
		return json;
	initStringInfo(&out);
	for (const char *c = json; *c != '\0'; c++)
		appendStringInfo(&out, *c == '#' ? "\\#" : "%c", *c);
	return out.data;
}

/* "add users table" -> "AddUsersTable" */
static char *
camel_case(const char *slug)
{
	StringInfoData out;
	bool		upper = true;

	initStringInfo(&out);
	for (; *slug != '\0'; slug++)
	{
		if (*slug == '_')
			upper = true;
		else
		{
			appendStringInfoChar(&out, upper ? pg_toupper((unsigned char) *slug) : *slug);
			upper = false;
		}
	}
	if (out.len == 0 || (out.data[0] >= '0' && out.data[0] <= '9'))
		return psprintf("M%s", out.data);
	return out.data;
}

/* A file name's part of the message: letters, digits and '_'. */
char *
sv_foreign_slug(const char *message)
{
	StringInfoData out;

	initStringInfo(&out);
	for (; *message != '\0' && out.len < 60; message++)
	{
		char		c = pg_tolower((unsigned char) *message);

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			appendStringInfoChar(&out, c);
		else if (out.len > 0 && out.data[out.len - 1] != '_')
			appendStringInfoChar(&out, '_');
	}
	while (out.len > 0 && out.data[out.len - 1] == '_')
		out.data[--out.len] = '\0';
	return out.len > 0 ? out.data : pstrdup("migration");
}

/* VERSION_SLUG and the ending. */
static char *
named(const ForeignRevision *r, const char *ending)
{
	return psprintf("%s_%s%s", r->version, r->slug, ending);
}

/* ---------- SQL ---------- */

static List *
write_plain(const ForeignRevision *r)
{
	const char *mark = r->no_transaction ? "-- no-transaction\n" : "";

	return list_make1(new_file(named(r, ".sql"), psprintf("%s%s", mark, r->up)));
}

static List *
write_atlas(const ForeignRevision *r)
{
	const char *mark = r->no_transaction ? "-- atlas:txmode none\n\n" : "";

	return list_make1(new_file(named(r, ".sql"), psprintf("%s%s", mark, r->up)));
}

static List *
write_pairs(const ForeignRevision *r)
{
	List	   *files = list_make1(new_file(named(r, ".up.sql"), r->up));

	if (r->down != NULL)
		files = lappend(files, new_file(named(r, ".down.sql"), r->down));
	return files;
}

static List *
write_diesel(const ForeignRevision *r)
{
	List	   *files = list_make1(new_file(named(r, "/up.sql"), r->up));

	files = lappend(files, new_file(named(r, "/down.sql"), r->down != NULL ? r->down : ""));
	if (r->no_transaction)
		files = lappend(files, new_file(named(r, "/metadata.toml"),
										"run_in_transaction = false\n"));
	return files;
}

static List *
write_flyway(const ForeignRevision *r)
{
	List	   *files = list_make1(new_file(psprintf("V%s__%s.sql", r->version, r->slug), r->up));

	if (r->down != NULL)
		files = lappend(files,
						new_file(psprintf("U%s__%s.sql", r->version, r->slug), r->down));
	if (r->no_transaction)
		files = lappend(files, new_file(psprintf("V%s__%s.sql.conf", r->version, r->slug),
										"executeInTransaction=false\n"));
	return files;
}

static List *
write_refinery(const ForeignRevision *r)
{
	return list_make1(new_file(psprintf("V%s__%s.sql", r->version, r->slug), r->up));
}

static List *
write_liquibase(const ForeignRevision *r)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out,
					 "--liquibase formatted sql\n\n--changeset %s:%s splitStatements:false%s\n",
					 r->author, r->version, r->no_transaction ? " runInTransaction:false" : "");
	appendStringInfo(&out, "%s%s", r->up, line_end_of(r->up));
	if (r->down != NULL)
		appendStringInfoString(&out, *r->down != '\0' ? prefixed(r->down, "--rollback ") :
							   "--rollback empty\n");
	return list_make1(new_file(named(r, ".sql"), out.data));
}

static List *
write_marked(const ForeignRevision *r, const char *up, const char *down)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "%s\n%s%s", up, r->up, line_end_of(r->up));
	if (down != NULL)
		appendStringInfo(&out, "\n%s\n%s%s", down, r->down != NULL ? r->down : "",
						 r->down != NULL ? line_end_of(r->down) : "");
	return list_make1(new_file(named(r, ".sql"), out.data));
}

static List *
write_goose(const ForeignRevision *r)
{
	StringInfoData out;

	initStringInfo(&out);
	if (r->no_transaction)
		appendStringInfoString(&out, "-- +goose NO TRANSACTION\n");
	appendStringInfoString(&out, "-- +goose Up\n");
	if (*r->up != '\0')
		appendStringInfo(&out, "-- +goose StatementBegin\n%s%s-- +goose StatementEnd\n", r->up,
						 line_end_of(r->up));
	appendStringInfoString(&out, "\n-- +goose Down\n");
	if (r->down != NULL && *r->down != '\0')
		appendStringInfo(&out, "-- +goose StatementBegin\n%s%s-- +goose StatementEnd\n", r->down,
						 line_end_of(r->down));
	return list_make1(new_file(named(r, ".sql"), out.data));
}

static List *
write_dbmate(const ForeignRevision *r)
{
	return write_marked(r, r->no_transaction ? "-- migrate:up transaction:false" : "-- migrate:up",
						"-- migrate:down");
}

static List *
write_sql_migrate(const ForeignRevision *r)
{
	const char *up = r->no_transaction ? "-- +migrate Up notransaction" : "-- +migrate Up";
	ForeignRevision ended = *r;

	if (*r->up != '\0')
		ended.up = psprintf("-- +migrate StatementBegin\n%s%s-- +migrate StatementEnd\n", r->up,
							line_end_of(r->up));
	if (r->down != NULL && *r->down != '\0')
		ended.down = psprintf("-- +migrate StatementBegin\n%s%s-- +migrate StatementEnd\n", r->down,
							  line_end_of(r->down));
	return write_marked(&ended, up, "-- +migrate Down");
}

static List *
write_tern(const ForeignRevision *r)
{
	ForeignRevision marked = *r;

	if (r->no_transaction)
		marked.up = psprintf("---- tern: disable-tx ----\n%s", r->up);
	return list_make1(new_file(named(r, ".sql"),
							   psprintf("%s%s\n---- create above / drop below ----\n\n%s",
										marked.up,
										line_end_of(marked.up), r->down != NULL ? r->down : "")));
}

static List *
write_node_pg_migrate(const ForeignRevision *r)
{
	return write_marked(r, "-- Up Migration", "-- Down Migration");
}

static List *
write_prisma(const ForeignRevision *r)
{
	return list_make1(new_file(named(r, "/migration.sql"), r->up));
}

/* The journal's entry is a file of its own here; it belongs into meta/_journal.json. */
static List *
write_drizzle(const ForeignRevision *r)
{
	const char *tag = named(r, "");
	char	   *entry = psprintf("{\"idx\": %d, \"version\": \"7\", \"when\": %s, \"tag\": %s, "
								 "\"breakpoints\": true}\n", atoi(r->version), r->when,
								 sv_json_quote(tag));

	return list_make2(new_file(named(r, ".sql"), r->up),
					  new_file(psprintf("meta/_journal.json.entry.%s", r->version), entry));
}

static List *
write_graphile(const ForeignRevision *r)
{
	char	   *body = sv_graphile_body(r->up);

	return list_make1(new_file(psprintf("committed/%s-%s.sql", r->version, r->slug),
							   psprintf("--! Previous: %s\n--! Hash: %s\n--! Message: %s\n\n%s",
										r->previous != NULL ? r->previous : "-",
										sv_graphile_hash(r->previous, body),
										sv_one_line(r->message), body)));
}

static List *
write_sqitch(const ForeignRevision *r)
{
	char	   *line = psprintf("%s %s %s <%s> # %s\n", r->slug, r->planned_at, r->author,
								r->email, sv_one_line(r->message));
	List	   *files = list_make1(new_file("sqitch.plan.lines", line));

	files = lappend(files, new_file(psprintf("deploy/%s.sql", r->slug), r->up));
	files = lappend(files, new_file(psprintf("revert/%s.sql", r->slug),
									r->down != NULL ? r->down : ""));
	if (r->verify != NULL)
		files = lappend(files, new_file(psprintf("verify/%s.sql", r->slug), r->verify));
	return files;
}

/* ---------- code ---------- */

static List *
write_alembic(const ForeignRevision *r)
{
	StringInfoData out;
	const char *previous = r->previous != NULL ? code_string(r->previous, false) : "None";

	initStringInfo(&out);
	appendStringInfo(&out, "%s\n", code_string(r->message, false));
	appendStringInfo(&out, "from alembic import op\n\nrevision = %s\ndown_revision = %s\n"
					 "branch_labels = None\ndepends_on = None\n\n\n"
					 "def run(sql):\n"
					 "    op.get_bind().exec_driver_sql(sql, "
					 "execution_options={'no_parameters': True})\n\n\n"
					 "def upgrade():\n",
					 code_string(r->version, false), previous);
	appendStringInfo(&out, "    run(%s)\n", code_string(r->up, false));
	appendStringInfoString(&out, "\n\ndef downgrade():\n");
	if (r->down != NULL)
		appendStringInfo(&out, "    run(%s)\n", code_string(r->down, false));
	else
		appendStringInfoString(&out, "    raise RuntimeError(\"irreversible\")\n");
	return list_make1(new_file(named(r, ".py"), out.data));
}

/* Django and SQL texts of several statements: a list of one text is executed as it is. */
static List *
write_django(const ForeignRevision *r)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoString(&out, "from django.db import migrations\n\n\n"
						   "def run(sql):\n"
						   "    def execute(apps, schema_editor):\n"
						   "        with schema_editor.connection.cursor() as cursor:\n"
						   "            cursor.execute(sql)\n"
						   "    return execute\n\n\n"
						   "class Migration(migrations.Migration):\n");
	if (r->no_transaction)
		appendStringInfoString(&out, "    atomic = False\n");
	if (r->previous != NULL && *r->previous != '\0')
		appendStringInfo(&out, "    dependencies = [(%s, %s)]\n",
						 code_string(r->scope, false), code_string(r->previous, false));
	appendStringInfo(&out, "    operations = [migrations.RunPython(run(%s)",
					 code_string(r->up, false));
	if (r->down != NULL)
		appendStringInfo(&out, ", run(%s)", code_string(r->down, false));
	appendStringInfoString(&out, ")]\n");
	return list_make1(new_file(named(r, ".py"), out.data));
}

static List *
write_rails(const ForeignRevision *r)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "class %s < ActiveRecord::Migration[%s]\n", camel_case(r->slug), "6.1");
	if (r->no_transaction)
		appendStringInfoString(&out, "  disable_ddl_transaction!\n\n");
	appendStringInfo(&out, "  def up\n    execute(%s)\n  end\n\n  def down\n",
					 code_string(r->up, true));
	if (r->down != NULL)
		appendStringInfo(&out, "    execute(%s)\n", code_string(r->down, true));
	else
		appendStringInfoString(&out, "    raise ActiveRecord::IrreversibleMigration\n");
	appendStringInfoString(&out, "  end\nend\n");
	return list_make1(new_file(named(r, ".rb"), out.data));
}

static List *
write_knex(const ForeignRevision *r)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "// knex.raw() would take ? for a binding\n"
					 "const run = (knex, sql) => knex.raw(sql.replace(/\\?/g, '\\\\?'));\n\n"
					 "exports.up = (knex) => run(knex, %s);\n\n", code_string(r->up, false));
	if (r->down != NULL)
		appendStringInfo(&out, "exports.down = (knex) => run(knex, %s);\n",
						 code_string(r->down, false));
	else
		appendStringInfoString(&out,
							   "exports.down = () => { throw new Error('irreversible'); };\n");
	if (r->no_transaction)
		appendStringInfoString(&out, "\nexports.config = { transaction: false };\n");
	return list_make1(new_file(named(r, ".js"), out.data));
}

char *
sv_foreign_class(const char *slug, const char *version)
{
	return psprintf("%s%s", camel_case(slug), version);
}

static List *
write_typeorm(const ForeignRevision *r)
{
	StringInfoData out;
	const char *class = sv_foreign_class(r->slug, r->version);

	initStringInfo(&out);
	appendStringInfo(&out, "module.exports = class %s {\n  name = '%s';\n", class, class);
	if (r->no_transaction)
		appendStringInfoString(&out, "  transaction = false;\n");
	appendStringInfo(&out, "\n  async up(queryRunner) {\n    await queryRunner.query(%s);\n  }\n",
					 code_string(r->up, false));
	appendStringInfo(&out, "\n  async down(queryRunner) {\n    %s;\n  }\n};\n",
					 r->down != NULL ? psprintf("await queryRunner.query(%s)",
												code_string(r->down, false)) :
					 "throw new Error('irreversible')");
	return list_make1(new_file(psprintf("%s-%s.js", r->version, camel_case(r->slug)), out.data));
}

/* ---------- the table ---------- */

static const ForeignFormat formats[] = {
	{"plain", NUMBER_PLAIN, 4, write_plain},
	{"sqlx", NUMBER_TIME, 14, write_plain},
	{"atlas", NUMBER_TIME, 14, write_atlas},
	{"supabase", NUMBER_TIME, 14, write_plain},
	{"pairs", NUMBER_PLAIN, 6, write_pairs},
	{"golang-migrate", NUMBER_PLAIN, 6, write_pairs},
	{"diesel", NUMBER_TIME, 14, write_diesel},
	{"flyway", NUMBER_PLAIN, 1, write_flyway},
	{"refinery", NUMBER_PLAIN, 1, write_refinery},
	{"liquibase", NUMBER_PLAIN, 1, write_liquibase},
	{"goose", NUMBER_PLAIN, 5, write_goose},
	{"dbmate", NUMBER_TIME, 14, write_dbmate},
	{"sql-migrate", NUMBER_TIME, 14, write_sql_migrate},
	{"tern", NUMBER_PLAIN, 3, write_tern},
	{"node-pg-migrate", NUMBER_MILLISECONDS, 13, write_node_pg_migrate},
	{"prisma", NUMBER_TIME, 14, write_prisma},
	{"drizzle", NUMBER_PLAIN, 4, write_drizzle},
	{"graphile-migrate", NUMBER_PLAIN, 6, write_graphile},
	{"sqitch", NUMBER_PLAIN, 1, write_sqitch},
	{"alembic", NUMBER_PLAIN, 1, write_alembic},
	{"django", NUMBER_PLAIN, 4, write_django},
	{"rails", NUMBER_TIME, 14, write_rails},
	{"knex", NUMBER_TIME, 14, write_knex},
	{"typeorm", NUMBER_MILLISECONDS, 13, write_typeorm},
};

static const ForeignFormat *
find(const char *name)
{
	for (int i = 0; i < lengthof(formats); i++)
	{
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	}
	return NULL;
}

/* Can files of that format be written? */
bool
sv_foreign_is_known(const char *format)
{
	return find(format) != NULL;
}

/* Is each migration of the format a folder, whose name is the version? */
bool
sv_foreign_is_folder(const char *format)
{
	return format != NULL && (strcmp(format, "prisma") == 0 || strcmp(format, "diesel") == 0);
}

/* The files of a revision as the tool of the format wants them: a list of SourceFile. */
List *
sv_foreign_write(const char *format, const ForeignRevision *revision)
{
	const ForeignFormat *found = find(format);

	if (found == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("files of format \"%s\" cannot be written", format)));
	return found->write(revision);
}

/* ---------- numbers ---------- */

/* The moment in UTC, as the six numbers are written in "format". */
static char *
in_utc(TimestampTz at, const char *format)
{
	struct pg_tm tm;
	fsec_t		fsec;
	char		text[64];

	if (timestamp2tm(at, NULL, &tm, &fsec, NULL, NULL) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	snprintf(text, sizeof(text), format, tm.tm_year, tm.tm_mon, tm.tm_mday, tm.tm_hour,
			 tm.tm_min, tm.tm_sec);
	return pstrdup(text);
}

static char *
time_digits(TimestampTz at)
{
	return in_utc(at, "%04d%02d%02d%02d%02d%02d");
}

/* The moment as "2026-01-02T03:04:05Z". */
char *
sv_foreign_time(TimestampTz at)
{
	return in_utc(at, "%04d-%02d-%02dT%02d:%02d:%02dZ");
}

static int64
epoch_milliseconds(TimestampTz at)
{
	return at / 1000 + (int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY * 1000;
}

/* The moment in milliseconds, as digits. */
char *
sv_foreign_milliseconds(TimestampTz at)
{
	return psprintf(INT64_FORMAT, epoch_milliseconds(at));
}

/* The next number of a folder whose greatest one is "last" (digits, NULL: none). */
char *
sv_foreign_next(const char *format, const char *last, TimestampTz at)
{
	const ForeignFormat *found = find(format);
	int			width = last != NULL ? (int) strlen(last) : found != NULL ? found->width : 4;
	NumberStyle style = found != NULL ? found->style : NUMBER_PLAIN;
	int64		number = last != NULL ? strtoll(last, NULL, 10) : 0;
	int64		wanted = number + 1;

	if (last != NULL)
		style = width == 14 ? NUMBER_TIME : width == 13 ? NUMBER_MILLISECONDS : NUMBER_PLAIN;
	if (style == NUMBER_TIME)
		wanted = strtoll(time_digits(at), NULL, 10);
	else if (style == NUMBER_MILLISECONDS)
		wanted = epoch_milliseconds(at);
	else if (width == 10 && number > 1000000000)
		wanted = epoch_milliseconds(at) / 1000;
	return psprintf("%0*lld", width, (long long) Max(wanted, number + 1));
}
