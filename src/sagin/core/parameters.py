"""Validated, frozen sets of named parameters: scenarios of systems and options of schemes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, ClassVar, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from sagin.core.errors import InputError


def parameter(
    default: Any,
    *,
    doc: str,
    unit: str = "",
    symbol: str = "",
    source: str = "",
    **bounds: float,
) -> Any:
    """A field of a `Parameters` class.

    `doc`: meaning, one phrase. `unit`: SI unit, or dB/dBm/deg where the name ends so; "" for pure numbers.
    `symbol`: the paper's letter. `source`: "paper ..." or "assumed: why". `bounds`: gt, ge, lt, le.
    """
    extra: dict[str, Any] = {"unit": unit, "symbol": symbol, "source": source}
    return Field(default, description=doc, json_schema_extra=extra, **bounds)  # type: ignore[arg-type]


class Parameters(BaseModel):
    """Base of scenarios and scheme options: immutable, every field checked, unknown names refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=False)

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise _input_error(type(self), error) from None

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed, checked again."""
        return type(self)(**{**self.model_dump(), **changes})

    def to_dict(self) -> dict[str, Any]:
        """Plain values by field name, ready for JSON or YAML."""
        return self.model_dump(mode="json")

    @classmethod
    def from_file(cls, path: str | Path, **changes: Any) -> Self:
        """Read a YAML (or JSON) mapping of field names to values; `changes` override it."""
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
    """The parameter table of a class (its defaults) or of an instance (its values)."""
    cls = parameters if isinstance(parameters, type) else type(parameters)
    for name, info in cls.model_fields.items():
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        value = info.default if isinstance(parameters, type) else getattr(parameters, name)
        yield FieldRow(
            name,
            value,
            str(extra.get("unit", "")),
            _bounds(info),
            str(extra.get("symbol", "")),
            str(extra.get("source", "")),
            info.description or "",
        )


def read_mapping(path: str | Path) -> dict[str, Any]:
    """A YAML or JSON file that holds one mapping; InputError if it is missing, unreadable or something else."""
    try:
        text = Path(path).read_text(encoding="utf-8")
        data = yaml.load(text, _Loader)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("file", str(path), "a readable text file", _reason(error)) from None
    except yaml.YAMLError as error:
        raise InputError("file", str(path), "valid YAML", " ".join(str(error).split())) from None
    if data is None:
        return {}
    if not isinstance(data, Mapping) or not all(isinstance(key, str) for key in data):
        raise InputError("file", str(path), "a mapping of field names to values")
    return dict(data)


class _Loader(yaml.SafeLoader):
    """YAML with the scalars of version 1.2: `1e6` is a number, `10:20`, `on` and `no` are text; keys are unique."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Refuse a key that is given twice."""
        seen = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value} is given twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+0123456789.",
    ),
    ("null", r"~|null|Null|NULL|", ("~", "n", "N", "")),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first))


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


_WORDS = (("gt", ">"), ("ge", ">="), ("lt", "<"), ("le", "<="))


def _bounds(info: FieldInfo) -> str:
    parts = [
        f"{sign} {getattr(rule, word):g}" for rule in info.metadata for word, sign in _WORDS if hasattr(rule, word)
    ]
    annotation = info.annotation
    choices = getattr(annotation, "__args__", ()) if "Literal" in str(annotation) else ()
    if choices:
        parts.append("one of " + ", ".join(map(str, choices)))
    kind = {int: "an integer", bool: "true or false"}.get(annotation) if isinstance(annotation, type) else None
    return " and ".join(([kind] if kind else []) + parts) or "finite"


def _input_error(cls: type[Parameters], error: ValidationError) -> InputError:
    """The first problem pydantic found, in the project's form."""
    first = error.errors()[0]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, InputError):
        return cause
    name = str(first["loc"][0]) if first["loc"] else cls.__name__
    if first["type"] == "extra_forbidden":
        close = get_close_matches(name, cls.model_fields, n=1)
        hint = f"did you mean {close[0]}?" if close else "unknown field"
        return InputError(name, first["input"], f"a field of {cls.__name__}", hint)
    info = cls.model_fields.get(name)
    doc = (info.description or "") if info else ""
    return InputError(name, first["input"], _bounds(info) if info else first["msg"], doc)
