"""Figures are data: they refer to what exists, and their claims can be judged."""

import numpy as np

import sagin
from sagin.core import admissible, records
from sagin.core.figures import Figure
from sagin.experiments import readings as readings_module


def _figure(system_name: str, figure_name: str) -> Figure:
    return sagin.system(system_name).figure(figure_name)


def test_axis_and_overrides_are_fields(system_name: str, figure_name: str) -> None:
    system, figure = sagin.system(system_name), _figure(system_name, figure_name)
    points = range(len(figure.axis.values)) if figure.curves and figure.axis.fields != ("iteration",) else [0]
    for curve in figure.curves:
        for point in points:
            system.scenario(**{**figure.fixed, **curve.overrides, **figure.axis.at(point)})


def test_curves_name_schemes_options_and_metrics(system_name: str, figure_name: str) -> None:
    system, figure = sagin.system(system_name), _figure(system_name, figure_name)
    assert figure.curves or figure.compute or figure.paint
    assert len({curve.label for curve in figure.curves}) == len(figure.curves)
    for curve in figure.curves:
        if curve.scheme == "bound":
            continue
        scheme = system.scheme(curve.scheme)
        scheme.options(**curve.options)
        drops = system.sample(seeds=[0])
        decision = system.solve(drops, curve.scheme, threads=1).decision
        table = records.columns(type(system.evaluate(drops, decision)))
        for name in {curve.value, *figure.extra} - {"converged"}:  # which is the solution's, not a metric
            assert table[name].dims == (), f"{name} is not one number a drop"


def test_claims_say_how_they_are_judged(system_name: str, figure_name: str) -> None:
    claims = _figure(system_name, figure_name).claims
    assert len({claim.name for claim in claims}) == len(claims)
    for claim in claims:
        assert claim.text
        assert claim.rule


def test_axis_numbers_match_values(system_name: str, figure_name: str) -> None:
    figure = _figure(system_name, figure_name)
    if figure.curves and figure.axis.fields != ("iteration",):
        assert np.shape(figure.axis.numbers()) == (len(figure.axis.values),)


def test_whatever_is_assumed_has_admissible_values_or_says_why_not(system_name: str) -> None:
    system = sagin.system(system_name)
    for cls in {system.scenario, *(scheme.options for scheme in system.schemes)}:
        assert admissible.undeclared(cls) == [], cls.__name__


def test_readings_exist_and_contain_valid_values_only(system_name: str) -> None:
    """Combinations that the system refuses are drawn again; the defaults lie in their own sets."""
    system = sagin.system(system_name)
    readings = admissible.draw(system, 9, lambda reading: readings_module.possible(system, system.figures, reading))
    assert readings[0] == admissible.Reading()
    for factor in admissible.factors(system):
        if factor.values or factor.name.startswith("rule:"):
            continue
        assert factor.low < factor.high
        assert factor.low <= factor.default <= factor.high, f"the default of {factor.name} is not admissible"
