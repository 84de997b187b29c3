#!/usr/bin/python3
"""Random revision graphs and what Alembic itself does with them, as JSON lines.

Graphs, references, upgrades and downgrades are those of the shared alembic_oracle.py, whose folder comes
as the first argument; stamps go through Alembic's ScriptDirectory and HeadMaintainer, as `alembic stamp` does.
Each line: {"revisions", "cases": [{"current", "command", "target", "steps", "heads", "error"}]}.

Run by the python3 that Debian's python3-alembic belongs to:  alembic_cases.py TOOLS SEED GRAPHS CASES SIZE
"""
import json
import random
import sys
import warnings
from unittest import mock

sys.path.insert(0, sys.argv[1])
import alembic_oracle as oracle  # noqa: E402
from alembic.migration import HeadMaintainer  # noqa: E402
from alembic.script.base import ScriptDirectory  # noqa: E402


def directory(rmap):
    """A ScriptDirectory without files, around a graph."""
    found = ScriptDirectory.__new__(ScriptDirectory)
    found.revision_map = rmap
    return found


def stamp(rmap, current, targets, purge):
    heads = () if purge else tuple(current)
    keeper = HeadMaintainer(mock.Mock(), set(heads))
    for step in directory(rmap)._stamp_revs(tuple(targets), heads):
        keeper.update_to_step(step)
    return sorted(keeper.heads)


def stamp_targets(rng, revs):
    ids = [r["id"] for r in revs]
    labels = [label for r in revs for label in r["labels"]] or ["nolabel"]
    rid, label = rng.choice(ids), rng.choice(labels)
    if rng.random() < 0.2:
        return rng.sample(ids, min(len(ids), rng.randint(2, 3)))
    return [rng.choice([rid, rid, rid, rid[:rng.randint(4, 11)], "head", "heads", "heads", "base", label,
                        f"{label}@head", f"{label}@heads", f"{label}@base", f"{label}@{rid}", f"{rid}@head",
                        f"{rid}@base", "ffffffffffff"])]


def answer(rmap, current, command, target, purge):
    try:
        if command == "stamp":
            return None, stamp(rmap, current, target, purge), None
        return (*oracle.run(rmap, current, command, target), None)
    except Exception as e:  # each of Alembic's errors is an answer
        cause = e.__cause__ or e
        return None, None, "Ambiguous walk" if str(cause) == "Ambiguous walk" else type(cause).__name__


def main():
    seed, graphs, ncases, size = map(int, sys.argv[2:])
    rng = random.Random(seed)
    warnings.simplefilter("ignore")
    for _ in range(graphs):
        revs = oracle.make_graph(rng, size)
        try:
            rmap = oracle.build(revs)
            rmap._revision_map
        except Exception:
            continue
        current, cases = [], []
        for _ in range(ncases):
            command = rng.choice(["upgrade", "upgrade", "upgrade", "downgrade", "downgrade", "stamp"])
            purge = command == "stamp" and rng.random() < 0.2
            target = stamp_targets(rng, revs) if command == "stamp" else oracle.random_target(rng, revs, command)
            steps, heads, error = answer(rmap, current, command, target, purge)
            cases.append({"current": current, "command": command, "target": target, "purge": purge,
                          "steps": steps, "heads": heads, "error": error})
            if heads is not None and is_antichain(rmap, heads):
                current = heads
        json.dump({"revisions": revs, "cases": cases}, sys.stdout)
        print()


def is_antichain(rmap, heads):
    """Does no head stand below another one?  (Alembic's stamp can leave such rows.)"""
    for head in heads:
        below = {r.revision for r in rmap._get_ancestor_nodes([rmap.get_revision(head)], include_dependencies=True)}
        if below & set(heads) - {head}:
            return False
    return True


if __name__ == "__main__":
    main()
