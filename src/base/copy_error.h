/*
 * copy_error.h
 *		An error that is caught, to be raised again later.
 */
#ifndef SV_COPY_ERROR_H
#define SV_COPY_ERROR_H

extern ErrorData *sv_copy_error(void);

#endif							/* SV_COPY_ERROR_H */
