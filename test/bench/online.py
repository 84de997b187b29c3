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
CREATE TABLE {t} (id bigint PRIMARY KEY, name text NOT NULL, low text, began timestamptz);
INSERT INTO {t} SELECT g, 'Name ' || g FROM generate_series(1, {n}) g;
VACUUM ANALYZE {t}; CHECKPOINT;
"""


def size(table):
    return int(psql(f"SELECT pg_total_relation_size('{table}')")[0]) / 1e6


def dead(table):
    return int(psql(f"SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = '{table}'")[0])


def server_cpu():
    """CPU seconds of all the server's processes until now; they tell more than the clock when others use the machine."""
    with open(psql("SHOW data_directory", "postgres")[0] + "/postmaster.pid") as f:
        postmaster = f.readline().strip()
    ticks = 0
    for name in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(name) as f:
                fields = f.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if name.split("/")[2] == postmaster:
            ticks += sum(map(int, fields[11:15]))
        elif fields[1] == postmaster:
            ticks += sum(map(int, fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def timed(command):
    """Run it; return what it says, its seconds by the clock, and the server's CPU seconds."""
    start, cpu = time.time(), server_cpu()
    _, err = psql(command)
    return err, time.time() - start, server_cpu() - cpu


def longest(table):
    """The longest transaction that wrote the table's rows, from its start to its commit record, in ms."""
    return float(psql(f"SELECT 1000 * max(extract(epoch FROM pg_xact_commit_timestamp(xmin) - began)) "
                      f"FROM (SELECT DISTINCT xmin, began FROM {table}) s")[0])


def batches(rows, target):
    if psql("SHOW track_commit_timestamp", "postgres")[0] != "on":
        sys.exit("set track_commit_timestamp = on: the length of transactions is read from the rows that they wrote")
    fresh()
    psql(SETUP.format(t="plain", n=rows))
    _, plain, plain_cpu = timed("UPDATE plain SET low = lower(name), began = now() WHERE low IS NULL")
    time.sleep(1.5)
    print(f"one UPDATE of {rows} rows  {plain:6.1f} s, {plain_cpu:.1f} s of CPU; {dead('plain')} dead rows at the end, {size('plain'):.0f} MB", flush=True)
    psql("DROP TABLE plain")

    psql(SETUP.format(t="batched", n=rows))
    psql(f"""SELECT schemaver.revision('fill', $$
-- schemaver:batch table=batched key=id size=1000 target={target}ms
-- schemaver:batch-left low IS NULL
UPDATE batched SET low = lower(name), began = now() WHERE low IS NULL /* schemaver:range */$$, id => 'r1')""")
    most, stop = [0], threading.Event()

    def watch():
        while not stop.wait(1):
            most[0] = max(most[0], dead("batched"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    err, took, cpu = timed("CALL schemaver.online_upgrade()")
    stop.set()
    watcher.join()
    time.sleep(1.5)
    left = int(psql("SELECT count(*) FROM batched WHERE low IS NULL")[0])
    worst = longest("batched")
    print(f"in batches                   {took:6.1f} s, {cpu:.1f} s of CPU; {dead('batched')} dead rows at the end, {most[0]} at most, {size('batched'):.0f} MB; {left} rows left")
    print([line for line in err.splitlines() if "longest" in line][0])
    print(f"longest transaction {worst:.0f} ms (target: {target})")
    print(f"speed: {plain / took:.2f} of the plain UPDATE (bound: 0.8); by CPU {plain_cpu / cpu:.2f}", flush=True)
    return plain / took >= 0.8 and left == 0 and worst <= target


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("part", choices=["lock", "batches"])
    ap.add_argument("--rows", type=int, default=5000000)
    ap.add_argument("--target", type=int, default=200, help="ms")
    a = ap.parse_args()
    good = lock() if a.part == "lock" else batches(a.rows, a.target)
    psql(f"DROP DATABASE IF EXISTS {DB} WITH (FORCE)", "postgres")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
