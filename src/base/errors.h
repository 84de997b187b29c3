/*
 * errors.h
 *		The few types and error codes that every module of schemaver uses.
 *
 * Include after postgres.h.
 */
#ifndef SCHEMAVER_H
#define SCHEMAVER_H

#include "utils/elog.h"

/* SQLSTATEs of class SV.  The list is part of the SQL contract (README). */
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

#endif							/* SCHEMAVER_H */
