import pytest

from sagin.cli import output


@pytest.mark.parametrize("columns", ["1", "20", "80", "200"])
def test_no_cell_is_ever_cut(columns: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    head = ["scheme", *(f"a_long_name_of_field_{i}" for i in range(9)), "on the", "words"]
    words = "some words that may well be broken at spaces"
    row = ["water_filling", *(1.2428e7 * (1 + i) for i in range(9)), "8.5434e+05 ± 1.9e+06", words]
    output.table("", head, [row, row], head[1:11])
    text = capsys.readouterr().out
    for cell in [*head[:11], "water_filling", *(output.number(value) for value in row[1:10]), "8.5434e+05 ± 1.9e+06"]:
        assert text.count(cell) >= 1
    assert text.count("1.2428e+07") == 2
    assert set(words.split()) <= set(text.split())
    assert "…" not in text


def test_what_is_printed_cannot_command_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    nasty = "\x1b[31mred\x07\u202e"
    output.table(nasty, (nasty, "b"), [(nasty, nasty)])
    output.say(nasty)
    output.heading(nasty)
    output.hint(nasty)
    captured = capsys.readouterr()
    assert (captured.out + captured.err).replace("\n", "").isprintable()


@pytest.mark.parametrize("columns", ["1", "60", "78", "79", "80", "81", "82", "100"])
def test_numbers_alone_are_not_cut_either(
    columns: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    head = ["switched_capacitance_local", "max_vehicles_per_cluster", "scheme", "mean", "low", "high", "n_used", "n"]
    row = [1e-27, 5, "water_filling", 1.2428e7, 1.2274e7, 1.2581e7, 3, 3]
    output.table("", head, [row], head)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == head
    assert lines[2].split() == [cell if isinstance(cell, str) else output.number(cell) for cell in row]
