"""Every public function of the methods: whole numbers, single precision, edges, nothing, wrong sizes and values."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import sagin.methods
from sagin.methods import bracketed_root, convex_line, region_allocation
from sagin.methods.nonlinear_acceleration import new_memory
from sagin.methods.priced_allocation import Cost

NAN, INF = np.nan, np.inf


def out(*shape: int) -> Callable[[], np.ndarray]:
    return lambda: np.zeros(shape)


def rows(*shape: int) -> Callable[[], np.ndarray]:
    return lambda: np.zeros(shape, dtype=np.int64)


def flags(n: int) -> Callable[[], np.ndarray]:
    return lambda: np.zeros(n, dtype=bool)


def square(*shape: int) -> Callable[[], np.ndarray]:
    return lambda: np.zeros(shape, dtype=complex)


def eye(n: int) -> Callable[[], np.ndarray]:
    return lambda: np.eye(n, dtype=complex)


def random() -> np.random.Generator:
    return np.random.default_rng(1)


class Case(NamedTuple):
    """Arguments (those that are written into, made by a function), and arguments that must be refused instead."""

    arguments: dict[str, Any]
    refused: tuple[dict[str, Any], ...] = ()
    nothing: dict[str, Any] | None = None  # the arguments of no size at all, where these are none of the refused


COST = Cost(1.0, 1.0, 1.0, 0.0, 0.0, 1.0)
ORDER = {"first": np.array([2, 0, 1]), "second": np.array([0, 1, 2]), "low": 1, "high": 2}
REGION = {"kind": region_allocation.NOMA, "snr": np.array([3.0, 15.0]), "k": 2, "part": lambda: np.ones(2)}
REGION |= {"order": lambda: np.arange(2), "room": out(region_allocation.ROWS, 2)}
REGION_REFUSED = ({"room": out(2, 2)}, {"order": rows(1)}, {"snr": np.ones(1)}, {"k": 3}, {"part": out(1)})
MEMORY = lambda: new_memory(3, 2, 2)  # noqa: E731
CUBIC = {"cubic": np.ones((1, 3, 2)), "n_groups": 1, "group_weight": np.ones(1), "node_weight": np.ones(2)}
CUBIC_REFUSED = ({"n_groups": 2}, {"node_weight": np.ones(3)}, {"cubic": np.ones((1, 2, 2))})
PLACES = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 0.0]])

CASES = {
    "assign": Case(
        {"cost": np.array([[3, 1, 2], [1, 2, 3]]), "column_of": rows(2)},
        ({"column_of": rows(1)},),
        {"cost": np.zeros((0, 3)), "column_of": rows(0)},
    ),
    "assign_from": Case(
        {"cost": np.array([[3, 1], [1, 2]]), "column_price": out(2), "column_of": rows(2)},
        ({"column_of": rows(1)}, {"column_price": out(3)}),
    ),
    "bracketed_root.open_bracket": Case(
        {"state": out(bracketed_root.SIZE), "low": 0, "f_low": -1, "high": 1, "f_high": 1}, ({"state": out(3)},)
    ),
    "open_outward": Case({"state": out(bracketed_root.SIZE), "guess": 2}, ({"state": out(3)},)),
    "capped_level": Case(
        {"caps": np.array([1, 5]), "total": 4, "shares": out(2)}, ({"shares": out(1)}, {"caps": np.zeros(0)})
    ),
    "cholesky_factor": Case(
        {"matrix": np.array([[4, 2], [2, 3]]), "factor": square(2, 2)},
        ({"factor": square(1, 1)}, {"matrix": np.ones((2, 3))}),
        {"matrix": np.zeros((0, 0)), "factor": square(0, 0)},
    ),
    "cholesky_solve": Case(
        {"factor": np.array([[2, 0], [1, 3]]), "right": np.array([4, 7]), "solution": square(2)},
        ({"solution": square(1)}, {"right": np.ones(3)}, {"factor": np.ones((2, 1))}),
        {"factor": np.zeros((0, 0)), "right": np.zeros(0), "solution": square(0)},
    ),
    "cholesky_inverse": Case(
        {"factor": np.array([[2, 0], [1, 4]]), "inverse": square(2, 2)},
        ({"inverse": square(1, 1)}, {"factor": np.ones((2, 1))}),
        {"factor": np.zeros((0, 0)), "inverse": square(0, 0)},
    ),
    "convex_line.open_bracket": Case(
        {"bracket": out(convex_line.SIZE), "low": 0, "high": 4, "step": 1}, ({"bracket": out(7)},)
    ),
    "surrogate_minimiser": Case(
        {"channels": eye(2), "terms": lambda: np.ones((3, 2)), "limit": 1.0, "per_stream": False, "basis": eye(2)}
        | {"matrix": square(2, 2), "half": square(2, 2), "precoders": square(2, 2)},
        ({"basis": eye(1)}, {"half": square(1, 2)}, {"precoders": square(1, 2)}, {"terms": lambda: np.ones((2, 2))}),
    ),
    "rank": Case(
        {"fitness": np.array([3, 1, 2]), "order": rows(3)},
        ({"order": rows(2)},),
        {"fitness": np.zeros(0), "order": rows(0)},
    ),
    "integer_below": Case({"generator": random, "bound": 7}),
    "pair_below": Case({"generator": random, "bound": 7}),
    "tournament": Case({"generator": random, "n": 9, "size": 3}, ({"n": 0}, {"size": 0})),
    "random_labels": Case({"generator": random, "n_labels": 3, "labels": rows(4)}, ({"n_labels": 0},)),
    "random_permutation": Case({"generator": random, "row": rows(4)}, (), {"generator": random, "row": rows(0)}),
    "uniform_crossover": Case(
        {"generator": random, "second": np.array([1, 2, 3]), "child": rows(3)}, ({"second": np.ones(1, dtype=int)},)
    ),
    "order_crossover": Case(
        ORDER | {"kept": flags(3), "child": rows(3)},
        (
            *({"kept": flags(2)}, {"child": rows(2)}, {"low": -1}, {"high": 4}, {"low": 3, "high": 2}),
            *({"first": np.array([2, 3, 1])}, {"first": np.array([-1, 0, 1])}, {"second": np.array([0, 1, 3])}),
            {"first": np.array([1, 1, 1]), "low": 0},
        ),
        {"first": rows(0), "second": rows(0), "low": 0, "high": 0, "kept": flags(0), "child": rows(0)},
    ),
    "pace": Case({"probability": 0.5}),
    "skip": Case({"generator": random, "pace": 2}),
    "reset_mutation": Case(
        {"generator": random, "probability": 0.5, "n_labels": 3, "fixed": flags(4), "labels": rows(4)},
        ({"fixed": flags(3)}, {"n_labels": 0}),
    ),
    "swap_mutation": Case(
        {"generator": random, "probability": 1, "rows": rows(2, 3)},
        (),
        {"generator": random, "probability": 1, "rows": rows(2, 0)},
    ),
    "diagonalise": Case(
        {"matrix": eye(2), "basis": eye(2), "tolerance": 1e-12}, ({"basis": eye(1)}, {"matrix": square(2, 1)})
    ),
    "change_basis": Case(
        {"matrix": eye(2), "basis": eye(2), "half": square(2, 2), "result": square(2, 2)},
        ({"basis": eye(1)}, {"half": square(1, 2)}, {"result": square(2, 1)}, {"matrix": square(2, 1)}),
    ),
    "identity": Case({"matrix": square(2, 2)}, ({"matrix": square(3, 2)},), {"matrix": square(0, 0)}),
    "eigen_batch": Case(
        {"matrices": np.array([[[2, 1], [1, 2]]])}, ({"matrices": np.ones((1, 2, 3))},), {"matrices": square(0, 2, 2)}
    ),
    "k_means": Case(
        {"points": np.array([[0, 0], [4, 0], [0, 9]]), "draws": np.array([0.1, 0.7]), "centres": out(2, 2)},
        ({"points": np.zeros((0, 2))}, {"draws": np.zeros(1)}, {"points": np.zeros((3, 1))}, {"centres": out(2, 1)}),
    ),
    "lambert_w": Case({"z": 3}),
    "log_sum": Case({**CUBIC, "x": 1}, CUBIC_REFUSED),
    "least_power": Case(
        {**CUBIC, "total_weight": 6, "target": 4, "start": 1, "cap": 9, "precision": 1e-8}, CUBIC_REFUSED
    ),
    "log1p_in_place": Case({"y": lambda: np.array([0.0, 1e-9, 1.0, 1e300])}, (), {"y": out(0)}),
    "new_memory": Case({"depth": 2, "n": 3, "m": 1}, ({"depth": 0},)),
    "remember": Case(
        {"memory": MEMORY, "point": eye(2), "residual": eye(2)},
        ({"point": eye(1)}, {"residual": square(2, 1)}, {"point": square(3, 2)}),
    ),
    "accelerate": Case({"memory": MEMORY, "proposal": square(2, 2)}, ({"proposal": square(2, 3)},)),
    "forget": Case({"memory": MEMORY}),
    "centroid": Case(
        {"polygon": np.array([[0, 0], [3, 0], [0, 3]]), "count": 3},
        ({"count": 4}, {"count": 0}, {"polygon": np.zeros((3, 1))}),
    ),
    "cut": Case(
        {"polygon": lambda: np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 2.0], [0.0, 2.0], [0.0, 0.0]]), "count": 4}
        | {"point": (3.0, 0.0), "slope": (1.0, 0.0), "scratch": out(5, 2)},
        ({"scratch": out(4, 2)}, {"count": 5}, {"count": -1}, {"scratch": out(5, 1)}),
    ),
    "marginal": Case({"cost": COST, "weight": 1, "centre": 0, "x": 2}),
    "answer": Case({"cost": COST, "weight": 1, "centre": 0, "low": 0, "high": 9, "price": 5}),
    "priced_allocation.allocate": Case(
        {"cost": COST, "weights": np.ones(2), "centres": np.zeros(2), "low": np.zeros(2), "high": np.ones(2)}
        | {"total": 1, "x": out(2), "work": out(2, 2)},
        ({"work": out(2, 1)}, {"low": np.zeros(1)}, {"high": np.ones(3)}, {"weights": np.ones(1)}, {"x": out(1)}),
    ),
    "region_allocation.allocate": Case(
        REGION | {"address": 0, "weight": np.array([1.0, 2.0]), "share": out(2), "price": out(2)},
        (*REGION_REFUSED, {"share": out(1)}, {"price": out(1)}, {"weight": np.ones(1)}),
    ),
    "support": Case(REGION | {"address": 0, "price": np.array([1.0, 2.0])}, (*REGION_REFUSED, {"price": np.ones(1)})),
    "load": Case(REGION | {"share": np.array([1.0, 1.0])}, (*REGION_REFUSED, {"share": np.ones(1)})),
    "move_producers": Case(
        {"generator": random, "positions": PLACES, "iterations": 9, "threshold": 0.5, "moved": out(2, 2)},
        ({"moved": out(4, 2)}, {"moved": out(2, 3)}),
    ),
    "move_scroungers": Case(
        {"generator": random, "positions": PLACES, "n_producers": 1, "leader": np.ones(2), "moved": out(3, 2)},
        ({"moved": out(2, 2)}, {"leader": np.ones(1)}, {"n_producers": -1}),
    ),
    "move_scouts": Case(
        {"generator": random, "positions": PLACES, "fitness": np.arange(3), "scouts": np.array([1])}
        | {"moved": out(3, 2)},
        ({"scouts": np.array([3])}, {"scouts": np.array([-1])}, {"fitness": np.ones(2)}, {"moved": out(2, 2)}),
    ),
    "draw_scouts": Case({"generator": random, "deck": lambda: np.arange(4), "scouts": rows(2)}, ({"scouts": rows(5)},)),
    "unit": Case({"value": 2}),
    "square_root_shares": Case(
        {"cost": np.array([4, 9]), "lower": np.array([0, 0]), "shares": out(2)},
        ({"shares": out(1)}, {"lower": np.zeros(1)}),
        {"cost": np.zeros(0), "lower": np.zeros(0), "shares": out(0)},
    ),
    "deferred_acceptance": Case(
        {"value": np.array([[3, 1], [2, 5]]), "quota": 1, "owner": rows(2)},
        ({"owner": rows(1)}, {"owner": rows(3)}),
        {"value": np.zeros((0, 2)), "quota": 1, "owner": rows(0)},
    ),
    "greedy_matching": Case(
        {"value": np.array([[3, 1], [2, 5]]), "quota": 1, "owner": rows(2)},
        ({"owner": rows(1)}, {"owner": rows(3)}),
        {"value": np.zeros((2, 0)), "quota": 1, "owner": rows(2)},
    ),
    "product_surrogate": Case({"first": 2, "second": 3, "first_at": 1, "second_at": 1}),
    "bilinear_surrogate": Case({"x": 2, "y": 3, "x_at": 2, "y_at": 3}),
    "next_step": Case({"step": 1, "decay": 0.5}),
    "water_filling": Case(
        {"floors": np.array([1, 3]), "cap": 9, "budget": 4, "levels": out(2)},
        ({"levels": out(1)}, {"floors": np.zeros(0)}),
    ),
    "gauss_legendre": Case({"order": 4}, ({"order": 0},)),
}

OPENED = {"next_point", "narrow", "tell", "meeting", "floor", "ask"}  # take an array whose size its opening checked
PYTHON = {"branch_and_bound", "halvings", "maximise"}  # take functions: the tests of their files
DECLARED = {"decision_space", "enumerate_all", "search", "judge", "evolve", "search_scheme"}


def _functions() -> tuple[dict[str, Callable[..., Any]], set[str]]:
    """Public functions by name (with that of their file where two have it), and the bare kernels."""
    found: dict[str, list[tuple[str, Callable[..., Any]]]] = {}
    bare = set()
    for module in pkgutil.walk_packages(sagin.methods.__path__, "sagin.methods."):
        for name, value in vars(importlib.import_module(module.name)).items():
            python = getattr(value, "py_func", value)
            if inspect.isfunction(python) and python.__module__ == module.name and not name.startswith("_"):
                found.setdefault(name, []).append((module.name.rpartition(".")[2], value))
                if value is not python and value.targetoptions.get("_nrt") is False:
                    bare.add(name)
    named = {
        name if len(places) == 1 else f"{file}.{name}": value
        for name, places in found.items()
        for file, value in places
    }
    return named, bare


FUNCTIONS, BARE = _functions()


def _called(name: str, kind: Callable[[Any], Any] = lambda value: value, **other: Any) -> list[Any]:
    """Result and everything that was written into, numbers of `arguments` being of a kind."""
    arguments = {}
    for key, value in {**CASES[name].arguments, **other}.items():
        if isinstance(value, np.ndarray):
            arguments[key] = kind(value)
        else:
            arguments[key] = value() if inspect.isfunction(value) else value
    written = [value for value in arguments.values() if isinstance(value, np.ndarray)]
    return [FUNCTIONS[name](**arguments), *written]


def test_every_public_function_is_accounted_for() -> None:
    assert set(FUNCTIONS) == set(CASES) | OPENED | PYTHON | DECLARED | (BARE - {"lambert_w"})


def test_bare_kernels_check_nothing() -> None:
    """Called millions of times by kernels that have checked: they cannot raise, and their files say what they take."""
    assert not BARE & {name for name, case in CASES.items() if case.refused}


@pytest.mark.parametrize("name", CASES)
def test_whole_numbers_and_single_precision_give_what_doubles_give(name: str) -> None:
    def doubles(array: np.ndarray) -> np.ndarray:
        return array.astype(float) if array.dtype.kind == "i" and name not in TYPED else array

    def singles(array: np.ndarray) -> np.ndarray:
        return array.astype(np.float32) if array.dtype.kind in "if" and name not in TYPED else array

    wanted = _called(name, doubles)
    assert not any(np.isnan(part).any() for part in wanted if isinstance(part, (np.ndarray, float)))
    given = [value for value in CASES[name].arguments.values() if isinstance(value, np.ndarray)]
    kinds = [kind for kind in (lambda array: array, singles) if any(kind(a).dtype != doubles(a).dtype for a in given)]
    for kind in kinds:
        for one, other in zip(_called(name, kind), wanted, strict=True):
            for this, that in zip(one, other, strict=True) if type(one) is tuple else [(one, other)]:
                if isinstance(this, (np.ndarray, float, int)):
                    np.testing.assert_allclose(this, that, rtol=1e-6, atol=1e-12)


# whole numbers are indices; supports at an address take doubles
TYPED = {"uniform_crossover", "order_crossover", "move_scouts", "region_allocation.allocate", "support", "load"}


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.refused])
def test_other_sizes_and_values_are_refused(name: str) -> None:
    for bad in CASES[name].refused:
        with pytest.raises(ValueError, match="must"):
            _called(name, **bad)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.nothing])
def test_nothing_is_no_fault(name: str) -> None:
    _called(name, **(CASES[name].nothing or {}))


def test_edges() -> None:
    call = lambda name, **given: _called(name, **given)  # noqa: E731
    assert call("assign", cost=np.array([[1.0, INF], [2.0, INF]]))[0] == INF
    assert call("assign", cost=np.full((2, 2), NAN))[0] == INF
    assert call("assign", cost=np.ones((3, 2)), column_of=rows(3))[0] == INF
    assert call("cholesky_factor", matrix=np.full((2, 2), NAN))[0] is False
    assert call("cholesky_factor", matrix=-np.eye(2))[0] is False
    assert np.isnan(call("lambert_w", z=-0.4)[0])
    assert call("lambert_w", z=-0.2)[0] == pytest.approx(-0.2591711018, rel=1e-9)
    assert call("water_filling", floors=np.array([1.0, 3.0]), cap=INF, budget=0)[1:][1].sum() == 0
    assert call("capped_level", caps=np.array([1.0, 5.0]), total=100)[0] == INF
    assert not call("square_root_shares", cost=np.ones(2), lower=np.array([NAN, 0.0]))[0]
    assert call("least_power", target=0)[0] == 0
    assert call("least_power", target=1e9)[0] == INF
    assert call("skip", pace=INF)[0] == 4e18
    assert call("pace", probability=0.0)[0] == INF
    assert call("pace", probability=1.0)[0] == 0
    assert np.isnan(call("priced_allocation.allocate", total=3.0)[0])
    assert list(call("deferred_acceptance", value=np.full((2, 2), NAN), quota=0)[2]) == [-1, -1]
    np.testing.assert_array_equal(call("log1p_in_place")[1], np.log1p([0.0, 1e-9, 1.0, 1e300]))


def test_a_cut_of_a_polygon_that_is_not_convex_stays_in_its_room() -> None:
    """Every second vertex is cut off: more vertices than there is room for."""
    zigzag = np.array([[float(i), float(i % 2)] for i in range(8)] + [[0.0, 0.0]])
    guard = np.full((12, 2), 7.0)
    count = FUNCTIONS["cut"](zigzag, 8, (0.0, 0.5), (0.0, 1.0), guard[:9])
    assert count <= 9
    assert (guard[9:] == 7.0).all()
