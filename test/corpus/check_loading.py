"""Each project of the corpus in its own files, as a user has them: recognised, loaded, applied.

Nothing is said but what the tool itself would need to be told: the variables of a template, and what to do with downs
that the server cannot parse.  What was loaded is held against meta.json, and the schema that it makes against psql
running the very files.
"""
import json
import os
import re

import check_online
import check_replay
import history as corpus
import postgres
import pq

# blockers: what keeps it out of a transaction
LOADED = """SELECT r.revision, s.source, CASE r.options->>'transaction' WHEN 'false' THEN 'option' ELSE r.up_blocker END, r.has_down,
    CASE coalesce(r.options->>'down_transaction', r.options->>'transaction') WHEN 'false' THEN 'option' ELSE r.down_blocker END
FROM schemaver.plan('heads') p JOIN schemaver.revision r USING (revision) JOIN schemaver.script s USING (revision)
ORDER BY p.position"""


def load(session, history):
    """All rows of load_directory(); a down that does not parse is derived."""
    variables = {"Namespace": "auth"} if history.meta["format"] == "pop" else None
    return session.rows("SELECT file, revision, action, finding FROM schemaver.load_directory($1, "
                        "broken_downs => 'derive', variables => $2)", history.originals, variables and json.dumps(variables))


def judge(report, history, rows):
    """Order, files, downs and transactions of what was loaded are those of meta.json."""
    what = f"{history.name}, loaded"
    steps = [s for s in history.meta["steps"] if "skip" not in s]
    if not report.same(len(steps), len(rows), what + ": steps"):
        return
    for step, (revision, source, blocker, has_down, down_blocker) in zip(steps, rows):
        one = f"{what}, {step['name']} ({revision})"
        report.check(source in step["files"], one + ": its file", source)
        # one that begins with SET TRANSACTION can be in a transaction of its own alone
        alone = step["own_transaction"] and (blocker or "").startswith("SET TRANSACTION")
        report.check(alone or step["transactional"] == (blocker is None), one + ": in a transaction", blocker)
        broken = step["has_down"] and has_down == "f" and not parses(os.path.join(history.folder, step["dir"], "down.sql"))
        report.check(broken or step["has_down"] == (has_down == "t"), one + ": its down", has_down)
        # the mark of sql-migrate is about one way, where meta.json takes it for both
        if has_down == "t" and not (history.meta["format"] == "sql-migrate" and step["down_why"] == ["marker"]):
            report.same(step["down_transactional"], down_blocker is None, one + ": its down in a transaction")


def parses(path):
    with open(path, encoding="utf-8") as f:
        return corpus.parses(f.read())


def _too_new(history, error):
    """Is the error about a file that this server's parser does not take, under psql neither?"""
    named = re.search(r'up script.*\(file "([^"]*)"\)', error.detail or "")
    return error.sqlstate == "SV007" and named and not parses(os.path.join(history.originals, named.group(1)))


def run(report, history, witness, database):
    history.prepare(database, extension=True)
    with postgres.connect(database) as session:
        try:
            files = load(session, history)
        except pq.Error as e:
            if not _too_new(history, e):
                raise
            report.ok()
            return f"not for this server, nor under psql: {e}"
        rows = session.rows(LOADED)
        judge(report, history, rows)
        again = [r for r in load(session, history) if r[2] not in ("unchanged", "ignored")]
        report.same([], again, f"{history.name}: loaded again")
        calls = check_online.to_head(report, history, witness, session, [r[0] for r in rows])
        if calls is None:
            return None
    check_replay.compare(report, f"dump of {history.name}, loaded from its own files", witness.head(), database)
    report.same(witness.rows, check_replay.row_counts(database), f"{history.name}: rows, loaded from its own files")
    return f"{len(files)} files, {len(rows)} revisions, at head by {calls} calls"
