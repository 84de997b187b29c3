/*
 * store_private.h
 *		What the files of src/store share.
 */
#ifndef SV_STORE_PRIVATE_H
#define SV_STORE_PRIVATE_H

#include "model/model.h"
#include "store/store.h"
#include "utils/hsearch.h"

/* What an object is known by in a kept state. */
typedef struct VersionKey
{
	const ModelClass *class;
	const char *identity;
} VersionKey;

/* ----- versions.c -----
 *
 * The present versions of objects.  All of it runs between sv_store_enter() and
 * sv_store_leave(), and lives in the context of sv_versions_begin().
 */
typedef struct Versions Versions;

extern HTAB *sv_versions_table(const char *name, Size entry_size);
extern Versions *sv_versions_begin(const StoreScope *scope, int32 origin);
extern bool sv_versions_has(Versions *versions, const ModelClass *class, const char *identity);
extern List *sv_versions_parts(Versions *versions, const Object *whole);
extern void sv_versions_change(Versions *versions, int64 state, const ObjectChange *change);
extern int	sv_versions_pending(const Versions *versions);
extern void sv_versions_write(Versions *versions);
extern void sv_versions_end(Versions *versions);
extern void sv_versions_prefer_places(void);
extern void sv_versions_verify(const StoreScope *scope, const List *changes);

/* ----- states.c ----- */

extern Datum sv_store_texts(Datum *elements, int n);
extern Datum sv_store_numbers(Datum *elements, int n);
extern Object *sv_state_object(Jsonb *description, Oid oid, int16 place);

/*
 * SQL: from where to where the run "r" led, one text.  It began at what its first revision
 * revises, or undid.  Where it made living objects alone, these are named; NULL: nothing.
 */
#define SV_RUN_PLACE(revision, revises) \
	"CASE WHEN s.direction = 'upgrade' THEN " revision " ELSE " revises " END " \
	"FROM schemaver.step s JOIN schemaver.revision v ON v.revision = s.revision " \
	"WHERE s.run = r.run ORDER BY s.position "
#define SV_RUN_PARENTS "coalesce(nullif(array_to_string(v.revises, ','), ''), 'base')"
#define SV_RUN_CHANGE \
	"SELECT coalesce((SELECT " SV_RUN_PLACE(SV_RUN_PARENTS, "s.revision") "LIMIT 1) || ' -> ' || " \
	"(SELECT " SV_RUN_PLACE("s.revision", SV_RUN_PARENTS) "DESC LIMIT 1), " \
	"(SELECT (array_agg(s.revision ORDER BY s.position))[1] || " \
	"CASE WHEN count(*) > 1 THEN ' and ' || count(*) - 1 || ' more' ELSE '' END " \
	"FROM schemaver.step s WHERE s.run = r.run))"

/* ----- whole.c: changes of a part of the schema, completed for the kept state ----- */

extern List *sv_whole_changes(Versions *versions, List *changes);

/* ----- past.c: what was applied at a moment ----- */

extern bool *sv_store_then(const RevisionGraph *graph, const char *moment);
extern bool *sv_store_then_for_run(const RevisionGraph *graph, const char *moment);

#endif							/* SV_STORE_PRIVATE_H */
