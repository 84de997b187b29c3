"""Names, literals and types that a random schema is made of."""

PLAIN = ["a", "b", "c", "d", "e", "item", "users", "orders", "x1", "total", "code", "kind", "val", "ref", "log"]
ODD = ["Odd Name", 'quo"te', "it's", "with.dot", "back\\slash", "$dollar$", "%s %d", "ünïcödé", "日本語", "select", "user",
       "table", "x" * 63, "Ä" * 31, "UPPER", "a b  c", "1st", "--dash", "/*", "semi;colon", "(paren", "=eq/", "a,b", "tab\there",
       "default", "{brace}", "end$$", " lead", "trail ", "timestamp", "int", "on", "for", "none", "with", "_under", "old__old"]
ROLES = ["sv_pairs_a", "sv_pairs_b", "sv pairs \"Odd\"", "sv_pairs_d"]

SPACES = ["sv_pairs_space", "sv_pairs_other"]  # tablespaces

TYPES = ["integer", "bigint", "smallint", "text", "character varying(20)", "character varying", "character(3)",
         "numeric(10,2)", "numeric", "boolean", "date", "timestamp with time zone", "timestamp(3) without time zone",
         "time without time zone", "interval", "interval day to second(2)", "jsonb", "json", "uuid", "bytea", "inet",
         "integer[]", "text[]", "double precision", "real", "bit varying(8)", "bit(4)", "tsvector", "int4range", "point",
         "numeric(4,1)[]", "name", '"char"', "xml", "money", "oid", "regclass", "int8multirange", "macaddr", "tsquery"]
NUMBERS = ("integer", "bigint", "smallint", "numeric(10,2)", "numeric", "double precision", "real")
TEXTS = ("text", "character varying(20)", "character varying")

DEFAULTS = {
    "integer": ["0", "42", "(1 + 2)", "-7"], "bigint": ["0", "9000000000"], "smallint": ["1"],
    "text": ["''", "'it''s'", "'back\\slash'", "upper('a')", "CURRENT_USER", "E'tab\\tx'"],
    "character varying(20)": ["'v'"], "character varying": ["'w'", "NULL"], "numeric(10,2)": ["0", "1.5"],
    "numeric": ["1e3"], "boolean": ["true", "false", "(NOT true)"], "date": ["CURRENT_DATE", "'2020-01-01'"],
    "timestamp with time zone": ["now()", "CURRENT_TIMESTAMP", "'2020-01-01 00:00:00+00'"],
    "jsonb": ["'{}'", "'{\"a\": [1, 2]}'", "jsonb_build_object('a', 1)"], "uuid": ["gen_random_uuid()"],
    "integer[]": ["'{}'", "ARRAY[1, 2]"], "text[]": ["'{}'", "ARRAY['a', 'b']"], "interval": ["'1 day'"],
    "double precision": ["random()"], "inet": ["'::1'"], "bytea": ["'\\x00'"],
}


def q(name):
    """A quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def lit(text):
    """A quoted literal."""
    return ("E" if "\\" in text else "") + "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def qualified(item):
    return f"{q(item['schema'])}.{q(item['name'])}"


class Draw:
    """Random choices."""

    def __init__(self, random):
        self.random = random

    def one(self, values, otherwise=None):
        values = list(values)
        return self.random.choice(values) if values else otherwise

    def some(self, values, least=1, most=3):
        values = list(values)
        n = min(len(values), self.random.randint(least, most))
        return self.random.sample(values, n)

    def chance(self, p):
        return self.random.random() < p

    def number(self, low, high):
        return self.random.randint(low, high)

    def maybe(self, p, value):
        return value if self.random.random() < p else None

    def name(self, prefix=""):
        """A name: mostly plain, often odd."""
        if self.chance(0.3):
            return self.one(ODD)
        return prefix + self.one(PLAIN) + (str(self.number(1, 9)) if self.chance(0.7) else "")
