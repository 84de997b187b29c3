/*
 * client.c
 *		A run whose client is gone is rolled back.
 *
 * The server notices a lost client when it reads the next command, or when
 * client_connection_check_interval says so; by default a long script would go on
 * and commit for nobody.  So a run checks the connection between statements, and
 * has the server check it while a statement runs or waits.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "run/run.h"
#include "storage/latch.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/timeout.h"

/* libpq/libpq.h, which declares it, needs the headers of libraries that are not needed otherwise */
extern bool pq_check_connection(void);

#define CHECK_EVERY_MS 1000

static bool
has_client(void)
{
	return MyProcPort != NULL && whereToSendOutput == DestRemote && WaitEventSetCanReportClosed();
}

/*
 * Let the server look for the client while statements run, until the caller's
 * level of settings ends.
 */
void
sv_client_watch(void)
{
	if (!has_client() || client_connection_check_interval > 0)
		return;
	(void) set_config_option("client_connection_check_interval", psprintf("%d", CHECK_EVERY_MS),
							 PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	enable_timeout_after(CLIENT_CONNECTION_CHECK_TIMEOUT, CHECK_EVERY_MS);
}

/* Raise 08006 if the client is gone. */
void
sv_client_check(void)
{
	if (has_client() && !pq_check_connection())
		ereport(ERROR,
				(errcode(ERRCODE_CONNECTION_FAILURE),
				 errmsg("connection to client lost"),
				 errdetail("The run is rolled back.")));
}
