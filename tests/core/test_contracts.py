import numpy as np
import pytest

from sagin import InputError
from sagin.core.contracts import System, check_seeds, late, outward
from sagin.core.values import same


def test_late_imports_at_the_call() -> None:
    floor = late("math:floor")
    assert floor.__name__ == "floor"
    assert floor(2.5) == 2


def test_seeds() -> None:
    np.testing.assert_array_equal(check_seeds(range(3)), [0, 1, 2])
    assert check_seeds(np.array([7])).dtype == np.int64
    for bad in ([], [-1], [1.5], [[1, 2]]):
        with pytest.raises(InputError, match="seeds"):
            check_seeds(bad)


def test_outward_is_the_safe_side() -> None:
    bound = np.array([0.0, 2.5, np.inf])
    np.testing.assert_array_equal(outward(bound, "min") < bound, [False, True, False])
    np.testing.assert_array_equal(outward(bound, "max") > bound, [False, True, False])
    np.testing.assert_allclose(outward(bound, "max"), bound, rtol=1e-8)


def test_decide_gives_the_solution_and_its_metrics(toy: System) -> None:
    drops = toy.sample(seeds=range(3))
    for scheme in toy.schemes:
        solution, metrics = toy.decide(drops, scheme.name)
        assert same(solution, toy.solve(drops, scheme.name))
        assert same(metrics, toy.evaluate(drops, solution.decision))
