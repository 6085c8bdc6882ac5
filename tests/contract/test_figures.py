"""Figures are data: they refer to what exists, and their claims can be judged."""

import numpy as np

import sagin
from sagin.core import records
from sagin.core.figures import Figure


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
        for name in (curve.value, *figure.extra):
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
