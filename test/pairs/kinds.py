"""What a random schema is made of: for each kind of object how one is drawn and how it is written.

KINDS maps a kind to (weight, draw, write).  draw(d, s) gives the facts of an object (a dict) from random
choices d, looking at the objects s that are there already, or None.  write(item) gives its statements.
Nothing here has to be right: a statement that the server refuses is left out of the schema.
"""
from names import ROLES, DEFAULTS, NUMBERS, TEXTS, TYPES, lit, q, qualified

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
        return self.of("table", "partitioned", "child", "numbered", "view", "matview", "foreign table")

    def tables(self):
        return self.of("table", "partitioned", "child", "numbered")

    def types(self):
        return [qualified(i) for i in self.of("enum", "domain", "composite", "range", "base type")] + self.extension_types()

    def extension_types(self):
        return [f"{q(i['schema'])}.{i['name']}" for i in self.of("extension") if i["name"] in ("citext", "hstore")]


def place(d, s, prefix=""):
    return {"schema": d.one(s.schemas()), "name": d.name(prefix)}


def any_type(d, s):
    if d.chance(0.25) and s.types():
        return d.one(s.types()) + ("[]" if d.chance(0.2) else "")
    if d.chance(0.02) and s.relations():
        return qualified(d.one(s.relations()))
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
    c["notnull_name"] = d.maybe(0.2, d.name("nn_")) if s.version >= 18 else None
    c["notnull_inherit"] = "" if s.version < 18 or d.chance(0.9) else " NO INHERIT"
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
    if c["type"] in ("text", "bytea", "jsonb", "numeric", "inet", "numeric(10,2)") and d.chance(0.15):
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
        out += (f" CONSTRAINT {q(c['notnull_name'])}" if c.get("notnull_name") else "") + " NOT NULL" + c.get("notnull_inherit", "")
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

def for_owners(schema):
    """What the owners of objects need: what schemaver wrote runs code of theirs as they."""
    return f"GRANT USAGE, CREATE ON SCHEMA {q(schema)} TO {', '.join(map(q, ROLES))}"


@kind("schema", 2)
class Schema:
    def draw(d, s):
        return {"name": d.name("s_")}

    def write(i):
        return [f"CREATE SCHEMA {q(i['name'])}", for_owners(i["name"])]


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
