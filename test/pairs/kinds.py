"""What a random schema is made of: for each kind of object how one is drawn and how it is written.

KINDS maps a kind to (weight, draw, write).  draw(d, s) gives the facts of an object (a dict) from random
choices d, looking at the objects s that are there already, or None.  write(item) gives its statements.
Nothing here has to be right: a statement that the server refuses is left out of the schema.
"""
from names import DEFAULTS, NUMBERS, ROLES, TEXTS, TYPES, lit, q, qualified

KINDS = {}


def kind(name, weight):
    def register(cls):
        KINDS[name] = (weight, cls.draw, cls.write)
        return cls
    return register


class State(list):
    """The objects so far, in order."""

    def of(self, *kinds):
        return [i for i in self if i["kind"] in kinds]

    def schemas(self):
        return [i["name"] for i in self.of("schema")] + ["public"]

    def relations(self):
        return self.of("table", "partitioned", "child", "view", "matview", "foreign table")

    def tables(self):
        return self.of("table", "partitioned", "child")

    def types(self):
        return [qualified(i) for i in self.of("enum", "domain", "composite", "range")]


def place(d, s, prefix=""):
    return {"schema": d.one(s.schemas()), "name": d.name(prefix)}


def any_type(d, s):
    if d.chance(0.25) and s.types():
        return d.one(s.types()) + ("[]" if d.chance(0.2) else "")
    return d.one(TYPES)


def int_function(d, s):
    """An immutable function from integer to integer, or None."""
    return d.one([qualified(i) for i in s.of("function") if i["shape"] == "int"])


def condition(d, s, cols, alias=""):
    """A boolean expression over columns."""
    col = d.one(cols)
    if col is None:
        return "true"
    c = alias + q(col["name"])
    f = int_function(d, s)
    choices = [f"{c} IS NOT NULL", f"{c} IS NULL OR {c} = {c}", f"({c})::text <> ''"]
    if col["type"] in NUMBERS:
        choices += [f"{c} > {d.number(0, 99)}", f"{c} IN (1, 2, {d.number(3, 9)})", f"{c} BETWEEN 1 AND {d.number(2, 9)}"] * 2
        if f and col["type"] == "integer":
            choices += [f"{f}({c}) > {d.number(0, 9)}"] * 6
    if col["type"] in TEXTS:
        choices += [f"length({c}) < {d.number(1, 99)}", f"{c} ~ '^[a-z]'", f"{c} LIKE 'a%'", f"{c} = ANY (ARRAY['a', 'b'])"] * 2
    if col["type"] == "boolean":
        choices += [c, f"NOT {c}"]
    return d.one(choices)


def column(d, s, generated=True):
    c = {"name": d.name(), "type": any_type(d, s)}
    if d.chance(0.5):
        c["type"] = d.one(["integer", "text", "bigint", "integer", "numeric(10,2)", "boolean"])
    c["notnull"] = d.chance(0.3)
    if c["type"] in DEFAULTS and d.chance(0.35):
        c["default"] = d.one(DEFAULTS[c["type"]])
        f = int_function(d, s)
        if f and c["type"] == "integer" and d.chance(0.4):
            c["default"] = f"{f}({d.number(0, 5)})"
        seq = d.one(s.of("sequence"))
        if seq and c["type"] in ("integer", "bigint") and d.chance(0.3):
            c["default"] = f"nextval({lit(qualified(seq))})"
    elif c["type"] in ("integer", "bigint", "smallint") and d.chance(0.15):
        c["identity"] = d.one(["ALWAYS", "BY DEFAULT"])
        c["identity_options"] = d.one(["", "", "(START 10)", "(INCREMENT -1)", "(MAXVALUE 1000 CYCLE)", "(CACHE 5 MINVALUE 2 START 3)"])
    if c["type"] in TEXTS and d.chance(0.2):
        c["collation"] = d.one(['"C"', '"POSIX"'] + [qualified(i) for i in s.of("collation")])
    if c["type"] in ("text", "bytea", "jsonb", "numeric") and d.chance(0.15):
        c["storage"] = d.one(["EXTERNAL", "PLAIN", "MAIN", "EXTENDED"])
        c["compression"] = d.maybe(0.5, "pglz")
    c["statistics"] = d.maybe(0.08, d.number(0, 1000))
    c["options"] = d.maybe(0.05, d.one(["n_distinct=5", "n_distinct=-0.5, n_distinct_inherited=3"]))
    return c


def write_column(c):
    out = f"{q(c['name'])} {c['type']}"
    if c.get("compression") and c.get("storage") != "PLAIN":
        out += f" COMPRESSION {c['compression']}"
    if c.get("collation"):
        out += f" COLLATE {c['collation']}"
    if c.get("default"):
        out += f" DEFAULT {c['default']}"
    if c.get("generated"):
        out += f" GENERATED ALWAYS AS ({c['generated']}) {c.get('how', 'STORED')}"
    if c.get("identity"):
        out += f" GENERATED {c['identity']} AS IDENTITY {c.get('identity_options', '')}"
    if c.get("notnull"):
        out += (f" CONSTRAINT {q(c['notnull_name'])}" if c.get("notnull_name") else "") + " NOT NULL"
    return out


def column_settings(table, c, what="TABLE"):
    head = f"ALTER {what} {table} ALTER COLUMN {q(c['name'])}"
    if c.get("storage"):
        yield f"{head} SET STORAGE {c['storage']}"
    if c.get("statistics") is not None:
        yield f"{head} SET STATISTICS {c['statistics']}"
    if c.get("options"):
        yield f"{head} SET ({c['options']})"


def columns(d, s, least=1, most=7):
    cols, seen = [], set()
    for _ in range(d.number(least, most)):
        c = column(d, s)
        if c["name"] not in seen:
            seen.add(c["name"])
            cols.append(c)
    plain = [c for c in cols if c["type"] in NUMBERS and not c.get("identity") and not c.get("generated")]
    if plain and d.chance(0.25):
        base = d.one(plain)
        f = int_function(d, s)
        expression = f"{f}({q(base['name'])})" if f and base["type"] == "integer" and d.chance(0.5) else f"{q(base['name'])} * {d.number(2, 5)}"
        name = d.name("g_")
        if name not in seen:
            cols.append({"name": name, "type": d.one(["numeric", "bigint", "double precision"]), "generated": expression,
                         "how": d.one(s.generated_kinds)})
    return cols


# ----- schemas, types -----

@kind("schema", 2)
class Schema:
    def draw(d, s):
        return {"name": d.name("s_")}

    def write(i):
        return [f"CREATE SCHEMA {q(i['name'])}"]


@kind("extension", 1)
class Extension:
    def draw(d, s):
        return {"name": d.one(["citext", "hstore", "btree_gist", "pg_trgm", "file_fdw", "unaccent"]), "schema": d.one(s.schemas())}

    def write(i):
        return [f"CREATE EXTENSION {q(i['name'])} SCHEMA {q(i['schema'])}"]


@kind("enum", 4)
class Enum:
    def draw(d, s):
        words = ["new", "open", "it's", "done", "Ä", "with space", "x", "y", "z", ""][:-1]
        return dict(place(d, s, "e_"), labels=d.some(words, 0, 6))

    def write(i):
        return [f"CREATE TYPE {qualified(i)} AS ENUM ({', '.join(map(lit, i['labels']))})"]


@kind("domain", 4)
class Domain:
    def draw(d, s):
        base = any_type(d, s) if d.chance(0.4) else d.one(["integer", "text", "numeric(10,2)"])
        i = dict(place(d, s, "d_"), base=base, notnull=d.chance(0.2), default=d.maybe(0.3, d.one(DEFAULTS.get(base, ["NULL"]))))
        i["collation"] = d.maybe(0.15, '"C"') if base in TEXTS else None
        checks = {"integer": "VALUE > %d", "text": "length(VALUE) < %d", "numeric(10,2)": "VALUE <> %d"}
        f = int_function(d, s)
        i["checks"] = [[d.name("ck"), (f"{f}(VALUE) > {d.number(0, 9)}" if f and base == "integer" and d.chance(0.5) else
                                       checks.get(base, "VALUE IS NOT NULL OR %d > 0") % d.number(0, 99)),
                        d.one(["", "", " NOT VALID"])] for _ in range(d.number(0, 2))]
        return i

    def write(i):
        yield (f"CREATE DOMAIN {qualified(i)} AS {i['base']}" + (f" COLLATE {i['collation']}" if i["collation"] else "") +
               (f" DEFAULT {i['default']}" if i["default"] else "") + (" NOT NULL" if i["notnull"] else ""))
        for name, check, state in i["checks"]:
            yield f"ALTER DOMAIN {qualified(i)} ADD CONSTRAINT {q(name)} CHECK ({check}){state}"


@kind("composite", 3)
class Composite:
    def draw(d, s):
        return dict(place(d, s, "c_"), cols=[{"name": d.name(), "type": any_type(d, s)} for _ in range(d.number(0, 4))])

    def write(i):
        cols = ", ".join(f"{q(c['name'])} {c['type']}" for c in i["cols"])
        return [f"CREATE TYPE {qualified(i)} AS ({cols})"]


@kind("range", 2)
class Range:
    def draw(d, s):
        sub = d.one(["double precision", "text", "integer", "time without time zone"] + [qualified(i) for i in s.of("enum", "domain")])
        return dict(place(d, s, "r_"), sub=sub, multi=d.maybe(0.5, d.name("mr_")), collation=d.maybe(0.3, '"C"') if sub == "text" else None,
                    diff=d.maybe(0.5, "float8mi") if sub == "double precision" else None)

    def write(i):
        parts = [f"subtype = {i['sub']}"]
        parts += [f"collation = {i['collation']}"] if i["collation"] else []
        parts += [f"subtype_diff = {i['diff']}"] if i["diff"] else []
        parts += [f"multirange_type_name = {q(i['schema'])}.{q(i['multi'])}"] if i["multi"] else []
        return [f"CREATE TYPE {qualified(i)} AS RANGE ({', '.join(parts)})"]


@kind("base type", 1)
class BaseType:
    def draw(d, s):
        return dict(place(d, s, "b_"), extra=d.one(["", ", CATEGORY = 'N'", ", PREFERRED = true, CATEGORY = 'Q'", ", DEFAULT = '7'", ", DELIMITER = ';'"]),
                    shell=d.chance(0.15), like=d.one(["int4", "text"]))

    def write(i):
        yield f"CREATE TYPE {qualified(i)}"
        if i["shell"]:
            return
        fin, fout = (f"{q(i['schema'])}.{q((i['name'] + end)[:40])}" for end in ("_in", "_out"))
        source = {"int4": ("int4in", "int4out"), "text": ("textin", "textout")}[i["like"]]
        yield f"CREATE FUNCTION {fin}(cstring) RETURNS {qualified(i)} LANGUAGE internal IMMUTABLE STRICT AS '{source[0]}'"
        yield f"CREATE FUNCTION {fout}({qualified(i)}) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS '{source[1]}'"
        yield f"CREATE TYPE {qualified(i)} (INPUT = {fin}, OUTPUT = {fout}, LIKE = {i['like']}{i['extra']})"


@kind("collation", 1)
class Collation:
    def draw(d, s):
        return dict(place(d, s, "coll_"), definition=d.one([
            "locale = 'C'", "provider = icu, locale = 'de-u-co-phonebk'", "provider = icu, locale = 'und', deterministic = false",
            "provider = icu, locale = 'en-u-kn-true'", "lc_collate = 'C', lc_ctype = 'POSIX'"]))

    def write(i):
        return [f"CREATE COLLATION {qualified(i)} ({i['definition']})"]


@kind("sequence", 4)
class Sequence:
    def draw(d, s):
        return dict(place(d, s, "seq_"), type=d.one(["", "", "AS integer", "AS smallint"]), increment=d.one(["", "", "INCREMENT 5", "INCREMENT -1"]),
                    bounds=d.one(["", "", "MAXVALUE 1000", "MINVALUE -10 MAXVALUE 99"]), start=d.one(["", "", "START 7"]),
                    cache=d.one(["", "CACHE 9"]), cycle=d.one(["", "CYCLE"]), unlogged=d.chance(0.1))

    def write(i):
        how = " ".join(i[k] for k in ("type", "increment", "bounds", "start", "cache", "cycle"))
        return [f"CREATE {'UNLOGGED ' if i['unlogged'] else ''}SEQUENCE {qualified(i)} {how}"]


# ----- functions -----

@kind("function", 7)
class Function:
    def draw(d, s):
        i = dict(place(d, s, "f_"), shape=d.one(["int", "int", "any", "table", "trigger", "procedure", "event", "out"]))
        i["n"] = d.number(1, 50)
        i["style"] = d.one(["sql", "atomic", "plpgsql"])
        i["volatile"] = "IMMUTABLE" if i["shape"] == "int" else d.one(["VOLATILE", "STABLE", "IMMUTABLE"])
        i["extras"] = " ".join(d.some(["STRICT", "SECURITY DEFINER", "PARALLEL SAFE", "COST 7", "LEAKPROOF", "SET work_mem = '8MB'",
                                       "SET search_path = pg_catalog, \"$user\"", "SET datestyle TO iso, dmy"], 0, 2))
        i["type"] = any_type(d, s)
        i["arg"] = d.name("p_")
        i["default"] = d.chance(0.2)
        i["uses"] = d.one([qualified(t) for t in s.relations()])
        i["calls"] = int_function(d, s)
        return i

    def write(i):
        name, n, extras = qualified(i), i["n"], i["extras"]
        if i["shape"] == "int":
            value = f"{i['calls']}($1)" if i["calls"] and n % 3 == 0 else "$1"
            head = f"CREATE FUNCTION {name}({q(i['arg'])} integer{' DEFAULT 1' if i['default'] else ''}) RETURNS integer {i['volatile']} {extras}"
            body = {"sql": f"LANGUAGE sql AS $b$ SELECT {value} + {n} $b$", "atomic": f"LANGUAGE sql BEGIN ATOMIC SELECT {value} + {n}; END",
                    "plpgsql": f"LANGUAGE plpgsql AS $b$ BEGIN\n\tRETURN {value} + {n}; -- it's\nEND $b$"}[i["style"]]
            return [f"{head} {body}"]
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
                    f"LANGUAGE plpgsql AS $b$ BEGIN z := '{n}'; END $b$"]
        if i["shape"] == "procedure":
            body = f"INSERT INTO {i['uses']} DEFAULT VALUES" if i["uses"] else "SELECT 1"
            return [f"CREATE PROCEDURE {name}({q(i['arg'])} {i['type']}) LANGUAGE sql " +
                    (f"BEGIN ATOMIC {body}; END" if i["style"] == "atomic" else f"AS $b$ {body} $b$")]
        result = "trigger" if i["shape"] == "trigger" else "event_trigger"
        value = "RETURN NEW;" if i["shape"] == "trigger" else ""
        return [f"CREATE FUNCTION {name}() RETURNS {result} {extras.replace('STRICT', '')} LANGUAGE plpgsql AS $b$ BEGIN /* {n} */ {value} END $b$"]


@kind("aggregate", 1)
class Aggregate:
    def draw(d, s):
        return dict(place(d, s, "agg_"), parts=d.one([
            "(integer) (SFUNC = int4_sum, STYPE = bigint", "(bigint) (SFUNC = int8pl, STYPE = bigint, INITCOND = '0', COMBINEFUNC = int8pl, PARALLEL = SAFE",
            "(integer) (SFUNC = int4larger, STYPE = integer, SORTOP = OPERATOR(pg_catalog.>)",
            "(VARIADIC integer[]) (SFUNC = array_cat, STYPE = integer[]",
            "(double precision ORDER BY integer) (SFUNC = float8pl, STYPE = double precision, INITCOND = '0'",
            "(numeric) (SFUNC = numeric_add, STYPE = numeric, MSFUNC = numeric_add, MINVFUNC = numeric_sub, MSTYPE = numeric"]),
            more=d.one([")", ")", ", SSPACE = 100)"]))

    def write(i):
        return [f"CREATE AGGREGATE {qualified(i)} {i['parts']}{i['more']}"]


@kind("operator", 1)
class Operator:
    def draw(d, s):
        return {"schema": d.one(s.schemas()), "symbol": d.one(["===", "<#>#", "@@@", "~~~~", "|||", "%%"]), "function": d.one([
            "int4eq", "int4lt", "texteq", "int4ne"]), "more": d.one(["", ", RESTRICT = eqsel, JOIN = eqjoinsel", ", HASHES, MERGES", ""]),
            "commutator": d.chance(0.5)}

    def write(i):
        kind = "text" if i["function"].startswith("text") else "integer"
        commutator = f", COMMUTATOR = OPERATOR({q(i['schema'])}.{i['symbol']})" if i["commutator"] or "HASHES" in i["more"] else ""
        return [f"CREATE OPERATOR {q(i['schema'])}.{i['symbol']} (FUNCTION = {i['function']}, LEFTARG = {kind}, RIGHTARG = {kind}{commutator}{i['more']})"]


@kind("operator class", 1)
class OperatorClass:
    def draw(d, s):
        return dict(place(d, s, "oc_"), family=d.maybe(0.5, d.name("of_")), loose=d.chance(0.5), method=d.one(["btree", "hash"]), default=d.chance(0.1))

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
        else:
            yield f"CREATE OPERATOR CLASS {qualified(i)} FOR TYPE integer USING hash {family} AS OPERATOR 1 =, FUNCTION 1 hashint4(integer)"


@kind("cast", 1)
class Cast:
    def draw(d, s):
        kinds = s.of("composite", "enum", "domain", "base type")
        return {"source": d.one(map(qualified, kinds)), "target": d.one(["text", "jsonb", "integer"]),
                "context": d.one(["", " AS ASSIGNMENT", " AS IMPLICIT"])} if kinds else None

    def write(i):
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
