"""undo() of each revision of a history with all of it applied: undone, or refused with the list of what is in the way.

What the schema must be after it follows from the snapshots that were taken on the way up: that of the head, in which
whatever the revision changed is as it was before it.  Where the history can be built by psql without the revision,
pg_dump of that is the second witness; its lines are sorted, for columns that come back are the last of their tables.
"""
import collections
import json
import re

import postgres
import pq

REFUSED = {"SV016": "needed", "SV017": "down does not undo", "SV012": "irreversible"}


def objects(session):
    """What the schema consists of: a dictionary of descriptions by class and identity."""
    snapshot = json.loads(session.rows("SELECT schemaver.snapshot()")[0][0])
    return {(o["class"], o["identity"]): o for o in snapshot["objects"]}


def climb(history, session):
    """Go up step by step; returns the objects after each step, those of the beginning first."""
    seen = [objects(session)]
    for step in history.steps:
        session.rows(f"CALL schemaver.online_upgrade('{step.id}')")
        seen.append(objects(session))
    return seen


def expected(head, before, after):
    """The head without what a step changed."""
    result = dict(head)
    for key in set(before) | set(after):
        if before.get(key) == after.get(key):
            continue
        result.pop(key, None)
        if key in before:
            result[key] = before[key]
    return result


def counted(found):
    """What of an object is the schema: not what it needs, nor its place among its like."""
    return {key: {k: v for k, v in o.items() if k not in ("needs", "vanishes_with")} for key, o in found.items()}


def difference(want, got):
    want, got = counted(want), counted(got)
    wrong = [k for k in sorted(set(want) | set(got)) if want.get(k) != got.get(k)]
    return [(k, want.get(k), got.get(k)) for k in wrong[:3]] or None


def without(history, database, step):
    """pg_dump of the history without one step, or None if psql cannot build it."""
    history.prepare(database)
    try:
        for other in history.steps:
            if other is not step:
                history.by_psql_any(database, other)
    except postgres.PsqlError:
        return None
    return postgres.dump(database)


def try_undo(session, step):
    """Undo in a transaction that stays open; returns the error, or None."""
    session.rows("BEGIN")
    try:
        steps = session.rows("SELECT revision, direction FROM schemaver.undo($1, allow_data_loss => true)", step.id)
    except pq.Error as e:
        return e
    assert steps == [(step.id, "downgrade")] or steps == [[step.id, "downgrade"]], steps
    return None


def own_error(session, step):
    """The error of the down itself where the revision is the last one applied, or None."""
    session.rows("ROLLBACK")  # of what undo() raised
    session.rows("BEGIN")
    try:
        session.rows("SELECT schemaver.downgrade($1, allow_data_loss => true)", step.parent or "base")
    except pq.Error as e:
        return e.sqlstate
    finally:
        session.rows("ROLLBACK")
    return None


def check_undone(report, what, session, step, want):
    fault = difference(want, objects(session))
    report.check(fault is None, f"{what}: the rest is as it was", fault)
    pending = session.column("SELECT revision FROM schemaver.plan('head')")
    report.check(pending == [step.id], f"{what}: it alone is pending", pending)


def check_refused(report, what, error, count):
    if error.sqlstate in REFUSED:
        count[REFUSED[error.sqlstate]] += 1
        report.check(bool(error.detail), f"{what}: the reason is named", error)
        return True
    if error.sqlstate in ("2BP01", "0A000", "SV011"):
        count["refused by the server"] += 1
        report.check(bool(error.detail), f"{what}: the reason is named", error)
        return True
    return False


def run(report, history, every, names):
    own, raw = names
    said = []
    for derived in (False, True):
        count = collections.Counter()
        history.prepare(own, extension=True)
        with postgres.connect(own) as session:
            session.rows("SET client_min_messages = error; SET schemaver.progress = off")
            history.register(session)
            if derived:
                session.rows("UPDATE schemaver.script SET down = NULL; "
                             "UPDATE schemaver.revision SET has_down = false, down_blocker = NULL")
            seen = climb(history, session)
            for step in history.steps[::every]:
                one(report, history, session, step, seen, derived, count, raw)
        said.append(("derived: " if derived else "written: ") + ", ".join(f"{n} {k}" for k, n in count.items()))
    return "; ".join(said)


def one(report, history, session, step, seen, derived, count, raw):
    what = f"{history.name} step {step.number} {step.name}, {'derived' if derived else 'written'} down, undo()"
    error = try_undo(session, step)
    if error is None:
        count["undone"] += 1
        check_undone(report, what, session, step, expected(seen[-1], seen[step.number - 1], seen[step.number]))
        if count["undone"] % 5 == 0:
            compare_build(report, what, history, session, step, count, raw)
    elif not check_refused(report, what, error, count):
        # the down fails by itself: so does a downgrade over it
        other = own_error(session, step)
        count["down fails"] += 1
        report.check(other is not None, f"{what}: fails as the downgrade does", error)
    session.rows("ROLLBACK")


COPY = re.compile(r"create\s+table\s+(?:if\s+not\s+exists\s+)?([\w.\"]+)\s+(?:as\b|\(\s*like\b)", re.I)


def without_copies(found, history, step):
    """Without the tables that a later step made of others: what was copied before the undo stays in them."""
    later = history.steps[history.steps.index(step) + 1:]
    copies = {name.replace('"', "").split(".")[-1] for s in later for name in COPY.findall(s.text("up"))}
    return {key: o for key, o in found.items() if not any(p in copies for p in key[1].split("."))}


def compare_build(report, what, history, session, step, count, raw):
    want = without(history, raw, step)
    if want is None:
        count["cannot be built without"] += 1
        return
    session.rows("SAVEPOINT whole")
    got = session.rows("SELECT schemaver.fingerprint()")[0][0]
    count["built without"] += 1
    with postgres.connect(raw) as other:
        other.rows("BEGIN; CREATE EXTENSION schemaver")
        built = objects(other)
        other.rows("ROLLBACK")
    fault = difference(without_copies(built, history, step), without_copies(objects(session), history, step))
    report.check(fault is None, f"{what}: as the history without it ({got})", fault)
