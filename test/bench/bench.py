"""Measure schemaver beside psql and Alembic; see README.md."""
import os
import statistics
import subprocess
import sys
import tempfile
import time

NUMBERS = [a for a in sys.argv[1:] if a.isdigit()]
CASES = [a for a in sys.argv[1:] if not a.isdigit()] or ["tables", "columns", "down", "nothing", "plan"]
ROUNDS = int(NUMBERS[0]) if NUMBERS else 5
PYTHON = "/usr/bin/python3"
ENV = dict(os.environ, PGOPTIONS="-c client_min_messages=error -c schemaver.progress=off")
TABLES = 50


def psql(db, *args, text=None):
    p = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", db, *args],
                       env=ENV, input=text, capture_output=True, text=True)
    if p.returncode:
        raise RuntimeError(p.stderr)
    return p.stdout


def fresh(db, setup=""):
    psql("postgres", "-c", f"DROP DATABASE IF EXISTS {db} WITH (FORCE)", "-c", f"CREATE DATABASE {db}")
    psql(db, text="CHECKPOINT;" + setup)


def timed(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def table_steps(n):
    return [f"CREATE TABLE t{i} (id bigint PRIMARY KEY, a text, b int);\n"
            f"CREATE INDEX t{i}_a ON t{i} (a);\nCOMMENT ON TABLE t{i} IS 'table {i}';" for i in range(n)]


def column_steps(n):
    return [f"ALTER TABLE c{i % TABLES} ADD COLUMN x{i} int;" for i in range(n)]


def column_setup():
    return "".join(f"CREATE TABLE c{i} (id int);" for i in range(TABLES))


def registration(steps):
    rows = "".join(f"SELECT schemaver.revision('step {i}', $u${s}$u$, id => 'r{i:06d}') \\g /dev/null\n"
                   for i, s in enumerate(steps))
    return f"CREATE EXTENSION schemaver;\nBEGIN;\n{rows}COMMIT;\n"


def alembic_project(folder, steps):
    os.makedirs(f"{folder}/versions")
    open(f"{folder}/script.py.mako", "w").close()
    with open(f"{folder}/env.py", "w") as f:
        f.write("import os\nfrom alembic import context\nfrom sqlalchemy import create_engine\n"
                "engine = create_engine('postgresql+psycopg2:///' + os.environ['BENCH_DB'])\n"
                "with engine.connect() as connection:\n"
                "    context.configure(connection=connection)\n"
                "    with context.begin_transaction():\n"
                "        context.run_migrations()\n")
    for i, s in enumerate(steps):
        down = f"'r{i - 1:06d}'" if i else None
        calls = "".join(f"    op.execute({line!r})\n" for line in s.split("\n"))
        with open(f"{folder}/versions/r{i:06d}.py", "w") as f:
            f.write(f"from alembic import op\nrevision = 'r{i:06d}'\ndown_revision = {down}\n"
                    f"def upgrade():\n{calls}")
    with open(f"{folder}/alembic.ini", "w") as f:
        f.write(f"[alembic]\nscript_location = {folder}\n")


def alembic(folder, db):
    p = subprocess.run([PYTHON, "-m", "alembic", "-c", f"{folder}/alembic.ini", "upgrade", "head"],
                       env=dict(os.environ, BENCH_DB=db), capture_output=True, text=True)
    if p.returncode:
        raise RuntimeError(p.stderr[-2000:])


def have_alembic():
    return subprocess.run([PYTHON, "-c", "import alembic, sqlalchemy, psycopg2"],
                          capture_output=True).returncode == 0


def report(name, ways):
    """ways: {name of the way: [seconds]}; the first is the floor."""
    floor = statistics.median(next(iter(ways.values())))
    for way, times in ways.items():
        m = statistics.median(times)
        print(f"{name:28} {way:12} median {m * 1000:9.1f} ms  min {min(times) * 1000:9.1f}"
              f"  max {max(times) * 1000:9.1f}  ratio {m / floor:6.2f}", flush=True)


def run_case(name, steps, setup=""):
    ways = {"psql -1 -f": [], "schemaver": []}
    with tempfile.TemporaryDirectory() as tmp:
        with open(f"{tmp}/all.sql", "w") as f:
            f.write("\n".join(steps) + "\n")
        if have_alembic():
            ways["alembic"] = []
            alembic_project(f"{tmp}/alembic", steps)
        fresh("bench_registered", setup + registration(steps))
        for _ in range(ROUNDS):
            fresh("bench_run", setup)
            ways["psql -1 -f"].append(timed(lambda: psql("bench_run", "-1", "-f", f"{tmp}/all.sql")))
            psql("postgres", "-c", "DROP DATABASE IF EXISTS bench_run WITH (FORCE)",
                 "-c", "CREATE DATABASE bench_run TEMPLATE bench_registered")
            psql("bench_run", "-c", "CHECKPOINT")
            ways["schemaver"].append(timed(lambda: psql("bench_run", "-c", "SELECT count(*) FROM schemaver.upgrade()")))
            if "alembic" in ways:
                fresh("bench_run", setup)
                ways["alembic"].append(timed(lambda: alembic(f"{tmp}/alembic", "bench_run")))
    report(name, ways)


def down_case(steps):
    """Undo the steps by derived downs, beside the same statements in one transaction of psql."""
    drops = "".join(f"DROP TABLE public.t{i};\n" for i in reversed(range(len(steps))))
    ways = {"psql -1 -f": [], "schemaver": []}
    with tempfile.TemporaryDirectory() as tmp:
        for name, text in (("up", "\n".join(steps) + "\n"), ("down", drops)):
            with open(f"{tmp}/{name}.sql", "w") as f:
                f.write(text)
        for _ in range(ROUNDS):
            fresh("bench_run")
            psql("bench_run", "-1", "-f", f"{tmp}/up.sql")
            ways["psql -1 -f"].append(timed(lambda: psql("bench_run", "-1", "-f", f"{tmp}/down.sql")))
            fresh("bench_run", registration(steps))
            psql("bench_run", "-c", "SELECT count(*) FROM schemaver.upgrade()")
            ways["schemaver"].append(timed(lambda: psql("bench_run", "-c", "SELECT count(*) FROM schemaver.downgrade('base')")))
    report("down (1,000 revisions)", ways)


def register_graph(n, merges):
    """A line of n revisions, or one in which every fifth merges two."""
    if not merges:
        body = "PERFORM schemaver.revision('m' || i, 'SELECT 1', id => 'r' || i);"
    else:
        body = """IF i % 5 = 3 THEN
                    PERFORM schemaver.revision('m' || i, 'SELECT 1', id => 'r' || i, revises => ARRAY['r' || i - 2], splice => true);
                  ELSIF i % 5 = 4 THEN
                    PERFORM schemaver.merge(ARRAY['r' || i - 2, 'r' || i - 1], 'm' || i, 'r' || i);
                  ELSE
                    PERFORM schemaver.revision('m' || i, 'SELECT 1', id => 'r' || i);
                  END IF;"""
    fresh("bench_graph", "CREATE EXTENSION schemaver;")
    return timed(lambda: psql("bench_graph", text=f"DO $$ BEGIN FOR i IN 1..{n} LOOP {body} END LOOP; END $$;"
                              "ANALYZE schemaver.revision;"))


def server_ms(db, query, repeat):
    """Time of a query as psql sees it, connection excluded, ms."""
    out = psql(db, text="\\timing on\n" + f"{query};\n" * (repeat + 1))
    times = [float(line.split()[1].replace(",", ".")) for line in out.splitlines() if line.startswith("Time:")]
    return times


def graph_cases():
    for merges in (False, True):
        shape = "merge every fifth" if merges else "line"
        for n in (10000, 100000):
            took = register_graph(n, merges)
            print(f"{'register ' + shape:28} {n:7} revisions {took:8.2f} s  {took / n * 1e6:7.1f} us each", flush=True)
            times = server_ms("bench_graph", "SELECT count(*) FROM schemaver.plan('heads')", ROUNDS)
            print(f"{'plan ' + shape:28} {n:7} revisions first {times[0]:7.1f} ms  "
                  f"median {statistics.median(times[1:]):7.1f} ms", flush=True)


def nothing_cases():
    """What a new psql needs where all, or all but ten, of a long history is applied."""
    for n in (10000, 100000):
        register_graph(n, False)
        psql("bench_graph", "-c", "SELECT count(*) FROM schemaver.stamp('head')")
        calls = {"SELECT 1": "SELECT 1", "upgrade()": "SELECT count(*) FROM schemaver.upgrade()",
                 "check()": "SELECT schemaver.check()", "current()": "SELECT count(*) FROM schemaver.current()",
                 "status()": "SELECT count(*) FROM schemaver.status()"}
        ways = {name: [] for name in calls}
        for _ in range(3 * ROUNDS):
            for name, call in calls.items():
                ways[name].append(timed(lambda: psql("bench_graph", "-c", call)))
        report(f"nothing to do, {n} applied", ways)
        psql("bench_graph", text="".join(f"SELECT schemaver.revision('p{i}', 'SELECT 1');" for i in range(10)))
        ways = {"plan()": [timed(lambda: psql("bench_graph", "-c", "SELECT count(*) FROM schemaver.plan()"))
                           for _ in range(3 * ROUNDS)]}
        report(f"plan of 10 on {n}", ways)


def main():
    print(f"{psql('postgres', '-c', 'SHOW server_version').strip()}, "
          f"fsync {psql('postgres', '-c', 'SHOW fsync').strip()}, {ROUNDS} rounds")
    if "tables" in CASES:
        run_case("tables (1,000 revisions)", table_steps(1000))
    if "columns" in CASES:
        run_case("columns (1,000 revisions)", column_steps(1000), column_setup())
    if "down" in CASES:
        down_case(table_steps(1000))
    if "nothing" in CASES:
        nothing_cases()
    if "plan" in CASES:
        graph_cases()
    if "profile" in CASES:      # for test/bench/profile: a database in which a case waits to be run
        case = "columns" if "columns-steps" in CASES else "tables"
        fresh("bench_profile", (column_setup() if case == "columns" else "") +
              registration(column_steps(1000) if case == "columns" else table_steps(1000)))
        return
    for db in ("bench_run", "bench_registered", "bench_graph"):
        psql("postgres", "-c", f"DROP DATABASE IF EXISTS {db} WITH (FORCE)")


if __name__ == "__main__":
    main()
