"""schemaver's graph against Alembic: recorded cases, and random ones answered by Alembic on the spot.

Where schemaver differs on purpose, the difference is listed (recorded cases) or recognised by a rule
(random cases), with its reason; a listed case that agrees is a failure, too.
"""
import collections
import json
import os
import re
import subprocess

import judge
import postgres

# (graph, command, current, target): reason
GONE = "what is applied is registered, so there is no row of an unknown revision"
OVERLAP = "heads are derived from the applied set, so none is below another"
ONE_TARGET = "upgrade() takes one target; each of several is a call"
MERGE = "-N over a merge is defined: it undoes the last N that were applied"
GOLDEN_DIFFERENCES = {
    ("linear", "upgrade", "gone", "head"): GONE,
    ("linear", "downgrade", "gone", "base"): GONE,
    ("linear", "stamp", "gone", "head"): GONE,
    ("linear", "upgrade", "bbbb1 aaaa1", "head"): OVERLAP,
    ("diamond", "stamp", "", "b1 n"): OVERLAP,
    ("linear", "upgrade", "aaaa1", "bbbb1 cccc1"): ONE_TARGET,
    ("diamond", "upgrade", "", "b1 b2"): ONE_TARGET,
    ("diamond", "downgrade", "n", "-2"): MERGE,
    ("diamond", "downgrade", "m", "-1"): MERGE,
    ("diamond", "downgrade", "m", "b1@-1"): MERGE,
    ("dep_merge_1373", "downgrade", "bmerge", "-1"): MERGE,
}


def session_of(database):
    postgres.fresh(database)
    postgres.psql(database, text="CREATE EXTENSION schemaver")
    return postgres.connect(database, **{"schemaver.progress": "off"})


def golden(report, shared, database):
    with open(os.path.join(shared, "oracle", "alembic-golden.json"), encoding="utf-8") as f:
        data = json.load(f)
    seen, unused = collections.Counter(), dict(GOLDEN_DIFFERENCES)
    with session_of(database) as session:
        for name, rows in data["graphs"].items():
            graph = judge.Graph(session, [dict(zip(("id", "down", "depends", "labels"), r)) for r in rows])
            _golden_ends(report, session, name, data["heads"][name])
            for case in (c for c in data["cases"] if c["graph"] == name):
                seen[_golden_case(report, graph, case, unused)] += 1
            graph.close()
    for key in unused:
        report.fail(f"golden difference {key}", "no such case")
    report.say(f"alembic-golden.json: {sum(seen.values())} cases; " + _list(seen))


def _golden_ends(report, session, name, want):
    for kind, query in (("heads", "SELECT revision FROM schemaver.heads()"),
                        ("effective", "SELECT revision FROM schemaver.heads() WHERE effective"),
                        ("bases", "SELECT revision FROM schemaver.bases()")):
        report.same(sorted(want[kind]), sorted(session.column(query)), f"golden {name}: {kind}")


def _golden_case(report, graph, case, unused):
    key = (case["graph"], case["command"], " ".join(case["current"]),
           " ".join(case["target"]) if isinstance(case["target"], list) else case["target"])
    what = "golden " + " | ".join(key)
    reason = GOLDEN_DIFFERENCES.get(key)
    unused.pop(key, None)
    graph.session.rows("SAVEPOINT golden")
    if isinstance(case["target"], list) and case["command"] != "stamp":
        found, answer = "several targets in one call", None
    elif not graph.go_to(case["current"]):
        found, answer = "no such state", None
    else:
        answer = graph.ask(case["command"], case["target"])
        found = judge.verdict(graph, case, answer)
    graph.session.rows("ROLLBACK TO golden")
    if found is None:
        report.check(reason is None, what, "agrees with Alembic, but is listed as a difference")
        return "agree"
    report.check(reason is not None, what, f"{found}: Alembic {case}, schemaver {answer}")
    return reason or "unexplained"


def random_graphs(report, shared, database, seed, graphs, ncases, size):
    """Random graphs; returns False where there is no Alembic to ask."""
    python = os.environ.get("ALEMBIC_PYTHON", "/usr/bin/python3")
    if subprocess.run([python, "-c", "import alembic"], capture_output=True).returncode:
        report.say(f"skipped: random graphs, {python} has no alembic (Debian: python3-alembic)")
        return False
    here = os.path.dirname(os.path.abspath(__file__))
    oracle = subprocess.Popen([python, os.path.join(here, "alembic_cases.py"), os.path.join(shared, "tools"),
                               *map(str, (seed, graphs, ncases, size))], stdout=subprocess.PIPE, text=True)
    seen, n = collections.Counter(), 0
    with session_of(database) as session:
        for line in oracle.stdout:
            n += 1
            data = json.loads(line)
            graph = judge.Graph(session, data["revisions"])
            for case in data["cases"]:
                seen[case["command"], _random_case(report, graph, case, f"seed {seed} graph {n}")] += 1
            graph.close()
    report.same(0, oracle.wait(), "alembic_cases.py")
    report.check(n >= 0.9 * graphs, "random graphs", f"{n} of {graphs}")
    report.say(f"{n} random graphs (seed {seed}), {sum(seen.values())} cases: " + _list(
        {f"{command} {found}": count for (command, found), count in seen.items()}))
    return True


def _random_case(report, graph, case, where):
    what = f"{where}: {case['command']} {case['target']} from {case['current']}"
    if not graph.go_to(case["current"]):
        report.fail(what, f"cannot be at these heads; revisions {graph.revisions}")
        return "no such state"
    applied = graph.applied()
    answer = graph.ask(case["command"], case["target"], case["purge"])
    found = judge.verdict(graph, case, answer)
    if found is None:
        report.ok()
        return "(Alembic fails itself)" if case["error"] in judge.CRASHES else "agrees"
    reason = next((name for name, rule in RULES.items() if rule(graph, case, answer, applied)), None)
    report.check(reason is not None, what, lambda: f"{found}: Alembic {case}, schemaver {answer}, "
                                                   f"applied {applied}, revisions {graph.revisions}")
    return f"[{reason}]" if reason else found


def _walk_over_merge(graph, case, answer, applied):
    """-N undoes the last N applied of the lineage, and what stands on them, where Alembic sees no single way."""
    match = re.fullmatch(r"(?:.+@)?-(\d+)", case["target"]) if case["command"] == "downgrade" else None
    if not match or case["error"] != "Ambiguous walk" or answer.error:
        return False
    # where it can start: also below a head that merely depends on it
    for head in (r for r in applied if not any(r in graph.by_id[child]["down"] for child in applied)):
        lineage = graph.below([head], dependencies=False)
        last = [r for r in applied if r in lineage][:int(match.group(1))]
        undone = {r for r in applied if graph.below([r]) & set(last)}
        merges = any(len(graph.by_id[r]["down"]) > 1 for r in lineage)
        if merges and len(last) == int(match.group(1)) and undone == set(answer.steps):
            return True
    return False


def _overlapping_rows(graph, case, answer, applied):
    """Alembic ends with a head below another one, schemaver with the upper ones of them."""
    if case["error"] or answer.error or not graph.overlapping(case["heads"]):
        return False
    upper = [h for h in case["heads"] if h not in graph.below(set(case["heads"]) - {h})]
    return sorted(upper) == sorted(answer.heads) and sorted(answer.steps or []) == sorted(case["steps"] or [])


def _overlapping_targets(graph, case, answer, applied):
    """Several targets of a stamp of which one is below another: schemaver refuses, Alembic records both."""
    if case["command"] != "stamp" or not answer.error or answer.error.sqlstate != "SV008":
        return False
    return graph.overlapping(_named(graph, case["target"]))


def _named(graph, targets):
    return {t for target in targets
            for t in graph.session.column("SELECT revision FROM schemaver.resolve($1)", target)}


def _lost_target(graph, case, answer, applied):
    """Of several targets of a stamp Alembic loses one that was current; schemaver keeps it."""
    if case["command"] != "stamp" or case["error"] or answer.error:
        return False
    named = _named(graph, case["target"])
    lost = [t for t in named if len(named) > 1 and t in case["current"] and t not in graph.below(case["heads"])]
    return bool(lost) and sorted(answer.heads) == sorted({*case["heads"], *lost})


RULES = {"-N over a merge is defined": _walk_over_merge,
         "heads never overlap": _overlapping_rows,
         "stamp refuses overlapping targets": _overlapping_targets,
         "stamp keeps a target that is current": _lost_target}


def _list(counter):
    return ", ".join(f"{v} {k}" for k, v in sorted(counter.items(), key=lambda kv: -kv[1]))
