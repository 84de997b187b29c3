"""Histories of the corpus through schemaver and through psql, step by step and in one go.

psql runs the very files; after each sampled step, up and down, pg_dump of both databases must be
the same, byte for byte.  What psql refuses schemaver must refuse with the same error; what
PostgreSQL refuses in a transaction must be SV011, found before anything ran.
"""
import re
import time
import zlib

import history as corpus
import postgres
import pq


class GiveUp(Exception):
    """A history cannot go on; it has been reported."""


class Witness:
    """What psql alone makes of a history: dumps, row counts, refusals."""

    def __init__(self, history, database, every):
        self.history, self.database, self.every = history, database, every
        self.dumps, self.down_dumps = {}, {}
        self.refused, self.down_refused = {}, {}  # number -> PsqlError; 25001 ones did run afterwards
        self.lowest = 0  # how far down the downs lead without an error

    def wants(self, number):
        return number % self.every == 0 or number in (0, len(self.history.steps))

    def go_up(self):
        self.history.prepare(self.database)
        self.dumps[0] = self._dump()
        for step in self.history.steps:
            self._run(step, "up", self.refused)
            if self.wants(step.number):
                self.dumps[step.number] = self._dump()
        self.rows = row_counts(self.database)

    def go_down(self):
        for step in reversed(self.history.steps):
            if not step.has_down:
                continue
            self._run(step, "down", self.down_refused)
            failed = step.number in self.down_refused and self.down_refused[step.number].sqlstate != "25001"
            if failed and not self.lowest:
                self.lowest = step.number  # a script for the way down can lead as far as here
                self.down_dumps[step.number] = self._dump()
            elif self.wants(step.number - 1):
                self.down_dumps[step.number - 1] = self._dump()

    def _run(self, step, way, refused):
        if way == "up" and step.own_transaction["up"]:
            refusal = corpus.first_refusal(self.history, self.database, [step])
            if refusal and refusal[2] == "25001":  # e.g. SET TRANSACTION ISOLATION LEVEL
                refused[step.number] = postgres.PsqlError("ERROR:  25001: in a run's transaction")
        try:
            self.history.by_psql(self.database, step, way)
        except postgres.PsqlError as e:
            refused[step.number] = e
            if e.sqlstate == "25001":
                self.history.by_psql(self.database, step, way, one=False)

    def _dump(self):
        return zlib.compress(postgres.dump(self.database).encode(), 1)

    def up_dump(self, number):
        return zlib.decompress(self.dumps[number]).decode()

    def down_dump(self, number):
        return zlib.decompress(self.down_dumps[number]).decode()

    def head(self):
        return self.up_dump(len(self.history.steps))


def row_counts(database):
    """Rows of every table of the user's and values of every sequence, as text."""
    with postgres.connect(database) as session:
        tables = session.column("SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
                                "WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'schemaver') ORDER BY 1")
        counts = [(t, session.value(f"SELECT count(*) FROM {t}")) for t in tables]
        return counts + session.rows("SELECT schemaname || '.' || sequencename, last_value FROM pg_sequences "
                                     "WHERE schemaname <> 'schemaver' ORDER BY 1")


def compare(report, what, want, database):
    fault = postgres.difference(want, postgres.dump(database))
    return report.check(fault is None, what, fault)


def stamp(session, target):
    session.rows("SELECT * FROM schemaver.stamp($1, purge => true)", [target or "base"])


def applied(session):
    return session.column("SELECT revision FROM schemaver.applied ORDER BY rank")


def one_step(report, history, session, database, step, way, refusal, what):
    """Go one step in schemaver; what psql could not do schemaver must refuse alike.  Then do as psql did."""
    command = "upgrade('+1')" if way == "up" else "downgrade('-1', allow_data_loss => true)"
    end = step.id if way == "up" else step.parent
    try:
        done = session.column(f"SELECT revision FROM schemaver.{command}")
        error = None
    except pq.Error as e:
        error = e
    if refusal is None and way == "down" and step.down_refused:
        report.fail(what, f"psql runs it, but it could not be registered: {step.down_refused}")
        stamp(session, end)
        return False
    if refusal is None:
        if error is None:
            return report.same([step.id], done, what)
        report.fail(what, error)
        stamp(session, end)
        return False
    if refusal.sqlstate == "25001":
        report.check(error is not None and error.sqlstate == "SV011", what + " is refused with SV011", error)
        history.by_psql(database, step, way, one=False)
    elif way == "down" and step.down_refused:
        report.check(not step.down_parses, what + " is refused when registered", step.down_refused)
        report.same("SV012", error and error.sqlstate, what + " is irreversible")
    else:
        report.check(error is not None and (error.sqlstate, error.message) == (refusal.sqlstate, refusal.message),
                     what + " fails as under psql", lambda: f"psql {refusal.sqlstate} {refusal.message}, got {error}")
    stamp(session, end)
    return True


def steps_up(report, history, witness, database):
    """+1 until the head; returns the number of dumps compared."""
    compared = 0
    with postgres.connect(database) as session:
        session.rows("SET schemaver.derive_downs = off")  # psql has no such downs
        history.register(session)
        for step in history.steps:
            what = f"{history.name} step {step.number} {step.name}"
            one_step(report, history, session, database, step, "up", witness.refused.get(step.number), what)
            if step.number in witness.dumps:
                compared += 1
                if not compare(report, "dump after " + what, witness.up_dump(step.number), database):
                    raise GiveUp
        report.same([s.id for s in history.steps], applied(session), f"{history.name}: what is applied")
    report.same(witness.rows, row_counts(database), f"{history.name}: rows of all tables")
    return compared


def steps_down(report, history, witness, database):
    """-1 until the base, or until a step brings no down."""
    compared = 0
    with postgres.connect(database) as session:
        for step in reversed(history.steps):
            if not step.has_down:
                continue
            what = f"{history.name} down {step.number} {step.name}"
            one_step(report, history, session, database, step, "down", witness.down_refused.get(step.number), what)
            if step.number - 1 in witness.down_dumps:
                compared += 1
                if not compare(report, "dump after " + what, witness.down_dump(step.number - 1), database):
                    raise GiveUp
        if history.steps[0].has_down:
            report.same([], applied(session), f"{history.name}: nothing is applied any more")
    return compared


def each_down(report, history, every, names):
    """Each sampled step: up by psql and schemaver, then down and up again on copies of the databases."""
    raw, sv, raw_copy, sv_copy = names
    history.prepare(raw)
    history.prepare(sv, extension=True)
    with postgres.connect(sv) as session:
        history.register(session)
    compared = 0
    for step in history.steps:
        if not history.by_psql_any(raw, step):
            history.by_psql(sv, step, one=False)
        else:
            history.by_psql(sv, step)
        if not step.has_down or step.number % every:
            continue
        with postgres.connect(sv) as session:
            stamp(session, step.id)
        postgres.copy(raw_copy, raw)
        postgres.copy(sv_copy, sv)
        compared += _down_and_up(report, history, step, raw_copy, sv_copy)
    for name in (raw_copy, sv_copy):
        postgres.drop(name)
    return f"{compared} dumps"


def _down_and_up(report, history, step, raw, sv):
    compared = 0
    with postgres.connect(sv) as session:
        for way in ("down", "up"):
            what = f"{history.name} {way} at step {step.number} {step.name}"
            refusal = None
            try:
                history.by_psql(raw, step, way)
            except postgres.PsqlError as e:
                refusal = e
                if e.sqlstate == "25001":
                    history.by_psql(raw, step, way, one=False)
            one_step(report, history, session, sv, step, way, refusal, what)
            compare(report, "dump after " + what, postgres.dump(raw), sv)
            compared += 1
    return compared


def head(report, history, witness, raw, database, every):
    """upgrade('head') in as few transactions as PostgreSQL allows; each refusal held against PostgreSQL's own.

    Returns (upgrades, refusals held against PostgreSQL).
    """
    history.prepare(raw)
    history.prepare(database, extension=True)
    at = runs = judged = obstacles = 0
    with postgres.connect(database) as session:
        history.register(session)
        while at < len(history.steps):
            obstacles += 1
            judge = obstacles <= 3 or obstacles % every == 0
            try:
                named = _try_head(report, history, session, raw, database, at, judge)
            except GiveUp:
                return runs, judged
            judged += judge
            end = named.number - 1 if named else len(history.steps)
            if end > at:
                runs += 1
                try:
                    if named:
                        session.rows("SELECT * FROM schemaver.upgrade($1)", named.parent)
                except pq.Error as e:
                    report.fail(f"{history.name}: upgrade to {named.parent}, before the step that SV011 named", e)
                    return runs, judged
                for step in history.steps[at:end]:
                    history.by_psql(raw, step)
            if named and _refuses_alone(history, raw, named):
                for side in (raw, database):
                    history.by_psql(side, named, one=False)
                stamp(session, named.id)
                end += 1
            elif named and named.number == at + 1:
                report.fail(f"{history.name}: SV011 for {named.id} {named.name}", "psql -1 runs it")
                return runs, judged
            if end in witness.dumps:
                compare(report, f"dump of {history.name} at {end} after runs of several", witness.up_dump(end), database)
            at = end
    report.same(witness.rows, row_counts(database), f"{history.name}: rows after upgrade('head')")
    return runs, judged


def _refuses_alone(history, raw, step):
    """Does PostgreSQL refuse the step also in a transaction of its own?  It is rolled back."""
    refusal = corpus.first_refusal(history, raw, [step])
    return refusal is not None and refusal[2] == "25001"


def _try_head(report, history, session, raw, database, at, judge):
    """upgrade('head') from step "at"; returns the step that SV011 names, None after success."""
    pending = history.steps[at:]
    what = f"{history.name} upgrade('head') from step {at}"
    truth = corpus.first_refusal(history, raw, pending) if judge else None
    before = postgres.dump(database, everything=True) if judge else None
    try:
        session.rows("SELECT * FROM schemaver.upgrade('head')")
        report.check(truth is None, what + " must be refused", lambda: f"PostgreSQL refuses {truth[0].name}, line {truth[1:]}")
        return None
    except pq.Error as e:
        error = e
    if error.sqlstate != "SV011":
        report.fail(what, f"{error}; PostgreSQL in one transaction: {truth and (truth[0].id, *truth[1:])}")
        raise GiveUp
    named = next(s for s in pending if f'"{s.id}"' in error.message)
    if judge:
        line = re.search(r" at line (\d+)", error.detail or "")
        report.check(truth is not None, what + " is refused needlessly", error)
        report.same(truth and (truth[0].id, truth[1]), (named.id, int(line.group(1)) if line else None),
                    what + ": revision and line that PostgreSQL refuses")
        report.same(before, postgres.dump(database, everything=True), what + ": nothing changed")
    return named


def run(report, history, witness, every, full, raw, sv):
    """All of it for one history; fills the witness for the checks that follow."""
    started = time.time()
    witness.go_up()
    history.prepare(sv, extension=True)
    ups = steps_up(report, history, witness, sv)
    witness.go_down()
    downs = steps_down(report, history, witness, sv) if any(s.has_down for s in history.steps) else 0
    count = [sum((e.sqlstate == "25001") == one for e in refused.values())
             for one in (True, False) for refused in (witness.refused, witness.down_refused)]
    report.say(f"{history.name}: {len(history.steps)} steps by +1 ({ups} dumps), "
               f"{sum(s.has_down for s in history.steps)} downs ({downs} dumps); psql itself refuses {count[0]} ups and "
               f"{count[1]} downs in a transaction, {count[2]} and {count[3]} at all; {time.time() - started:.0f} s")
    started = time.time()
    runs, judged = head(report, history, witness, raw, sv, 1 if full else 20)
    return f"at head by {runs} upgrade(), {judged} of them judged by PostgreSQL; {time.time() - started:.0f} s"
