/*
 * model.h
 *		What a schema contains: objects of many classes, each with its identity,
 *		its properties and the objects that it needs.
 *
 * A model comes from the catalogs (read.c) or from a snapshot (json.c); both
 * give the same.  Everything is text as the server prints it with a
 * search_path of pg_catalog, so nothing in a model depends on OIDs, on the
 * session or on the database.
 *
 * Owns: objects and their properties.  A class of objects is one file with one
 * ModelClass: how its objects are read, created, altered and dropped; classes.c
 * lists them.  Never compares two models, orders statements or sees a revision.
 */
#ifndef SV_MODEL_H
#define SV_MODEL_H

#include "base/base.h"
#include "base/compat.h"
#include "catalog/objectaddress.h"
#include "lib/stringinfo.h"
#include "nodes/pg_list.h"
#include "utils/hsearch.h"
#include "utils/jsonb.h"
#include "utils/snapshot.h"

typedef struct Object Object;
typedef struct Model Model;
typedef struct Writer Writer;
struct Reader;

/* A property has a text or a list of strings, never both, never neither. */
typedef struct Property
{
	const char *name;
	const char *text;
	List	   *list;
} Property;

/* How an identity is made of the name; it is what COMMENT ON takes. */
typedef enum IdentityStyle
{
	SV_ID_NAME,					/* name */
	SV_ID_QUALIFIED,			/* schema.name */
	SV_ID_OF_PARENT,			/* parent.name */
	SV_ID_ON_PARENT,			/* name ON parent */
	SV_ID_AS_PARENT,			/* that of the parent */
	SV_ID_GIVEN					/* column _identity of the query */
} IdentityStyle;

/* What an alterer means for the objects that depend on the altered one. */
#define SV_ALTER_DISRUPTS	0x01	/* views, rules, policies ... must be re-created */
#define SV_ALTER_IGNORED	0x02	/* no statement by itself: another property decides */
#define SV_ALTER_FOLLOWS	0x04	/* no fact by itself: follows from other properties or
									 * objects, or has no consequence */
#define SV_ALTER_RUNTIME	0x08	/* the work of running the database, such as CLUSTER and
									 * REFRESH: no part of what revisions leave */

/* Write the statements that change a property (or several) from a's to b's. */
typedef void (*AlterFn) (Writer *writer, const Object *a, const Object *b);

typedef struct Alterer
{
	const char *property;
	AlterFn		alter;			/* NULL: the object must be re-created */
	int			flags;
} Alterer;

/* Hazards of a statement. */
#define SV_HAZARD_DATA_LOSS		0x01
#define SV_HAZARD_REWRITE		0x02
#define SV_HAZARD_SCAN			0x04
#define SV_HAZARD_BLOCKS_ALL	0x08	/* ACCESS EXCLUSIVE */
#define SV_HAZARD_BLOCKS_WRITES 0x10	/* SHARE or SHARE ROW EXCLUSIVE */
#define SV_HAZARD_MAY_FAIL		0x20	/* depends on the data */

/* emit.c */
/* ModelClass.traits: facts about the objects of a class. */
#define SV_IS_TYPE				0x01	/* a type by itself; a table has one */
#define SV_HAS_COLUMNS			0x02
#define SV_IS_ROUTINE			0x04	/* a function or a procedure */
#define SV_HOLDS_DATA			0x08	/* values are lost, or change, when it is dropped and
										 * re-created */
#define SV_USES_COLUMN_TYPES	0x10	/* must be re-created when a column that it uses changes
										 * its type */

/* Which names exclude each other. */
#define SV_SPACE_OWN		0x01	/* those of the same class and place */
#define SV_SPACE_RELATION	0x02	/* relations of a schema */
#define SV_SPACE_TYPE		0x04	/* types of a schema */
#define SV_SPACE_FUNCTION	0x08	/* those with the same arguments */

typedef enum RenameForm
{
	SV_RENAME_PLAIN,			/* ALTER keyword identity RENAME TO */
	SV_RENAME_COLUMN,
	SV_RENAME_CONSTRAINT,
	SV_RENAME_NONE				/* can only change its schema */
} RenameForm;

/* How objects of a class are renamed. */
typedef struct ClassRename
{
	int			level;			/* lower ones are renamed first; 0: cannot be renamed */
	int			spaces;
	RenameForm	form;
	bool		moves;			/* has SET SCHEMA */
	int			hazards;
} ClassRename;

typedef struct ModelClass
{
	const char *name;			/* in snapshots and results */
	const char *keyword;		/* in COMMENT ON, DROP, OWNER TO */
	Oid			catalog;		/* of its addresses */
	int			rank;			/* those of lower rank are made first, if nothing else decides */
	IdentityStyle style;
	Oid			parent_catalog; /* of column _parent, InvalidOid: none */
	bool		is_part;		/* goes when its parent goes */
	int			traits;
	ClassRename rename;
	char		acl_type;		/* as acldefault() takes it; 0: has no privileges */

	/*
	 * All objects of the class in the schemas $1 (oid[]; global ones where $2). Columns whose
	 * names start with "_" say what it is: _oid, _sub, _parent, _parentsub, _schema, _name,
	 * _identity, _needs (oid of a relation that it depends on), _type and after it _typmod (the
	 * property "type"); all others are properties.
	 */
	const char *query;

	/* Reads all of them faster than the query would; NULL: the query is all. */
	void		(*scan) (struct Reader *reader, StoreScope *store, const Datum *values);

	void		(*create) (Writer *writer, const Object *object);
	void		(*fill) (Writer *writer, const Object *object); /* once it has its owner; NULL:
																 * nothing */
	void		(*drop) (Writer *writer, const Object *object); /* NULL: DROP keyword identity */
	const Alterer *alterers;	/* up to one with property NULL */
	bool		(*can_alter) (const Object *a, const Object *b);	/* NULL: true */
	bool		(*folds) (const Object *object);	/* can it be written in its parent's CREATE? */
	const char *(*name_space) (const Object *object);	/* objects with equal names in it exclude
														 * each other */
	bool		no_owner_change;	/* owner cannot be altered */

	/*
	 * What COMMENT ON, SECURITY LABEL and ALTER, or GRANT, call it where that is not its
	 * identity; NULL: always its identity.
	 */
	const char *(*sql_name) (const Object *object, bool in_grant);
} ModelClass;

struct Object
{
	const ModelClass *class;
	const char *identity;
	const char *schema;			/* of it or its parent, unquoted; NULL: none */
	const char *name;			/* unquoted */
	Object	   *parent;
	List	   *parts;			/* objects whose parent it is, in order */
	Property   *properties;
	int			nproperties;
	List	   *needs;			/* Objects that it depends on */
	List	   *vanishes_with;	/* those among them whose drop takes it away */
	ObjectAddress address;		/* of a model that was read from the catalogs */
	Oid			needs_relation;
	Oid			schema_oid;
	Oid			type_oid;		/* of a column */
	bool		context;		/* only there because others need it */
	int			number;			/* in Model.objects */
};

struct Model
{
	List	   *objects;		/* in canonical order */
	struct identities_hash *by_identity;
	struct addresses_hash *by_address;
	List	   *findings;		/* strings: what is there but not modelled */
	List	   *facts;			/* run/facts.c, where both matter */
	List	   *default_privileges; /* those among the objects */
	MemoryContext context;		/* in which it was created, and which holds all of it */
	char	   *room;			/* for its objects and texts; see memory.c */
	Size		left;
	Size		block;
};

/* What of a database is read. */
typedef struct ModelScope
{
	List	   *schemas;		/* names, NIL: all */
	bool		all;			/* also what is in no schema */
	HTAB	   *hidden;			/* ObjectAddress of what is left out, or NULL */
	bool		private;		/* also what only superusers may see */
} ModelScope;

/* classes.c */
/* Is it an object (const Object *) of the class sv_class_NAME? */
#define sv_class_is(object, name) (((const Object *) (object))->class == &sv_class_##name)

/* Has its class the trait (SV_...)? */
#define sv_class_has(object, trait) ((((const Object *) (object))->class->traits & (trait)) != 0)

extern const ModelClass *const sv_object_classes[];
extern const ModelClass *sv_object_class(const char *name);
extern const Alterer *sv_class_alterer(const ModelClass *class, const char *property);
extern bool sv_property_counts(const ModelClass *class, const char *property);

/* left_out.c: objects that others know to be no part of any model */

typedef bool (*LeftOutFn) (const ObjectAddress *address);

extern void sv_model_leave_out(LeftOutFn is_left_out);
extern bool sv_model_is_left_out(const ObjectAddress *address);

/* memory.c */
extern Object *sv_model_object(Model *model, const ModelClass *class);
extern char *sv_model_text(Model *model, const char *text, int length);
extern char *sv_model_string(Model *model, const char *text);
extern char *sv_model_name(Model *model, const char *a, const char *between, const char *b);
extern void sv_model_set_properties(Model *model, Object *object, const Property *properties,
									int n);
extern void sv_model_add_property(Model *model, Object *object, Property property);

/* model.c */
extern Model *sv_model_create(void);
extern void sv_model_add(Model *model, Object *object);
extern void sv_model_sort(Model *model);
extern List *sv_model_without_places(const Model *model);
extern Object *sv_model_find(const Model *model, const ModelClass *class, const char *identity);
extern const Object *sv_object_root(const Object *o);
extern bool sv_object_is_within(const List *objects, const Object *o);
extern Object *sv_model_at(const Model *model, Oid catalog, Oid oid, int sub);
extern ObjectAddress *sv_model_addresses(const Model *model, int *n);
extern void sv_model_alias(Model *model, const ObjectAddress *address, Object *object);
extern const Property *sv_property(const Object *object, const char *name);
extern const char *sv_text(const Object *object, const char *name);
extern const char *sv_behind(const char *text, const char *word);
extern const char *sv_sql_name(const Object *object, bool in_grant);
extern List *sv_list(const Object *object, const char *name);
extern bool sv_is(const Object *object, const char *name);
extern bool sv_property_equal(const Property *a, const Property *b);
extern bool sv_same(const Object *a, const Object *b, const char *name);

/* casts.c */
extern char sv_model_cast_of(const char *from, const char *to);

/* findings.c */
extern void sv_model_find_unknown(Model *model, const StoreScope *store, const Datum *values);

/* read.c, depends.c, annotate.c, private.c */
extern Model *sv_model_read(const ModelScope *scope);
extern void sv_model_read_depends(Model *model, HTAB *members);
extern HTAB *sv_model_read_members(Model *model);
extern void sv_model_annotate(Model *model);
extern void sv_model_read_private(Model *model);
extern void sv_model_annotate_some(Model *model, const ObjectAddress *addresses, int n);
extern List *sv_acl_list(Datum acl, char type, Oid owner);

/* jsonb.c, json.c */
extern Jsonb *sv_model_to_jsonb(const Model *model);
extern Model *sv_model_from_jsonb(Jsonb *snapshot);
extern char *sv_model_fingerprint(const Model *model);
extern Jsonb *sv_object_to_jsonb(const Object *object);
extern Object *sv_object_from_jsonb(Jsonb *description);
extern void sv_object_link(const Model *model, Object *object, Jsonb *description);
extern void sv_object_check(const Object *object);

/* An object before and after something; one of both may be NULL. */
typedef struct ObjectChange
{
	const Object *before;
	const Object *after;
} ObjectChange;

/* restrict.c */
extern bool sv_model_is_within(const Object *object, List *schemas);
extern Model *sv_model_restricted(const Model *base, List *schemas);

/* changes.c */
extern List *sv_model_changes(const Model *before, const Model *after);

/* ----- a comparison: made by src/diff, asked by the classes ----- */

/* What happens to an object. */
typedef enum PairKind
{
	SV_PAIR_SAME,
	SV_PAIR_CREATE,
	SV_PAIR_DROP,
	SV_PAIR_ALTER,
	SV_PAIR_AGAIN				/* dropped and re-created */
} PairKind;

typedef struct DiffNode DiffNode;
typedef struct Comparison Comparison;

/* An object before and after; one of both may be missing. */
typedef struct Pair
{
	const Comparison *cmp;		/* of which it is part */
	const ModelClass *class;
	Object	   *a;
	Object	   *b;
	PairKind	kind;
	List	   *alterers;		/* AlterFn's to call, each once */
	bool		disrupts;		/* what depends on it must be re-created */
	bool		reordered;		/* a table that is swapped for the order of its columns alone */
	bool		swapped;		/* a type or table that is renamed, re-created, and dropped when
								 * its columns have moved over */
	bool		converted;		/* a column that moves over */
	bool		replaced;		/* the one before is another object of that name: rows and values
								 * of it are not those of this one */
	bool		as_jsonb;		/* a column whose values are jsonb while the table changes whose
								 * rows they are */
	bool		detached;		/* a typed table is detached (NOT OF) while its type changes */
	bool		named;			/* a column whose NOT NULL must be given its usual name: something
								 * else has that at times */
	DiffNode   *drop;			/* where it is dropped; may be another object's */
	DiffNode   *create;
	DiffNode   *alter;
	DiffNode   *rename;			/* of a swapped type */
	DiffNode   *shell;			/* of a type that needs functions which need it, or a view that
								 * needs what needs it */
	DiffNode   *release;		/* where such a view lets go of what it needs, a column becomes
								 * jsonb, or a table is detached from its type */
} Pair;

typedef enum DiffNodeKind
{
	SV_NODE_DROP,
	SV_NODE_RENAME,
	SV_NODE_SHELL,
	SV_NODE_RELEASE,
	SV_NODE_ALTER,
	SV_NODE_CREATE
} DiffNodeKind;

/* A step that cannot be divided. */
struct DiffNode
{
	DiffNodeKind kind;
	Pair	   *pair;
	List	   *folded;			/* Pairs that it creates or drops too */
	List	   *next;			/* Nodes that come after */
	int			waits;			/* for so many before */
	int			place;			/* in the order */
	int			number;
	bool		done;
};

typedef struct DiffOptions DiffOptions;

struct DiffOptions
{
	bool		owners;			/* compare owners */
	bool		privileges;
	bool		comments;
	bool		kept;			/* one of both is a kept state: leave alone what is the work of
								 * running the database */
	bool		column_order;	/* columns shall stand in the wanted order */
	bool		columns_last;	/* but no table is re-created for that alone */
	bool		by_address;		/* tables, columns and sequences are the same objects only if
								 * their OIDs and numbers are the same */
	const char *drop;			/* what is not wanted: "drop", "report" or "keep" */
	const char *role;			/* who will run the statements */
	List	   *exclude;		/* patterns: identities that are left alone */

	/*
	 * How does a value become another type: 'a' by assignment, 'e' by an explicit cast, 't' only
	 * by way of its text?
	 */
	char		(*cast_of) (const char *from, const char *to);
};

/* A statement, or a question (sql is NULL). */
typedef struct DiffRow
{
	const char *kind;
	const char *identity;
	const char *action;
	const char *sql;			/* without semicolon */
	int			hazards;
	const char *note;
	const char *renamed_from;	/* a question about a rename: the old name as a hint has it */
	const char *renamed_to;		/* and the identity that may have it now */
	const Object *from;			/* the object before and after, NULL if there is none */
	const Object *to;
} DiffRow;

struct Comparison
{
	Model	   *from;
	Model	   *to;
	const DiffOptions *options;
	List	   *pairs;
	Pair	  **pairs_from;		/* of each object of "from", by number */
	Pair	  **pairs_to;
	List	  **dependents;		/* of each object of "from", by number */
	List	   *defaults;		/* default privileges of "from" */
	List	   *nodes;
	int			fold_level;		/* 0: fold all that can be; higher: less */
	List	   *rows;
};

/* What a class writes its statements with. */
struct Writer
{
	Comparison *cmp;
	DiffNode   *node;
	Pair	   *pair;
};

extern void sv_emit(Writer *writer, int hazards, const char *format,...) pg_attribute_printf(3, 4);
extern const char *sv_hazard_text(int hazards);
extern void sv_emit_definition(Writer *writer, const Object *object);
extern List *sv_writer_folded(Writer *writer);
extern char *sv_quote(const char *literal);
extern char *sv_join(List *strings, const char *separator);
extern const char *sv_find_option(List *options, const char *like, char separator);
extern void sv_write_options(Writer *writer, const char *head, const Object *a, const Object *b,
							 const char *property, int hazards);

/* pairs.c */
extern Pair *sv_pair(const Comparison *cmp, const Object *object);
extern Object *sv_before(const Comparison *cmp, const Object *object);
extern Object *sv_after(const Comparison *cmp, const Object *object);
extern bool sv_is_dropped(const Comparison *cmp, const Object *object);
extern bool sv_is_created(const Comparison *cmp, const Object *object);
extern bool sv_pair_is_dropped(const Pair *pair);
extern bool sv_pair_is_created(const Pair *pair);
extern bool sv_pair_is_led_by(const Comparison *cmp, const Object *column, const Object *leading);
extern bool sv_writer_existed(Writer *writer, const Object *object);
extern bool sv_writer_created(Writer *writer, const Object *object);
extern bool sv_writer_dropped(Writer *writer, const Object *object);
extern bool sv_writer_comes_along(Writer *writer, const Object *object);
extern bool sv_writer_inherits(Writer *writer, const Object *table, const Object *parent);
extern bool sv_writer_has_children(Writer *writer, const Object *table);
extern const Object *sv_writer_other(Writer *writer, const Object *object);
extern bool sv_diff_is_foreign_key(const Object *object);
extern bool sv_diff_is_check(const Object *object);
extern bool sv_diff_is_index(const Object *object);
extern bool sv_diff_is_function_of_type(const Object *function, const Object *type);
extern bool sv_diff_can_use_shell(const Comparison *cmp, const Object *object, const Object *view);
extern bool sv_diff_has_other_origin(const Comparison *cmp, const Object *column,
									 const Object *leading);
extern bool sv_diff_leaves(const Comparison *cmp, const Object *column);
extern bool sv_writer_leaves(Writer *writer, const Object *column);
extern List *sv_writer_children_not_null(Writer *writer, const Object *column);
extern bool sv_diff_is_named(const Comparison *cmp, const Object *column);
extern bool sv_writer_drops_more(Writer *writer);
extern bool sv_writer_has_shell(Writer *writer);
extern bool sv_is_swapped(const Comparison *cmp, const Object *object);
extern bool sv_writer_converted(Writer *writer, const Object *column);
extern bool sv_writer_detached(Writer *writer, const Object *table);
extern bool sv_writer_has_typed_tables(Writer *writer, const Object *type);

/* refill.c */
extern bool sv_writer_has_helper(Writer *writer, const Object *column);
extern const char *sv_writer_helper(const Object *column);
extern const char *sv_writer_conversion(Writer *writer, const Object *a, const Object *b);
extern const char *sv_name_with(const char *name, const char *suffix);
extern const char *sv_old_name(const Object *object);
extern void sv_writer_rename_table(Writer *writer);
extern void sv_writer_fill(Writer *writer);

/* ----- assemble.c -----
 *
 * Models made of parts of others.
 */

/* A unit as some model holds it. */
typedef struct UnitState
{
	const Model *model;			/* NULL: it is not there */
	ObjectAddress unit;
	int			columns;		/* a table without those of a higher number; 0: all */
} UnitState;

extern UnitState *sv_unit_state(const Model *model, const ObjectAddress *unit);
extern UnitState *sv_unit_state_before(const UnitState *state, int columns);
extern void sv_model_assemble(const List *before, const List *after, Model **model_before,
							  Model **model_after);

extern Model *sv_model_like(const Model *base);
extern Object *sv_model_copy(Model *model, const Object *o);
extern void sv_model_link(Model *model, const List *originals);
extern Model *sv_model_altered(const Model *base, const List *without, const List *with);

/* ----- the classes of objects ----- */

/* "in one of the schemas that are read" */
#define IN_SCHEMAS(column) column " = ANY ($1)"

/* A boolean of the catalogs as a property that is there or not. */
#define FLAG(condition, name) "(" condition ") AS " name

/* The options of a sequence that differ from the usual ones, out of pg_sequence. */
/* What differs from a sequence of that type that CREATE SEQUENCE makes. */
#define SV_SEQUENCE_OPTIONS(type) \
	"CASE WHEN seqincrement <> 1 THEN seqincrement END AS increment, " \
	"CASE WHEN seqmin <> CASE WHEN seqincrement > 0 THEN 1 WHEN " type " = 20 THEN -9223372036854775808 " \
	"WHEN " type " = 23 THEN -2147483648 ELSE -32768 END THEN seqmin END AS min, " \
	"CASE WHEN seqmax <> CASE WHEN seqincrement < 0 THEN -1 WHEN " type " = 20 THEN 9223372036854775807 " \
	"WHEN " type " = 23 THEN 2147483647 ELSE 32767 END THEN seqmax END AS max, " \
	"CASE WHEN seqstart <> CASE WHEN seqincrement > 0 THEN seqmin ELSE seqmax END THEN seqstart END AS start, " \
	"CASE WHEN seqcache <> 1 THEN seqcache END AS cache, " FLAG("seqcycle", "cycle")

#define SV_CLASS(name) extern const ModelClass sv_class_##name;
#include "model/classes.def"
#undef SV_CLASS

/* class_sequence.c */
extern void sv_sequence_write_options(StringInfo out, const Object *sequence,
									  const char *separator);
extern void sv_sequence_alter(Writer *writer, const Object *a, const Object *b);
extern void sv_sequence_alter_persistence(Writer *writer, const Object *a, const Object *b);
extern void sv_sequence_alter_inner_type(Writer *writer, const Object *a, const Object *b);
extern bool sv_sequence_narrows(const Object *a, const Object *b);

/* class_table.c */
extern List *sv_links_in_order(List *parts);

/* class_function.c */
extern bool sv_has_parsed_body(const Object *object);

/* class_identity.c */
extern const char *sv_identity_sequence_name(const Object *column);
extern const char *sv_identity_sequence(const Object *column);
extern const Object *sv_sequence_of_identity(const Object *column);
extern void sv_write_identity(StringInfo out, const Object *column);
extern void sv_write_identity_extras(Writer *writer, const Object *column);

/* class_column.c, class_constraint.c, class_table.c, classes.c */
extern void sv_write_column(const Comparison *cmp, StringInfo out, const Object *column,
							const Object *default_,
							bool merged);
extern char *sv_usual_sequence(const char *table, const char *column);
extern const char *sv_not_null_name(const Object *column);
extern void sv_write_column_extras(Writer *writer, const Object *column);
extern void sv_write_own_not_null(Writer *writer, const Object *column);
extern void sv_write_no_default(Writer *writer, const Object *column);
extern const char *sv_constraint_definition(const Object *object);
extern void sv_write_column_of_type(const Comparison *cmp, StringInfo out, const Object *column,
									const Object *default_);
extern const char *sv_essence(const Object *object);
extern const char *sv_relation_name_space(const Object *object);

/* ----- units.c -----
 *
 * Units: what is read and followed as a whole.
 *
 * A unit is an object that is no part of another one, with all its parts: a
 * table with its columns, constraints, indexes, triggers, rules and policies, a
 * domain with its constraints, a function.  Any catalog row that describes a
 * user's object belongs to one unit.
 */

/* units.c */
extern bool sv_unit_of(Oid catalog, Oid oid, ObjectAddress *unit);
extern Oid	sv_unit_schema(const ObjectAddress *unit);
extern bool sv_unit_is_read(const ObjectAddress *unit);
extern bool sv_unit_may_be_read(const ObjectAddress *unit);
extern List *sv_unit_dependents(const ObjectAddress *unit);
extern List *sv_units_in_schema(Oid schema);
extern List *sv_type_dependents(Oid type);
extern List *sv_extension_dependents(Oid extension);

/* read_units.c */
/* The model that holds a unit already, or NULL. */
typedef const Model *(*KnownUnitFn) (const ObjectAddress *unit);

extern Model *sv_model_read_units(const List *units, Snapshot snapshot, KnownUnitFn known);

#endif							/* SV_MODEL_H */
