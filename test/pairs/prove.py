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


class Failure(Exception):
    """What did not hold, with the evidence."""


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
    postgres.drop(database)
    return result


def expect(what, wanted, got, database):
    rest = witness.difference(wanted, got)
    if rest and witness.difference(_again(wanted, database), _again(got, database)):
        raise Failure(f"{what}: the dumps differ (- wanted, + got)\n{rest}")


def _diff(session, text, reverse=False):
    return session.column("SELECT sql FROM schemaver.diff($1::text, $2::boolean) WHERE sql IS NOT NULL ORDER BY position",
                          text, "true" if reverse else "false")


def _text(statements):
    return "".join(f"{s};\n" for s in statements)


class Pair:
    """Two databases that are built from two lists of statements."""

    def __init__(self, name):
        self.names = [f"pairs_{name}_{x}" for x in "abc"]
        self.sessions = []

    def __enter__(self):
        for name in self.names[:2]:
            postgres.fresh(name)
            self.sessions.append(postgres.connect(name, client_min_messages="error"))
        self.a, self.b = self.sessions
        return self

    def __exit__(self, *_):
        for session in self.sessions:
            session.close()
        for name in self.names:
            postgres.drop(name)

    def build(self, old, new):
        for session in self.sessions:
            session.rows("CREATE EXTENSION schemaver")
        self.old, self.new = build(self.a, old), build(self.b, new)
        self.dumps = [witness.dump(name) for name in self.names[:2]]

    def _quietly(self, what, function, *arguments):
        try:
            return function(*arguments)
        except pq.Error as e:
            raise Failure(f"{what}: {e}")

    def prove(self, autogenerate, snapshots):
        """Raise Failure unless all holds; returns how many statements there were."""
        rest = self._quietly("diff of A to A", _diff, self.a, _text(self.old))
        if rest:
            raise Failure("A differs from A:\n" + "\n".join(rest))
        self.up = self._quietly("diff", _diff, self.a, _text(self.new))
        self.down = self._quietly("reverse diff", _diff, self.a, _text(self.new), True)
        if autogenerate:
            self._autogenerate()
        if snapshots:
            self._snapshots()
        apply(self.a, self.up, "up")
        expect("up", self.dumps[1], witness.dump(self.names[0]), self.names[2])
        apply(self.a, self.down, "down")
        expect("down", self.dumps[0], witness.dump(self.names[0]), self.names[2])
        return len(self.up)

    def _autogenerate(self):
        found = self._quietly("autogenerate", self.a.value, "SELECT schemaver.autogenerate('pair', $1)", _text(self.new))
        if (found is None) != (not self.up):
            raise Failure(f"autogenerate gave {found}, the diff has {len(self.up)} statements")

    def _snapshots(self):
        old, new = (s.value("SELECT schemaver.snapshot()") for s in (self.a, self.b))
        rows = self._quietly("diff of snapshots", self.a.column,
                             "SELECT sql FROM schemaver.diff($1::jsonb, $2::jsonb) WHERE sql IS NOT NULL ORDER BY position", old, new)
        if rows != self.up:
            raise Failure("diff of snapshots is not diff of texts:\n" + "\n".join(
                f"{'-' if x in self.up else '+'} {x}" for x in self.up + rows if (x in self.up) != (x in rows)) or "the order")
