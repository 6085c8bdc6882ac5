"""The ledger: what a paper claims, what came out, and on which numbers the verdict rests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sagin.core.contracts import System
from sagin.core.figures import Figure, Series


@dataclass(frozen=True)
class Entry:
    """One claim, judged. `text` in our words, `rule` when it holds, `note` about fairness.

    `readings`: how the claim stands over all admissible readings of the paper, "" where that was not surveyed.
    """

    figure: str
    claim: str
    verdict: str
    evidence: str
    text: str
    rule: str
    note: str
    drops: int
    readings: str = ""


def judge(figure: Figure, series: Series | None, readings: Mapping[str, str] | None = None) -> list[Entry]:
    """Verdicts on all claims of a figure. `readings`: how each stands over all readings, by `figure.claim`."""
    if series is None:
        return []
    series = series.without([curve.label for curve in figure.curves if curve.beside])
    entries = []
    for claim in figure.claims:
        verdict = claim.judge(series)
        words = (claim.text, claim.rule, claim.note)
        standing = (readings or {}).get(f"{figure.name}.{claim.name}", "")
        entries.append(
            Entry(figure.name, claim.name, verdict.word, verdict.evidence, *words, series.values.shape[2], standing)
        )
    return entries


def merge(system: System, new: list[Entry], kept: list[Entry], figures: Iterable[str]) -> list[Entry]:
    """New entries plus the kept ones of other figures, in the system's order."""
    done = set(figures)
    entries = new + [entry for entry in kept if entry.figure not in done]
    order = {figure.name: place for place, figure in enumerate(system.figures)}
    return sorted(entries, key=lambda entry: order.get(entry.figure, len(order)))
