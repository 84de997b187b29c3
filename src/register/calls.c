/*
 * calls.c
 *		Which procedures that a script calls commit by themselves, as the catalogs
 *		have them now.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "commands/proclang.h"
#include "nodes/value.h"
#include "register/register.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

static bool
row_commits(HeapTuple tuple)
{
	Form_pg_proc proc = (Form_pg_proc) GETSTRUCT(tuple);
	HeapTuple	language;
	bool		missing;
	Datum		body;
	bool		result;

	if (proc->prokind != PROKIND_PROCEDURE)
		return false;
	body = SysCacheGetAttr(PROCNAMEARGSNSP, tuple, Anum_pg_proc_prosrc, &missing);
	language = SearchSysCache1(LANGOID, ObjectIdGetDatum(proc->prolang));
	if (missing || !HeapTupleIsValid(language))
		return false;
	result = sv_body_commits(TextDatumGetCString(body),
							 NameStr(((Form_pg_language) GETSTRUCT(language))->lanname));
	ReleaseSysCache(language);
	return result;
}

/* Is there a procedure of the name, in its schema if it has one, that commits? */
static bool
procedure_commits(List *name)
{
	CatCList   *rows = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum(strVal(llast(name))));
	bool		result = false;

	for (int i = 0; i < rows->n_members && !result; i++)
	{
		HeapTuple	tuple = &rows->members[i]->tuple;
		Oid			schema = ((Form_pg_proc) GETSTRUCT(tuple))->pronamespace;

		if (list_length(name) > 1 &&
			strcmp(get_namespace_name(schema), strVal(list_nth(name, list_length(name) - 2))) != 0)
			continue;
		result = row_commits(tuple);
	}
	ReleaseCatCacheList(rows);
	return result;
}

/* Mark the calls of procedures that commit by themselves. */
void
sv_register_mark_calls(Script *script)
{
	List	   *names = NIL;

	for (int i = 0; i < script->n; i++)
	{
		List	   *called = sv_script_called(script, i);

		if (called != NIL && script->statements[i].blocker == NULL && procedure_commits(called))
			names = lappend(names, called);
	}
	sv_script_mark_calls(script, names);
}
