/*
 * proof_private.h
 *		What the files of src/proof share.
 */
#ifndef SV_PROOF_PRIVATE_H
#define SV_PROOF_PRIVATE_H

#include "model/model.h"
#include "nodes/pg_list.h"
#include "script/script.h"

/* ----- hide.c -----
 *
 * Make the live schema invisible for the rest of a subtransaction.
 */

extern HTAB *sv_hide(const Model *live, bool with_public);
extern void sv_hide_bring_extensions(HTAB *hidden, const Model *live);
extern ErrorData *sv_hide_subtransaction(HTAB *hidden, SubtransactionFn work, void *arg, bool keep);
extern bool sv_hide_create_extension(HTAB *hidden, const Node *tree);
extern bool sv_hide_drop_extension(HTAB *hidden, const char *name);

/* ----- outside.c -----
 *
 * Did wanted SQL reach beyond the schemas that are compared?
 */

typedef struct OutsideMark
{
	TransactionId xid;
	CommandId	command;
} OutsideMark;

extern OutsideMark sv_outside_mark(void);
extern void sv_outside_check(const OutsideMark *mark, List *schemas);

/* ----- wanted_check.c -----
 *
 * What wanted SQL may consist of.
 */

extern void sv_wanted_check(const Script *script);
extern bool sv_wanted_is_version_table(const RangeVar *table);
extern bool sv_wanted_leaves_out(Node *statement, int line);
extern void sv_wanted_check_rows(const Model *model);

/* ----- wanted_rows.c: rows of wanted SQL that are taken as managed ones ----- */

extern bool sv_wanted_take_rows(List **taken, const Script *script, int statement);
extern List *sv_wanted_read_rows(const List *taken);

#endif							/* SV_PROOF_PRIVATE_H */
