/*
 * subtransaction.c
 *		The one place that opens subtransactions.
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/base.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

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
		error = CopyErrorData();
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
