/*
 * formats_private.h
 *		What the files of src/formats share.
 */
#ifndef SV_FORMATS_PRIVATE_H
#define SV_FORMATS_PRIVATE_H

#include "base/compat.h"
#include "formats/formats.h"
#include "lib/stringinfo.h"
#include "script/script.h"
#include "utils/jsonb.h"

/* How sure a file makes that its folder is of a format. */
typedef enum FormatFit
{
	SV_FIT_NONE,
	SV_FIT_NAME,				/* its name could be one of the format's */
	SV_FIT_MARK,				/* it has a mark that only this format has */
	SV_FIT_ROOT					/* it says so of all files of the folder */
} FormatFit;

/* The files of a folder on their way into drafts. */
typedef struct Folder
{
	List	   *files;			/* of SourceFile: what the format reads, and what says how */
	Jsonb	   *variables;		/* an object: values for templates; NULL: none */
	FolderDrafts *result;
	bool		told;			/* the caller said which format it is */
	const char *tool;			/* how the caller said it: the format or an alias; or NULL */
	List	   *sorted;			/* the files in the order of their names */
} Folder;

typedef struct Format
{
	const char *name;			/* what the SQL argument "format" says */
	const char *aliases;		/* other tools with the same files, separated by blanks; or NULL */
	const char *needs;			/* what a file must have: "a line ...", for messages */
	FormatFit	(*fit) (const SourceFile *file);
	List	   *(*read) (Folder *folder);	/* -> RevisionDraft */
} Format;

extern const Format sv_format_native;
extern const Format sv_format_sqitch;
extern const Format sv_format_drizzle;
extern const Format sv_format_liquibase;
extern const Format sv_format_goose;
extern const Format sv_format_dbmate;
extern const Format sv_format_sql_migrate;
extern const Format sv_format_tern;
extern const Format sv_format_node_pg_migrate;
extern const Format sv_format_rambler;
extern const Format sv_format_mybatis;
extern const Format sv_format_play;
extern const Format sv_format_graphile;
extern const Format sv_format_alembic;
extern const Format sv_format_rails;
extern const Format sv_format_prisma;
extern const Format sv_format_pairs;
extern const Format sv_format_flyway;
extern const Format sv_format_refinery;
extern const Format sv_format_folders;
extern const Format sv_format_plain;

/* formats.c */
pg_noreturn extern void sv_format_refuse(const SourceFile *file, int line, const char *message,
										 const char *hint);
pg_noreturn extern void sv_format_refuse_stranger(const SourceFile *file, const Format *format);
extern void sv_format_ignore(Folder *folder, const SourceFile *file, const char *reason);
extern bool sv_file_is_sql(const SourceFile *file);
extern const SourceFile *sv_folder_find(const Folder *folder, const char *name);
extern const char *sv_path_last(const char *path);
extern char *sv_path_folder(const char *path);
extern char *sv_path_join(const char *folder, const char *name);
extern bool sv_name_ends_with(const char *name, const char *end);

/* atlas.c, atlas_sum.c */
extern List *sv_atlas_apply(Folder *folder, List *drafts);
extern void sv_atlas_check_sum(const Folder *folder);
extern void sv_atlas_note_hashes(const Folder *folder, List *drafts);

/* ----- lines.c: texts line by line, and sections made of lines ----- */

/* One line of a text; start with {text}. */
typedef struct LineCursor
{
	const char *next;			/* where the next line begins */
	const char *start;
	int			length;			/* without its end */
	int			number;			/* from 1; 0 before the first call */
} LineCursor;

extern bool sv_line_next(LineCursor *line);
extern bool sv_line_is_blank(const LineCursor *line);
extern bool sv_line_is_comment(const LineCursor *line);
extern bool sv_line_begins(const LineCursor *line, const char *word);
extern int	sv_line_at(const char *text, const char *at);
extern const char *sv_line_comment(const LineCursor *line, const char *mark);
extern bool sv_text_has_line(const char *text, const char *mark);
extern bool sv_text_has_mark(const char *text, const char *mark);
extern void sv_line_refuse_indented(const SourceFile *file, const LineCursor *line,
									const char *mark);

/*
 * A part of a file: some of its lines.  Lines between them that belong to
 * something else are left blank, so that line numbers stay those of the file.
 */
typedef struct Section
{
	StringInfoData text;
	int			first_line;		/* 0: it has no line yet */
	int			last_line;
	bool		begun;			/* its mark was seen, even if no line follows */
} Section;

extern void sv_section_init(Section *section);
extern void sv_section_begin(Section *section);
extern void sv_section_add(Section *section, const LineCursor *line);
extern void sv_section_add_text(Section *section, const LineCursor *line, const char *text,
								int length);
extern void sv_section_end_statement(Section *section, const LineCursor *line);
extern bool sv_section_is_empty(const Section *section);
extern const char *sv_section_text(const Section *section);

/* ----- names.c: names that hold version, message and order ----- */

/* A file of a format that keeps id and message in the name. */
typedef struct NamedFile
{
	const SourceFile *file;
	const char *folder;			/* the parts of its path that are versions, or "" */
	const char *name;			/* version, message; without what the format adds to it */
	int			version;		/* length of the version that begins name, or 0 */
	const char *id;
	const char *message;
	bool		is_down;
	bool		no_transaction;
	bool		text_order;		/* versions compare as texts, without '-' */
	bool		name_order;		/* names compare as texts, whatever their versions */
} NamedFile;

extern NamedFile *sv_named_file(const SourceFile *file, const char *name, bool is_down);
extern List *sv_named_drafts(List *named_files);
extern int	sv_version_length(const char *name);
extern int	sv_version_compare(const char *a, const char *b);
extern char *sv_id_from(const char *bytes, int length);
extern char *sv_words_of(const char *name);
extern void sv_drafts_sort_by_name(List *files);

/* divided.c */
extern int	sv_divided_doubtful_line(const SourceFile *file);

/* file_pairs.c */
extern const SourceFile *sv_pairs_twin(const List *files);

/* plain.c */
extern bool sv_file_forbids_transaction(const SourceFile *file);
extern List *sv_folder_sql(const Folder *folder);
extern char *sv_file_base(const SourceFile *file);

/* drafts.c: what readers make */
extern RevisionDraft *sv_draft_new(const SourceFile *file, const char *id, const char *message);
extern void sv_draft_set_up(RevisionDraft *draft, const SourceFile *file, const char *text,
							int line);
extern void sv_draft_set_down(RevisionDraft *draft, const SourceFile *file, const char *text,
							  int line);
extern void sv_draft_set_sections(RevisionDraft *draft, const SourceFile *file, const Section *up,
								  const Section *down);
extern void sv_draft_option(RevisionDraft *draft, const char *name, const char *json);
extern void sv_draft_detail(RevisionDraft *draft, const char *name, const char *text);
extern void sv_draft_detail_list(RevisionDraft *draft, const char *name, const List *texts);
extern void sv_draft_transactions(RevisionDraft *draft, bool not_up, bool not_down);
extern void sv_draft_variables(RevisionDraft *draft, const char *syntax);
extern void sv_drafts_chain(List *drafts);

/* Reads a file's sections into a draft without id and message. */
typedef RevisionDraft *(*SectionedFn) (const SourceFile *file);

extern List *sv_read_sectioned(Folder *folder, SectionedFn read, bool whole_names,
							   bool by_names);

/* dumps.c */
extern bool sv_file_is_dump(const SourceFile *file);
extern List *sv_rails_versions(const List *files);
extern bool sv_rails_covers(const List *versions, const char *name);

/* template.c */
extern const char *sv_template_render(const Folder *folder, const SourceFile *file,
									  const char *text, int line);
extern void sv_template_render_draft(const Folder *folder, RevisionDraft *draft);

/* json_file.c */
extern Jsonb *sv_json_file(const SourceFile *file);

/* sqitch_conf.c */
typedef enum SqitchScript
{
	SV_SQITCH_DEPLOY,
	SV_SQITCH_REVERT,
	SV_SQITCH_VERIFY
} SqitchScript;

#define SV_SQITCH_SCRIPTS	(SV_SQITCH_VERIFY + 1)

/* Where the scripts of a project are. */
typedef struct SqitchFolders
{
	const char *root;			/* where Sqitch is called */
	const char *scripts[SV_SQITCH_SCRIPTS];
	const char *reworked[SV_SQITCH_SCRIPTS];	/* of changes that were reworked */
	const char *extension;
} SqitchFolders;

extern SqitchFolders sv_sqitch_folders(const Folder *folder, const char *plan);

/* psql_commands.c */
extern const char *sv_psql_commands(const Folder *folder, const char *root,
									const SourceFile *script, List **included);

/* sqitch_ids.c */
extern void sv_sqitch_note(RevisionDraft *draft, const SqitchProject *project, const char *name,
						   const char *id, const PlanLine *line, const List *needs,
						   const List *conflicts, const List *tags);

/* ----- liquibase*.c, changelog.c, changelog_entries.c ----- */

/* The preconditions of a changeset. */
typedef struct LiquibaseChecks
{
	const char *on_fail;		/* NULL: halt */
	const char *on_error;
	const char *on_message;
	List	   *conditions;		/* of char *: JSON objects without their ends */
} LiquibaseChecks;

/* What a changelog passes on to the files that it includes. */
typedef struct LiquibaseScope
{
	List	   *properties;		/* see sv_liquibase_expand() */
	const char *contexts;		/* expression that holds for all of the file; NULL: none */
	const char *labels;			/* of changesets that have none; NULL: none */
} LiquibaseScope;

extern const char *sv_liquibase_attribute(const char *at, char **name, char **value);
extern bool sv_liquibase_is_for_us(const char *dbms);
extern char *sv_liquibase_expand(const List *properties, const char *text);
extern void sv_liquibase_property(LiquibaseScope *scope, List **properties,
								  const SourceFile *file, const LineCursor *line,
								  const char *text);
extern char *sv_liquibase_checksum(const char *sql, const char *settings, int version);
extern void sv_liquibase_define(List **properties, const char *name, const char *value);
extern void sv_liquibase_check(LiquibaseChecks *checks, const List *properties,
							   const SourceFile *file, const LineCursor *line, const char *text);
extern char *sv_liquibase_checks_json(const LiquibaseChecks *checks);
extern bool sv_liquibase_is_formatted(const SourceFile *file);
extern List *sv_liquibase_read_file(const SourceFile *file, LiquibaseScope *scope);
extern RevisionDraft *sv_liquibase_read_raw(const SourceFile *file, const LiquibaseScope *scope);
typedef enum ChangelogEntryKind
{
	SV_ENTRY_INCLUDE,
	SV_ENTRY_INCLUDE_ALL,		/* all files of a folder */
	SV_ENTRY_PROPERTY,
	SV_ENTRY_DBMS				/* precondition */
} ChangelogEntryKind;

/* An entry of a changelog. */
typedef struct ChangelogEntry
{
	ChangelogEntryKind kind;
	int			line;
	char	   *path;			/* of an include */
	bool		relative;		/* to the changelog's folder */
	bool		can_be_empty;
	char	   *contexts;		/* expression, or NULL */
	char	   *labels;			/* list, or NULL */
	char	   *ending;			/* of the names of files that count; NULL: all */
	int			min_depth;		/* of files in the folder: 1 is directly */
	int			max_depth;
	char	   *name;			/* of a property */
	char	   *value;
	char	   *dbms;			/* of a property or a precondition; NULL: any */
	bool		is_local;		/* the property */
} ChangelogEntry;

extern void sv_changelog_refuse(const SourceFile *file, int line, const char *what);
extern List *sv_changelog_entries(const SourceFile *file);
extern bool sv_changelog_is_root(const SourceFile *file);
extern List *sv_changelog_read(Folder *folder);

/* ----- native.c -----
 *
 * Names of the native format's directives.
 */

#define SV_DIRECTIVE_MARK	"schemaver:"

typedef enum Directive
{
	SV_DIRECTIVE_REVISION,
	/* in its place, what runs again when it has changed */
	SV_DIRECTIVE_REPEATABLE,
	SV_DIRECTIVE_SEED,
	SV_DIRECTIVE_ROWS,
	SV_DIRECTIVE_MESSAGE,
	SV_DIRECTIVE_REVISES,
	SV_DIRECTIVE_DEPENDS_ON,
	SV_DIRECTIVE_BRANCH_LABELS,
	SV_DIRECTIVE_OPTIONS,
	SV_DIRECTIVE_GENERATED,
	/* sections: the lines behind them are their text */
	SV_DIRECTIVE_UP,
	SV_DIRECTIVE_DOWN,
	SV_DIRECTIVE_VERIFY,
	SV_DIRECTIVE_PRECONDITION
} Directive;

#define SV_DIRECTIVES	(SV_DIRECTIVE_PRECONDITION + 1)

extern const char *const sv_directive_names[SV_DIRECTIVES];

extern List *sv_native_read(const SourceFile *file);
extern char *sv_native_mark(const char *section, const char *text);

#endif							/* SV_FORMATS_PRIVATE_H */
