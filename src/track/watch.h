/*
 * watch.h
 *		The log of who changes the schema outside of runs.
 */
#ifndef SV_DDL_LOG_H
#define SV_DDL_LOG_H

#include "commands/event_trigger.h"

extern void sv_ddl_log_pause(void);
extern void sv_ddl_log_resume(void);
extern void sv_ddl_log(const EventTriggerData *trigger);

#endif							/* SV_DDL_LOG_H */
