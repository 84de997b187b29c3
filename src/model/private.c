/*
 * private.c
 *		What of a schema only superusers may see, and they without the secrets.
 *
 * The connections of subscriptions and the options of user mappings are no part
 * of a description that everybody may read.  They are read to be compared with what
 * a superuser wants.  What may be a password is never read: it would stand in
 * the statements, and so in revisions, journals and logs.
 */
#include "postgres.h"

#include "access/reloptions.h"
#include "catalog/pg_subscription.h"
#include "catalog/pg_user_mapping.h"
#include "commands/defrem.h"
#include "model/model_private.h"
#include "utils/builtins.h"
#include "utils/syscache.h"

static bool
contains_word(const char *text, const char *word)
{
	for (; *text; text++)
		if (pg_strncasecmp(text, word, strlen(word)) == 0)
			return true;
	return false;
}

/*
 * A password may stand in a connection string by name, or behind the user of a
 * URI; a URI may hide its letters.
 */
static bool
is_secret_connection(const char *connection)
{
	const char *host = strstr(connection, "://");
	const char *at = host ? strchr(host, '@') : NULL;
	const char *colon = host ? strchr(host + 3, ':') : NULL;

	return contains_word(connection, "password") || strchr(connection, '%') != NULL ||
		(at != NULL && colon != NULL && colon < at);
}

static bool
is_secret_option(const char *name)
{
	return contains_word(name, "pass") || contains_word(name, "pwd") || contains_word(name,
																					  "secret") ||
		contains_word(name, "token") ||
		contains_word(name, "key") || contains_word(name, "credential");
}

static void
read_connection(Model *model, Object *subscription, HeapTuple tuple)
{
	bool		isnull;
	Datum		value =
	SysCacheGetAttr(SUBSCRIPTIONOID, tuple, Anum_pg_subscription_subconninfo, &isnull);
	char	   *connection = TextDatumGetCString(value);

	if (!is_secret_connection(connection))
		sv_model_add_property(model, subscription, sv_property_of("connection", connection, NIL));
}

static int
compare_options(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

static void
read_private_options(Model *model, Object *mapping, HeapTuple tuple)
{
	bool		isnull;
	Datum		value =
	SysCacheGetAttr(USERMAPPINGOID, tuple, Anum_pg_user_mapping_umoptions, &isnull);
	List	   *options = NIL;

	if (isnull)
		return;
	foreach_ptr(DefElem, option, untransformRelOptions(value))
	{
		if (!is_secret_option(option->defname))
			options = lappend(options, psprintf("%s %s", quote_identifier(option->defname),
												quote_literal_cstr(defGetString(option))));
	}
	list_sort(options, compare_options);
	if (options != NIL)
		sv_model_add_property(model, mapping, sv_property_of("foreign_options", NULL, options));
}

/* Add it to a model that was read from the catalogs. */
void
sv_model_read_private(Model *model)
{
	foreach_ptr(Object, o, model->objects)
	{
		bool		is_subscription = o->address.classId == SubscriptionRelationId;
		HeapTuple	tuple;

		if (!is_subscription && o->address.classId != UserMappingRelationId)
			continue;
		tuple = SearchSysCache1(is_subscription ? SUBSCRIPTIONOID :
								USERMAPPINGOID, ObjectIdGetDatum(o->address.objectId));
		if (!HeapTupleIsValid(tuple))
			continue;
		if (is_subscription)
			read_connection(model, o, tuple);
		else
			read_private_options(model, o, tuple);
		ReleaseSysCache(tuple);
	}
}
