"""squash() of a whole history, and baseline() of the database that it leads to, built anew elsewhere."""
import time

import check_replay
import postgres


def squash(report, history, witness, database, other):
    """One revision made of all must build what psql builds from the files, rows included."""
    started = time.time()
    history.prepare(database, extension=True)
    with postgres.connect(database) as session:
        history.register(session)
        one = session.value("SELECT schemaver.squash('base:head', 'all in one')")
        took = time.time() - started
        report.same([one], session.column("SELECT revision FROM schemaver.history()"), f"{history.name}: what a squash leaves")
        files = session.rows("SELECT name, content FROM schemaver.export()")
        session.rows("SELECT * FROM schemaver.upgrade()")
        _same_rows(report, history, witness, database, "after its squash")
    check_replay.compare(report, f"{history.name}: dump after its squash", witness.head(), database)
    _elsewhere(report, history, files, other, one)
    size = len(files[0][1])
    return f"one revision of {size} bytes instead of {sum(len(s.text('up')) for s in history.steps)}; {took:.0f} s"


def _same_rows(report, history, witness, database, when):
    want, got = (sorted(map(tuple, r)) for r in (witness.rows, check_replay.row_counts(database)))
    different = [x for x in got if x not in want]
    report.check(not different, f"{history.name}: rows {when}", different[:5])


def _elsewhere(report, history, files, other, one):
    """A database that has all of it takes the squashed one as applied; one that has some refuses it."""
    history.prepare(other, extension=True)
    with postgres.connect(other) as session:
        history.register(session)
        session.rows("SELECT schemaver.stamp($1)", [history.steps[-2].id])
        try:
            session.rows("SELECT schemaver.load($1, $2)", *files[0])
            report.fail(f"{history.name}: a squash of which some is applied was loaded")
        except postgres.pq.Error as e:
            report.same("SV016", e.sqlstate, f"{history.name}: a squash of which some is applied")
        session.rows("SELECT schemaver.stamp('{head}')")
        session.rows("SELECT schemaver.load($1, $2)", *files[0])
        report.same([one], session.column("SELECT revision FROM schemaver.current()"), f"{history.name}: what is current")
        report.same([], session.rows("SELECT * FROM schemaver.upgrade()"), f"{history.name}: nothing is left to run")
        first = session.column("SELECT revision FROM schemaver.resolve($1)", history.steps[0].id)
        report.same([one], first, f"{history.name}: what an id means that was replaced")


def baseline(report, history, witness, database, other):
    """baseline() of the database at head builds the same elsewhere, and its down leaves nothing."""
    started = time.time()
    postgres.copy(other, witness.database)
    with postgres.connect(other) as session:
        session.rows("CREATE EXTENSION schemaver")
        session.rows("SELECT schemaver.baseline('start', 'start', reversible => true)")
        took = time.time() - started
        files = session.rows("SELECT name, content FROM schemaver.export()")
    postgres.fresh(database)
    with postgres.connect(database) as session:
        session.rows("CREATE EXTENSION schemaver")
        session.rows("SELECT schemaver.load($1, $2)", *files[0])
        empty = postgres.dump(database)
        session.rows("SELECT * FROM schemaver.upgrade()")
        fault = postgres.difference(postgres.dump(witness.database), postgres.dump(database))
        report.check(fault is None, f"{history.name}: dump after its baseline", fault)
        session.rows("SELECT * FROM schemaver.downgrade('base', allow_data_loss => true)")
        fault = postgres.difference(empty, postgres.dump(database))
        report.check(fault is None, f"{history.name}: dump after the down of its baseline", fault)
    return f"{took:.0f} s"
