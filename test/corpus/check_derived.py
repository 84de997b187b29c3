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


def each_step(report, history, session, d, step, copy):
    """One step up; in a copy of the database it is undone.  Returns whether that restored the schema."""
    what = f"{history.name}: down of {step.id} {step.name}"
    d.up(session, step)
    d.take(step.number)
    drift = session.rows("SELECT kind, identity, change, differs::text FROM schemaver.drift()")
    report.check(not drift, f"{history.name}: kept state after {step.id} {step.name}", drift[:5])
    script = session.value("SELECT down FROM schemaver.derived WHERE revision = $1", step.id)
    session.close()
    postgres.drop(copy)
    postgres.psql("postgres", "-c", f'CREATE DATABASE "{copy}" TEMPLATE "{d.database}"')
    with postgres.connect(copy) as other:
        other.rows("SET client_min_messages = error; SET schemaver.progress = off")
        try:
            d.down(other)
        except pq.Error as e:
            # a column that must not be null cannot come back where there are rows
            return e.sqlstate == "23502" or report.fail(what, f"{e}\n{script}")
    fault = postgres.difference(zlib.decompress(d.dumps[step.number - 1]).decode(), postgres.dump(copy))
    return report.check(fault is None, what, lambda: f"{fault}\n{script}")


def run(report, history, database, every):
    """Each step up, and undone in a copy; then all the way down.  Returns what to say."""
    d = Derived(report, history, database)
    history.prepare(database, extension=True)
    good = 0
    with postgres.connect(database) as session:
        d.register(session)
    d.take(0)
    for step in history.steps:
        with postgres.connect(database) as session:
            session.rows("SET client_min_messages = error; SET schemaver.progress = off")
            if step.number % every == 0:
                good += bool(each_step(report, history, session, d, step, database + "_copy"))
            else:
                d.up(session, step)
                d.take(step.number)
    postgres.drop(database + "_copy")
    points = all_the_way_down(report, history, d)
    return f"{len(history.steps)} steps, {good} downs restore the schema, {points} points on the way down"


def all_the_way_down(report, history, d):
    """Returns how many points had the dump that they had on the way up."""
    good = 0
    with postgres.connect(d.database) as session:
        session.rows("SET client_min_messages = error; SET schemaver.progress = off")
        for step in reversed(history.steps):
            what = f"{history.name}: all the way down, {step.id} {step.name}"
            try:
                d.down(session)
            except pq.Error as e:
                report.fail(what, e)
                return good
            fault = postgres.difference(zlib.decompress(d.dumps[step.number - 1]).decode(), postgres.dump(d.database))
            good += report.check(fault is None, what, fault)
    return good
