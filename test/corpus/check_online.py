"""Histories of the corpus by online_upgrade('head'), statement by statement outside of transactions where need be.

The witness is psql running the very files: pg_dump and the rows of all tables must be the same.
"""
import pq
import check_replay
import postgres


def _pass_by(report, history, witness, session, ids, error):
    """psql refuses the next step, too: go on behind it.  Returns whether that is so."""
    step = history.steps[len(check_replay.applied(session))]
    revision = ids[step.number - 1]
    refusal = witness.refused.get(step.number)
    what = f"{history.name} online step {step.number} {step.name}"
    if refusal is None or refusal.sqlstate == "25001":
        report.fail(what, error)
        return False
    report.check((error.sqlstate, error.message) == (refusal.sqlstate, refusal.message), what + " fails as under psql",
                 lambda: f"psql {refusal.sqlstate} {refusal.message}, got {error}")
    if session.value("SELECT count(*) FROM schemaver.part") != "0":
        session.rows("SELECT schemaver.abandon($1)", revision)
    session.rows("SELECT * FROM schemaver.stamp($1)", [revision])
    return True


def to_head(report, history, witness, session, ids):
    """Apply all revisions, registered with these ids; the number of calls that it took, None if they cannot go on."""
    calls = 0
    while len(check_replay.applied(session)) < len(history.steps):
        calls += 1
        try:
            session.rows("CALL schemaver.online_upgrade('head')")
        except pq.Error as e:
            if not _pass_by(report, history, witness, session, ids, e):
                return None
    report.same("0", session.value("SELECT count(*) FROM schemaver.part"), f"{history.name}: nothing is half done")
    report.same("0", session.value("SELECT count(*) FROM pg_index WHERE NOT indisvalid"), f"{history.name}: no invalid index")
    return calls


def run(report, history, witness, database):
    history.prepare(database, extension=True)
    with postgres.connect(database) as session:
        history.register(session)
        parts = session.value("SELECT count(*) FROM schemaver.plan() WHERE NOT transactional")
        calls = to_head(report, history, witness, session, [s.id for s in history.steps])
        if calls is None:
            return None
    check_replay.compare(report, f"dump of {history.name} at head by online_upgrade()", witness.head(), database)
    report.same(witness.rows, check_replay.row_counts(database), f"{history.name}: rows after online_upgrade()")
    return f"{len(history.steps)} steps by {calls} online_upgrade(), {parts} of them not for upgrade()"
