/*
 * sqitch_conf.c
 *		sqitch.conf: where the scripts of a Sqitch project are.
 *
 * The file stands in the folder of the plan or above it.  A path in it begins at
 * its own folder, which is where Sqitch is called.  Section "engine "pg"" counts
 * before "core".
 */
#include "postgres.h"

#include "formats/formats_private.h"

/* What is read from the file: the values of some names, NULL where it has none. */
typedef enum ConfName
{
	CONF_TOP,
	CONF_EXTENSION,
	CONF_DEPLOY,				/* those of the three scripts stand in the order of SqitchScript */
	CONF_REVERT,
	CONF_VERIFY,
	CONF_REWORKED,
	CONF_REWORKED_DEPLOY,
	CONF_REWORKED_REVERT,
	CONF_REWORKED_VERIFY
} ConfName;

static const char *const conf_names[] = {
	"top_dir", "extension", "deploy_dir", "revert_dir", "verify_dir", "reworked_dir",
	"reworked_deploy_dir", "reworked_revert_dir", "reworked_verify_dir"
};

#define CONF_NAMES lengthof(conf_names)

static const char *const script_names[SV_SQITCH_SCRIPTS] = {"deploy", "revert", "verify"};

/* The text without blanks and quotes at its ends. */
static char *
unquoted(const char *text, int length)
{
	while (length > 0 && strchr(" \t\"", *text) != NULL)
	{
		text++;
		length--;
	}
	while (length > 0 && strchr(" \t\"", text[length - 1]) != NULL)
		length--;
	return pnstrdup(text, length);
}

/* If the line is "NAME = VALUE", put the value of a known name into its place. */
static void
take_conf_line(const LineCursor *line, const char **values)
{
	char	   *text = pnstrdup(line->start, line->length);
	char	   *equal = strchr(text, '=');
	const char *name = equal != NULL ? unquoted(text, equal - text) : "";

	for (int i = 0; i < CONF_NAMES; i++)
	{
		if (pg_strcasecmp(conf_names[i], name) == 0)
			values[i] = unquoted(equal + 1, strcspn(equal + 1, "#;"));
	}
}

/* The project's sqitch.conf, or NULL; *root becomes its folder. */
static const SourceFile *
find_conf(const Folder *folder, const char *plan, const char **root)
{
	const SourceFile *conf;

	for (const char *place = sv_path_folder(plan);; place = sv_path_folder(place))
	{
		conf = sv_folder_find(folder, sv_path_join(place, "sqitch.conf"));
		if (conf != NULL && conf->content != NULL)
		{
			*root = place;
			return conf;
		}
		if (*place == '\0')
			return NULL;
	}
}

static void
read_conf(const SourceFile *conf, const char **values)
{
	const char *of_engine[CONF_NAMES] = {0};
	LineCursor	line = {conf->content};
	bool		in_core = false;
	bool		in_engine = false;

	while (sv_line_next(&line))
	{
		if (sv_line_begins(&line, "["))
		{
			in_core = sv_line_begins(&line, "[core]");
			in_engine = sv_line_begins(&line, "[engine \"pg\"]");
		}
		else if (!sv_line_begins(&line, "#") && !sv_line_begins(&line, ";") &&
				 (in_core || in_engine))
			take_conf_line(&line, in_core ? values : of_engine);
	}
	for (int i = 0; i < CONF_NAMES; i++)
	{
		if (of_engine[i] != NULL)
			values[i] = of_engine[i];
	}
}

/* Return where the scripts of the plan are, as paths in the folder. */
SqitchFolders
sv_sqitch_folders(const Folder *folder, const char *plan)
{
	const char *values[CONF_NAMES] = {0};
	const char *root = sv_path_folder(plan);
	const SourceFile *conf = find_conf(folder, plan, &root);
	SqitchFolders found;
	const char *top;
	const char *reworked;

	if (conf != NULL)
		read_conf(conf, values);
	/* without the file the plan stands beside its scripts */
	top = values[CONF_TOP] != NULL ? sv_path_join(root, values[CONF_TOP]) : root;
	reworked = values[CONF_REWORKED] != NULL ? sv_path_join(root, values[CONF_REWORKED]) : top;
	found.root = root;
	found.extension = values[CONF_EXTENSION] != NULL ? values[CONF_EXTENSION] : "sql";
	for (int i = 0; i < SV_SQITCH_SCRIPTS; i++)
	{
		const char *own = values[CONF_DEPLOY + i];
		const char *old = values[CONF_REWORKED_DEPLOY + i];

		found.scripts[i] = sv_path_join(own != NULL ? root : top,
										own != NULL ? own : script_names[i]);
		found.reworked[i] = sv_path_join(old != NULL ? root : reworked,
										 old != NULL ? old : script_names[i]);
	}
	return found;
}
