"""Derived downs: a history whose revisions have no down script, undone step by step.

pg_dump after each step down must be the one that was taken at that point on the way up.
"""
import re
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
            session.rows("SELECT schemaver.downgrade('-1', allow_data_loss => true)")
        except pq.Error as e:
            if e.sqlstate != "SV011":
                raise
            session.rows("CALL schemaver.online_downgrade('-1', allow_data_loss => true)")

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
    good = checked = 0
    with postgres.connect(database) as session:
        d.register(session)
    d.take(0)
    for step in history.steps:
        with postgres.connect(database) as session:
            session.rows("SET client_min_messages = error; SET schemaver.progress = off")
            if step.number % every == 0 and step.number - 1 in d.dumps:
                checked += 1
                good += bool(each_step(report, history, session, d, step, database + "_copy"))
                continue
            d.up(session, step)
            if (step.number + 1) % every == 0 or step is history.steps[-1]:
                d.take(step.number)
    postgres.drop(database + "_copy")
    points = all_the_way_down(report, history, d)
    return f"{len(history.steps)} steps, {good} of {checked} derived downs restore the schema, {points} points on the way down"


def down_past_nulls(d, session):
    """One step down.  Rows that later steps have inserted can stand in the way of a NOT NULL that comes back."""
    while True:
        try:
            return d.down(session)
        except pq.Error as e:
            rows = re.match(r'column "(.*)" of relation "(.*)" contains null values', e.message)
            if e.sqlstate != "23502" or not rows:
                raise
            session.rows(f'DELETE FROM "{rows[2]}" WHERE "{rows[1]}" IS NULL')


def all_the_way_down(report, history, d):
    """Returns how many points had the dump that they had on the way up."""
    good = 0
    with postgres.connect(d.database) as session:
        session.rows("SET client_min_messages = error; SET schemaver.progress = off")
        for step in reversed(history.steps):
            what = f"{history.name}: all the way down, {step.id} {step.name}"
            try:
                down_past_nulls(d, session)
            except pq.Error as e:
                report.fail(what, e)
                return f"{good} of {len(d.dumps) - 1}"
            if step.number - 1 not in d.dumps:
                continue
            fault = postgres.difference(zlib.decompress(d.dumps[step.number - 1]).decode(), postgres.dump(d.database))
            good += report.check(fault is None, what, fault)
    return f"{good} of {len(d.dumps) - 1}"
