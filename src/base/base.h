/*
 * base.h
 *		What every folder needs: errors, settings, subtransactions, and the way to
 *		act as the owner of schemaver's tables.
 *
 * Owns: saved plans, the owner's role and search_path, subtransactions that
 * return their error, settings, error codes, differences between majors.  Calls
 * the server only.  Never knows a table, a revision or a schema object.
 */
#ifndef SV_BASE_H
#define SV_BASE_H

#include "access/genam.h"
#include "base/compat.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_depend.h"
#include "common/cryptohash.h"
#include "executor/spi.h"
#include "nodes/pg_list.h"
#include "utils/elog.h"
#include "utils/jsonb.h"
#include "utils/snapshot.h"

/* ----- types and error codes that every module uses ----- */

/* SQLSTATEs of class SV.  The list is part of the SQL contract (docs/reference.md). */
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
extern const char *sv_base_clip(const char *name);

/* Are both the same text, or both NULL? */
static inline bool
sv_base_same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* ----- lists.c ----- */

extern bool sv_base_has_string(const List *strings, const char *string);
extern bool sv_base_same_strings(const List *a, const List *b);
extern int	sv_base_by_text(const ListCell *a, const ListCell *b);
extern bool sv_base_same_object(const ObjectAddress *a, const ObjectAddress *b);
extern bool sv_base_has_object(const List *addresses, const ObjectAddress *address);

/* ----- json_value.c ----- */

/* The members of an object, one after the other. */
typedef struct JsonMembers
{
	JsonbIterator *at;
	char	   *name;
	JsonbValue	value;
} JsonMembers;

extern Jsonb *sv_json_parse(const char *text);
extern JsonbContainer *sv_json_object(const JsonbValue *value);
extern JsonbContainer *sv_json_array(const JsonbValue *value);
extern JsonbValue *sv_json_member(JsonbContainer *object, const char *name);
extern char *sv_json_string(const JsonbValue *value);
extern char *sv_json_text(const JsonbValue *value);
extern List *sv_json_texts(JsonbContainer *array);
extern void sv_json_begin(JsonMembers *members, JsonbContainer *object);
extern bool sv_json_next(JsonMembers *members);
extern char *sv_json_quote(const char *text);
extern char *sv_json_list(const List *texts);
extern void sv_json_add(const char **object, const char *name, const char *json);

/* ----- distributed.c ----- */

extern const char *sv_distributing_extension(void);
extern bool sv_is_distributed(Oid relation);
extern bool sv_is_schema_of_chunks(Oid schema);

/* ----- cached.c ----- */

extern Oid	sv_cached_oid(int cache, Oid object, AttrNumber column);
extern char *sv_relation_name(Oid relation);

/* ----- settings.c -----
 *
 * The settings of schemaver (schemaver.*).
 */

extern int	sv_run_lock_timeout;	/* ms; -1 waits for ever, 0 not at all */
extern int	sv_max_script_size; /* kB */

typedef enum Progress
{
	SV_PROGRESS_OFF,
	SV_PROGRESS_ON,
	SV_PROGRESS_AUTO
} Progress;

extern int	sv_progress;		/* Progress */
extern bool sv_plain_when_empty;
extern bool sv_derive_downs;
extern bool sv_journal_failures;
extern bool sv_rebuild_dependents;
extern bool sv_keep_snapshots;
extern bool sv_partition_drift;
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
extern int	sv_reorder_limit;	/* kB */
extern char *sv_variables;		/* JSON text */
extern int	sv_ddl_log_size;	/* entries; -1: no limit */

extern void sv_settings_init(void);

/* ----- run_facts.c: what a run is doing, as settings that can be read and not set ----- */

typedef enum RunFact
{
	SV_FACT_RUN,
	SV_FACT_COMMAND,
	SV_FACT_TARGET,
	SV_FACT_REVISION,
	SV_FACT_DIRECTION,
	SV_FACT_STATEMENT,
	SV_FACT_ERROR
} RunFact;

#define SV_FACTS (SV_FACT_ERROR + 1)

extern void sv_fact_set(RunFact fact, const char *value);
extern void sv_facts_begin(void);
extern void sv_facts_clear(void);
extern void sv_facts_init(void);

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
extern ErrorData *sv_catch(SubtransactionFn work, void *arg, int expected);
extern bool sv_base_ends_all(const ErrorData *error);

/* ----- hashes.c ----- */

extern char *sv_utf8(const char *text, size_t *length);
extern char *sv_hash_bytes(pg_cryptohash_type type, const char *bytes, size_t n);
extern char *sv_hash_text(pg_cryptohash_type type, const char *text);
extern uint32 sv_crc32_bytes(const char *bytes, size_t n);
extern uint32 sv_crc32_text(const char *text, bool lines);

/* ----- restricted.c -----
 *
 * Acting as the owner of somebody's object, in a security-restricted operation.
 */

extern void sv_base_run_as(Oid owner, SubtransactionFn work, void *arg);

/* ----- own.c -----
 *
 * Acting as the owner of schemaver's tables.
 *
 * What these functions return is allocated in the context that was current at
 * sv_store_enter(), or at the call.
 */

/*
 * How the store may be used.  A reader sees the snapshot of the calling query,
 * works on a standby and writes nothing; a writer sees all that is committed.
 */
typedef enum StoreMode
{
	SV_STORE_READ,
	SV_STORE_WRITE
} StoreMode;

/* A bit of the security context: a query of schemaver runs, which runs code of nobody else. */
#define SV_SECURITY_OWN_QUERY	0x1000

typedef struct StoreScope
{
	StoreMode	mode;
	Oid			userid;
	int			security_context;
	int			guc_nestlevel;
	MemoryContext caller;
} StoreScope;

#define SV_QUERY_MAX_ARGS 16

/* A statement on schemaver's tables; its plan is kept for the session. */
typedef struct StoreQuery
{
	const char *sql;
	int			nargs;
	Oid			argtypes[SV_QUERY_MAX_ARGS];
	SPIPlanPtr	plan;
} StoreQuery;

extern void (*sv_store_before_enter) (void);
extern void sv_catalogs_enter(StoreScope *scope, StoreMode mode);
extern void sv_store_enter(StoreScope *scope, StoreMode mode);
extern void sv_store_leave(StoreScope *scope);
extern uint64 sv_store_execute(const StoreScope *scope, StoreQuery *query, const Datum *values,
							   const bool *nulls);

/* Reads a row of the result (SPI_tuptable) in the context of the caller. */
typedef void *(*OwnRowFn) (uint64 row);

/* Gets the columns of a row, for as long as the call lasts.  Must not use the store. */
typedef void (*OwnPutFn) (const Datum *values, const bool *nulls, void *arg);

extern uint64 sv_own_execute(const StoreScope *scope, StoreQuery *query,...);
extern uint64 sv_own_query(StoreMode mode, StoreQuery *query,...);
extern List *sv_own_rows(StoreMode mode, StoreQuery *query, OwnRowFn read,...);
extern void sv_own_put(StoreMode mode, StoreQuery *query, OwnPutFn put, void *arg,...);
extern char *sv_own_string(StoreMode mode, StoreQuery *query,...);
extern int64 sv_own_number(StoreMode mode, StoreQuery *query, int64 missing,...);
extern int64 sv_own_number_at(uint64 row, int column, int64 missing);

extern void sv_store_check_writable(const char *what);
extern void sv_store_check_present(const char *revision, Oid table);
extern Oid	sv_store_relation(const char *name);
extern Oid	sv_relation_owner(Oid relation);
extern bool sv_store_exists(void);

extern Datum sv_own_value(uint64 row, int column);
extern char *sv_own_text(uint64 row, int column);
extern List *sv_own_text_list(uint64 row, int column);
extern char *sv_store_text(uint64 row, int column);
extern List *sv_store_text_list(uint64 row, int column);
extern Datum sv_text_array(const List *strings);
extern Datum sv_oid_array(const List *oids);
extern List *sv_text_list(Datum array);
extern char *sv_role_name(Oid role);

#endif							/* SV_BASE_H */
