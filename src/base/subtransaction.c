/*
 * subtransaction.c
 *		The one place that opens subtransactions.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/base.h"
#include "base/compat.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

/* A copy of the string that lives as long as the session; equal strings have one. */
static const char *
lasting(const char *string)
{
	static List *strings = NIL;
	MemoryContext old;
	ListCell   *cell;

	if (string == NULL)
		return NULL;
	foreach(cell, strings)
	{
		if (strcmp(lfirst(cell), string) == 0)
			return lfirst(cell);
	}
	old = MemoryContextSwitchTo(TopMemoryContext);
	strings = lappend(strings, pstrdup(string));
	MemoryContextSwitchTo(old);
	return llast(strings);
}

/*
 * CopyErrorData(), to be raised again by ReThrowError().  That takes the place where the
 * error arose as constants, but CopyErrorData() of later minor releases copies them into
 * the current context, which is often gone before the client is told.
 */
ErrorData *
sv_copy_error(void)
{
	ErrorData  *error = CopyErrorData();

	error->filename = lasting(error->filename);
	error->funcname = lasting(error->funcname);
	error->domain = lasting(error->domain);
	error->context_domain = lasting(error->context_domain);
	error->message_id = lasting(error->message_id);
	return error;
}

/*
 * Do work(arg) in a subtransaction.  What it did stays if "keep" is true and
 * no error was raised; otherwise it is rolled back.  Returns NULL, or the
 * error, allocated in the current context.  A cancelled query, a terminated
 * backend and the like are errors as any other: the caller decides.
 */
ErrorData *
sv_subtransaction(SubtransactionFn work, void *arg, bool keep)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData  *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		work(arg);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = sv_copy_error();
		FlushErrorState();
	}
	PG_END_TRY();

	if (error == NULL && keep)
		ReleaseCurrentSubTransaction();
	else
		RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return error;
}

/*
 * The same for work that touches nothing but memory and looks into the server's caches: an
 * error of its own leaves nothing that would have to be put back.  Rolling a subtransaction back
 * costs a walk through all that the cache of relations holds.  An error of another code
 * than "expected" is raised again.
 */
ErrorData *
sv_catch(SubtransactionFn work, void *arg, int expected)
{
	MemoryContext context = CurrentMemoryContext;
	ErrorData  *volatile error = NULL;

	PG_TRY();
	{
		work(arg);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = sv_copy_error();
		if (error->sqlerrcode != expected)
			PG_RE_THROW();
		FlushErrorState();
	}
	PG_END_TRY();
	return error;
}

/*
 * Does the error end all that the caller does, for it says nothing about what was
 * tried: a cancelled query, a lock that cannot be had, no memory?
 */
bool
sv_base_ends_all(const ErrorData *error)
{
	switch (ERRCODE_TO_CATEGORY(error->sqlerrcode))
	{
		case ERRCODE_OPERATOR_INTERVENTION:
		case ERRCODE_INSUFFICIENT_RESOURCES:
		case ERRCODE_SYSTEM_ERROR:
		case ERRCODE_TRANSACTION_ROLLBACK:
			return true;
		default:
			return error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE;
	}
}
