"""The stored file: one run as netCDF-4, complete enough to evaluate every decision again."""

from __future__ import annotations

import dataclasses
import json
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from sagin.core import records
from sagin.core.contracts import System, check_seeds
from sagin.core.discovery import base_system
from sagin.core.discovery import system as find_system
from sagin.core.errors import InputError, unknown
from sagin.core.own import stored as stored_scheme
from sagin.core.results import Solution, Status
from sagin.results import netcdf
from sagin.results.netcdf import Group, Variable, pack, unpack
from sagin.results.provenance import provenance
from sagin.results.run import Outcome, Run, usable

TOLERANCE = 1e-9  # relative difference above which a stored metric does not match ours
FORMAT = 2  # raised when older readers could misread a file
DERIVED = "derived_system"  # attribute: what of its system is not that of the system of its name
DECIDING = ("scenario", "sense", "draw", "derive", "spaces")  # what of a system decides a run
EPISODE = "episode"  # attribute of files whose rows are the slots of some seeds
READABLE = (1, 2)  # 1 calls the dimension of the drops `drop`


def save(path: str | Path, run: Run, *, force: bool = False) -> None:
    """Write a run; InputError if the file exists (without `force`) or cannot be written, and nothing is left behind."""
    if len(np.unique(run.seeds)) < len(run.seeds):
        raise InputError("seeds", np.asarray(run.seeds).tolist(), "different from each other", "no file is written")
    netcdf.write(path, to_group(run), force=force)


def load(path: str | Path, *, audit: bool = False, system: System | None = None) -> Run:
    """Read a run back, bit for bit; InputError for a file that is not one of ours, damaged, altered or too new.

    `audit`: read an altered file all the same; its `provenance` then says so under `altered`. `system`: the one that
    made it, where that is no system of its name any more (`dataclasses.replace(system, draw=...)`).
    """
    root = netcdf.read(path)
    try:
        return from_group(root, audit=audit, system=system)
    except InputError as error:
        if error.field == "file":
            raise InputError("file", str(path), "a complete sagin file", f"{error.value}: {error.reason}") from None
        raise InputError("file", str(path), "a consistent sagin file", str(error)) from None


def to_group(run: Run) -> Group:
    """The tree of a run."""
    sizes = records.sizes(run.drops)
    changed = _changed(run.system)
    given = sorted(getattr(getattr(run.drops, "source", None), "given", ()))
    root = Group(
        {
            "title": f"sagin run: {run.system.title}",
            "sagin_format": FORMAT,
            **provenance(),
            "system": run.system.name,
            "scenario": json.dumps(run.scenario.to_dict(), allow_nan=False),
            "seeds": np.asarray(run.seeds, dtype=np.int64),
            "scheme_options": json.dumps({name: outcome.solution.options for name, outcome in run.schemes.items()}),
            **({DERIVED: changed} if changed else {}),
        },
        groups={
            "drops": pack(run.drops, given=json.dumps(given)),
            "schemes": Group(groups={name: outcome_group(outcome) for name, outcome in run.schemes.items()}),
        },
        sizes=sizes,
    )
    return stamp(root)


def stamp(root: Group) -> Group:
    """The tree with the checksum of its content."""
    root.attributes["checksum"] = _checksum(root)
    return root


def _checksum(root: Group) -> str:
    """Digest of all arrays and attributes that say what they are; provenance may be added to."""
    words = [str(root.attributes.get(name)) for name in ("sagin_format", "system", "scenario", "scheme_options")]
    words += [str(root.attributes[name]) for name in (EPISODE, DERIVED) if name in root.attributes]
    drops = root.groups.get("drops")
    words += [str(drops.attributes[name]) for name in ("given",) if drops and name in drops.attributes]
    facts = json.dumps([*words, np.ravel(root.attributes.get("seeds", ())).tolist(), netcdf.checksum(root)])
    return blake2b(facts.encode(), digest_size=16).hexdigest()


def _altered(root: Group) -> bool:
    """Does the checksum not fit? Files of format 1 may have none."""
    stored = root.attributes.get("checksum")
    return not (stored is None and _is(root.attributes.get("sagin_format"), 1)) and stored != _checksum(root)


def _is(value: Any, number: int) -> bool:
    return isinstance(value, int | np.integer) and int(value) == number


def outcome_group(outcome: Outcome) -> Group:
    """The tree of one scheme: `decision`, `metrics`, `solution`."""
    solution = outcome.solution
    flags = {
        "long_name": "how the drop ended",
        "flag_values": np.array([int(word) for word in Status], dtype=np.int8),
        "flag_meanings": " ".join(word.name.lower() for word in Status),
    }
    doc = {"long_name": "objective per iteration, start value first, NaN after the last"}
    return Group(
        {"options": json.dumps(solution.options)},
        groups={
            "decision": pack(solution.decision, decision_class=type(solution.decision).__name__),
            "metrics": pack(outcome.metrics),
            "solution": Group(
                variables={
                    "status": Variable(("drop",), solution.status, flags),
                    "iterations": Variable(("drop",), solution.iterations, {"long_name": "iterations made"}),
                    "trace": Variable(("drop", "iteration"), solution.trace, doc),
                }
            ),
        },
    )


def _changed(system: System) -> str:
    """What distinguishes a system from the one that goes by its name, in words; "" for that one itself."""
    try:
        known = base_system(system.name)
    except InputError:
        return ""
    return ", ".join(name for name in DECIDING if getattr(system, name) != getattr(known, name))


def _system_of(root: Group, given: System | None) -> System:
    """The system of a stored file, which is the given one or that of its name."""
    name, changed = str(root.attributes["system"]), str(root.attributes.get(DERIVED, ""))
    if given is not None and given.name != name:
        raise InputError("system", given.name, name, "the file's system")
    system = given or find_system(name)
    if changed and not _changed(system):
        must = f"read with load(path, system=...), by the system derived from {name} that made it"
        raise InputError("system", name, must, f"it has its own {changed}")
    return system


def from_group(root: Group, *, audit: bool = False, system: System | None = None) -> Run:
    """The run of a tree; InputError names what is missing, wrong or (without `audit`) altered."""
    for name in ("sagin_format", "sagin_version", "system", "scenario", "seeds"):
        if name not in root.attributes:
            raise InputError("file", name, "stored in the file", "root attribute missing")
    if not any(_is(root.attributes["sagin_format"], known) for known in READABLE):
        version = root.attributes["sagin_version"]
        known = " or ".join(map(str, READABLE))
        raise InputError("sagin_format", root.attributes["sagin_format"], known, f"written by sagin {version}")
    if _altered(root):
        if not audit:
            raise InputError("checksum", root.attributes.get("checksum"), "that of the content", "it was altered")
        root.attributes["altered"] = "the file was changed after it was written"
    system = _system_of(root, system)
    scenario = system.scenario(**_json(root.attributes["scenario"], "scenario"))
    seeds = check_seeds(np.atleast_1d(np.asarray(root.attributes["seeds"])))
    if EPISODE not in root.attributes and len(np.unique(seeds)) < len(seeds):
        raise InputError("seeds", seeds.tolist(), "different from each other")
    example = system.sample(scenario, seeds[:1])
    drops = unpack(type(example), root.group("drops"), scenario=scenario, seeds=seeds)
    if "given" in root.group("drops").attributes:  # older files do not say: such drops have no `replace`
        names = json.loads(str(root.group("drops").attributes["given"]))
        drops = records.from_source(drops, system.derive, frozenset(map(str, names)))
    if records.n_drops(drops) != len(seeds):
        raise InputError("seeds", len(seeds), f"{records.n_drops(drops)} long", "one for each drop")
    for dim, size in records.sizes(example).items():
        if dim != "drop" and records.sizes(drops).get(dim) != size:
            raise InputError("scenario", f"{size} along {dim}", f"{records.sizes(drops).get(dim)}, as the drops are")
    stored = root.group("schemes").groups
    for name, group in stored.items():
        if name not in [scheme.name for scheme in system.schemes]:
            system = stored_scheme(system, name, _decision_class(system, group.group("decision")))
    outcomes = {name: read_outcome(system, drops, name, group) for name, group in stored.items()}
    for name, outcome in outcomes.items():
        _check_outcome(system, name, outcome)
    return Run(system, drops, outcomes, root.attributes)


def read_outcome(system: System, drops: Any, name: str, group: Group) -> Outcome:
    """One scheme of a file, checked against the drops it belongs to."""
    decision = read_decision(system, drops, group.group("decision"))
    first = slice(0, 1)
    example = system.evaluate(records.take(drops, first), records.take(decision, first))
    metrics = unpack(type(example), group.group("metrics"))
    parts = group.group("solution")
    options = _json(group.attributes.get("options", "{}"), "options")
    arrays = [parts.array(part) for part in ("status", "iterations", "trace")]
    for part, array in zip(("status", "iterations", "trace"), arrays, strict=True):
        if array.shape[:1] != (len(drops.seeds),) or array.ndim != (2 if part == "trace" else 1):
            raise InputError(f"{part}.shape", array.shape, f"{len(drops.seeds)} along drop")
    return Outcome(Solution(name, decision, *arrays, options=options), metrics)


def _check_outcome(system: System, name: str, outcome: Outcome) -> None:
    """What a scheme stored must fit together: its options, statuses, iterations, trace and violations."""
    solution = outcome.solution
    if name in (scheme.name for scheme in system.schemes):
        system.scheme(name).options(**solution.options)
        if type(solution.decision) is not system.scheme(name).space:
            raise InputError(f"{name}.decision_class", type(solution.decision).__name__, "what the scheme decides")
    known = np.isin(solution.status, [int(word) for word in Status])
    if not known.all():
        raise InputError(f"{name}.status", solution.status[~known][0], "one of 0, 1, 2, 3")
    wrong = usable(solution) != records.feasible(outcome.metrics)
    if wrong.any():
        raise InputError(f"{name}.status", solution.status[wrong][0], "as the stored violations say")
    if solution.iterations.dtype.kind not in "iu" or (solution.iterations < 0).any():
        raise InputError(f"{name}.iterations", np.min(solution.iterations), "an integer >= 0")
    gone = np.isnan(solution.trace)
    if (gone[:, :-1] & ~gone[:, 1:]).any():
        raise InputError(f"{name}.trace", float("nan"), "a number before the last iteration")


def read_decision(system: System, drops: Any, group: Group) -> Any:
    """A stored decision, checked against the drops it belongs to."""
    decision = unpack(_decision_class(system, group), group)
    records.sizes(decision, records.sizes(drops))
    return decision


def verify(run: Run) -> dict[str, dict[str, float]]:
    """Largest relative difference between stored metrics and our own evaluation, by scheme and metric.

    `status`: inf where a stored certificate of infeasibility is not confirmed by the bound; absent if there is none.
    """
    table = {}
    for name, outcome in run.schemes.items():
        fresh = run.system.evaluate(run.drops, outcome.solution.decision)
        table[name] = {
            metric: relative_difference(
                getattr(outcome.metrics, metric), getattr(fresh, metric), 0.0 if column.tolerance is None else 1.0
            )
            for metric, column in records.columns(type(fresh)).items()
        }
        rows = np.flatnonzero(outcome.solution.status == Status.CERTIFIED_INFEASIBLE)
        if rows.size:
            bound = run.system.bound(records.take(run.drops, rows), type(outcome.solution.decision))
            table[name]["status"] = 0.0 if run.system.none_feasible(bound).all() else np.inf
    return table


def relative_difference(stored: np.ndarray, fresh: np.ndarray, floor: float = 0.0) -> float:
    """Largest |stored - fresh| relative to |fresh|; equal infinities and NaN pairs agree, one-sided ones do not.

    Numbers below `floor` and below a thousandth of the largest are compared on that scale: they are what cancellation
    leaves (a violation is a difference of two sides and its scale is 1).
    """
    stored, fresh = np.asarray(stored), np.asarray(fresh)
    if "O" in (stored.dtype.kind, fresh.dtype.kind) or "U" in (stored.dtype.kind, fresh.dtype.kind):
        return 0.0 if np.array_equal(stored, fresh) else np.inf
    same = (stored == fresh) | (np.isnan(stored) & np.isnan(fresh))
    size = np.abs(fresh)
    scale = max(floor, 1e-3 * float(np.max(size, initial=0.0, where=np.isfinite(size))))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        off = np.abs(stored - fresh.astype(complex)) / np.maximum(size, scale)
    off = np.where(np.isfinite(off), off, np.inf)
    return float(np.max(np.where(same, 0.0, off), initial=0.0))


def _decision_class(system: System, group: Group) -> type:
    known = {space.decision.__name__: space.decision for space in system.spaces}
    name = group.attributes.get("decision_class")
    if name not in known:
        raise unknown("decision_class", name, known)
    return known[name]


def _json(text: Any, name: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise InputError(name, text, "a JSON object")
    return value


def same(first: Run, second: Run) -> bool:
    """Do two runs hold the same bits: drops, decisions, metrics, statuses, traces?"""
    trees = [to_group(dataclasses.replace(run, provenance={})) for run in (first, second)]
    return netcdf.checksum(trees[0]) == netcdf.checksum(trees[1])
