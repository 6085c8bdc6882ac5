"""A drawing that is no curves, as the text from which it is drawn again."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sagin.core.errors import InputError, one_of
from sagin.core.figures import Picture

PICTURE = "picture"  # the variable of a file that holds it
Group = tuple[Any, ...]


def to_text(picture: Picture) -> str:
    """All of a picture; numbers keep every bit."""
    return json.dumps({f.name: getattr(picture, f.name) for f in dataclasses.fields(picture)}, default=_plain)


def from_text(text: str) -> Picture:
    """The picture that `to_text` wrote."""
    told = json.loads(text)
    arrays = {
        name: tuple(_with_arrays(group) for group in told[name]) for name in ("points", "lines", "stacks", "paths")
    }
    return Picture(
        told["x_label"],
        told["y_label"],
        **arrays,
        bars=tuple((label, int(row), float(start), float(width)) for label, row, start, width in told["bars"]),
        rows=tuple(told["rows"]),
        columns=tuple(told["columns"]),
        stack_label=told["stack_label"],
        texts={label: tuple(words) for label, words in told["texts"].items()},
        weights={
            name: {label: np.asarray(each, dtype=float) for label, each in parts.items()}
            for name, parts in told["weights"].items()
        },
    )


def labels_of(picture: Picture) -> list[str]:
    """Names of the parts of a picture."""
    groups = (*picture.points, *picture.lines, *picture.bars, *picture.stacks, *picture.paths)
    return list(dict.fromkeys(group[0] for group in groups if group[0]))


def changed(picture: Picture, labels: Mapping[str, str], without: Sequence[str], name: str) -> Picture:
    """A picture with other names and without some of its groups; InputError for names that it does not have."""
    known = labels_of(picture)
    for field, names in (("label", labels), ("without", without)):
        for given in names:
            if given not in known:
                raise InputError(field, given, one_of(given, known), f"parts of {name}")
    if known and set(known) <= set(without):
        raise InputError("without", ", ".join(without), "fewer parts than there are")

    def renamed(table: Mapping[str, Any]) -> dict[str, Any]:
        return {labels.get(label, label): value for label, value in table.items() if label not in without}

    def kept(groups: tuple[Group, ...]) -> tuple[Group, ...]:
        return tuple((labels.get(label, label), *rest) for label, *rest in groups if label not in without)

    return dataclasses.replace(
        picture,
        **{part: kept(getattr(picture, part)) for part in ("points", "lines", "bars", "stacks", "paths")},
        texts=renamed(picture.texts),
        weights={quantity: renamed(table) for quantity, table in picture.weights.items()},
    )


def _with_arrays(group: Sequence[Any]) -> Any:
    label, *arrays = group
    return (label, *(np.asarray(array, dtype=float) for array in arrays))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else list(value)
