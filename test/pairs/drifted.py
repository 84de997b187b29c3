"""Drift of one pair: A is kept, then somebody makes B of it by hand.

drift() is empty exactly when the fingerprints are equal; revert_drift() makes them equal; capture() leaves no drift, and
show_schema() builds the same schema elsewhere.
"""
import prove

import postgres


def drift(session):
    return session.rows("SELECT kind, identity, change FROM schemaver.drift()")


def fingerprint(session):
    return session.value("SELECT schemaver.fingerprint()")


class Drift:
    """What holds of the session's schema before and after it is changed by hand."""

    def __init__(self, database):
        self.session, self.name = database.session, database.name

    def quietly(self, what, function, *arguments):
        try:
            return function(*arguments)
        except prove.pq.Error as e:
            raise prove.Failure(f"{what}: {e}")

    def keep(self):
        """Keep the schema as it is."""
        self.quietly("baseline", self.session.value, "SELECT schemaver.baseline()")
        self.before = fingerprint(self.session)
        self.expect_none("after baseline()")

    def expect_none(self, when):
        rows = self.quietly(f"drift() {when}", drift, self.session)
        if rows:
            raise prove.Failure(f"drift {when}: {rows}")

    def check(self):
        """The schema has been changed by hand."""
        now = fingerprint(self.session)
        rows = self.quietly("drift()", drift, self.session)
        if bool(rows) != (now != self.before):
            raise prove.Failure(f"drift() has {len(rows)} rows, the fingerprints are {'equal' if now == self.before else 'not equal'}: {rows}")
        if rows:
            self.revert()
            self.capture(now)

    def revert(self):
        self.session.rows("BEGIN")
        try:
            self.quietly("revert_drift()", self.session.rows, "SELECT schemaver.revert_drift(allow_data_loss => true)")
            if fingerprint(self.session) != self.before:
                raise prove.Failure("revert_drift() leaves another schema than the kept one")
            self.expect_none("after revert_drift()")
        finally:
            self.session.rows("ROLLBACK")

    def capture(self, now):
        self.session.rows("BEGIN")
        try:
            self.quietly("capture()", self.session.value, "SELECT schemaver.capture('by hand', allow_data_loss => true)")
            self.expect_none("after capture()")
            shown = self.quietly("show_schema()", self.session.value, "SELECT schemaver.show_schema()")
        finally:
            self.session.rows("ROLLBACK")
        self.build(shown, now)

    def build(self, text, wanted):
        """The text alone makes the schema."""
        other = self.name + "_shown"
        postgres.copy(other, prove.TEMPLATE)
        try:
            with postgres.connect(other, client_min_messages="error") as session:
                try:
                    postgres.psql(other, text=text)
                except postgres.PsqlError as e:
                    raise prove.Failure(f"what show_schema() gives: {e}")
                if fingerprint(session) != wanted:
                    raise prove.Failure("show_schema() builds another schema")
        finally:
            prove.remove(other)
