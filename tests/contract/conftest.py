"""Everything discovered is tested: a new system, scheme or figure joins without an edit here."""

from functools import cache

import pytest

import sagin
from sagin.core import records

N_DROPS = 3
SEEDS = (5, 0, 11)


@cache
def drops_of(name: str):
    return sagin.system(name).sample(seeds=SEEDS)


@cache
def solution_of(name: str, scheme: str):
    return sagin.system(name).solve(drops_of(name), scheme, threads=1)


@cache
def metrics_of(name: str, scheme: str):
    return sagin.system(name).evaluate(drops_of(name), solution_of(name, scheme).decision)


@cache
def bound_of(name: str, space: type):
    return sagin.system(name).bound(drops_of(name), space, threads=1)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    names = sagin.system_names()
    if "system_name" in metafunc.fixturenames and "scheme_name" in metafunc.fixturenames:
        pairs = [(name, scheme.name) for name in names for scheme in sagin.system(name).schemes]
        metafunc.parametrize(("system_name", "scheme_name"), pairs)
    elif "system_name" in metafunc.fixturenames and "figure_name" in metafunc.fixturenames:
        pairs = [(name, figure.name) for name in names for figure in sagin.system(name).figures]
        metafunc.parametrize(("system_name", "figure_name"), pairs)
    elif "system_name" in metafunc.fixturenames:
        metafunc.parametrize("system_name", names)


@pytest.fixture
def system(system_name: str):
    return sagin.system(system_name)


@pytest.fixture
def drops(system_name: str):
    return drops_of(system_name)


@pytest.fixture
def same():
    """Bit-for-bit equality of two records."""

    def equal(first, second) -> bool:
        return all(
            repr(getattr(first, name)) == repr(getattr(second, name))
            if not hasattr(getattr(first, name), "tobytes")
            else getattr(first, name).tobytes() == getattr(second, name).tobytes()
            for name in records.columns(type(first))
        )

    return equal
