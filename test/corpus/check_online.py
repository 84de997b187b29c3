"""Histories of the corpus by online_upgrade('head'), statement by statement outside of transactions where need be.

The witness is psql running the very files: pg_dump and the rows of all tables must be the same.
"""
import pq
import check_replay
import postgres


def _pass_by(report, history, witness, session, error):
    """psql refuses the next step, too: go on behind it.  Returns whether that is so."""
    step = history.steps[len(check_replay.applied(session))]
    refusal = witness.refused.get(step.number)
    what = f"{history.name} online step {step.number} {step.name}"
    if refusal is None or refusal.sqlstate == "25001":
        report.fail(what, error)
        return False
    report.check((error.sqlstate, error.message) == (refusal.sqlstate, refusal.message), what + " fails as under psql",
                 lambda: f"psql {refusal.sqlstate} {refusal.message}, got {error}")
    if session.value("SELECT count(*) FROM schemaver.part") != "0":
        session.rows("SELECT schemaver.abandon($1)", step.id)
    session.rows("SELECT * FROM schemaver.stamp($1)", [step.id])
    return True


def run(report, history, witness, database):
    history.prepare(database, extension=True)
    calls = 0
    with postgres.connect(database) as session:
        history.register(session)
        parts = session.value("SELECT count(*) FROM schemaver.plan() WHERE NOT transactional")
        while len(check_replay.applied(session)) < len(history.steps):
            calls += 1
            try:
                session.rows("CALL schemaver.online_upgrade('head')")
            except pq.Error as e:
                if not _pass_by(report, history, witness, session, e):
                    return None
        report.same("0", session.value("SELECT count(*) FROM schemaver.part"), f"{history.name}: nothing is half done")
        report.same("0", session.value("SELECT count(*) FROM pg_index WHERE NOT indisvalid"), f"{history.name}: no invalid index")
    check_replay.compare(report, f"dump of {history.name} at head by online_upgrade()", witness.head(), database)
    report.same(witness.rows, check_replay.row_counts(database), f"{history.name}: rows after online_upgrade()")
    return f"{len(history.steps)} steps by {calls} online_upgrade(), {parts} of them not for upgrade()"
