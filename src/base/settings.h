/*
 * settings.h
 *		The settings of schemaver (schemaver.*).
 */
#ifndef SV_SETTINGS_H
#define SV_SETTINGS_H

extern int	sv_run_lock_timeout;	/* ms; -1 waits for ever, 0 not at all */
extern int	sv_max_script_size; /* kB */
extern bool sv_progress;
extern bool sv_derive_downs;
extern bool sv_keep_snapshots;
extern int	sv_lock_timeout;	/* ms; 0: as lock_timeout says */
extern int	sv_lock_attempts;
extern int	sv_lock_retry_delay;	/* ms, before the second attempt */
extern int	sv_concurrent_lock_timeout; /* ms; 0: no limit */
extern int	sv_batch_max_lag;	/* ms; 0: no limit */
extern int	sv_batch_max_wal_rate;	/* kB per second; 0: no limit */

/* What happens when a down does not bring back the schema. */
typedef enum CheckDowns
{
	SV_CHECK_OFF,
	SV_CHECK_WARN,
	SV_CHECK_ERROR
} CheckDowns;

extern int	sv_check_downs;		/* CheckDowns */
extern bool sv_keep_data;

extern void sv_settings_init(void);

#endif							/* SV_SETTINGS_H */
