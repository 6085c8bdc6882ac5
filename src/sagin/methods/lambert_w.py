"""Principal branch of Lambert's W for positive arguments (Corless et al. 1996; Iacono and Boyd 2017)."""

from __future__ import annotations

import numpy as np

from sagin.core.engine import bare_kernel


@bare_kernel
def lambert_w(z: float) -> float:
    """The w >= 0 with w e^w = z, for z >= 0; relative error about 1e-15.

    Iacono and Boyd's starting value, then their Newton step on w + ln w = ln z, which converges quadratically from it.
    """
    if z <= 0.0:
        return 0.0
    start = np.log1p(z)
    w = start * (1.0 - np.log1p(start) / (2.0 + start))
    for _ in range(6):
        after = w / (1.0 + w) * (1.0 + np.log(z / w))
        close = abs(after - w) <= 1e-8 * after  # the next error is about the square of this one
        w = after
        if close:
            break
    return w
