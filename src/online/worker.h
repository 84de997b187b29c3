/*
 * worker.h
 *		One statement at top level, outside of any transaction block.
 */
#ifndef SV_WORKER_H
#define SV_WORKER_H

/* Who a worker is, and all its settings. */
typedef struct WorkerSettings
{
	Oid			database;
	Oid			authenticated_user;
	Oid			session_user;
	Oid			current_user;
	int			length;
	char		values[FLEXIBLE_ARRAY_MEMBER];
} WorkerSettings;

/* worker.c */
extern WorkerSettings *sv_worker_settings(void);
extern void sv_worker_execute(const char *statement, const WorkerSettings *settings);

/* toplevel.c */
extern void sv_toplevel_execute(const char *statement);

#endif							/* SV_WORKER_H */
