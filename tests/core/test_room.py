import numpy as np
import pytest

import sagin
from sagin import InputError
from sagin.core import records, room
from sagin.core.contracts import System


def test_drops_that_do_not_fit_into_memory_are_refused(toy: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "memory_bytes", lambda: 10_000)
    with pytest.raises(InputError, match=r"2000 drops.*10 kB are free"):
        toy.sample(None, range(2000))
    monkeypatch.setattr(room, "memory_bytes", lambda: None)
    assert len(toy.sample(None, range(2000)).seeds) == 2000


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("dm_mimo_vec", {"n_vehicles": 50, "n_saps": 90}),
        ("thz_uav_mec", {"n_iots": 70, "n_uavs": 40, "arrival_rate_per_s": 0.01}),
        ("stin_vmdc", {"n_vehicles": 60, "n_subchannels": 90}),
        ("ccmsm", {"n_terminals": 300}),
    ],
)
def test_bytes_of_large_drops_are_computed(name: str, sizes: dict[str, float], monkeypatch: pytest.MonkeyPatch) -> None:
    system = sagin.system(name)
    scenario = system.scenario(**sizes)
    drops = system.sample(scenario, [0])
    wanted = sum(np.asarray(getattr(drops, column)).nbytes for column in records.columns(type(drops)))
    assert room.drop_bytes(scenario, system.draw) == pytest.approx(wanted)
    monkeypatch.setattr(room, "FEW", 0.0)
    assert room.drop_bytes(scenario, system.draw) == pytest.approx(wanted)


def test_a_drop_that_cannot_fit_is_refused_before_it_is_drawn() -> None:
    system = sagin.system("dm_mimo_vec")
    with pytest.raises(InputError, match=r"n_vehicles = 100000: .*a drop takes .* are free"):
        system.sample(system.scenario(n_vehicles=100_000, n_saps=10_000))


def test_sizes_read_as_people_say_them() -> None:
    assert [room.size_text(size) for size in (12, 3_456, 2.5e9, 1.6e14)] == ["12 B", "3.46 kB", "2.5 GB", "160 TB"]
