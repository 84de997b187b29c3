#!/usr/bin/env python3
"""Online runs on a busy table, and changes of many rows in batches.

    online.py lock      pgbench goes on while a column is added behind a query of 10 s
    online.py batches   a batched UPDATE of --rows rows beside one plain UPDATE

libpq's environment names a server where schemaver is installed; the user is a superuser.  The database
sv_bench is made and dropped.  Exit status 1: a bound of the acceptance is not kept.
"""
import argparse, glob, os, subprocess, sys, tempfile, threading, time

DB = "sv_bench"
LOCK_TIMEOUT = 1000     # ms
HELD = 10               # s


def psql(sql, db=DB, check=True):
    p = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", db], input=sql, capture_output=True, text=True)
    if check and p.returncode:
        raise RuntimeError(p.stderr)
    return p.stdout.strip(), p.stderr


def fresh():
    psql(f"DROP DATABASE IF EXISTS {DB} WITH (FORCE)", "postgres")
    psql(f"CREATE DATABASE {DB}", "postgres")
    psql("CREATE EXTENSION schemaver")


def add_column(name, command):
    """Run pgbench, a long query, and behind it "command"; return the longest wait of a client in ms."""
    with tempfile.TemporaryDirectory() as folder:
        bench = subprocess.Popen(["pgbench", "-n", "-c", "4", "-T", str(HELD + 8), "-R", "100", "-l",
                                  "--log-prefix", folder + "/log", DB], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(2)
        holder = threading.Thread(target=psql, args=(f"BEGIN; SELECT count(*) FROM pgbench_accounts WHERE aid < 10; SELECT pg_sleep({HELD}); COMMIT",))
        holder.start()
        time.sleep(1)
        start = time.time()
        _, err = psql(command)
        took = time.time() - start
        holder.join()
        bench.wait()
        waits = [(int(line.split()[2]) - int(line.split()[6])) / 1000
                 for log in glob.glob(folder + "/log*") for line in open(log)]
    longest = max(waits)
    print(f"{name:34} {took:6.1f} s; longest of {len(waits)} transactions {longest:8.0f} ms; attempts {err.count('attempt') + 1}")
    return longest


def lock():
    fresh()
    subprocess.run(["pgbench", "-i", "-s", "5", "-q", DB], check=True, capture_output=True)
    psql("SELECT schemaver.revision('add', 'ALTER TABLE pgbench_accounts ADD COLUMN one int', id => 'r1')")
    plain = add_column("ALTER TABLE as it is", "ALTER TABLE pgbench_accounts ADD COLUMN two int")
    online = add_column("online_upgrade()", f"SET schemaver.lock_timeout = {LOCK_TIMEOUT}; CALL schemaver.online_upgrade()")
    bound = LOCK_TIMEOUT + 100
    print(f"bound: {bound} ms; {plain / online:.1f} times shorter than as it is")
    return online <= bound


SETUP = """
CREATE TABLE {t} (id bigint PRIMARY KEY, name text NOT NULL, low text);
INSERT INTO {t} SELECT g, 'Name ' || g FROM generate_series(1, {n}) g;
VACUUM ANALYZE {t}; CHECKPOINT;
"""


def size(table):
    return int(psql(f"SELECT pg_total_relation_size('{table}')")[0]) / 1e6


def dead(table):
    psql("SELECT pg_stat_force_next_flush()", check=False)
    time.sleep(1.5)
    return int(psql(f"SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = '{table}'")[0])


def batches(rows):
    fresh()
    psql(SETUP.format(t="plain", n=rows))
    start = time.time()
    psql("UPDATE plain SET low = lower(name) WHERE low IS NULL")
    plain = time.time() - start
    print(f"one UPDATE of {rows} rows        {plain:7.1f} s; {dead('plain'):8} dead rows; {size('plain'):6.0f} MB")
    psql("DROP TABLE plain")

    psql(SETUP.format(t="batched", n=rows))
    psql("""SELECT schemaver.revision('fill', $$
-- schemaver:batch table=batched key=id size=1000 target=200ms
-- schemaver:batch-left low IS NULL
UPDATE batched SET low = lower(name) WHERE low IS NULL /* schemaver:range */$$, id => 'r1')""")
    longest, stop = [0.0], threading.Event()

    def watch():
        while not stop.wait(0.1):
            out, _ = psql("SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0) FROM pg_stat_activity "
                          "WHERE query LIKE 'CALL schemaver%' AND backend_xid IS NOT NULL")
            longest[0] = max(longest[0], float(out))

    watcher = threading.Thread(target=watch)
    watcher.start()
    start = time.time()
    psql("CALL schemaver.online_upgrade()")
    took = time.time() - start
    stop.set()
    watcher.join()
    left = int(psql("SELECT count(*) FROM batched WHERE low IS NULL")[0])
    print(f"in batches                     {took:7.1f} s; {dead('batched'):8} dead rows; {size('batched'):6.0f} MB; "
          f"longest transaction seen {longest[0] * 1000:.0f} ms; {left} rows left")
    print(f"speed: {plain / took:.2f} of the plain UPDATE (bound: 0.8)")
    return plain / took >= 0.8 and left == 0


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("part", choices=["lock", "batches"])
    ap.add_argument("--rows", type=int, default=5000000)
    a = ap.parse_args()
    good = lock() if a.part == "lock" else batches(a.rows)
    psql(f"DROP DATABASE IF EXISTS {DB} WITH (FORCE)", "postgres")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
