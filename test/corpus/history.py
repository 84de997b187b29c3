"""One history of the corpus: its steps, its files, and both sides that replay it."""
import json
import os
import re
import shutil
import tempfile

import postgres
import pq
from postgres import psql


class Step:
    def __init__(self, history, number, meta):
        self.number, self.name = number, meta["name"]
        self.id = f"r{number:05d}"
        self.parent = f"r{number - 1:05d}" if number > 1 else None
        self.folder = os.path.join(history.folder, meta["dir"])
        self.own_transaction = {"up": meta["own_transaction"], "down": meta.get("down_own_transaction", False)}
        self.has_down = meta["has_down"]
        self.down_refused = None  # the error with which schemaver refused to register the down
        self.down_parses = True  # does the server's parser take the down?

    def file(self, way):
        return os.path.join(self.folder, way + ".sql")

    def text(self, way):
        with open(self.file(way), encoding="utf-8", errors="replace", newline="") as f:
            return f.read()


class History:
    def __init__(self, corpus, name):
        self.name, self.folder = name, os.path.join(corpus, name)
        with open(os.path.join(self.folder, "meta.json"), encoding="utf-8") as f:
            self.meta = json.load(f)
        usable = [s for s in self.meta["steps"] if "skip" not in s]
        self.steps = [Step(self, i + 1, s) for i, s in enumerate(usable)]
        self.originals = os.path.join(self.folder, ".original")

    def prepare(self, database, extension=False):
        """A new database with what the history expects to find there."""
        postgres.fresh(database)
        sql = [f'CREATE EXTENSION IF NOT EXISTS "{e}" CASCADE;' for e in self.meta["extensions"]]
        if extension:
            sql.append("CREATE EXTENSION schemaver;")
        for k, v in self.meta["settings"].items():
            v = v if k == "search_path" else "'" + v.replace("'", "''") + "'"
            sql.append(f'ALTER DATABASE "{database}" SET {k} = {v};')
        psql(database, text="\n".join([*sql, self.meta["pre_sql"]]))

    def register(self, session):
        """Register all steps, in one transaction.

        A down that the server's parser refuses is SV007, as it is an error under psql; such a step is registered
        without it.
        """
        session.rows("BEGIN")
        self.register_within(session)
        session.rows("COMMIT")

    def register_within(self, session):
        """The same in the caller's transaction."""
        for s in self.steps:
            session.rows("SAVEPOINT one")
            try:
                self._revision(session, s, s.text("down") if s.has_down else None)
            except pq.Error as e:
                if e.sqlstate != "SV007" or "down script" not in (e.detail or ""):
                    raise
                session.rows("ROLLBACK TO one")
                self._revision(session, s, None)
                s.down_refused = e
                s.down_parses = parses(s.text("down"))

    @staticmethod
    def _revision(session, step, down):
        session.rows("SELECT schemaver.revision(message => $1, up => $2, down => $3, id => $4, revises => $5)",
                     step.name, step.text("up"), down, step.id, [step.parent] if step.parent else [])

    def by_psql(self, database, step, way="up", one=True):
        """Run one file by psql, in one transaction if it can be; a PsqlError if PostgreSQL refuses."""
        single = ["-1"] if one and not step.own_transaction[way] else []
        psql(database, *single, "-f", step.file(way), cwd=self.originals)

    def by_psql_any(self, database, step, way="up"):
        """Run one file, outside of a transaction if PostgreSQL refuses it inside; False then."""
        try:
            self.by_psql(database, step, way)
            return True
        except postgres.PsqlError as e:
            if e.sqlstate != "25001":
                raise
        self.by_psql(database, step, way, one=False)
        return False


def parses(text):
    """Does PostgreSQL's parser take it all?  It reads a whole query string before it executes the first statement."""
    with postgres.connect("postgres") as session:
        session.rows("BEGIN; SET TRANSACTION READ ONLY")
        try:
            session.rows("SELECT 1/0;" + text)
        except pq.Error as e:
            return e.sqlstate != "42601"


def leading_blank(statement):
    """Number of lines before the first token of a statement (blanks and comments)."""
    i, depth = 0, 0
    while i < len(statement):
        if statement.startswith("/*", i):
            depth, i = depth + 1, i + 2
        elif depth and statement.startswith("*/", i):
            depth, i = depth - 1, i + 2
        elif depth or statement[i].isspace():
            i += 1
        elif statement.startswith("--", i):
            i = (statement + "\n").index("\n", i)
        else:
            break
    return statement[:i].count("\n")


def first_refusal(history, database, steps):
    """Run steps by psql in ONE transaction, which is never committed.

    Returns (step, line, sqlstate) of the first statement that PostgreSQL refuses, or None.  The line is that of
    the statement's first token.  Between the files stands what a psql session of its own would bring; before the
    first one the transaction has read something, as that of a run has.
    """
    lines, files = ["BEGIN; SELECT 1;"], {}
    scratch = tempfile.mkdtemp(prefix="schemaver_corpus_") if any(s.own_transaction["up"] for s in steps) else None
    for s in steps:
        files[without_outer_transaction(s, scratch)] = s
    for file in files:
        lines += [f"\\i '{file}'", "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED;"
                  "RESET SESSION AUTHORIZATION; RESET ALL; DISCARD TEMP;"]
    lines.append("ROLLBACK;")
    try:
        psql(database, "-v", "ECHO=errors", "-f", "-", text="\n".join(lines), cwd=history.originals)
        return None
    except postgres.PsqlError as e:
        if e.file not in files:
            raise
        return files[e.file], e.line - e.statement.count("\n") + leading_blank(e.statement), e.sqlstate
    finally:
        if scratch:
            shutil.rmtree(scratch)


def without_outer_transaction(step, scratch):
    """The file of a step; if it has a BEGIN and COMMIT of its own, a copy with empty lines in their place."""
    if not step.own_transaction["up"]:
        return step.file("up")
    copy = os.path.join(scratch, step.id + ".sql")
    with open(copy, "w", encoding="utf-8", newline="") as f:
        f.write(re.sub(r"(?im)^[ \t]*(begin|commit|start transaction)( transaction)?[ \t]*;", "", step.text("up")))
    return copy
