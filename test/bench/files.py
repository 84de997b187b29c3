"""Measure load_directory() of thousands of files; see README.md."""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

DB = "bench_files"
ROUNDS = 3
UP = ("CREATE TABLE t{0} (\n\tid bigint PRIMARY KEY,\n\tname text NOT NULL,\n\tat timestamptz DEFAULT now()\n);\n"
      "CREATE INDEX ON t{0} (name);\n")
DOWN = "DROP TABLE t{0};\n"
FORMATS = {  # names and texts of the n-th migration
    "goose": lambda n: [(f"{n:05}_t{n}.sql", f"-- +goose Up\n{UP.format(n)}\n-- +goose Down\n{DOWN.format(n)}")],
    "flyway": lambda n: [(f"V{n}__t{n}.sql", UP.format(n))],
    "pairs": lambda n: [(f"{n}_t{n}.up.sql", UP.format(n)), (f"{n}_t{n}.down.sql", DOWN.format(n))],
}


def psql(text, database=DB):
    """Run it; the seconds that it took."""
    start = time.perf_counter()
    done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database, "-o", "/dev/null"], input=text,
                          capture_output=True, text=True, env=dict(os.environ, PGOPTIONS="-c client_min_messages=error"))
    if done.returncode:
        raise RuntimeError(done.stderr)
    return time.perf_counter() - start


def fresh():
    psql(f"DROP DATABASE IF EXISTS {DB} WITH (FORCE);\nCREATE DATABASE {DB};\n", "postgres")
    psql("CREATE EXTENSION schemaver;")


def write(folder, name, count):
    for n in range(1, count + 1):
        for file, text in FORMATS[name](n):
            with open(os.path.join(folder, file), "w") as f:
                f.write(text)


def measure(name, count):
    folder = tempfile.mkdtemp(prefix="schemaver_files_")
    os.chmod(folder, 0o755)
    times = {"psql": [], "new": [], "unchanged": []}
    try:
        write(folder, name, count)
        # psql reads each upgrade and executes it, a transaction for a hundred: one has not locks enough for all
        read = "".join(f"{'COMMIT; BEGIN;' if n % 100 == 0 else ''}\\i '{folder}/{FORMATS[name](n)[0][0]}'\n"
                       for n in range(1, count + 1))
        for _ in range(ROUNDS):
            fresh()
            times["new"].append(psql(f"SELECT * FROM schemaver.load_directory('{folder}');"))
            times["unchanged"].append(psql(f"SELECT * FROM schemaver.load_directory('{folder}');"))
            times["psql"].append(psql(f"BEGIN; {read} COMMIT;"))
    finally:
        shutil.rmtree(folder)
    floor, new, unchanged = (statistics.median(times[t]) for t in ("psql", "new", "unchanged"))
    print(f"{name:8} {count:6} files  psql {floor:6.2f} s  new {new:6.2f} s, {new / floor:.2f}  "
          f"unchanged {unchanged:6.2f} s, {unchanged / floor:.2f}", flush=True)


def main():
    for count in [int(a) for a in sys.argv[1:]] or [5000]:
        for name in FORMATS:
            measure(name, count)
    psql(f"DROP DATABASE IF EXISTS {DB} WITH (FORCE);", "postgres")


if __name__ == "__main__":
    main()
