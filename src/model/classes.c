/*
 * classes.c
 *		The list of all classes; see classes.def.
 */
#include "postgres.h"

#include "model/model.h"

#define SV_CLASS(name) &sv_class_##name,

const ModelClass *const sv_object_classes[] = {
#include "model/classes.def"
	NULL
};

const ModelClass *
sv_object_class(const char *name)
{
	for (int i = 0; sv_object_classes[i] != NULL; i++)
		if (strcmp(sv_object_classes[i]->name, name) == 0)
			return sv_object_classes[i];
	return NULL;
}

/* How a class alters a property; NULL: its objects must be re-created for it. */
const Alterer *
sv_class_alterer(const ModelClass *class, const char *property)
{
	for (const Alterer *alterer = class->alterers; alterer != NULL &&
		 alterer->property != NULL; alterer++)
		if (strcmp(alterer->property, property) == 0)
			return alterer;
	return NULL;
}

/*
 * Is a property a part of what the revisions leave?  The fingerprint, drift and
 * all that is done about drift compare these and no others; so drift is
 * empty exactly when the fingerprints are equal.
 */
bool
sv_property_counts(const ModelClass *class, const char *property)
{
	const Alterer *alterer;

	if (strncmp(property, "installed_", 10) == 0)
		return false;			/* tells of the server, not of the schema */
	if (strcmp(property, "owner") == 0)
		return !class->no_owner_change;
	alterer = sv_class_alterer(class, property);
	return alterer == NULL || (alterer->flags & (SV_ALTER_FOLLOWS | SV_ALTER_RUNTIME)) == 0;
}

/* A definition without what can be altered by itself. */
const char *
sv_essence(const Object *object)
{
	return sv_text(object, sv_is(object, "essence") ? "essence" : "definition");
}
