"""Who may share a resource, and how: access schemes and processors as convex regions of rates.

A resource (a band, a processor) offers every user a peak rate; `share` is a rate over its peak. The shares of a
resource lie in a convex region that contains, with a point, all smaller ones. Built in: "linear" (time division), "box"
(no sharing), "ofdma", "noma". An own one is an `Access` in a Python file, named `FILE.py:NAME` in the declaration.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib import import_module, util
from pathlib import Path
from typing import Any, Literal

import numpy as np

from sagin.blocks.access.maximum_ratio import maximum_ratio_gain
from sagin.blocks.access.mimo_mmse import mmse_sinr
from sagin.core.errors import InputError
from sagin.core.parameters import did_you_mean

KINDS = ("linear", "box", "ofdma", "noma")


@dataclass(frozen=True)
class Region:
    """A region of shares by two functions of one resource, over the users that have a hop there (all arrays (user,)).

    `load(share, snr)`: the factor by which the region must grow to hold `share` >= 0; at most 1 inside. Convex, and
    load(c share) = c load(share). `support(price, snr, point)`: largest sum of price times share over the region, for
    price >= 0; fills `point` with shares that reach it. Written as plain loops over float64 arrays they are compiled;
    else they are called as they are. `snr`: linear, over the whole band, of each user; 0 at a processor.
    """

    load: Callable[[Any, Any], float]
    support: Callable[[Any, Any, Any], float]


@dataclass(frozen=True)
class Access:
    """How users share a link, or tasks a processor.

    `region`: the word of a built-in region, or a `Region`. `energy`: a transmitter radiates for its share of the time
    ("airtime") or as long as a part lasts ("duration"), unless the link says otherwise. `snr(received, noise_w)`:
    (drop, user) from the received amplitudes (drop, antenna, user) [sqrt(W)]; default: maximum-ratio combining.
    """

    region: Literal["linear", "box", "ofdma", "noma"] | Region
    energy: Literal["airtime", "duration"] = "airtime"
    snr: Callable[[np.ndarray, float], np.ndarray] | None = None


ACCESSES = {
    "tdma": Access("linear"),
    "ofdma": Access("ofdma", "duration"),
    "noma": Access("noma", "duration"),
    "mimo": Access("box", snr=mmse_sinr),
    "dedicated": Access("box"),
}
SHARINGS = {"shared": Access("linear"), "per_task": Access("box")}


def find(word: str, known: dict[str, Access], field: str) -> Access:
    """The access of a word of the declaration: a known one, or an own one `FILE.py:NAME` (or `module:NAME`)."""
    if word in known:
        return known[word]
    place, colon, name = word.rpartition(":")
    if not colon or not place:
        words = ", ".join(known)
        raise InputError(field, word, f"one of {words}, or FILE.py:NAME", did_you_mean(word, known))
    own = _load(place, name, field, word)
    if not isinstance(own, Access) or not (isinstance(own.region, Region) or own.region in KINDS):
        raise InputError(field, word, "an Access with a region", f"it is {type(own).__name__}")
    return own


def source_of(word: str) -> Path | None:
    """The source file that a word of the declaration names, if it names one."""
    place, colon, _ = word.rpartition(":")
    if not colon:
        return None
    if place.endswith(".py"):
        return Path(place)
    spec = util.find_spec(place)
    return Path(spec.origin) if spec and spec.origin else None


def _load(place: str, name: str, field: str, word: str) -> Any:
    if not place.endswith(".py"):
        try:
            return getattr(import_module(place), name)
        except (ImportError, AttributeError) as error:
            raise InputError(field, word, "an object of a module that can be imported", str(error)) from None
    path = Path(place)
    if not path.is_file():
        raise InputError(field, word, "in a file that exists", f"no file {place} from here")
    module = _module(path.resolve(), path.read_bytes())
    if not hasattr(module, name):
        found = [key for key, value in vars(module).items() if isinstance(value, Access)]
        raise InputError(field, word, f"in {place}", did_you_mean(name, found) or "it defines no Access")
    return getattr(module, name)


@cache
def _module(path: Path, content: bytes) -> Any:
    """The module of a file; a changed file is another module."""
    name = f"sagin_own_{path.stem}_{blake2b(bytes(path) + content, digest_size=8).hexdigest()}"
    spec = util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InputError("access", str(path), "a Python file")
    module = util.module_from_spec(spec)
    sys.modules[name] = module  # so that its dataclasses and functions can be pickled in this process
    try:
        spec.loader.exec_module(module)
    except (SyntaxError, ImportError, NameError, TypeError, AttributeError) as error:
        del sys.modules[name]
        raise InputError("access", str(path), "a file that runs", f"{type(error).__name__}: {error}") from None
    return module


def kind_of(word: str, access: Access) -> str:
    """What a drop stores of a region: a built-in one's word, or where the own one is found."""
    return word if isinstance(access.region, Region) else access.region


def region_of(kind: str) -> Region | None:
    """The own region of a stored kind; None for a built-in one."""
    if kind in KINDS:
        return None
    region = find(kind, {}, "kind").region
    if not isinstance(region, Region):
        raise InputError("kind", kind, "an own Region")
    return region


def own_regions(drops: Any) -> list[Region]:
    """The distinct own regions of drops, in order of their first resource."""
    found = (region_of(kind) for kind in dict.fromkeys(map(str, drops.kind)))
    return [region for region in found if region is not None]


def kind_codes(drops: Any) -> np.ndarray:
    """(resource_index,) int64: 0 linear, 1 box, 2 ofdma, 3 noma, 4 + k entry k of `own_regions`."""
    own = [kind for kind in dict.fromkeys(map(str, drops.kind)) if kind not in KINDS]
    return np.array([[*KINDS, *own].index(str(kind)) for kind in drops.kind], dtype=np.int64)


def combined(received: np.ndarray, noise_w: float) -> np.ndarray:
    """(drop, user) SNR behind maximum-ratio combining of amplitudes (drop, antenna, user) [sqrt(W)]."""
    return maximum_ratio_gain(received.swapaxes(1, 2)) / noise_w
