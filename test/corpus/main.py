#!/usr/bin/env python3
"""schemaver against real migration histories and against Alembic.  See README.md."""
import argparse
import concurrent.futures
import os
import random
import sys
import traceback

import check_atomic
import check_carry
import check_crash
import check_derived
import check_engine
import check_loading
import check_downs
import check_oddities
import check_online
import check_oracle
import check_replay
import check_script
import check_squash
import check_undo
import history as corpus
import postgres
import report as reports


def parse():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("checks", nargs="*", help="golden random loading history oddities crash; default: all")
    ap.add_argument("--history", action="append", help="only this one (several times)")
    ap.add_argument("--part", action="append", help="of the histories' parts only this one (several times): undo, ...")
    ap.add_argument("--seed", type=int, default=int(os.environ.get("SEED", "1")))
    ap.add_argument("--full", action="store_true", default=os.environ.get("FULL") == "1",
                    help="every step, many graphs, 200 kills: half an hour")
    ap.add_argument("--graphs", type=int)
    ap.add_argument("--kills", type=int)
    args = ap.parse_args()
    args.checks = args.checks or ["golden", "random", "loading", "history", "oddities", "crash"]
    args.shared = os.path.abspath(os.environ.get("SHARED", os.path.join(here, "../../../shared")))
    args.graphs = args.graphs or (10000 if args.full else 1000)
    args.kills = args.kills or (200 if args.full else 20)
    return args


def histories(args):
    folder = os.path.join(args.shared, "corpus")
    names = args.history or sorted(n for n in os.listdir(folder) if os.path.exists(f"{folder}/{n}/meta.json"))
    found = [corpus.History(folder, n) for n in names]
    return sorted(found, key=lambda h: -len(h.steps))  # the longest first, so that two workers end together


def one_history(report, args, history):
    """Every check that replays this history; the witness is made once."""
    names = [f"svc_{history.name}_{n}" for n in ("raw", "sv", "copy", "other")]
    every = 1 if args.full else max(2, len(history.steps) // 40)
    rng = random.Random(f"{args.seed} {history.name}")
    parts = [("replay", lambda w: check_replay.run(report, history, w, every, args.full, names[0], names[1])),
             ("online", lambda w: check_online.run(report, history, w, names[2])),
             ("baseline", lambda w: check_carry.baseline(report, history, names[1], names[2], names[3])),
             ("engine", lambda w: check_engine.run(report, history, w, names[1], names[2])),
             ("squash", lambda w: check_squash.squash(report, history, w, names[1], names[2])),
             ("baseline of head", lambda w: check_squash.baseline(report, history, w, names[1], names[2])),
             ("script", lambda w: check_script.run(report, history, w, names[1])),
             ("export", lambda w: check_carry.round_trip(report, history, names[1], names[2], args.seed)),
             ("directory", lambda w: check_carry.directory(report, history, w, names[1])),
             ("restore", lambda w: check_carry.dump_and_restore(
                 report, history, w, names[1:4], rng.randint(1, min(40, len(history.steps) - 1)))),
             ("atomic", lambda w: check_atomic.run(report, history, w, names[1], rng, 60 if args.full else 8)),
             ("derived downs", lambda w: check_derived.run(report, history, names[1],
                                                           1 if args.full else max(2, len(history.steps) // 15))),
             ("undo", lambda w: check_undo.run(report, history, 1 if args.full else max(2, len(history.steps) // 15),
                                               (names[1], names[2]))),
             ("each down", lambda w: check_replay.each_down(report, history, 1 if args.full else 40, names)
              if any(s.has_down for s in history.steps) else None),
             ("test of downs", lambda w: check_downs.run(report, history, 1 if args.full else 15, names[:3])
              if any(s.has_down for s in history.steps) else None)]
    witness = check_replay.Witness(history, names[0], every)
    for name, part in parts:
        if args.part and name not in args.part:
            continue
        try:
            said = part(witness)
            if said is not None:
                report.say(f"{history.name}, {name}: {said}")
        except check_replay.GiveUp:
            pass
        except Exception:
            report.fail(f"{history.name} {name}", traceback.format_exc())
    for name in names:
        postgres.drop(name)


def one_loading(report, history):
    """The project's own files, against psql that runs them once."""
    names = [f"svc_{history.name}_{n}" for n in ("files_raw", "files")]
    witness = check_replay.Witness(history, names[0], len(history.steps) + 1)
    witness.go_up()
    report.say(f"{history.name}: {check_loading.run(report, history, witness, names[1])}")
    for name in names:
        postgres.drop(name)


def guarded(report, what, work, *arguments):
    try:
        work(report, *arguments)
    except Exception:
        report.fail(what, traceback.format_exc())


def main():
    args = parse()
    report = reports.Report()
    if not os.path.isdir(os.path.join(args.shared, "corpus")):
        print(f"skipped: no corpus in {args.shared} (set SHARED)\n0 passed, 0 failed")
        return 0
    own = None
    try:
        if "PGHOST" not in os.environ:
            own = postgres.Cluster()
            os.environ.update(own.env)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            if "loading" in args.checks:
                for history in histories(args):
                    pool.submit(guarded, report, history.name + " loading", one_loading, history)
            if "history" in args.checks:
                for history in histories(args):
                    pool.submit(guarded, report, history.name, one_history, args, history)
            if "golden" in args.checks:
                pool.submit(guarded, report, "golden", check_oracle.golden, args.shared, "svc_golden")
            if "random" in args.checks:
                pool.submit(guarded, report, "random", check_oracle.random_graphs, args.shared, "svc_random",
                            args.seed, args.graphs, 12, 14)
            if "oddities" in args.checks:
                pool.submit(guarded, report, "oddities", check_oddities.run)
        for name in ("svc_golden", "svc_random"):
            postgres.drop(name)
        if "crash" in args.checks:  # alone: it has a cluster of its own, and needs its moments
            guarded(report, "crash", check_crash.run, histories(args), args.seed, args.kills)
    finally:
        if own:
            own.remove()
    report.say("done")
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
