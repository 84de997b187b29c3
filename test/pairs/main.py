#!/usr/bin/env python3
"""Random pairs of schemas against diff() and autogenerate(), with pg_dump as the witness.  See README.md."""
import argparse
import concurrent.futures
import os
import sys
import threading
import traceback

import names
import prove
import schemas

import postgres


def parse():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("n", nargs="?", type=int, default=60, help="so many pairs")
    ap.add_argument("seed", nargs="?", type=int, default=1, help="the seed of the first; the next has the next")
    ap.add_argument("--size", type=int, default=45, help="objects of a schema")
    ap.add_argument("--rate", type=float, default=0.12, help="share of them that is changed")
    ap.add_argument("--jobs", type=int, default=2)
    ap.add_argument("--show", action="store_true", help="write the SQL of failing pairs to pair-SEED-{a,b,up,down}.sql")
    ap.add_argument("--port", type=int, default=6014)
    return ap.parse_args()


def one(args, version, seed):
    """None, or what failed."""
    old = schemas.generate(seed, version, args.size)
    new = schemas.mutate(seed, old, args.rate)
    with prove.Pair(seed) as pair:
        try:
            pair.build(list(schemas.statements(old)), list(schemas.statements(new)))
            pair.prove(seed % 2 == 0, seed % 3 == 0)
            return None
        except prove.Failure as e:
            if args.show:
                for part in ("old", "new", "up", "down"):
                    with open(f"pair-{seed}-{part}.sql", "w") as f:
                        f.write("".join(s.rstrip(";") + ";\n" for s in getattr(pair, part, [])))
            return str(e)


def main():
    args = parse()
    cluster = postgres.Cluster(args.port, name="pairs")
    os.environ.update(cluster.env, PATH=cluster.bin + os.pathsep + os.environ["PATH"])
    failed, lock = [], threading.Lock()
    try:
        for role in names.ROLES:
            postgres.psql("postgres", text=f"CREATE ROLE {names.q(role)};")
        version = int(postgres.psql("postgres", "-c", "SHOW server_version_num")) // 10000

        def work(seed):
            try:
                said = one(args, version, seed)
            except Exception:
                said = traceback.format_exc()
            if said:
                with lock:
                    failed.append(seed)
                    print(f"seed {seed}: {said[:3000]}\n", flush=True)

        with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
            list(pool.map(work, range(args.seed, args.seed + args.n)))
    finally:
        cluster.remove()
    print(f"{args.n - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
