/*
 * schemaver.c
 *		What the server needs in order to load the library.
 */
#include "postgres.h"

#include "base/base.h"
#include "base/compat.h"
#include "fmgr.h"
#include "impact/impact.h"
#include "kept/kept.h"
#include "living/living.h"
#include "model/model.h"
#include "run/run.h"
#include "store/store.h"
#include "register/register.h"
#include "track/track.h"

SV_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	sv_settings_init();
	sv_kept_init();
	sv_impact_init();
	sv_track_install();
	sv_members_install();
	sv_confine_init();
	sv_hooks_init();
	sv_living_init();
	sv_model_leave_out(sv_store_is_adopted);
	sv_register_install();
}
