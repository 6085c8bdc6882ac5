import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagin.methods.nonlinear_acceleration import accelerate, forget, new_memory, remember


def test_two_points_of_a_line_give_its_fixed_point() -> None:
    # x -> x / 2 + 1 has its fixed point at 2; from 0 and 1 the combination of the images 1 and 1.5 is 2
    memory, proposal = new_memory(3, 1, 1), np.zeros((1, 1), dtype=complex)
    remember(memory, np.array([[0j]]), np.array([[1.0 + 0j]]))
    assert not accelerate(memory, proposal), "one point has no direction"
    remember(memory, np.array([[1.0 + 0j]]), np.array([[0.5 + 0j]]))
    assert accelerate(memory, proposal)
    assert proposal[0, 0] == pytest.approx(2.0, abs=1e-8)


def test_nothing_left_to_do_and_nothing_remembered() -> None:
    memory, proposal = new_memory(3, 2, 2), np.zeros((2, 2), dtype=complex)
    for _ in range(2):
        remember(memory, np.ones((2, 2), dtype=complex), np.zeros((2, 2), dtype=complex))
    assert not accelerate(memory, proposal)
    forget(memory)
    assert not accelerate(memory, proposal)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 3), st.integers(1, 3))
def test_linear_iterations_end_after_as_many_steps_as_unknowns(seed, n, m) -> None:
    """On x -> B x + c the combination of d + 1 points is exact in d complex (2 d real) unknowns."""
    generator = np.random.default_rng(seed)
    size = 2 * n * m
    matrix = generator.standard_normal((size, size))
    matrix *= 0.9 / np.abs(np.linalg.eigvals(matrix)).max()
    shift = generator.standard_normal(size)
    target = np.linalg.solve(np.eye(size) - matrix, shift)

    def step(x):
        flat = matrix @ np.concatenate([x.real.ravel(), x.imag.ravel()]) + shift
        return (flat[: n * m] + 1j * flat[n * m :]).reshape(n, m)

    memory, x = new_memory(size + 1, n, m), np.zeros((n, m), dtype=complex)
    first = np.linalg.norm(step(x) - x)
    for _ in range(4 * size):
        residual = step(x) - x
        remember(memory, x, residual)
        if not accelerate(memory, x):
            x = x + residual
    wanted = (target[: n * m] + 1j * target[n * m :]).reshape(n, m)
    plain = np.zeros((n, m), dtype=complex)
    for _ in range(4 * size):
        plain = step(plain)
    assert np.linalg.norm(x - wanted) <= max(np.linalg.norm(plain - wanted), 1e-4 * first)
