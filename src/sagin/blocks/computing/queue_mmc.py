"""The M/M/c queue: Erlang's loss and delay formulas by their stable recursion (Kleinrock 1975; Harel 2010)."""

from __future__ import annotations

import numpy as np

from sagin.core.domain import real


def erlang_b(n_units: int, offered_load: np.ndarray | float) -> np.ndarray:
    """Loss probability of M/M/c/c at an offered load a = arrival rate / unit service rate >= 0, any shape."""
    load = real("offered_load", offered_load, ge=0)
    loss = np.ones_like(load)
    for busy in range(1, n_units + 1):
        loss = load * loss / (busy + load * loss)
    return loss


def erlang_c(n_units: int, utilisation: np.ndarray | float) -> np.ndarray:
    """Probability that a task has to wait in M/M/c at a utilisation rho >= 0; 1 from saturation (rho = 1) on."""
    rho = real("utilisation", utilisation, ge=0)
    loss = erlang_b(n_units, n_units * np.minimum(rho, 1.0))
    return loss / (1.0 - np.minimum(rho, 1.0) * (1.0 - loss))


def bound_exponent(n_units: int) -> float:
    """beta_c = 1 / B(c, c) - 1, the largest b for which rho^b can bound Erlang's C formula near saturation.

    rho^beta_c >= C(c, rho) was checked numerically for c up to 200, it is not proved; equality for c = 1.
    """
    return float(1.0 / erlang_b(n_units, float(n_units)) - 1.0)


def operation_delay(
    arrival_rate_per_s: np.ndarray | float, n_units: int, service_rate_per_s: float, *, bounded: bool = False
) -> np.ndarray:
    """Mean time [s] in queue and service of M/M/c; infinite from saturation on.

    `arrival_rate_per_s`: >= 0, any shape. `service_rate_per_s`: > 0, of one unit. `bounded`: use rho^beta_c, which is
    an upper bound, in place of the waiting probability.
    """
    arrivals = real("arrival_rate_per_s", arrival_rate_per_s, ge=0)
    service_rate_per_s = float(real("service_rate_per_s", service_rate_per_s, "of a unit", gt=0))
    spare = n_units * service_rate_per_s - arrivals
    rho = arrivals / (n_units * service_rate_per_s)
    waits = rho ** bound_exponent(n_units) if bounded else erlang_c(n_units, rho)
    with np.errstate(divide="ignore", over="ignore"):
        return 1.0 / service_rate_per_s + np.where(spare > 0, waits / np.maximum(spare, 0.0), np.inf)
