"""test() on the hand-written downs of the corpus; psql and pg_dump are the judge.

The judge commits: up, dump, down, dump, up again, dump.  Its verdict on each step must be that of test(), on top of a
database that has none of the history and, hidden, on one that has all of it.
"""
import collections
import time

import postgres

VERDICTS = ["ok", "differs", "down fails", "up again fails", "up again differs"]


def judged(history, names, every):
    """The verdict of psql and pg_dump for each sampled step, by id."""
    raw, copy = names
    history.prepare(raw)
    before, verdicts, details = postgres.dump(raw), {}, {}
    for step in history.steps:
        history.by_psql_any(raw, step)
        if step.number % every and (step.number + 1) % every:
            continue
        after = postgres.dump(raw)
        if step.has_down and step.number % every == 0:
            postgres.copy(copy, raw)
            verdicts[step.id], details[step.id] = _down_and_up(history, step, copy, before, after)
        before = after
    postgres.drop(copy)
    return verdicts, details


def _down_and_up(history, step, copy, before, after):
    """In the order in which test() looks: the first fault is the verdict."""
    try:
        history.by_psql_any(copy, step, "down")
    except postgres.PsqlError as e:
        return "down fails", e
    fault = postgres.difference(before, postgres.dump(copy))
    if fault:
        return "differs", fault
    try:
        history.by_psql_any(copy, step, "up")
    except postgres.PsqlError as e:
        return "up again fails", e
    fault = postgres.difference(after, postgres.dump(copy))
    return ("up again differs", fault) if fault else ("ok", None)


def asked(session):
    return {r[0]: r[1:] for r in session.rows("SELECT revision, verdict, objects, detail FROM schemaver.test(':')")}


def compare(report, history, truth, details, got, where):
    agreed = 0
    for step in history.steps:
        if step.id not in truth:
            continue
        verdict, objects, detail = got[step.id]
        if step.down_refused:
            agreed += report.check(truth[step.id] == "down fails" and verdict == "no down",
                                   f"{history.name} {step.name}: a down that does not parse", truth[step.id])
        else:
            agreed += report.check(
                verdict == truth[step.id], f"{history.name} step {step.number} {step.name}: verdict of test() {where}",
                f"pg_dump says {truth[step.id]} ({details[step.id]}), test() {verdict} {objects} {detail}")
    return agreed


def run(report, history, every, names):
    started = time.time()
    raw, sv, copy = names
    truth, details = judged(history, (raw, copy), every)
    judge = time.time() - started
    history.prepare(sv, extension=True)
    with postgres.connect(sv) as session:
        history.register(session)
        started = time.time()
        got = asked(session)
        took = time.time() - started
        agreed = compare(report, history, truth, details, got, "on top of nothing")
        for step in history.steps:
            if not history.by_psql_any(sv, step):
                continue
        session.rows("SELECT schemaver.stamp('{head}')")
        if not history.meta["pre_sql"]:
            compare(report, history, truth, details, asked(session), "with all applied")
    count = collections.Counter(truth.values())
    table = ", ".join(f"{count[v]} {v}" for v in VERDICTS if count[v])
    return (f"{len(truth)} downs: {table}; test() agrees with pg_dump on {agreed}; "
            f"it took {took:.0f} s, the judge {judge:.0f} s")
