"""One pair of schemas, proven with pg_dump as the witness.

From A the diff to B leads to B's dump and the reverse diff back to A's; A differs from A in nothing; the diff of
two snapshots is the diff of the texts; autogenerate proves the pair.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../corpus"))

import postgres  # noqa: E402
import pq  # noqa: E402
import witness  # noqa: E402


TEMPLATE = "pairs_template"


class Failure(Exception):
    """What did not hold, with the evidence."""


def template():
    """Make the database that all others are copies of: it has the extension."""
    postgres.fresh(TEMPLATE)
    postgres.psql(TEMPLATE, text="CREATE EXTENSION schemaver;")


def build(session, statements):
    """Execute what the server accepts, in one transaction; returns it as a list."""
    accepted = []
    session.rows("BEGIN")
    for statement in statements:
        session.rows("SAVEPOINT here")
        try:
            session.rows(statement)
            accepted.append(statement)
        except pq.Error:
            session.rows("ROLLBACK TO here")
        session.rows("RELEASE here")
    try:
        session.rows("COMMIT")
    except pq.Error as e:
        raise Failure(f"the random schema cannot be committed: {e}")
    return accepted


def apply(session, statements, what):
    """Run statements in one transaction."""
    session.rows("BEGIN")
    for n, statement in enumerate(statements):
        try:
            session.rows(statement)
        except pq.Error as e:
            session.rows("ROLLBACK")
            raise Failure(f"{what}: statement {n + 1} of {len(statements)} fails: {e}\n{statement}")
    session.rows("COMMIT")


def _again(text, database):
    """A dump after one round through psql: what deparsing does not keep is gone."""
    postgres.fresh(database)
    postgres.psql(database, text=text, check=False)
    result = witness.dump(database)
    remove(database)
    return result


def remove(database):
    """Drop a database with its subscriptions, which would keep it."""
    with postgres.connect(database) as session:
        for name in session.column("SELECT quote_ident(subname) FROM pg_subscription s JOIN pg_database d ON d.oid = subdbid "
                                   "WHERE datname = current_database()"):
            session.rows(f"DROP SUBSCRIPTION {name}")
    postgres.drop(database)


def _diff(session, text, reverse=False):
    return session.column("SELECT sql FROM schemaver.diff($1::text, $2::boolean) WHERE sql IS NOT NULL ORDER BY position",
                          text, "true" if reverse else "false")


def _text(statements):
    return "".join(f"{s};\n" for s in statements)


class Database:
    """A database of its own with what the server accepts of some statements, and its dump."""

    def __init__(self, name, statements):
        self.name, self.again = name, name + "_again"
        self.session = None
        try:
            postgres.copy(name, TEMPLATE)
            self.session = postgres.connect(name, client_min_messages="error")
            self.accepted = build(self.session, statements)
            self.dump = witness.dump(name)
        except BaseException:
            self.close()
            raise

    def close(self):
        if self.session:
            self.session.close()
        remove(self.name)

    def expect(self, what, wanted):
        """Raise Failure unless its dump is that one."""
        got = witness.dump(self.name)
        rest = witness.difference(wanted, got)
        if rest and witness.difference(_again(wanted, self.again), _again(got, self.again)):
            raise Failure(f"{what}: the dumps differ (- wanted, + got)\n{rest}")


class Pair:
    """Two databases that are built from two lists of statements."""

    def __init__(self, old, new):
        self.a, self.b = old.session, new.session
        self.old, self.new = old, new
        self.up = self.down = []

    def _quietly(self, what, function, *arguments):
        try:
            return function(*arguments)
        except pq.Error as e:
            raise Failure(f"{what}: {e}")

    def prove(self, autogenerate, snapshots, drift=None):
        """Raise Failure unless all holds; returns how many statements there were.  "drift" is told when A has become B."""
        rest = self._quietly("diff of A to A", _diff, self.a, _text(self.old.accepted))
        if rest:
            raise Failure("A differs from A:\n" + "\n".join(rest))
        self.up = self._quietly("diff", _diff, self.a, _text(self.new.accepted))
        self.down = self._quietly("reverse diff", _diff, self.a, _text(self.new.accepted), True)
        if autogenerate:
            self._autogenerate()
        if snapshots:
            self._snapshots()
        apply(self.a, self.up, "up")
        self.old.expect("up", self.new.dump)
        if drift:
            drift.check()
        apply(self.a, self.down, "down")
        self.old.expect("down", self.old.dump)
        return len(self.up)

    def _autogenerate(self):
        found = self._quietly("autogenerate", self.a.value, "SELECT schemaver.autogenerate('pair', $1, allow_data_loss => true)", _text(self.new.accepted))
        if (found is None) != (not self.up):
            raise Failure(f"autogenerate gave {found}, the diff has {len(self.up)} statements")

    def _snapshots(self):
        old, new = (s.value("SELECT schemaver.snapshot()") for s in (self.a, self.b))
        rows = self._quietly("diff of snapshots", self.a.column,
                             "SELECT sql FROM schemaver.diff($1::jsonb, $2::jsonb) WHERE sql IS NOT NULL ORDER BY position", old, new)
        if rows != self.up:
            raise Failure("diff of snapshots is not diff of texts:\n" + "\n".join(
                f"{'-' if x in self.up else '+'} {x}" for x in self.up + rows if (x in self.up) != (x in rows)) or "the order")
