"""pg_dump as the witness: dumps compared entry by entry."""
import difflib
import os
import re
import subprocess

_HEADER = re.compile(r"^--\n-- Name: (.*?); Type: ([A-Z ]+); Schema: (.*?); Owner: (.*?)(?:; Tablespace: (.*?))?\n--\n", re.M | re.S)
_METHOD = re.compile(r"^SET default_table_access_method = (.*);$", re.M)
_CONNECTION = re.compile(r"^(CREATE SUBSCRIPTION .* CONNECTION) '[^']*'", re.M)  # a secret
_UNORDERED = ("TABLE", "FOREIGN TABLE", "ACL", "DEFAULT ACL", "SERVER", "FOREIGN DATA WRAPPER", "TYPE", "PUBLICATION")
_OPTIONS = re.compile(r"(\b(?:WITH|SET) )\(([^()]*=[^()]*)\)")


def dump(database):
    """The text of a database's schema."""
    done = subprocess.run(["pg_dump", "--schema-only", "-N", "schemaver", "-d", database], capture_output=True, text=True,
                          env=dict(os.environ, PGCLIENTENCODING="UTF8"))
    if done.returncode:
        raise RuntimeError("pg_dump: " + done.stderr.strip()[:500])
    return _CONNECTION.sub(r"\1 ''", re.sub(r"^\\(un)?restrict .*\n", "", done.stdout, flags=re.M))


def _lines(kind, body):
    body = _OPTIONS.sub(lambda m: m[1] + "(" + ", ".join(sorted(m[2].split(", "))) + ")", body)
    lines = [line for line in body.strip().split("\n") if line and not line.startswith("SET default_")]
    if kind in _UNORDERED and " AS ENUM (" not in body:
        return sorted(line.rstrip(",") for line in lines)
    return lines


def entries(text):
    """{(type, schema, name): [lines]}; what pg_dump writes in the table's own order is put in one order."""
    found, method, end = {}, "", 0
    heads = list(_HEADER.finditer(text))
    for here, after in zip(heads, [*heads[1:], None]):
        name, kind, schema, owner, space = here.groups()
        for m in _METHOD.finditer(text, end, here.start()):
            method = m[1]
        end = here.end()
        if name in ("schemaver", "EXTENSION schemaver", "SCHEMA schemaver"):
            continue
        body = text[here.end():after.start() if after else len(text)].split("\n--\n-- PostgreSQL database dump complete")[0]
        key = (kind, schema, name if kind != "DEFAULT ACL" else f"{name} of {owner}")
        lines = _lines(kind, body)
        if space:
            lines.append(f"tablespace {space}")
        if kind in ("TABLE", "MATERIALIZED VIEW") and "\nPARTITION BY " not in body and "CREATE VIEW" not in body:
            lines.append(f"access method {method}")
        found.setdefault(key, []).append(lines)
    return {key: [line for lines in sorted(bodies) for line in lines] for key, bodies in found.items()}


def difference(wanted, got):
    """What differs between two dumps (- wanted, + got); empty if nothing."""
    a, b = entries(wanted), entries(got)
    out = []
    for key in sorted(a.keys() | b.keys()):
        x, y = a.get(key, []), b.get(key, [])
        if x != y:
            out.append(f"@ {key[0]} {key[1]}.{key[2]}")
            out += [line for line in difflib.unified_diff(x, y, n=0, lineterm="") if not line.startswith(("---", "+++", "@@"))]
    return "\n".join(out)
