import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagin.methods.successive_convex import bilinear_surrogate, next_step, product_surrogate

numbers = st.floats(-10, 10)


def test_reference_values() -> None:
    assert product_surrogate(2.0, 3.0, 4.0, 5.0) == 22.0
    assert bilinear_surrogate(1.0, 2.0, 1.0, 2.0) == 2.0
    assert next_step(1.0, 0.01) == pytest.approx(0.99)


@given(numbers, numbers, numbers, numbers)
def test_bilinear_surrogate_is_above_and_tight(x: float, y: float, x_at: float, y_at: float) -> None:
    gap = bilinear_surrogate(x, y, x_at, y_at) - x * y
    assert gap == pytest.approx(0.5 * ((x - x_at) ** 2 + (y - y_at) ** 2), abs=1e-11)


@given(st.floats(0.1, 0.9), st.floats(0.1, 5))
def test_product_surrogate_has_the_gradient_of_the_product(x: float, y: float) -> None:
    h = 1e-6
    for dx, dy in ((h, 0.0), (0.0, h)):
        surrogate = [product_surrogate((1 - x - s * dx) ** 3, (y + s * dy) ** 3, (1 - x) ** 3, y**3) for s in (1, -1)]
        product = [(1 - x - s * dx) ** 3 * (y + s * dy) ** 3 for s in (1, -1)]
        assert (surrogate[0] - surrogate[1]) / (2 * h) == pytest.approx(
            (product[0] - product[1]) / (2 * h), rel=1e-5, abs=1e-7
        )


def test_steps_vanish_slowly() -> None:
    step, total = 1.0, 0.0
    for _ in range(20_000):
        total += step
        step = next_step(step, 0.01)
    assert step < 0.006
    assert total > 500
