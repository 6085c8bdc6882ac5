import pytest

import sagin
from sagin.core import discovery


def test_templates_are_not_systems() -> None:
    assert not any(name.startswith("_") for name in sagin.system_names())


def test_unknown_system_lists_the_known_ones() -> None:
    with pytest.raises(sagin.InputError, match="no_such_system"):
        sagin.system("no_such_system")


def test_every_location_holds_its_system() -> None:
    for name in discovery.locations():
        assert sagin.system(name).name == name
