"""All or nothing: an error in any statement of any pending revision leaves the database as it was."""
import random
import re

import postgres
import pq

FAULTS = [("SELECT 1/0;", "22012"), ("DROP TABLE there_is_no_such_table;", "42P01"),
          ("DO $fault$ BEGIN RAISE EXCEPTION 'on purpose' USING ERRCODE = 'ZZ001'; END $fault$;", "ZZ001"),
          ("CREATE TABLE schemaver_fault (); CREATE TABLE schemaver_fault ();", "42P07"),
          ("CREATE TABLE schemaver_fault (a int PRIMARY KEY); INSERT INTO schemaver_fault VALUES (1), (1);", "23505"),
          ("CREATE TABLE schemaver_fault (a int UNIQUE DEFERRABLE INITIALLY DEFERRED);"
           " INSERT INTO schemaver_fault VALUES (1), (1);", "23505"),
          ("SELECT pg_cancel_backend(pg_backend_pid()); SELECT pg_sleep(10);", "57014")]


def statement_ends(text):
    """Offsets after each ';' that ends a statement: quotes, comments, dollar quotes and BEGIN ATOMIC are skipped."""
    ends, i, depth = [0], 0, 0
    token = re.compile(r"--[^\n]*|/\*|'(?:''|[^'])*'|\"[^\"]*\"|\$(\w*)\$|[(\[]|[)\]]|;|[\w]+|\S|\s+")
    atomic = 0
    while i < len(text):
        m = token.match(text, i)
        word, i = m.group(), m.end()
        if word == "/*":
            i = text.index("*/", i) + 2
        elif m.group(1) is not None:
            i = text.index(word, i) + len(word)
        elif word in "([":
            depth += 1
        elif word in ")]":
            depth -= 1
        elif word.upper() == "ATOMIC" or (atomic and word.upper() == "CASE"):
            atomic += 1
        elif atomic and word.upper() == "END":
            atomic -= 1
        elif word == ";" and not depth and not atomic:
            ends.append(i)
    return ends


def spoil(rng, text):
    """The text with a fault after a random statement, and its SQLSTATE."""
    fault, sqlstate = rng.choice(FAULTS)
    ends = statement_ends(text)
    if not text.rstrip().endswith(";"):
        ends = [e for e in ends if e < len(text.rstrip())]
    at = rng.choice(ends)
    return text[:at] + "\n" + fault + "\n" + text[at:], sqlstate


def run(report, history, witness, database, rng, times):
    """Go up by random strides; before each, try it with a fault in it, and the way down, "times" in all."""
    done = 0
    while done < times:
        history.prepare(database, extension=True)
        with postgres.connect(database) as session:
            history.register(session)
            done += _once_up(report, history, session, database, rng, witness, times - done)
    return f"{done} faults"


def _once_up(report, history, session, database, rng, witness, times):
    done = 0
    while done < times:
        run_to = _transactional_steps(session)
        if not run_to:
            break
        for _ in range(min(times - done, 4)):
            done += _one(report, history, session, database, rng, run_to)
        session.rows("SELECT * FROM schemaver.upgrade($1)", rng.choice(run_to))
        done += _one_down(report, history, session, database, rng, witness)
    return done


def _transactional_steps(session):
    """What one run from here could reach."""
    steps = []
    for revision, transactional in session.rows("SELECT revision, transactional FROM schemaver.plan('head')"):
        if transactional != "t":
            break
        steps.append(revision)
    return steps


def _try(report, session, database, call, revision, sqlstate, rng, what):
    before = postgres.dump(database, everything=True)
    form = rng.choice(["alone", "savepoint", "transaction"])
    session.rows("ROLLBACK") if form == "alone" else session.rows("BEGIN; CREATE TABLE schemaver_own (); SAVEPOINT own")
    try:
        session.rows(call)
        report.fail(what, "no error")
    except pq.Error as e:
        report.check(e.sqlstate == sqlstate and f'revision "{revision}"' in (e.context or ""), what,
                     f"expected {sqlstate} in {revision}, got {e}")
    if form == "savepoint":
        session.rows("ROLLBACK TO own; DROP TABLE schemaver_own; COMMIT")
    elif form == "transaction":
        session.rows("COMMIT")  # which rolls back
    fault = postgres.difference(before, postgres.dump(database, everything=True))
    report.check(fault is None, f"{what} ({form}) changes nothing", fault)


def _one(report, history, session, database, rng, reachable):
    revision = rng.choice(reachable)
    step = next(s for s in history.steps if s.id == revision)
    text, sqlstate = spoil(rng, step.text("up"))
    target = rng.choice(reachable[reachable.index(revision):])
    what = f"{history.name}: upgrade to {target}, {sqlstate} in {revision}"
    session.rows("SELECT schemaver.edit($1, up => $2)", revision, text)
    _try(report, session, database, f"SELECT * FROM schemaver.upgrade('{target}')", revision, sqlstate, rng, what)
    session.rows("SELECT schemaver.edit($1, up => $2)", revision, step.text("up"))
    return 1


def _one_down(report, history, session, database, rng, witness):
    """The same downwards: an applied revision cannot be edited, so the fault comes by a revision of its own."""
    applied = session.column("SELECT revision FROM schemaver.applied ORDER BY rank DESC")
    reach = []
    for revision in applied:
        step = next(s for s in history.steps if s.id == revision)
        if not step.has_down or step.down_refused or step.number in witness.down_refused:
            break
        reach.append(revision)
    if not reach:
        return 0
    fault, sqlstate = rng.choice(FAULTS)
    revision = rng.choice(reach[:8])
    step = next(s for s in history.steps if s.id == revision)
    # a revision beside the history that depends on one of it is undone just before that one
    session.rows("SELECT schemaver.revision(message => 'fault', up => '', down => $1, id => 'fault', revises => '{}', "
                 "depends_on => $2)", fault, [revision])
    session.rows("SELECT * FROM schemaver.upgrade('fault')")
    target = step.parent or "base"
    _try(report, session, database, f"SELECT * FROM schemaver.downgrade('{target}', allow_data_loss => true)", "fault", sqlstate, rng,
         f"{history.name}: downgrade to {target}, {sqlstate} on the way")
    session.rows("SELECT * FROM schemaver.stamp($1, purge => true)", [applied[0]])
    session.rows("SELECT schemaver.remove('fault')")
    return 1
