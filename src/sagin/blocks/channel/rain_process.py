"""Rain loss that comes and goes: a clipped lognormal process of one normal one (ITU-R P.1853-1, annex 1).

The process is on for the share of time that it rains. Near that share it lies far below the exceedance law it was
fitted to, because the offset that ends the rain is subtracted from every loss: a property of the Recommendation.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from sagin.blocks.channel.evolution import evolve_real
from sagin.core.errors import InputError

DECAY_PER_S = 2e-4  # P.1853-1: parameter of the dynamics of rain
FITTED_PERCENT = (0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0)


def upper_quantile(percent: np.ndarray | float) -> np.ndarray:
    """Value that a standard normal variable exceeds `percent` of the time, in (0, 100)."""
    return -ndtri(np.asarray(percent, dtype=float) / 100)


def lognormal_fit(
    percent: np.ndarray, attenuation_db: np.ndarray, probability_percent: float
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and spread (m, s) of ln A by least squares of ln A_p = m + s Q^-1(p/100).

    `percent` (n,): exceeded shares, used below the rain probability. `attenuation_db` (..., n): exceeded losses [dB];
    where one is 0, m is -inf (no rain at all). `probability_percent`: share of time with rain, > two of the `percent`.
    """
    p, loss = np.asarray(percent, dtype=float), np.asarray(attenuation_db, dtype=float)
    used = np.flatnonzero(p < probability_percent)
    if used.size < 2:
        least = float(np.sort(p)[1]) if p.size > 1 else float("nan")
        raise InputError("rain_probability_percent", probability_percent, f"> {least:g}", "two points make a line")
    x = upper_quantile(p[used])
    dry = np.any(loss[..., used] <= 0, axis=-1)
    y = np.log(np.where(dry[..., None], 1.0, loss[..., used]))
    spread = ((x - x.mean()) * (y - y.mean(axis=-1, keepdims=True))).sum(axis=-1) / ((x - x.mean()) ** 2).sum()
    mean = y.mean(axis=-1) - spread * x.mean()
    return np.where(dry, -np.inf, mean), np.where(dry, 0.0, spread)


def rain_attenuation_process(
    state: np.ndarray, mean: np.ndarray | float, spread: np.ndarray | float, probability_percent: float
) -> np.ndarray:
    """Loss [dB] = max(exp(m + s X) - exp(m + s Q^-1(P/100)), 0) of a normal state X; arguments broadcast."""
    offset = np.exp(mean + spread * upper_quantile(probability_percent))
    return np.maximum(np.exp(mean + spread * np.asarray(state)) - offset, 0.0)  # P.1853-1, annex 1, step B5


def rain_state(generator: np.random.Generator, seconds: np.ndarray) -> np.ndarray:
    """(time,) standard normal state X, correlation exp(-2e-4 dt) between instants, started in its stationary law."""
    gaps = np.diff(np.asarray(seconds, dtype=float), prepend=np.asarray(seconds, dtype=float)[:1])
    return evolve_real(generator, np.exp(-DECAY_PER_S * gaps)[:, None])[:, 0]
