"""Tables, what stands on them, and what is said of any object; see kinds.py."""
from kinds import (NUMBERS, any_type, column, column_settings, columns, condition, int_function, kind, place, write_column)
from names import ROLES, SPACES, TEXTS, lit, q, qualified

OPTIONS = ["fillfactor=70", "autovacuum_enabled=false", "toast.autovacuum_enabled=false", "autovacuum_vacuum_scale_factor=0.3", "parallel_workers=3"]


def options(d):
    return d.maybe(0.15, ", ".join(d.some(OPTIONS, 1, 2)))


def storage(i):
    """The tail of CREATE TABLE."""
    return ((f" USING {q(i['method'])}" if i.get("method") else "") + (f" WITH ({i['options']})" if i.get("options") else "") +
            (f" TABLESPACE {i['space']}" if i.get("space") else ""))


@kind("table", 12)
class Table:
    def draw(d, s):
        i = dict(place(d, s, "t_"), cols=columns(d, s), unlogged=d.chance(0.05), options=options(d), parents=[], of=None)
        i["own"] = i["cols"]
        if d.chance(0.12):
            i["parents"] = [{"name": qualified(p), "cols": p["cols"]} for p in d.some(s.of("table"), 1, 2)]
            i["cols"] = i["cols"] + [c for p in i["parents"] for c in p["cols"]]
        elif d.chance(0.05) and s.of("composite"):
            c = d.one(s.of("composite"))
            i["of"], i["cols"] = qualified(c), [dict(x) for x in c["cols"]]
        i["with"] = d.maybe(0.5, d.one(["DEFAULT NULL", "NOT NULL", "UNIQUE"])) if i["of"] else None
        i["method"] = d.maybe(0.4, d.one([x["name"] for x in s.of("access method") if x["what"] == "TABLE"]))
        i["space"] = d.maybe(0.05, d.one(SPACES))
        i["rls"] = d.one([None] * 6 + ["ENABLE", "FORCE"])
        i["identity"] = d.one([None] * 8 + ["FULL", "NOTHING"])
        return i

    def write(i):
        head = f"CREATE {'UNLOGGED ' if i['unlogged'] else ''}TABLE {qualified(i)}"
        if i["of"]:
            first = i["with"] and i["cols"] and f" ({q(i['cols'][0]['name'])} WITH OPTIONS {i['with']})"
            yield f"{head} OF {i['of']}{first or ''}{storage(i)}"
        else:
            own = i["own"]
            yield (f"{head} ({', '.join(map(write_column, own))})" +
                   (f" INHERITS ({', '.join(p['name'] for p in i['parents'])})" if i["parents"] else "") +
                   storage(i))
        for c in i["cols"]:
            yield from column_settings(qualified(i), c)
        if i["rls"]:
            yield f"ALTER TABLE {qualified(i)} {i['rls']} ROW LEVEL SECURITY"
        if i["identity"]:
            yield f"ALTER TABLE {qualified(i)} REPLICA IDENTITY {i['identity']}"


@kind("partitioned", 3)
class Partitioned:
    def draw(d, s):
        cols = [{"name": "k", "type": "integer", "notnull": d.chance(0.5)}] + [c for c in columns(d, s, 1, 4) if c["name"] != "k"]
        two = d.chance(0.15)
        if two:
            cols.append({"name": "k2", "type": d.one(["integer", "text"]), "notnull": d.chance(0.5)})
        return dict(place(d, s, "p_"), cols=cols, how=d.one(["RANGE", "LIST", "HASH"]), expression=d.chance(0.1), two=two,
                    space=d.maybe(0.05, d.one(SPACES)))

    def write(i):
        key = "((k + 1))" if i["expression"] else "(k, k2)" if i["two"] and i["how"] != "LIST" else "(k)"
        yield f"CREATE TABLE {qualified(i)} ({', '.join(map(write_column, i['cols']))}) PARTITION BY {i['how']} {key}{storage(i)}"
        for c in i["cols"]:
            yield from column_settings(qualified(i), c)


@kind("child", 6)
class Child:
    def draw(d, s):
        parent = d.one(s.of("partitioned") + [c for c in s.of("child") if c["sub"]])
        if parent is None:
            return None
        n = d.number(0, 6)
        how = parent["how"] if parent["kind"] == "partitioned" else parent["sub"]
        bound = {"RANGE": f"FOR VALUES FROM ({n * 10}) TO ({n * 10 + 10})", "LIST": f"FOR VALUES IN ({n}, {n + 100})",
                 "HASH": f"FOR VALUES WITH (MODULUS 7, REMAINDER {n})"}[how]
        if n == 6 and how != "HASH":
            bound = "DEFAULT"
        elif parent.get("two") and how == "RANGE":
            bound = f"FOR VALUES FROM ({n * 10}, MINVALUE) TO ({n * 10 + 10}, {d.one(['MINVALUE', 'MAXVALUE'])})"
        extra = d.maybe(0.15, column(d, s))
        return dict(place(d, s, "part_"), of=qualified(parent), bound=bound, cols=parent["cols"], attach=d.chance(0.4),
                    sub=d.maybe(0.15, d.one(["RANGE", "LIST", "HASH"])), reverse=d.chance(0.3), extra=extra, alone=False,
                    server=d.maybe(0.08, d.one([x["name"] for x in s.of("server")])))

    def write(i):
        tail = f" PARTITION BY {i['sub']} (k)" if i["sub"] else ""
        if i["server"] and not i["attach"] and not i["alone"]:
            yield f"CREATE FOREIGN TABLE {qualified(i)} PARTITION OF {i['of']} {i['bound']} SERVER {q(i['server'])}"
            return
        if not i["attach"] and not i["alone"]:
            yield f"CREATE TABLE {qualified(i)} PARTITION OF {i['of']} {i['bound']}{tail}"
            return
        cols = [dict(c, identity=None) for c in i["cols"]]
        yield f"CREATE TABLE {qualified(i)} ({', '.join(map(write_column, cols[::-1] if i['reverse'] else cols))}){tail}"
        if not i["alone"]:
            yield f"ALTER TABLE {i['of']} ATTACH PARTITION {qualified(i)} {i['bound']}"


@kind("constraint", 10)
class Constraint:
    def draw(d, s):
        t = d.one(s.tables() + s.of("foreign table"))
        if t is None:
            return None
        cols = d.some(t["cols"], 1, 2)
        names = ", ".join(q(c["name"]) for c in cols)
        what = d.one(["check", "check", "unique", "primary", "foreign", "foreign", "exclude"] + s.more_constraints)
        i = {"of": qualified(t), "name": d.name("con_"), "foreign": t["kind"] == "foreign table", "what": what, "comment": d.maybe(0.1, "a constraint")}
        if not cols:
            return None
        defer = d.one(["", "", "", " DEFERRABLE", " DEFERRABLE INITIALLY DEFERRED"])
        if what == "check":
            i["sql"] = f"CHECK ({condition(d, s, t['cols'])})" + d.one(["", "", " NOT VALID", " NO INHERIT"])
        elif what == "unique":
            include = f" INCLUDE ({q(d.one(t['cols'])['name'])})" if d.chance(0.15) else ""
            i["sql"] = (f"UNIQUE {d.one(['', 'NULLS NOT DISTINCT '])}({names}){include}{d.one(['', '', ' WITH (fillfactor=80)'])}" +
                        (f" USING INDEX TABLESPACE {SPACES[0]}" if d.chance(0.05) else "") + defer)
        elif what == "primary":
            i["sql"] = f"PRIMARY KEY ({names})" + defer
        elif what == "foreign":
            r = d.one(s.tables())
            if r is None:
                return None
            c = d.one([c for c in t["cols"] if c["type"] in ("integer", "bigint", "text")]) or cols[0]
            rc = d.one([x for x in r["cols"] if x["type"] == c["type"]]) or d.one(r["cols"])
            if rc is None:
                return None
            i["unique"] = [qualified(r), q(rc["name"])] if d.chance(0.8) else None
            i["sql"] = (f"FOREIGN KEY ({q(c['name'])}) REFERENCES {qualified(r)} ({q(rc['name'])})" + d.one(["", "", " MATCH FULL"]) +
                        d.one(["", "", " ON DELETE CASCADE", f" ON DELETE SET NULL ({q(c['name'])})", " ON DELETE SET DEFAULT ON UPDATE CASCADE"]) +
                        defer + d.one(["", "", " NOT VALID"] + ([" NOT ENFORCED"] if s.version >= 18 else [])))
        elif what == "exclude":
            i["sql"] = f"EXCLUDE USING {d.one(['btree', 'hash', 'gist'])} ({q(cols[0]['name'])} WITH {d.one(['=', '&&'])})" + \
                d.one(["", "", " WITH (fillfactor=60)", " WITH (fillfactor=75)"]) + d.one(["", "", "", f" USING INDEX TABLESPACE {SPACES[0]}"]) + \
                d.one(["", f" WHERE ({condition(d, s, t['cols'])})"]) + defer
        else:
            i["sql"] = what.format(cols=names, col=q(cols[0]["name"]))
        return i

    def write(i):
        if i.get("unique"):
            yield f"ALTER TABLE {i['unique'][0]} ADD UNIQUE ({i['unique'][1]})"
        head = f"ALTER {'FOREIGN ' if i['foreign'] else ''}TABLE {i['of']}"
        yield f"{head} ADD CONSTRAINT {q(i['name'])} {i['sql']}"
        if i["comment"]:
            yield f"COMMENT ON CONSTRAINT {q(i['name'])} ON {i['of']} IS {lit(i['comment'])}"


@kind("index", 8)
class Index:
    def draw(d, s):
        t = d.one(s.tables() + s.of("matview"))
        if t is None or not t["cols"]:
            return None
        keys = []
        for c in d.some(t["cols"], 1, 3):
            key = q(c["name"])
            f = int_function(d, s)
            if c["type"] in TEXTS and d.chance(0.2):
                key = d.one([f"lower({key})", f"(({key} || 'x'))", f"{key} COLLATE \"C\"", f"{key} text_pattern_ops"])
            elif c["type"] == "integer" and f and d.chance(0.4):
                key = f"{f}({key})"
            elif c["type"] == "integer" and d.chance(0.2):
                key += " " + d.one([qualified(x) for x in s.of("operator class") if x["method"] == "btree"], "")
            keys.append(key + d.one(["", "", " DESC", " NULLS FIRST"]))
        method = d.one(["btree"] * 6 + ["hash", "gin", "gist", "brin"])
        if method != "btree":
            keys = [q(d.one(t["cols"])["name"])]
        return {"schema": t["schema"], "name": d.name("i_"), "of": qualified(t), "keys": keys, "method": method, "unique": d.chance(0.25),
                "include": d.maybe(0.15, q(d.one(t["cols"])["name"])), "where": d.maybe(0.2, condition(d, s, t["cols"])),
                "nulls": d.chance(0.1), "options": d.maybe(0.1, "fillfactor=60"), "space": d.maybe(0.04, d.one(SPACES)), "only": t["kind"] == "partitioned" and d.chance(0.2),
                "mark": d.one([None] * 8 + ["CLUSTER ON", "REPLICA IDENTITY USING INDEX"]), "target": d.maybe(0.1, 77),
                "constraint": d.maybe(0.08, d.one(["UNIQUE", "PRIMARY KEY"])), "comment": d.maybe(0.1, "an index")}

    def write(i):
        yield (f"CREATE {'UNIQUE ' if i['unique'] else ''}INDEX {q(i['name'])} ON {'ONLY ' if i['only'] else ''}{i['of']} USING {i['method']} "
               f"({', '.join(i['keys'])})" + (f" INCLUDE ({i['include']})" if i["include"] else "") +
               (" NULLS NOT DISTINCT" if i["nulls"] and i["unique"] else "") + storage(dict(i, method=None)) +
               (f" WHERE {i['where']}" if i["where"] else ""))
        if i["target"]:
            yield f"ALTER INDEX {qualified(i)} ALTER COLUMN 1 SET STATISTICS {i['target']}"
        if i["constraint"]:
            yield f"ALTER TABLE {i['of']} ADD CONSTRAINT {q(i['name'])} {i['constraint']} USING INDEX {q(i['name'])}"
        if i["mark"]:
            yield f"ALTER TABLE {i['of']} {i['mark']} {q(i['name'])}"
        if i["comment"]:
            yield f"COMMENT ON INDEX {qualified(i)} IS 'an index'"


@kind("attached index", 3)
class AttachedIndex:
    def draw(d, s):
        part, whole = d.one(s.of("child")), d.one([i for i in s.of("index") if i["only"]])
        if not part or not whole:
            return None
        return {"name": d.name("ai_"), "schema": part["schema"], "of": qualified(part), "keys": whole["keys"], "whole": qualified(whole), "attach": d.chance(0.7)}

    def write(i):
        yield f"CREATE INDEX {q(i['name'])} ON {i['of']} ({', '.join(i['keys'])})"
        if i["attach"]:
            yield f"ALTER INDEX {i['whole']} ATTACH PARTITION {qualified(i)}"


@kind("view", 8)
class View:
    def draw(d, s):
        base = d.one(s.relations())
        if base is None or not base["cols"]:
            return None
        picked = d.some(base["cols"], 1, 4)
        cols, exprs = [], []
        for c in picked:
            f = int_function(d, s)
            if f and c["type"] == "integer" and d.chance(0.4):
                exprs.append(f"{f}(x.{q(c['name'])}) AS {q(c['name'])}")
            else:
                exprs.append(f"x.{q(c['name'])}")
            cols.append({"name": c["name"], "type": c["type"]})
        if d.chance(0.2):
            window = d.one([qualified(x) for x in s.of("function") if x["shape"] == "window"], "row_number")
            exprs.append(f"{window}() OVER () AS {q('n_')}")
            cols.append({"name": "n_", "type": "bigint"})
        other = d.one(s.relations()) if d.chance(0.3) else None
        return dict(place(d, s, "v_"), cols=cols, exprs=exprs, base=qualified(base), where=d.maybe(0.4, condition(d, s, base["cols"], "x.")),
                    other=qualified(other) if other else None, shape=d.one(["plain"] * 4 + ["cte", "distinct", "union", "sub"]),
                    options=d.one([""] * 6 + ["security_barrier", "check_option=local", "security_invoker"]),
                    default=d.maybe(0.08, cols[0]["name"]), star=d.chance(0.05))

    def write(i, what="VIEW", options=True):
        body = f"SELECT {', '.join(i['exprs'])} FROM {i['base']} x" + (f" CROSS JOIN {i['other']} y" if i["other"] else "") + \
            (f" WHERE {i['where']}" if i["where"] else "")
        if i["shape"] == "cte":
            body = f"WITH w AS ({body}) SELECT * FROM w"
        elif i["shape"] == "distinct":
            body = f"SELECT DISTINCT * FROM ({body}) z ORDER BY 1"
        elif i["shape"] == "union":
            body = f"{body} UNION ALL {body}"
        elif i["shape"] == "sub":
            body = f"SELECT * FROM ({body}) z WHERE EXISTS (SELECT FROM {i['base']})"
        yield (f"CREATE {what} {qualified(i)}" + (f" WITH ({i['options']})" if i["options"] and options else "") +
               ("" if options else storage({k: i[k] for k in ("method", "space")})) + f" AS {body}")
        if i["default"] and options:
            yield f"ALTER VIEW {qualified(i)} ALTER COLUMN {q(i['default'])} SET DEFAULT NULL"


@kind("matview", 3)
class Matview:
    def draw(d, s):
        i = View.draw(d, s)
        filled = d.chance(0.5) and i and i["shape"] == "plain" and not i["other"] and any(qualified(t) == i["base"] for t in s.tables())
        return i and dict(i, name=d.name("mv_"), populated=filled, storage=d.maybe(0.2, "fillfactor=70"),
                    method=d.maybe(0.4, d.one([x["name"] for x in s.of("access method") if x["what"] == "TABLE"])), space=d.maybe(0.05, d.one(SPACES)))

    def write(i):
        for statement in View.write(i, "MATERIALIZED VIEW", False):
            yield statement + ("" if i["populated"] else " WITH NO DATA")
        if i["storage"]:
            yield f"ALTER MATERIALIZED VIEW {qualified(i)} SET ({i['storage']})"


@kind("trigger", 5)
class Trigger:
    def draw(d, s):
        f = d.one([x for x in s.of("function") if x["shape"] == "trigger"])
        t = d.one(s.relations())
        if not f or not t:
            return None
        when = d.one(["BEFORE", "AFTER", "CONSTRAINT"]) if t["kind"] != "view" else "INSTEAD OF"
        event = d.one(["INSERT", "UPDATE", "DELETE", "INSERT OR UPDATE", f"UPDATE OF {q(d.one(t['cols'])['name'])}" if t["cols"] else "UPDATE"])
        return {"of": qualified(t), "name": d.name("tr_"), "when": when, "event": event, "function": qualified(f), "row": d.chance(0.7),
                "condition": d.maybe(0.15, condition(d, s, t["cols"], "new.")) if event in ("INSERT", "UPDATE") else None,
                "transition": d.chance(0.1), "state": d.one([None] * 6 + ["DISABLE", "ENABLE REPLICA", "ENABLE ALWAYS"]),
                "defer": d.one(["", "DEFERRABLE", "DEFERRABLE INITIALLY DEFERRED"]), "arguments": d.one(["", "'a', 'it''s'", "'1'"])}

    def write(i):
        constraint = i["when"] == "CONSTRAINT"
        row = i["row"] or constraint or i["when"] == "INSTEAD OF"
        transition = f" REFERENCING {dict(INSERT='NEW', DELETE='OLD')[i['event']]} TABLE AS n" if (
            i["transition"] and i["event"] in ("INSERT", "DELETE") and i["when"] == "AFTER") else ""
        yield (f"CREATE {'CONSTRAINT ' if constraint else ''}TRIGGER {q(i['name'])} {'AFTER' if constraint else i['when']} {i['event']} ON {i['of']}" +
               (f" {i['defer']}" if constraint else "") + transition + f" FOR EACH {'ROW' if row else 'STATEMENT'}" +
               (f" WHEN ({i['condition']})" if i["condition"] and row and not transition else "") + f" EXECUTE FUNCTION {i['function']}({i['arguments']})")
        if i["state"]:
            yield f"ALTER TABLE {i['of']} {i['state']} TRIGGER {q(i['name'])}"


@kind("rule", 2)
class Rule:
    def draw(d, s):
        t, other = d.one(s.of("table", "view", "partitioned")), d.one(s.tables())
        if not t or not other:
            return None
        return {"of": qualified(t), "name": d.name("ru_"), "event": d.one(["INSERT", "UPDATE", "DELETE"]), "also": d.one(["ALSO", "INSTEAD"]),
                "action": d.one(["NOTHING", "NOTIFY x", f"INSERT INTO {qualified(other)} DEFAULT VALUES", f"DELETE FROM {qualified(other)}"]),
                "state": d.one([None] * 4 + ["DISABLE", "ENABLE REPLICA"])}

    def write(i):
        yield f"CREATE RULE {q(i['name'])} AS ON {i['event']} TO {i['of']} DO {i['also']} {i['action']}"
        if i["state"]:
            yield f"ALTER TABLE {i['of']} {i['state']} RULE {q(i['name'])}"


@kind("policy", 3)
class Policy:
    def draw(d, s):
        t = d.one(s.tables())
        if not t:
            return None
        other = d.one(s.tables())
        return {"of": qualified(t), "name": d.name("po_"), "restrictive": d.chance(0.2), "command": d.one(["ALL", "SELECT", "INSERT", "UPDATE", "DELETE"]),
                "roles": ", ".join(d.one([["PUBLIC"], ["CURRENT_USER"]] + [[q(r)] for r in ROLES] + [[q(r) for r in ROLES[:3]]])),
                "using": d.maybe(0.6, d.one([condition(d, s, t["cols"]), f"EXISTS (SELECT FROM {qualified(other)})"])),
                "check": d.maybe(0.4, condition(d, s, t["cols"]))}

    def write(i):
        yield (f"CREATE POLICY {q(i['name'])} ON {i['of']}" + (" AS RESTRICTIVE" if i["restrictive"] else "") + f" FOR {i['command']} TO {i['roles']}" +
               (f" USING ({i['using']})" if i["using"] and i["command"] != "INSERT" else "") +
               (f" WITH CHECK ({i['check']})" if i["check"] and i["command"] not in ("SELECT", "DELETE") else ""))


@kind("statistics", 2)
class Statistics:
    def draw(d, s):
        t = d.one(s.tables())
        if not t:
            return None
        keys = [q(c["name"]) for c in d.some(t["cols"], 2, 3)] + d.one([[], [], ["(" + condition(d, s, t["cols"]) + ")"]])
        return dict(place(d, s, "st_"), of=qualified(t), keys=keys, kinds=d.one(["", "", "(ndistinct)", "(dependencies, mcv)"]), target=d.maybe(0.3, 55))

    def write(i):
        yield f"CREATE STATISTICS {qualified(i)} {i['kinds']} ON {', '.join(i['keys'])} FROM {i['of']}"
        if i["target"]:
            yield f"ALTER STATISTICS {qualified(i)} SET STATISTICS {i['target']}"


@kind("sequence owner", 2)
class SequenceOwner:
    def draw(d, s):
        seq, t = d.one(s.of("sequence")), d.one(s.of("table"))
        if not seq or not t or not t["cols"]:
            return None
        return {"of": qualified(seq), "column": f"{qualified(t)}.{q(d.one(t['cols'])['name'])}"}

    def write(i):
        return [f"ALTER SEQUENCE {i['of']} OWNED BY {i['column']}"]


@kind("serial", 2)
class Serial:
    def draw(d, s):
        t = d.one(s.of("table"))
        return t and {"of": qualified(t), "name": d.name("ser_"), "type": d.one(["serial", "bigserial", "smallserial"])}

    def write(i):
        return [f"ALTER TABLE {i['of']} ADD COLUMN {q(i['name'])} {i['type']}"]


@kind("numbered", 4)
class Numbered:
    """A table whose keys come from a sequence, in one way or another."""

    def draw(d, s):
        kind = d.one(["smallint", "integer", "integer", "bigint"])
        options = ["", "", "START 5 MINVALUE 5", "MINVALUE 100 MAXVALUE 200 START 150", "INCREMENT BY -1 MINVALUE -500 MAXVALUE 100 START 50", "CACHE 7 CYCLE",
                   "INCREMENT BY -2", "MAXVALUE 30000"] + (["MAXVALUE 5000000000", "START 3000000000"] if kind == "bigint" else [])
        return dict(place(d, s, "n_"), cols=[{"name": "id", "type": kind}, {"name": "note", "type": "text"}], type=kind, how=d.one(["serial", "serial", "ALWAYS", "BY DEFAULT", "plain"]),
                    options=d.one(options), unlogged=d.chance(0.2), persistence=d.maybe(0.3, d.one(["LOGGED", "UNLOGGED"])),
                    sequence=d.maybe(0.15, d.name("ns_")), grant=d.maybe(0.3, f"{d.one(['USAGE', 'SELECT', 'ALL', 'UPDATE'])} ON SEQUENCE %s TO {q(d.one(ROLES))}"),
                    note=d.maybe(0.2, "numbers"), owner=d.maybe(0.2, d.one(ROLES)))

    def write(i):
        usual = (i["name"] + "_id_seq") if len(i["name"].encode()) < 50 else None
        sequence = f"{q(i['schema'])}.{q(i['sequence'] or usual or 'none')}"
        if i["how"] == "serial":
            id = f"{i['type']} NOT NULL DEFAULT nextval({lit(sequence)})"
            yield f"CREATE {'UNLOGGED ' if i['unlogged'] else ''}SEQUENCE {sequence} AS {i['type']} {i['options']}"
        elif i["how"] == "plain":
            id = f"{i['type']} NOT NULL"
        else:
            options = (f"SEQUENCE NAME {sequence} " if i["sequence"] else "") + i["options"]
            id = f"{i['type']} GENERATED {i['how']} AS IDENTITY" + (f" ({options})" if options else "")
        yield f"CREATE {'UNLOGGED ' if i['unlogged'] else ''}TABLE {qualified(i)} (id {id}, note text)"
        if i["how"] == "serial":
            yield f"ALTER SEQUENCE {sequence} OWNED BY {qualified(i)}.id"
        if i["owner"]:
            yield f"ALTER TABLE {qualified(i)} OWNER TO {q(i['owner'])}"
        if i["persistence"]:
            yield f"ALTER SEQUENCE {sequence} SET {i['persistence']}"
        if i["grant"]:
            yield f"GRANT {i['grant'] % sequence}"
        if i["note"]:
            yield f"COMMENT ON SEQUENCE {sequence} IS {lit(i['note'])}"


@kind("logged group", 2)
class LoggedGroup:
    """Tables that refer to each other and become logged or unlogged together."""

    def draw(d, s):
        names = d.random.sample(["za", "mb", "ac", "qd"], 3)
        return dict(place(d, s, "lg_"), names=names, unlogged=d.chance(0.5), circle=d.chance(0.4), some=d.chance(0.3), serial=d.chance(0.4), cols=[])

    def write(i):
        first, second, third = (f"{q(i['schema'])}.{q(i['name'][:30] + n)}" for n in i["names"])
        kind = "UNLOGGED " if i["unlogged"] else ""
        id = f"id {'serial' if i['serial'] else 'integer'} PRIMARY KEY"
        yield f"CREATE {'' if i['some'] else kind}TABLE {first} ({id}, other integer, self integer REFERENCES {first})"
        yield f"CREATE {kind}TABLE {second} ({id}, other integer REFERENCES {first})"
        yield f"CREATE {kind}TABLE {third} ({id}, other integer REFERENCES {second}, more integer REFERENCES {first} DEFERRABLE)"
        if i["circle"]:
            yield f"ALTER TABLE {first} ADD FOREIGN KEY (other) REFERENCES {third}"


@kind("wrapper", 2)
class Wrapper:
    def draw(d, s):
        return {"name": d.name("fdw_"), "validator": d.maybe(0.3, "postgresql_fdw_validator"), "options": d.maybe(0.3, d.one(["a '1'", "a '2', \"B c\" 'it''s'"]))}

    def write(i):
        return [f"CREATE FOREIGN DATA WRAPPER {q(i['name'])}" + (f" VALIDATOR {i['validator']}" if i["validator"] else "") +
                (f" OPTIONS ({i['options']})" if i["options"] and not i["validator"] else "")]


@kind("server", 3)
class Server:
    def draw(d, s):
        w = d.one(s.of("wrapper"))
        return w and {"name": d.name("srv_"), "wrapper": w["name"], "type": d.maybe(0.3, "'x'"), "version": d.maybe(0.5, d.one(["'1'", "'2'"])),
                      "options": d.maybe(0.5, d.one(["host 'h'", "host 'h', port '1'", "port '2'"])), "mapping": d.maybe(0.4, d.one(["PUBLIC", q(ROLES[0])]))}

    def write(i):
        yield (f"CREATE SERVER {q(i['name'])}" + (f" TYPE {i['type']}" if i["type"] else "") + (f" VERSION {i['version']}" if i["version"] else "") +
               f" FOREIGN DATA WRAPPER {q(i['wrapper'])}" + (f" OPTIONS ({i['options']})" if i["options"] else ""))
        if i["mapping"]:
            yield f"CREATE USER MAPPING FOR {i['mapping']} SERVER {q(i['name'])}"


@kind("foreign table", 2)
class ForeignTable:
    def draw(d, s):
        server = d.one(s.of("server"))
        if not server:
            return None
        cols = [dict(c, identity=None, storage=None, compression=None) for c in columns(d, s, 0, 4)]
        return dict(place(d, s, "ft_"), cols=cols, server=server["name"], options=d.maybe(0.4, d.one(["a '1'", "a '2', b '3'"])), column_options=d.maybe(0.3, "x 'y'"))

    def write(i):
        yield (f"CREATE FOREIGN TABLE {qualified(i)} ({', '.join(map(write_column, i['cols']))}) SERVER {q(i['server'])}" +
               (f" OPTIONS ({i['options']})" if i["options"] else ""))
        if i["column_options"] and i["cols"]:
            yield f"ALTER FOREIGN TABLE {qualified(i)} ALTER COLUMN {q(i['cols'][0]['name'])} OPTIONS (ADD {i['column_options']})"


@kind("publication", 2)
class Publication:
    def draw(d, s):
        t = d.one(s.tables())
        what = d.one(["", " FOR ALL TABLES", f" FOR TABLES IN SCHEMA {q(d.one(s.schemas()))}"] + ([f" FOR TABLE {qualified(t)}"] * 3 if t else []))
        if t and what.endswith(qualified(t)) and t["cols"]:
            what += d.one(["", f" ({', '.join(q(c['name']) for c in d.some(t['cols'], 1, 2))})"]) + d.one(["", f" WHERE ({condition(d, s, t['cols'])})"])
        if t and what.startswith(" FOR TABLE ") and d.chance(0.3):
            what += d.one([f", TABLES IN SCHEMA {q(d.one(s.schemas()))}", f", ONLY {qualified(d.one(s.tables()))}"])
        return {"name": d.name("pub_"), "what": what, "with": d.one(["", "", " WITH (publish = 'insert')", " WITH (publish_via_partition_root)"] + (
            [" WITH (publish_generated_columns = stored)"] if s.version >= 18 else []))}

    def write(i):
        return [f"CREATE PUBLICATION {q(i['name'])}{i['what']}{i['with']}"]


@kind("subscription", 1)
class Subscription:
    def draw(d, s):
        return {"name": d.name("sub_"), "pubs": ", ".join(q(d.name()) for _ in range(d.number(1, 2))), "with": d.one(["", ", binary", ", streaming"])}

    def write(i):
        return [f"CREATE SUBSCRIPTION {q(i['name'])} CONNECTION '' PUBLICATION {i['pubs']} WITH (connect = false, slot_name = NONE{i['with']})"]


@kind("dictionary", 1)
class Dictionary:
    def draw(d, s):
        return dict(place(d, s, "dict_"), how=d.one(["simple, STOPWORDS = english", "simple", "simple, ACCEPT = false", "snowball, LANGUAGE = german",
                                                     "snowball, LANGUAGE = english, STOPWORDS = english"]))

    def write(i):
        return [f"CREATE TEXT SEARCH DICTIONARY {qualified(i)} (TEMPLATE = {i['how']})"]


@kind("configuration", 1)
class Configuration:
    def draw(d, s):
        dicts = ["simple", "english_stem"] + [qualified(i) for i in s.of("dictionary")]
        return dict(place(d, s, "cfg_"), copy=d.chance(0.3), maps=[[d.one(["asciiword", "word", "email", "int"]), ", ".join(d.some(dicts, 1, 2))] for _ in range(3)])

    def write(i):
        yield f"CREATE TEXT SEARCH CONFIGURATION {qualified(i)} ({'COPY = simple' if i['copy'] else 'PARSER = default'})"
        for token, dicts in i["maps"]:
            yield f"ALTER TEXT SEARCH CONFIGURATION {qualified(i)} {'ALTER' if i['copy'] else 'ADD'} MAPPING FOR {token} WITH {dicts}"


@kind("text search parts", 1)
class TextSearchParts:
    def draw(d, s):
        return dict(place(d, s, "ts_"), what=d.one(["TEMPLATE", "PARSER"]), headline=d.chance(0.5))

    def write(i):
        if i["what"] == "TEMPLATE":
            return [f"CREATE TEXT SEARCH TEMPLATE {qualified(i)} (LEXIZE = dsimple_lexize{', INIT = dsimple_init' if i['headline'] else ''})"]
        return [f"CREATE TEXT SEARCH PARSER {qualified(i)} (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype" +
                (", HEADLINE = prsd_headline)" if i["headline"] else ")")]


@kind("event trigger", 2)
class EventTrigger:
    def draw(d, s):
        f = d.one([x for x in s.of("function") if x["shape"] == "event"])
        events = ["ddl_command_start", "ddl_command_end", "sql_drop", "table_rewrite"] + (["login"] if s.version >= 17 else [])
        return f and {"name": d.name("evt_"), "event": d.one(events), "function": qualified(f),
                      "tags": d.maybe(0.4, d.one(["'CREATE TABLE'", "'DROP TABLE', 'CREATE VIEW'"])), "state": d.one([None, "DISABLE", "ENABLE ALWAYS"])}

    def write(i):
        yield (f"CREATE EVENT TRIGGER {q(i['name'])} ON {i['event']}" + (f" WHEN TAG IN ({i['tags']})" if i["tags"] else "") +
               f" EXECUTE FUNCTION {i['function']}()")
        if i["state"]:
            yield f"ALTER EVENT TRIGGER {q(i['name'])} {i['state']}"


@kind("access method", 1)
class AccessMethod:
    def draw(d, s):
        return {"name": d.name("am_"), "what": d.one(["TABLE", "INDEX"])}

    def write(i):
        return [f"CREATE ACCESS METHOD {q(i['name'])} TYPE {i['what']} HANDLER {'heap_tableam_handler' if i['what'] == 'TABLE' else 'bthandler'}"]


@kind("added column", 3)
class AddedColumn:
    def draw(d, s):
        t = d.one(s.of("table", "partitioned"))
        c = t and column(d, s)
        if c and any(c["type"] == qualified(r) for r in s.relations()):
            c["type"] = "integer"  # no view of a table whose rows are in a column of that table
        return t and {"of": qualified(t), "column": c}

    def write(i):
        yield f"ALTER TABLE {i['of']} ADD COLUMN {write_column(i['column'])}"
        yield from column_settings(i["of"], i["column"])


@kind("child default", 1)
class ChildDefault:
    def draw(d, s):
        t = d.one(s.of("child") + [x for x in s.of("table") if x["parents"]])
        c = t and d.one([c for c in t["cols"] if c["type"] in ("integer", "text", "bigint")])
        return c and {"of": qualified(t), "column": q(c["name"]), "how": d.one(["SET DEFAULT NULL", "DROP DEFAULT", "SET NOT NULL", "SET STATISTICS 5"])}

    def write(i):
        return [f"ALTER TABLE {i['of']} ALTER COLUMN {i['column']} {i['how']}"]


@kind("child trigger", 1)
class ChildTrigger:
    def draw(d, s):
        child = d.one(s.of("child"))
        t = child and d.one([x for x in s.of("trigger") if x["of"] == child["of"]])
        return t and {"of": qualified(child), "name": t["name"], "state": d.one(["DISABLE", "ENABLE ALWAYS", "ENABLE REPLICA"])}

    def write(i):
        return [f"ALTER TABLE {i['of']} {i['state']} TRIGGER {q(i['name'])}"]


@kind("temporal", 1)
class Temporal:
    """A table with a key over time (since 18), and one that refers to it."""

    def draw(d, s):
        if s.version < 18:
            return None
        times = [{"name": "id", "type": d.one(["int4range", "integer"])}, {"name": "valid", "type": d.one(["daterange", "tstzrange"])}]
        return dict(place(d, s, "tt_"), times=times, key=d.one(["PRIMARY KEY", "UNIQUE"]), defer=d.one(["", "", " DEFERRABLE"]),
                    over=d.chance(0.8), refers=d.maybe(0.6, d.name("tr_")), enforced=d.one(["", "", " NOT ENFORCED", " NOT VALID"]))

    def write(i):
        over = " WITHOUT OVERLAPS" if i["over"] else ""
        yield f"CREATE TABLE {qualified(i)} ({', '.join(map(write_column, i['times']))})"
        yield f"ALTER TABLE {qualified(i)} ADD CONSTRAINT {q(i['name'][:50] + ' key')} {i['key']} (id, valid{over}){i['defer']}"
        if i["refers"]:
            period = "PERIOD " if i["over"] else ""
            refers = f"{q(i['schema'])}.{q(i['refers'])}"
            yield f"CREATE TABLE {refers} (ref {i['times'][0]['type']}, during {i['times'][1]['type']})"
            yield (f"ALTER TABLE {refers} ADD CONSTRAINT {q(i['refers'][:50] + ' ref')} FOREIGN KEY (ref, {period}during) "
                   f"REFERENCES {qualified(i)} (id, {period}valid){i['enforced']}")


@kind("circle", 1)
class Circle:
    """Two tables that refer to each other, with a view of both and a function of the view's rows."""

    def draw(d, s):
        return dict(place(d, s, "ca_"), other=d.name("cb_"), type=d.one(["integer", "bigint", "text"]), view=d.maybe(0.5, d.name("cv_")),
                    function=d.maybe(0.5, d.name("cf_")), defer=d.one(["", " DEFERRABLE"]), cols=[])

    def write(i):
        other, view, function = (f"{q(i['schema'])}.{q(i[k])}" if i[k] else None for k in ("other", "view", "function"))
        yield f"CREATE TABLE {qualified(i)} (id {i['type']} PRIMARY KEY, other {i['type']})"
        yield f"CREATE TABLE {other} (id {i['type']} PRIMARY KEY REFERENCES {qualified(i)}{i['defer']}, note text DEFAULT 'n')"
        yield f"ALTER TABLE {qualified(i)} ADD FOREIGN KEY (other) REFERENCES {other}{i['defer']}"
        if view:
            yield f"CREATE VIEW {view} AS SELECT a.id, b.note FROM {qualified(i)} a JOIN {other} b ON a.other = b.id"
            if function:
                yield f"CREATE FUNCTION {function}({view}) RETURNS {i['type']} LANGUAGE sql STABLE RETURN ($1).id"
                yield f"CREATE OR REPLACE VIEW {view} AS SELECT a.id, b.note, {i['type']} '0' AS more FROM {qualified(i)} a JOIN {other} b ON a.other = b.id"
