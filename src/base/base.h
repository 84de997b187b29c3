/*
 * base.h
 *		What the files of src/base share.
 */
#ifndef SV_BASE_H
#define SV_BASE_H

#include "access/genam.h"
#include "catalog/pg_depend.h"
#include "utils/elog.h"
#include "utils/snapshot.h"

/* ----- errors.c -----
 *
 * The few types and error codes that every module of schemaver uses.
 *
 * Include after postgres.h.
 */

/* SQLSTATEs of class SV.  The list is part of the SQL contract (README). */
#define ERRCODE_SV_UNKNOWN_REVISION		MAKE_SQLSTATE('S', 'V', '0', '0', '1')
#define ERRCODE_SV_AMBIGUOUS_REFERENCE	MAKE_SQLSTATE('S', 'V', '0', '0', '2')
#define ERRCODE_SV_SEVERAL_HEADS		MAKE_SQLSTATE('S', 'V', '0', '0', '3')
#define ERRCODE_SV_BAD_PARENT			MAKE_SQLSTATE('S', 'V', '0', '0', '4')
#define ERRCODE_SV_INVALID_ID			MAKE_SQLSTATE('S', 'V', '0', '0', '5')
#define ERRCODE_SV_DUPLICATE			MAKE_SQLSTATE('S', 'V', '0', '0', '6')
#define ERRCODE_SV_INVALID_SCRIPT		MAKE_SQLSTATE('S', 'V', '0', '0', '7')
#define ERRCODE_SV_NOT_IN_RANGE			MAKE_SQLSTATE('S', 'V', '0', '0', '8')
#define ERRCODE_SV_RUN_ACTIVE			MAKE_SQLSTATE('S', 'V', '0', '1', '0')
#define ERRCODE_SV_NOT_TRANSACTIONAL	MAKE_SQLSTATE('S', 'V', '0', '1', '1')
#define ERRCODE_SV_IRREVERSIBLE			MAKE_SQLSTATE('S', 'V', '0', '1', '2')
#define ERRCODE_SV_CHECKSUM_MISMATCH	MAKE_SQLSTATE('S', 'V', '0', '1', '3')
#define ERRCODE_SV_PENDING				MAKE_SQLSTATE('S', 'V', '0', '1', '4')
#define ERRCODE_SV_DRIFT				MAKE_SQLSTATE('S', 'V', '0', '1', '5')
#define ERRCODE_SV_REFUSED				MAKE_SQLSTATE('S', 'V', '0', '1', '6')
#define ERRCODE_SV_VERIFY_FAILED		MAKE_SQLSTATE('S', 'V', '0', '1', '7')
#define ERRCODE_SV_UNREADABLE_FILE		MAKE_SQLSTATE('S', 'V', '0', '1', '8')
#define ERRCODE_SV_INTERRUPTED_RUN		MAKE_SQLSTATE('S', 'V', '0', '1', '9')

typedef enum Direction
{
	SV_UPGRADE,
	SV_DOWNGRADE
} Direction;

/* "upgrade" or "downgrade", as results, messages and the journal say it. */
#define sv_direction_name(direction) \
	((direction) == SV_UPGRADE ? "upgrade" : "downgrade")

/* ----- one_line.c ----- */

extern char *sv_one_line(const char *text);

/* ----- settings.c -----
 *
 * The settings of schemaver (schemaver.*).
 */

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

/* ----- depend.c ----- */

typedef struct DependScan
{
	Relation	catalog;
	SysScanDesc rows;
} DependScan;

extern DependScan sv_depend_begin(Oid catalog, Oid oid, bool referrers, Snapshot snapshot);
extern Form_pg_depend sv_depend_next(DependScan *scan);

/* ----- subtransaction.c -----
 *
 * Work in a subtransaction that reports its error instead of raising it.
 */

typedef void (*SubtransactionFn) (void *arg);

extern ErrorData *sv_subtransaction(SubtransactionFn work, void *arg, bool keep);

/* ----- restricted.c -----
 *
 * Acting as the owner of somebody's object, in a security-restricted operation.
 */

extern void sv_base_run_as(Oid owner, SubtransactionFn work, void *arg);

#endif							/* SV_BASE_H */
