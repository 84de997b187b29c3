/*
 * report_private.h
 *		What the files of src/report share.
 */
#ifndef SV_REPORT_PRIVATE_H
#define SV_REPORT_PRIVATE_H

#include "drift/drift.h"
#include "model/model.h"
#include "report/report.h"
#include "script/script.h"

/* ----- entities.c: tables as diagrams show them ----- */

/* EntityColumn.marks */
#define SV_IN_PRIMARY_KEY	0x01
#define SV_IN_UNIQUE		0x02
#define SV_IN_FOREIGN_KEY	0x04

typedef struct EntityColumn
{
	const Object *object;
	int			marks;
} EntityColumn;

typedef struct Entity
{
	const Object *object;		/* a table */
	int			number;			/* from 0 */
	List	   *columns;		/* EntityColumns */
	List	   *keys;			/* its primary key and unique constraints: Objects */
	List	   *links;			/* EntityLinks */
} Entity;

/* A foreign key. */
typedef struct EntityLink
{
	const Object *object;
	const Entity *to;
	bool		unique;			/* at most one row of the table refers to each row */
	bool		optional;		/* a row may refer to nothing */
} EntityLink;

typedef struct EntityEntry
{
	const Object *table;		/* the key */
	Entity	   *entity;
} EntityEntry;

extern List *sv_report_entities(const Model *model);

/* ----- text_diff.c ----- */

typedef struct DiffLine
{
	char		sign;			/* '-', '+' or ' ' */
	char	   *text;
} DiffLine;

extern List *sv_report_text_diff(const char *was, const char *is);

/* ----- page.c: the page under construction, and what its sections share ----- */

typedef struct ReportPage
{
	StringInfoData out;
	int			limit;			/* bytes of "out" at which the section under way ends */
	const RevisionGraph *graph;
	RevisionList list;			/* all revisions, the newest first */
	StoredRevision **rows;		/* of "list" */
	RevisionStates *states;
} ReportPage;

#define sv_page_put(page, ...) sv_markup(&(page)->out, SV_MARKUP_HTML, __VA_ARGS__)

extern void sv_page_section(ReportPage *page, const char *name, const char *title, int limit);
extern bool sv_page_has_room(ReportPage *page, int mark, const char *what);
extern void sv_page_state(ReportPage *page, const char *state);
extern void sv_page_revision_link(ReportPage *page, const char *id);
extern char *sv_page_duration(int64 milliseconds);
extern char *sv_page_moment(TimestampTz moment);

/* ----- page_style.c ----- */

extern const char *const sv_page_style;

/* ----- page_runs.c ----- */

extern void sv_page_pending(ReportPage *page);
extern void sv_page_runs(ReportPage *page, List *runs);

/* ----- page_tables.c ----- */

extern void sv_page_tables(ReportPage *page, const char *compare);

/* ----- page_drift.c ----- */

extern void sv_page_drift(ReportPage *page, DriftReport *drift);

/* ----- page_revisions.c ----- */

extern void sv_page_revisions(ReportPage *page);

/* ----- pending_events.c -----
 *
 * Where the file of a run needs a commit because of pending trigger events.
 */

typedef struct PendingEvents
{
	List	   *deferrable;		/* RangeVar of tables that get such a constraint */
	List	   *dropped;		/* RangeVar of tables that are gone by then */
	List	   *written;		/* RangeVar of tables that may have events */
} PendingEvents;

extern void sv_pending_commit(PendingEvents *pending);
extern bool sv_pending_border(PendingEvents *pending, const Script *script, int statement);

/* ----- standalone.c: the bookkeeping of a file for a server without schemaver ----- */

extern void sv_standalone_check(StringInfo out, const RevisionGraph *graph, bool first);
extern void sv_standalone_step(StringInfo out, const StoredRevision *row, Direction direction);
extern void sv_standalone_verify(StringInfo out, const char *revision, const Script *script);
extern void sv_standalone_end(StringInfo out);

#endif							/* SV_REPORT_PRIVATE_H */
