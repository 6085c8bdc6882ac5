"""Tables of an episode: one row for each scheme and policy, one for each seed and slot."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np

from sagin.core import statistics
from sagin.core.statistics import Interval
from sagin.results.episode import Applied, Result, unusable_counts
from sagin.results.episode_study import Policy
from sagin.results.tables import Row
from sagin.world.clock import text_utc
from sagin.world.view import Reason

HOUR_S = 3600.0


def by_seed(result: Result, values: np.ndarray, used: np.ndarray) -> np.ndarray:
    """(seed,) means of values (row,) over the used rows (row,) of each seed; NaN where there is none."""
    shape = result.reason.shape
    kept = np.where(used & np.isfinite(values), values, 0.0).reshape(shape)
    count = (used & np.isfinite(values)).reshape(shape).sum(axis=1)
    return np.where(count > 0, kept.sum(axis=1) / np.maximum(count, 1), np.nan)


def summary_rows(result: Result) -> list[Row]:
    """One row for each scheme and policy of the study. Means are over seeds, each the mean of its window.

    `mean`, `gap`: charged, over the slots feasible for the row; `mean_common`: over those feasible for all rows;
    `regret`: against the same scheme's fresh decisions, uncharged, >= 0 is worse; `handovers`: a user and hour;
    `satellite_changes`, `holder_changes`: of seats, a slot.
    """
    study = result.study
    rows = {key: part for key, part in result.applied.items() if key[1] in study.policies}
    common = result.window & np.logical_and.reduce([part.feasible for part in rows.values()])
    lost = {f"unusable_{words.replace(' ', '_')}": n for words, n in unusable_counts(result).items() if n}
    unusable = float((result.reason != Reason.USABLE).mean())
    changes = seat_changes(result)
    roles = {name: study.system.scheme(name).role for name in result.run.schemes}
    table = []
    for (scheme, policy), part in rows.items():
        used = result.window & part.feasible
        mean = statistics.interval(by_seed(result, part.charged, used))
        row: Row = {"scheme": scheme, "role": roles.get(scheme, "learned"), "policy": policy.label}
        row |= {"mean": mean.mean, "low": mean.low, "high": mean.high}
        row["mean_common"] = statistics.interval(by_seed(result, part.charged, common)).mean
        row["infeasible"] = share(~part.feasible, result.window)
        row |= {"unusable": unusable, **lost}
        row["handovers"] = handover_rate(result, part)
        row |= changes
        row["mean_age"] = _mean(age(result, part), result.window)
        row |= _limits("regret", regret(result, scheme, part))
        if result.bound is not None:
            gap = study.system.gap(part.charged, result.bound)
            row |= _limits("gap", statistics.interval(by_seed(result, gap, used)))
        table.append({**row, "slots_used": int(used.sum()), "slots": int(result.window.sum())})
    return table


def regret(result: Result, scheme: str, part: Applied) -> Interval:
    """Over seeds: how much worse than the same scheme with fresh decisions, both uncharged and feasible."""
    fresh = result.applied[scheme, Policy()]
    sign = 1.0 if result.study.system.sense == "min" else -1.0
    with np.errstate(invalid="ignore"):
        worse = sign * (part.metrics.objective - fresh.metrics.objective)
    return statistics.interval(by_seed(result, worse, result.window & part.feasible & fresh.feasible))


def age(result: Result, part: Applied) -> np.ndarray:
    """(row,) slots since the decision in force was made."""
    slot = np.tile(np.arange(result.reason.shape[1]), result.reason.shape[0])
    return (slot - part.source).astype(float)


def handover_rate(result: Result, part: Applied) -> float:
    """Handovers a user and hour within the window."""
    slots = int(result.window.sum())
    hours = slots * result.study.times.slot_s / HOUR_S * part.changed.shape[1]
    return float(part.changed[result.window].sum()) / hours if slots else np.nan


def seat_changes(result: Result) -> Row:
    """Changes of seats a slot."""
    found: Row = {}
    for name, seats in (
        ("satellite_changes", [part.satellites for part in result.followed]),
        ("holder_changes", [part.users for part in result.followed]),
    ):
        known = [one.changed().sum() / len(one.taken()) for one in seats if one is not None]
        if known:
            found[name] = float(np.mean(known))
    return found


def slot_rows(result: Result) -> list[Row]:
    """One row for each seed and slot: time, whether and why not it is usable, each scheme and policy, and the bound."""
    study = result.study
    n_seeds, n_slots = result.reason.shape
    reasons = [Reason(int(code)) for code in result.reason.ravel()]
    utc = [(study.times.start + timedelta(seconds=float(s))).isoformat() for s in study.times.seconds]
    columns: dict[str, Any] = {
        "seed": np.repeat(study.seeds, n_slots),
        "slot": np.tile(np.arange(n_slots), n_seeds),
        "time": utc * n_seeds,
        "usable": np.array([kind == Reason.USABLE for kind in reasons]),
        "reason": ["" if kind == Reason.USABLE else kind.words for kind in reasons],
        "window": result.window,
    }
    for (scheme, policy), part in result.applied.items():
        if policy not in study.policies:
            continue
        label = f"{scheme}__{policy.name}"
        columns[f"{label}.objective"] = np.where(part.in_force, part.metrics.objective, np.nan)
        columns[f"{label}.charged"] = np.where(part.in_force, part.charged, np.nan)
        columns[f"{label}.feasible"] = part.in_force & part.feasible
        columns[f"{label}.source"] = part.source
        columns[f"{label}.changes"] = np.where(part.in_force, part.changed.sum(axis=1), 0)
    if result.bound is not None:
        columns["bound"] = np.where(result.episodes.usable.ravel(), result.bound, np.nan)
    lists = [np.asarray(values).tolist() for values in columns.values()]
    return [dict(zip(columns, row, strict=True)) for row in zip(*lists, strict=True)]


def notes(result: Result) -> list[str]:
    """What has to be said beside the table."""
    study = result.study
    lost = "; ".join(f"{words}: {n}" for words, n in unusable_counts(result).items() if n)
    share_used = float((result.reason == Reason.USABLE).mean())
    when = f"{study.time.slots} slots of {study.time.slot_s:g} s from {text_utc(study.times.start)}"
    used = f"usable {100 * share_used:.1f} %" + (f" ({lost})" if lost else "")
    lines = [f"{study.system.name}, {when}, seeds: {len(study.seeds)}; {used}"]
    if not result.inputs:
        lines.append(
            "the input files are not at hand, or today's code makes other drops of them: no sky, map and roads"
        )
    if len(study.seeds) == 1:
        lines.append("one seed: no confidence limits")
    if study.ignored:
        lines.append("the world replaces these fields of the scenario: " + ", ".join(study.ignored))
    for name in result.followed[0].notes:
        values = [part.notes[name] for part in result.followed]
        lines.append(f"{name}: {np.mean(values):.4g}")
    return lines


def share(values: np.ndarray, used: np.ndarray) -> float:
    """Share of the used rows for which a bool (row,) is true; NaN without any."""
    return float(values[used].mean()) if used.any() else np.nan


def _mean(values: np.ndarray, used: np.ndarray) -> float:
    return float(values[used].mean()) if used.any() else np.nan


def _limits(name: str, span: Interval) -> Row:
    return {name: span.mean, f"{name}_low": span.low, f"{name}_high": span.high}
