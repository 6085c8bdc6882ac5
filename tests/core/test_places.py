import dataclasses
import multiprocessing
import pickle

import numpy as np
import pytest

import sagin
from sagin import InputError
from sagin.core import contracts, figures, records, results
from sagin.core.contracts import System, late
from sagin.experiments.runs import solve
from sagin.experiments.study import Study
from sagin.systems import _template


def _double(drops, options):
    return _template.SYSTEM.scheme("equal").solve(drops, options)


def _refuse(text: str) -> None:
    raise InputError("field", lambda: text, "a number [W]", "why")


def _objective(task) -> np.ndarray:
    system, drops = task
    return system.evaluate(drops, system.solve(drops, "mine", threads=1).decision).objective


def _derived() -> System:
    mine = contracts.Scheme("mine", "baseline", "as equal", _double, _template.model.Decision)
    return dataclasses.replace(_template.SYSTEM, name="derived", schemes=(mine,))


@pytest.fixture(scope="module")
def pool():
    with multiprocessing.get_context("spawn").Pool(1) as workers:
        yield workers


def test_an_input_error_comes_out_of_a_pool_of_fresh_processes(pool) -> None:
    with pytest.raises(InputError, match=r"field = <function .*>: must be a number \[W\] \(why\)") as caught:
        pool.apply_async(_refuse, ("x",)).get(timeout=60)
    assert (caught.value.field, caught.value.bound, caught.value.reason) == ("field", "a number [W]", "why")


def test_a_derived_system_with_an_own_scheme_computes_in_a_fresh_process(pool) -> None:
    system = _derived()
    drops = system.sample(seeds=range(3))
    there = pool.apply_async(_objective, ((system, drops),)).get(timeout=60)
    np.testing.assert_array_equal(there, _objective((system, drops)))


@pytest.mark.parametrize("value", [3, "33dBm", [1, (2.5, None)], {"a": b"x"}, np.arange(2), object(), {"a": lambda: 0}])
def test_messages_survive_whatever_the_value(value: object) -> None:
    error = InputError("field", value, "small", "why")
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert pickle.loads(pickle.dumps(again)).args == error.args


@pytest.mark.parametrize("name", [*sagin.system_names(), "_template"])
def test_systems_and_all_they_hold_pickle(name: str) -> None:
    system = _template.SYSTEM if name == "_template" else sagin.system(name)
    assert pickle.loads(pickle.dumps(system)) is system
    for figure in system.figures:
        assert pickle.loads(pickle.dumps(figure)) is figure
    for part in (*system.schemes, *system.spaces):
        assert pickle.loads(pickle.dumps(part)) == part
    derived = pickle.loads(pickle.dumps(dataclasses.replace(system, title="mine")))
    assert derived == dataclasses.replace(system, title="mine")
    assert derived != system


@pytest.mark.parametrize("name", [*sagin.system_names(), "_template"])
def test_drops_pickle_and_compare_by_value(name: str) -> None:
    system = _template.SYSTEM if name == "_template" else sagin.system(name)
    drops = system.sample(seeds=range(2))
    assert pickle.loads(pickle.dumps(drops)) == drops == system.sample(seeds=range(2))
    assert drops != system.sample(seeds=[0, 2])
    assert drops != records.take(drops, slice(0, 1))


def test_runs_and_studies_pickle(toy: System) -> None:
    run = solve(toy, toy.sample(seeds=range(2)), ["iterate", "equal"])
    again = pickle.loads(pickle.dumps(run))
    assert again == run
    assert again.system is toy
    changed = dataclasses.replace(run.schemes["equal"].solution, trace=np.zeros((2, 1)))
    assert changed != run.schemes["equal"].solution
    study = Study(toy, axes={"n_users": [2, 3]}, seeds=range(2))
    back = pickle.loads(pickle.dumps(study))
    assert back.to_dict() == study.to_dict()
    assert back.system is toy


def test_data_of_figures_compares_by_value() -> None:
    series = figures.Series(np.arange(2.0), ("a",), np.full((1, 2, 3), np.nan), np.ones((1, 2, 3), dtype=bool))
    assert series == dataclasses.replace(series, values=series.values.copy())
    assert series != dataclasses.replace(series, labels=("b",))
    assert pickle.loads(pickle.dumps(series)) == series


def test_a_late_function_says_where_it_is() -> None:
    function = late("sagin.core.results:join")
    assert (function.__name__, function.__qualname__) == ("join", "sagin.core.results:join")
    assert pickle.loads(pickle.dumps(function)) == function != late("sagin.core.results:solution")
    assert function.function is results.join
