"""What is said of any object: comments, owners, privileges; see kinds.py."""
from kinds import kind
from names import ROLES, lit, q, qualified

TARGETS = {"table": "TABLE", "partitioned": "TABLE", "child": "TABLE", "view": "VIEW", "matview": "MATERIALIZED VIEW", "foreign table": "FOREIGN TABLE",
           "enum": "TYPE", "domain": "DOMAIN", "composite": "TYPE", "range": "TYPE", "sequence": "SEQUENCE", "schema": "SCHEMA",
           "statistics": "STATISTICS", "collation": "COLLATION", "conversion": "CONVERSION", "language": "LANGUAGE", "server": "SERVER",
           "publication": "PUBLICATION", "event trigger": "EVENT TRIGGER", "dictionary": "TEXT SEARCH DICTIONARY",
           "configuration": "TEXT SEARCH CONFIGURATION", "index": "INDEX", "wrapper": "FOREIGN DATA WRAPPER"}
RIGHTS = {"table": ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"], "sequence": ["USAGE", "SELECT", "UPDATE"],
          "schema": ["USAGE", "CREATE"], "type": ["USAGE"], "function": ["EXECUTE"], "language": ["USAGE"], "server": ["USAGE"], "wrapper": ["USAGE"]}


# how a comment names what is not named by name and schema alone
PARTS = {"trigger": lambda i: f"TRIGGER {q(i['name'])} ON {i['of']}", "rule": lambda i: f"RULE {q(i['name'])} ON {i['of']}",
         "policy": lambda i: f"POLICY {q(i['name'])} ON {i['of']}", "constraint": lambda i: f"CONSTRAINT {q(i['name'])} ON {i['of']}",
         "operator": lambda i: f"OPERATOR {q(i['schema'])}.{i['symbol']} (integer, integer)",
         "operator class": lambda i: f"OPERATOR CLASS {qualified(i)} USING {i['method']}",
         "cast": lambda i: f"CAST ({i['source']} AS {i['target']})", "access method": lambda i: f"ACCESS METHOD {q(i['name'])}",
         "aggregate": lambda i: f"AGGREGATE {qualified(i)} (integer)", "subscription": lambda i: f"SUBSCRIPTION {q(i['name'])}",
         "transform": lambda i: f"TRANSFORM FOR {i['type']} LANGUAGE {q(i['language'])}", "extension": lambda i: f"EXTENSION {i['name']}"}
OWNED = ("operator", "operator class", "aggregate", "subscription")


def target(d, s, kinds):
    i = d.one(s.of(*kinds))
    return i and (TARGETS[i["kind"]], qualified(i) if "schema" in i else q(i["name"]), i)


@kind("comment", 6)
class Comment:
    def draw(d, s):
        t = target(d, s, TARGETS)
        if not t:
            return None
        of = f"{t[0]} {t[1]}"
        if t[2].get("cols") and d.chance(0.4):
            of = f"COLUMN {t[1]}.{q(d.one(t[2]['cols'])['name'])}"
        part = d.one(s.of(*PARTS)) if d.chance(0.25) else None
        if part:
            of = PARTS[part["kind"]](part)
        return {"of": of, "text": d.one(["a comment", "it's", "back\\slash", "line\nbreak", "ünïcödé", "x" * 200])}

    def write(i):
        return [f"COMMENT ON {i['of']} IS {lit(i['text'])}"]


@kind("owner", 4)
class Owner:
    def draw(d, s):
        t = target(d, s, [k for k in TARGETS if k not in ("index", "event trigger", "wrapper")])
        part = d.one(s.of(*OWNED)) if d.chance(0.15) else None
        if part:
            return {"of": PARTS[part["kind"]](part), "role": d.one(ROLES)}
        # a materialized view is filled as its owner
        reads = [t[2]["base"]] if t and t[2]["kind"] == "matview" else []
        return t and {"of": f"{t[0]} {t[1]}", "role": d.one(ROLES), "reads": reads}

    def write(i):
        for relation in i.get("reads", []):
            yield f"GRANT SELECT ON {relation} TO {q(i['role'])}"
        yield f"ALTER {i['of']} OWNER TO {q(i['role'])}"


@kind("grant", 8)
class Grant:
    def draw(d, s):
        t = target(d, s, ["table", "partitioned", "child", "view", "matview", "foreign table", "sequence", "schema", "enum", "domain", "language", "server", "wrapper"])
        if not t:
            return None
        kind = {"TABLE": "table", "VIEW": "table", "MATERIALIZED VIEW": "table", "FOREIGN TABLE": "table", "SEQUENCE": "sequence", "SCHEMA": "schema",
                "LANGUAGE": "language", "SERVER": "server", "FOREIGN DATA WRAPPER": "wrapper"}.get(t[0], "type")
        keyword = {"table": "TABLE", "server": "FOREIGN SERVER", "type": "TYPE" if t[0] == "TYPE" else "DOMAIN"}.get(kind, t[0])
        rights = d.some(RIGHTS[kind], 1, 3)
        if kind == "table" and t[2]["cols"] and d.chance(0.3):
            rights = [f"{r} ({q(d.one(t[2]['cols'])['name'])})" for r in d.some(["SELECT", "INSERT", "UPDATE", "REFERENCES"], 1, 2)]
        return {"rights": ", ".join(rights), "of": f"{keyword} {t[1]}", "to": d.one(["PUBLIC"] + [q(r) for r in ROLES]), "option": d.chance(0.25),
                "chain": d.maybe(0.15, q(d.one(ROLES))), "revoke": d.one([None] * 5 + [f"REVOKE ALL ON {keyword} {t[1]} FROM PUBLIC", f"REVOKE ALL ON {keyword} {t[1]} FROM postgres"])}

    def write(i):
        if i["revoke"]:
            yield i["revoke"]
            if i["of"].startswith(("TYPE", "DOMAIN")):
                yield use_of_type(i["of"])
        yield f"GRANT {i['rights']} ON {i['of']} TO {i['to']}" + (" WITH GRANT OPTION" if i["option"] and i["to"] != "PUBLIC" else "")
        if i["chain"] and i["option"] and i["to"] != "PUBLIC":
            yield f"SET LOCAL ROLE {i['to']}; GRANT {i['rights']} ON {i['of']} TO {i['chain']}; RESET ROLE"


def use_of_type(of):
    """An owner of a table cannot have it altered, by anybody, with a type that it may not use."""
    return f"GRANT USAGE ON {of} TO {', '.join(map(q, ROLES))}"


SIGNATURES = {"int": "integer", "add": "integer, integer", "table": "", "trigger": "", "procedure": "{type}", "text": "{of}", "window": ""}


@kind("function grant", 2)
class FunctionGrant:
    def draw(d, s):
        f = d.one([x for x in s.of("function") if x["shape"] in SIGNATURES])
        return f and {"of": f"{'PROCEDURE' if f['shape'] == 'procedure' else 'FUNCTION'} {qualified(f)}({SIGNATURES[f['shape']].format(**f)})", "how": d.one([f"GRANT EXECUTE ON %s TO {q(d.one(ROLES))}", "REVOKE ALL ON %s FROM PUBLIC",
                                                                             f"ALTER %s OWNER TO {q(d.one(ROLES))}", "COMMENT ON %s IS 'a function'"])}

    def write(i):
        return [i["how"] % i["of"]]


@kind("default privileges", 2)
class DefaultPrivileges:
    def draw(d, s):
        what = d.one(["TABLES", "SEQUENCES", "FUNCTIONS", "TYPES", "SCHEMAS"] + (["LARGE OBJECTS"] if s.version >= 18 else []))
        right = {"TABLES": ["SELECT", "INSERT, UPDATE", "ALL"], "SEQUENCES": ["USAGE"], "FUNCTIONS": ["EXECUTE"], "TYPES": ["USAGE"], "SCHEMAS": ["USAGE", "CREATE"],
                 "LARGE OBJECTS": ["SELECT"]}[what]
        return {"role": q(d.one(ROLES + ["postgres"])), "schema": d.maybe(0.5, q(d.one(s.schemas()))) if what not in ("SCHEMAS", "LARGE OBJECTS") else None,
                "how": d.one([f"GRANT {d.one(right)} ON {what} TO {d.one(['PUBLIC'] + [q(r) for r in ROLES])}{d.one(['', ''])}",
                              f"REVOKE ALL ON {what} FROM PUBLIC", f"GRANT {d.one(right)} ON {what} TO {q(d.one(ROLES))} WITH GRANT OPTION"])}

    def write(i):
        for_whom = f"ALTER DEFAULT PRIVILEGES FOR ROLE {i['role']}" + (f" IN SCHEMA {i['schema']}" if i["schema"] else "")
        yield f"{for_whom} {i['how']}"
        if i["how"].startswith("REVOKE") and " ON TYPES " in i["how"]:
            yield f"{for_whom} {use_of_type('TYPES')}"


MEMBERS = {"citext": ["FUNCTION %s.citext_hash(%s.citext)", "FUNCTION %s.citext_eq(%s.citext, %s.citext)", "TYPE %s.citext"],
           "hstore": ["FUNCTION %s.akeys(%s.hstore)", "FUNCTION %s.hstore(text, text)", "TYPE %s.hstore"],
           "pg_trgm": ["FUNCTION %s.similarity(text, text)", "FUNCTION %s.show_trgm(text)"],
           "unaccent": ["FUNCTION %s.unaccent(text)"], "file_fdw": ["FOREIGN DATA WRAPPER file_fdw"]}


@kind("member grant", 3)
class MemberGrant:
    """Privileges on a member of an extension."""

    def draw(d, s):
        e = d.one([i for i in s.of("extension") if i["name"] in MEMBERS])
        if not e:
            return None
        member = d.one(MEMBERS[e["name"]])
        right = "EXECUTE" if member.startswith("FUNCTION") else "USAGE"
        return {"of": member.replace("%s", q(e["schema"])), "right": right, "to": d.one(["PUBLIC"] + [q(r) for r in ROLES]), "option": d.chance(0.2),
                "revoke": d.maybe(0.3, d.one(["PUBLIC", "postgres"]))}

    def write(i):
        if i["revoke"]:
            yield f"REVOKE ALL ON {i['of']} FROM {i['revoke']}"
            if i["of"].startswith("TYPE"):
                yield use_of_type(i["of"])
        yield f"GRANT {i['right']} ON {i['of']} TO {i['to']}" + (" WITH GRANT OPTION" if i["option"] and i["to"] != "PUBLIC" else "")
