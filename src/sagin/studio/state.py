"""What one page shows, in plain values: it fits into a link, a command line, a few lines of Python."""

from __future__ import annotations

import base64
import json
import shlex
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sagin.core.contracts import System
from sagin.core.discovery import system as find_system
from sagin.core.errors import InputError
from sagin.core.own import is_place
from sagin.core.parameters import Parameters
from sagin.core.selection import parse_seeds

LONGEST_LINK = 16_000  # characters
LARGEST_STATE = 200_000  # characters when unpacked
DEFAULT_SEEDS = "0:8"


@dataclass(frozen=True)
class State:
    """Everything that decides what a page shows.

    `fields`: scenario fields that were given, nested as in a scenario file or by dotted names. `schemes`: names, roles
    or places of one's own (`my.py:solve`); none: the paper's and the improved. `view`: what is drawn of drop number
    `drop` under `scheme`, its links by `quantity`.
    """

    system: str = "dm_mimo_vec"
    fields: Mapping[str, Any] = field(default_factory=dict)
    seeds: str = DEFAULT_SEEDS
    schemes: tuple[str, ...] = ()
    view: str = "map"
    scheme: str = ""
    drop: int = 0
    quantity: str = ""

    def scenario(self) -> Any:
        """The scenario; InputError names the field that is wrong."""
        return self.base.scenario(**self.fields)

    @property
    def base(self) -> System:
        """The system with the schemes that come with it."""
        return find_system(self.system)

    def numbers(self) -> tuple[int, ...]:
        """The seeds."""
        return parse_seeds(self.seeds)

    @property
    def places(self) -> tuple[str, ...]:
        """Schemes that are files of one's own."""
        return tuple(word for word in self.schemes if is_place(word))

    def of(self, system: str) -> State:
        """The first state of another system: seeds stay, all else is its own."""
        find_system(system)
        return State(system=system, seeds=self.seeds)

    def put(self, name: str, value: Any) -> State:
        """The state with one scenario field given, by its dotted name; the default is no longer given."""
        changed = {**self.fields, name: value}
        if isinstance(value, int | float | str | bool) and plain_default(self.base.scenario, name) == value:
            changed = {key: old for key, old in self.fields.items() if key != name}
        return replace(self, fields=changed)

    def to_link(self) -> str:
        """The state as one word of letters, digits, - and _."""
        text = json.dumps(self.plain(), separators=(",", ":"), allow_nan=False)
        return base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")

    def plain(self) -> dict[str, Any]:
        """What differs from a fresh page, as plain values."""
        fresh, mine = vars(State()), vars(self)
        return {name: value for name, value in mine.items() if value != fresh[name] or name == "system"}


def from_link(word: str) -> State:
    """The state of a link; InputError for one that is none, or too large."""
    if len(word) > LONGEST_LINK:
        raise InputError("link", f"{len(word)} characters", f"at most {LONGEST_LINK}")
    try:
        packed = base64.urlsafe_b64decode(word + "=" * (-len(word) % 4))
        unpack = zlib.decompressobj()
        text = unpack.decompress(packed, LARGEST_STATE)
        if unpack.unconsumed_tail or not unpack.eof:
            raise ValueError("too large")
        return from_plain(json.loads(text))
    except (ValueError, zlib.error, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("link", word, "one that this page made") from None


def from_plain(data: Any) -> State:
    """A state of plain values; everything in it is checked but the scenario, whose fields are shown as they are."""
    kinds = {"system": str, "fields": dict, "seeds": str, "schemes": list, "view": str, "scheme": str}
    kinds |= {"drop": int, "quantity": str}
    if not isinstance(data, dict):
        raise InputError("link", data, "a mapping")
    for name, value in data.items():
        if name not in kinds or not isinstance(value, kinds[name]) or isinstance(value, bool):
            raise InputError(f"link.{name}", value, "what this page made")
        if isinstance(value, str) and len(value) > 2000:
            raise InputError(f"link.{name}", value, "at most 2000 characters")
    words = data.get("schemes", [])
    if len(words) > 20 or not all(isinstance(word, str) and len(word) < 300 for word in words):
        raise InputError("link.schemes", words, "at most 20 names")
    find_system(data.get("system", State.system))
    return State(**{**data, "schemes": tuple(words)})


def plain_default(scenario: type[Parameters], name: str) -> Any:
    """The default of a field by its dotted name; None where there is none."""
    try:
        return scenario().value_of(name)
    except (InputError, ValueError, IndexError, KeyError):
        return None


def as_python(state: State) -> str:
    """The same in Python."""
    own = {word: word.rpartition(":") for word in state.places}
    given = ", ".join(f"{name}={value!r}" for name, value in state.fields.items() if name.isidentifier())
    dotted = {name: value for name, value in state.fields.items() if not name.isidentifier()}
    given = ", ".join(part for part in (given, f"**{dotted!r}" if dotted else "") if part)
    names = [own[word][2] if word in own else repr(word) for word in state.schemes]
    imports = [f"from {file.removesuffix('.py').replace('/', '.')} import {name}" for file, _, name in own.values()]
    chosen = f"[{', '.join(names)}]" if names else '[*system.names("paper"), *system.names("improved")]'
    span = state.seeds.split(":")
    seeds = f"range({span[0]}, {span[1]})" if len(span) == 2 else repr(list(parse_seeds(state.seeds)))
    lines = [
        "import sagin",
        *imports,
        "",
        f'system = sagin.system("{state.system}")',
        f"drops = system.sample(system.scenario({given}), seeds={seeds})",
        f"run = sagin.run(system, drops, {chosen})",
        "bound = system.bound(drops)",
        "for name, (solution, metrics) in run.schemes.items():",
        "    print(name, metrics.objective.mean(), system.gap(metrics.objective, bound).max())",
    ]
    return "\n".join(lines) + "\n"


def as_command(state: State) -> str:
    """The same on the command line."""
    words = ["sagin", "solve", state.system]
    for name, value in state.fields.items():
        words += ["--set", f"{name}={value if isinstance(value, str) else json.dumps(value)}"]
    words += ["--seeds", state.seeds]
    for name in state.schemes:
        words += ["--scheme", name]
    return shlex.join(words)
