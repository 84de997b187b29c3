/*
 * settings.c
 *		The settings of schemaver, each with the reason why it exists.
 */
#include "postgres.h"

#include <limits.h>

#include "settings.h"
#include "utils/guc.h"

/* A deploy job may prefer to fail at once over waiting behind another run. */
int			sv_run_lock_timeout = -1;

/* A file of this size is data or a mistake; read it only when asked to. */
int			sv_max_script_size = 16 * 1024;

/* INFO reaches every client whatever client_min_messages says. */
bool		sv_progress = true;

/* Define the settings.  Called once, when the library is loaded. */
void
sv_settings_init(void)
{
	DefineCustomIntVariable("schemaver.run_lock_timeout",
							"Sets how long a run waits for another run of the same database.",
							"-1 waits without limit, 0 fails at once with SQLSTATE SV010.",
							&sv_run_lock_timeout, -1, -1, INT_MAX,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("schemaver.max_script_size",
							"Sets the largest script or file that can be registered.",
							NULL,
							&sv_max_script_size, 16 * 1024, 1, 512 * 1024,
							PGC_USERSET, GUC_UNIT_KB, NULL, NULL, NULL);
	DefineCustomBoolVariable("schemaver.progress",
							 "Reports every finished step of a run with an INFO message.",
							 NULL,
							 &sv_progress, true,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	MarkGUCPrefixReserved("schemaver");
}
