/*
 * harness.c
 *		The readers of foreign text under libFuzzer, inside of a backend.
 *
 * The first byte of an input picks the reader, the rest is its text.  An error that
 * the reader raises by itself is an answer; one with a code that stands for a fault of
 * schemaver, a file that is refused without its name, and memory that stays behind
 * end the process, as the sanitizers do.  Each palloc() is a malloc() of its own, so
 * that AddressSanitizer sees its ends.
 *
 * Built into the library by test/fuzz/run alone.
 */
#include "postgres.h"

#include "access/xact.h"
#include "formats/formats.h"
#include "fmgr.h"
#include "graph/graph.h"
#include "mb/pg_wchar.h"
#include "model/model.h"
#include "register/register.h"
#include "script/script.h"
#include "store/store.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(sv_fuzz);
PG_FUNCTION_INFO_V1(sv_fuzz_letters);

extern int	LLVMFuzzerRunDriver(int *argc, char ***argv,
								int (*one) (const uint8_t * data, size_t size));

extern int	__asan_address_is_poisoned(const volatile void *address);

#define SMALL_BLOCK 1024		/* the smallest that a context may have */
#define GROWTH_ALLOWED ((Size) 64 * 1024 * 1024)
#define LOOK_EVERY 4096			/* inputs */

typedef struct Reader
{
	char		letter;
	void		(*read) (const char *text);
	bool		is_folder;
} Reader;

/* What is being read. */
typedef struct Reading
{
	const Reader *reader;
	const char *text;
} Reading;

static MemoryContext work;		/* of one input */
static Size before;				/* what the backend had at the beginning */
static int	inputs;

/* ---------- the readers ---------- */

static void
read_bundle(const char *text, const char *format)
{
	SourceFile	file = {"folder", text};
	List	   *files = sv_bundle_is(text) ? sv_bundle_read(&file) : list_make1(&file);
	Jsonb	   *variables = sv_json_parse("{\"N\": \"n\", \"p\": \"p\"}");
	FolderDrafts *folder = sv_formats_read(files, format, variables);
	ListCell   *cell;

	foreach(cell, folder->drafts)
	{
		const RevisionDraft *draft = lfirst(cell);

		if (draft->up == NULL && draft->down == NULL)
			elog(PANIC, "a draft has no text");
	}
	(void) sv_register_order(folder->drafts);
}

static void
read_folder(const char *text)
{
	read_bundle(text, NULL);
}

/* The first line is the name of the format. */
static void
read_told_folder(const char *text)
{
	const char *end = strchr(text, '\n');

	if (end != NULL)
		read_bundle(end + 1, pnstrdup(text, end - text));
}

/* What is written must be read as it was. */
static void
read_native(const char *text)
{
	SourceFile	file = {"a.sql", text};
	FolderDrafts *folder = sv_formats_read(list_make1(&file), "native", NULL);
	ListCell   *cell;

	foreach(cell, folder->drafts)
	{
		const RevisionDraft *draft = lfirst(cell);
		SourceFile	again = {"a.sql"};

		if (draft->kind != NULL || draft->up == NULL || draft->id == NULL)
			continue;
		again.content = sv_native_write(draft);
		(void) sv_formats_read(list_make1(&again), "native", NULL);
	}
}

static RevisionGraph *
small_graph(void)
{
	RevisionGraph *graph = sv_graph_create(8);
	static const char *const parents[][2] = {
		{"a1", NULL}, {"a2", "a1"}, {"a3", "a2"}, {"b2", "a1"}, {"m4", "a3"}, {"c1", NULL}, {"c2", "c1"}
	};

	for (int i = 0; i < lengthof(parents); i++)
	{
		int			revision = sv_graph_add(graph, parents[i][0]);

		if (parents[i][1] != NULL)
			sv_graph_add_parent(graph, revision, parents[i][1]);
	}
	sv_graph_add_parent(graph, 4, "b2");
	sv_graph_add_depends(graph, 6, "a2");
	sv_graph_add_label(graph, 5, "fees");
	sv_graph_add_tag(graph, "v1", "a2");
	sv_graph_finish(graph);
	for (int i = 0; i < 3; i++)
	{
		graph->revisions[i].applied = true;
		graph->revisions[i].applied_rank = i + 1;
	}
	return graph;
}

/* The line before each NUL of the text is one reference; ways of use by the first letter. */
static void
read_reference(const char *text)
{
	RevisionGraph *graph = small_graph();
	const char *targets[1];

	if (*text == '\0')
		return;
	targets[0] = text + 1;
	switch (*text)
	{
		case 'u':
			(void) sv_graph_plan_upgrade(graph, sv_graph_target(graph, text + 1, SV_UPGRADE));
			break;
		case 'd':
			(void) sv_graph_plan_downgrade(graph, sv_graph_target(graph, text + 1, SV_DOWNGRADE));
			break;
		case 'g':
			(void) sv_graph_plan_goto(graph, text + 1);
			break;
		case 's':
			(void) sv_graph_plan_stamp(graph, 1, targets, false);
			break;
		case 'h':
			(void) sv_graph_history(graph, text + 1, NULL);
			break;
		case '1':
			(void) sv_graph_resolve_one(graph, text + 1);
			break;
		default:
			(void) sv_graph_resolve(graph, text + 1);
	}
}

static void
read_expression(const char *text)
{
	(void) sv_graph_asks_for_names(text);
	(void) sv_graph_split_names(text);
	(void) sv_graph_expression_holds(text, list_make2("test", "dev"));
}

static void
read_options(const char *text)
{
	const char *irreversible;
	char	   *options = sv_store_options(text, &irreversible);

	(void) sv_store_option_keep(options, false);
	(void) sv_store_option_rebuild(options);
	(void) sv_store_option_verify_by_error(options);
	(void) sv_store_option_transaction(options, SV_UPGRADE);
	(void) sv_store_option_variables(options);
	(void) sv_store_option_preconditions(options);
	(void) sv_store_option_text(options, "context");
	(void) sv_store_option_list(options, "replaces");
}

static void
read_snapshot(const char *text)
{
	Model	   *model = sv_model_from_jsonb(sv_json_parse(text));

	(void) sv_model_to_jsonb(model);
}

static void
read_script(const char *text)
{
	ScriptOrigin origin = {"a", "up", "a.sql", 1};
	Script	   *script = sv_script_parse(text, &origin);

	sv_batch_check(script, &origin);
	(void) sv_script_hints(script);
	(void) sv_script_mentions(text);
	(void) sv_script_committing(script);
	(void) sv_script_checksum(script, NULL, NULL, NULL);
	(void) sv_redact_script(text);
	for (int i = 0; i < script->n; i++)
	{
		Node	   *tree = sv_statement_tree(script, i);
		char	   *plain;

		(void) sv_script_statement_text(script, i);
		(void) sv_script_rehearsal_text(script, i);
		(void) sv_script_plain(script, i, &plain);
		(void) sv_script_called(script, i);
		(void) sv_batch_step(script, i, &origin);
		(void) sv_drops_kind(tree);
		(void) sv_evaluates(tree);
		(void) sv_owned_relations(tree);
		(void) sv_created_name(tree);
		(void) sv_lock_targets(tree);
	}
}

/* The first letter says which syntax the variables of the rest have. */
static void
read_variables(const char *text)
{
	static const char *const values[] = {"n", "it's \"x\" \\ $$", "p", "1"};
	VariableSyntax syntax = 1 + (unsigned char) *text % 4;
	ScriptOrigin origin = {"a", "up", "a.sql", 1};
	List	   *given = NIL;
	List	   *used = NIL;

	if (*text == '\0')
		return;
	for (int i = 0; i < lengthof(values); i += 2)
	{
		Variable   *variable = palloc0(sizeof(Variable));

		variable->name = values[i];
		variable->value = values[i + 1];
		variable->secret = i > 0;
		given = lappend(given, variable);
	}
	(void) sv_has_variables(text + 1, syntax);
	(void) sv_substitute_stand_ins(text + 1, syntax);
	(void) sv_substitute(text + 1, syntax, given, &origin, &used);
}

/* Rows as text: "v", VALUES; "c", CSV; else data of COPY.  What is stored of them can be read. */
static void
read_rows(const char *text)
{
	ScriptOrigin origin = {"rows", "rows", "a.sql", 1};
	ManagedRows *rows = palloc0(sizeof(ManagedRows));

	if (*text == '\0')
		return;
	rows->schema = "public";
	rows->table = "t";
	if (*text == 'v')
		sv_values_read(rows, text + 1, &origin);
	else
		sv_register_copy_rows(rows, text + 1, *text == 'c');
	if (rows->columns == NIL)
		return;
	rows->key = list_make1(linitial(rows->columns));
	sv_register_check_rows(rows);
	(void) sv_managed_parse(sv_managed_text(rows));
	(void) sv_managed_values(rows);
}

static const Reader readers[] = {
	{'F', read_folder, true},
	{'T', read_told_folder, true},
	{'N', read_native, true},
	{'R', read_reference},
	{'E', read_expression},
	{'O', read_options},
	{'M', read_snapshot},
	{'S', read_script},
	{'V', read_variables},
	{'W', read_rows},
};

/* ---------- one input ---------- */

/*
 * Let each palloc() of the context be a malloc(): no chunk is small enough for a block.
 * The limit stands behind the three sizes of blocks, which are known.
 */
static void
have_no_chunks(MemoryContext context)
{
	char	   *bytes = (char *) context;

	for (int at = sizeof(MemoryContextData); at < sizeof(MemoryContextData) + 256; at += 4)
	{
		uint32		narrow[4];
		Size		wide[4];

		memcpy(narrow, bytes + at, sizeof(narrow));
		memcpy(wide, bytes + at, sizeof(wide));
		if (narrow[0] == SMALL_BLOCK && narrow[1] == SMALL_BLOCK && narrow[2] == SMALL_BLOCK)
			memset(bytes + at + 3 * sizeof(uint32), 0, sizeof(uint32));
		else if (wide[0] == SMALL_BLOCK && wide[1] == SMALL_BLOCK && wide[2] == SMALL_BLOCK)
			memset(bytes + at + 3 * sizeof(Size), 0, sizeof(Size));
		else
			continue;
		return;
	}
}

/* A context for inputs, and the proof that AddressSanitizer sees the ends of what is in it. */
static void
make_work_context(void)
{
	char	   *chunk;

	work = AllocSetContextCreate(TopMemoryContext, "fuzz", 0, SMALL_BLOCK, SMALL_BLOCK);
	have_no_chunks(work);
	chunk = MemoryContextAlloc(work, 64);
	if (!__asan_address_is_poisoned(chunk + 64))
		elog(ERROR, "AddressSanitizer does not see where memory ends");
	pfree(chunk);
	if (!__asan_address_is_poisoned(chunk))
		elog(ERROR, "AddressSanitizer does not see that memory was freed");
}

static void
do_read(void *arg)
{
	const Reading *reading = arg;

	reading->reader->read(reading->text);
}

/* May the readers answer so?  "is_folder": of files, so one of them must be named. */
static bool
is_answer(const ErrorData *error, bool is_folder)
{
	const char *state = unpack_sql_state(error->sqlerrcode);

	if (strcmp(state, "SV018") == 0 && is_folder)
		return strstr(error->message, "file \"") != NULL ||
			strstr(error->message, "no migration was found") != NULL ||
			strstr(error->message, "files are in two formats") != NULL;
	if (strncmp(state, "SV", 2) == 0)
		return true;
	if (is_folder)
		return strcmp(state, "22023") == 0 || strncmp(state, "54", 2) == 0;
	return strncmp(state, "XX", 2) != 0;
}

/* What stays of the inputs, beside the server's caches. */
static Size
memory_in_use(void)
{
	return MemoryContextMemAllocated(TopMemoryContext, true) -
		MemoryContextMemAllocated(CacheMemoryContext, true);
}

static int
read_one(const uint8_t * data, size_t size)
{
	Reading		reading = {0};
	MemoryContext caller;
	ErrorData  *error;

	for (int i = 0; size > 0 && i < lengthof(readers); i++)
	{
		if (readers[i].letter == data[0])
			reading.reader = &readers[i];
	}
	if (reading.reader == NULL || memchr(data, '\0', size) != NULL ||
		!pg_verify_mbstr(PG_UTF8, (const char *) data + 1, size - 1, true))
		return -1;
	caller = MemoryContextSwitchTo(work);
	reading.text = pnstrdup((const char *) data + 1, size - 1);
	error = sv_subtransaction(do_read, &reading, false);
	if (error != NULL && error->sqlerrcode == ERRCODE_QUERY_CANCELED)
		ReThrowError(error);
	if (error != NULL && !is_answer(error, reading.reader->is_folder))
	{
		fprintf(stderr, "fault: %s: %s\n", unpack_sql_state(error->sqlerrcode), error->message);
		abort();
	}
	MemoryContextSwitchTo(caller);
	MemoryContextReset(work);
	if (++inputs % LOOK_EVERY != 0)
		return 0;
	before = before == 0 ? memory_in_use() : before;
	if (memory_in_use() > before + GROWTH_ALLOWED)
	{
		fprintf(stderr, "fault: memory is left\n");
		MemoryContextStats(TopMemoryContext);
		abort();
	}
	return 0;
}

/* sv_fuzz(text[]): run libFuzzer with these arguments; it ends the process. */
Datum
sv_fuzz(PG_FUNCTION_ARGS)
{
	Datum	   *given;
	int			n;
	char	  **argv;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), TEXTOID, -1, false, TYPALIGN_INT, &given, NULL, &n);
	argv = palloc0(sizeof(char *) * (n + 2));
	argv[0] = "fuzz";
	for (int i = 0; i < n; i++)
		argv[i + 1] = TextDatumGetCString(given[i]);
	n++;
	make_work_context();
	PG_RETURN_INT32(LLVMFuzzerRunDriver(&n, &argv, read_one));
}
