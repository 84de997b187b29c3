/*
 * script_private.h
 *		What the files of src/script share.
 */
#ifndef SV_SCRIPT_PRIVATE_H
#define SV_SCRIPT_PRIVATE_H

#include "nodes/parsenodes.h"
#include "script/script.h"

/* ----- classify.c -----
 *
 * What kind of statement a parse tree is.
 */

/* What the words of a statement tell without its parse tree. */
#define SV_MENTIONS_SET_CONFIG	0x01	/* calls set_config() */
#define SV_MENTIONS_PG_TEMP		0x02	/* names the schema for temporary objects */

extern void sv_classify(Statement *statement, Node *tree, int mentions);

/* ----- commits.c -----
 *
 * Statements that commit by themselves.
 */

#define SV_DO_COMMITS	"DO block that commits"
#define SV_CALL_COMMITS	"CALL of a procedure that commits"

extern bool sv_options_commit(const List *options);

#endif							/* SV_SCRIPT_PRIVATE_H */
