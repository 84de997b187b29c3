/*
 * jsonb.c
 *		Write a model as a snapshot, in the form in which jsonb is stored.
 *
 * The containers are written as they stand on disk (jsonb.h), in one pass: keys by
 * length and then by bytes, no key twice.  The result is what jsonb_in() makes of
 * the same text.
 *
 * pushJsonbValue() and JsonbValueToJsonb() would do, but they hold a tree of all
 * values.  Measured on 15 with 10,000 tables of test/bench/schema.py, when reading them took 1.5 s
 * of user CPU time and 478 MB: with the server's functions 2.4 s and 847 MB.  The bound for all
 * of a snapshot is 2 s and 250 MB: the tree alone would not fit.
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "common/sha2.h"
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
begin_container(StringInfo out, uint32 flag, int n)
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
add_entry(StringInfo out, Container *c, JEntry entry)
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
end_container(StringInfo out, const Container *c)
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
	add_entry(out, c, JENTRY_ISSTRING | length);
}

static void
add_reference(StringInfo out, Container *c, const Object *o)
{
	int			start = out->len;

	appendStringInfoString(out, o->class->name);
	appendStringInfoChar(out, ':');
	appendStringInfoString(out, o->identity);
	add_entry(out, c, JENTRY_ISSTRING | (out->len - start));
}

static void
add_json_strings(StringInfo out, Container *c, List *strings)
{
	Container	array = begin_container(out, JB_FARRAY, list_length(strings));

	foreach_ptr(const char, string, strings)
		add_string(out, &array, string);
	add_entry(out, c, end_container(out, &array));
}

static void
add_references(StringInfo out, Container *c, List *objects)
{
	Container	array = begin_container(out, JB_FARRAY, list_length(objects));

	foreach_ptr(const Object, object, objects)
		add_reference(out, &array, object);
	add_entry(out, c, end_container(out, &array));
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
add_properties(StringInfo out, Container *c, const Object *o, bool bare)
{
	Property   *properties = palloc(sizeof(Property) * o->nproperties);
	Container	object;
	int			n = 0;

	for (int i = 0; i < o->nproperties; i++)
	{
		if (!bare || sv_property_counts(o->class, o->properties[i].name))
			properties[n++] = o->properties[i];
	}
	qsort(properties, n, sizeof(Property), compare_keys);
	object = begin_container(out, JB_FOBJECT, 2 * n);
	for (int i = 0; i < n; i++)
		add_string(out, &object, properties[i].name);
	for (int i = 0; i < n; i++)
	{
		if (properties[i].text != NULL)
			add_string(out, &object, properties[i].text);
		else
			add_json_strings(out, &object, properties[i].list);
	}
	add_entry(out, c, end_container(out, &object));
	pfree(properties);
}

/* Write an object; "bare" without what follows from the rest of the model, or does not count. */
static JEntry
write_object(StringInfo out, const Object *o, bool bare)
{
	const struct
	{
		const char *key;
		bool		there;
	}			keys[] = {
		{"name", o->name != NULL}, {"class", true}, {"needs", !bare && o->needs != NIL},
		{"parent", o->parent != NULL}, {"schema", o->schema != NULL}, {"identity", true},
		{"properties", o->nproperties > 0}, {"vanishes_with", !bare && o->vanishes_with != NIL}
	};
	Container	object;
	int			n = 0;

	for (int i = 0; i < lengthof(keys); i++)
		n += keys[i].there;
	object = begin_container(out, JB_FOBJECT, 2 * n);
	for (int i = 0; i < lengthof(keys); i++)
		if (keys[i].there)
			add_string(out, &object, keys[i].key);
	if (o->name != NULL)
		add_string(out, &object, o->name);
	add_string(out, &object, o->class->name);
	if (!bare && o->needs != NIL)
		add_references(out, &object, o->needs);
	if (o->parent != NULL)
		add_reference(out, &object, o->parent);
	if (o->schema != NULL)
		add_string(out, &object, o->schema);
	add_string(out, &object, o->identity);
	if (o->nproperties > 0)
		add_properties(out, &object, o, bare);
	if (!bare && o->vanishes_with != NIL)
		add_references(out, &object, o->vanishes_with);
	return end_container(out, &object);
}

/* One object as it stands in a snapshot. */
Jsonb *
sv_object_to_jsonb(const Object *object)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoSpaces(&out, VARHDRSZ);
	(void) write_object(&out, object, false);
	SET_VARSIZE(out.data, out.len);
	return (Jsonb *) out.data;
}

static void
add_format(StringInfo out, Container *c)
{
	Numeric		number = int64_to_numeric(SNAPSHOT_FORMAT);
	int			padding = pad(out);

	appendBinaryStringInfo(out, (char *) number, VARSIZE_ANY(number));
	add_entry(out, c, JENTRY_ISNUMERIC | (padding + VARSIZE_ANY(number)));
}

/* The snapshot of a model. */
Jsonb *
sv_model_to_jsonb(const Model *model)
{
	StringInfoData out;
	bool		findings = model->findings != NIL;
	Container	top;
	Container	array;

	initStringInfo(&out);
	appendStringInfoSpaces(&out, VARHDRSZ);
	top = begin_container(&out, JB_FOBJECT, findings ? 6 : 4);
	add_string(&out, &top, "objects");
	if (findings)
		add_string(&out, &top, "findings");
	add_string(&out, &top, "schemaver");
	array = begin_container(&out, JB_FARRAY, list_length(model->objects));
	foreach_ptr(const Object, object, model->objects)
		add_entry(&out, &array, write_object(&out, object, false));
	add_entry(&out, &top, end_container(&out, &array));
	if (findings)
		add_json_strings(&out, &top, model->findings);
	add_format(&out, &top);
	SET_VARSIZE(out.data, out.len);
	return (Jsonb *) out.data;
}

/*
 * Hex sha256 of a model: of the text of its objects, one after the other, without
 * needs, vanishes_with and findings, which follow from the rest, without the
 * properties that do not count (sv_property_counts), and with the columns in the
 * order of their names.
 */
char *
sv_model_fingerprint(const Model *model)
{
	pg_cryptohash_ctx *context = pg_cryptohash_create(PG_SHA256);
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	char	   *result = palloc(PG_SHA256_DIGEST_STRING_LENGTH);
	StringInfoData object;
	StringInfoData text;
	bool		failed = pg_cryptohash_init(context) < 0;

	initStringInfo(&object);
	initStringInfo(&text);
	foreach_ptr(const Object, place, sv_model_without_places(model))
	{
		resetStringInfo(&object);
		resetStringInfo(&text);
		(void) write_object(&object, place, true);
		(void) JsonbToCString(&text, (JsonbContainer *) object.data, object.len);
		failed |= pg_cryptohash_update(context, (uint8 *) text.data, text.len) < 0;
	}
	failed |= pg_cryptohash_final(context, digest, sizeof(digest)) < 0;
	if (failed)
		elog(ERROR, "could not compute sha256: %s", pg_cryptohash_error(context));
	pg_cryptohash_free(context);
	for (int i = 0; i < PG_SHA256_DIGEST_LENGTH; i++)
		sprintf(result + 2 * i, "%02x", digest[i]);
	return result;
}
