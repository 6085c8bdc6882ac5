"""Judged decisions as rows, LaTeX and a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sagin.experiments.challenge import Judged
from sagin.presentation.pages import Table, render
from sagin.results.provenance import provenance

HEAD = ("instance", "by", "objective", "gap to bound", "to best known", "rank", "remark")


def rows(judged: Sequence[Judged]) -> list[dict[str, Any]]:
    """One row a decision, in full precision."""
    return [
        {
            "instance": item.instance.name,
            "by": item.by,
            "feasible": item.feasible,
            "objective": item.objective,
            "bound": item.instance.bound,
            "best_known": item.instance.objective,
            "gap": item.gap,
            "to_best": item.to_best,
            "rank": item.rank,
            "of": item.of,
            "seconds": item.seconds,
            "record": item.is_record,
            "contradicts_bound": item.contradicts,
            "why": item.why,
        }
        for item in judged
    ]


def cells(item: Judged) -> tuple[str, ...]:
    """The same for people."""
    objective = "-" if item.objective != item.objective else f"{item.objective:.6g}"
    numbers = percent(item.gap), percent(item.to_best), place(item)
    return item.instance.name, item.by, objective, *numbers, remark(item)


def place(item: Judged) -> str:
    """Its rank in words."""
    return f"{item.rank} of {item.of}" if item.rank else "-"


def remark(item: Judged) -> str:
    """What is special about it: a contradiction, a record, or why it is infeasible."""
    return "contradicts the bound" if item.contradicts else "new record" if item.is_record else item.why


def percent(value: float) -> str:
    """A relative distance."""
    return "-" if value != value else f"{100 * value:.3g} %"


def to_latex(judged: Sequence[Judged]) -> str:
    """A tabular of the decisions."""
    lines = [r"\begin{tabular}{llrrrrl}", r"\hline", " & ".join(HEAD) + r" \\", r"\hline"]
    lines += [" & ".join(map(_escaped, cells(item))) + r" \\" for item in judged]
    return "\n".join([*lines, r"\hline", r"\end{tabular}", ""])


def _escaped(words: str) -> str:
    for sign, tex in (("\\", r"\textbackslash "), ("_", r"\_"), ("%", r"\%"), ("&", r"\&"), ("#", r"\#"), ("$", r"\$")):
        words = words.replace(sign, tex)
    return words


def to_html(judged: Sequence[Judged]) -> str:
    """A page of its own in the style of the report."""
    origin = provenance()
    feasible = sum(item.feasible for item in judged)
    about = f"{feasible} of {len(judged)} decisions keep every constraint; sagin {origin['sagin_version']}"
    sheet = Table("Decisions on certified instances", HEAD, [cells(item) for item in judged], numbers=HEAD[2:6])
    return render("challenge.html", title="Challenge", about=about, sheet=sheet)
