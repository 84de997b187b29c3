/*
 * retry.h
 *		Getting locks without making others wait.
 */
#ifndef SV_RETRY_H
#define SV_RETRY_H

#include "run/execution.h"

extern void sv_retry_approach(Execution *execution, int from, int to);
extern void sv_retry_limits(int most);
extern bool sv_retry_wait(int attempt, const ErrorData *error, Execution *execution);

#endif							/* SV_RETRY_H */
