"""Random schemas and random changes of them, the same for the same seed."""
import copy
import random

import kinds
import relations  # noqa: F401  (these register their kinds)
import routines  # noqa: F401
import said  # noqa: F401
import ties  # noqa: F401
from names import Draw, qualified

_FIXED = ("kind", "name", "schema", "of", "shape", "what", "how_", "symbol")
_NEAR = ["integer", "bigint", "numeric(10,2)", "text", "character varying(20)", "smallint", "numeric", "character varying"]

# kinds that share a name space: an object can become one of another kind that has its name
_MOVES = [["table", "view", "matview", "sequence", "partitioned", "foreign table", "child", "composite", "enum", "domain", "range", "index"],
          ["function", "aggregate"]]


def _state(version):
    s = kinds.State()
    s.version = version
    s.generated_kinds = ["STORED", "VIRTUAL"] if version >= 18 else ["STORED"]
    s.more_constraints = []
    if version >= 18:
        s.more_constraints = ["NOT NULL {col}", "NOT NULL {col} NO INHERIT", "NOT NULL {col} NOT VALID", "CHECK ({col} IS NOT NULL) NOT ENFORCED",
                              "UNIQUE ({cols} WITHOUT OVERLAPS)", "PRIMARY KEY ({cols} WITHOUT OVERLAPS)"]
    return s


def _draw(d, s, name):
    facts = kinds.KINDS[name][1](d, s)
    return dict(facts, kind=name) if facts else None


def _grow(d, s, n):
    names = list(kinds.KINDS)
    weights = [kinds.KINDS[k][0] for k in names]
    for name in d.random.choices(names, weights, k=n):
        item = _draw(d, s, name)
        if item:
            s.append(item)


def generate(seed, version, size):
    """A schema of about that many objects."""
    d, s = Draw(random.Random(f"schema {seed}")), _state(version)
    for name in d.some(["schema", "schema", "enum", "function", "sequence", "domain"], 2, 5):
        s.append(_draw(d, s, name))
    _grow(d, s, size)
    return s


def _change_columns(d, before, cols):
    cols = copy.deepcopy(cols)
    for _ in range(d.number(1, 2)):
        what = d.one(["add", "drop", "alter", "alter", "alter", "rename"])
        if what == "add" or not cols:
            cols.append(kinds.column(d, before))
        elif what == "drop":
            cols.remove(d.one(cols))
        else:
            c = d.one(cols)
            if what == "rename":
                c["name"] = d.name()
                continue
            new = kinds.column(d, before)
            if "generated" in c or d.chance(0.3):
                c.update({k: v for k, v in new.items() if k != "name"})
                if d.chance(0.5):
                    c.pop("generated", None)
                continue
            key = d.one(["type", "notnull", "default", "identity", "identity_options", "collation", "storage", "statistics", "options"])
            if key == "type" and d.chance(0.6):
                c["type"] = d.one(_NEAR)
            elif key in new:
                c[key] = new[key]
            else:
                c.pop(key, None)
    return cols


def _change_labels(d, labels):
    """Values of an enum: one more in the middle, one less, or another order."""
    labels = list(labels)
    how = d.one(["add", "add", "drop", "order"])
    if how == "add":
        labels.insert(d.number(0, len(labels)), f"l{d.number(1, 99)}")
    elif how == "drop" and labels:
        labels.remove(d.one(labels))
    else:
        d.random.shuffle(labels)
    return labels


def _move(d, before, item):
    """Another object in the place of one: of another kind, or part of another whole."""
    if item["kind"] == "child":
        return dict(item, alone=not item["alone"], attach=True)
    if item["kind"] == "table" and item["parents"] and d.chance(0.5):
        return dict(item, own=item["cols"], parents=[])
    if item["kind"] == "function" and d.chance(0.7):
        return dict(item, shape="procedure" if item["shape"] != "procedure" else "any")
    for group in _MOVES:
        if item["kind"] in group:
            new = _draw(d, before, d.one(group))
            return dict(new, name=item["name"], schema=item["schema"]) if new else item
    return item


def _change(d, before, item):
    """The same object with some facts of another one of its kind."""
    if d.chance(0.12):
        return _move(d, before, item)
    if item["kind"] == "enum" and d.chance(0.7):
        return dict(item, labels=_change_labels(d, item["labels"]))
    new = _draw(d, before, item["kind"])
    if new is None:
        return item
    if item["kind"] == "extension":
        return dict(item, schema=new["schema"])
    changed = copy.deepcopy(item)
    free = [k for k in item if k not in _FIXED]
    for key in d.some(free, 1, 2):
        if key in ("cols", "own") and isinstance(item[key], list) and item["kind"] not in ("view", "matview"):
            changed[key] = _change_columns(d, before, item[key])
        elif key in new:
            changed[key] = new[key]
    if item["kind"] == "table" and not changed["of"]:
        changed["cols"] = changed["own"] + [c for p in changed["parents"] for c in p["cols"]]
    if d.chance(0.05):
        changed["name"] = new.get("name", changed.get("name"))
    if d.chance(0.03):
        changed.update({k: new[k] for k in ("schema", "of") if k in new})
    return changed


def _follow(s, item):
    """The object with the columns that its whole or its parents have now."""
    now = {qualified(i): i["cols"] for i in s.tables()}
    if item["kind"] == "child" and item["of"] in now:
        return dict(item, cols=now[item["of"]])
    if item["kind"] == "table" and item["parents"]:
        parents = [dict(p, cols=now.get(p["name"], p["cols"])) for p in item["parents"]]
        return dict(item, parents=parents, cols=item["own"] + [c for p in parents for c in p["cols"]])
    return item


_SWAPPED = [("table",), ("view",), ("sequence",), ("enum", "domain"), ("function",), ("numbered",), ("enum",)]


def _swap(d, s):
    """Let two objects have each other's names, or schemas."""
    items = s.of(*d.one(_SWAPPED))
    if len(items) < 2:
        return
    a, b = d.random.sample(items, 2)
    keys = d.one([("name",), ("schema",), ("name", "schema")])
    for key in keys:
        a[key], b[key] = b[key], a[key]


def mutate(seed, old, rate=0.12):
    """Another schema: objects changed, left out, added, at that rate."""
    d = Draw(random.Random(f"change {seed}"))
    s = kinds.State()
    s.version, s.generated_kinds, s.more_constraints = old.version, old.generated_kinds, old.more_constraints
    for item in old:
        chance = d.random.random()
        if chance < rate * 0.5:
            continue
        item = _follow(s, item)
        s.append(_change(d, s, item) if chance < rate * 2 else item)
    _grow(d, s, int(len(old) * rate) + 1)
    if d.chance(0.3):
        s[:] = copy.deepcopy(s)
        _swap(d, s)
    return s


def statements(state):
    yield kinds.for_owners("public")
    for item in state:
        yield from kinds.KINDS[item["kind"]][2](item)
