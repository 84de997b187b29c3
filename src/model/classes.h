/*
 * classes.h
 *		The classes of objects (private to src/model and src/diff).
 */
#ifndef SV_CLASSES_H
#define SV_CLASSES_H

#include "base/compat.h"
#include "model/model.h"

/* "in one of the schemas that are read" */
#define IN_SCHEMAS(column) column " = ANY ($1)"

/* A boolean of the catalogs as a property that is there or not. */
#define FLAG(condition, name) "(" condition ") AS " name

extern const ModelClass sv_class_schema,
			sv_class_extension,
			sv_class_table,
			sv_class_foreign_table,
			sv_class_inheritance,
			sv_class_column,
			sv_class_default,
			sv_class_constraint,
			sv_class_index,
			sv_class_index_attachment,
			sv_class_sequence,
			sv_class_sequence_owner,
			sv_class_view,
			sv_class_matview,
			sv_class_enum,
			sv_class_composite,
			sv_class_range,
			sv_class_base_type,
			sv_class_domain,
			sv_class_domain_constraint,
			sv_class_function,
			sv_class_procedure,
			sv_class_aggregate,
			sv_class_trigger,
			sv_class_rule,
			sv_class_policy,
			sv_class_statistics,
			sv_class_language,
			sv_class_transform,
			sv_class_cast,
			sv_class_operator,
			sv_class_operator_class,
			sv_class_operator_family,
			sv_class_collation,
			sv_class_conversion,
			sv_class_access_method,
			sv_class_ts_parser,
			sv_class_ts_template,
			sv_class_ts_dictionary,
			sv_class_ts_configuration,
			sv_class_fdw,
			sv_class_server,
			sv_class_user_mapping,
			sv_class_publication,
			sv_class_publication_table,
			sv_class_publication_schema,
			sv_class_subscription,
			sv_class_event_trigger,
			sv_class_default_acl;

/* column.c */
extern void sv_write_column(StringInfo out, const Object *column, const Object *default_, bool merged);
extern char *sv_usual_sequence(const char *table, const char *column);
extern const char *sv_not_null_name(const Object *column);
extern const char *sv_identity_sequence(const Object *column);
extern void sv_write_column_extras(Writer *writer, const Object *column);
extern void sv_write_own_not_null(Writer *writer, const Object *column);
extern void sv_write_no_default(Writer *writer, const Object *column);
extern const char *sv_constraint_definition(const Object *object);
extern void sv_write_column_of_type(StringInfo out, const Object *column, const Object *default_);
extern const char *sv_essence(const Object *object);
extern const char *sv_relation_name_space(const Object *object);
extern const char *sv_type_name_space(const Object *object);
extern const char *sv_function_name_space(const Object *object);

#endif							/* SV_CLASSES_H */
