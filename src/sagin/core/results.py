"""What a scheme returns: decisions with a status a drop, and the trace of the objective."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from sagin.core import records
from sagin.core.values import ByValue


class Status(IntEnum):
    """How a drop ended; stored as int8 with `flag_meanings`."""

    CONVERGED = 0  # the scheme's own stopping rule was met
    MAX_ITERATIONS = 1  # stopped by its iteration limit; the decision is usable
    INFEASIBLE = 2  # some violation of the stored decision exceeds its tolerance


@dataclass(frozen=True)
class Solution(ByValue):
    """Decisions of one scheme for a batch of drops.

    `decision`: record of arrays (drop, ...). `status`: (drop,) int8, see `Status`. `iterations`: (drop,) int32.
    `trace`: (drop, iteration) float64 objective, start value first, NaN after the last iteration.
    `options`: the scheme's options as plain values.
    """

    scheme: str
    decision: Any
    status: np.ndarray
    iterations: np.ndarray
    trace: np.ndarray
    options: dict[str, Any] = dataclasses.field(default_factory=dict)


def solution(
    decision: Any,
    *,
    converged: np.ndarray | bool = True,
    iterations: np.ndarray | int = 0,
    trace: np.ndarray | None = None,
) -> Solution:
    """A solution as a scheme's function returns it; name, options and infeasibility are filled in by `System.solve`."""
    n = records.n_drops(decision)
    done = np.broadcast_to(np.asarray(converged, dtype=bool), n)
    status = np.where(done, Status.CONVERGED, Status.MAX_ITERATIONS).astype(np.int8)
    steps = np.ascontiguousarray(np.broadcast_to(np.asarray(iterations, dtype=np.int32), n))
    history = np.full((n, 1), np.nan) if trace is None else np.asarray(trace, dtype=float)
    return Solution("", decision, status, steps, history)


def join(parts: Sequence[Solution]) -> Solution:
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
    out = np.full((trace.shape[0], width), np.nan)
    keep = min(width, trace.shape[1])
    out[:, :keep] = trace[:, :keep]
    return out
