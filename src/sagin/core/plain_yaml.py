"""YAML 1.2 files as plain values: mappings with text keys, lists, text, numbers, true, false, null.

The syntax is PyYAML's; what a document means is built here from its events, since PyYAML's own constructors follow
YAML 1.1 (`010` is 8, `no` is false), let keys repeat, and expand aliases and nesting without a limit. Scalars are those
of the core schema of YAML 1.2. `<<` merges mappings, as in 1.1; a key of the mapping itself wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from yaml import events

from sagin.core.errors import InputError
from sagin.core.reading import read_text

MOST_VALUES = 1_000_000  # in a document, those that aliases repeat included
DEEPEST = 64  # lists and mappings inside each other
LONGEST_NUMBER = 400  # characters; the largest finite number has 309 digits
_PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # 25 times faster where libyaml is there

_TAG = "tag:yaml.org,2002:"
_NULL = re.compile(r"null|Null|NULL|~|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"([-+]?)\.(?:(inf|Inf|INF)|(nan|NaN|NAN))")


class _Value(NamedTuple):
    """A value, how many values it holds with all repetitions, and the levels of nesting below it."""

    plain: Any
    count: int = 1
    depth: int = 0


class _Merge(NamedTuple):
    """The key `<<`."""


def read_mapping(path: str | Path, field: str = "file") -> dict[str, Any]:
    """The mapping that a YAML or JSON file holds, {} if it is empty; InputError in one line for anything else."""
    try:
        data = load(read_text(path, field, kind="YAML file"))
    except InputError as error:
        if error.field == field:
            raise
        raise InputError(field, str(path), error.bound, error.reason) from None
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise InputError(field, str(path), "a mapping of field names to values")
    return data


def load(text: str) -> Any:
    """The value of a YAML document; None if there is none. InputError says where it is no such document."""
    try:
        stream = yaml.parse(text, Loader=_PARSER)
        document = _document(stream)
        more = next((event for event in stream if isinstance(event, events.DocumentStartEvent)), None)
    except (yaml.YAMLError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("text", text, "valid YAML", _words(error)) from None
    if more is not None:
        raise _refused(more, "one document", "a second one begins")
    return document


def _document(stream: Iterator[Any]) -> Any:
    anchors: dict[str, _Value] = {}
    for event in stream:
        if isinstance(event, events.DocumentEndEvent):
            break
        if isinstance(event, events.NodeEvent):
            return _value(event, stream, anchors, 0).plain
    return None


def _value(event: Any, stream: Iterator[Any], anchors: dict[str, _Value], level: int) -> _Value:
    """The value that begins with an event. An anchor counts from the end of its value: none can hold itself."""
    if isinstance(event, events.AliasEvent):
        if event.anchor not in anchors:
            raise _refused(event, "an alias of a value before it", f"*{event.anchor}")
        return _limited(anchors[event.anchor], event, level)
    if isinstance(event, events.ScalarEvent):
        value = _Value(_scalar(event))
    elif isinstance(event, events.SequenceStartEvent):
        value = _sequence(event, stream, anchors, level)
    else:
        value = _mapping(event, stream, anchors, level)
    if event.anchor:
        anchors[event.anchor] = value
    return _limited(value, event, level)


def _limited(value: _Value, event: Any, level: int) -> _Value:
    if value.count > MOST_VALUES:
        raise _refused(event, f"at most {MOST_VALUES} values", "repetitions by aliases count")
    if level + value.depth > DEEPEST:
        raise _refused(event, f"at most {DEEPEST} levels deep", "lists and mappings inside each other")
    return value


def _children(stream: Iterator[Any], end: type) -> Iterator[Any]:
    for event in stream:
        if isinstance(event, end):
            return
        yield event


def _sequence(start: Any, stream: Iterator[Any], anchors: dict[str, _Value], level: int) -> _Value:
    _check_tag(start, "seq")
    items, count, depth = [], 1, 1
    _limited(_Value(None, count, depth), start, level)
    for event in _children(stream, events.SequenceEndEvent):
        item = _value(event, stream, anchors, level + 1)
        items.append(item.plain)
        count, depth = count + item.count, max(depth, 1 + item.depth)
        _limited(_Value(None, count), event, level)
    return _Value(items, count, depth)


def _mapping(start: Any, stream: Iterator[Any], anchors: dict[str, _Value], level: int) -> _Value:
    _check_tag(start, "map")
    own: dict[str, Any] = {}
    merged: list[Any] | None = None
    count, depth = 1, 1
    _limited(_Value(None, count, depth), start, level)
    for event in _children(stream, events.MappingEndEvent):
        key = _key(event, stream, anchors, level)
        item = _value(next(stream), stream, anchors, level + 1)
        count, depth = count + 1 + item.count, max(depth, 1 + item.depth)
        _limited(_Value(None, count), event, level)
        if isinstance(key, _Merge):
            if merged is not None:
                raise _refused(event, "keys given once", "<< is given twice; << : [*a, *b] merges two")
            merged = item.plain if isinstance(item.plain, list) else [item.plain]
            if not all(isinstance(part, dict) for part in merged):
                raise _refused(event, "a mapping or a list of mappings after <<")
        elif key in own:
            raise _refused(event, "keys given once", f"{key} is given twice")
        else:
            own[key] = item.plain
    for part in merged or ():  # the first of several wins
        own = {**part, **own}
    return _Value(own, count, depth)


def _key(event: Any, stream: Iterator[Any], anchors: dict[str, _Value], level: int) -> str | _Merge:
    plain = isinstance(event, events.ScalarEvent) and event.implicit[0]
    if plain and event.value == "<<" and event.tag in (None, _TAG + "merge"):
        return _Merge()
    key = _value(event, stream, anchors, level + 1).plain
    if not isinstance(key, str):
        raise _refused(event, "text as keys", f"{str(key)[:40]} is none; quotes make it text")
    return key


def _scalar(event: Any) -> Any:
    """A plain scalar by its form, a quoted one as text; a tag of the core schema must fit."""
    text, tag = event.value, event.tag
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise _refused(event, "Unicode text", "half of a surrogate pair")
    if tag in ("!", _TAG + "str") or (tag is None and not event.implicit[0]):
        return text
    try:
        value = scalar(text)
    except InputError as error:
        raise _refused(event, error.bound, error.reason) from None
    kinds = {"null": type(None), "bool": bool, "int": int, "float": float}
    if tag is None:
        return value
    kind = kinds.get(tag.removeprefix(_TAG)) if tag.startswith(_TAG) else None
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise _refused(event, "a value of YAML's core schema", f"{text[:40]} tagged {tag.replace(_TAG, '!!')[:40]}")
    return value


def scalar(text: str) -> Any:
    """What a plain scalar means: null, true, false, a number, else the text itself."""
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text[0] in "tT"
    special = _SPECIAL.fullmatch(text)
    if special:
        return float("nan") if special[3] else float(special[1] + "inf")
    whole = _INT.fullmatch(text)
    if not whole and not _FLOAT.fullmatch(text):
        return text
    if len(text) > LONGEST_NUMBER:
        raise InputError("text", text, f"numbers of at most {LONGEST_NUMBER} characters", f"{len(text)} here")
    if not whole:
        return float(text)
    return int(text[2:], {"o": 8, "x": 16}[text[1]]) if text[:2] in ("0o", "0x") else int(text)


def _check_tag(event: Any, kind: str) -> None:
    if event.tag not in (None, "!", _TAG + kind):
        raise _refused(event, "a value of YAML's core schema", f"a {kind} tagged {event.tag[:40]}")


def _refused(event: Any, bound: str, reason: str = "") -> InputError:
    mark = event.start_mark
    where = f"line {mark.line + 1}, column {mark.column + 1}"
    return InputError("text", None, f"valid YAML with {bound}", f"{where}: {reason}" if reason else where)


def _words(error: Exception) -> str:
    """What is wrong and where, without the lines of text around it."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return " ".join(str(error).split())[:200]
    parts = (getattr(error, "context", None), getattr(error, "problem", None))
    return f"line {mark.line + 1}, column {mark.column + 1}: {', '.join(part for part in parts if part)}"
