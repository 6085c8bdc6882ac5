"""Certified instances measured: what schemes, the exact reference and bounds say, and whether a table still holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sagin.core.contracts import DRIFT, System
from sagin.core.version import __version__
from sagin.experiments.proofs import exact_of, prove
from sagin.experiments.runs import solve
from sagin.results.instance_tables import today
from sagin.results.instances import OPTIMAL, Instance, checksum, drawn, families
from sagin.results.run import usable

TIME_S = 20.0  # of a proof, where the caller does not say


def rebuild(
    owner: System,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
    *,
    time_s: float = TIME_S,
) -> list[Instance]:
    """The table of a system from scratch: all schemes, the exact reference where it takes the size, bound and proof.

    `time_s`: most seconds of a proof.
    """
    found = []
    for family in families(owner).values():
        for seed in family.seeds:
            found.append(measure(owner, Instance(owner.name, family.name, seed), threads, time_s=time_s))
            if progress:
                progress(1)
    return found


def measure(
    owner: System, instance: Instance, threads: int | None = None, *, time_s: float = TIME_S, steps: int | None = None
) -> Instance:
    """What the schemes, the exact reference, the bound and a proof say of an instance.

    The proof takes `time_s` seconds, or `steps`: the number that a table has gives what the table says.
    """
    space, drops = owner.spaces[0], drawn(owner, instance)
    names = [scheme.name for scheme in owner.schemes if scheme.space is space.decision and scheme.role != "own"]
    run = solve(owner, drops, names, threads=threads)
    reached = {}
    for name, outcome in run.schemes.items():
        reached[name] = float(outcome.metrics.objective[0]) if usable(outcome.solution)[0] else np.nan
    quick = bound = float(owner.bound(drops, threads=threads)[0])
    bound_by, best, proof_steps = "bound", dict(reached), 0
    reference = exact_of(owner, drops)
    if reference is not None:
        best["exact"] = float(reference.objective[0])
        tighter = float(reference.bound[0])
        if np.isfinite(tighter) and owner.beats(bound, tighter):
            bound, bound_by = tighter, "exact"
    if space.prove is not None and steps != 0:
        (proof,) = prove(owner, drops, within=OPTIMAL / 2, time_s=time_s, steps=steps)
        if owner.beats(bound, proof.bound):
            bound, bound_by, proof_steps = proof.bound, "proof", proof.steps
        if proof.by == "proof":
            best["proof"], proof_steps = proof.objective, proof.steps
    by = ""
    for name, value in best.items():
        if owner.beats(value, best.get(by, np.nan)):
            by = name
    known = replace(instance, checksum=checksum(drops), bound=bound, bound_by=bound_by, quick=quick, steps=proof_steps)
    known = replace(known, schemes=reached, objective=best.get(by, np.nan))
    return replace(known, by=by, version=__version__, date=today())


def drift(owner: System, known: Instance, threads: int | None = None) -> list[str]:
    """What is not as the table says when an instance is measured again, in words; empty if all is."""
    fresh = measure(owner, known, threads, steps=known.steps)
    lines = []
    if fresh.checksum != known.checksum:
        lines.append(f"{known.name}: arrays {fresh.checksum}, the table has {known.checksum}")
    pairs = {"bound": (fresh.bound, known.bound), "quick bound": (fresh.quick, known.quick)} | {
        name: (fresh.schemes.get(name, np.nan), value) for name, value in known.schemes.items()
    }
    if known.by in ("exact", "proof") or known.by in known.schemes:
        pairs["objective"] = (fresh.objective, known.objective)
    for name, (new, old) in pairs.items():
        same = new == old or (np.isnan(new) and np.isnan(old)) or abs(new - old) <= DRIFT * abs(old)
        if not same:
            lines.append(f"{known.name}: {name} {new:.12g}, the table has {old:.12g}")
    return lines
