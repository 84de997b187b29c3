/*
 * class_trigger.c
 *		Triggers and rules.
 *
 * The trigger that a partition has from its parent's is an object only where
 * it is enabled otherwise than that one.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_trigger.h"
#include "model/model.h"
#include "utils/builtins.h"

static void
write_state(Writer *w, const Object *o, const char *state, const char *what)
{
	sv_emit(w, SV_HAZARD_BLOCKS_WRITES, "ALTER TABLE %s %s %s %s", o->parent->identity, *state ?
			state : "ENABLE", what,
			quote_identifier(o->name));
}

static void
write_enabled(Writer *w, const Object *o, const char *what)
{
	write_state(w, o, sv_text(o, "enabled"), what);
}

static void
alter_trigger_enabled(Writer *w, const Object *a, const Object *b)
{
	write_enabled(w, b, "TRIGGER");
}

static void
create_trigger(Writer *w, const Object *o)
{
	if (!sv_is(o, "inherited"))
		sv_emit(w, SV_HAZARD_BLOCKS_WRITES, "%s", sv_text(o, "definition"));
	if (sv_is(o, "enabled") || sv_is(o, "inherited"))
		write_enabled(w, o, "TRIGGER");
}

static void
drop_trigger(Writer *w, const Object *o)
{
	if (sv_is(o, "inherited"))
		write_state(w, o, sv_text(o, "parent_enabled"), "TRIGGER");
	else
		sv_emit(w, SV_HAZARD_BLOCKS_ALL, "DROP TRIGGER %s ON %s", quote_identifier(o->name),
				o->parent->identity);
}

static void
replace_trigger(Writer *w, const Object *a, const Object *b)
{
	const char *definition = sv_text(b, "definition");

	if (!sv_is(b, "inherited"))
		sv_emit(w, SV_HAZARD_BLOCKS_WRITES, "CREATE OR REPLACE %s",
				sv_behind(definition, "CREATE "));
	if (sv_same(a, b, "enabled") && sv_same(a, b, "parent_enabled") &&
		(sv_is(b, "enabled") || sv_is(b, "inherited")))
		write_enabled(w, b, "TRIGGER");
}

static bool
can_replace_trigger(const Object *a, const Object *b)
{
	if (!sv_same(a, b, "inherited"))
		return false;
	return sv_same(a, b, "definition") || (!sv_is(a, "constraint") && !sv_is(b, "constraint"));
}

static const Alterer trigger_alterers[] = {
	{"definition", replace_trigger},
	{"enabled", alter_trigger_enabled},
	{"parent_enabled",
	alter_trigger_enabled},		/* a change of the parent's reaches the partitions */
	{NULL}
};

#define ENABLED(column) \
	"CASE " column " WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' END"

const ModelClass sv_class_trigger = {
	.name = "trigger", .keyword = "TRIGGER", .catalog = TriggerRelationId, .rank = 300,
	.traits = SV_USES_COLUMN_TYPES,
	.rename = {1, SV_SPACE_OWN, SV_RENAME_PLAIN, false, SV_HAZARD_BLOCKS_ALL},
	.style = SV_ID_ON_PARENT, .parent_catalog = RelationRelationId, .is_part = true,
	.query = "SELECT t.oid AS _oid, t.tgrelid AS _parent, t.tgname AS _name, "
	"pg_catalog.pg_get_triggerdef(t.oid) AS definition, "
	FLAG("t.tgconstraint <> 0", "constraint") ", " FLAG("t.tgparentid <> 0", "inherited") ", "
	ENABLED("t.tgenabled") " AS enabled, " ENABLED("p.tgenabled") " AS parent_enabled "
	"FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid LEFT JOIN "
	"pg_catalog.pg_trigger p ON p.oid = t.tgparentid "
	"WHERE NOT t.tgisinternal AND (t.tgparentid = 0 OR t.tgenabled <> p.tgenabled) AND "
	"c.relpersistence <> 't' AND " IN_SCHEMAS("c.relnamespace"),
	.create = create_trigger,
	.drop = drop_trigger,
	.alterers = trigger_alterers,
	.can_alter = can_replace_trigger,
};

/* ----- rules ----- */

static const char *
rule_definition(const Object *o)
{
	char	   *definition = pstrdup(sv_text(o, "definition"));
	int			length = strlen(definition);

	if (length > 0 && definition[length - 1] == ';')
		definition[length - 1] = '\0';
	return definition;
}

static void
alter_rule_enabled(Writer *w, const Object *a, const Object *b)
{
	write_enabled(w, b, "RULE");
}

static void
create_rule(Writer *w, const Object *o)
{
	sv_emit(w, SV_HAZARD_BLOCKS_ALL, "%s", rule_definition(o));
	if (sv_is(o, "enabled"))
		write_enabled(w, o, "RULE");
}

static void
drop_rule(Writer *w, const Object *o)
{
	sv_emit(w, SV_HAZARD_BLOCKS_ALL, "DROP RULE %s ON %s", quote_identifier(o->name),
			o->parent->identity);
}

static void
replace_rule(Writer *w, const Object *a, const Object *b)
{
	sv_emit(w, SV_HAZARD_BLOCKS_ALL, "CREATE OR REPLACE %s",
			sv_behind(rule_definition(b), "CREATE "));
}

static const Alterer rule_alterers[] = {
	{"definition", replace_rule},
	{"enabled", alter_rule_enabled},
	{NULL}
};

const ModelClass sv_class_rule = {
	.name = "rule", .keyword = "RULE", .catalog = RewriteRelationId, .rank = 310,
	.traits = SV_USES_COLUMN_TYPES,
	.rename = {1, SV_SPACE_OWN, SV_RENAME_PLAIN, false, SV_HAZARD_BLOCKS_ALL},
	.style = SV_ID_ON_PARENT, .parent_catalog = RelationRelationId, .is_part = true,
	.query = "SELECT r.oid AS _oid, ev_class AS _parent, rulename AS _name, "
	"pg_catalog.pg_get_ruledef(r.oid) AS definition, "
	ENABLED("ev_enabled") " AS enabled "
	"FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = ev_class "
	"WHERE rulename <> '_RETURN' AND " IN_SCHEMAS("c.relnamespace"),
	.create = create_rule,
	.drop = drop_rule,
	.alterers = rule_alterers,
};
