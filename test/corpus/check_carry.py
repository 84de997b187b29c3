"""What carries the state elsewhere: export() and load(), pg_dump and restore, CREATE DATABASE ... TEMPLATE."""
import random
import subprocess

import check_replay
import postgres
import pq

# all that a revision is, but not when and by whom it was registered
REVISIONS = ("SELECT revision, revises, depends_on, branch_labels, message, options, checksum, "
             "up, down, verify FROM schemaver.revision JOIN schemaver.script USING (revision) ORDER BY revision")
CHECKSUMS = "SELECT revision, revises, depends_on, branch_labels, message, options, checksum FROM schemaver.revision ORDER BY 1"
STATE = ["SELECT * FROM schemaver.current()", "SELECT * FROM schemaver.history()", "SELECT * FROM schemaver.status(true)",
         "SELECT * FROM schemaver.journal", "SELECT * FROM schemaver.revision ORDER BY position",
         "SELECT * FROM schemaver.script ORDER BY 1", "SELECT * FROM schemaver.applied ORDER BY rank",
         "SELECT * FROM schemaver.tag", "SELECT * FROM schemaver.branch_label", "SELECT * FROM schemaver.revision_child ORDER BY 1, 2"]


def round_trip(report, history, database, copy, seed):
    """export() into a new database: the same revisions, and the same files when exported from there."""
    history.prepare(database, extension=True)
    history.prepare(copy, extension=True)
    with postgres.connect(database) as session, postgres.connect(copy) as other:
        history.register(session)
        files = session.rows("SELECT name, content FROM schemaver.export()")
        report.same(len(history.steps), len(files), f"{history.name}: files of export()")
        other.rows("BEGIN")
        for name, content in files:
            other.rows("SELECT schemaver.load($1, $2)", name, content)
        other.rows("COMMIT")
        report.same(session.rows(CHECKSUMS), other.rows(CHECKSUMS), f"{history.name}: revisions loaded from export()")
        report.same(files, other.rows("SELECT name, content FROM schemaver.export()"), f"{history.name}: export() again")
        before = other.rows(REVISIONS)
        for name, content in random.Random(seed).sample(files, min(20, len(files))):
            other.rows("SELECT schemaver.load($1, $2)", name, content)
        report.same(before, other.rows(REVISIONS), f"{history.name}: load() of what is there changes nothing")


def directory(report, history, witness, database):
    """load_directory(): the folder of NNNN_name/{up,down}.sql, and the project's own where the layout is the same."""
    _directory(report, history, database, history.folder)
    if history.meta["format"] == "diesel" and not any("fixed" in s for s in history.meta["steps"]):
        _directory(report, history, database, history.originals)


def _directory(report, history, database, folder):
    what = f"{history.name}: load_directory({folder})"
    history.prepare(database, extension=True)
    with postgres.connect(database) as session:
        session.rows("BEGIN")
        history.register_within(session)
        ours = session.column("SELECT checksum FROM schemaver.revision ORDER BY 1")
        session.rows("ROLLBACK")
        try:
            session.rows("SELECT * FROM schemaver.load_directory($1)", folder)
        except pq.Error as e:
            bad = [s for s in history.steps if not s.down_parses]
            if report.check(bad and e.sqlstate == "SV007" and "down script" in e.detail, what, e):
                report.say(f"{what} is refused: the server's parser refuses {len(bad)} downs, the first {bad[0].name}")
            return
        theirs = session.column("SELECT checksum FROM schemaver.revision ORDER BY 1")
        report.same(len(history.steps), len(theirs), what)
        report.check(ours == theirs, what + ": checksums", lambda: f"{set(ours) ^ set(theirs)}")
        before = session.rows(REVISIONS)
        session.rows("SELECT * FROM schemaver.load_directory($1)", folder)
        report.check(before == session.rows(REVISIONS), what + " again changes nothing")


def baseline(report, history, full, raw, sv):
    """What pg_dump writes of a database at head, data included, as the first revision of another one."""
    done = subprocess.run(["pg_dump", "-N", "schemaver", "-d", full], capture_output=True, text=True, check=True)
    text = postgres.without_own(done.stdout)
    postgres.fresh(raw)
    postgres.psql(raw, "-1", "-o", "/dev/null", text=text)  # in one, or COPY places the rows in another order
    postgres.fresh(sv)
    with postgres.connect(sv) as session:
        session.rows("CREATE EXTENSION schemaver")
        session.rows("SELECT schemaver.revision(message => 'baseline', up => $1)", text)
        session.rows("SELECT * FROM schemaver.upgrade('head')")
    fault = postgres.difference(_with_data(raw), _with_data(sv))
    report.check(fault is None, f"{history.name}: its pg_dump as a revision", fault)


def _with_data(database):
    done = subprocess.run(["pg_dump", "-N", "schemaver", "-d", database], capture_output=True, text=True, check=True)
    return postgres.without_noise(done.stdout)


def dump_and_restore(report, history, witness, names, where):
    """A database with state in the middle of a history, dumped and restored: goes on as if it were the old one."""
    database, restored, copied = names
    step = history.steps[where - 1]
    history.prepare(database, extension=True)
    with postgres.connect(database) as session:
        history.register(session)
        session.rows("SELECT * FROM schemaver.upgrade($1)", step.id)
        session.rows("SELECT schemaver.tag('here')")
        state = [session.rows(q) for q in STATE]
    postgres.fresh(restored)
    for form in ("plain", "custom"):
        _restore(database, restored, form)
        _goes_on(report, history, witness, restored, state, where, f"{history.name} restored ({form}) at step {where}")
    postgres.copy(copied, database)
    _goes_on(report, history, witness, copied, state, where, f"{history.name} copied by TEMPLATE at step {where}")
    for name in (restored, copied):
        postgres.drop(name)


def _restore(database, restored, form):
    postgres.fresh(restored)
    made = subprocess.run(["pg_dump", "-F", form[0], "-d", database], capture_output=True, check=True)
    command = ["psql", "-XqAt", "-o", "/dev/null", "-v", "ON_ERROR_STOP=1"] if form == "plain" else ["pg_restore", "-e"]
    done = subprocess.run([*command, "-d", restored], input=made.stdout, capture_output=True)
    if done.returncode:
        raise RuntimeError(f"restore of {database}: {done.stderr.decode(errors='replace')[-400:]}")


def _goes_on(report, history, witness, database, state, where, what):
    with postgres.connect(database) as session:
        for query, rows in zip(STATE, state):
            report.same(rows, session.rows(query), f"{what}: {query}")
        end = _transactional_end(session, history)
        session.rows("SELECT * FROM schemaver.upgrade($1)", end.id)
        if end.number in witness.dumps:
            compare_sorted(report, f"dump of {what}, upgraded to {end.id}", witness.up_dump(end.number), database)
        fresh = session.value("SELECT schemaver.revision(message => 'afterwards', up => 'SELECT 1', down => 'SELECT 1', "
                              "revises => '{}')")
        report.check(fresh is not None, f"{what}: a new revision")
        session.rows("SELECT * FROM schemaver.upgrade($1)", fresh)
        report.same([fresh], session.column("SELECT revision FROM schemaver.downgrade($1, allow_data_loss => true)", f"{fresh}@base"),
                    f"{what}: downgrade")
        here = session.column("SELECT revision FROM schemaver.resolve('tag:here')")
        report.same([f"r{where:05d}"], here, f"{what}: the tag")


def compare_sorted(report, what, want, database):
    """Dumps with their lines sorted: pg_dump numbers and orders what a restore made in another order."""
    a, b = sorted(want.splitlines()), sorted(postgres.dump(database).splitlines())
    return report.check(a == b, what, lambda: f"only psql {list(set(a) - set(b))[:3]}, only schemaver {list(set(b) - set(a))[:3]}")


def _transactional_end(session, history):
    """The last step that one transaction reaches from here."""
    rows = session.rows("SELECT revision, transactional FROM schemaver.plan('head')")
    last = session.value("SELECT revision FROM schemaver.current()")
    for revision, transactional in rows:
        if transactional != "t":
            break
        last = revision
    return next(s for s in history.steps if s.id == last)
