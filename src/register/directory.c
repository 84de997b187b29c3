/*
 * directory.c
 *		Reading migration files from a folder of the server.
 *
 * Only a member of pg_read_server_files may, as for COPY.
 */
#include "postgres.h"

#include <sys/stat.h>

#include "base/base.h"
#include "catalog/pg_authid.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "register/register.h"
#include "storage/fd.h"
#include "utils/acl.h"

#define MAX_DEPTH 16

/*
 * The text of a file in the server's encoding, without a byte order mark.
 * Files are UTF-8.  "name" is for messages.
 */
static char *
decode(const char *name, const char *bytes, size_t length)
{
	const unsigned char *start = (const unsigned char *) bytes;

	if (length >= 2 &&
		((start[0] == 0xFF && start[1] == 0xFE) || (start[0] == 0xFE && start[1] == 0xFF)))
		ereport(ERROR,
				(errcode(ERRCODE_SV_UNREADABLE_FILE),
				 errmsg("file \"%s\" is encoded in UTF-16", name),
				 errhint("Store it as UTF-8.")));
	if (length >= 3 && memcmp(start, "\xEF\xBB\xBF", 3) == 0)
	{
		bytes += 3;
		length -= 3;
	}
	if (memchr(bytes, '\0', length) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SV_UNREADABLE_FILE),
				 errmsg("file \"%s\" is not text", name),
				 errdetail("It contains a zero byte.")));
	if (!pg_verify_mbstr(PG_UTF8, bytes, (int) length, true))
		ereport(ERROR,
				(errcode(ERRCODE_SV_UNREADABLE_FILE),
				 errmsg("file \"%s\" is not valid UTF-8", name)));
	return pg_any_to_server(pnstrdup(bytes, length), (int) length, PG_UTF8);
}

static char *
read_file_text(const char *path, const char *name, off_t size)
{
	FILE	   *file = AllocateFile(path, PG_BINARY_R);
	char	   *bytes;
	size_t		length;

	if (file == NULL)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not open file \"%s\" for reading: %m", path)));
	if (size / 1024 > sv_max_script_size)
		ereport(ERROR,
				(errcode(ERRCODE_SV_UNREADABLE_FILE),
				 errmsg("file \"%s\" is larger than %d kB", name, sv_max_script_size),
				 errhint("Load bulk data outside of migrations, or raise \"schemaver.max_script_size\".")));
	bytes = palloc(size + 1);
	length = fread(bytes, 1, size, file);
	if (ferror(file))
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read file \"%s\": %m", path)));
	FreeFile(file);
	return decode(name, bytes, length);
}

/*
 * The name of a file in the server's encoding.  Names are UTF-8, as what stands
 * in the files.
 */
static char *
decode_name(const char *name, const char *folder)
{
	int			length = (int) strlen(name);

	if (!pg_verify_mbstr(PG_UTF8, name, length, true))
		ereport(ERROR,
				(errcode(ERRCODE_SV_UNREADABLE_FILE),
				 errmsg("folder \"%s\" has a file whose name is not valid UTF-8", folder),
				 errhint("Rename the file, or move it out of the folder.")));
	return pg_any_to_server(pstrdup(name), length, PG_UTF8);
}

static List *read_folder(List *files, const char *path, const char *prefix, int depth);

static List *
read_directory_entry(List *files, const char *path, const char *name, int depth)
{
	struct stat info;

	if (stat(path, &info) < 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not stat file \"%s\": %m", path)));
	if (S_ISDIR(info.st_mode))
		return read_folder(files, path, psprintf("%s/", name), depth + 1);
	if (S_ISREG(info.st_mode))
	{
		SourceFile *file = palloc(sizeof(SourceFile));

		file->name = name;
		file->content = sv_formats_wants_content(name) ? read_file_text(path, name,
																		info.st_size) : NULL;
		files = lappend(files, file);
	}
	return files;
}

static List *
read_folder(List *files, const char *path, const char *prefix, int depth)
{
	DIR		   *folder = AllocateDir(path);
	struct dirent *entry;

	if (depth > MAX_DEPTH)
		ereport(ERROR,
				(errcode(ERRCODE_SV_UNREADABLE_FILE),
				 errmsg("folder \"%s\" is nested too deeply", path)));
	while ((entry = ReadDir(folder, path)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		if (entry->d_name[0] == '.')
			continue;
		files = read_directory_entry(files, psprintf("%s/%s", path, entry->d_name),
									 psprintf("%s%s", prefix, decode_name(entry->d_name, path)),
									 depth);
	}
	FreeDir(folder);
	return files;
}

static int
by_name(const ListCell *a, const ListCell *b)
{
	return strcmp(((SourceFile *) lfirst(a))->name, ((SourceFile *) lfirst(b))->name);
}

/*
 * The files of a folder and those below it, in the order of their names, as a
 * list of SourceFile.  Hidden files are left out.
 */
List *
sv_register_read_directory(const char *path)
{
	List	   *files;

	if (!has_privs_of_role(GetUserId(), ROLE_PG_READ_SERVER_FILES))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to read files of the server"),
				 errdetail(
						   "Only roles with privileges of the \"pg_read_server_files\" role may "
						   "load a directory."),
				 errhint("Anyone who may register can call schemaver.load(name, content) with text that the client read.")));
	if (strlen(path) >= MAXPGPATH)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("path of the folder is too long"),
				 errdetail("It has %zu bytes; %d is the most.", strlen(path), MAXPGPATH - 1)));
	if (!is_absolute_path(path))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("relative path not allowed: \"%s\"", path),
				 errdetail("The server reads the folder, from its own disk."),
				 errhint("Give the absolute path on the server, or let the client read the files: "
						 "schemaver push DIR, or SELECT * FROM schemaver.load(name, content).")));
	files = read_folder(NIL, path, "", 0);
	list_sort(files, by_name);
	return files;
}
