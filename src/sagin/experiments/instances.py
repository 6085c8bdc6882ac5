"""Certified instances measured: what schemes, the exact reference and bounds say, and whether a table still holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from sagin.core.contracts import Exact, System
from sagin.core.errors import InputError
from sagin.core.version import __version__
from sagin.experiments.runs import solve
from sagin.results.instances import DRIFT, Instance, beats, checksum, drawn, families, today
from sagin.results.run import usable


def rebuild(owner: System, threads: int | None = None, progress: Callable[[int], None] | None = None) -> list[Instance]:
    """The table of a system from scratch: all schemes, the exact reference where it takes the size, the bound."""
    found = []
    for family in families(owner).values():
        for seed in family.seeds:
            found.append(measure(owner, Instance(owner.name, family.name, seed), threads))
            if progress:
                progress(1)
    return found


def measure(owner: System, instance: Instance, threads: int | None = None) -> Instance:
    """What the schemes, the exact reference and the bounds say of an instance."""
    space, drops = owner.spaces[0], drawn(owner, instance)
    names = [scheme.name for scheme in owner.schemes if scheme.space is space.decision and scheme.role != "own"]
    run = solve(owner, drops, names, threads=threads)
    reached = {}
    for name, outcome in run.schemes.items():
        reached[name] = float(outcome.metrics.objective[0]) if usable(outcome.solution)[0] else np.nan
    bound, bound_by = float(owner.bound(drops, threads=threads)[0]), "bound"
    best = dict(reached)
    reference = exact_of(owner, drops)
    if reference is not None:
        best["exact"] = float(reference.objective[0])
        tighter = float(reference.bound[0])
        if np.isfinite(tighter) and beats(owner, bound, tighter):
            bound, bound_by = tighter, "exact"
    by = ""
    for name, value in best.items():
        if beats(owner, value, best.get(by, np.nan)):
            by = name
    known = replace(instance, checksum=checksum(drops), bound=bound, bound_by=bound_by, schemes=reached)
    return replace(known, objective=best.get(by, np.nan), by=by, version=__version__, date=today())


def exact_of(owner: System, drops: Any) -> Exact | None:
    """The exact reference of a drop, None where there is none for its size."""
    solver = owner.spaces[0].exact
    if solver is None:
        return None
    try:
        return solver(drops)
    except InputError:
        return None


def drift(owner: System, known: Instance, threads: int | None = None) -> list[str]:
    """What is not as the table says when an instance is measured again, in words; empty if all is."""
    fresh = measure(owner, known, threads)
    lines = []
    if fresh.checksum != known.checksum:
        lines.append(f"{known.name}: arrays {fresh.checksum}, the table has {known.checksum}")
    pairs = {"bound": (fresh.bound, known.bound)} | {
        name: (fresh.schemes.get(name, np.nan), value) for name, value in known.schemes.items()
    }
    if known.by == "exact" or known.by in known.schemes:
        pairs["objective"] = (fresh.objective, known.objective)
    for name, (new, old) in pairs.items():
        same = new == old or (np.isnan(new) and np.isnan(old)) or abs(new - old) <= DRIFT * abs(old)
        if not same:
            lines.append(f"{known.name}: {name} {new:.12g}, the table has {old:.12g}")
    return lines
