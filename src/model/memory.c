/*
 * memory.c
 *		Objects and texts of a model, one behind the other.
 *
 * A schema has ten objects per table and two texts per object, most of 20 bytes.
 * Chunks of the server's contexts have a header each and are rounded up to a power of
 * two, and psprintf() leaves 128 bytes for each text, StringInfo 1,024.  All of a model goes
 * at once, with its context, so nothing is ever freed here.
 */
#include "postgres.h"

#include "model/model.h"

/* The first block is small: a run makes thousands of models, most of a few objects. */
#define FIRST_BLOCK 512
#define LARGEST_BLOCK 8192

static void
new_block(Model *model, Size size)
{
	model->block = model->block == 0 ? FIRST_BLOCK : Min(model->block * 2, LARGEST_BLOCK);
	model->left = Max(model->block, size);
	model->room = MemoryContextAlloc(model->context, model->left);
}

static char *
take(Model *model, Size size)
{
	char	   *result;

	if (size > LARGEST_BLOCK / 4)
		return MemoryContextAlloc(model->context, size);	/* leaves the block as it is */
	if (size > model->left)
		new_block(model, size);
	result = model->room;
	model->room += size;
	model->left -= size;
	return result;
}

/* Memory for anything, aligned. */
static void *
take_aligned(Model *model, Size size)
{
	Size		skip = (char *) MAXALIGN(model->room) - model->room;

	if (skip + size <= model->left)
	{
		model->room += skip;
		model->left -= skip;
	}
	else
		model->left = 0;		/* a new block is aligned */
	return take(model, size);
}

/* A new object, empty but for its class; sv_model_add() adds it. */
Object *
sv_model_object(Model *model, const ModelClass *class)
{
	Object	   *object = take_aligned(model, sizeof(Object));

	memset(object, 0, sizeof(Object));
	object->class = class;
	return object;
}

/* A copy of the first "length" bytes of a text. */
char *
sv_model_text(Model *model, const char *text, int length)
{
	char	   *copy = take(model, length + 1);

	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *
sv_model_string(Model *model, const char *text)
{
	return sv_model_text(model, text, strlen(text));
}

/* Three texts as one. */
char *
sv_model_name(Model *model, const char *a, const char *between, const char *b)
{
	Size		alen = strlen(a);
	Size		blen = strlen(b);
	Size		middle = strlen(between);
	char	   *name = take(model, alen + middle + blen + 1);

	memcpy(name, a, alen);
	memcpy(name + alen, between, middle);
	memcpy(name + alen + middle, b, blen + 1);
	return name;
}

/* Give an object a copy of these properties. */
void
sv_model_set_properties(Model *model, Object *object, const Property *properties, int n)
{
	object->properties = take_aligned(model, sizeof(Property) * n);
	object->nproperties = n;
	if (n > 0)
		memcpy(object->properties, properties, sizeof(Property) * n);
}

/* Add a property to an object of the model. */
void
sv_model_add_property(Model *model, Object *object, Property property)
{
	Property   *more = take_aligned(model, sizeof(Property) * (object->nproperties + 1));

	if (object->nproperties > 0)
		memcpy(more, object->properties, sizeof(Property) * object->nproperties);
	more[object->nproperties++] = property;
	object->properties = more;
}
