"""Measure the schema engine beside pg_dump, and what its clients notice; see README.md."""
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

ENV = dict(os.environ, PGOPTIONS="-c client_min_messages=error")
ROUNDS = 3
DB = "bench_schema"
TABLE = ("CREATE TABLE t%1$s (id bigint PRIMARY KEY, a text NOT NULL, b int DEFAULT 0, c numeric(10,2), "
         "d timestamptz DEFAULT now(), e varchar(40), f boolean NOT NULL DEFAULT false, g jsonb, h date, "
         "i int CONSTRAINT i_pos CHECK (i > 0)); "
         "CREATE INDEX t%1$s_a ON t%1$s (a); CREATE INDEX t%1$s_b ON t%1$s (b, c) WHERE f")


def psql(db, *args, text=None):
    p = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", db, *args],
                       env=ENV, input=text, capture_output=True, text=True)
    if p.returncode:
        raise RuntimeError(p.stderr)
    return p.stdout


def timed(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def fresh(tables):
    psql("postgres", "-c", f"DROP DATABASE IF EXISTS {DB} WITH (FORCE)", "-c", f"CREATE DATABASE {DB}")
    psql(DB, text="CREATE EXTENSION schemaver;\n"
         f"SELECT format($${TABLE}$$, n) FROM generate_series(1, {tables}) n \\gexec\nVACUUM ANALYZE;\nCHECKPOINT;\n")


def drop():
    psql("postgres", "-c", f"DROP DATABASE IF EXISTS {DB} WITH (FORCE)")


def server(queries, setup=""):
    """Milliseconds of each query in one session, the first run of each left out, and the backend's peak memory in MB."""
    text = setup + "\\o /dev/null\n"
    for query in queries:
        text += f"{query};\n" + "\\timing on\n" + f"{query};\n" * ROUNDS + "\\timing off\n"
    text += "\\o\nSELECT substring(pg_read_file('/proc/self/status') FROM 'VmHWM:\\s*(\\d+)');\n"
    lines = psql(DB, text=text).splitlines()
    times = [float(m.group(1)) for m in (re.match(r"Time: ([\d.]+) ms", line) for line in lines) if m]
    return [times[i * ROUNDS:(i + 1) * ROUNDS] for i in range(len(queries))], int(lines[-1]) / 1024


def report(name, times, floor, memory=None):
    median = statistics.median(times)
    print(f"{name:34} median {median:9.1f} ms  min {min(times):9.1f}  ratio {median / floor:6.2f}"
          + (f"  peak {memory:7.0f} MB" if memory else ""), flush=True)
    return median


def dump():
    subprocess.run(["pg_dump", "-s", "-N", "schemaver", "-d", DB], env=ENV, stdout=subprocess.DEVNULL, check=True)


def schema_case(tables):
    """One size; returns the median of snapshot()."""
    fresh(tables)
    floor = statistics.median(timed(dump) * 1000 for _ in range(ROUNDS))
    print(f"{tables} tables: pg_dump -s {floor:.1f} ms")
    times, memory = server(["SELECT schemaver.snapshot()"])
    snapshot = report("snapshot()", times[0], floor, memory)
    times, memory = server(["SELECT schemaver.fingerprint()"])
    report("fingerprint()", times[0], floor, memory)
    psql(DB, text="CREATE TABLE kept AS SELECT schemaver.snapshot() AS before;\n"
         f"SELECT format('ALTER TABLE t%s ADD COLUMN new text; ALTER TABLE t%1$s ALTER b SET DEFAULT 1', n * 20) "
         f"FROM generate_series(1, {tables} / 20) n \\gexec\nALTER TABLE kept ADD after jsonb;\n"
         "UPDATE kept SET after = schemaver.snapshot();\n")
    times, memory = server(["SELECT count(*) FROM kept, schemaver.diff(before, after)"])
    diff = report("diff() of two snapshots, 5 %", times[0], floor, memory)
    print(f"{'':34} {diff / (2 * snapshot):.2f} of two snapshots")
    psql(DB, text="CREATE SCHEMA few CREATE TABLE a (id int PRIMARY KEY) CREATE TABLE b (a int REFERENCES few.a) CREATE TABLE c (id int)")
    times, memory = server(["SELECT schemaver.snapshot('{few}')"])
    report("snapshot() of 3 other tables", times[0], floor)
    return snapshot


def pgbench(seconds, meanwhile):
    """Transactions' latencies in ms while meanwhile() runs."""
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/write.sql", "w") as f:
            f.write("\\set n random(1, 1000)\nINSERT INTO t1 (id, a) VALUES (:n, 'x') ON CONFLICT (id) DO UPDATE SET b = t1.b + 1;\n")
        command = ["pgbench", "-n", "-c", "4", "-j", "1", "-R", "200", "-T", str(seconds), "-f", f"{folder}/write.sql",
                   "-l", f"--log-prefix={folder}/log", DB]
        process = subprocess.Popen(command, env=ENV, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)
        end = time.time() + seconds - 2
        while time.time() < end:
            meanwhile()
        process.wait()
        latencies = []
        for name in os.listdir(folder):
            if name.startswith("log"):
                with open(f"{folder}/{name}") as f:
                    for line in f:
                        fields = line.split()
                        latencies.append((int(fields[2]) - int(fields[6])) / 1000)
    return sorted(latencies)


def live_case(tables, seconds):
    """What writers to a table notice while its schema is compared."""
    fresh(tables)
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/wanted.sql", "w") as f:
            subprocess.run(["pg_dump", "-s", "-N", "schemaver", "-d", DB], env=ENV, stdout=f, check=True)
            f.write("ALTER TABLE public.t1 ADD COLUMN new text;\n")
        with open(f"{folder}/wanted.sql") as f:
            wanted = f.read().replace("CREATE EXTENSION IF NOT EXISTS schemaver", "--")
        wanted = "\n".join(line for line in wanted.splitlines() if not line.startswith(("\\", "COMMENT ON EXTENSION")))
        ways = {
            "nothing": lambda: time.sleep(0.1),
            "busy loop (SELECT, no schemaver)": lambda: psql(DB, text="SELECT count(*) FROM generate_series(1, 3000000);"),
            "diff(wanted)": lambda: psql(DB, text=f"SELECT count(*) FROM schemaver.diff($wanted${wanted}$wanted$);"),
            "autogenerate, rolled back": lambda: psql(DB, text="BEGIN; SELECT schemaver.autogenerate('x', "
                                                      f"$wanted${wanted}$wanted$); ROLLBACK;"),
        }
        for name, meanwhile in ways.items():
            latencies = pgbench(seconds, meanwhile)
            print(f"{name:34} {len(latencies):6} transactions  99 % {latencies[int(len(latencies) * 0.99)]:7.1f} ms  "
                  f"longest {latencies[-1]:7.1f} ms", flush=True)


def main():
    what = sys.argv[1] if len(sys.argv) > 1 else "all"
    if what in ("all", "speed"):
        small, big = schema_case(1000), schema_case(10000)
        print(f"10 times the tables: {big / small:.1f} times the time")
    if what in ("all", "live"):
        live_case(100, 20)
    drop()


if __name__ == "__main__":
    main()
