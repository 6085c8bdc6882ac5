"""ln(1 + y) of many numbers at once, in loops that compile to vector instructions.

The C library takes one number a call, about four times as long. This is the argument reduction and polynomial of the
freely available fdlibm (Tang 1990): 1 + y = 2^k (1 + f), and the rounding error of 1 + y is fed back.
"""

from __future__ import annotations

import numpy as np

from sagin.core.engine import bare_kernel, kernel

SQRT_HALF_BITS = 0x3FE6A09E667F3BCD  # of sqrt(1/2): 1 + f lies between it and sqrt(2)
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
P1, P2, P3, P4 = 6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01, 2.222219843214978396e-01
P5, P6, P7 = 1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01


@kernel
def log1p_in_place(y: np.ndarray) -> None:
    """Replace every y (n,) >= 0 by ln(1 + y), to a relative error of 3e-16."""
    log1p_in_room(y, np.empty(y.size), np.empty(y.size))


@bare_kernel
def log1p_in_room(y: np.ndarray, shifted: np.ndarray, exponent: np.ndarray) -> None:
    """The same with scratch (n,) of the caller.

    The loops are separate and short because a vectoriser gives up on many arrays in one.
    """
    bits = shifted.view(np.int64)
    for i in range(y.size):
        shifted[i] = 1.0 + y[i]
    for i in range(y.size):
        shift = (bits[i] - SQRT_HALF_BITS) >> 52
        exponent[i] = float(shift)
        bits[i] = bits[i] - (shift << 52)
    for i in range(y.size):
        whole = 1.0 + y[i]
        lost = (y[i] - (whole - 1.0)) / whole
        f = shifted[i] - 1.0
        s = f / (2.0 + f)
        z = s * s
        tail = z * (P1 + z * (P2 + z * (P3 + z * (P4 + z * (P5 + z * (P6 + z * P7))))))
        half = 0.5 * f * f
        small = s * (half + tail) + (exponent[i] * LN2_LOW + lost)
        y[i] = exponent[i] * LN2_HIGH - ((half - small) - f)
