"""What every system promises, whatever it models."""

import dataclasses
import json

import numpy as np
import pytest
import yaml

from sagin import InputError
from sagin.core import records
from sagin.core.contracts import System
from sagin.core.parameters import field_rows

from .conftest import SEEDS, drops_of


def test_is_described(system: System) -> None:
    assert system.title
    assert system.reference
    assert system.sense in ("min", "max")
    assert system.user_dim in records.sizes(drops_of(system.name))
    assert system.names("paper"), "a system has its paper's algorithm"
    assert system.names("improved"), "a system has a better algorithm beside it"
    assert system.names("baseline")
    assert system.figures
    assert system.budget is not None
    assert all(np.isfinite(value) for _, value, _ in system.budget(drops_of(system.name)))


def test_every_parameter_is_documented(system: System) -> None:
    for row in field_rows(system.scenario):
        assert row.doc, row.name
        assert row.source.startswith(("paper", "assumed", "fig", "cal")), (row.name, row.source)
        assert row.bounds, row.name


def test_scenario_round_trips(system: System, tmp_path) -> None:
    scenario = system.scenario()
    assert system.scenario(**json.loads(json.dumps(scenario.to_dict()))) == scenario
    path = tmp_path / "scenario.yaml"
    path.write_text(yaml.safe_dump(scenario.to_dict()))
    assert system.scenario.from_file(path) == scenario


def test_unknown_field_is_refused_by_name(system: System) -> None:
    with pytest.raises(InputError, match="no_such_field"):
        system.scenario(no_such_field=1)


def test_every_bounded_field_refuses_what_is_outside(system: System) -> None:
    for row in field_rows(system.scenario):
        if isinstance(row.value, bool) or not isinstance(row.value, (int, float)):
            continue
        with pytest.raises(InputError, match=row.name):
            system.scenario(**{row.name: float("nan")})
        if row.bounds.startswith((">", "an integer and >")):
            with pytest.raises(InputError, match=row.name):
                system.scenario(**{row.name: -1e9 if isinstance(row.value, float) else -(10**9)})


def test_same_seed_same_drop_however_batched(system: System, drops, same) -> None:
    again = system.sample(seeds=drops.seeds.tolist())
    assert same(drops, again)
    for row, seed in enumerate(drops.seeds):
        assert same(system.sample(seeds=[seed]), records.take(drops, [row]))


def test_different_seeds_differ(system: System, drops, same) -> None:
    assert not same(records.take(drops, [0]), records.take(drops, [1]))


def test_drops_are_declared(drops, same) -> None:
    fields = {f.name: getattr(drops, f.name) for f in dataclasses.fields(drops)}
    assert same(records.build(type(drops), **fields), drops)
    for name, col in records.columns(type(drops)).items():
        assert col.doc, name


def test_own_arrays_replace_drawn_ones(system: System, drops) -> None:
    name = next(name for name, col in records.columns(type(drops)).items() if col.per_drop and col.dtype is float)
    own = system.drops_from(seeds=drops.seeds, **{name: getattr(drops, name)})
    np.testing.assert_array_equal(getattr(own, name), getattr(drops, name))
    bad = np.full_like(getattr(drops, name), np.nan)
    with pytest.raises(InputError, match=name):
        system.drops_from(seeds=drops.seeds, **{name: bad})
    with pytest.raises(InputError, match=name):
        system.drops_from(seeds=drops.seeds, **{name: getattr(drops, name)[..., None]})


def test_bad_seeds_are_refused(system: System) -> None:
    for seeds in ([], [-1], [0.5]):
        with pytest.raises(InputError, match="seeds"):
            system.sample(seeds=seeds)


def test_schemes_have_unique_names_and_known_spaces(system: System) -> None:
    names = [scheme.name for scheme in system.schemes]
    assert len(names) == len(set(names))
    for scheme in system.schemes:
        system.space(scheme.space)
        assert scheme.summary
        assert scheme.role in ("paper", "baseline", "improved", "extension")
        for row in field_rows(scheme.options):
            assert row.doc, (scheme.name, row.name)


def test_paper_and_improved_share_the_first_space(system: System) -> None:
    first = system.spaces[0].decision
    assert all(scheme.space is first for scheme in system.schemes if scheme.role != "extension")
    assert system.spaces[0].bound is not None


def test_no_given_array_is_ignored(system: System, same) -> None:
    """Each array that a user may give changes what is derived or what decisions cost, or is refused."""
    drops = system.sample(seeds=SEEDS[:2])
    table = records.columns(type(drops))
    paper = system.names("paper")[0]
    names = [paper, *system.names("baseline")[:3]]
    decisions = [system.solve(drops, name, threads=1).decision for name in names]
    before = [system.evaluate(drops, decision) for decision in decisions]
    for name, col in table.items():
        array = getattr(drops, name)
        if not col.per_drop or col.dtype is str or array.size == 0:
            continue
        other = _changed(array)
        try:
            given = system.drops_from(drops.scenario, drops.seeds, **{name: other})
        except InputError:
            continue
        after = [system.evaluate(given, decision) for decision in decisions]
        assert not all(same(a, b) for a, b in zip(before, after, strict=True)), name


def _changed(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind == "b":
        return ~array
    if array.dtype.kind == "i":  # orders are reversed
        turned = array.max() + array.min() - array
        return turned if (turned != array).any() else array + 1
    changed = 1.37 * array + 0.3 * float((array == 0).all())
    return np.where(np.isinf(array), 1e-3, changed)
