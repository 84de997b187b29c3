/*
 * run_facts.c
 *		What a run is doing, as settings that everybody can read.
 *
 * schemaver.current_... are no variables that somebody sets: what they show is asked
 * for when it is shown.  So no script, role or file can forge them, and none
 * has to put them back.
 */
#include "postgres.h"

#include "base/base.h"
#include "utils/guc.h"
#include "utils/memutils.h"

/* Is a run under way that tells of itself?  A rehearsal does not. */
static bool telling = false;

/* NULL: there is none now. */
static char *facts[SV_FACTS];

/* Behind the settings; nothing ever sets them. */
static char *shown[SV_FACTS];

static const char *
show(RunFact fact)
{
	return facts[fact] != NULL ? facts[fact] : "";
}

static const char *
show_run(void)
{
	return show(SV_FACT_RUN);
}

static const char *
show_command(void)
{
	return show(SV_FACT_COMMAND);
}

static const char *
show_target(void)
{
	return show(SV_FACT_TARGET);
}

static const char *
show_revision(void)
{
	return show(SV_FACT_REVISION);
}

static const char *
show_direction(void)
{
	return show(SV_FACT_DIRECTION);
}

static const char *
show_statement(void)
{
	return show(SV_FACT_STATEMENT);
}

static const char *
show_error(void)
{
	return show(SV_FACT_ERROR);
}

static const struct
{
	RunFact		fact;
	const char *name;
	const char *purpose;
	GucShowHook show;
}			settings[] = {
	{SV_FACT_RUN, "schemaver.current_run", "Shows the number of the run under way.", show_run},
	{SV_FACT_COMMAND, "schemaver.current_command",
	"Shows the command of the run under way, as the journal has it.", show_command},
	{SV_FACT_TARGET, "schemaver.current_target", "Shows the target of the run under way.",
	show_target},
	{SV_FACT_REVISION, "schemaver.current_revision",
	"Shows the revision that is being executed.", show_revision},
	{SV_FACT_DIRECTION, "schemaver.current_direction",
	"Shows the direction in which a revision is being executed.", show_direction},
	{SV_FACT_STATEMENT, "schemaver.current_statement",
	"Shows the command tag of the statement around which a hook runs.", show_statement},
	{SV_FACT_ERROR, "schemaver.current_error",
	"Shows SQLSTATE and message of the error because of which a hook runs.", show_error},
};

/* A run is under way, until sv_facts_clear(). */
void
sv_facts_begin(void)
{
	sv_facts_clear();
	telling = true;
}

/* Set a fact, if a run is under way; NULL: there is none. */
void
sv_fact_set(RunFact fact, const char *value)
{
	char	   *copy = NULL;

	if (value != NULL && telling)
		copy = MemoryContextStrdup(TopMemoryContext, value);
	if (facts[fact] != NULL)
		pfree(facts[fact]);
	facts[fact] = copy;
}

/* No run is under way. */
void
sv_facts_clear(void)
{
	telling = false;
	for (int i = 0; i < SV_FACTS; i++)
		sv_fact_set(i, NULL);
}

/* Define the settings.  Called once, when the library is loaded. */
void
sv_facts_init(void)
{
	for (int i = 0; i < lengthof(settings); i++)
		DefineCustomStringVariable(settings[i].name, settings[i].purpose, NULL,
								   &shown[settings[i].fact], "", PGC_INTERNAL,
								   GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE, NULL, NULL,
								   settings[i].show);
}
