"""Cases of Alembic put to schemaver: one graph after the other, each rolled back at its end."""
import pq

CRASHES = {"AssertionError", "KeyError", "AttributeError", "TypeError"}  # Alembic's own failures


class Answer:
    """What schemaver did: steps (None: a stamp or an error), heads, the error."""

    def __init__(self, steps=None, heads=None, error=None):
        self.steps, self.heads, self.error = steps, heads, error

    def __repr__(self):
        return f"{self.error}" if self.error else f"steps {self.steps}, heads {self.heads}"


class Graph:
    """A graph registered in a transaction that is never committed."""

    def __init__(self, session, revisions):
        self.session, self.revisions = session, revisions
        self.by_id = {r["id"]: r for r in revisions}
        session.rows("BEGIN")
        for r in revisions:
            session.rows("SELECT schemaver.revision(message => 'm', up => '', down => '', id => $1, revises => $2, "
                         "depends_on => $3, branch_labels => $4, splice => true)",
                         r["id"], r["down"], r["depends"], r["labels"])

    def close(self):
        self.session.rows("ROLLBACK")

    def current(self):
        return sorted(self.session.column("SELECT revision FROM schemaver.current()"))

    def applied(self):
        """Every applied revision, the one that was applied last first."""
        return self.session.column("SELECT revision FROM schemaver.applied ORDER BY rank DESC")

    def go_to(self, heads):
        """Make these the current heads; False if no set of applied revisions has them."""
        if self.current() != sorted(heads):
            try:
                self.session.rows("SAVEPOINT state")
                self.session.rows("SELECT schemaver.stamp($1, purge => true)", list(heads) or ["base"])
            except pq.Error:
                self.session.rows("ROLLBACK TO state")
                return False
        return self.current() == sorted(heads)

    def ask(self, command, target, purge=False):
        """Run one command; what it changed stays, unless it raised."""
        self.session.rows("SAVEPOINT asked")
        try:
            if command == "stamp":
                targets = target if isinstance(target, list) else [target]
                self.session.rows("SELECT schemaver.stamp($1, purge => $2)", targets, "t" if purge else "f")
                answer = Answer(None, self.current())
            else:
                steps = self.session.column(f"SELECT revision FROM schemaver.{command}($1)", target)
                answer = Answer(steps, self.current())
        except pq.Error as e:
            answer = Answer(error=e)
            self.session.rows("ROLLBACK TO asked")
        self.session.rows("RELEASE asked")
        return answer

    def parents(self, revision):
        r = self.by_id[revision]
        return r["down"] + [self._dependency(d) for d in r["depends"]]

    def _dependency(self, name):
        """A dependency may be given as a branch label."""
        if name in self.by_id:
            return name
        return next(r["id"] for r in self.revisions if name in r["labels"])

    def ordered(self, steps, upwards):
        """Does each step come after all that it stands on?"""
        place = {s: i for i, s in enumerate(steps if upwards else steps[::-1])}
        return all(place[p] < i for s, i in place.items() for p in self.parents(s) if p in place)

    def below(self, revisions, dependencies=True):
        """The revisions and all that they stand on."""
        found, todo = set(), list(revisions)
        while todo:
            r = todo.pop()
            if r not in found:
                found.add(r)
                todo += self.parents(r) if dependencies else self.by_id[r]["down"]
        return found

    def overlapping(self, heads):
        return any(h in self.below(set(heads) - {h}) for h in heads)


def verdict(graph, case, answer):
    """None where both agree, else how they differ."""
    if case.get("error") in CRASHES:
        return None
    if case.get("error"):
        return None if answer.error else "Alembic raises " + case["error"]
    if answer.error:
        return "schemaver raises " + (answer.error.sqlstate or "")
    if case["command"] != "stamp":
        if sorted(answer.steps) != sorted(case["steps"]):
            return "other steps"
        if not graph.ordered(answer.steps, case["command"] == "upgrade"):
            return "bad order"
    return None if sorted(answer.heads) == sorted(case["heads"]) else "other heads"
