"""Measure what is done in the sandbox beside psql that builds the same schema; see README.md."""
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

ENV = dict(os.environ, PGOPTIONS="-c client_min_messages=error -c schemaver.progress=off")
ROUNDS = 3
DB = "bench_sandbox"
KINDS = {
    "tables": lambda i: f"CREATE TABLE t{i} (id bigint PRIMARY KEY, a text NOT NULL, b int DEFAULT 0, c varchar(40));\n"
                        f"CREATE INDEX t{i}_a ON t{i} (a);\n",
    "views": lambda i: f"CREATE VIEW v{i} AS SELECT oid, relname, {i} AS n FROM pg_catalog.pg_class WHERE relkind = 'r';\n",
    "functions": lambda i: f"CREATE FUNCTION f{i}(a int, b text DEFAULT 'x') RETURNS int LANGUAGE sql AS 'SELECT a + {i}';\n",
}
CHANGES = {
    "tables": lambda i: f"ALTER TABLE t{i} ADD COLUMN new text;\n",
    "views": lambda i: f"CREATE OR REPLACE VIEW v{i} AS SELECT oid, relname, {i} AS n, 1 AS new FROM pg_catalog.pg_class;\n",
    "functions": lambda i: f"CREATE OR REPLACE FUNCTION f{i}(a int, b text DEFAULT 'x') RETURNS int LANGUAGE sql AS 'SELECT a - 1';\n",
}
CPU = "SELECT split_part(pg_read_file('/proc/self/schedstat'), ' ', 1);\n"


def psql(db, *args, text=None):
    p = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", db, *args],
                       env=ENV, input=text, capture_output=True, text=True)
    if p.returncode:
        raise RuntimeError(p.stderr)
    return p.stdout


def fresh(setup=None):
    psql("postgres", "-c", f"DROP DATABASE IF EXISTS {DB} WITH (FORCE)", "-c", f"CREATE DATABASE {DB}")
    psql(DB, "-c", "CREATE EXTENSION schemaver")
    if setup:
        psql(DB, "-1", "-f", setup)


def run(text):
    """Seconds of a new psql, CPU seconds of its backend, and the backend's own peak memory in MB."""
    peak = "SELECT pg_read_file('/proc/self/status');\n"
    start = time.perf_counter()
    out = psql(DB, text=CPU + text + CPU + peak)
    took = time.perf_counter() - start
    cpu = [int(line) for line in out.splitlines() if line.isdigit()]
    own, shared = (int(re.search(rf"{name}:\s*(\d+)", out).group(1)) for name in ("VmHWM", "RssShmem"))
    return took, (cpu[-1] - cpu[0]) / 1e9, (own - shared) / 1024


def size_case(kind, n):
    calls = {
        "snapshot()": ("live", "SELECT schemaver.snapshot() \\g /dev/null\n"),
        "baseline()": ("live", "SELECT schemaver.baseline() \\g /dev/null\n"),
        "diff(wanted)": ("live", "\\set wanted `cat WANTED`\nSELECT * FROM schemaver.diff(:'wanted') \\g /dev/null\n"),
        "autogenerate()": ("live", "\\set wanted `cat WANTED`\nSELECT schemaver.autogenerate('x', :'wanted') \\g /dev/null\n"),
        "test()": ("revision", "SELECT * FROM schemaver.test() \\g /dev/null\n"),
    }
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        live, wanted, build = (f"{folder}/{name}.sql" for name in ("live", "wanted", "build"))
        schema = "".join(KINDS[kind](i) for i in range(n))
        changes = "".join(CHANGES[kind](i) for i in range(0, n, 20))
        for path, text in ((live, schema), (wanted, schema + changes), (build, f"BEGIN;\n{schema}{changes}COMMIT;\n")):
            with open(path, "w") as f:
                f.write(text)
        times = {name: [] for name in ["build", *calls]}
        for _ in range(ROUNDS):
            fresh()
            times["build"].append(run(f"\\i {build}\n"))
            for name, (before, call) in calls.items():
                fresh(live if before == "live" else None)
                if before == "revision":
                    psql(DB, text=f"\\set up `cat {wanted}`\nSELECT schemaver.revision('all', :'up') \\g /dev/null\n")
                times[name].append(run(call.replace("WANTED", wanted)))
    report(kind, n, times)


def report(kind, n, times):
    middle = {name: [statistics.median(column) for column in zip(*rounds)] for name, rounds in times.items()}
    floor = [b + 2 * s for b, s in zip(middle["build"], middle["snapshot()"])]
    for name, (took, cpu, memory) in middle.items():
        ratio = "" if name in ("build", "snapshot()") else f"  ratio {took / floor[0]:5.2f}  of CPU {cpu / floor[1]:5.2f}"
        print(f"{n:6} {kind:10} {name:16} {took:7.2f} s  CPU {cpu:7.2f} s  {memory:6.0f} MB{ratio}", flush=True)


def main():
    kinds = [a for a in sys.argv[1:] if not a.isdigit()] or ["tables"]
    sizes = [int(a) for a in sys.argv[1:] if a.isdigit()] or [1000, 5000, 10000]
    for kind in kinds:
        for n in sizes:
            size_case(kind, n)
    psql("postgres", "-c", f"DROP DATABASE IF EXISTS {DB} WITH (FORCE)")


if __name__ == "__main__":
    main()
