/*
 * accept.c
 *		A changed text of an applied revision, recorded as the one that ran.
 *
 * Nothing is executed: who calls it says that the new text does what the old one did.
 * The journal keeps who, when and why, and both checksums.
 */
#include "postgres.h"

#include "register/register.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

static void
check_acceptable(const StoredRevision *revision, const char *reason)
{
	if (reason[strspn(reason, " \t\n\r")] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the reason must not be empty")));
	if (!revision->applied)
		ereport(ERROR,
				(errcode(ERRCODE_SV_NOT_IN_RANGE),
				 errmsg("revision \"%s\" is not applied", revision->id),
				 errhint("schemaver.load() and schemaver.edit() change its text.")));
	if (sv_store_parts(SV_STORE_WRITE, revision->id) != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_SV_INTERRUPTED_RUN),
				 errmsg("an online run has done a part of revision \"%s\"", revision->id),
				 errhint("Finish it, or run SELECT schemaver.abandon(%s) first.",
						 quote_literal_cstr(revision->id))));
}

/*
 * Take the text that the files (SourceFile) give for an applied revision, or the one
 * that is registered (NIL), as the one that ran.  Other revisions of the files are left
 * alone.  55000 if it is that already.  The lock of registration is held.
 */
void
sv_register_accept(const char *id, const char *reason, List *files, LoadOptions *options)
{
	StoredRevision *revision;
	TimestampTz started_at = GetCurrentTimestamp();
	const char *checksum;
	int64		run;

	sv_lock_run("schemaver.accept()");
	sv_store_refuse_unfinished();
	revision = sv_store_revision(SV_STORE_WRITE, id);
	check_acceptable(revision, reason);
	options->accept = id;
	if (files != NIL && sv_register_files(files, options) == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_SV_UNKNOWN_REVISION),
				 errmsg("what was given has no revision \"%s\"", id)));
	checksum = sv_store_revision(SV_STORE_WRITE, id)->checksum;
	if (strcmp(checksum, revision->applied_checksum) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the text of revision \"%s\" is the one that ran", id),
				 errhint("Pass the changed file as content => '...'.")));
	run = sv_store_begin_run("accept", id);
	sv_store_note_run(run, psprintf("%s (checksum %s, was %s)", reason, checksum,
									revision->applied_checksum));
	sv_store_set_applied_checksum(id, checksum);
	sv_store_end_run(run, started_at);
}
