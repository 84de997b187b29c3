/*
 * classes.c
 *		The list of all classes, parents before their parts.
 *
 * A class that the server has and that is not here is reported by findings.c.
 */
#include "postgres.h"

#include "model/model.h"

const ModelClass *const sv_object_classes[] = {
	&sv_class_schema,
	&sv_class_extension,
	&sv_class_language,
	&sv_class_access_method,
	&sv_class_collation,
	&sv_class_conversion,
	&sv_class_enum,
	&sv_class_composite,
	&sv_class_range,
	&sv_class_base_type,
	&sv_class_domain,
	&sv_class_domain_constraint,
	&sv_class_function,
	&sv_class_procedure,
	&sv_class_aggregate,
	&sv_class_transform,
	&sv_class_operator,
	&sv_class_operator_family,
	&sv_class_operator_class,
	&sv_class_cast,
	&sv_class_ts_parser,
	&sv_class_ts_template,
	&sv_class_ts_dictionary,
	&sv_class_ts_configuration,
	&sv_class_sequence,
	&sv_class_fdw,
	&sv_class_server,
	&sv_class_user_mapping,
	&sv_class_table,
	&sv_class_foreign_table,
	&sv_class_view,
	&sv_class_matview,
	&sv_class_column,
	&sv_class_default,
	&sv_class_identity_sequence,
	&sv_class_inheritance,
	&sv_class_sequence_owner,
	&sv_class_constraint,
	&sv_class_index,
	&sv_class_index_attachment,
	&sv_class_trigger,
	&sv_class_rule,
	&sv_class_policy,
	&sv_class_statistics,
	&sv_class_publication,
	&sv_class_publication_table,
	&sv_class_publication_schema,
	&sv_class_subscription,
	&sv_class_event_trigger,
	&sv_class_default_acl,
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

/* How a class alters a property; NULL: its objects must be made again for it. */
const Alterer *
sv_class_alterer(const ModelClass *class, const char *property)
{
	for (const Alterer *alterer = class->alterers; alterer != NULL && alterer->property != NULL; alterer++)
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
