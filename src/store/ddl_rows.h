/*
 * ddl_rows.h
 *		Rows of ddl_log.
 */
#ifndef SV_STORE_DDL_LOG_H
#define SV_STORE_DDL_LOG_H

#include "datatype/timestamp.h"
#include "model/model.h"

/* A logged statement. */
typedef struct LoggedDdl
{
	char	   *role;
	TimestampTz logged_at;
	char	   *tag;
	char	   *statement;		/* or NULL */
} LoggedDdl;

extern bool sv_store_has_ddl_log(void);
extern void sv_store_log_ddl(bool dropped, const char *tag, const char *statement);
extern LoggedDdl *sv_store_ddl_of(const Object *object, const char *tags);

#endif							/* SV_STORE_DDL_LOG_H */
