/*
 * jsonb.c
 *		Write a model as a snapshot, in the form in which jsonb is stored.
 *
 * The text of a big schema is tens of megabytes; to parse it, or to build the
 * server's tree of values, takes several times that, and longer than to read the
 * schema.  So the containers are written as they stand on disk (jsonb.h), in
 * one pass: keys by length and then by bytes, no key twice.  The result is what
 * jsonb_in() makes of the same text.
 */
#include "postgres.h"

#include "model/model.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#define SNAPSHOT_FORMAT 1

/* A container whose entries are being written. */
typedef struct Container
{
	int			start;			/* with padding */
	int			entries;
	int			n;
	uint32		length;			/* of what the entries say so far */
} Container;

static void
check_length(uint64 length)
{
	if (length > JENTRY_OFFLENMASK)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the snapshot is too large for jsonb"),
				 errhint("Take a snapshot of some schemas alone, or use schemaver.fingerprint().")));
}

static int
pad(StringInfo out)
{
	int			padding = INTALIGN(out->len) - out->len;

	for (int i = 0; i < padding; i++)
		appendStringInfoChar(out, '\0');
	return padding;
}

/* Begin an array of n elements, or an object with n entries for keys and values. */
static Container
begin(StringInfo out, uint32 flag, int n)
{
	Container	c = {out->len, 0, 0, 0};
	uint32		header = flag | (flag == JB_FOBJECT ? n / 2 : n);

	pad(out);
	appendBinaryStringInfo(out, (char *) &header, sizeof(header));
	c.entries = out->len;
	enlargeStringInfo(out, n * sizeof(JEntry));
	out->len += n * sizeof(JEntry);
	return c;
}

/* Say what the next entry of a container is; its data have just been written. */
static void
add(StringInfo out, Container *c, JEntry entry)
{
	uint64		length = (uint64) c->length + (entry & JENTRY_OFFLENMASK);

	check_length(length);
	c->length = length;
	if (c->n % JB_OFFSET_STRIDE == 0)
		entry = (entry & JENTRY_TYPEMASK) | c->length | JENTRY_HAS_OFF;
	memcpy(out->data + c->entries + c->n * sizeof(JEntry), &entry, sizeof(JEntry));
	c->n++;
}

static JEntry
end(StringInfo out, const Container *c)
{
	check_length(out->len - c->start);
	return JENTRY_ISCONTAINER | (out->len - c->start);
}

static void
add_string(StringInfo out, Container *c, const char *string)
{
	int			length = strlen(string);

	check_length(length);
	appendBinaryStringInfo(out, string, length);
	add(out, c, JENTRY_ISSTRING | length);
}

static void
add_reference(StringInfo out, Container *c, const Object *o)
{
	int			start = out->len;

	appendStringInfoString(out, o->class->name);
	appendStringInfoChar(out, ':');
	appendStringInfoString(out, o->identity);
	add(out, c, JENTRY_ISSTRING | (out->len - start));
}

static void
add_strings(StringInfo out, Container *c, List *strings)
{
	Container	array = begin(out, JB_FARRAY, list_length(strings));
	ListCell   *cell;

	foreach(cell, strings)
		add_string(out, &array, lfirst(cell));
	add(out, c, end(out, &array));
}

static void
add_references(StringInfo out, Container *c, List *objects)
{
	Container	array = begin(out, JB_FARRAY, list_length(objects));
	ListCell   *cell;

	foreach(cell, objects)
		add_reference(out, &array, lfirst(cell));
	add(out, c, end(out, &array));
}

static int
compare_keys(const void *a, const void *b)
{
	const char *x = ((const Property *) a)->name;
	const char *y = ((const Property *) b)->name;
	int			difference = (int) strlen(x) - (int) strlen(y);

	return difference != 0 ? difference : strcmp(x, y);
}

static void
add_properties(StringInfo out, Container *c, Object *o)
{
	Container	object = begin(out, JB_FOBJECT, 2 * o->nproperties);

	qsort(o->properties, o->nproperties, sizeof(Property), compare_keys);
	for (int i = 0; i < o->nproperties; i++)
		add_string(out, &object, o->properties[i].name);
	for (int i = 0; i < o->nproperties; i++)
	{
		if (o->properties[i].text != NULL)
			add_string(out, &object, o->properties[i].text);
		else
			add_strings(out, &object, o->properties[i].list);
	}
	add(out, c, end(out, &object));
}

static JEntry
write_object(StringInfo out, Object *o)
{
	const struct
	{
		const char *key;
		bool		there;
	}			keys[] = {
		{"name", o->name != NULL}, {"class", true}, {"needs", o->needs != NIL},
		{"parent", o->parent != NULL}, {"schema", o->schema != NULL}, {"identity", true},
		{"properties", o->nproperties > 0}, {"vanishes_with", o->vanishes_with != NIL}
	};
	Container	object;
	int			n = 0;

	for (int i = 0; i < lengthof(keys); i++)
		n += keys[i].there;
	object = begin(out, JB_FOBJECT, 2 * n);
	for (int i = 0; i < lengthof(keys); i++)
		if (keys[i].there)
			add_string(out, &object, keys[i].key);
	if (o->name != NULL)
		add_string(out, &object, o->name);
	add_string(out, &object, o->class->name);
	if (o->needs != NIL)
		add_references(out, &object, o->needs);
	if (o->parent != NULL)
		add_reference(out, &object, o->parent);
	if (o->schema != NULL)
		add_string(out, &object, o->schema);
	add_string(out, &object, o->identity);
	if (o->nproperties > 0)
		add_properties(out, &object, o);
	if (o->vanishes_with != NIL)
		add_references(out, &object, o->vanishes_with);
	return end(out, &object);
}

/* One object as it stands in a snapshot. */
Jsonb *
sv_object_to_jsonb(Object *object)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoSpaces(&out, VARHDRSZ);
	(void) write_object(&out, object);
	SET_VARSIZE(out.data, out.len);
	return (Jsonb *) out.data;
}

static void
add_format(StringInfo out, Container *c)
{
	Numeric		number = int64_to_numeric(SNAPSHOT_FORMAT);
	int			padding = pad(out);

	appendBinaryStringInfo(out, (char *) number, VARSIZE_ANY(number));
	add(out, c, JENTRY_ISNUMERIC | (padding + VARSIZE_ANY(number)));
}

/* The snapshot of a model. */
Jsonb *
sv_model_to_jsonb(const Model *model)
{
	StringInfoData out;
	bool		findings = model->findings != NIL;
	Container	top;
	Container	array;
	ListCell   *cell;

	initStringInfo(&out);
	appendStringInfoSpaces(&out, VARHDRSZ);
	top = begin(&out, JB_FOBJECT, findings ? 6 : 4);
	add_string(&out, &top, "objects");
	if (findings)
		add_string(&out, &top, "findings");
	add_string(&out, &top, "schemaver");
	array = begin(&out, JB_FARRAY, list_length(model->objects));
	foreach(cell, model->objects)
		add(&out, &array, write_object(&out, lfirst(cell)));
	add(&out, &top, end(&out, &array));
	if (findings)
		add_strings(&out, &top, model->findings);
	add_format(&out, &top);
	SET_VARSIZE(out.data, out.len);
	return (Jsonb *) out.data;
}
