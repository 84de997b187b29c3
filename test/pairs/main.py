#!/usr/bin/env python3
"""Random pairs of schemas against diff() and autogenerate(), with pg_dump as the witness.  See README.md."""
import argparse
import concurrent.futures
import os
import sys
import threading
import traceback

import drifted
import names
import prove
import schemas

import postgres


STEPS = 4
# A superuser's object with a domain, row type, view or operator class of another role: docs/security.md
REFUSALS = ("statement would run code of role", "a superuser, where expressions of another role are evaluated")


def parse():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("n", nargs="?", type=int, default=60, help="so many pairs")
    ap.add_argument("seed", nargs="?", default="1", help="the seed of the first chain; or the pair SEED.STEP, to begin there")
    ap.add_argument("--size", type=int, default=45, help="objects of a schema")
    ap.add_argument("--rate", type=float, default=0.12, help="share of them that is changed")
    ap.add_argument("--jobs", type=int, default=2)
    ap.add_argument("--show", action="store_true", help="write the SQL of failing pairs to pair-PAIR-{old,new,up,down}.sql")
    ap.add_argument("--port", type=int, default=6014)
    return ap.parse_args()


def chains(n, first):
    """(seed, the steps of its chain to prove) for n pairs."""
    seed, _, step = first.partition(".")
    seed, step = int(seed), int(step or 0)
    while n > 0:
        steps = range(step, min(step + n, STEPS))
        yield seed, steps
        n, seed, step = n - len(steps), seed + 1, 0


def show(pair, name):
    parts = {"old": pair.old.accepted, "new": pair.new.accepted, "up": pair.up, "down": pair.down}
    for part, statements in parts.items():
        with open(f"pair-{name}-{part}.sql", "w") as f:
            f.write("".join(s.rstrip(";") + ";\n" for s in statements))


def one_chain(args, version, seed, steps):
    """Prove the pairs of a chain; yields (pair, what failed or None)."""
    state, database = schemas.generate(seed, version, args.size), None
    try:
        for step in range(steps.stop):
            after = schemas.mutate(f"{seed}.{step}", state, args.rate)
            if step >= steps.start:
                name = f"{seed}.{step}"
                old = database or prove.Database(f"pairs_{name}", schemas.statements(state))
                database = None
                try:
                    database = prove.Database(f"pairs_{seed}.{step + 1}", schemas.statements(after))
                    yield name, one(args, name, old, database)
                finally:
                    old.close()
            state = after
    finally:
        if database:
            database.close()


def one(args, name, old, new):
    """None, or what failed."""
    pair, number = prove.Pair(old, new), sum(map(int, name.split(".")))
    drift = drifted.Drift(old) if number % 2 else None
    try:
        if drift:
            drift.keep()
        pair.prove(not drift, number % 3 == 0, drift)
        return None
    except prove.Failure as e:
        if args.show:
            show(pair, name)
        return str(e)


def main():
    args = parse()
    cluster = postgres.Cluster(args.port, name="pairs")
    os.environ.update(cluster.env, PATH=cluster.bin + os.pathsep + os.environ["PATH"])
    passed, failed, refused, lock = [], [], [], threading.Lock()

    def note(name, said):
        with lock:
            if said and any(refusal in said for refusal in REFUSALS):
                refused.append(name)
                if args.show:
                    print(f"refused {name}: {said[:3000]}\n", flush=True)
                return
            (failed if said else passed).append(name)
            if said:
                print(f"pair {name}: {said[:3000]}\n", flush=True)

    def work(chain):
        seed, steps = chain
        try:
            for name, said in one_chain(args, version, seed, steps):
                note(name, said)
        except Exception:
            note(f"{seed}", traceback.format_exc())

    try:
        postgres.psql("postgres", text="".join(f"CREATE ROLE {names.q(role)};\n" for role in names.ROLES) +
                      "SET allow_in_place_tablespaces = on;" +
                      "".join(f"CREATE TABLESPACE {space} LOCATION '';" for space in names.SPACES) +
                      "ALTER SYSTEM SET jit = off; SELECT pg_reload_conf();")
        prove.template()
        version = int(postgres.psql("postgres", "-c", "SHOW server_version_num")) // 10000
        with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
            list(pool.map(work, chains(args.n, args.seed)))
    finally:
        cluster.remove()
    if refused:
        print(f"# refused by design: {' '.join(refused)}")
    if len(refused) > max(1, args.n // 10):
        failed.append("too many are refused")
    print(f"{len(passed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
