/*
 * schemaver.c
 *		What the server needs in order to load the library.
 */
#include "postgres.h"

#include "compat.h"
#include "fmgr.h"
#include "run/keep.h"
#include "run/track.h"
#include "settings.h"

SV_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	sv_settings_init();
	sv_keep_init();
	sv_track_install();
}
