"""Seeds and schemes as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args

from sagin.core.contracts import Role, System
from sagin.core.errors import InputError, nearest

MOST = 1_000_000  # a slip of the keyboard, not a study


def parse_seeds(value: str | int | Sequence[int], field: str = "seeds") -> tuple[int, ...]:
    """`a:b` (a, ..., b - 1), one number, numbers with commas, or a list of these numbers."""
    bound = "a:b (half-open), one number, or numbers with commas, all >= 0"
    if isinstance(value, bool):
        raise InputError(field, value, bound)
    parts = value.split(",") if isinstance(value, str) else [value] if isinstance(value, int) else value
    if not isinstance(parts, list | tuple | range):
        raise InputError(field, value, bound)
    span = re.fullmatch(r"\s*(\d+)\s*:\s*(\d+)\s*", value, re.ASCII) if isinstance(value, str) else None
    if span:
        first, end = int(span[1]), int(span[2])
        if not first < end <= first + MOST:
            raise InputError(field, value, "a:b with a < b", f"at most {MOST} seeds")
        return tuple(range(first, end))
    seeds = []
    for part in parts:
        text = str(part).strip()
        if isinstance(part, bool) or not re.fullmatch(r"\d{1,18}", text, re.ASCII):
            raise InputError(field, part, bound)
        seeds.append(int(text))
    if not seeds:
        raise InputError(field, value, bound)
    if len(set(seeds)) != len(seeds):
        raise InputError(field, value, "different seeds", "a drop that counts twice spoils the interval")
    return tuple(seeds)


def choose(system: System, wanted: Iterable[str] = (), scenario: Any = None) -> list[str]:
    """Names of schemes from names, roles or `all`, in the system's order; none given: the paper's and the improved.

    Roles and `all` leave out what does not exist in the scenario, if one is given.
    """
    here = {s.name for s in system.schemes if scenario is None or s.exists is None or s.exists(scenario)}
    known = [scheme.name for scheme in system.schemes]
    wanted = list(wanted) or [*system.names("paper"), *system.names("improved")] or known
    chosen: set[str] = set()
    for word in wanted:
        if word == "all":
            chosen.update(here)
        elif word in known:
            chosen.add(word)
        elif word in get_args(Role):
            chosen.update(here & set(system.names(word)))
        else:
            hint = nearest(word, [*known, *get_args(Role)]) or "or a role: " + ", ".join(get_args(Role))
            raise InputError("scheme", word, "one of " + ", ".join(known), hint)
    if not chosen:
        raise InputError("scheme", ", ".join(wanted), "one of " + ", ".join(known), f"{system.name} has none")
    return [name for name in known if name in chosen]


def parse_schemes(schemes: Any) -> Any:
    """Schemes as studies write them: a name, a list of names or roles, or a mapping of names to options."""
    if isinstance(schemes, str) and schemes.strip():
        return [schemes]
    if isinstance(schemes, Mapping):
        for name, options in schemes.items():
            if options is not None and not isinstance(options, Mapping):
                raise InputError(f"schemes.{name}", options, "a mapping of options to values")
        return schemes
    if not isinstance(schemes, list | tuple) or not all(isinstance(name, str) for name in schemes):
        raise InputError("schemes", schemes, "a list of names or roles, or a mapping of names to options")
    return schemes
