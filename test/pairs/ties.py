"""Types, tables and what ties them so that a change of one reaches the other; see kinds.py."""
from kinds import kind, place
from names import lit, q


def named(i, end):
    return f"{q(i['schema'])}.{q(i['name'][:40] + end)}"


@kind("labelled", 2)
class Labelled:
    """An enum, and what names one of its labels."""

    def draw(d, s):
        labels = d.some(["new", "open", "it's", "done", "gone", "x"], 2, 5)
        return dict(place(d, s, "la_"), labels=labels, label=d.one(labels), use=d.one(["default", "default", "check", "index", "view", "function", "generated", "domain", "bound", "policy"]))

    def write(i):
        e, t, label = named(i, "_e"), named(i, "_t"), lit(i["label"])
        yield f"CREATE TYPE {e} AS ENUM ({', '.join(map(lit, i['labels']))})"
        if i["use"] == "bound":
            yield f"CREATE TABLE {t} (s {e}, n integer) PARTITION BY LIST (s)"
            yield f"CREATE TABLE {named(i, '_p')} PARTITION OF {t} FOR VALUES IN ({label})"
            return
        yield f"CREATE TABLE {t} (n integer, s {e}{' DEFAULT ' + label if i['use'] == 'default' else ''})"
        yield {"check": f"ALTER TABLE {t} ADD CHECK (s <> {label})", "index": f"CREATE INDEX ON {t} (n) WHERE s = {label}",
               "view": f"CREATE VIEW {named(i, '_v')} AS SELECT n FROM {t} WHERE s = {label}",
               "function": f"CREATE FUNCTION {named(i, '_f')}() RETURNS {e} LANGUAGE sql IMMUTABLE RETURN {label}::{e}",
               "generated": f"ALTER TABLE {t} ADD COLUMN g boolean GENERATED ALWAYS AS (s = {label}) STORED",
               "domain": f"CREATE DOMAIN {named(i, '_d')} AS {e} DEFAULT {label} CHECK (VALUE >= {label})",
               "policy": f"CREATE POLICY p ON {t} USING (s = {label})"}.get(i["use"], f"COMMENT ON TABLE {t} IS {label}")


@kind("keyed", 2)
class Keyed:
    """A partitioned table with a key of some type, perhaps in the second level."""

    def draw(d, s):
        return dict(place(d, s, "ke_"), labels=d.random.sample(["a", "b", "c", "d"], d.number(2, 4)), type=d.one(["enum", "enum", "enum", "text", "domain"]), deep=d.chance(0.4),
                    index=d.chance(0.5), view=d.chance(0.3), n=d.one(["integer", "bigint"]))

    def write(i):
        e, t = named(i, "_e"), named(i, "_t")
        yield f"CREATE TYPE {e} AS ENUM ({', '.join(map(lit, i['labels']))})"
        kind = {"enum": e, "text": "text", "domain": named(i, "_d")}[i["type"]]
        if i["type"] == "domain":
            yield f"CREATE DOMAIN {kind} AS {e} NOT NULL"
        yield f"CREATE TABLE {t} (n {i['n']}, s {kind}, at date) PARTITION BY " + ("RANGE (at)" if i["deep"] else "LIST (s)")
        whole = t
        if i["deep"]:
            whole = named(i, "_p")
            yield f"CREATE TABLE {whole} PARTITION OF {t} FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY LIST (s)"
        for label in i["labels"][:2]:
            yield f"CREATE TABLE {named(i, '_p' + label)} PARTITION OF {whole} FOR VALUES IN ({lit(label)})"
        if i["index"]:
            yield f"CREATE INDEX ON {t} (s, n)"
        if i["view"]:
            yield f"CREATE VIEW {named(i, '_v')} AS SELECT n, s FROM {t}"


@kind("held rows", 2)
class HeldRows:
    """A table whose rows are in a column of another one, in some shape."""

    def draw(d, s):
        return dict(place(d, s, "hr_"), type=d.one(["integer", "bigint", "text"]), more=d.chance(0.4), unlogged=d.chance(0.2),
                    held=d.one(["row", "array", "composite", "composite array", "domain", "text", "none"]), default=d.chance(0.2), check=d.chance(0.3))

    def write(i):
        a, c, dom = named(i, "_a"), named(i, "_c"), named(i, "_d")
        yield f"CREATE {'UNLOGGED ' if i['unlogged'] else ''}TABLE {a} (id integer, x {i['type']}{', y text DEFAULT 0' if i['more'] else ''})"
        yield f"CREATE TYPE {c} AS (r {a}, n integer)"
        yield f"CREATE DOMAIN {dom} AS {c}"
        kind = {"row": a, "array": a + "[]", "composite": c, "composite array": c + "[]", "domain": dom, "text": "text", "none": None}[i["held"]]
        yield f"CREATE TABLE {named(i, '_h')} (id integer{', r ' + kind if kind else ''})"
        if i["check"] and kind:
            yield f"ALTER TABLE {named(i, '_h')} ADD CHECK (r IS NOT NULL OR id > 0)"
        if i["default"] and kind:
            yield f"ALTER TABLE {named(i, '_h')} ALTER r SET DEFAULT NULL"


@kind("typed", 1)
class Typed:
    """A table of a composite type with defaults for its columns, and a child with defaults of its own."""

    def draw(d, s):
        return dict(place(d, s, "ty_"), attributes=d.some(["a", "b", "c", "d", "e"], 2, 4), defaults=d.some(["a", "b", "c", "d", "e"], 1, 4), type=d.one(["integer", "bigint"]),
                    child=d.some(["a", "b", "c", "d", "e"], 0, 3))

    def write(i):
        c = named(i, "_c")
        yield f"CREATE TYPE {c} AS ({', '.join(x + ' ' + i['type'] for x in sorted(i['attributes']))})"
        given = [x for x in i["defaults"] if x in i["attributes"]]
        yield f"CREATE TABLE {named(i, '_t')} OF {c}" + (f" ({', '.join(f'{x} WITH OPTIONS DEFAULT {n}' for n, x in enumerate(given))})" if given else "")
        p = named(i, "_p")
        yield f"CREATE TABLE {p} ({', '.join(x + ' ' + i['type'] + ' DEFAULT 1' for x in sorted(i['attributes']))}) PARTITION BY HASH ({sorted(i['attributes'])[0]})"
        yield f"CREATE TABLE {named(i, '_q')} PARTITION OF {p} FOR VALUES WITH (MODULUS 1, REMAINDER 0)"
        for x in i["child"]:
            yield f"ALTER TABLE {named(i, '_q')} ALTER {x} SET DEFAULT 7"


@kind("freed", 2)
class Freed:
    """A column that needs a collation, a function, an extension's type or another column, or does not."""

    def draw(d, s):
        return dict(place(d, s, "fr_"), what=d.one(["collation", "collation", "function", "column", "citext", "plain", "plain"]), locale=d.one(["de", "sv", "fr"]), notnull=d.chance(0.4),
                    index=d.chance(0.3))

    def write(i):
        t, c, f = named(i, "_t"), named(i, "_c"), named(i, "_f")
        end = " NOT NULL" if i["notnull"] else ""
        if i["what"] == "collation":
            yield f"CREATE COLLATION {c} (provider = icu, locale = '{i['locale']}')"
            yield f"CREATE TABLE {t} (id integer, c text COLLATE {c}{end})"
        elif i["what"] == "function":
            yield f"CREATE FUNCTION {f}(integer) RETURNS text LANGUAGE sql IMMUTABLE AS $b$ SELECT $1::text $b$"
            yield f"CREATE TABLE {t} (id integer, c text GENERATED ALWAYS AS ({f}(id)) STORED{end})"
        elif i["what"] == "column":
            yield f"CREATE TABLE {t} (id integer, x text, c text GENERATED ALWAYS AS (x || 'y') STORED{end})"
        elif i["what"] == "citext":
            yield f"CREATE EXTENSION IF NOT EXISTS citext SCHEMA {q(i['schema'])}"
            yield f"CREATE TABLE {t} (id integer, c {q(i['schema'])}.citext{end})"
        else:
            yield f"CREATE TABLE {t} (id integer, c text{end})"
        if i["index"]:
            yield f"CREATE INDEX ON {t} (c)"


@kind("row default", 1)
class RowDefault:
    """A default that is built of a row type, whose attributes may change."""

    def draw(d, s):
        return dict(place(d, s, "rd_"), attributes=d.number(2, 4), default=d.chance(0.8), type=d.one(["integer", "bigint"]))

    def write(i):
        c, n = named(i, "_c"), i["attributes"]
        yield f"CREATE TYPE {c} AS ({', '.join('a' + str(x) + ' ' + i['type'] for x in range(n))})"
        default = f" DEFAULT ROW({', '.join(str(x) for x in range(n))})::{c}" if i["default"] else ""
        yield f"CREATE TABLE {named(i, '_t')} (p {c}{default})"
