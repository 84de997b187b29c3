/*
 * privileges.c
 *		GRANT and REVOKE between two lists of privileges.
 *
 * A list has entries "grantee=letters/grantor" as annotate.c writes them; an
 * empty list means what a new object has, the entry "none" that nobody has any.
 */
#include "postgres.h"

#include "diff/diff.h"
#include "utils/acl.h"
#include "utils/builtins.h"

/* One privilege of one grantee. */
typedef struct Privilege
{
	const char *grantee;		/* "": PUBLIC */
	const char *grantor;
	char		letter;
	bool		grantable;
} Privilege;

static const struct
{
	char		letter;
	const char *name;
}			privilege_names[] = {
	{'r', "SELECT"}, {'a', "INSERT"}, {'w', "UPDATE"}, {'d', "DELETE"}, {'D', "TRUNCATE"},
	{'x', "REFERENCES"}, {'t', "TRIGGER"}, {'m', "MAINTAIN"}, {'X', "EXECUTE"}, {'U', "USAGE"},
	{'C', "CREATE"}
};

static const char *
privilege_name(char letter)
{
	for (int i = 0; i < lengthof(privilege_names); i++)
		if (privilege_names[i].letter == letter)
			return privilege_names[i].name;
	return "ALL";
}

static AclMode
all_rights(char type)
{
	switch (type)
	{
		case 'r':
			return ACL_ALL_RIGHTS_RELATION;
		case 's':
			return ACL_ALL_RIGHTS_SEQUENCE;
		case 'f':
			return ACL_ALL_RIGHTS_FUNCTION;
		case 'l':
			return ACL_ALL_RIGHTS_LANGUAGE;
		case 'n':
			return ACL_ALL_RIGHTS_SCHEMA;
		case 'F':
			return ACL_ALL_RIGHTS_FDW;
		case 'S':
			return ACL_ALL_RIGHTS_FOREIGN_SERVER;
		case 'T':
			return ACL_ALL_RIGHTS_TYPE;
		default:
			return 0;
	}
}

/* Add a privilege; one that is there already may get the grant option. */
static List *
add_privilege(List *list, const char *grantee, const char *grantor, char letter, bool grantable)
{
	Privilege  *p;
	ListCell   *cell;

	foreach(cell, list)
	{
		p = lfirst(cell);
		if (p->letter == letter && strcmp(p->grantee, grantee) == 0 &&
			strcmp(p->grantor, grantor) == 0)
		{
			p->grantable |= grantable;
			return list;
		}
	}
	p = palloc(sizeof(Privilege));
	p->grantee = grantee;
	p->grantor = grantor;
	p->letter = letter;
	p->grantable = grantable;
	return lappend(list, p);
}

/* What a new object of that kind has. */
static List *
usual_privileges(char type, const char *owner)
{
	List	   *list = NIL;

	for (int bit = 0; bit < N_ACL_RIGHTS; bit++)
		if (all_rights(type) & ((AclMode) 1 << bit))
			list = add_privilege(list, owner, owner, ACL_ALL_RIGHTS_STR[bit], false);
	if (type == 'f')
		list = add_privilege(list, "", owner, 'X', false);
	if (type == 'T' || type == 'l')
		list = add_privilege(list, "", owner, 'U', false);
	return list;
}

/* "x=rw*" up to a delimiter outside of quotes. */
static const char *
skip_name(const char *c, char delimiter)
{
	bool		quoted = false;

	for (; *c != '\0' && (quoted || *c != delimiter); c++)
		if (*c == '"')
			quoted = !quoted;
	return c;
}

static List *
parse_entries(List *entries, char type, const char *owner)
{
	List	   *list = NIL;

	if (entries == NIL)
		return usual_privileges(type, owner);
	foreach_ptr(const char, entry, entries)
	{
		const char *equals = skip_name(entry, '=');
		const char *slash;

		if (*equals == '\0')
			continue;			/* "none" */
		slash = skip_name(equals + 1, '/');
		if (strncmp(equals + 1, "ALL", 3) == 0)
		{
			for (int bit = 0; bit < N_ACL_RIGHTS; bit++)
				if (all_rights(type) & ((AclMode) 1 << bit))
					list = add_privilege(list, pnstrdup(entry, equals - entry), pstrdup(slash + 1),
										 ACL_ALL_RIGHTS_STR[bit],
										 equals[4] == '*');
			continue;
		}
		for (const char *c = equals + 1; c < slash; c++)
			if (*c != '*')
				list = add_privilege(list, pnstrdup(entry, equals - entry), pstrdup(slash + 1), *c,
									 c[1] == '*');
	}
	return list;
}

static const Privilege *
find_privilege(List *list, const Privilege *like)
{
	foreach_ptr(const Privilege, p, list)
	{
		if (p->letter == like->letter && strcmp(p->grantee, like->grantee) == 0 &&
			strcmp(p->grantor, like->grantor) == 0)
			return p;
	}
	return NULL;
}

/* Is the owner known? */
static bool
is_role(const char *owner)
{
	return owner != NULL && *owner;
}

/*
 * As ALTER ... OWNER TO does it: entries of the old owner become the new
 * one's, equal ones become one.
 */
static List *
change_owner(List *list, const char *old_owner, const char *owner)
{
	List	   *result = NIL;

	if (!is_role(old_owner) || !is_role(owner))
		return list;
	old_owner = quote_identifier(old_owner);
	owner = quote_identifier(owner);
	foreach_ptr(const Privilege, p, list)
		result = add_privilege(result, strcmp(p->grantee, old_owner) == 0 ? owner : p->grantee,
							   strcmp(p->grantor, old_owner) == 0 ? owner :
							   p->grantor, p->letter, p->grantable);
	return result;
}

/* Who grants in the name of an object's owner; NULL: not known. */
static const char *
owner_of(const Object *o)
{
	return sv_text(o->class->acl_type == 'c' && o->parent != NULL ? o->parent : o, "owner");
}

/*
 * The privileges of an object if that role owns it.  Where owners are not compared it may be
 * another one than the object's own, and grants in its place.
 */
static List *
privileges_of(const Object *o, const char *owner)
{
	const char *own = owner_of(o);

	if (!is_role(own) || !is_role(owner))
		return parse_entries(sv_list(o, "acl"), o->class->acl_type,
							 is_role(owner) ? quote_identifier(owner) : "");
	return change_owner(parse_entries(sv_list(o, "acl"), o->class->acl_type,
									  quote_identifier(own)), own, owner);
}

static const char *
grant_keyword(const Object *o)
{
	switch (o->class->acl_type)
	{
		case 'r':
		case 'c':
			return "TABLE";
		case 'f':
			return sv_class_is(o, procedure) ? "PROCEDURE" : "FUNCTION";
		case 'S':
			return "FOREIGN SERVER";
		default:
			return o->class->keyword;
	}
}

static void
write_one(Writer *w, const Object *o, bool grant, const char *owner, const Privilege *like,
		  const char *letters)
{
	StringInfoData names;
	bool		column = o->class->acl_type == 'c';
	bool		foreign = is_role(owner) && strcmp(like->grantor, quote_identifier(owner)) != 0;
	int			all = 0;

	initStringInfo(&names);
	for (int bit = 0; bit < N_ACL_RIGHTS; bit++)
		all += (all_rights(o->class->acl_type) & ((AclMode) 1 << bit)) != 0;
	if (!column && strlen(letters) == all && all > 1)
		appendStringInfoString(&names, "ALL");
	else
		for (const char *c = letters; *c != '\0'; c++)
			appendStringInfo(&names, "%s%s%s%s%s", c > letters ? ", " :
							 "", privilege_name(*c), column ? " (" : "",
							 column ? quote_identifier(o->name) : "", column ? ")" : "");
	sv_emit(w, 0, "%s%s%s%s %s ON %s %s %s %s%s%s",
			foreign ? "SET ROLE " : "", foreign ? like->grantor : "", foreign ? ";\n" : "",
			grant ? "GRANT" : "REVOKE", names.data, grant_keyword(o), column ?
			o->parent->identity : sv_sql_name(o, true),
			grant ? "TO" : "FROM", like->grantee[0] ? like->grantee : "PUBLIC",
			grant && like->grantable ? " WITH GRANT OPTION" : "", foreign ? ";\nRESET ROLE" : "");
}

/* Has somebody the right to grant it, according to a list? */
static bool
may_grant(List *list, const char *role, char letter)
{
	foreach_ptr(const Privilege, p, list)
	{
		if (p->grantable && p->letter == letter && strcmp(p->grantee, role) == 0)
			return true;
	}
	return false;
}

/*
 * Privileges in the order in which they can be granted: the owner's grants
 * first, each other after what gave its grantor the right.
 */
static List *
in_order_of_grants(List *all, List *there, const char *owner)
{
	List	   *sorted = NIL;
	List	   *known = list_copy(there);
	bool		progress = true;
	ListCell   *cell;

	while (all != NIL && progress)
	{
		progress = false;
		foreach(cell, all)
		{
			Privilege  *p = lfirst(cell);

			if (is_role(owner) && strcmp(p->grantor, quote_identifier(owner)) != 0 &&
				!may_grant(known, p->grantor, p->letter))
				continue;
			sorted = lappend(sorted, p);
			known = lappend(known, p);
			all = foreach_delete_current(all, cell);
			progress = true;
		}
	}
	return list_concat(sorted, all);
}

static List *
reversed_grants(List *list)
{
	List	   *result = NIL;

	for (int i = list_length(list) - 1; i >= 0; i--)
		result = lappend(result, list_nth(list, i));
	return result;
}

/*
 * Write all of "todo" in its order: one statement for each grantee, grantor and
 * grant option that stand together.
 */
static void
write_privileges(Writer *w, const Object *o, bool grant, const char *owner, List *todo)
{
	while (todo != NIL)
	{
		const Privilege *first = linitial(todo);
		StringInfoData letters;
		ListCell   *cell;

		initStringInfo(&letters);
		foreach(cell, todo)
		{
			const Privilege *p = lfirst(cell);

			if (strcmp(p->grantee, first->grantee) != 0 ||
				strcmp(p->grantor, first->grantor) != 0 ||
				p->grantable != first->grantable)
				break;
			appendStringInfoChar(&letters, p->letter);
			todo = foreach_delete_current(todo, cell);
		}
		write_one(w, o, grant, owner, first, letters.data);
	}
}

/* Those of "before" that must be revoked, to be granted again perhaps without the option. */
static List *
to_revoke(List *before, List *after)
{
	List	   *result = NIL;

	foreach_ptr(const Privilege, p, before)
	{
		const Privilege *other = find_privilege(after, p);

		if (other == NULL || (p->grantable && !other->grantable))
			result = lappend(result, (void *) p);
	}
	return result;
}

/*
 * What is left of the privileges on a column when those on its table have changed: to
 * revoke one there is to revoke it on the columns, too.  The column's own list if all is.
 */
List *
sv_column_privileges_left(const Comparison *cmp, const Object *column)
{
	const Object *table = sv_before(cmp, column->parent);
	const Object *after = sv_after(cmp, column->parent);
	List	   *acl = sv_list(column, "acl");
	List	   *left = NIL;
	List	   *before;
	List	   *held;
	List	   *revoked;
	bool		lost = false;
	const char *old_owner;
	const char *owner;
	const DiffOptions *options = cmp->options;

	if (acl == NIL || table == NULL || after == NULL || !options->privileges ||
		table->class->acl_type == 0)
		return acl;
	old_owner = sv_text(table, "owner");
	owner = options->owners ? sv_text(after, "owner") : old_owner;
	if (!is_role(old_owner) || !is_role(owner))
		return acl;
	before = parse_entries(sv_list(table, "acl"), table->class->acl_type,
						   quote_identifier(old_owner));
	revoked = to_revoke(change_owner(before, old_owner, owner), privileges_of(after, owner));
	held = parse_entries(acl, 'c', quote_identifier(old_owner));
	foreach_ptr(const Privilege, p, change_owner(held, old_owner, owner))
	{
		bool		gone = false;

		foreach_ptr(const Privilege, r, revoked)
			gone |= r->letter == p->letter && strcmp(r->grantee, p->grantee) == 0 &&
			strcmp(r->grantor, p->grantor) == 0;
		lost |= gone;
		if (!gone)
			left = lappend(left,
						   psprintf("%s=%c%s/%s", p->grantee, p->letter, p->grantable ? "*" :
									"", p->grantor));
	}
	return !lost ? acl : left != NIL ? left : list_make1("none");
}

/* Have two objects the same privileges, whoever owns them? */
bool
sv_same_privileges(const Object *a, const Object *b)
{
	const char *owner = is_role(owner_of(a)) ? owner_of(a) : owner_of(b);
	List	   *before = privileges_of(a, owner);
	List	   *after = privileges_of(b, owner);

	return list_length(before) == list_length(after) && to_revoke(before, after) == NIL &&
		to_revoke(after, before) == NIL;
}

/*
 * Write what leads from the privileges "from" to those that the object shall have, after the
 * owner changed from old_owner to owner.
 */
void
sv_write_privileges(Writer *w, const Object *o, List *from, const char *old_owner,
					const char *owner)
{
	List	   *before = parse_entries(from, o->class->acl_type, is_role(old_owner) ?
									   quote_identifier(old_owner) : "");
	List	   *after = privileges_of(o, owner);
	List	   *revoke;
	List	   *kept;
	List	   *grant = NIL;

	before = change_owner(before, old_owner, owner);
	revoke = to_revoke(before, after);
	kept = list_difference_ptr(before, revoke);
	foreach_ptr(const Privilege, p, after)
	{
		const Privilege *other = find_privilege(before, p);

		if (other == NULL || (p->grantable != other->grantable))
			grant = lappend(grant, (void *) p);
	}
	if (revoke != NIL)
	{
		revoke = reversed_grants(in_order_of_grants(revoke, kept, owner));
		foreach_ptr(Privilege, privilege, revoke)
			privilege->grantable = false;
		write_privileges(w, o, false, owner, revoke);
	}
	write_privileges(w, o, true, owner, in_order_of_grants(grant, kept, owner));
}

/* ----- default privileges ----- */

static const char *
default_kind(char type)
{
	switch (type)
	{
		case 'r':
			return "TABLES";
		case 's':
			return "SEQUENCES";
		case 'f':
			return "FUNCTIONS";
		case 'T':
			return "TYPES";
		case 'n':
			return "SCHEMAS";
		default:
			return NULL;
	}
}

static char
privilege_letter(const char *name, int length)
{
	for (int i = 0; i < lengthof(privilege_names); i++)
		if (strlen(privilege_names[i].name) == length &&
			strncmp(privilege_names[i].name, name, length) == 0)
			return privilege_names[i].letter;
	return '\0';
}

/* Apply "+ GRANT a, b ON TABLES TO x [WITH GRANT OPTION]" or "- REVOKE a ON TABLES FROM x". */
static List *
apply_default(List *list, const char *entry, const char *owner)
{
	bool		grant = entry[0] == '+';
	const char *names = sv_behind(entry, grant ? "+ GRANT " : "- REVOKE ");
	const char *on = strstr(names, " ON ");
	const char *to = sv_behind(names, grant ? " TO " : " FROM ");
	const char *end = strstr(to, " WITH GRANT OPTION");
	char	   *grantee = end ? pnstrdup(to, end - to) : pstrdup(to);

	if (strcmp(grantee, "PUBLIC") == 0)
		grantee = "";
	while (on != NULL && names < on)
	{
		int			length = strcspn(names, ", ");
		char		letter = privilege_letter(names, length);
		ListCell   *cell;

		if (grant)
			list = add_privilege(list, grantee, owner, letter, end != NULL);
		else
		{
			foreach(cell, list)
			{
				Privilege  *p = lfirst(cell);

				if (p->letter == letter && strcmp(p->grantee, grantee) == 0)
					list = foreach_delete_current(list, cell);
			}
		}
		names += length;
		names += strspn(names, ", ");
		if (strncmp(names, "ON ", 3) == 0)
			break;
	}
	return list;
}

static bool
is_in_effect(const Comparison *cmp, const Object *o, const char *role, const Object *default_)
{
	const char *in_schema = sv_text(default_, "in_schema");

	return !sv_is_dropped(cmp, default_) &&
		strcmp(sv_text(default_, "kind"), default_kind(o->class->acl_type)) == 0 &&
		role != NULL && strcmp(sv_text(default_, "role"), quote_identifier(role)) == 0 &&
		(!*in_schema || (o->schema != NULL && strcmp(in_schema, quote_identifier(o->schema)) == 0));
}

/*
 * Who owns an object when it has just been made: who runs the statements, or the
 * owner of the table to which it is added.  NULL: not known.
 */
const char *
sv_first_owner(const Comparison *cmp, const Object *object)
{
	const Object *table = object->class->acl_type == 's' &&
	object->parent != NULL ? object->parent->parent : NULL;

	/*
	 * where it is not known who makes the object, its privileges are written when it has its
	 * owner
	 */
	if (table == NULL || sv_is_created(cmp, table))
		return cmp->options->role == NULL &&
			cmp->options->owners ? sv_text(object, "owner") : cmp->options->role;
	return sv_text(cmp->options->owners ? table : sv_before(cmp, table), "owner");
}

/*
 * What a new object has from the start: the usual, or what the default
 * privileges of the old schema say (they are altered last of all).
 */
List *
sv_initial_privileges(const Comparison *cmp, const Object *object)
{
	const char *role = sv_first_owner(cmp, object);
	const char *owner = quote_identifier(role ? role : "");
	List	   *list = NIL;
	List	   *entries = NIL;
	bool		any = false;

	/* default privileges are not for the shell of a type */
	if (default_kind(object->class->acl_type) == NULL || sv_is(object, "shell"))
		return NIL;
	list = usual_privileges(object->class->acl_type, owner);
	foreach_ptr(Object, o, cmp->defaults)
	{
		if (!is_in_effect(cmp, object, role, o))
			continue;
		any = true;
		foreach_ptr(const char, grant, sv_list(o, "grants"))
			list = apply_default(list, grant, owner);
	}
	if (!any)
		return NIL;
	foreach_ptr(Privilege, p, list)
		entries =
		lappend(entries,
				psprintf("%s=%c%s/%s", p->grantee, p->letter, p->grantable ? "*" :
						 "", p->grantor));
	return entries != NIL ? entries : list_make1("none");
}
