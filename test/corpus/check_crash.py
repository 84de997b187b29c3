"""kill -9 of the backend, and of the whole server, at random moments of a run: nothing or everything is applied.

It takes a cluster of its own, with fsync on.  Some runs are upgrades, some downgrades.
"""
import collections
import os
import random
import re
import signal
import threading
import time

import postgres
import pq

LOCKS = ("SELECT count(*) FROM pg_locks WHERE classid = 'pg_extension'::regclass OR relation IN "
         "(SELECT oid FROM pg_class WHERE relnamespace = 'schemaver'::regnamespace AND relkind = 'r' AND pid <> pg_backend_pid())")


class Subject:
    """A history in a database, and what it must look like at both ends of a run."""

    def __init__(self, history):
        self.history, self.database = history, "crash_" + history.name
        self.template = self.database + "_tpl"
        history.prepare(self.template, extension=True)
        with postgres.connect(self.template) as session:
            history.register(session)
            self.top = None
            for revision, transactional in session.rows("SELECT revision, transactional FROM schemaver.plan('head')"):
                if transactional != "t":
                    break
                self.top = revision
        self.renew()
        self.seconds = {}
        self.bottom_dump = postgres.dump(self.database)
        self.seconds["upgrade"] = self.run("upgrade")
        self.top_dump = postgres.dump(self.database)
        self.bottom = self._lowest()
        if self.bottom:
            self.seconds["downgrade"] = self.run("downgrade")
            self.down_dump = postgres.dump(self.database)
        self.renew()

    def renew(self):
        postgres.copy(self.database, self.template)

    def _lowest(self):
        """How far down the downs of the history lead without an error."""
        lowest = None
        with postgres.connect(self.database) as session:
            session.rows("BEGIN")
            try:
                while session.value("SELECT count(*) FROM schemaver.applied") != "0":
                    session.rows("SAVEPOINT one")
                    session.rows("SELECT * FROM schemaver.downgrade('-1', allow_data_loss => true)")
                    session.rows("RELEASE one")
                    lowest = session.value("SELECT revision FROM schemaver.current()") or "base"
            except pq.Error:
                pass
            session.rows("ROLLBACK")
        return lowest

    def run(self, direction):
        started = time.time()
        with postgres.connect(self.database) as session:
            session.rows(self.call(direction), self.target(direction))
        return time.time() - started

    @staticmethod
    def call(direction):
        """Some histories bring rows, which go when their tables do."""
        allow = ", allow_data_loss => true" if direction == "downgrade" else ""
        return f"SELECT * FROM schemaver.{direction}($1{allow})"

    def target(self, direction):
        return self.top if direction == "upgrade" else self.bottom

    def steps(self, end):
        return 0 if end in ("base", None) else int(end[1:])


def _connect_again(database):
    """Connect when the server is back; the postmaster throws everybody out once it has noticed."""
    end = time.time() + 60
    while True:
        try:
            session = postgres.connect(database)
            session.rows("SELECT pg_sleep(0.1)")
            session.rows("SELECT 1")
            return session
        except pq.Error:
            if time.time() > end:
                raise
            time.sleep(0.02)


def _run_and_kill(subject, cluster, direction, after, whole_server):
    """Start the run, kill after some seconds; whether the client got its answer."""
    session = postgres.connect(subject.database)
    answered = []

    def work():
        try:
            session.rows(subject.call(direction), subject.target(direction))
            answered.append(True)
        except pq.Error as e:
            if e.sqlstate is not None and e.sqlstate != "57P02":  # crash_shutdown
                answered.append(e)

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(after)
    if whole_server:
        cluster.kill()
    else:
        try:
            os.kill(session.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    thread.join()
    session.close()
    while postgres.alive(session.pid):
        time.sleep(0.005)
    if whole_server:
        cluster.start()
    return answered[0] if answered else None


def _dump(database):
    """Everything but the values of sequences: after a crash PostgreSQL lets them skip what was logged ahead."""
    return re.sub(r"(?m)^SELECT pg_catalog\.setval\(.*\n", "", postgres.dump(database, everything=True))


def _judge(report, subject, direction, at_start, answered, what):
    """Nothing or everything; returns which."""
    start, end = (0, subject.steps(subject.top)) if direction == "upgrade" else (
        subject.steps(subject.top), subject.steps(subject.bottom))
    with _connect_again(subject.database) as session:
        n = int(session.value("SELECT count(*) FROM schemaver.applied"))
        left = session.value(LOCKS)
        runs = session.value("SELECT count(*) FROM schemaver.run WHERE elapsed IS NULL")
    good = report.check(n in (start, end), what, f"{n} revisions applied, neither {start} nor {end}")
    good &= report.same(("0", "0"), (left, runs), what + ": locks and unfinished runs left")
    if isinstance(answered, pq.Error):
        report.fail(what, answered)
    if answered is True:
        good &= report.same(end, n, what + ": the client was told that it is done")
    if n == start:
        fault = postgres.difference(at_start, _dump(subject.database))
        good &= report.check(fault is None, what + ": unchanged", fault)
    else:
        want = subject.top_dump if direction == "upgrade" else subject.down_dump
        fault = postgres.difference(want, postgres.dump(subject.database))
        good &= report.check(fault is None, what + ": all of it", fault)
    return ("nothing" if n == start else "everything") if good else "broken"


def run(report, histories, seed, kills):
    rng = random.Random(seed)
    cluster = postgres.Cluster(port=6005, fsync=True, name="crash")
    saved = dict(os.environ)
    os.environ.update(cluster.env)
    seen, moments = collections.Counter(), []
    try:
        chosen = histories if kills > 50 else rng.sample(histories, min(3, len(histories)))
        subjects = [Subject(h) for h in chosen]
        report.say("crash: " + ", ".join(f"{s.history.name} {s.steps(s.top)} steps in {s.seconds['upgrade']:.1f} s" for s in subjects))
        for i in range(kills):
            subject = subjects[i % len(subjects)]
            _one(report, rng, subject, cluster, i, seen, moments)
        for subject in subjects:
            _completes(report, subject)
    finally:
        cluster.remove()
        os.environ.clear()
        os.environ.update(saved)
    report.say(f"crash: {kills} kills, {dict(seen)}; moments as parts of the run: " +
               " ".join(f"{sum(m >= d / 5 and (m < (d + 1) / 5) for m in moments)}" for d in range(6)) + " per fifth, the last after its end")


def _one(report, rng, subject, cluster, i, seen, moments):
    direction = "downgrade" if subject.bottom and i % 3 == 2 else "upgrade"
    if direction == "downgrade":
        subject.run("upgrade")
    at_start = _dump(subject.database)
    part = rng.uniform(0.9, 1.1) if rng.random() < 0.2 else rng.uniform(0, 1.05)
    whole_server = i % 5 == 4
    started = time.time()
    answered = _run_and_kill(subject, cluster, direction, part * subject.seconds[direction], whole_server)
    if answered is True and part > 1:  # follow the machine's load
        subject.seconds[direction] = 0.5 * subject.seconds[direction] + 0.5 * min(
            time.time() - started, part * subject.seconds[direction])
    moments.append(part)
    what = f"crash {i}: {subject.history.name} {direction}, {'server' if whole_server else 'backend'} killed at {part:.2f} of it"
    verdict = _judge(report, subject, direction, at_start, answered, what)
    seen[("server " if whole_server else "backend ") + verdict] += 1
    if verdict != "nothing" or direction == "downgrade":
        subject.renew()


def _completes(report, subject):
    """After all the crashes the next run goes all the way."""
    subject.run("upgrade")
    fault = postgres.difference(subject.top_dump, postgres.dump(subject.database))
    report.check(fault is None, f"crash: {subject.history.name} upgraded afterwards", fault)
    if subject.bottom:
        subject.run("downgrade")
        fault = postgres.difference(subject.down_dump, postgres.dump(subject.database))
        report.check(fault is None, f"crash: {subject.history.name} downgraded afterwards", fault)
