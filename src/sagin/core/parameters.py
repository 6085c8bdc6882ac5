"""Validated, frozen sets of named parameters: scenarios of systems and options of schemes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, get_args, get_origin

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo

from sagin.core import shown
from sagin.core.errors import InputError, did_you_mean


def parameter(
    default: Any,
    *,
    doc: str,
    unit: str = "",
    symbol: str = "",
    source: str = "",
    plausible: tuple[tuple[float, float] | list[Any], str] | str = "",
    **rules: Any,
) -> Any:
    """A field of a `Parameters` class; `default` `...`: it must be given.

    `doc`: meaning, one phrase. `unit`: SI unit, or dB/dBm/deg where the name ends so; "" for pure numbers.
    `symbol`: the paper's letter. `source`: "paper ..." or "assumed: why".
    `plausible`: what an assumed value might as well be, ((low, high), reason) or ([value, ...], reason); or a sentence
    that says why no claim can depend on it.
    `rules`: bounds gt, ge, lt, le; `alias`, the field's name in files where that is a word of Python.
    """
    extra: dict[str, Any] = {"unit": unit, "symbol": symbol, "source": source, "plausible": plausible}
    return Field(default, description=doc, json_schema_extra=extra, **rules)


class Parameters(BaseModel):
    """Base of scenarios and scheme options: immutable, every field checked, unknown names refused.

    A field may be `Parameters` itself, or a mapping of names to them. Everywhere a field is named, a dotted name
    (`links.feeder.bandwidth_hz`) then stands for a field further in. `called`: what messages call one of the class.
    `word`: the field that is meant where a bare word is given instead of a mapping.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)
    called: ClassVar[str] = ""
    word: ClassVar[str] = ""

    @model_validator(mode="before")
    @classmethod
    def _from_plain(cls, data: Any) -> Any:
        values = {cls.word: data} if cls.word and isinstance(data, str) else data
        for name, value in values.items() if isinstance(values, Mapping) else ():
            _check_kind(cls, str(name), value)
        return values

    if not TYPE_CHECKING:  # for an editor pydantic's own are right: a parameter for each field, none can be set

        def __init__(self, /, **values: Any) -> None:
            try:
                super().__init__(**(_nested(type(self), values) if any("." in name for name in values) else values))
            except ValidationError as error:
                raise _input_error(type(self), error) from None

        def __setattr__(self, name: str, value: Any) -> None:
            if name.startswith("_"):
                super().__setattr__(name, value)
                return
            known = _names(type(self))
            hint = "" if name in type(self).model_fields else did_you_mean(name, known) or "it has no such field"
            copy = f".replace({name}={value!r})" if isinstance(value, int | float) else f".replace({name}=...)"
            raise InputError(name, value, "set in a copy", hint or f"frozen: {copy}")

    def __repr_args__(self) -> Iterator[tuple[str, Any]]:
        """Only what differs from the defaults: the text makes the same set again, and stays short."""
        for name, info in type(self).model_fields.items():
            value = getattr(self, name)
            if info.is_required() or value != info.get_default(call_default_factory=True, validated_data={}):
                yield name, value

    def _repr_html_(self) -> str:
        rows = [(row.name, row.value, row.unit, row.bounds, row.doc, row.source) for row in field_rows(self)]
        return shown.table(type(self).__name__, ("field", "value", "unit", "bounds", "meaning", "source"), rows)

    def replace(self, /, **changes: Any) -> Self:
        """A copy with some fields (plain or dotted names) changed, checked again."""
        return type(self)(**{**self.model_dump(by_alias=True), **changes})

    def to_dict(self) -> dict[str, Any]:
        """Plain values by field name, ready for JSON or YAML; nested as declared."""
        return self.model_dump(mode="json", by_alias=True)

    def to_flat(self) -> dict[str, Any]:
        """Plain values by dotted name; those that are not given are left out where they are nested."""
        leaves = _leaves("", type(self), dict(self))
        return {label: list(value) if isinstance(value, tuple) else value for label, value, _ in leaves}

    def value_of(self, name: str) -> Any:
        """Plain value of a field by its plain or dotted name; None where it is not given."""
        value: Any = self.to_dict()
        for part in name.split("."):
            if isinstance(value, list):
                value = value[int(part)]
            else:
                value = value.get(part) if isinstance(value, dict) else None
        return value

    def files(self) -> tuple[Path, ...]:
        """Source files that the values name: what they hold decides results too."""
        return ()

    @classmethod
    def from_file(cls, path: str | Path, /, **changes: Any) -> Self:
        """Read a YAML (or JSON) mapping of field names to values; `changes` override it."""
        from sagin.core.plain_yaml import read_mapping

        return cls(**{**read_mapping(path), **changes})


@dataclass(frozen=True)
class FieldRow:
    """One line of a parameter table."""

    name: str
    value: Any
    unit: str
    bounds: str
    symbol: str
    source: str
    doc: str


def field_rows(parameters: Parameters | type[Parameters]) -> Iterator[FieldRow]:
    """The parameter table of a class (its defaults) or of an instance (its values), plain values by dotted name."""
    if isinstance(parameters, type):
        fields = parameters.model_fields.items()
        values = {name: "required" if i.is_required() else i.get_default() for name, i in fields}
        return (_row(*leaf) for leaf in _leaves("", parameters, values))
    return (_row(*leaf) for leaf in _leaves("", type(parameters), dict(parameters)))


def _leaves(prefix: str, cls: type[Parameters], values: Mapping[str, Any]) -> Iterator[tuple[str, Any, FieldInfo]]:
    """Dotted name, value and declaration of each plain value."""
    for name, info in cls.model_fields.items():
        label, value = prefix + (info.alias or name), values[name]
        if isinstance(value, Parameters):
            yield from _leaves(f"{label}.", type(value), dict(value))
        elif isinstance(value, Mapping):
            for key, part in value.items():
                if isinstance(part, Parameters):
                    yield from _leaves(f"{label}.{key}.", type(part), dict(part))
                else:
                    yield f"{label}.{key}", part, info
        elif value is not None or not prefix:
            yield label, value, info


def _row(label: str, value: Any, info: FieldInfo) -> FieldRow:
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    unit, symbol, source = (str(extra.get(key, "")) for key in ("unit", "symbol", "source"))
    plain = list(value) if isinstance(value, tuple) else value
    return FieldRow(label, plain, unit, _bounds(info) + _sizes(label, info), symbol, source, info.description or "")


def _sizes(name: str, info: FieldInfo) -> str:
    """The range of sizes that holds beside a field's own bounds, as `_check_range` and `_check_size` test it."""
    sides = {word for rule in info.metadata for word, _ in _WORDS if getattr(rule, word, None) is not None}
    if info.annotation is int:
        return "" if sides & {"le", "lt"} or "seed" in name else f" and <= {LARGEST_COUNT}"
    if info.annotation is not float or sides & {"le", "lt"}:
        return ""
    least, most = _range(info)
    return f" (size {least:g} to {most:g})" if least else f" (size up to {most:g})"


def _range(info: FieldInfo) -> tuple[float, float]:
    """Least (but 0) and greatest size of a real number in its unit."""
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    unit = str(extra.get("unit", ""))
    return RANGES.get(unit, RANGES["dB"] if unit.startswith("dB") else RANGES[""])


def nested_classes(cls: type[Parameters]) -> list[type[Parameters]]:
    """Classes of the fields further in, outermost first."""
    found: list[type[Parameters]] = []
    for name in cls.model_fields:
        inside = _inside(cls, name)
        inside = _inside(inside, "") if get_origin(inside) is dict else inside
        if isinstance(inside, type) and inside not in found:
            found += [inside, *(deeper for deeper in nested_classes(inside) if deeper not in found)]
    return list(dict.fromkeys(found))


def _nested(cls: type[Parameters], values: Mapping[str, Any]) -> dict[str, Any]:
    """Values with each dotted name put where it belongs; where nothing else is given of a field, into its default."""
    tree = {name: _tree(value) for name, value in values.items() if "." not in name}
    dotted = {name: value for name, value in values.items() if "." in name}
    if any(name.partition(".")[0] not in tree for name in dotted):
        fields = ((info.alias or name, info) for name, info in cls.model_fields.items() if not info.is_required())
        tree = {**{name: _tree(info.get_default()) for name, info in fields}, **tree}
    for name, value in dotted.items():
        _put(cls, tree, name, value)
    return tree


def _put(cls: type[Parameters], tree: dict[str, Any], name: str, value: Any) -> None:
    """Set what a dotted name stands for; every part but the last must exist, or be a field that is not given yet."""
    *path, last = name.split(".")
    node: Any = tree
    for place, part in enumerate(path):
        owner, inside = _class(cls, path[:place]), _class(cls, path[: place + 1])
        known = {str(key): key for key in (range(len(node)) if isinstance(node, list) else node)}
        if part not in known and part not in _names(owner):
            where = ".".join(path[:place]) or cls.called or cls.__name__
            raise InputError(name, value, f"a name in {where}", did_you_mean(part, known))
        key: Any = known.get(part, part)
        below = node[key] if part in known else None
        if inside and not isinstance(below, dict):
            below = {inside.word: below} if isinstance(below, str) else {}
        if not isinstance(below, (dict, list)):
            raise InputError(name, value, f"a field of {cls.called or cls.__name__}", f"{part} has no fields")
        node[key] = node = below
    if isinstance(node, list) and not (last.isdigit() and int(last) < len(node)):
        raise InputError(name, value, f"an entry 0 to {len(node) - 1} of {'.'.join(path)}")
    at: Any = int(last) if isinstance(node, list) else last
    node[at] = value


RANGES = {  # by unit: least (but 0) and greatest size
    "": (1e-40, 1e18),
    "dB": (0.0, 400.0),
    "deg": (0.0, 360.0),
    "m": (1e-9, 1e10),
    "s": (1e-9, 1e9),
    "Hz": (1e-3, 1e15),
    "W": (1e-30, 1e9),
    "bit": (1e-3, 1e18),
    "cycle/bit": (1e-6, 1e9),
    "cycle/s": (1e-3, 1e18),
    "J s^2/cycle^3": (1e-40, 1e-15),
    "task/s": (1e-12, 1e9),
    "m/s": (1e-9, 1e7),
    "K": (1e-6, 1e9),
}
LARGEST_INT, LARGEST_COUNT = 2**63 - 1, 100_000
_WORDS = (("gt", ">"), ("ge", ">="), ("lt", "<"), ("le", "<="))


_KINDS: dict[Any, str] = {int: "an integer", bool: "true or false", str: "text"}


def _bounds(info: FieldInfo) -> str:
    parts = [
        f"{sign} {getattr(rule, word):g}"
        for rule in info.metadata
        for word, sign in _WORDS
        if getattr(rule, word, None) is not None
    ]
    kinds = [info.annotation, *get_args(info.annotation)]
    choices = [str(choice) for kind in kinds if get_origin(kind) is Literal for choice in get_args(kind)]
    if choices:
        parts.append("one of " + ", ".join(choices))
    forms = [str(rule.form) for rule in info.metadata if hasattr(rule, "form")]
    if forms:
        return " ".join([*forms, " and ".join(parts)]).strip()
    kind = next((_KINDS[one] for one in kinds if one in _KINDS), None)
    for form in kinds:
        if get_origin(form) is tuple:
            members = get_args(form)
            numbers = "finite numbers" if members[0] is float else "members"
            kind = "a list" if Ellipsis in members else f"a list of {len(members)} {numbers}"
    return " and ".join(([kind] if kind else []) + parts) or "finite"


def _names(cls: type[Parameters] | None) -> list[str]:
    return [info.alias or name for name, info in cls.model_fields.items()] if cls else []


def _inside(holder: Any, part: str) -> Any:
    """What stands below a part of a dotted name: a Parameters class, the annotation of its mapping, or None."""
    if isinstance(holder, type) and issubclass(holder, Parameters):
        info = _field(holder, part)
        whole = info.annotation if info else None
        kinds = [whole] if get_origin(whole) is dict else [whole, *get_args(whole)]
        nested = (kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Parameters))
        return next(nested, whole if get_origin(whole) is dict else None)
    kinds = get_args(holder)
    return kinds[-1] if kinds and isinstance(kinds[-1], type) and issubclass(kinds[-1], Parameters) else None


def _class(cls: type[Parameters], path: Iterable[str]) -> type[Parameters] | None:
    """The class whose fields stand below a path of names."""
    holder: Any = cls
    for part in path:
        holder = _inside(holder, part)
    return holder if isinstance(holder, type) else None


def _tree(value: Any) -> Any:
    """Plain dicts and lists, copied, that may be changed."""
    if isinstance(value, Parameters):
        value = value.model_dump(by_alias=True)
    if isinstance(value, Mapping):
        return {key: _tree(part) for key, part in value.items()}
    return [_tree(part) for part in value] if isinstance(value, (list, tuple)) else value


def _check_kind(cls: type[Parameters], name: str, value: Any) -> None:
    """Refuse what pydantic would turn into something else: true as 1, "yes" as true, integers no kernel can hold."""
    info = _field(cls, name)
    if info is None:
        return
    numbers = _of_numbers(cls, name)
    for item in value if isinstance(value, list | tuple) else (value,):
        truth = isinstance(item, bool | np.bool_)
        if info.annotation is bool and not truth:
            raise InputError(name, item, _bounds(info), info.description or "")
        if truth and numbers:
            raise InputError(name, bool(item), _bounds(info), "true and false are no numbers")
        if info.annotation in (int, float) and isinstance(item, str) and "_" in item:
            raise InputError(
                name, item, _number(info) if info.annotation is float else _bounds(info), "_ is no part of one"
            )
        if info.annotation is int and isinstance(item, int | str):
            _check_size(name, item, info)
        elif info.annotation is float and isinstance(item, int | float | np.floating):
            _check_range(name, item, info)


def _check_size(name: str, value: int | str, info: FieldInfo) -> None:
    """Limits of all integers: what a kernel can hold, and for counts without a limit of their own, what can be run."""
    limited = any(getattr(rule, word, None) is not None for rule in info.metadata for word in ("le", "lt"))
    most = LARGEST_INT if limited or "seed" in name else LARGEST_COUNT
    large = len(value) > len(str(LARGEST_INT)) + 1 if isinstance(value, str) else not -LARGEST_INT <= value <= most
    if large:
        raise InputError(name, value, f"an integer of at most {most}", info.description or "")


def _check_range(name: str, value: Any, info: FieldInfo) -> None:
    """Sizes of real numbers in their unit beyond which nothing physical lies and arithmetic overflows.

    They hold on the sides for which a field declares no bound of its own; 0 is a matter of the field.
    """
    least, most = _range(info)
    sides = {word for rule in info.metadata for word, _ in _WORDS if getattr(rule, word, None)}
    size = abs(value)
    if size > most and not (value > 0 and sides & {"lt", "le"}) and np.isfinite(value):
        raise InputError(name, value, f"at most {most:g} in size", "nothing physical is larger")
    if 0 < size < least and not sides & {"gt", "ge"}:
        raise InputError(name, value, f"0 or at least {least:g} in size", "nothing physical is smaller")


def _input_error(cls: type[Parameters], error: ValidationError) -> InputError:
    """The first problem pydantic found, in the project's form; an unknown name explains others and goes first."""
    errors = error.errors()
    first = next((found for found in errors if found["type"] == "extra_forbidden"), errors[0])
    path: list[str] = []
    owner, holder, info = cls, cls, None
    for part in map(str, first["loc"]):
        if holder is None:  # below a field: members of a union or a list
            break
        path.append(part)
        if isinstance(holder, type) and issubclass(holder, Parameters):
            owner, info = holder, _field(holder, part)
        holder = _inside(holder, part)
    name = ".".join(path) or cls.called or cls.__name__
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, InputError):
        field = ".".join(part for part in (*path, cause.field) if part)
        return InputError(field, cause.value, cause.bound, cause.reason)
    if first["type"] == "extra_forbidden":
        hint = did_you_mean(path[-1], _names(owner)) or "unknown field"
        return InputError(name, first["input"], f"a field of {owner.called or owner.__name__}", hint)
    doc = (info.description or "") if info else ""
    if first["type"] == "missing":
        return InputError(name, None, "given", doc)
    if isinstance(holder, type) and path:
        return InputError(name, first["input"], f"{holder.called or holder.__name__}: a mapping of fields")
    if holder is not None and path:
        return InputError(name, first["input"], "a mapping of names", doc)
    if info is None:
        return InputError(name, first["input"], first["msg"], doc)
    if first["type"] in ("float_parsing", "float_type"):
        return InputError(name, first["input"], _number(info), doc)
    return InputError(name, first["input"], _bounds(info), doc)


def _number(info: FieldInfo) -> str:
    """What must stand where something that is no number was given: a number [W] and > 0."""
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    unit, limits = extra.get("unit"), _bounds(info)
    return ("a number" + (f" [{unit}]" if unit else "")) + (f" and {limits}" if limits != "finite" else "")


@lru_cache(maxsize=4096)
def _of_numbers(cls: type[Parameters], name: str) -> bool:
    words = str(getattr(_field(cls, name), "annotation", ""))
    return bool(re.search(r"\b(int|float)\b", words)) and "bool" not in words


@lru_cache(maxsize=4096)
def _field(cls: type[Parameters], part: str) -> FieldInfo | None:
    return next((info for name, info in cls.model_fields.items() if part in (info.alias, name)), None)
