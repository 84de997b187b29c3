"""script(): the file that it makes leaves, run by psql, what psql makes of the history's own files,
and the same applied revisions and journal as upgrade() and downgrade()."""
import os
import tempfile

import check_replay
import postgres


def _file_of(session, start, end):
    text = session.value("SELECT schemaver.script($1, $2)", start, end)
    handle, name = tempfile.mkstemp(prefix="schemaver_corpus_", suffix=".sql")
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as f:
        f.write(text)
    os.chmod(name, 0o644)
    return name


def _run(history, session, database, start, end):
    """psql -X -f, and nothing else."""
    name = _file_of(session, start, end)
    try:
        postgres.psql(database, "-o", "/dev/null", "-f", name, cwd=history.originals)
    finally:
        os.unlink(name)


def run(report, history, witness, database):
    """The whole way up by one file, and down again as far as the downs lead."""
    what = f"{history.name} script"
    history.prepare(database, extension=True)
    with postgres.connect(database) as session:
        history.register(session)
        before = postgres.dump(database, everything=True)
        try:
            _run(history, session, database, "base", "head")
        except postgres.PsqlError as e:
            report.fail(f"{what}('base', 'head')", e)
            return
        check_replay.compare(report, f"dump after {what}('base', 'head')", witness.head(), database)
        report.same(witness.rows, check_replay.row_counts(database), f"rows after {what}('base', 'head')")
        report.same([s.id for s in history.steps], check_replay.applied(session), f"applied by {what}('base', 'head')")
        report.same([history.steps[-1].id], session.column("SELECT revision FROM schemaver.current()"),
                    f"current() after {what}")
        report.same([str(len(history.steps))] * 2, list(session.rows(
            "SELECT count(*), count(DISTINCT revision) FROM schemaver.step WHERE direction = 'upgrade' "
            "AND outcome = (SELECT min(outcome) FROM schemaver.step)")[0]), f"steps in the journal after {what}")
        _again(report, history, session, database, before, what)
        if any(s.has_down for s in history.steps):
            _down(report, history, witness, session, database, what)


def _again(report, history, session, database, before, what):
    """A second run of the same file must change nothing: the database is no longer at its beginning."""
    here = postgres.dump(database, everything=True)
    name = _file_of(session, "base", "head")
    try:
        postgres.psql(database, "-o", "/dev/null", "-f", name, cwd=history.originals)
        report.fail(f"{what}('base', 'head') run twice", "no error")
    except postgres.PsqlError as e:
        report.same("SV008", e.sqlstate, f"{what} run twice")
    finally:
        os.unlink(name)
    report.check(here == postgres.dump(database, everything=True), f"{what} run twice changes nothing")


def _down(report, history, witness, session, database, what):
    lowest = max([witness.lowest] + [s.number for s in history.steps if not s.has_down])
    if lowest == len(history.steps):
        return
    end = f"r{lowest:05d}" if lowest else "base"
    try:
        _run(history, session, database, "current", end)
    except postgres.PsqlError as e:
        report.fail(f"{what}('current', '{end}')", e)
        return
    check_replay.compare(report, f"dump after {what}('current', '{end}')", witness.down_dump(lowest), database)
    report.same([s.id for s in history.steps[:lowest]], check_replay.applied(session),
                f"applied after {what}('current', '{end}')")
