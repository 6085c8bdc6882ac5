"""A paper's figures with curves of users' schemes beside the paper's own."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from sagin.core.contracts import Scheme, System
from sagin.core.figures import Curve, Figure, Look


def figures_beside(system: System, figures: Iterable[Figure]) -> tuple[Figure, ...]:
    """Figures with the curves of all users' schemes of a system."""
    mine = [scheme for scheme in system.schemes if scheme.role == "own"]
    return tuple(with_beside(figure, mine) for figure in figures)


def with_beside(figure: Figure, schemes: Iterable[Scheme]) -> Figure:
    """The figure with each scheme drawn for every setting (overrides, metric) that the paper's curves are drawn for.

    Claims are judged without these curves; a figure that is computed by a function of its own stays as it is.
    """
    settings: dict[str, tuple[dict[str, Any], str, Look]] = {}
    for curve in figure.curves:
        if curve.scheme != "bound" and not curve.beside:
            look = Look(setting=curve.look.setting, y_label=curve.look.y_label)
            settings.setdefault(repr((dict(curve.overrides), curve.value)), (dict(curve.overrides), curve.value, look))
    several = len({value for _, value, _ in settings.values()}) > 1
    added = []
    for scheme in schemes if figure.compute is None else ():
        for overrides, value, look in settings.values():
            words = [*(f"{name} = {_short(part)}" for name, part in overrides.items()), *([value] if several else [])]
            label = f"{scheme.name} ({', '.join(words)})" if words else scheme.name
            added.append(Curve(label, scheme.name, overrides, value=value, beside=True, look=look))
    return dataclasses.replace(figure, curves=(*figure.curves, *added)) if added else figure


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
