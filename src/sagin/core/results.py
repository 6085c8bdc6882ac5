"""What a scheme returns: decisions with a status a drop, and the trace of the objective."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from html import escape
from typing import TYPE_CHECKING, Any, Generic

import numpy as np
from numpy.typing import NDArray

from sagin.core import records, shown
from sagin.core.errors import InputError
from sagin.core.values import ByValue

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    X = TypeVar("X", default=Any)  # decision
else:
    from typing import TypeVar

    X = TypeVar("X")


class Status(IntEnum):
    """How a drop ended; stored as int8 with `flag_meanings`."""

    CONVERGED = 0  # the scheme's own stopping rule was met
    MAX_ITERATIONS = 1  # stopped by its iteration limit; the decision is usable
    INFEASIBLE = 2  # some violation of the stored decision exceeds its tolerance
    CERTIFIED_INFEASIBLE = 3  # so it does in every decision of the space: the bound proves it


def usable(status: NDArray[np.int8]) -> records.Bools:
    """(drop,) bool: the stored decision keeps every constraint."""
    return status < Status.INFEASIBLE


@dataclass(frozen=True, repr=False)
class Solution(ByValue, Generic[X]):
    """Decisions of one scheme for a batch of drops.

    `decision`: record of arrays (drop, ...). `status`: (drop,) int8, see `Status`. `iterations`: (drop,) int32.
    `trace`: (drop, iteration) float64 objective, start value first, NaN after the last iteration.
    `options`: the scheme's options as plain values.
    """

    scheme: str
    decision: X
    status: NDArray[np.int8]
    iterations: NDArray[np.int32]
    trace: records.Floats
    options: dict[str, Any] = dataclasses.field(default_factory=dict)

    def summary(self) -> str:
        """One line: scheme, how its drops ended, iterations, and where the objective started and ended if traced."""
        counts = [(word.name.lower().replace("_", " "), int(np.sum(self.status == word))) for word in Status]
        ends = ", ".join(f"{count} {word}" for word, count in counts if count)
        steps = f"; {np.mean(self.iterations):.3g} iterations on average" if self.iterations.any() else ""
        return f"{self.scheme or 'solution'}: {len(self.status)} drops, {ends}{steps}{self._traced()}"

    def _traced(self) -> str:
        kept = ~np.isnan(self.trace)
        rows = kept.any(axis=1)
        if not rows.any():
            return ""
        last = self.trace.shape[1] - 1 - np.argmax(kept[:, ::-1], axis=1)
        first, final = self.trace[rows, 0], self.trace[np.arange(len(last)), last][rows]
        return f"; objective {np.mean(first):.4g} to {np.mean(final):.4g} on average"

    def __repr__(self) -> str:
        return f"<Solution {self.summary()}; decision {type(self.decision).__name__}>"

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.summary())}</p>{shown.page(self.decision)}"


def solution(
    decision: X,
    *,
    converged: np.ndarray | bool = True,
    iterations: np.ndarray | int = 0,
    trace: np.ndarray | None = None,
) -> Solution[X]:
    """A solution as a scheme's function returns it; name, options and infeasibility are filled in by `System.solve`."""
    n = records.n_drops(decision)
    status, steps = np.full(n, Status.CONVERGED, dtype=np.int8), np.empty(n, dtype=np.int32)
    status[~np.broadcast_to(np.asarray(converged, dtype=bool), n)] = Status.MAX_ITERATIONS
    steps[:] = iterations
    history = np.full((n, 1), np.nan) if trace is None else np.asarray(trace, dtype=float)
    return Solution("", decision, status, steps, history)


def check_shapes(given: Solution[Any], field: str, n_drops: int) -> None:
    """InputError that names the `field` where status, iterations or trace of a solution are of other drops."""
    for name in ("status", "iterations", "trace"):
        shape = np.shape(getattr(given, name))
        if shape[:1] != (n_drops,) or len(shape) != 1 + (name == "trace"):
            wanted = "(drop, iteration)" if name == "trace" else "(drop,)"
            raise InputError(f"{field}.{name}.shape", shape, f"{wanted} with {n_drops} drops")


def join(parts: Sequence[Solution[X]]) -> Solution[X]:
    """Chunks of drops put together; traces are padded with NaN and trimmed to the longest one."""
    width = max(_used(part.trace) for part in parts)
    if len(parts) == 1:
        return dataclasses.replace(parts[0], trace=_resize(parts[0].trace, width))
    return dataclasses.replace(
        parts[0],
        decision=records.concatenate([part.decision for part in parts]),
        status=np.concatenate([part.status for part in parts]),
        iterations=np.concatenate([part.iterations for part in parts]),
        trace=np.concatenate([_resize(part.trace, width) for part in parts]),
    )


def _used(trace: np.ndarray) -> int:
    filled = np.flatnonzero(~np.isnan(trace).all(axis=0))
    return int(filled[-1]) + 1 if filled.size else 1


def _resize(trace: np.ndarray, width: int) -> np.ndarray:
    if trace.shape[1] >= width:
        return trace[:, :width].copy()
    out = np.full((trace.shape[0], width), np.nan)
    out[:, : trace.shape[1]] = trace
    return out
