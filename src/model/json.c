/*
 * json.c
 *		Models out of snapshots.
 *
 * {"schemaver": 1, "objects": [{"class": ..., "identity": ..., "schema": ...,
 * "name": ..., "parent": "table:public.t", "properties": {...},
 * "needs": ["function:public.f()", ...], "vanishes_with": [...]}, ...], "findings": [...]}
 *
 * is a snapshot (jsonb.c writes it).  Objects stand in canonical order, columns in
 * the table's.
 */
#include "postgres.h"

#include "base/base.h"
#include "model/model.h"

static void
bad_snapshot(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("value is no snapshot of schemaver"),
			 errdetail_internal("%s", detail)));
}

static char *
text_at(JsonbContainer *object, const char *key)
{
	JsonbValue *value = sv_json_member(object, key);

	if (value == NULL)
		return NULL;
	if (value->type != jbvString)
		bad_snapshot(psprintf("\"%s\" is no string.", key));
	return pnstrdup(value->val.string.val, value->val.string.len);
}

static List *
strings_of(JsonbContainer *array)
{
	List	   *strings = NIL;
	uint32		n = JsonContainerSize(array);

	for (uint32 i = 0; i < n; i++)
	{
		JsonbValue *value = getIthJsonbValueFromContainer(array, i);

		if (value->type != jbvString)
			bad_snapshot("A list contains something else than strings.");
		strings = lappend(strings, pnstrdup(value->val.string.val, value->val.string.len));
	}
	return strings;
}

static void
read_properties(Object *o, JsonbContainer *container)
{
	JsonMembers member;

	o->properties = palloc(sizeof(Property) * (JsonContainerSize(container) + 1));
	sv_json_begin(&member, container);
	while (sv_json_next(&member))
	{
		Property   *p = &o->properties[o->nproperties++];

		p->name = member.name;
		p->text = sv_json_string(&member.value);
		p->list = NIL;
		if (sv_json_array(&member.value) != NULL)
			p->list = strings_of(sv_json_array(&member.value));
		else if (p->text == NULL)
			bad_snapshot(psprintf("Property \"%s\" is neither a string nor a list.", p->name));
	}
}

static Object *
referenced(const Model *model, const char *reference)
{
	const char *colon = strchr(reference, ':');
	const ModelClass *class = colon ? sv_object_class(pnstrdup(reference, colon - reference)) :
	NULL;

	return class ? sv_model_find(model, class, colon + 1) : NULL;
}

static List *
read_references(const Model *model, JsonbContainer *object, const char *key)
{
	JsonbContainer *array = sv_json_array(sv_json_member(object, key));
	List	   *result = NIL;

	if (array == NULL)
		return NIL;
	foreach_ptr(const char, string, strings_of(array))
	{
		Object	   *o = referenced(model, string);

		if (o != NULL)
			result = lappend(result, o);
	}
	return result;
}

static Object *
read_object(JsonbContainer *container)
{
	Object	   *o = palloc0(sizeof(Object));
	char	   *class = text_at(container, "class");
	JsonbContainer *properties = sv_json_object(sv_json_member(container, "properties"));

	o->class = class ? sv_object_class(class) : NULL;
	if (o->class == NULL)
		bad_snapshot(psprintf("Class \"%s\" is not known.", class ? class : ""));
	o->identity = text_at(container, "identity");
	if (o->identity == NULL)
		bad_snapshot("An object has no identity.");
	o->schema = text_at(container, "schema");
	o->name = text_at(container, "name");
	if (properties != NULL)
		read_properties(o, properties);
	return o;
}

static void
read_parent(const Model *model, Object *o, const char *reference)
{
	if (reference == NULL)
		return;
	o->parent = referenced(model, reference);
	if (o->parent == NULL || o->parent == o)
		bad_snapshot(psprintf("The parent of %s %s is missing.", o->class->name, o->identity));
	o->parent->parts = lappend(o->parent->parts, o);
}

/* Does the class's query give a column of that name, which says what an object is? */
static bool
has_part(const ModelClass *class, const char *column)
{
	return strstr(class->query, psprintf(" AS %s", column)) != NULL;
}

/* Can the one be a part of the other? */
static bool
is_parent(const Object *parent, const Object *o)
{
	if (sv_class_is(o, default) || sv_class_is(o, identity_sequence) || sv_class_is(parent, column))
		return (sv_class_is(o, default) || sv_class_is(o, identity_sequence)) &&
			sv_class_is(parent, column);
	if (sv_class_is(o, index_attachment))
		return sv_class_is(parent, index) || sv_class_is(parent, constraint);
	if (sv_class_is(parent, composite))
		return sv_class_is(o, column);
	return parent->parent == NULL && parent->class->catalog == o->class->parent_catalog;
}

/* Is there what the code relies on?  A snapshot may come from anybody. */
void
sv_object_check(const Object *o)
{
	const ModelClass *class = o->class;

	if ((has_part(class, "_name") && o->name == NULL) ||
		(has_part(class, "_schema") && o->schema == NULL))
		bad_snapshot(psprintf("The name of %s %s is missing.", class->name, o->identity));
	if (OidIsValid(class->parent_catalog) != (o->parent != NULL) ||
		(o->parent != NULL && !is_parent(o->parent, o)))
		bad_snapshot(psprintf("The parent of %s %s cannot be one.", class->name, o->identity));
}

static void
link_object(const Model *model, Object *o, JsonbContainer *container)
{
	read_parent(model, o, text_at(container, "parent"));
	o->needs = read_references(model, container, "needs");
	o->vanishes_with = read_references(model, container, "vanishes_with");
}

/*
 * The object that sv_object_to_jsonb() described, without its links: the caller
 * adds it to a model and calls sv_object_link() when all are there.
 */
Object *
sv_object_from_jsonb(Jsonb *description)
{
	if (!JB_ROOT_IS_OBJECT(description))
		bad_snapshot("An object is none.");
	return read_object(&description->root);
}

/* Find the parent and the needs of an object; needs that the model lacks are left out. */
void
sv_object_link(const Model *model, Object *object, Jsonb *description)
{
	link_object(model, object, &description->root);
}

/* The model that a snapshot describes; error if it describes none. */
Model *
sv_model_from_jsonb(Jsonb *snapshot)
{
	Model	   *model = sv_model_create();
	JsonbContainer *array;
	uint32		n;

	if (!JB_ROOT_IS_OBJECT(snapshot) || sv_json_member(&snapshot->root, "schemaver") == NULL)
		bad_snapshot("It has no key \"schemaver\".");
	array = sv_json_array(sv_json_member(&snapshot->root, "objects"));
	if (array == NULL)
		bad_snapshot("It has no list \"objects\".");
	n = JsonContainerSize(array);
	for (uint32 i = 0; i < n; i++)
	{
		JsonbContainer *object = sv_json_object(getIthJsonbValueFromContainer(array, i));

		if (object == NULL)
			bad_snapshot("An object is none.");
		sv_model_add(model, read_object(object));
	}
	if (list_length(model->objects) != n)
		bad_snapshot("It has an object twice.");
	for (uint32 i = 0; i < n; i++)
		link_object(model, list_nth(model->objects, i),
					sv_json_object(getIthJsonbValueFromContainer(array, i)));
	for (uint32 i = 0; i < n; i++)
		sv_object_check(list_nth(model->objects, i));
	return model;
}
