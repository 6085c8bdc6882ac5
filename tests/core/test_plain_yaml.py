import math
from pathlib import Path

import pytest

from sagin import InputError
from sagin.core import plain_yaml
from sagin.core.plain_yaml import load, read_mapping, scalar


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("010", 10),
        ("08", 8),
        ("-007", -7),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("1e6", 1e6),
        ("1e2", 100.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("+.inf", math.inf),
        ("-.INF", -math.inf),
        ("true", True),
        ("FALSE", False),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("10:20", "10:20"),
        ("2024-01-01", "2024-01-01"),
        ("~", None),
        ("null", None),
        ("0b1", "0b1"),
        ("'8'", "8"),
        ('"true"', "true"),
        ("!!str 8", "8"),
        ("!!float 8", 8.0),
        ("!!int 08", 8),
        ("[]", []),
        ('""', ""),
    ],
)
def test_scalars_are_those_of_the_core_schema(text: str, value: object) -> None:
    found = load(f"a: {text}")["a"]
    assert found == value
    assert type(found) is type(value)


def test_not_a_number_and_plain_words() -> None:
    assert math.isnan(load("a: .nan")["a"])
    assert [scalar(word) for word in ("08", "1e-3", "x", "<<", "- 1", "*a")] == [8, 1e-3, "x", "<<", "- 1", "*a"]


def test_merge_keys() -> None:
    text = "base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\n"
    assert load(text + "own: {<<: *b, y: 9}")["own"] == {"x": 1, "y": 9}
    assert load(text + "own: {y: 9, <<: *b}")["own"] == {"x": 1, "y": 9}
    assert load(text + "own: {<<: [*b, *m], z: 0}")["own"] == {"x": 1, "y": 2, "z": 0}
    assert load(text + "own:\n  <<:\n    <<: *m\n    a: 1\n  b: 2")["own"] == {"y": 3, "z": 4, "a": 1, "b": 2}
    assert load('a: {"<<": 1}') == {"a": {"<<": 1}}
    assert load(text)["base"] == {"x": 1, "y": 2}


BOMB = "a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 10)}]\n" for i in range(9)
)
BILLION_KEYS = "a: &a {x: 1}\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} {{p: *{chr(97 + i)}, q: *{chr(97 + i)}, r: *{chr(97 + i)}}}\n" for i in range(20)
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: 1\nb: 2\na: 3", "line 3, column 1: a is given twice"),
        ("a: {x: 1, 'x': 2}", "x is given twice"),
        ("a: {<<: {x: 1}, <<: {y: 1}}", "<< is given twice"),
        ("a: {<<: 3}", "a mapping or a list of mappings after <<"),
        ("a: {<<: [{x: 1}, 3]}", "a mapping or a list of mappings after <<"),
        (BOMB, "at most 1000000 values"),
        (BILLION_KEYS, "at most 1000000 values"),
        ("a: " + "[" * 500, "at most 64 levels"),
        ("a: " + "{b: " * 500, "at most 64 levels"),
        ("".join(" " * i + "k:\n" for i in range(500)), "at most 64 levels"),
        ("a: &a [*a]", "an alias of a value before it"),
        ("a: *nothing", "an alias of a value before it"),
        ("a: " + "7" * 5000, "numbers of at most 400 characters"),
        ("a: 1." + "7" * 5000, "numbers of at most 400 characters"),
        ("{1: 2}", "text as keys (line 1, column 2: 1 is none"),
        ("a: {true: 2}", "text as keys"),
        ("{[1]: 2}", "text as keys"),
        ("a: !!int abc", "abc tagged !!int"),
        ("a: !!bool maybe", "maybe tagged !!bool"),
        ("a: !!timestamp x", "x tagged !!timestamp"),
        ("a: !!python/object/apply:os.system [ls]", "core schema"),
        ("a: !!set {x}", "core schema"),
        ("a: !!binary aGk=", "core schema"),
        ("a: !own 3", "core schema"),
        ("a: 1\n---\nb: 2", "one document"),
        ("a: [", "expected"),
        ("a: b: c", "line 1"),
        ("\ta: 1", "line 1"),
        ("a: \x00", "valid YAML"),
        ("a: @x", "line 1"),
        ("%YAML 3.0\n---\na: 1", "valid YAML"),
        ("- 1", "a mapping of field names"),
        ("3", "a mapping of field names"),
        ("false", "a mapping of field names"),
        ("0", "a mapping of field names"),
        ('""', "a mapping of field names"),
        ("[]", "a mapping of field names"),
    ],
)
def test_what_is_no_mapping_is_refused_in_one_line(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(text.encode())
    with pytest.raises(InputError) as caught:
        read_mapping(path)
    message = str(caught.value)
    assert message.startswith(f"file = '{path}'"[:20])
    assert words in message
    assert "\n" not in message
    assert len(message) < 600
    assert message.isprintable()


@pytest.mark.parametrize("parser", ["SafeLoader", "CSafeLoader"])
def test_half_a_surrogate_pair_is_no_text(parser: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_yaml, "_PARSER", getattr(plain_yaml.yaml, parser, plain_yaml.yaml.SafeLoader))
    with pytest.raises(InputError, match="valid YAML"):
        load('a: "\\ud800"')
    assert load("a: {<<: &x {b: [010, no]}, c: *x}") == {"a": {"b": [10, "no"], "c": {"b": [10, "no"]}}}
    with pytest.raises(InputError, match="levels deep"):
        load("a: " + "[" * 500)


def test_empty_files_are_empty_mappings(tmp_path: Path) -> None:
    for text in ("", "# nothing\n", "---\n", "~\n", "\ufeff"):
        (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
        assert read_mapping(tmp_path / "a.yaml") == {}
    (tmp_path / "a.yaml").write_text("\ufeffa: 1\r\nb: ü\r\n", encoding="utf-8")
    assert read_mapping(tmp_path / "a.yaml") == {"a": 1, "b": "ü"}
