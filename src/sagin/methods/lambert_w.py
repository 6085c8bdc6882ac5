"""Principal branch of Lambert's W (Corless et al. 1996; Iacono and Boyd 2017)."""

from __future__ import annotations

import numpy as np

from sagin.core.engine import bare_kernel


@bare_kernel
def _below_zero(z: float) -> float:
    """For -1/e <= z <= 0: Halley's steps from the series round the branch point."""
    if z == 0.0:
        return 0.0
    square = 2.0 * (np.e * z + 1.0)
    if square <= 0.0:
        return -1.0 if z >= -np.exp(-1.0) else np.nan
    p = np.sqrt(square)
    w = -1.0 + p * (1.0 - p * (1.0 / 3.0 - 11.0 / 72.0 * p))
    if z > -0.1:
        w = z * (1.0 - z)
    for _ in range(20):
        grown = np.exp(w)
        miss = w * grown - z
        step = miss / (grown * (w + 1.0) - 0.5 * (w + 2.0) * miss / (w + 1.0))
        w -= step
        if abs(step) <= 1e-15 * abs(w):
            break
    return w


@bare_kernel
def lambert_w(z: float) -> float:
    """The w >= -1 with w e^w = z, for z >= -1/e (NaN below); relative error about 1e-15 for z >= 0.

    Towards -1/e, where the slope is infinite, the error of w + 1 grows to the square root of that of z.
    Iacono and Boyd's starting value, then their Newton step on w + ln w = ln z, which converges quadratically from it.
    """
    if z <= 0.0:
        return _below_zero(z)
    start = np.log1p(z)
    w = start * (1.0 - np.log1p(start) / (2.0 + start))
    for _ in range(6):
        after = w / (1.0 + w) * (1.0 + np.log(z / w))
        close = abs(after - w) <= 1e-8 * after  # the next error is about the square of this one
        w = after
        if close:
            break
    return w
