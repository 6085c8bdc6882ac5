"""Parts of successive convex approximation (Scutari, Facchinei, Lampariello, IEEE Trans. Signal Proc. 65, 2017)."""

from __future__ import annotations

from sagin.core.engine import kernel


@kernel
def product_surrogate(first: float, second: float, first_at: float, second_at: float) -> float:
    """Convex surrogate first * second_at + first_at * second of a product of two convex functions >= 0.

    Same gradient as the product at the iterate (where the functions are `first_at`, `second_at`), not an upper bound.
    """
    return first * second_at + first_at * second


@kernel
def bilinear_surrogate(x: float, y: float, x_at: float, y_at: float) -> float:
    """Convex upper bound of x y, tight at the iterate: the concave part of ((x + y)^2 - x^2 - y^2) / 2 linearised."""
    return 0.5 * (x + y) ** 2 - x_at * x - y_at * y + 0.5 * (x_at**2 + y_at**2)


@kernel
def next_step(step: float, decay: float) -> float:
    """Diminishing step g (1 - decay g): tends to 0 while the sum of the steps diverges."""
    return step * (1.0 - decay * step)
