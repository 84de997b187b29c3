/*
 * subtransaction.h
 *		Work in a subtransaction that reports its error instead of raising it.
 */
#ifndef SV_SUBTRANSACTION_H
#define SV_SUBTRANSACTION_H

#include "utils/elog.h"

typedef void (*SubtransactionFn) (void *arg);

extern ErrorData *sv_subtransaction(SubtransactionFn work, void *arg, bool keep);

#endif							/* SV_SUBTRANSACTION_H */
