/*
 * deadline.h
 *		Work that is cancelled when it takes too long.
 */
#ifndef SV_DEADLINE_H
#define SV_DEADLINE_H

/* deadline.c */
extern void sv_deadline_begin(int milliseconds);
extern void sv_deadline_end(void);
extern void sv_deadline_forget(void);
extern bool sv_deadline_passed(const ErrorData *error);

#endif							/* SV_DEADLINE_H */
