/*
 * json_file.c
 *		JSON files that say something about the migrations beside them.
 */
#include "postgres.h"

#include "base/compat.h"
#include "formats/formats_private.h"

/* Return the file's value.  What is no JSON is SV018. */
Jsonb *
sv_json_file(const SourceFile *file)
{
	MemoryContext context = CurrentMemoryContext;
	Jsonb	   *volatile value = NULL;

	PG_TRY();
	{
		value = sv_json_parse(file->content);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = sv_copy_error();
		if (ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_DATA_EXCEPTION)
			PG_RE_THROW();
		FlushErrorState();
		sv_format_refuse(file, 0,
						 psprintf("it is not valid JSON: %s", error->detail ? error->detail :
								  error->message),
						 "Restore the file as its tool wrote it.");
	}
	PG_END_TRY();
	return value;
}
