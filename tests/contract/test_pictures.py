"""Every system draws a drop by one declared function, and what is drawn is what the metrics say."""

from __future__ import annotations

import numpy as np
import pytest

import sagin
from sagin.core import records
from sagin.presentation.figure_writer import draw_picture


@pytest.fixture(scope="module", params=[*sagin.system_names(), "_template"])
def solved(request):
    if request.param == "_template":
        from sagin.systems import _template

        system = _template.SYSTEM
    else:
        system = sagin.system(request.param)
    drops = system.sample(seeds=[3, 4])
    schemes = [*system.names("paper"), *system.names("extension")]
    return system, drops, {name: system.solve(drops, name).decision for name in schemes}


def test_every_space_has_a_map_and_a_breakdown(solved) -> None:
    system, drops, decisions = solved
    for decision in decisions.values():
        drawn = system.look(drops, decision, 1)
        assert drawn["map"].points
        assert drawn["map"].lines
        assert {"delay", "energy"} & set(drawn)
        for name, picture in drawn.items():
            sizes = {label: len(np.atleast_1d(x)) for label, x, _ in picture.points}
            sizes |= {label: len(np.reshape(x, (-1, 2))) for label, x, _ in picture.lines}
            for label, words in picture.texts.items():
                assert label not in sizes or len(words) == sizes[label], (name, label)
            for quantity, parts in picture.weights.items():
                for label, values in parts.items():
                    assert len(values) == sizes.get(label, len(values)), (name, quantity, label)
                    assert (values >= 0).all()
            for label, heights in picture.stacks:
                assert len(heights) == len(picture.columns), (name, label)
                assert (heights >= 0).all(), (name, label)
            assert draw_picture(picture, ("png",))["png"][:4] == b"\x89PNG"


def test_rows_are_drops(solved) -> None:
    system, drops, decisions = solved
    decision = next(iter(decisions.values()))
    alone = records.take(drops, [1]), records.take(decision, [1])
    assert system.look(drops, decision, 1) == system.look(*alone)


def totals(picture) -> np.ndarray:
    return sum(heights for _, heights in picture.stacks)


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("dm_mimo_vec", "energy_total_j"),
        ("stin_vmdc", "energy_j"),
        ("isac_sagin", "objective"),
        ("ccmsm", "energy_j"),
        ("network", "energy_total_j"),
    ],
)
def test_energies_add_up(name: str, metric: str) -> None:
    system = sagin.system(name)
    drops = system.sample(seeds=[5])
    decision = system.solve(drops).decision
    whole = np.sum(getattr(system.evaluate(drops, decision), metric))
    assert totals(system.look(drops, decision)["energy"]).sum() == pytest.approx(whole, rel=1e-9)


def test_delays_end_when_the_tasks_do() -> None:
    cases = {
        "thz_uav_mec": lambda m: m.delay[0],
        "network": lambda m: m.delay_s[0],
    }
    for name, delays in cases.items():
        system = sagin.system(name)
        drops = system.sample(seeds=[5])
        decision = system.solve(drops).decision
        np.testing.assert_allclose(
            totals(system.look(drops, decision)["delay"]), delays(system.evaluate(drops, decision)), rtol=1e-9
        )
    system = sagin.system("dm_mimo_vec")
    drops = system.sample(seeds=[5])
    decision = system.solve(drops).decision
    picture = system.look(drops, decision)["delay"]
    for i, delay in enumerate(system.evaluate(drops, decision).t_total_s[0]):
        columns = [k for k, word in enumerate(picture.columns) if word.startswith(f"vehicle {i + 1}:")]
        assert totals(picture)[columns].max() == pytest.approx(delay, rel=1e-9)
    system = sagin.system("ccmsm")
    drops = system.sample(seeds=[5])
    decision = system.solve(drops).decision
    delay = totals(system.look(drops, decision)["delay"])
    assert delay.max() == pytest.approx(system.evaluate(drops, decision).makespan_s[0], rel=1e-9)
