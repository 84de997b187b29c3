"""Derived downs: a history whose revisions have no down script, undone step by step.

pg_dump after each step down must be the one that was taken at that point on the way up.
"""
import zlib

import postgres
import pq


class Derived:
    def __init__(self, report, history, database):
        self.report, self.history, self.database = report, history, database
        self.dumps = {}

    def register(self, session):
        session.rows("BEGIN")
        for s in self.history.steps:
            session.rows("SELECT schemaver.revision(message => $1, up => $2, id => $3, revises => $4)",
                         s.name, s.text("up"), s.id, [s.parent] if s.parent else [])
        session.rows("COMMIT")

    def up(self, session, step):
        try:
            session.rows("SELECT schemaver.upgrade('+1')")
        except pq.Error as e:
            if e.sqlstate != "SV011":
                raise
            session.rows("CALL schemaver.online_upgrade('+1')")

    def down(self, session):
        try:
            session.rows("SELECT schemaver.downgrade('-1')")
        except pq.Error as e:
            if e.sqlstate != "SV011":
                raise
            session.rows("CALL schemaver.online_downgrade('-1')")

    def take(self, number):
        self.dumps[number] = zlib.compress(postgres.dump(self.database).encode(), 1)

    def agrees(self, session, number, what):
        """Is the schema what it was after that step?"""
        fault = postgres.difference(zlib.decompress(self.dumps[number]).decode(), postgres.dump(self.database))
        text = fault and session.value("SELECT down FROM schemaver.derived WHERE revision = $1", what.id)
        return self.report.check(fault is None, f"{self.history.name}: down of {what.id} {what.name}",
                                 lambda: f"{fault}\n{text}")


def run(report, history, database, every):
    """Each step: up, down, up; then all the way down.  Returns what to say."""
    d = Derived(report, history, database)
    history.prepare(database, extension=True)
    good = 0
    with postgres.connect(database) as session:
        session.rows("SET client_min_messages = error; SET schemaver.progress = off")
        d.register(session)
        d.take(0)
        for step in history.steps:
            d.up(session, step)
            d.take(step.number)
            if step.number % every:
                continue
            drift = session.rows("SELECT kind, identity, change, properties FROM schemaver.drift()")
            report.check(not drift, f"{history.name}: kept state after {step.id} {step.name}", drift[:5])
            try:
                script = session.value("SELECT down FROM schemaver.derived WHERE revision = $1", step.id)
                d.down(session)
            except pq.Error as e:
                report.fail(f"{history.name}: down of {step.id} {step.name}", f"{e}\n{script}")
                continue
            fault = postgres.difference(zlib.decompress(d.dumps[step.number - 1]).decode(), postgres.dump(database))
            good += report.check(fault is None, f"{history.name}: down of {step.id} {step.name}",
                                 lambda: f"{fault}\n{script}")
            try:
                d.up(session, step)
            except pq.Error as e:
                report.fail(f"{history.name}: up again of {step.id} {step.name}", f"{e}\n{script}")
                return f"{good} good"
    return f"{len(history.steps)} steps, {good} downs restore the schema"
