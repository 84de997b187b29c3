"""diff() on the schema that a history leaves: nothing against its own pg_dump, and all of it from empty."""
import postgres
import pq

DIFF = "SELECT sql FROM schemaver.diff($1::text) WHERE sql IS NOT NULL ORDER BY position"


def run(report, history, witness, database, copy):
    """Returns what there was to do."""
    wanted = witness.head()
    text = _without_meta(wanted)
    postgres.fresh(database)
    postgres.psql(database, text=wanted)
    history.prepare(copy, extension=True)
    try:
        with postgres.connect(database) as session:
            session.rows("CREATE EXTENSION schemaver")
            rest = session.column(DIFF.replace("$1::text)", "$1::text, options => '{\"owners\": false}')"), text)
            report.check(not rest, f"{history.name}: diff to its own pg_dump", lambda: "\n".join(rest[:10]))
        with postgres.connect(copy) as session:
            statements = session.column(DIFF, text)
            session.rows("BEGIN")
            for statement in statements:
                session.rows(statement)
            session.rows("COMMIT")
            rest = session.column(DIFF, text)
            report.check(not rest, f"{history.name}: diff from empty, applied", lambda: "\n".join(rest[:10]))
    except pq.Error as e:
        report.fail(f"{history.name}: engine", e)
        return None
    fault = postgres.difference(wanted, postgres.dump(copy))
    report.check(fault is None, f"{history.name}: dump after the diff from empty", fault)
    return f"{len(statements)} statements from empty"


def _without_meta(text):
    """pg_dump's text without the lines that are for psql alone."""
    return "".join(line for line in text.splitlines(True) if not line.startswith("\\"))
