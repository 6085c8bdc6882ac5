"""Links, Python and commands say the same as the page; hostile links are refused by name."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import shlex
import zlib

import pytest

import sagin
from sagin.core.errors import InputError
from sagin.studio.state import State, as_command, as_python, from_link

STATES = [
    State(),
    State(
        system="thz_uav_mec", fields={"n_iots": 12}, seeds="3:9", schemes=("pdd", "own.py:mine"), drop=2, view="delay"
    ),
    State(system="network", fields={"users.sensors.count": 3, "objective": {"beta": 0.25}}, quantity="rate (bit/s)"),
]


def packed(data: object) -> str:
    return base64.urlsafe_b64encode(zlib.compress(json.dumps(data).encode())).decode().rstrip("=")


@pytest.mark.parametrize("state", STATES)
def test_a_link_holds_the_whole_state(state: State) -> None:
    assert from_link(state.to_link()) == state


@pytest.mark.parametrize(
    "word",
    [
        "x",
        "!!!!",
        "A" * 20_000,
        packed([1]),
        packed({"system": "no such"}),
        packed({"system": 1}),
        packed({"fields": []}),
        packed({"drop": True}),
        packed({"schemes": ["a"] * 21}),
        packed({"schemes": [1]}),
        packed({"view": "v" * 5000}),
        packed({"__class__": "x"}),
        packed({"fields": {"a": "b" * 10_000_000}})[:16_000],
        base64.urlsafe_b64encode(zlib.compress(b"[" * 100_000)).decode(),
    ],
)
def test_other_links_are_refused(word: str) -> None:
    with pytest.raises(InputError, match=r"link|system"):
        from_link(word)


def test_a_bomb_is_not_unpacked() -> None:
    bomb = base64.urlsafe_b64encode(zlib.compress(b" " * 11_000_000, 9)).decode()
    assert len(bomb) < 16_000
    with pytest.raises(InputError, match="link"):
        from_link(bomb)


def test_a_default_is_no_longer_given() -> None:
    state = State().put("n_vehicles", 6)
    assert state.fields == {"n_vehicles": 6}
    assert state.put("n_vehicles", 4).fields == {}
    with pytest.raises(InputError, match="n_vehicles = -1"):
        state.put("n_vehicles", -1).scenario()


def test_the_python_lines_give_the_numbers_of_the_page() -> None:
    state = State(fields={"n_vehicles": 3, "beta": 0.5}, seeds="2:4", schemes=("ao",))
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(as_python(state), {})
    system = sagin.system("dm_mimo_vec")
    drops = system.sample(state.scenario(), state.numbers())
    mean = system.evaluate(drops, system.solve(drops, "ao").decision).objective.mean()
    assert said.getvalue().split()[:2] == ["ao", str(mean)]


def test_the_command_sets_the_same_fields() -> None:
    from sagin.cli import inputs

    for state in STATES:
        words = shlex.split(as_command(state))
        assert words[:3] == ["sagin", "solve", state.system]
        given = [words[place + 1] for place, word in enumerate(words) if word == "--set"]
        assert inputs.fields_of(given, None) == dict(state.fields)
        assert [words[k + 1] for k, word in enumerate(words) if word == "--scheme"] == list(state.schemes)
