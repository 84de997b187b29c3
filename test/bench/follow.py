"""Measure what derived downs and kept states cost a run; see README.md."""
import os
import statistics
import subprocess
import sys
import time

ENV = dict(os.environ, PGOPTIONS="-c client_min_messages=error")
ROUNDS = 3
DB = "bench_follow"
# tables, and every fourth revision alters one that another revision has made
REVISION = ("CASE WHEN i %% 4 = 0 THEN format('ALTER TABLE t%%s ADD COLUMN note text; CREATE INDEX ON t%%s (name)', i - 1, i - 1) "
            "ELSE format('CREATE TABLE t%%s (id bigint PRIMARY KEY, name text NOT NULL, at timestamptz DEFAULT now())', i) END")


def psql(db, text):
    p = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", db], env=ENV, input=text, capture_output=True, text=True)
    if p.returncode:
        raise RuntimeError(p.stderr)
    return p.stdout.strip()


def fresh(revisions, tables=0):
    psql("postgres", f"DROP DATABASE IF EXISTS {DB} WITH (FORCE);\nCREATE DATABASE {DB};\n")
    psql(DB, "CREATE EXTENSION schemaver;\n"
         f"SELECT format('CREATE TABLE other%s (id int PRIMARY KEY, name text)', i) FROM generate_series(1, {tables}) i \\gexec\n"
         f"SELECT count(schemaver.revision('t' || i, {REVISION.replace('%%', '%')}, '')) FROM generate_series(1, {revisions}) i "
         f"WHERE i > 0;\nUPDATE schemaver.script SET down = NULL; UPDATE schemaver.revision SET has_down = false;\n")


def run(on, target="head"):
    setting = "on" if on else "off"
    start = time.perf_counter()
    psql(DB, f"SET schemaver.progress = off; SET schemaver.derive_downs = {setting}; SET schemaver.keep_snapshots = {setting};\n"
         f"SELECT count(*) FROM schemaver.upgrade('{target}');\n")
    return (time.perf_counter() - start) * 1000


def many(revisions):
    """A long run with and without; returns the medians in ms."""
    times = {False: [], True: []}
    for _ in range(ROUNDS):
        for on in times:
            fresh(revisions)
            times[on].append(run(on))
    plain, followed = (statistics.median(times[on]) for on in (False, True))
    size = int(psql(DB, "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c WHERE relnamespace = 'schemaver'::regnamespace "
                    "AND relkind = 'r' AND relname IN ('object_version', 'state', 'derived')"))
    derived = psql(DB, "SELECT count(*) FROM schemaver.derived")
    print(f"{revisions:6} revisions  without {plain:9.1f} ms  with {followed:9.1f} ms  ratio {followed / plain:.2f}  "
          f"{derived} downs, {size / 1e6:.1f} MB", flush=True)
    return plain, followed


def one_among(tables):
    """One small revision in a database with many other tables, after the first state is kept."""
    times = []
    for _ in range(ROUNDS):
        fresh(8, tables)
        run(True, "+1")
        times.append(run(True, "+1"))
    print(f"one revision among {tables:6} tables {statistics.median(times):9.1f} ms", flush=True)


def main():
    sizes = [int(n) for n in sys.argv[1:]] or [1000, 5000]
    results = [many(n) for n in sizes]
    for n, (_, followed) in zip(sizes[1:], results[1:]):
        print(f"{n / sizes[0]:.0f} times the revisions: {followed / results[0][1]:.1f} times the time")
    for tables in (10, 10000):
        one_among(tables)
    psql("postgres", f"DROP DATABASE IF EXISTS {DB} WITH (FORCE)")


if __name__ == "__main__":
    main()
