/*
 * settings.h
 *		The settings of schemaver (schemaver.*).
 */
#ifndef SV_SETTINGS_H
#define SV_SETTINGS_H

extern int	sv_run_lock_timeout;	/* ms; -1 waits for ever, 0 not at all */
extern int	sv_max_script_size; /* kB */
extern bool sv_progress;

extern void sv_settings_init(void);

#endif							/* SV_SETTINGS_H */
