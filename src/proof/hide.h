/*
 * hide.h
 *		Make the live schema invisible for the rest of a subtransaction.
 */
#ifndef SV_HIDE_H
#define SV_HIDE_H

#include "model/model.h"

extern HTAB *sv_hide(const Model *live, bool with_public);
extern void sv_hide_bring_extensions(HTAB *hidden, const Model *live);
extern bool sv_hide_create_extension(HTAB *hidden, const char *statement);
extern bool sv_hide_drop_extension(HTAB *hidden, const char *name);

#endif							/* SV_HIDE_H */
