"""Functions, and what is made of them; see kinds.py."""
from kinds import any_type, int_function, kind, place
from names import ROLES, q, qualified


def routine_of(d, s, shape):
    """The name of a function of that shape, or None."""
    return d.one([qualified(i) for i in s.of("function") if i["shape"] == shape])


@kind("function", 7)
class Function:
    def draw(d, s):
        i = dict(place(d, s, "f_"), shape=d.one(["int", "int", "int", "any", "table", "trigger", "trigger", "procedure", "event", "out", "add",
                                                 "compare", "text", "rows", "window"]))
        i["n"] = d.number(1, 50)
        i["style"] = d.one(["sql", "atomic", "plpgsql"])
        i["volatile"] = "IMMUTABLE" if i["shape"] in ("int", "add", "compare", "text") else d.one(["VOLATILE", "STABLE", "IMMUTABLE"])
        i["extras"] = " ".join(d.some(["STRICT", "SECURITY DEFINER", "PARALLEL SAFE", "COST 7", "LEAKPROOF", "SET work_mem = '8MB'",
                                       "SET search_path = pg_catalog, \"$user\"", "SET datestyle TO iso, dmy"], 0, 2))
        i["type"] = any_type(d, s)
        i["arg"] = d.name("p_")
        i["default"] = d.chance(0.2)
        i["uses"] = d.one([qualified(t) for t in s.relations()])
        i["calls"] = int_function(d, s)
        i["language"] = q(d.one([x["name"] for x in s.of("language")], "plpgsql")) if d.chance(0.2) else "plpgsql"
        i["of"] = d.one([qualified(x) for x in s.of("composite", "enum", "domain", "base type", "range")], "pg_catalog.date")
        i["transform"] = d.maybe(0.3, d.one([x["type"] for x in s.of("transform") if x["language"] == "plpgsql" and x["type"] == "integer"]))
        return i

    def write(i):
        name, n, extras = qualified(i), i["n"], i["extras"]
        if i["shape"] == "int":
            value = f"{i['calls']}($1)" if i["calls"] and n % 3 == 0 else "$1"
            head = f"CREATE FUNCTION {name}({q(i['arg'])} integer{' DEFAULT 1' if i['default'] else ''}) RETURNS integer {i['volatile']} {extras}"
            body = {"sql": f"LANGUAGE sql AS $b$ SELECT {value} + {n} $b$", "atomic": f"LANGUAGE sql BEGIN ATOMIC SELECT {value} + {n}; END",
                    "plpgsql": f"LANGUAGE plpgsql AS $b$ BEGIN\n\tRETURN {value} + {n}; -- it's\nEND $b$"}[i["style"]]
            return [f"{head} {body}"]
        if i["shape"] in ("add", "compare"):
            result, value = ("integer", f"$1 + $2 + {n} - {n}") if i["shape"] == "add" else ("boolean", f"$1 = $2 AND {n} > 0")
            body = f"RETURN {value}" if i["style"] == "atomic" else f"AS $b$ SELECT {value} $b$"
            return [f"CREATE FUNCTION {name}(integer, integer) RETURNS {result} IMMUTABLE {extras} LANGUAGE sql {body}"]
        if i["shape"] == "text":
            return [f"CREATE FUNCTION {name}({i['of']}) RETURNS text IMMUTABLE {extras} LANGUAGE plpgsql AS $b$ BEGIN RETURN '{n}'; END $b$"]
        if i["shape"] == "rows":
            rows = i["uses"] or i["of"]
            body = f"SELECT NULL::{rows}"
            return [f"CREATE FUNCTION {name}({q(i['arg'])} {rows}) RETURNS SETOF {rows} STABLE LANGUAGE sql " +
                    (f"BEGIN ATOMIC {body}; END" if i["style"] == "atomic" else f"AS $b$ {body} $b$")]
        if i["shape"] == "window":
            return [f"CREATE FUNCTION {name}() RETURNS bigint LANGUAGE internal WINDOW {extras} AS 'window_row_number'"]
        if i["shape"] == "any":
            return [f"CREATE FUNCTION {name}({q(i['arg'])} {i['type']}, VARIADIC rest integer[]{' DEFAULT NULL' if i['default'] else ''}) "
                    f"RETURNS {i['type']} {i['volatile']} {extras} LANGUAGE sql " +
                    ("RETURN $1" if i["style"] == "atomic" else f"AS $b$ SELECT $1 -- {n} $b$")]
        if i["shape"] == "table":
            body = f"SELECT count(*)::integer, 'x'::text FROM {i['uses'] or 'pg_catalog.pg_class'}"
            how = f"BEGIN ATOMIC {body}; END" if i["style"] == "atomic" else f"AS $b$ {body} $b$"
            return [f"CREATE FUNCTION {name}() RETURNS TABLE ({q(i['arg'])} integer, t text) {extras.replace('STRICT', '')} ROWS {n} LANGUAGE sql {how}"]
        if i["shape"] == "out":
            return [f"CREATE FUNCTION {name}(integer, OUT {q(i['arg'])} {i['type']}, INOUT z text{' DEFAULT NULL' if i['default'] else ''}) {extras} "
                    f"{'TRANSFORM FOR TYPE ' + i['transform'] if i['transform'] else ''} LANGUAGE {'plpgsql' if i['transform'] else i['language']} "
                    f"AS $b$ BEGIN z := '{n}'; END $b$"]
        if i["shape"] == "procedure":
            body = f"INSERT INTO {i['uses']} DEFAULT VALUES" if i["uses"] else "SELECT 1"
            return [f"CREATE PROCEDURE {name}({q(i['arg'])} {i['type']}) LANGUAGE sql " +
                    (f"BEGIN ATOMIC {body}; END" if i["style"] == "atomic" else f"AS $b$ {body} $b$")]
        result = "trigger" if i["shape"] == "trigger" else "event_trigger"
        value = "RETURN NEW;" if i["shape"] == "trigger" else ""
        return [f"CREATE FUNCTION {name}() RETURNS {result} {extras.replace('STRICT', '')} LANGUAGE {i['language']} AS $b$ BEGIN /* {n} */ {value} END $b$"]


@kind("aggregate", 1)
class Aggregate:
    def draw(d, s):
        return dict(place(d, s, "agg_"), parts=d.one([
            "(integer) (SFUNC = int4_sum, STYPE = bigint", "(bigint) (SFUNC = int8pl, STYPE = bigint, INITCOND = '0', COMBINEFUNC = int8pl, PARALLEL = SAFE",
            "(integer) (SFUNC = int4larger, STYPE = integer, SORTOP = OPERATOR(pg_catalog.>)",
            "(VARIADIC integer[]) (SFUNC = array_cat, STYPE = integer[]",
            "(double precision ORDER BY integer) (SFUNC = float8pl, STYPE = double precision, INITCOND = '0'",
            "(ORDER BY integer) (SFUNC = int4_sum, STYPE = bigint", "(ORDER BY VARIADIC \"any\") (SFUNC = pg_catalog.ordered_set_transition_multi, STYPE = internal, HYPOTHETICAL",
            "(integer ORDER BY integer) (SFUNC = int4_sum, STYPE = bigint, HYPOTHETICAL", "(integer ORDER BY integer) (SFUNC = int4_sum, STYPE = bigint",
            "(*) (SFUNC = int8inc, STYPE = bigint, INITCOND = '0'", "(integer, VARIADIC integer[]) (SFUNC = array_cat_n, STYPE = integer[]",
            "(numeric) (SFUNC = numeric_add, STYPE = numeric, MSFUNC = numeric_add, MINVFUNC = numeric_sub, MSTYPE = numeric"]),
            more=d.one([")", ")", ", SSPACE = 100)"]), own=d.maybe(0.4, routine_of(d, s, "add")),
            said=d.maybe(0.5, d.one([f"GRANT EXECUTE ON FUNCTION %f TO {q(d.one(ROLES))}", "REVOKE ALL ON FUNCTION %f FROM PUBLIC", "COMMENT ON AGGREGATE %a IS 'sums up'",
                                     f"ALTER AGGREGATE %a OWNER TO {q(d.one(ROLES))}"])))

    def write(i):
        arguments, rest = ("(integer)", f"(SFUNC = {i['own']}, STYPE = integer") if i["own"] else i["parts"].split(") (", 1)
        if not i["own"]:
            arguments, rest = arguments + ")", "(" + rest
        yield f"CREATE AGGREGATE {qualified(i)} {arguments} {rest}{i['more']}"
        if i["said"]:
            types = arguments.replace(" ORDER BY VARIADIC", "VARIADIC").replace("(ORDER BY ", "(").replace(" ORDER BY ", ", ").replace("(*)", "()")
            yield i["said"].replace("%f", qualified(i) + types).replace("%a", qualified(i) + arguments)


@kind("helpers", 3)
class Helpers:
    """A function whose body, a text, calls another one, and something that evaluates it."""

    def draw(d, s):
        t = d.one(s.of("table"))
        return dict(place(d, s, "w_"), helper=d.one(["a_help", "z_help"]) + str(d.number(1, 9)), of=qualified(t) if t else None, n=d.number(1, 9),
                    helper_language=d.one(["sql", "plpgsql"]), use=d.one(["column", "column", "index", "check", "matview", "domain", "generated", "nothing"]),
                    column=d.name("hk_"), view=d.name("hm_"))

    def write(i):
        helper, wrapper = f"{q(i['schema'])}.{q(i['helper'])}", qualified(i)
        body = f"SELECT $1 + {i['n']}" if i["helper_language"] == "sql" else f"BEGIN RETURN $1 + {i['n']}; END"
        yield f"CREATE FUNCTION {helper}(integer) RETURNS integer LANGUAGE {i['helper_language']} IMMUTABLE AS $b$ {body} $b$"
        yield f"CREATE FUNCTION {wrapper}(integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS $b$ SELECT {helper}($1) > 0 $b$"
        c = q(i["column"])
        if i["use"] == "column":
            yield f"ALTER TABLE {i['of']} ADD COLUMN {c} boolean NOT NULL DEFAULT {wrapper}(1)"
        elif i["use"] == "index":
            yield f"ALTER TABLE {i['of']} ADD COLUMN {c} integer"
            yield f"CREATE INDEX ON {i['of']} ({wrapper}({c}))"
        elif i["use"] == "check":
            yield f"ALTER TABLE {i['of']} ADD COLUMN {c} integer DEFAULT 1 CHECK ({wrapper}({c}))"
        elif i["use"] == "generated":
            yield f"ALTER TABLE {i['of']} ADD COLUMN {c} integer, ADD COLUMN {q(i['column'][:50] + '_g')} boolean GENERATED ALWAYS AS ({wrapper}({c})) STORED"
        elif i["use"] == "matview":
            yield f"CREATE MATERIALIZED VIEW {q(i['schema'])}.{q(i['view'])} AS SELECT {wrapper}(n) AS n FROM generate_series(1, 3) n"
        elif i["use"] == "domain":
            yield f"CREATE DOMAIN {q(i['schema'])}.{q(i['view'])} AS integer CHECK ({wrapper}(VALUE)) DEFAULT 1"
            yield f"ALTER TABLE {i['of']} ADD COLUMN {c} {q(i['schema'])}.{q(i['view'])}"


@kind("ordered rows", 1)
class OrderedRows:
    """A composite type with an order of its own, and a view that sorts by it."""

    def draw(d, s):
        return dict(place(d, s, "or_"), ordered=d.chance(0.7), use=d.one(["view", "view", "matview", "distinct", "index", "unique"]), reverse=d.chance(0.3))

    def write(i):
        kind, n = qualified(i), (lambda end: f"{q(i['schema'])}.{q(i['name'][:40] + end)}")
        value = "$2.a - $1.a" if i["reverse"] else "$1.a - $2.a"
        yield f"CREATE TYPE {kind} AS (a integer, b integer)"
        if i["ordered"]:
            yield f"CREATE FUNCTION {n('_cmp')}({kind}, {kind}) RETURNS integer LANGUAGE sql IMMUTABLE AS $b$ SELECT {value} $b$"
            for name, symbol in (("_lt", "<"), ("_eq", "="), ("_gt", ">")):
                yield f"CREATE FUNCTION {n(name)}({kind}, {kind}) RETURNS boolean LANGUAGE sql IMMUTABLE AS $b$ SELECT {n('_cmp')}($1, $2) {symbol} 0 $b$"
            for name, symbol in (("_lt", "#<#"), ("_eq", "#=#"), ("_gt", "#>#")):
                yield f"CREATE OPERATOR {q(i['schema'])}.{symbol} (FUNCTION = {n(name)}, LEFTARG = {kind}, RIGHTARG = {kind})"
            s = q(i["schema"])
            yield (f"CREATE OPERATOR CLASS {n('_ops')} DEFAULT FOR TYPE {kind} USING btree AS OPERATOR 1 {s}.#<#, OPERATOR 3 {s}.#=#, "
                   f"OPERATOR 5 {s}.#>#, FUNCTION 1 {n('_cmp')}({kind}, {kind})")
        yield f"CREATE TABLE {n('_t')} (c {kind}, n integer)"
        if i["use"] in ("view", "matview"):
            yield f"CREATE {'MATERIALIZED ' if i['use'] == 'matview' else ''}VIEW {n('_v')} AS SELECT c, n FROM {n('_t')} ORDER BY c DESC, n"
        elif i["use"] == "distinct":
            yield f"CREATE VIEW {n('_v')} AS SELECT DISTINCT ON (c) c, n FROM {n('_t')} ORDER BY c"
        else:
            yield f"CREATE {'UNIQUE ' if i['use'] == 'unique' else ''}INDEX ON {n('_t')} (c)"


@kind("operator", 1)
class Operator:
    def draw(d, s):
        return {"schema": d.one(s.schemas()), "symbol": d.one(["===", "<#>#", "@@@", "~~~~", "|||", "%%"]), "function": d.one([
            "int4eq", "int4lt", "texteq", "int4ne"]), "more": d.one(["", ", RESTRICT = eqsel, JOIN = eqjoinsel", ", HASHES, MERGES", ""]),
            "commutator": d.chance(0.5), "own": d.maybe(0.5, routine_of(d, s, "compare"))}

    def write(i):
        kind = "text" if i["function"].startswith("text") and not i["own"] else "integer"
        commutator = f", COMMUTATOR = OPERATOR({q(i['schema'])}.{i['symbol']})" if i["commutator"] or "HASHES" in i["more"] else ""
        return [f"CREATE OPERATOR {q(i['schema'])}.{i['symbol']} (FUNCTION = {i['own'] or i['function']}, LEFTARG = {kind}, RIGHTARG = {kind}{commutator}{i['more']})"]


@kind("operator class", 1)
class OperatorClass:
    def draw(d, s):
        return dict(place(d, s, "oc_"), family=d.maybe(0.5, d.name("of_")), loose=d.chance(0.5), method=d.one(["btree", "hash", "gin"]), default=d.chance(0.1),
                    own=d.one([f"{q(o['schema'])}.{o['symbol']}" for o in s.of("operator") if o["own"] or not o["function"].startswith("text")]))

    def write(i):
        family = ""
        if i["family"]:
            family = f"FAMILY {q(i['schema'])}.{q(i['family'])}"
            yield f"CREATE OPERATOR {family} USING {i['method']}"
        if i["method"] == "btree":
            yield (f"CREATE OPERATOR CLASS {qualified(i)} FOR TYPE integer USING btree {family} AS "
                   "OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(integer, integer)")
            if i["loose"] and family:
                yield (f"ALTER OPERATOR {family} USING btree ADD OPERATOR 1 < (integer, bigint), OPERATOR 3 = (integer, bigint), "
                       "FUNCTION 1 (integer, bigint) btint48cmp(integer, bigint)")
        elif i["method"] == "hash":
            operator = f"{i['own']} (integer, integer)" if i["own"] else "="
            yield (f"CREATE OPERATOR CLASS {qualified(i)} {'DEFAULT ' if i['default'] else ''}FOR TYPE integer USING hash {family} AS "
                   f"OPERATOR 1 {operator}, FUNCTION 1 hashint4(integer)")
        else:
            yield (f"CREATE OPERATOR CLASS {qualified(i)} FOR TYPE text[] USING gin {family} AS " +
                   ", ".join(f"OPERATOR {n} {o} (anyarray, anyarray)" for n, o in enumerate(["&&", "@>", "<@", "="], 1)) + ", "
                   "FUNCTION 1 bttextcmp(text, text), FUNCTION 2 ginarrayextract(anyarray, internal, internal), "
                   "FUNCTION 3 ginqueryarrayextract(anyarray, internal, smallint, internal, internal, internal, internal), "
                   "FUNCTION 4 ginarrayconsistent(internal, smallint, anyarray, integer, internal, internal, internal, internal), STORAGE text")


@kind("cast", 1)
class Cast:
    def draw(d, s):
        kinds = s.of("composite", "enum", "domain", "base type")
        return {"source": d.one(map(qualified, kinds)), "target": d.one(["text", "jsonb", "integer"]),
                "context": d.one(["", " AS ASSIGNMENT", " AS IMPLICIT"]), "how": d.one(["INOUT", "INOUT", "own", "none"]),
                "own": d.one([(i["of"], qualified(i)) for i in s.of("function") if i["shape"] == "text"])} if kinds else None

    def write(i):
        if i["how"] == "own" and i["own"]:
            of, function = i["own"]
            return [f"CREATE CAST ({of} AS text) WITH FUNCTION {function}({of}){i['context']}"]
        if i["how"] == "none":
            return [f"CREATE CAST ({i['source']} AS {i['target']}) WITHOUT FUNCTION{i['context']}"]
        return [f"CREATE CAST ({i['source']} AS {i['target']}) WITH INOUT{i['context']}"]


@kind("conversion", 1)
class Conversion:
    def draw(d, s):
        pair = d.one([("LATIN1", "UTF8", "iso8859_1_to_utf8"), ("UTF8", "LATIN1", "utf8_to_iso8859_1"), ("WIN1252", "UTF8", "win_to_utf8")])
        return dict(place(d, s, "conv_"), pair=pair, default=d.chance(0.3))

    def write(i):
        source, target, function = i["pair"]
        return [f"CREATE {'DEFAULT ' if i['default'] else ''}CONVERSION {qualified(i)} FOR '{source}' TO '{target}' FROM {function}"]


@kind("language", 1)
class Language:
    def draw(d, s):
        return {"name": d.name("lang_"), "trusted": d.chance(0.5), "validator": d.chance(0.5)}

    def write(i):
        return [f"CREATE {'TRUSTED ' if i['trusted'] else ''}LANGUAGE {q(i['name'])} HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler" +
                (" VALIDATOR plpgsql_validator" if i["validator"] else "")]


@kind("transform", 1)
class Transform:
    def draw(d, s):
        return {"schema": d.one(s.schemas()), "name": d.name("tf_"), "type": d.one(["integer", "jsonb", "uuid"]),
                "language": d.one([i["name"] for i in s.of("language")], "plpgsql")}

    def write(i):
        yield f"CREATE FUNCTION {qualified(i)}(internal) RETURNS internal LANGUAGE internal IMMUTABLE STRICT AS 'array_typanalyze'"
        yield f"CREATE TRANSFORM FOR {i['type']} LANGUAGE {q(i['language'])} (FROM SQL WITH FUNCTION {qualified(i)}(internal))"
